"""What a person answers where the server and this workspace disagree: follow it, push mine, leave it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui.engine.commands.base import Applied, Desk, NewOperation, count, snapshot
from tui.engine.errors import InvalidInput
from tui.engine.model.divergence import Difference
from tui.engine.store import divergence, messages
from tui.engine.store.db import Tx
from tui.engine.store.divergence import Disagreement


@dataclass(frozen=True, slots=True)
class FollowServer:
    """Take over what the server has: its folder, its flags, or that the message is gone; a deal keeps its copy (R37).

    What was deleted here alone is shown again. Nothing is asked of the server.
    """

    ids: Sequence[int]

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Change place, flags or visibility here."""
        _, before = await snapshot(tx, self.ids)
        found = await _differing(tx, self.ids)
        flags = [one for one in found if one.difference is Difference.FLAGS]
        before["flags"] = [[one.id, sorted(one.theirs - one.ours), sorted(one.ours - one.theirs)] for one in flags]
        for one in found:
            if one.difference in (Difference.GONE, Difference.UNFILED):
                await messages.set_gone(tx, [one.id], True)
            elif one.difference is Difference.FLAGS:
                await messages.set_flags(tx, [one.id], one.theirs - one.ours, one.ours - one.theirs)
            elif one.there is not None:
                await messages.set_gone(tx, [one.id], False)
                await messages.move_local(tx, [one.id], one.there)
        return await _applied(tx, f"Followed the server with {count(len(found))}", before, found)


@dataclass(frozen=True, slots=True)
class PushMine:
    """Have the server become what is here: put back, moved back, flagged or deleted as it is here.

    A message that the server lost is appended once more, or moved back where another folder turns out to have it.
    """

    ids: Sequence[int]

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Queue the server's work; here nothing changes."""
        _, before = await snapshot(tx, self.ids)
        found = await _differing(tx, self.ids)
        operations = [_operation(one) for one in found]
        return await _applied(tx, f"Pushed {count(len(found))} to the server", before, found, operations)


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """Leave both sides as they are; it is asked about again only when the server's state changes."""

    ids: Sequence[int]

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Remember the server's present state as the one that was decided about."""
        found = await _differing(tx, self.ids)
        before: dict[str, Any] = {"left_alone": await divergence.leave(tx, found)}
        return await _applied(tx, f"Left {count(len(found))} as they are", before, found)


async def _differing(tx: Tx, ids: Sequence[int]) -> list[Disagreement]:
    found = await divergence.of_messages(tx, ids)
    same = sorted(set(ids) - {one.id for one in found})
    if same or not found:
        which = f"Message {same[0]}" if same else "No message was named or it"
        raise InvalidInput(f"{which} does not differ from its server, or a change of it is on its way already.")
    return found


def _operation(one: Disagreement) -> NewOperation:
    if one.difference in (Difference.GONE, Difference.UNFILED):
        if not one.whole:
            raise InvalidInput(f"The text of message {one.id} never came, so it can't be put back; follow or leave it.")
        return NewOperation(one.account_id, "restore", one.id, {"to": one.folder_id})
    if one.difference is Difference.FLAGS:
        payload = {"add": sorted(one.ours - one.theirs), "remove": sorted(one.theirs - one.ours)}
        return NewOperation(one.account_id, "flag", one.id, payload)
    if one.difference is Difference.MOVED:
        return NewOperation(one.account_id, "move", one.id, {"from": one.there, "to": one.folder_id})
    return NewOperation(one.account_id, "delete", one.id, {"from": one.there})


async def _applied(
    tx: Tx,
    title: str,
    before: dict[str, Any],
    found: Sequence[Disagreement],
    operations: Sequence[NewOperation] = (),
) -> Applied:
    ids = [one.id for one in found]
    await divergence.answered(tx, ids)
    touched = frozenset(number for one in found for number in (one.folder_id, one.there) if number is not None)
    return Applied(title, before, operations, frozenset(ids), folders=touched)
