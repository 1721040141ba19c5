"""Placements: where servers hold copies of messages (RULES.md, Placement)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tui.engine.store.db import Tx, row, rows

EVERY = ((1, (1 << 32) - 1),)
"""The range of all UIDs that there can be (RFC 9051, section 9, nz-number)."""
UNKNOWN = "?"
"""Stands for the flags of a copy of which the server has not told any yet."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One copy on a server."""

    id: int
    message_id: int
    folder_id: int
    uidvalidity: int
    uid: int


async def in_folder(
    tx: Tx, folder_id: int, uidvalidity: int, ranges: Iterable[tuple[int, int]] = EVERY
) -> dict[int, tuple[int, str]]:
    """Return uid -> (message id, flags as last told) of a folder's placements that are there, within ranges of UIDs.

    Args:
        ranges: (first, last) each, disjoint.
    """
    found = await rows(
        tx,
        "SELECT p.uid, p.message_id, p.flags FROM json_each(?) r CROSS JOIN placements p ON p.folder_id = ?"
        " AND p.uidvalidity = ? AND p.uid BETWEEN json_extract(r.value, '$[0]') AND json_extract(r.value, '$[1]')"
        " WHERE p.gone_at IS NULL AND p.missing = 0",
        json.dumps(list(ranges)),
        folder_id,
        uidvalidity,
    )
    return {uid: (message_id, flags) for uid, message_id, flags in found}


async def count(tx: Tx, folder_id: int, uidvalidity: int) -> int:
    """Return how many placements of a folder are there."""
    found = await row(
        tx,
        "SELECT count(*) FROM placements WHERE folder_id = ? AND uidvalidity = ? AND gone_at IS NULL AND missing = 0",
        folder_id,
        uidvalidity,
    )
    return int(found[0]) if found is not None else 0


async def textless(tx: Tx, folder_id: int, uidvalidity: int) -> frozenset[int]:
    """Return the UIDs of a folder whose messages are of its account and still without their text."""
    found = await rows(
        tx,
        "SELECT p.uid FROM placements p JOIN folders f ON f.id = p.folder_id JOIN messages m ON m.id = p.message_id"
        " WHERE p.folder_id = ? AND p.uidvalidity = ? AND p.gone_at IS NULL AND m.body_state = 'header'"
        " AND m.gone = 0 AND m.account_id = f.account_id",
        folder_id,
        uidvalidity,
    )
    return frozenset(record["uid"] for record in found)


async def of_messages(tx: Tx, message_ids: Iterable[int], account_id: int) -> dict[int, list[Placement]]:
    """Return message id -> its live placements in one account, the one in its local folder first."""
    found = await rows(
        tx,
        "SELECT p.id, p.message_id, p.folder_id, p.uidvalidity, p.uid FROM placements p"
        " JOIN folders f ON f.id = p.folder_id JOIN messages m ON m.id = p.message_id"
        " WHERE p.message_id IN (SELECT value FROM json_each(?)) AND p.gone_at IS NULL AND f.account_id = ?"
        " ORDER BY p.message_id, p.folder_id <> coalesce(m.folder_id, 0), p.missing, p.id DESC",
        json.dumps(list(message_ids)),
        account_id,
    )
    result: dict[int, list[Placement]] = {}
    for record in found:
        result.setdefault(record["message_id"], []).append(Placement(*record))
    return result


async def add(
    tx: Tx, message_id: int, folder_id: int, uidvalidity: int, uid: int, *, origin: str = "sync", flags: str = UNKNOWN
) -> None:
    """Store that a server holds a copy; one that was believed gone lives again."""
    await tx.execute(
        "INSERT INTO placements (message_id, folder_id, uidvalidity, uid, origin, flags) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (folder_id, uidvalidity, uid) DO UPDATE SET gone_at = NULL, missing = 0,"
        " message_id = excluded.message_id",
        (message_id, folder_id, uidvalidity, uid, origin, flags),
    )


