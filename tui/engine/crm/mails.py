"""A linked message as the CRM keeps it, and its reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from tui.engine.crm.rows import Query, chunks, marks
from tui.engine.errors import NotFound
from tui.engine.model import Address, Direction

_BCC = re.compile(rb"^(?:resent-)?bcc[ \t]*:.*(?:\r?\n[ \t].*)*(?:\r?\n)?", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n(?=\r?\n)")


class PublishedMail(NamedTuple):
    """A linked message as the CRM keeps it.

    Args:
        identity: what the mailbox knows the message by, the same on every machine.
        mailbox: the address of the account that it came from (R28).
        date: seconds since the epoch.
        text: the safe text; ``raw`` the source, of which Bcc is left out, None while the body is not here.
        attachments: how many there are.
        automatic: no person wrote it (``headers.HeaderFacts``): it answers nothing.
        persons: person id -> origin of the link (auto, manual, compose, thread); ``deals`` likewise.
        owner_only_persons: those linked through Bcc alone, shown to the mailbox's owner only; ``owner_only_deals`` too.
    """

    identity: str
    message_id: str
    mailbox: str
    direction: Direction
    date: int
    from_: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    raw: bytes | None
    attachments: int = 0
    automatic: bool = False
    persons: Mapping[int, str] = MappingProxyType({})
    deals: Mapping[int, str] = MappingProxyType({})
    owner_only_persons: frozenset[int] = frozenset()
    owner_only_deals: frozenset[int] = frozenset()


def without_bcc(raw: bytes) -> bytes:
    """Return a message's source without its Bcc fields: colleagues see the copy, Bcc is the owner's alone."""
    end = _HEADER_END.search(raw)
    head, rest = (raw, b"") if end is None else (raw[: end.end()], raw[end.end() :])
    return (_BCC.sub(b"", head) if b"bcc" in head.lower() else head) + rest


def addresses_json(addresses: Iterable[Address]) -> str:
    """Return addresses as the CRM stores them."""
    return json.dumps([[one.name, one.email] for one in addresses], ensure_ascii=False)


def mail(mail_id: int) -> Query[PublishedMail]:
    """Return a mail of a timeline, whole, also when no mailbox holds it any more (R28, R44).

    Raises:
        NotFound: it is not in the CRM.
    """
    rows = yield (
        "SELECT identity, message_id, mailbox, direction, date, sender, recipients, copies, subject, body, raw,"
        " attachments, EXISTS (SELECT 1 FROM automatic_mails a WHERE a.mail_id = mails.id) FROM mails WHERE id = ?",
        (mail_id,),
    )
    if not rows:
        raise NotFound("mail in the CRM", mail_id)
    identity, message_id, mailbox, direction, date, sender, to, cc, subject, body, raw, *more = rows[0]
    persons = yield "SELECT person_id, origin, owner_only FROM mail_persons WHERE mail_id = ?", (mail_id,)
    deals = yield "SELECT deal_id, origin, owner_only FROM mail_deals WHERE mail_id = ?", (mail_id,)
    return PublishedMail(
        identity=identity,
        message_id=message_id,
        mailbox=mailbox,
        direction=Direction(direction),
        date=date,
        from_=next(iter(_addresses(sender)), Address("", "")),
        to=_addresses(to),
        cc=_addresses(cc),
        subject=subject,
        text=body,
        raw=None if raw is None else bytes(raw),
        attachments=more[0],
        automatic=bool(more[1]),
        persons={id: origin for id, origin, _ in persons},
        deals={id: origin for id, origin, _ in deals},
        owner_only_persons=frozenset(id for id, _, owner_only in persons if owner_only),
        owner_only_deals=frozenset(id for id, _, owner_only in deals if owner_only),
    )


def identities(mail_ids: Iterable[int]) -> Query[dict[int, str]]:
    """Return mail id -> identity."""
    found: dict[int, str] = {}
    for chunk in chunks(list(mail_ids)):
        rows = yield f"SELECT id, identity FROM mails WHERE id IN ({marks(chunk)})", chunk
        found.update((id, identity) for id, identity in rows)
    return found


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(Address(name, email) for name, email in json.loads(text))
