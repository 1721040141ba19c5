"""Messages that are here already: snapshots, local moves, flags, and leaving for good."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.engine.model import Role
from tui.engine.store import bodies, departed, placements
from tui.engine.store.db import Tx, row, rows
from tui.engine.store.ingest import FLAGS


@dataclass(frozen=True, slots=True)
class Stored:
    """The little of a stored message that commands need."""

    id: int
    account_id: int | None
    folder_id: int | None
    role: Role
    message_id: str
    subject: str
    body_state: str
    identity: str
    seen: bool
    flagged: bool
    answered: bool
    forwarded: bool
    gone: bool

    @property
    def flags(self) -> frozenset[str]:
        """The flags that are set."""
        return frozenset(name for name in FLAGS if getattr(self, name))


async def get(tx: Tx, message_ids: Iterable[int]) -> list[Stored]:
    """Return messages in the order asked; unknown ids are left out."""
    wanted = list(dict.fromkeys(message_ids))
    found = await rows(
        tx,
        "SELECT m.id, m.account_id, m.folder_id, coalesce(f.role, '') AS role, m.message_id, m.subject, m.body_state,"
        " m.identity, m.seen, m.flagged, m.answered, m.forwarded, m.gone FROM messages m"
        " LEFT JOIN folders f ON f.id = m.folder_id WHERE m.id IN (SELECT value FROM json_each(?))",
        json.dumps(wanted),
    )
    by_id = {
        r["id"]: Stored(
            r["id"],
            r["account_id"],
            r["folder_id"],
            Role(r["role"]),
            r["message_id"],
            r["subject"],
            r["body_state"],
            r["identity"],
            bool(r["seen"]),
            bool(r["flagged"]),
            bool(r["answered"]),
            bool(r["forwarded"]),
            bool(r["gone"]),
        )
        for r in found
    }
    return [by_id[number] for number in wanted if number in by_id]


async def existing(tx: Tx, message_ids: Iterable[int]) -> list[int]:
    """Return those of the ids whose messages are still in the workspace, hidden ones included."""
    found = await rows(
        tx, "SELECT id FROM messages WHERE id IN (SELECT value FROM json_each(?))", json.dumps(list(message_ids))
    )
    return [record["id"] for record in found]


async def move_local(tx: Tx, message_ids: Iterable[int], folder_id: int) -> None:
    """Put messages into a folder of the workspace; they belong to its account then."""
    await tx.execute(
        "UPDATE messages SET folder_id = ?1, account_id = coalesce((SELECT account_id FROM folders WHERE id = ?1),"
        " account_id) WHERE id IN (SELECT value FROM json_each(?2))",
        (folder_id, json.dumps(list(message_ids))),
    )


async def set_flags(tx: Tx, message_ids: Iterable[int], add: Iterable[str], remove: Iterable[str]) -> None:
    """Set and clear flags of messages here; names outside ``FLAGS`` raise KeyError."""
    changes = {name: 1 for name in add} | {name: 0 for name in remove}
    ids = json.dumps(list(message_ids))
    for name, on in changes.items():
        if name not in FLAGS:
            raise KeyError(name)
        await tx.execute(f"UPDATE messages SET {name} = ? WHERE id IN (SELECT value FROM json_each(?))", (on, ids))


async def follow_flags(tx: Tx, flags: Mapping[int, frozenset[str]]) -> list[int]:
    """Take over flags that the server told, message id -> flags, where no change of ours is pending (R38).

    Returns:
        The messages whose flags really changed.
    """
    changed = await rows(
        tx,
        "WITH told AS (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS seen,"
        " json_extract(value, '$[2]') AS flagged, json_extract(value, '$[3]') AS answered,"
        " json_extract(value, '$[4]') AS forwarded FROM json_each(?))"
        " UPDATE messages SET seen = told.seen, flagged = told.flagged, answered = told.answered,"
        " forwarded = told.forwarded FROM told WHERE messages.id = told.id"
        " AND (messages.seen, messages.flagged, messages.answered, messages.forwarded)"
        " <> (told.seen, told.flagged, told.answered, told.forwarded)"
        " AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.message_id = messages.id AND o.kind = 'flag'"
        " AND o.state IN ('queued', 'running')) RETURNING messages.id",
        json.dumps([[number, *(int(name in told) for name in FLAGS)] for number, told in flags.items()]),
    )
    return [record["id"] for record in changed]


async def follow_rest(tx: Tx, folder_ids: Iterable[int]) -> list[int]:
    """Follow the flags of the copies that are left of what lay in folders that went (R38); return whose changed."""
    found = await rows(
        tx,
        "SELECT DISTINCT message_id FROM placements WHERE folder_id IN (SELECT value FROM json_each(?))",
        json.dumps(list(folder_ids)),
    )
    return (
        await follow_flags(tx, await placements.alone(tx, [record["message_id"] for record in found])) if found else []
    )


def restore_statement(message_id: int, folder_id: int | None, gone: bool) -> tuple[str, tuple[object, ...]]:
    """Return the statement that puts a message back to where it was."""
    return (
        "UPDATE messages SET folder_id = (SELECT id FROM folders WHERE id = ?), gone = ? WHERE id = ?",
        (folder_id, gone, message_id),
    )


def return_statement(message_id: int, left: int, back: int) -> tuple[str, tuple[object, ...]]:
    """Return the statement that moves a message back, unless it was moved on meanwhile."""
    return "UPDATE messages SET folder_id = ? WHERE id = ? AND folder_id = ?", (back, message_id, left)


async def set_gone(tx: Tx, message_ids: Iterable[int], gone: bool) -> None:
    """Hide messages that were deleted for ever here, or show them again."""
    await tx.execute(
        "UPDATE messages SET gone = ? WHERE id IN (SELECT value FROM json_each(?))",
        (gone, json.dumps(list(message_ids))),
    )


async def leaving(tx: Tx, message_ids: Iterable[int]) -> list[int]:
    """Return those that were deleted for ever here and of which no server holds a copy any more."""
    found = await rows(
        tx,
        "SELECT id FROM messages m WHERE id IN (SELECT value FROM json_each(?)) AND gone = 1"
        " AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id AND p.gone_at IS NULL) AND NOT EXISTS"
        " (SELECT 1 FROM operations o WHERE o.message_id = m.id AND o.state IN ('queued', 'running'))",
        json.dumps(list(message_ids)),
    )
    return [record["id"] for record in found]


async def purge(tx: Tx, message_ids: Sequence[int]) -> None:
    """Take messages out of the workspace for good; that they were known stays (R46), and so does the CRM's copy."""
    await departed.remember(tx, message_ids)
    await bodies.drop(tx, message_ids)
    await tx.execute("DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(message_ids),))


@dataclass(frozen=True, slots=True)
class Traits:
    """What a copy of a message is recognised by on a server: Message-ID ("" for none), header key, octets."""

    message_id: str
    key: str
    size: int


async def traits(tx: Tx, message_id: int | None) -> Traits | None:
    """Return what copies of a message are recognised by, None for one that is not here."""
    record = await row(tx, "SELECT message_id, header_key, size FROM messages WHERE id = ?", message_id)
    return Traits(*record) if record is not None else None


@dataclass(frozen=True, slots=True)
class Headline:
    """What a message's header told when it was ingested; "" for what it didn't."""

    message_id: str
    key: str
    sender: str
    subject: str


async def headlines(tx: Tx, message_ids: Sequence[int]) -> dict[int, Headline]:
    """Return what the headers of messages told, by message; those that are not here are left out."""
    found = await rows(
        tx,
        "SELECT id, message_id, header_key, from_email, subject FROM messages"
        " WHERE id IN (SELECT value FROM json_each(?))",
        json.dumps(list(message_ids)),
    )
    return {r[0]: Headline(r[1], r[2], r[3], r[4]) for r in found}


async def known_keys(tx: Tx, keys: Iterable[str]) -> frozenset[str]:
    """Return which of these header keys a message here has."""
    found = await rows(
        tx,
        "SELECT header_key FROM messages WHERE header_key IN (SELECT value FROM json_each(?))",
        json.dumps(list(keys)),
    )
    return frozenset(record["header_key"] for record in found)


async def received(tx: Tx, message_id: int) -> int | None:
    """Return when the server first got a message (INTERNALDATE), else its own date, in seconds since the epoch."""
    record = await row(tx, "SELECT coalesce(received, date) FROM messages WHERE id = ?", message_id)
    return int(record[0]) if record is not None else None


async def linked_without_body(tx: Tx, message_id: int) -> bool:
    """True for a message that a deal or person keeps but whose body is not here yet."""
    record = await row(
        tx, "SELECT 1 FROM messages WHERE id = ? AND publish <> '' AND body_state = 'header'", message_id
    )
    return record is not None


async def elsewhere(tx: Tx, message_id: int) -> int | None:
    """Return a folder in which a server still holds the message, its own account's first, or None."""
    record = await row(
        tx,
        "SELECT p.folder_id FROM placements p JOIN folders f ON f.id = p.folder_id JOIN messages m"
        " ON m.id = p.message_id WHERE p.message_id = ? AND p.gone_at IS NULL"
        " ORDER BY f.account_id IS NOT m.account_id, p.id DESC LIMIT 1",
        message_id,
    )
    return int(record["folder_id"]) if record is not None else None


async def removal(tx: Tx, account_id: int) -> tuple[list[int], list[int], list[int]]:
    """Return what removing an account does to its messages (R44): (kept for a deal, held by others, going)."""
    found = await rows(
        tx,
        "SELECT m.id, EXISTS (SELECT 1 FROM links k WHERE k.message_id = m.id AND k.deal_id IS NOT NULL"
        " AND k.removed_at IS NULL) AS linked, EXISTS (SELECT 1 FROM placements p JOIN folders f ON f.id = p.folder_id"
        " WHERE p.message_id = m.id AND p.gone_at IS NULL AND f.account_id <> ?) AS held"
        " FROM messages m WHERE m.account_id = ?",
        account_id,
        account_id,
    )
    held = [r["id"] for r in found if r["held"]]
    kept = [r["id"] for r in found if r["linked"] and not r["held"]]
    going = [r["id"] for r in found if not r["linked"] and not r["held"]]
    return kept, held, going


async def rehome(tx: Tx, message_ids: Iterable[int]) -> None:
    """Give messages to another account that holds them, with that account's folder as the local one.

    One that was deleted here, which this account's server was still to hear of, is shown again.
    """
    await tx.execute(
        "UPDATE messages SET (folder_id, account_id) = (SELECT p.folder_id, f.account_id FROM placements p"
        " JOIN folders f ON f.id = p.folder_id WHERE p.message_id = messages.id AND p.gone_at IS NULL"
        " AND f.account_id <> messages.account_id ORDER BY p.id LIMIT 1), gone = 0"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(message_ids)),),
    )


async def detach(tx: Tx, message_ids: Iterable[int]) -> None:
    """Keep messages for their deals alone: no account, no folder; the CRM learns of it."""
    await tx.execute(
        "UPDATE messages SET account_id = NULL, folder_id = NULL WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(message_ids)),),
    )


def now() -> int:
    """Return the present moment, seconds since the epoch."""
    return int(time.time())