async def taken(tx: Tx, folder_id: int, uidvalidity: int | None, uids: Iterable[int]) -> dict[int, int]:
    """Return uid -> message of those that name a copy that is already known, gone ones too."""
    found = await rows(
        tx,
        "SELECT uid, message_id FROM placements WHERE folder_id = ? AND uidvalidity = ?"
        " AND uid IN (SELECT value FROM json_each(?))",
        folder_id,
        uidvalidity,
        json.dumps(list(uids)),
    )
    return {record[0]: record[1] for record in found}


async def set_flags(tx: Tx, folder_id: int, uidvalidity: int, flags: Mapping[int, str]) -> None:
    """Store the flags that the server told, uid -> flags."""
    await tx.executemany(
        "UPDATE placements SET flags = ?, missing = 0 WHERE folder_id = ? AND uidvalidity = ? AND uid = ?",
        [(text, folder_id, uidvalidity, uid) for uid, text in flags.items()],
    )


async def change_flags(tx: Tx, placement_ids: Iterable[int], add: Iterable[str], remove: Iterable[str]) -> None:
    """Store flags that we changed on the server, so that its echo is no news."""
    ids = json.dumps(list(placement_ids))
    more, less = set(add), set(remove)
    for record in await rows(tx, "SELECT id, flags FROM placements WHERE id IN (SELECT value FROM json_each(?))", ids):
        if record["flags"] == UNKNOWN:
            continue
        flags = (set(record["flags"].split()) | more) - less
        await tx.execute("UPDATE placements SET flags = ? WHERE id = ?", (" ".join(sorted(flags)), record["id"]))


