"""The journal's tables: what a person did (actions) and what is still to reach a server (operations)."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tui.engine.model import OperationState
from tui.engine.store.db import Tx, insert, row, rows


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of the journal; ``payload`` says what to do, ``progress`` how far a crash may have got."""

    id: int
    action_id: int
    account_id: int
    kind: str
    message_id: int | None
    payload: dict[str, Any]
    progress: dict[str, Any]
    state: OperationState
    attempts: int
    next_try: int | None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person did; ``before`` is what it takes to take it back."""

    id: int
    title: str
    command: dict[str, Any]
    before: dict[str, Any]
    undone: int | None


def _entry(record: sqlite3.Row) -> Entry:
    return Entry(
        record["id"],
        record["action_id"],
        record["account_id"],
        record["kind"],
        record["message_id"],
        json.loads(record["payload"]),
        json.loads(record["progress"]),
        OperationState(record["state"]),
        record["attempts"],
        record["next_try"],
    )


def _action(record: sqlite3.Row) -> Action:
    return Action(
        record["id"], record["title"], json.loads(record["command"]), json.loads(record["before"]), record["undone"]
    )


async def add_action(tx: Tx, title: str, command: dict[str, Any], before: dict[str, Any], token: str = "") -> int:
    """Store what a person did and return its id.

    Args:
        token: names its change of the CRM, "" for none.
    """
    return await insert(
        tx,
        "INSERT INTO actions (title, command, before, created, token) VALUES (?, ?, ?, ?, ?)",
        title,
        json.dumps(command),
        json.dumps(before),
        int(time.time()),
        token,
    )


async def journalled(tx: Tx, token: str) -> int | None:
    """Return the action whose latest change of the CRM has this token, None where there is none."""
    record = await row(tx, "SELECT id FROM actions WHERE token = ? AND token <> ''", token)
    return int(record["id"]) if record is not None else None


async def add(
    tx: Tx,
    action_id: int,
    account_id: int,
    kind: str,
    message_id: int | None,
    payload: dict[str, Any],
    next_try: int | None = None,
) -> int:
    """Queue an operation behind all others of its account and return its id."""
    return await insert(
        tx,
        "INSERT INTO operations (action_id, account_id, kind, message_id, payload, created, next_try)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        action_id,
        account_id,
        kind,
        message_id,
        json.dumps(payload),
        int(time.time()),
        next_try,
    )


async def action(tx: Tx, action_id: int) -> Action | None:
    """Return one action."""
    record = await row(tx, "SELECT * FROM actions WHERE id = ?", action_id)
    return _action(record) if record is not None else None


async def last_action(tx: Tx, *, undone: bool) -> Action | None:
    """Return what `u` would take back, or with ``undone`` what `C-r` would do again."""
    if undone:
        record = await row(
            tx,
            "SELECT * FROM actions WHERE undone IS NOT NULL AND id > coalesce((SELECT max(id) FROM actions"
            " WHERE undone IS NULL AND before <> '{}'), 0) ORDER BY undone DESC, id LIMIT 1",
        )
    else:
        record = await row(tx, "SELECT * FROM actions WHERE undone IS NULL AND before <> '{}' ORDER BY id DESC LIMIT 1")
    return _action(record) if record is not None else None


async def history(tx: Tx, limit: int) -> list[Action]:
    """Return the latest actions that can be undone, newest first."""
    found = await rows(
        tx, "SELECT * FROM actions WHERE undone IS NULL AND before <> '{}' ORDER BY id DESC LIMIT ?", limit
    )
    return [_action(record) for record in found]


async def set_undone(tx: Tx, action_id: int, undone: bool, token: str = "") -> None:
    """Store that an action was taken back, or done again; ``token`` names the change of the CRM that this was."""
    await tx.execute(
        "UPDATE actions SET undone = ?, token = ? WHERE id = ?", (time.time_ns() if undone else None, token, action_id)
    )


async def set_before(tx: Tx, action_id: int, before: dict[str, Any]) -> None:
    """Store what it takes to take an action back, which was done again."""
    await tx.execute("UPDATE actions SET before = ? WHERE id = ?", (json.dumps(before), action_id))


async def of_action(tx: Tx, action_id: int) -> list[Entry]:
    """Return the operations of an action in order."""
    return [_entry(r) for r in await rows(tx, "SELECT * FROM operations WHERE action_id = ? ORDER BY id", action_id)]


async def get(tx: Tx, operation_id: int) -> Entry | None:
    """Return one operation."""
    record = await row(tx, "SELECT * FROM operations WHERE id = ?", operation_id)
    return _entry(record) if record is not None else None


_FILED = (
    " AND (kind IN ('send', 'append', 'draft') OR NOT EXISTS (SELECT 1 FROM operations s WHERE s.message_id ="
    " operations.message_id AND s.kind IN ('send', 'append', 'draft') AND s.state IN ('queued', 'running')))"
    " AND (json_extract(payload, '$.draft') IS NULL OR NOT EXISTS (SELECT 1 FROM operations s WHERE s.action_id ="
    " operations.action_id AND s.id < operations.id AND s.kind IN ('send', 'draft')"
    " AND s.state NOT IN ('done', 'cancelled')))"
)
"""What is done with a message that is still to be sent, or to be filed in Sent or Drafts, comes after that (R4); and an
older draft goes only when the newer one, or the message that it became, has arrived."""


async def open_of(tx: Tx, account_id: int, kinds: Sequence[str]) -> list[Entry]:
    """Return the operations of an account that are queued or were running and may be done, in order."""
    found = await rows(
        tx,
        "SELECT * FROM operations WHERE account_id = ? AND state IN ('queued', 'running')"
        f" AND kind IN (SELECT value FROM json_each(?)){_FILED} ORDER BY id LIMIT 2000",
        account_id,
        json.dumps(list(kinds)),
    )
    return [_entry(record) for record in found]


async def proven_sent(tx: Tx, account_id: int) -> list[Entry]:
    """Return failed sends of which a server holds a copy all the same, so that they must have left."""
    found = await rows(
        tx,
        "SELECT * FROM operations o WHERE account_id = ? AND kind = 'send' AND state = 'failed' AND EXISTS"
        " (SELECT 1 FROM placements p WHERE p.message_id = o.message_id AND p.gone_at IS NULL) ORDER BY id",
        account_id,
    )
    return [_entry(record) for record in found]


async def still_open(tx: Tx, entries: Iterable[Entry]) -> list[Entry]:
    """Return those of the operations that are not settled yet."""
    every = list(entries)
    found = await rows(
        tx,
        "SELECT id FROM operations WHERE state IN ('queued', 'running') AND id IN (SELECT value FROM json_each(?))",
        json.dumps([entry.id for entry in every]),
    )
    still = {record["id"] for record in found}
    return [entry for entry in every if entry.id in still]


async def refer(tx: Tx, old_folder: int, new_folder: int) -> None:
    """Have everything in the journal that names a folder name another: the folder became that one."""
    for key in ("to", "from", "copy_in", "folder"):
        await tx.execute(
            "UPDATE operations SET payload = json_set(payload, ?, ?) WHERE json_extract(payload, ?) = ?",
            (f"$.{key}", new_folder, f"$.{key}", old_folder),
        )
    await tx.execute(
        "UPDATE actions SET command = json_set(command, '$.folder_id', ?)"
        " WHERE json_extract(command, '$.folder_id') = ?",
        (new_folder, old_folder),
    )
    for record in await rows(tx, "SELECT id, before FROM actions WHERE json_extract(before, '$.messages') IS NOT NULL"):
        before = json.loads(record["before"])
        if any(kept[1] == old_folder for kept in before["messages"]):
            moved = [[k[0], new_folder if k[1] == old_folder else k[1], *k[2:]] for k in before["messages"]]
            changed = json.dumps({**before, "messages": moved})
            await tx.execute("UPDATE actions SET before = ? WHERE id = ?", (changed, record["id"]))


async def set_state(
    tx: Tx,
    operation_ids: Iterable[int],
    state: OperationState,
    *,
    error: str = "",
    next_try: int | None = None,
    attempted: bool = False,
) -> None:
    """Store where operations stand; ``attempted`` counts a try."""
    await tx.execute(
        "UPDATE operations SET state = ?, error = ?, next_try = ?, attempts = attempts + ?"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (state.value, error, next_try, attempted, json.dumps(list(operation_ids))),
    )


async def set_progress(tx: Tx, operation_id: int, progress: dict[str, Any]) -> None:
    """Commit how far an operation got, before an act whose outcome a crash could hide."""
    await tx.execute(
        "UPDATE operations SET progress = ?, state = 'running' WHERE id = ?", (json.dumps(progress), operation_id)
    )


async def forget_undo(tx: Tx, action_id: int) -> None:
    """An action that can no longer be taken back is no longer offered to undo; one with letters still to leave is."""
    await tx.execute(
        "UPDATE actions SET before = '{}' WHERE id = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM operations WHERE action_id = ?1 AND kind = 'send' AND state = 'queued')",
        (action_id,),
    )


async def settle(tx: Tx) -> None:
    """Nothing done so far can be taken back any more."""
    await tx.execute("UPDATE actions SET before = '{}' WHERE before <> '{}'")


async def become(tx: Tx, operation_id: int, kind: str, payload: dict[str, Any]) -> None:
    """Turn an operation that has not acted yet into one of another kind, queued in the same place."""
    await tx.execute(
        "UPDATE operations SET kind = ?, payload = ?, progress = '{}', state = 'queued', next_try = NULL WHERE id = ?",
        (kind, json.dumps(payload), operation_id),
    )


async def set_payload(tx: Tx, operation_id: int, payload: dict[str, Any]) -> None:
    """Change what an operation is to do."""
    await tx.execute("UPDATE operations SET payload = ? WHERE id = ?", (json.dumps(payload), operation_id))


async def next_due(tx: Tx, account_id: int) -> int | None:
    """Return when the earliest IMAP operation of an account may be tried, 0 for now, None for none."""
    record = await row(
        tx,
        "SELECT min(coalesce(next_try, 0)) FROM operations WHERE account_id = ? AND state IN ('queued', 'running')"
        f" AND kind <> 'send'{_FILED}",
        account_id,
    )
    return int(record[0]) if record is not None and record[0] is not None else None


async def next_send(tx: Tx, account_id: int) -> int | None:
    """Return when the earliest queued message of an account may be sent, None for none."""
    record = await row(
        tx,
        "SELECT min(coalesce(next_try, 0)) FROM operations WHERE account_id = ? AND state IN ('queued', 'running')"
        " AND kind = 'send'",
        account_id,
    )
    return int(record[0]) if record is not None and record[0] is not None else None


async def prune(tx: Tx, before: int) -> None:
    """Forget operations that are done or cancelled, and actions without any, older than a moment."""
    await tx.execute("DELETE FROM operations WHERE state IN ('done', 'cancelled') AND created < ?", (before,))
    await tx.execute(
        "DELETE FROM actions WHERE created < ? AND NOT EXISTS (SELECT 1 FROM operations WHERE action_id = actions.id)",
        (before,),
    )
