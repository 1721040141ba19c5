"""Folders: what the server lists, what is selected, and how far each one is synced."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tui.engine.model import Role
from tui.engine.store import operations
from tui.engine.store.db import Tx, insert, row, rows

LOCAL = "\x00local:"
"""Prefix of the wire name of a folder that exists only here so far; no server can have it."""

RENAMED = "\x00renamed:"
"""Prefix of the wire name that a folder bears while it gets another one."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """What the engine knows of a folder; ``wire`` is its exact name on the wire."""

    id: int
    account_id: int
    wire: str
    name: str
    delimiter: str
    role: Role
    selected: bool
    selectable: bool
    on_server: bool
    uidvalidity: int | None
    uidnext: int | None
    highestmodseq: int | None
    messages: int | None
    complete: bool
    since: int | None
    proved_at: int | None = None
    mailbox_id: str = ""


_COLUMNS = (
    "id, account_id, wire, name, delimiter, role, selected, selectable, on_server,"
    " uidvalidity, uidnext, highestmodseq, messages, complete, since, proved_at, mailbox_id"
)


def _state(record: sqlite3.Row) -> FolderState:
    return FolderState(
        record["id"],
        record["account_id"],
        record["wire"],
        record["name"],
        record["delimiter"],
        Role(record["role"]),
        bool(record["selected"]),
        bool(record["selectable"]),
        bool(record["on_server"]),
        record["uidvalidity"],
        record["uidnext"],
        record["highestmodseq"],
        record["messages"],
        bool(record["complete"]),
        record["since"],
        record["proved_at"],
        record["mailbox_id"],
    )


async def of_account(tx: Tx, account_id: int) -> list[FolderState]:
    """Return all folders of an account, by name."""
    found = await rows(tx, f"SELECT {_COLUMNS} FROM folders WHERE account_id = ? ORDER BY name", account_id)
    return [_state(record) for record in found]


async def get(tx: Tx, folder_id: int) -> FolderState | None:
    """Return one folder."""
    record = await row(tx, f"SELECT {_COLUMNS} FROM folders WHERE id = ?", folder_id)
    return _state(record) if record is not None else None


async def by_role(tx: Tx, account_id: int, role: Role) -> FolderState | None:
    """Return the account's folder with a role, one that exists on the server before one that doesn't."""
    record = await row(
        tx,
        f"SELECT {_COLUMNS} FROM folders WHERE account_id = ? AND role = ? ORDER BY on_server DESC, id LIMIT 1",
        account_id,
        role.value,
    )
    return _state(record) if record is not None else None


async def add(
    tx: Tx,
    account_id: int,
    wire: str,
    name: str,
    *,
    delimiter: str = "/",
    role: Role = Role.NONE,
    selected: bool = False,
    selectable: bool = True,
    on_server: bool = True,
) -> int:
    """Store a folder and return its id; one with this wire name is updated instead."""
    record = await row(
        tx,
        "INSERT INTO folders (account_id, wire, name, delimiter, role, selected, selectable, on_server)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, wire) DO UPDATE SET name = excluded.name,"
        " delimiter = excluded.delimiter, role = excluded.role, selectable = excluded.selectable,"
        " on_server = excluded.on_server RETURNING id",
        account_id,
        wire,
        name,
        delimiter,
        role.value,
        selected,
        selectable,
        on_server,
    )
    assert record is not None
    return int(record["id"])


async def add_local(tx: Tx, account_id: int, name: str, role: Role) -> int:
    """Store a folder that exists only here until the server has it too (R11, R13)."""
    return await add(tx, account_id, LOCAL + name, name, role=role, selected=True, on_server=False)


async def adopt(tx: Tx, local_id: int, server_id: int) -> None:
    """Move everything of a local-only folder into the server's folder and forget the local one."""
    await tx.execute("UPDATE messages SET folder_id = ? WHERE folder_id = ?", (server_id, local_id))
    await operations.refer(tx, local_id, server_id)
    await tx.execute("DELETE FROM folders WHERE id = ?", (local_id,))


