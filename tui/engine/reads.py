"""What screens read in one go: the frame around a list, a message, all addresses that were ever used."""

from __future__ import annotations

from typing import NamedTuple

from tui.engine.model import Account, Address, Body, Folder, Status
from tui.engine.store.reader import Reader

__all__ = ["Frame", "Reader", "body_of", "known_addresses", "read_frame"]

ADDRESSES = 20_000
"""Addresses that are given to complete from."""


class Frame(NamedTuple):
    """What surrounds the list: accounts, folders, status; read together."""

    accounts: tuple[Account, ...]
    folders: tuple[Folder, ...]
    status: Status


def read_frame(reader: Reader) -> Frame:
    """Read what surrounds the list."""
    return Frame(tuple(reader.accounts()), tuple(reader.folders()), reader.status())


def body_of(reader: Reader, message_id: int, every_header: bool) -> Body:
    """Return a message for reading; with ``every_header`` those of its source, not the few kept beside it.

    Raises:
        NotFound: there is no such message.
    """
    body = reader.body(message_id)
    raw = reader.raw(message_id) if every_header else None
    if raw is None:
        return body
    from tui.engine.mail.mime import parse

    return Body(body.id, body.state, body.text, parse(raw).headers, body.attachments, body.auth)


def known_addresses(reader: Reader) -> list[str]:
    """Return people's addresses, then those written to lately, each as it is typed: ``Ann Archer <ann@acme.io>``."""
    from tui.engine.answering import written
    from tui.engine.store.correspondents import correspondents

    found = [written(Address(person.name, email)) for person in reader.crm.persons() for email in person.emails]
    found += [written(one) for one in correspondents(reader)]
    return list(dict.fromkeys(found))[:ADDRESSES]
