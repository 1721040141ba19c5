"""What the mailbox knows that a mail's claims can be held against."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

HEADER = 32_000
"""Octets of a source in which its header is looked for."""


FAMILY = 300
"""Messages of a thread whose people count as known to it."""

CALENDARS = 5
"""Messages with a calendar in which the answer to an invitation is looked for."""

RECEIVED = (
    "SELECT substr(s.raw, 1, ?) AS head, m.from_email AS sender FROM messages m"
    " JOIN sources s ON s.message_id = m.id WHERE m.account_id = ? AND m.direction = 'in'"
    " ORDER BY m.id DESC LIMIT ?"
)
"""The latest received messages of an account: octets of each, account, how many."""


def sent_here(mailbox: sqlite3.Connection, message_id: str) -> tuple[int, str] | None:
    """Return (id, subject) of the message with this Message-ID that an own address sent; None when there is none."""
    found = mailbox.execute(
        "SELECT id, subject FROM messages WHERE message_id = ? AND direction = 'out' AND message_id != '' LIMIT 1",
        (message_id,),
    ).fetchone()
    return (found["id"], found["subject"]) if found is not None else None


def calendars_sent(mailbox: sqlite3.Connection, message_id: int) -> list[bytes]:
    """Return the sources of the latest messages with a calendar that were sent in the thread of a message."""
    found = mailbox.execute(
        "SELECT s.raw FROM messages m JOIN sources s ON s.message_id = m.id JOIN texts t ON t.message_id = m.id"
        " WHERE m.thread_id = (SELECT thread_id FROM messages WHERE id = ?) AND m.direction = 'out'"
        " AND t.parts LIKE '%text/calendar%' ORDER BY m.date DESC, m.id DESC LIMIT ?",
        (message_id, CALENDARS),
    )
    return [bytes(one["raw"]) for one in found]


def written_in_thread(mailbox: sqlite3.Connection, message_id: int) -> set[str]:
    """Return the addresses, in small letters, of who wrote or got another message of this one's thread."""
    found = mailbox.execute(
        "SELECT m.from_email, m.recipients FROM messages m WHERE m.id <> ?1"
        " AND m.thread_id = (SELECT thread_id FROM messages WHERE id = ?1) LIMIT ?2",
        (message_id, FAMILY),
    )
    known: set[str] = set()
    for record in found:
        known.add(record["from_email"].lower())
        known.update(email.lower() for role in json.loads(record["recipients"]).values() for _, email in role)
    return known


def received(mailbox: sqlite3.Connection, account_id: int, most: int) -> list[tuple[bytes, str]]:
    """Return (beginning of the source, sender's domain) of an account's latest received messages."""
    return headers_of(mailbox.execute(RECEIVED, (HEADER, account_id, most)))


def headers_of(found: Iterable[sqlite3.Row]) -> list[tuple[bytes, str]]:
    """Return the rows of ``RECEIVED`` as (beginning of the source, sender's domain)."""
    return [(bytes(one["head"]), one["sender"].rpartition("@")[2].lower()) for one in found]