async def rename(tx: Tx, account_id: int, names: Mapping[int, tuple[str, str, str]]) -> None:
    """Give folders other names, id -> (wire, name, delimiter); all at once, so that two may swap theirs.

    A folder that only bore such a name here, and that the server no longer has, gives its messages to the one that
    bears it now.
    """
    taken = [wire for wire, _, _ in names.values()]
    for record in await rows(
        tx,
        "SELECT id, wire FROM folders WHERE account_id = ? AND wire IN (SELECT value FROM json_each(?))",
        account_id,
        json.dumps(taken),
    ):
        if record["id"] not in names:
            await adopt(tx, record["id"], next(n for n, (wire, _, _) in names.items() if wire == record["wire"]))
    for number in names:
        await tx.execute("UPDATE folders SET wire = ? WHERE id = ?", (f"{RENAMED}{number}", number))
    for number, (wire, name, delimiter) in names.items():
        await tx.execute(
            "UPDATE folders SET wire = ?, name = ?, delimiter = ? WHERE id = ?", (wire, name, delimiter, number)
        )


async def set_mailbox_id(tx: Tx, folder_id: int, mailbox_id: str) -> None:
    """Store under which id the server knows a folder whatever its name (RFC 8474)."""
    await tx.execute("UPDATE folders SET mailbox_id = ? WHERE id = ?", (mailbox_id, folder_id))


async def set_names(tx: Tx, names: Iterable[tuple[int, str]]) -> None:
    """Store what people call folders, (id, name); their wire names stay."""
    await tx.executemany("UPDATE folders SET name = ? WHERE id = ?", [(name, number) for number, name in names])


async def messages_in(tx: Tx, folder_id: int) -> list[int]:
    """Return the messages that are shown in a folder, newest first."""
    found = await rows(
        tx, "SELECT id FROM messages WHERE folder_id = ? AND gone = 0 ORDER BY date DESC, id DESC", folder_id
    )
    return [record["id"] for record in found]


async def drop_local(tx: Tx, folder_ids: Iterable[int]) -> None:
    """Forget folders that exist only here and hold nothing."""
    await tx.execute(
        "DELETE FROM folders WHERE id IN (SELECT value FROM json_each(?)) AND on_server = 0"
        " AND NOT EXISTS (SELECT 1 FROM messages WHERE folder_id = folders.id)",
        (json.dumps(list(folder_ids)),),
    )


async def set_selected(tx: Tx, folder_ids: Iterable[int], selected: bool) -> None:
    """Select or deselect folders for sync; what is here already stays."""
    await tx.execute(
        "UPDATE folders SET selected = ?, synced_at = NULL, complete = 0, proved_at = NULL"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (selected, json.dumps(list(folder_ids))),
    )


async def mark_absent(tx: Tx, account_id: int, present: Iterable[str]) -> list[int]:
    """Mark folders that the server no longer lists; messages stay where they are. Returns the ids that went.

    Whether a folder is to be synced stays too: one that comes back, or that a server left out once, is synced again.
    """
    gone = await rows(
        tx,
        "SELECT id FROM folders WHERE account_id = ? AND on_server = 1"
        " AND wire NOT IN (SELECT value FROM json_each(?))",
        account_id,
        json.dumps(list(present)),
    )
    ids = [int(record["id"]) for record in gone]
    await set_absent(tx, ids)
    return ids


async def set_absent(tx: Tx, folder_ids: Iterable[int]) -> None:
    """Store that the server has these folders no more, nor any copy in them (R29)."""
    ids = json.dumps(list(folder_ids))
    await tx.execute(
        "UPDATE folders SET on_server = 0, uidvalidity = NULL, uidnext = NULL, highestmodseq = NULL, complete = 0,"
        " proved_at = NULL, messages = NULL WHERE id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    await tx.execute(
        "UPDATE placements SET gone_at = ? WHERE gone_at IS NULL AND folder_id IN (SELECT value FROM json_each(?))",
        (int(time.time()), ids),
    )


async def set_present(tx: Tx, folder_id: int, selected: bool) -> None:
    """Store that the server has a folder that was made there just now, and whether it is synced."""
    await tx.execute("UPDATE folders SET on_server = 1, selectable = 1 WHERE id = ?", (folder_id,))
    await set_selected(tx, [folder_id], selected)


