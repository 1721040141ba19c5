"""What the CRM is still to be told of: messages whose links or body changed since it last heard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui.engine.store.db import Tx, rows, value


@dataclass(frozen=True, slots=True)
class Due:
    """A message with all that the CRM keeps of it; ``raw`` is None while the body is not here."""

    id: int
    identity: str
    message_id: str
    mailbox: str
    direction: str
    date: int
    from_name: str
    from_email: str
    recipients: str
    subject: str
    attachments: int
    private: bool
    automatic: bool
    body_state: str
    text: str
    raw: bytes | None


async def is_due(tx: Tx) -> bool:
    """True when there is anything that the CRM has not heard of."""
    return await value(tx, "SELECT 1 FROM messages WHERE publish IN ('due', 'telling') LIMIT 1") is not None


MOST_OCTETS = 16_000_000
"""Sources that are held in memory at once add up to this, or are one larger than this."""


async def claim(tx: Tx, limit: int) -> list[Due]:
    """Mark the oldest messages that are due as being told and return them; after a crash they are told again.

    Args:
        limit: at most so many, fewer where their sources are large.
    """
    claimed = await rows(
        tx,
        "UPDATE messages SET publish = 'telling' WHERE id IN (SELECT id FROM (SELECT id,"
        " sum(size) OVER (ORDER BY id) - size AS earlier FROM (SELECT id, size FROM messages"
        " WHERE publish IN ('due', 'telling') ORDER BY id LIMIT ?)) WHERE earlier <= ?) RETURNING id",
        limit,
        MOST_OCTETS,
    )
    found = await rows(
        tx,
        "SELECT m.id, m.identity, m.message_id, coalesce(a.email, '') AS mailbox, m.direction, m.date, m.from_name,"
        " m.from_email, m.recipients, m.subject, m.attachments, m.private, m.automatic, m.body_state,"
        " coalesce(t.text, '') AS text, s.raw FROM messages m LEFT JOIN accounts a ON a.id = m.account_id"
        " LEFT JOIN texts t ON t.message_id = m.id LEFT JOIN sources s ON s.message_id = m.id"
        " WHERE m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id",
        json.dumps([record["id"] for record in claimed]),
    )
    return [Due(*record) for record in found]


async def mark(tx: Tx, outcome: Mapping[int, str]) -> None:
    """Store what became of claimed messages: ``done`` or "" (not in the CRM); what changed meanwhile is due again."""
    await tx.executemany(
        "UPDATE messages SET publish = CASE publish WHEN 'telling' THEN ? ELSE 'due' END WHERE id = ?",
        [(state, number) for number, state in outcome.items()],
    )


async def due_again(tx: Tx, message_ids: Sequence[int]) -> list[str]:
    """Mark those messages that the CRM holds as due to be told, and return their identities."""
    found = await rows(
        tx,
        "UPDATE messages SET publish = 'due' WHERE publish <> '' AND id IN (SELECT value FROM json_each(?))"
        " RETURNING identity",
        json.dumps(list(message_ids)),
    )
    return [record["identity"] for record in found]
