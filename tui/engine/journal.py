"""The journal: commands are applied and written down in one transaction, undone, cancelled, retried.

Every operation ends as done, refused (the server's words, backed out), failed (a person must decide) or cancelled.
Network faults never use up tries; whatever was running when the process died is looked up before it is repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui.engine import events
from tui.engine.bus import EventBus
from tui.engine.commands import Applied, Command, Desk, from_json
from tui.engine.commands.base import NewOperation, Restored, can_restore, restore, to_json
from tui.engine.commands.crm import recovered
from tui.engine.commands.operations import apply_again, back_out, inverse, unsend
from tui.engine.crm.unjournalled import Unjournalled
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import OperationState
from tui.engine.store import messages, operations, placements
from tui.engine.store.db import Tx
from tui.engine.store.operations import Action, Entry

FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
"""Seconds between tries after transient faults, doubling, with jitter."""
BEFORE_REDO = "before_redo"
"""In an action's ``before``: its last operation from before it was done again."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a command: its action (for undo), its operations, and a title for the notice."""

    action_id: int
    operations: tuple[int, ...]
    title: str
    added: frozenset[int] = frozenset()


class Journal:
    """The durable ordered queue.

    Args:
        desk: what commands work on.
        bus: where changes are told.
        wake: called with an account id when there is work for its task.
    """

    def __init__(self, desk: Desk, bus: EventBus, wake: Callable[[int], None]) -> None:
        self._desk = desk
        self._bus = bus
        self.wake = wake

    async def do(self, command: Command) -> Done:
        """Apply a command and queue its server work, all in one transaction.

        Raises:
            InvalidInput, NotFound: it can't be done; nothing was changed.
        """
        async with self._desk.mailbox.write() as tx:
            applied = await command.apply(tx, self._desk)
            done = await self._write_down(tx, applied, to_json(command))
        await self._desk.crm.journalled([applied.token])
        self._tell(applied, done.operations)
        return done

    async def record(self, applied: Applied) -> Done:
        """Write down a change that was already made (a CRM form, an import), so that it can be undone."""
        async with self._desk.mailbox.write() as tx:
            # Another process that was started between the two commits has taken it for what a crash left.
            known = await operations.journalled(tx, applied.token)
            if known is not None:
                done = Done(known, (), applied.title)
            else:
                done = await self._write_down(tx, applied, {})
        await self._desk.crm.journalled([applied.token])
        self._tell(applied, done.operations)
        return done

    async def recover(self, *, everything: bool = True) -> None:
        """Write down what the CRM has committed and the journal has not: a crash, or a cancellation, came between.

        Args:
            everything: False for what was taken back alone; a change that was made may be about to be written down.
        """
        if not await self._unjournalled(everything):
            return
        async with self._desk.mailbox.write() as tx:
            # Asked again: who is between the two commits of a command holds this transaction.
            changes = await self._unjournalled(everything)
            for change in changes:
                if await operations.journalled(tx, change.token) is not None:
                    continue
                action = await operations.action(tx, change.reverts) if change.reverts else None
                if action is not None and action.undone is None:
                    await self._take_back(tx, action, change)
                elif not change.reverts:
                    await self._write_down(tx, await recovered(tx, change), {})
        await self._desk.crm.journalled([change.token for change in changes])

    async def _unjournalled(self, everything: bool) -> list[Unjournalled]:
        return [change for change in await self._desk.crm.unjournalled() if everything or change.reverts]

    async def undo(self) -> str | None:
        """Take back the last action: what is queued is cancelled, what is done is done backwards.

        Returns:
            What was undone, or None when there is nothing left.

        Raises:
            InvalidInput: the last action can't be taken back (a message that was sent).
        """
        await self.recover(everything=False)
        async with self._desk.mailbox.write() as tx:
            action = await self._last(tx)
            if action is None:
                return None
            left = len(_left(await _in_force(tx, action)))
            restored, added, kept = await self._take_back(tx, action)
        await self._desk.crm.journalled([restored.token])
        self._changed(restored.messages, added)
        for draft in kept:
            self._tell(*draft)
        return f"{action.title}, but {left} had left already" if left else action.title

    async def redo(self) -> str | None:
        """Do again what was undone last; returns what it was, or None when there is nothing.

        Raises:
            InvalidInput: it was entered in a form or came from a file, and is not kept for that.
        """
        await self.recover(everything=False)
        async with self._desk.mailbox.write() as tx:
            action = await operations.last_action(tx, undone=True)
            command = from_json(action.command) if action is not None else None
            if action is None:
                return None
            if command is None:
                raise InvalidInput(f'"{action.title}" came from a form or a file; enter it again, it is not kept here.')
            earlier = await operations.of_action(tx, action.id)
            applied = await command.apply(tx, self._desk)
            numbers = tuple([await _queue(tx, action.id, new) for new in applied.operations])
            await operations.set_undone(tx, action.id, False, applied.token)
            before = {**applied.before, BEFORE_REDO: max((entry.id for entry in earlier), default=0)}
            await operations.set_before(tx, action.id, before)
        await self._desk.crm.journalled([applied.token])
        self._tell(applied, numbers)
        return action.title

    async def retry(self, operation_id: int) -> None:
        """Queue a refused or failed operation again, at once; what it does here is done again too."""
        async with self._desk.mailbox.write() as tx:
            entry = await self._entry(tx, operation_id)
            if entry.state in (OperationState.REFUSED, OperationState.FAILED):
                await apply_again(tx, entry)
                if entry.progress:
                    await operations.set_progress(tx, entry.id, {})
            elif entry.state is not OperationState.QUEUED:
                raise InvalidInput(f"Operation {operation_id} is {entry.state.value}; there is nothing to retry.")
            await operations.set_state(tx, [entry.id], OperationState.QUEUED)
        self._operation_changed(entry)
        self.wake(entry.account_id)

    async def cancel(self, operation_id: int) -> None:
        """Cancel an operation that has not begun, and put its message back; one that wasn't sent is a draft again."""
        kept = None
        async with self._desk.mailbox.write() as tx:
            entry = await self._entry(tx, operation_id)
            if entry.state is OperationState.RUNNING or entry.state in (OperationState.DONE, OperationState.CANCELLED):
                raise InvalidInput(f"Operation {operation_id} is {entry.state.value} and can't be cancelled any more.")
            if entry.kind == "send" and entry.state is not OperationState.FAILED:
                kept = await self._unsend(tx, entry)
            elif entry.state is OperationState.QUEUED:
                await back_out(tx, entry)
            await operations.set_state(tx, [entry.id], OperationState.CANCELLED)
            await _follow_flags(tx, [entry])
        self._operation_changed(entry)
        if kept is not None:
            self._tell(*kept)

    async def keep_local(self, operation_id: int) -> None:
        """Do a refused operation here alone (R35)."""
        async with self._desk.mailbox.write() as tx:
            entry = await self._entry(tx, operation_id)
            if entry.state is not OperationState.REFUSED:
                raise InvalidInput(f"Operation {operation_id} is {entry.state.value}; only a refused one can be kept.")
            await apply_again(tx, entry)
            await operations.set_state(tx, [entry.id], OperationState.CANCELLED, error="kept here only")
        self._operation_changed(entry)

    async def finish(self, tx: Tx, entries: Sequence[Entry], note: str = "") -> None:
        """Mark operations done, in the transaction that stores what they did."""
        await operations.set_state(tx, [e.id for e in entries], OperationState.DONE, error=note, attempted=True)
        await _follow_flags(tx, entries)

    async def postpone(self, entries: Sequence[Entry], reason: str) -> float:
        """Queue operations again after a transient fault; returns the seconds until the next try."""
        attempts = max(entry.attempts for entry in entries)
        wait: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts, 10)) * random.uniform(0.8, 1.2)
        async with self._desk.mailbox.write() as tx:
            entries = await operations.still_open(tx, entries)
            await operations.set_state(
                tx,
                [entry.id for entry in entries],
                OperationState.QUEUED,
                error=reason,
                next_try=messages.now() + int(wait),
                attempted=True,
            )
        for entry in entries:
            self._operation_changed(entry)
        return wait

    async def refuse(self, entries: Sequence[Entry], words: str) -> int:
        """End those operations that are still open as refused, in the server's words, and back them out (R35).

        Returns:
            How many they were.
        """
        async with self._desk.mailbox.write() as tx:
            entries = await operations.still_open(tx, entries)
            for entry in entries:
                await back_out(tx, entry)
            await operations.set_state(tx, [e.id for e in entries], OperationState.REFUSED, error=words, attempted=True)
            await _follow_flags(tx, entries)
        for entry in entries:
            self._operation_changed(entry)
            self._bus.publish(events.OperationRefused(entry.id, words))
        return len(entries)

    async def fail(self, entry: Entry, words: str) -> None:
        """End an operation whose outcome only a person can settle."""
        async with self._desk.mailbox.write() as tx:
            await operations.set_state(tx, [entry.id], OperationState.FAILED, error=words, attempted=True)
        self._operation_changed(entry)
        self._bus.publish(events.OperationRefused(entry.id, words))

    def told(self, entries: Sequence[Entry]) -> None:
        """Publish that operations and their messages changed."""
        for entry in entries:
            self._operation_changed(entry)

    async def _write_down(self, tx: Tx, applied: Applied, command: dict[str, object]) -> Done:
        action_id = await operations.add_action(tx, applied.title, command, applied.before, applied.token)
        numbers = [await _queue(tx, action_id, new) for new in applied.operations]
        return Done(action_id, tuple(numbers), applied.title, applied.added)

    async def _last(self, tx: Tx) -> Action | None:
        """Return the last action of which something is left to be taken back; those before it are forgotten."""
        while (action := await operations.last_action(tx, undone=False)) is not None:
            if await can_restore(tx, action.before):
                return action
            await operations.set_before(tx, action.id, {})
        return None

    async def _take_back(
        self, tx: Tx, action: Action, reverted: Unjournalled | None = None
    ) -> tuple[Restored, list[NewlyQueued], list[tuple[Applied, list[int]]]]:
        """Return what changed, the operations that undo what is done, and the drafts that came back.

        Args:
            reverted: what was taken back in the CRM already, before a crash.
        """
        entries = await _in_force(tx, action)
        left = _left(entries)
        if left and not any(e.kind == "send" and e.state is OperationState.QUEUED for e in entries):
            raise InvalidInput("The message has left already; it can't be taken back.")
        if any(
            e.kind == "delete" and e.state is OperationState.RUNNING and "copy_in" not in e.payload for e in entries
        ):
            raise InvalidInput("The server is deleting it at this moment; it can't be taken back.")
        restored = await restore(tx, self._desk, _without(action.before, left), action.id, reverted)
        changed = set(restored.messages)
        queued: list[NewlyQueued] = []
        drafts: list[tuple[Applied, list[int]]] = []
        for entry in entries:
            if entry.message_id is not None:
                changed.add(entry.message_id)
            if entry.state is OperationState.QUEUED:
                draft = await self._unsend(tx, entry) if entry.kind == "send" else None
                drafts += [draft] if draft is not None else []
                await operations.set_state(tx, [entry.id], OperationState.CANCELLED)
            elif entry.state in (OperationState.DONE, OperationState.RUNNING):
                back = inverse(entry)
                if back is not None:
                    queued.append(NewlyQueued(back.account_id, await _queue(tx, action.id, back)))
        await _follow_flags(tx, entries)
        await operations.set_undone(tx, action.id, True, restored.token)
        return replace(restored, messages=frozenset(changed)), queued, drafts

    async def _unsend(self, tx: Tx, entry: Entry) -> tuple[Applied, list[int]] | None:
        """Make a message that will not be sent a draft again; return that with its operations."""
        kept = await unsend(tx, self._desk, entry)
        action = await operations.action(tx, entry.action_id)
        rest = _without(action.before, {entry.message_id}) if action is not None else {}
        await operations.set_before(tx, entry.action_id, rest if rest.get("messages") else {})
        if kept is None:
            return None
        done = await self._write_down(tx, kept, {})
        return kept, list(done.operations)

    async def _entry(self, tx: Tx, operation_id: int) -> Entry:
        entry = await operations.get(tx, operation_id)
        if entry is None:
            raise NotFound("operation", operation_id)
        return entry

    def _tell(self, applied: Applied, numbers: Sequence[int]) -> None:
        told: list[events.Event] = []
        if applied.messages:
            told.append(events.MessagesChanged(applied.messages))
        if applied.added:
            told.append(events.MessagesAdded(applied.added))
        if applied.deals:
            told.append(events.DealsChanged(applied.deals))
        if applied.persons:
            told.append(events.PersonsChanged(applied.persons))
        if applied.folders:
            told.append(events.FoldersChanged(applied.folders))
        if numbers:
            told.append(events.OperationsChanged(frozenset(numbers)))
        self._bus.publish(*told)
        for account_id in {new.account_id for new in applied.operations}:
            self.wake(account_id)

    def _changed(self, changed: frozenset[int], queued: Sequence[NewlyQueued]) -> None:
        self._bus.publish(
            events.MessagesChanged(changed),
            events.OperationsChanged(frozenset(new.operation_id for new in queued)),
            events.DealsChanged(frozenset()),
            events.FoldersChanged(frozenset()),
        )
        for account_id in {new.account_id for new in queued}:
            self.wake(account_id)

    def _operation_changed(self, entry: Entry) -> None:
        self._bus.publish(events.OperationsChanged(frozenset({entry.id})))
        if entry.message_id is not None:
            self._bus.publish(events.MessagesChanged(frozenset({entry.message_id})))