async def set_error(tx: Tx, folder_id: int, error: str) -> None:
    """Store why a folder could not be synced, or "" (R42)."""
    await tx.execute("UPDATE folders SET error = ? WHERE id = ?", (error, folder_id))


async def set_cursor(
    tx: Tx,
    folder_id: int,
    *,
    uidvalidity: int,
    uidnext: int | None,
    highestmodseq: int | None,
    messages: int | None,
    complete: bool,
    since: int | None,
    expected: int | None,
) -> None:
    """Store how far a folder is synced, in the transaction of what was synced.

    The pass that completes a folder for the first time compared every UID, so it counts as proved from then on.
    """
    now = int(time.time())
    await tx.execute(
        "UPDATE folders SET uidvalidity = ?, uidnext = ?, highestmodseq = ?, messages = ?, complete = ?, since = ?,"
        " expected = coalesce(?, expected), synced_at = ?, proved_at = CASE WHEN ? THEN coalesce(proved_at, ?)"
        " ELSE proved_at END, error = '' WHERE id = ?",
        (uidvalidity, uidnext, highestmodseq, messages, complete, since, expected, now, complete, now, folder_id),
    )


async def set_proved(tx: Tx, folder_ids: Iterable[int], at: int | None = None) -> None:
    """Store when folders were compared UID by UID; 0 has the next pass do it, None stands for now."""
    await tx.execute(
        "UPDATE folders SET proved_at = ? WHERE id IN (SELECT value FROM json_each(?))",
        (int(time.time()) if at is None else at, json.dumps(list(folder_ids))),
    )


async def look_anew(tx: Tx, folder_id: int) -> None:
    """Have the next pass compare a folder UID by UID, flags too, and try again what could not be taken (R47)."""
    await tx.execute("UPDATE folders SET highestmodseq = NULL, complete = 0 WHERE id = ?", (folder_id,))
    await tx.execute("DELETE FROM failures WHERE folder_id = ?", (folder_id,))


async def observe(tx: Tx, folder_id: int, uidvalidity: int | None, uidnext: int | None, messages: int | None) -> None:
    """Remember what STATUS told of a folder that is not synced, so that moves into it can be followed (R30)."""
    await tx.execute(
        "UPDATE folders SET uidvalidity = coalesce(?, uidvalidity), uidnext = coalesce(?, uidnext),"
        " messages = coalesce(?, messages) WHERE id = ? AND complete = 0 AND synced_at IS NULL",
        (uidvalidity, uidnext, messages, folder_id),
    )


async def start_over(tx: Tx, folder_id: int, uidvalidity: int, expected: int) -> None:
    """Begin a folder's UIDVALIDITY: earlier placements name nothing any more; messages and links stay (R7)."""
    await tx.execute(
        "UPDATE placements SET gone_at = ? WHERE folder_id = ? AND uidvalidity <> ? AND gone_at IS NULL",
        (int(time.time()), folder_id, uidvalidity),
    )
    await tx.execute("DELETE FROM failures WHERE folder_id = ? AND uidvalidity <> ?", (folder_id, uidvalidity))
    await tx.execute(
        "UPDATE folders SET uidvalidity = ?, uidnext = NULL, highestmodseq = NULL, complete = 0, proved_at = NULL,"
        " expected = ? WHERE id = ?",
        (uidvalidity, expected, folder_id),
    )


async def add_failure(tx: Tx, folder_id: int, uidvalidity: int, uid: int, reason: str) -> None:
    """Remember a message that could not be taken, with the reason, so that verify adds up (R47)."""
    await insert(
        tx,
        "INSERT INTO failures (folder_id, uidvalidity, uid, reason) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (folder_id, uidvalidity, uid) DO UPDATE SET reason = excluded.reason",
        folder_id,
        uidvalidity,
        uid,
        reason,
    )


async def failures(tx: Tx, folder_id: int, uidvalidity: int) -> dict[int, str]:
    """Return uid -> reason of what could not be taken."""
    found = await rows(
        tx, "SELECT uid, reason FROM failures WHERE folder_id = ? AND uidvalidity = ?", folder_id, uidvalidity
    )
    return {record["uid"]: record["reason"] for record in found}
