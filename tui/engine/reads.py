"""What screens read in one go: the frame around a list, a message, all addresses that were ever used."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tui.engine.config import CHOICES
from tui.engine.model import (
    Account,
    Address,
    Body,
    Divergence,
    Field,
    Folder,
    Role,
    Row,
    Status,
    Undelivered,
    View,
    short_name,
)
from tui.engine.store.reader import Reader

if TYPE_CHECKING:
    from tui.engine.findings import Findings

__all__ = [
    "AWAITED",
    "OWED",
    "Frame",
    "LinkSettings",
    "Reader",
    "body_of",
    "divergences",
    "findings_of",
    "known_addresses",
    "missing_folders",
    "missing_roles",
    "read_fields",
    "read_frame",
    "read_link_settings",
    "read_whole_frame",
    "unanswered",
    "undelivered",
]

LOOKED_THROUGH = 2_000
"""Lines of a message in which the beginning of an older one is looked for."""

_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|vb|vs|doorst|enc|pd)\s*:", re.I)
"""Subjects of mail that was passed on: what stands below is what it is about."""

ADDRESSES = 20_000
"""Addresses that are given to complete from."""


class Frame(NamedTuple):
    """What surrounds the list: accounts, folders, status; read together."""

    accounts: tuple[Account, ...]
    folders: tuple[Folder, ...]
    status: Status
    owed: int | None = None
    """Mails that wait for our answer, ``awaited`` those that wait for theirs; None while nobody has counted."""
    awaited: int | None = None


class LinkSettings(NamedTuple):
    """The settings of the link rules with what each value would have done, and the never-link list likewise."""

    values: Mapping[str, Mapping[str, str]]
    """setting -> value -> its preview in one sentence."""
    patterns: Mapping[str, str]


def read_fields(reader: Reader) -> list[tuple[Field, int]]:
    """Return every field that was declared with the number of its values."""
    return [reader.crm.field(one.kind, one.name) for one in reader.crm.fields(None)]


def read_link_settings(reader: Reader) -> LinkSettings:
    """Read what other settings of the link rules would have done with the mail that is here."""
    values = {
        name: {value: reader.setting_preview(name, value).words for value in allowed}
        for name, allowed in CHOICES.items()
    }
    return LinkSettings(values, {one: reader.never_link_preview(one).words for one in reader.never_link()})


OWED, AWAITED = View("all", query="is:owed"), View("all", query="is:waiting")
"""The views of the mail that waits for an answer: ours, theirs."""


def read_frame(reader: Reader) -> Frame:
    """Read what surrounds the list, as far as it is known at once."""
    return Frame(tuple(reader.accounts()), tuple(reader.folders()), reader.status())


def read_whole_frame(reader: Reader) -> Frame:
    """Read what surrounds the list, with what has to be computed first."""
    return read_frame(reader)._replace(owed=len(reader.ids(OWED)), awaited=len(reader.ids(AWAITED)))


def body_of(reader: Reader, message_id: int, every_header: bool, other: bool = False) -> Body:
    """Return a message for reading.

    Args:
        reader: the store.
        message_id: which.
        every_header: with all headers of its source, not the few kept beside it.
        other: with the text of its other version (``mail/other.py``), where there is one.

    Raises:
        NotFound: there is no such message.
    """
    from tui.engine.mail.quotes import older_from

    body = reader.body(message_id)
    raw = reader.raw(message_id) if every_header or other else None
    if raw is not None:
        from tui.engine.mail.mime import parse
        from tui.engine.mail.other import other_version

        parsed = parse(raw)
        text = (other_version(raw, parsed) if other else None) or body.text
        body = body._replace(text=text, headers=parsed.headers if every_header else body.headers)
    subject = next((value for name, value in body.headers if name == "Subject"), "")
    if _PASSED_ON.match(subject):
        return body
    return body._replace(older=older_from(body.text.split("\n", LOOKED_THROUGH), LOOKED_THROUGH))


def findings_of(reader: Reader, message_id: int) -> Findings:
    """Return what a message is besides its text (``engine/findings.py``, whose parsers are slow to import).

    Raises:
        NotFound: there is no such message.
    """
    from tui.engine.findings import findings

    return findings(reader, message_id)


def known_addresses(reader: Reader) -> list[str]:
    """Return people's addresses, then those written to lately, each as it is typed: ``Ann Archer <ann@acme.io>``."""
    from tui.engine.mail.typed import written
    from tui.engine.store.correspondents import correspondents

    found = [written(Address(person.name, email)) for person in reader.crm.persons() for email in person.emails]
    found += [written(one) for one in correspondents(reader)]
    return list(dict.fromkeys(found))[:ADDRESSES]


def undelivered(reader: Reader) -> dict[str, Undelivered]:
    """Return the addresses, normalised, that mail does not reach, each with its last failure."""
    from tui.engine.store.undelivered import undelivered

    return undelivered(reader.mailbox, int(time.time()))


def divergences(reader: Reader, account_id: int | None = None, left: bool = False) -> list[Divergence]:
    """Return every message that its server has otherwise than we do, newest first.

    Args:
        account_id: only this account's; None for all.
        left: also those that a person wants left so.
    """
    from tui.engine.store.divergence import listed

    return listed(reader.mailbox, account_id, left)


def unanswered(reader: Reader) -> list[tuple[Row, int]]:
    """Return the messages that a reminder waits with, each with when it is due, the first due first."""
    from tui.engine.store.reminders import open_reminders

    found = dict(open_reminders(reader.mailbox))
    return [(row, found[row.id]) for row in reader.rows(found)]


def missing_roles(folders: Sequence[Folder], account_id: int) -> list[str]:
    """Return what R6 warns about: one sentence for Inbox, one for Sent, where they are there but not synced."""
    own = [folder for folder in folders if folder.account_id == account_id]
    found = []
    for role, lost in (
        (Role.INBOX, "new mail is not seen and not linked"),
        (Role.SENT, "mail sent elsewhere is missing"),
    ):
        there = [folder for folder in own if folder.role is role]
        if there and not any(folder.selected for folder in there):
            found.append(f"{role.value.capitalize()} is not synced: {lost}. Both should be.")
    return found


def missing_folders(folders: Sequence[Folder], account: Account) -> list[str]:
    """Return a sentence for each folder that an account is to sync and that its server, once it was asked, lacks."""
    known = {short_name(name) for folder in folders for name in (folder.name, folder.role.value)}
    return [
        f'{account.email} has no folder "{name}"; it is synced as soon as there is one.'
        for name in account.folders or ()
        if folders and short_name(name) not in known
    ]