async def mark_gone(tx: Tx, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> list[int]:
    """Store that copies are no longer there (R29, R30); returns the messages that they belonged to."""
    found = await rows(
        tx,
        "UPDATE placements SET gone_at = ? WHERE folder_id = ? AND uidvalidity = ? AND gone_at IS NULL"
        " AND uid IN (SELECT value FROM json_each(?)) RETURNING message_id",
        int(time.time()),
        folder_id,
        uidvalidity,
        json.dumps(list(uids)),
    )
    return [record["message_id"] for record in found]


async def mark_missing(tx: Tx, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> None:
    """Store that copies vanished; whether they are gone or moved is settled at the end of the pass (R29, R30)."""
    await tx.execute(
        "UPDATE placements SET missing = 1 WHERE folder_id = ? AND uidvalidity = ? AND gone_at IS NULL"
        " AND uid IN (SELECT value FROM json_each(?))",
        (folder_id, uidvalidity, json.dumps(list(uids))),
    )


async def lost(tx: Tx, account_id: int) -> frozenset[int]:
    """Return the messages of which copies in an account vanished and of which no other copy is known."""
    found = await rows(
        tx,
        "SELECT p.message_id FROM placements p CROSS JOIN folders f ON f.id = p.folder_id WHERE p.missing = 1"
        " AND p.gone_at IS NULL AND f.account_id = ? AND NOT EXISTS (SELECT 1 FROM placements n"
        " WHERE n.message_id = p.message_id AND n.gone_at IS NULL AND n.missing = 0)",
        account_id,
    )
    return frozenset(record["message_id"] for record in found)


async def settle_missing(tx: Tx, account_id: int) -> list[int]:
    """Store that what vanished in an account is gone from there; returns the messages that had a copy there."""
    found = await rows(
        tx,
        "UPDATE placements SET gone_at = ?, missing = 0 WHERE missing = 1 AND gone_at IS NULL"
        " AND +folder_id IN (SELECT id FROM folders WHERE account_id = ?) RETURNING message_id",
        int(time.time()),
        account_id,
    )
    return [record["message_id"] for record in found]


async def by_uids(tx: Tx, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> dict[int, int]:
    """Return uid -> message id for the given uids, live or gone."""
    found = await rows(
        tx,
        "SELECT uid, message_id FROM placements WHERE folder_id = ? AND uidvalidity = ?"
        " AND uid IN (SELECT value FROM json_each(?))",
        folder_id,
        uidvalidity,
        json.dumps(list(uids)),
    )
    return {record["uid"]: record["message_id"] for record in found}


async def moved(
    tx: Tx,
    placement: Placement,
    target_folder: int,
    target_validity: int | None,
    target_uid: int | None,
    removed: bool,
) -> None:
    """Store that the server moved a copy by our command; the new place may be unknown (no COPYUID).

    Args:
        removed: False where the original could only be marked deleted.
    """
    if removed:
        await tx.execute("UPDATE placements SET gone_at = ? WHERE id = ?", (int(time.time()), placement.id))
    if target_validity is not None and target_uid is not None:
        await add(tx, placement.message_id, target_folder, target_validity, target_uid, origin="move")


async def accounts_with(tx: Tx, message_id: int) -> list[int]:
    """Return the accounts whose servers have a copy of a message."""
    found = await rows(
        tx,
        "SELECT DISTINCT f.account_id FROM placements p JOIN folders f ON f.id = p.folder_id"
        " WHERE p.message_id = ? AND p.gone_at IS NULL ORDER BY f.account_id",
        message_id,
    )
    return [record[0] for record in found]


async def alone(tx: Tx, message_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return message id -> flags of those whose only copy lies in a synced folder, as the server last told them."""
    found = await rows(
        tx,
        "SELECT p.message_id, p.flags FROM placements p JOIN folders f ON f.id = p.folder_id"
        " WHERE p.message_id IN (SELECT value FROM json_each(?)) AND p.gone_at IS NULL AND p.missing = 0"
        " AND p.flags <> ? AND f.selected AND NOT EXISTS (SELECT 1 FROM placements o"
        " WHERE o.message_id = p.message_id AND o.gone_at IS NULL AND o.missing = 0 AND o.id <> p.id)",
        json.dumps(list(message_ids)),
        UNKNOWN,
    )
    return {record["message_id"]: frozenset(record["flags"].split()) for record in found}


async def count_live(tx: Tx, message_id: int) -> int:
    """Return how many copies of a message servers hold."""
    record = await row(
        tx, "SELECT count(*) FROM placements WHERE message_id = ? AND gone_at IS NULL AND missing = 0", message_id
    )
    return int(record[0]) if record is not None else 0


async def homeless(tx: Tx, account_id: int) -> dict[str, int]:
    """Return header key -> message for recently placed messages of an account that no server holds now (R29, R30)."""
    found = await rows(
        tx,
        "SELECT m.header_key, m.id FROM (SELECT message_id FROM placements WHERE gone_at > ?"
        " UNION SELECT message_id FROM placements WHERE missing = 1) p CROSS JOIN messages m ON m.id = p.message_id"
        " WHERE m.account_id = ? AND m.gone = 0 AND NOT EXISTS"
        " (SELECT 1 FROM placements n WHERE n.message_id = m.id AND n.gone_at IS NULL AND n.missing = 0)",
        int(time.time()) - 86_400,
        account_id,
    )
    return {record["header_key"]: record["id"] for record in found}


async def doubled(tx: Tx, folder_id: int) -> list[Placement]:
    """Return our own appended copies beside which the provider filed another of the same message (R12)."""
    found = await rows(
        tx,
        "SELECT p.id, p.message_id, p.folder_id, p.uidvalidity, p.uid FROM placements p WHERE p.folder_id = ?"
        " AND p.origin = 'append' AND p.gone_at IS NULL AND EXISTS (SELECT 1 FROM placements o"
        " WHERE o.message_id = p.message_id AND o.folder_id = p.folder_id AND o.gone_at IS NULL AND o.id <> p.id"
        " AND o.origin = 'sync' AND o.uidvalidity = p.uidvalidity)",
        folder_id,
    )
    return [Placement(*record) for record in found]
