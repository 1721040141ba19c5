"""Reminders of messages that nobody answers. One closes itself: an answer in the thread is what ends it."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.engine.store.db import Tx

_OPEN = (
    "FROM reminders r CROSS JOIN messages m ON m.id = r.message_id WHERE m.gone = 0 AND NOT EXISTS"
    " (SELECT 1 FROM messages a"
    " WHERE a.thread_id = m.thread_id AND a.direction = 'in' AND a.gone = 0 AND a.id <> m.id AND a.date >= m.date"
    " AND a.automatic = 0)"
)
"""Not answered: nothing that a person wrote came into the thread since. ``gone`` takes those out that were not sent
after all."""


class Reminder(NamedTuple):
    """A message that waits for an answer, and from when on a person wants to know that there is none."""

    message_id: int
    due: int


async def put(tx: Tx, message_id: int, due: int | None) -> int | None:
    """Remind of a message from ``due`` on (seconds since the epoch), None for not at all; return what it was before."""
    from tui.engine.store.db import row

    before = await row(tx, "SELECT due FROM reminders WHERE message_id = ?", message_id)
    if due is None:
        await tx.execute("DELETE FROM reminders WHERE message_id = ?", (message_id,))
    else:
        await tx.execute("INSERT OR REPLACE INTO reminders (message_id, due) VALUES (?, ?)", (message_id, due))
    return int(before[0]) if before is not None else None


def open_reminders(mailbox: sqlite3.Connection) -> list[Reminder]:
    """Return the reminders that are not answered, the one due first first."""
    return [Reminder(*found) for found in mailbox.execute(f"SELECT r.message_id, r.due {_OPEN} ORDER BY r.due, m.id")]


def due_count(mailbox: sqlite3.Connection) -> int:
    """Return how many messages have waited for an answer for as long as was said."""
    found = mailbox.execute(f"SELECT count(*) {_OPEN} AND r.due <= ?", (int(time.time()),)).fetchone()
    return int(found[0])
