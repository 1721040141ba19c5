"""Raw sources and what is derived from them: text, attachments, preview, the full-text index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.engine.mail.testimony import NOTHING, Testimony
from tui.engine.store.db import Tx, fill_blob, row, rows, write_rows


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body ready to be stored; ``state`` is ``full`` or ``raw``; ``parts`` are (part, name, type, size).

    ``raw`` is the file that holds the source where that is too big for memory.
    """

    message_id: int
    raw: bytes | Path
    state: str
    text: str
    preview: str
    parts: tuple[tuple[int, str, str, int], ...]
    said: Testimony = NOTHING

    @property
    def size(self) -> int:
        """Octets of the source."""
        return self.raw.stat().st_size if isinstance(self.raw, Path) else len(self.raw)

    def forget(self) -> None:
        """Remove the file."""
        if isinstance(self.raw, Path):
            self.raw.unlink(missing_ok=True)


async def save(tx: Tx, bodies: Sequence[StoredBody]) -> None:
    """Store bodies byte for byte with what was derived, index them, and mark linked ones for the CRM."""
    ids = json.dumps([body.message_id for body in bodies])
    had = {
        r["message_id"]
        for r in await rows(
            tx, "SELECT message_id FROM sources WHERE message_id IN (SELECT value FROM json_each(?))", ids
        )
    }
    fresh = [body for body in bodies if body.message_id not in had]
    await tx.executemany(
        "INSERT INTO sources (message_id, raw) VALUES (?, ?)",
        [(body.message_id, body.raw) for body in fresh if isinstance(body.raw, bytes)],
    )
    for body in fresh:
        if isinstance(body.raw, Path):
            await tx.execute("INSERT INTO sources VALUES (?, zeroblob(?))", (body.message_id, body.size))
            await fill_blob(tx, "sources", "raw", body.message_id, body.raw)
    await write_rows(
        tx,
        "INSERT INTO texts (message_id, text, parts) VALUES {rows}",
        [(body.message_id, body.text, json.dumps(body.parts)) for body in fresh],
    )
    await write_rows(
        tx,
        "UPDATE messages SET body_state = b.column2, preview = b.column3, attachments = b.column4, size = b.column5,"
        " publish = CASE WHEN publish <> '' THEN 'due' ELSE '' END FROM (VALUES {rows}) b WHERE id = b.column1",
        [(b.message_id, b.state, b.preview, len(b.parts), b.size) for b in fresh],
    )
    await write_rows(
        tx,
        "INSERT INTO search (rowid, subject, people, text)"
        " SELECT m.id, m.subject, m.from_name || ' ' || m.from_email || ' ' || m.recipients, b.column2"
        " FROM (VALUES {rows}) b CROSS JOIN messages m ON m.id = b.column1",
        [(body.message_id, body.text) for body in fresh],
    )


async def drop(tx: Tx, message_ids: Sequence[int]) -> None:
    """Take the sources, texts and index entries of messages out, leaving their rows."""
    ids = json.dumps(list(message_ids))
    await tx.execute(
        "INSERT INTO search (search, rowid, subject, people, text)"
        " SELECT 'delete', m.id, m.subject, m.from_name || ' ' || m.from_email || ' ' || m.recipients, t.text"
        " FROM messages m JOIN texts t ON t.message_id = m.id WHERE m.id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    await tx.execute("DELETE FROM texts WHERE message_id IN (SELECT value FROM json_each(?))", (ids,))
    await tx.execute("DELETE FROM sources WHERE message_id IN (SELECT value FROM json_each(?))", (ids,))


async def raw(tx: Tx, message_id: int) -> bytes | None:
    """Return a message's source byte for byte, or None when it is not here."""
    found = await row(tx, "SELECT raw FROM sources WHERE message_id = ?", message_id)
    return bytes(found["raw"]) if found is not None else None


async def wanted(tx: Tx, account_id: int, limit: int, skip: Sequence[int] = ()) -> list[tuple[int, int, int, int, int]]:
    """Return the newest messages whose bodies are not here yet, as (message, folder, uidvalidity, uid, size)."""
    # The index gives them in order, so that a batch costs the same however many wait.
    found = await rows(
        tx,
        "SELECT m.id, p.folder_id, p.uidvalidity, p.uid, m.size FROM messages m INDEXED BY messages_without_body"
        " JOIN placements p ON p.id = (SELECT s.id FROM placements s JOIN folders f ON f.id = s.folder_id"
        " WHERE s.message_id = m.id AND s.gone_at IS NULL AND s.missing = 0 AND f.account_id = ?1 AND f.on_server = 1"
        " AND NOT EXISTS"
        " (SELECT 1 FROM failures x WHERE x.folder_id = s.folder_id AND x.uidvalidity = s.uidvalidity"
        " AND x.uid = s.uid) LIMIT 1)"
        " WHERE m.body_state = 'header' AND m.gone = 0 AND m.account_id = ?1"
        " AND m.id NOT IN (SELECT value FROM json_each(?2)) ORDER BY m.date DESC LIMIT ?3",
        account_id,
        json.dumps(list(skip)),
        limit,
    )
    return [(r[0], r[1], r[2], r[3], r[4]) for r in found]


async def lacking(tx: Tx, header_keys: Sequence[str], account_id: int) -> list[tuple[int, int, int, int]]:
    """Return messages with these keys whose bodies are not here: (message, folder, uidvalidity, uid) in the account."""
    found = await rows(
        tx,
        "SELECT m.id, p.folder_id, p.uidvalidity, p.uid FROM messages m JOIN placements p ON p.message_id = m.id"
        " AND p.gone_at IS NULL AND p.missing = 0"
        " JOIN folders f ON f.id = p.folder_id AND f.account_id = ? AND f.on_server = 1"
        " WHERE m.body_state = 'header' AND m.header_key IN (SELECT value FROM json_each(?)) GROUP BY m.id",
        account_id,
        json.dumps(list(header_keys)),
    )
    return [(r[0], r[1], r[2], r[3]) for r in found]


async def progress(tx: Tx, folder_id: int) -> tuple[int, int, int | None]:
    """Return how many messages of a folder have their body, how many there are, and the date reached going back."""
    found = await row(
        tx,
        "SELECT (SELECT count(*) FROM messages WHERE folder_id = ?1 AND gone = 0) AS total, count(*) AS waiting,"
        " max(date) AS newest FROM messages INDEXED BY messages_without_body WHERE body_state = 'header' AND gone = 0"
        " AND account_id = (SELECT account_id FROM folders WHERE id = ?1) AND folder_id = ?1",
        folder_id,
    )
    assert found is not None
    return found["total"] - found["waiting"], found["total"], found["newest"]


async def lacking_of_deals(tx: Tx, account_id: int) -> list[tuple[int, int, int, int]]:
    """Return an account's messages that deals keep and whose bodies are not here: (message, folder, validity, uid)."""
    found = await rows(
        tx,
        "SELECT m.id, p.folder_id, p.uidvalidity, p.uid FROM messages m JOIN placements p ON p.message_id = m.id"
        " AND p.gone_at IS NULL AND p.missing = 0"
        " JOIN folders f ON f.id = p.folder_id AND f.account_id = ? AND f.on_server = 1"
        " WHERE m.body_state = 'header' AND m.account_id = ? AND EXISTS (SELECT 1 FROM links k"
        " WHERE k.message_id = m.id AND k.deal_id IS NOT NULL AND k.removed_at IS NULL) GROUP BY m.id ORDER BY m.id",
        account_id,
        account_id,
    )
    return [(r[0], r[1], r[2], r[3]) for r in found]