async def _in_force(tx: Tx, action: Action) -> list[Entry]:
    """Return the operations of an action that stand: what was taken back and done again has new ones."""
    every = await operations.of_action(tx, action.id)
    return [entry for entry in every if entry.id > action.before.get(BEFORE_REDO, 0)]


def _left(entries: Sequence[Entry]) -> set[int | None]:
    """Return the messages of an action that have left, or are leaving at this moment."""
    here = (OperationState.QUEUED, OperationState.CANCELLED)
    return {e.message_id for e in entries if e.kind == "send" and e.state not in here}


def _without(before: dict[str, Any], left: set[int | None]) -> dict[str, Any]:
    """Return what it takes to take an action back but for these messages."""
    if not left:
        return before
    return {**before, "messages": [row for row in before.get("messages", []) if row[0] not in left]}


@dataclass(frozen=True, slots=True)
class NewlyQueued:
    """An operation that an undo queued."""

    account_id: int
    operation_id: int


async def _follow_flags(tx: Tx, entries: Sequence[Entry]) -> None:
    """Take over what the server told of flags while changes of ours were pending, once none is (R38)."""
    ids = [entry.message_id for entry in entries if entry.kind == "flag" and entry.message_id is not None]
    if ids:
        await messages.follow_flags(tx, await placements.alone(tx, ids))


async def _queue(tx: Tx, action_id: int, new: NewOperation) -> int:
    return await operations.add(tx, action_id, new.account_id, new.kind, new.message_id, new.payload, new.next_try)
