"""Drafts as messages: the versions of one draft, which bear one Message-ID, and what was written here of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.engine.store import messages
from tui.engine.store.db import Tx, row, rows

_IN_DRAFTS = "m.folder_id IN (SELECT id FROM folders WHERE role = 'drafts')"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a draft: its message, account and folder, the moment it bears, whether it was written here and
    whether a newer one hides it."""

    id: int
    account_id: int
    folder_id: int
    date: int
    own: bool
    gone: bool


async def versions(tx: Tx, name: str, last: int | None) -> list[Version]:
    """Return the messages in Drafts that are versions of one draft, oldest first.

    Args:
        name: the Message-ID that they bear; "" for a draft that has none yet.
        last: the version that was opened, which may bear no Message-ID at all.
    """
    found = await rows(
        tx,
        "SELECT m.id, m.account_id, m.folder_id, m.date, d.message_id IS NOT NULL AS own, m.gone FROM messages m"
        f" LEFT JOIN drafts d ON d.message_id = m.id WHERE m.account_id IS NOT NULL AND {_IN_DRAFTS}"
        " AND (m.id = ? OR (m.message_id = ? AND m.message_id <> '')) ORDER BY m.id",
        last,
        name,
    )
    return [Version(r[0], r[1], r[2], r[3], bool(r[4]), bool(r[5])) for r in found]


async def put(tx: Tx, message_id: int, written: str) -> None:
    """Store what was written of a draft."""
    await tx.execute("INSERT INTO drafts (message_id, written) VALUES (?, ?)", (message_id, written))


async def unneeded(tx: Tx, message_ids: Iterable[int]) -> list[int]:
    """Cancel what is still to be done on a server with older versions and has not begun.

    Returns:
        Those of which no server can hold a copy.
    """
    ids = json.dumps(list(message_ids))
    await tx.execute(
        "UPDATE operations SET state = 'cancelled' WHERE message_id IN (SELECT value FROM json_each(?))"
        " AND (state IN ('refused', 'failed') OR (state = 'queued' AND progress = '{}'))",
        (ids,),
    )
    found = await rows(
        tx,
        "SELECT m.id FROM messages m WHERE m.id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM"
        " placements p WHERE p.message_id = m.id AND p.gone_at IS NULL) AND NOT EXISTS (SELECT 1 FROM operations o"
        " WHERE o.message_id = m.id AND o.state IN ('queued', 'running'))",
        ids,
    )
    return [record["id"] for record in found]


async def purge_replaced(tx: Tx, account_id: int) -> list[int]:
    """Forget drafts of an account that another client replaced or sent, and return them.

    They are gone from the server, where a message with their Message-ID is now. One that a deal or person keeps stays
    (R29).
    """
    found = await rows(
        tx,
        "SELECT m.id FROM messages m WHERE m.folder_id IN (SELECT id FROM folders WHERE account_id = ? AND role ="
        " 'drafts') AND m.gone = 0 AND m.message_id <> '' AND m.publish = ''"
        " AND EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id)"
        " AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id AND p.gone_at IS NULL"
        " AND p.missing = 0)"
        " AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.message_id = m.id AND o.state IN ('queued', 'running'))"
        " AND EXISTS (SELECT 1 FROM messages n INDEXED BY messages_by_message_id"
        " JOIN placements p ON p.message_id = n.id AND p.gone_at IS NULL"
        " WHERE n.message_id = m.message_id AND n.message_id <> '' AND n.id <> m.id AND n.account_id = m.account_id"
        " AND n.gone = 0)",
        account_id,
    )
    going = [record["id"] for record in found]
    await messages.purge(tx, going)
    return going


async def is_hidden(tx: Tx, message_id: int) -> bool:
    """True when a newer version took the place of this one, or it is gone altogether."""
    record = await row(tx, "SELECT gone FROM messages WHERE id = ?", message_id)
    return record is None or bool(record["gone"])


def written(mailbox: sqlite3.Connection, message_id: int) -> str | None:
    """Return what was written here of a draft, None for one of another client."""
    found = mailbox.execute("SELECT written FROM drafts WHERE message_id = ?", (message_id,)).fetchone()
    return found[0] if found is not None else None


def first_named(mailbox: sqlite3.Connection, names: Sequence[str]) -> int | None:
    """Return the message that bears the first of these Message-IDs that is here, outside Drafts."""
    found = mailbox.execute(
        "SELECT m.id FROM json_each(?) n JOIN messages m ON m.message_id = n.value WHERE m.gone = 0"
        f" AND NOT {_IN_DRAFTS} ORDER BY n.key, m.id LIMIT 1",
        (json.dumps(list(names)),),
    ).fetchone()
    return found[0] if found is not None else None


def kept_here(mailbox: sqlite3.Connection) -> list[int]:
    """Return the drafts that were written here and are shown, the newest first."""
    found = mailbox.execute(
        f"SELECT m.id FROM drafts d JOIN messages m ON m.id = d.message_id WHERE m.gone = 0 AND {_IN_DRAFTS}"
        " ORDER BY m.id DESC"
    )
    return [record[0] for record in found]
