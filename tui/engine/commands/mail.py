"""What a person does with messages: move, copy, archive, delete, flag (R32 to R38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui.engine.commands.base import Applied, Desk, NewOperation, count, link_snapshot, snapshot
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Role
from tui.engine.store import folders, links, messages
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import FLAGS
from tui.engine.store.messages import Stored

_WANTED_NAMES = {Role.ARCHIVE: "Archive", Role.TRASH: "Trash", Role.SENT: "Sent", Role.DRAFTS: "Drafts"}


async def role_folder(tx: Tx, account_id: int, role: Role) -> FolderState:
    """Return the account's folder for a role; one that the server lacks is made here and there when first used."""
    found = await folders.by_role(tx, account_id, role)
    if found is None:
        number = await folders.add_local(tx, account_id, _WANTED_NAMES[role], role)
        found = await folders.get(tx, number)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Move:
    """Move messages to a folder, here at once, then on the server (R32)."""

    ids: Sequence[int]
    folder_id: int

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Put the messages into the folder and queue the server's moves."""
        found, before = await snapshot(tx, self.ids)
        target = await _target(tx, self.folder_id, found)
        moved = await _move(tx, found, target)
        return _applied(f"Moved {count(len(self.ids))} to {target.name}", before, found, moved)


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy messages to a folder on the server; here a message stays one message with another placement (R7)."""

    ids: Sequence[int]
    folder_id: int

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Queue the server's copies."""
        found, _ = await snapshot(tx, self.ids)
        target = await _target(tx, self.folder_id, found)
        copies = [_operation(message, "copy", {"to": target.id}) for message in found if message.account_id]
        before = {"copied": [message.id for message in found]}
        return _applied(f"Copied {count(len(found))} to {target.name}", before, found, copies)


@dataclass(frozen=True, slots=True)
class Archive:
    """Move messages to the archive folder of their account."""

    ids: Sequence[int]

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Put the messages into the archive and queue the server's moves."""
        found, before = await snapshot(tx, self.ids)
        moved = await _to_role(tx, found, Role.ARCHIVE)
        return _applied(f"Archived {count(len(found))}", before, found, moved)


@dataclass(frozen=True, slots=True)
class Delete:
    """Move messages to Trash; what lies in Trash already is deleted for ever (R33).

    The copy that is looked at is meant, in the account and folder in which the message is shown. What another account
    holds of it stays there, and is shown there once nothing of it is left here (R7).

    Args:
        everywhere: also take them out of the timelines of their deals (R37, the second choice).
    """

    ids: Sequence[int]
    everywhere: bool = False

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Put the messages into Trash and queue the server's moves and deletions."""
        found, before = await snapshot(tx, self.ids)
        if self.everywhere:
            before |= await _unlink_all(tx, found)
        in_trash = [message for message in found if message.role is Role.TRASH]
        operations = await _to_role(tx, [m for m in found if m.role is not Role.TRASH], Role.TRASH)
        operations += await _expunge(tx, in_trash)
        return _applied(f"Deleted {count(len(found))}", before, found, operations)


@dataclass(frozen=True, slots=True)
class DeleteForever:
    """Delete messages here and exactly their copies on the server (R33); a deal's timeline keeps its copy (R37)."""

    ids: Sequence[int]
    everywhere: bool = False

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Hide the messages and queue the server's deletions; they go for good when those are done."""
        found, before = await snapshot(tx, self.ids)
        if self.everywhere:
            before |= await _unlink_all(tx, found)
        operations = await _expunge(tx, found)
        return _applied(f"Deleted {count(len(found))} for ever", before, found, operations)


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Set and clear flags: seen, flagged, answered, forwarded (R38).

    Args:
        undoable: False for what follows from something else (reading a message marks it as seen): ``u`` passes it by.
    """

    ids: Sequence[int]
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    undoable: bool = True

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Change the flags here and queue the server's changes."""
        add, remove = frozenset(self.add), frozenset(self.remove)
        unknown = (add | remove) - set(FLAGS)
        if unknown or add & remove or not add | remove:
            wrong = ", ".join(sorted(unknown or add & remove)) or "none"
            raise InvalidInput(f"The flags {wrong} can't be set; use +name or -name with one of {', '.join(FLAGS)}.")
        found, _ = await snapshot(tx, self.ids)
        await messages.set_flags(tx, self.ids, add, remove)
        changes = [(m, sorted(add - m.flags), sorted(remove & m.flags)) for m in found]
        operations = [
            _operation(m, "flag", {"add": added, "remove": removed})
            for m, added, removed in changes
            if m.account_id is not None and (added or removed)
        ]
        before = {"flags": [[m.id, added, removed] for m, added, removed in changes]}
        return _applied(_flags_title(add, remove, len(found)), before if self.undoable else {}, found, operations)


def _flags_title(add: frozenset[str], remove: frozenset[str], number: int) -> str:
    words = " ".join([*(f"+{name}" for name in sorted(add)), *(f"-{name}" for name in sorted(remove))])
    plain = {"+seen": "read", "-seen": "unread", "+flagged": "flagged", "-flagged": "not flagged"}
    return f"Marked {count(number)} {plain.get(words, words)}"


def _operation(message: Stored, kind: str, payload: dict[str, Any]) -> NewOperation:
    assert message.account_id is not None
    return NewOperation(message.account_id, kind, message.id, payload)


def _applied(
    title: str, before: dict[str, Any], found: Sequence[Stored], operations: Sequence[NewOperation]
) -> Applied:
    touched = frozenset(m.folder_id for m in found if m.folder_id is not None)
    touched |= {op.payload["to"] for op in operations if "to" in op.payload}
    return Applied(title, before, operations, frozenset(m.id for m in found), folders=touched)


async def _target(tx: Tx, folder_id: int, found: Sequence[Stored]) -> FolderState:
    target = await folders.get(tx, folder_id)
    if target is None:
        raise NotFound("folder", folder_id)
    if not target.selectable:
        raise InvalidInput(f'The folder "{target.name}" can\'t hold messages; choose one inside it.')
    for message in found:
        if message.account_id != target.account_id:
            raise InvalidInput(
                f'Message {message.id} belongs to another account than the folder "{target.name}";'
                " choose a folder of its own account."
            )
    return target


async def _move(tx: Tx, found: Sequence[Stored], target: FolderState) -> list[NewOperation]:
    there = [message for message in found if message.folder_id != target.id]
    await messages.move_local(tx, [message.id for message in there], target.id)
    return [_operation(message, "move", {"from": message.folder_id, "to": target.id}) for message in there]


async def _to_role(tx: Tx, found: Sequence[Stored], role: Role) -> list[NewOperation]:
    operations: list[NewOperation] = []
    for account_id in sorted({m.account_id for m in found if m.account_id is not None}):
        target = await role_folder(tx, account_id, role)
        operations += await _move(tx, [m for m in found if m.account_id == account_id], target)
    return operations


async def _expunge(tx: Tx, found: Sequence[Stored]) -> list[NewOperation]:
    if not found:
        return []
    await messages.set_gone(tx, [message.id for message in found], True)
    return [
        _operation(message, "delete", {"from": message.folder_id})
        for message in found
        if message.account_id is not None
    ]


async def _unlink_all(tx: Tx, found: Sequence[Stored]) -> dict[str, Any]:
    ids = [message.id for message in found]
    kept = await link_snapshot(tx, ids)
    await links.remove(tx, ids, (), ())
    await links.refresh(tx, ids)
    return kept
