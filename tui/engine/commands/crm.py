"""What a person does with deals and people that concerns their mail: the next stage, won, lost, open again, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui.engine.commands.base import Applied, Desk, link_snapshot
from tui.engine.crm import undo
from tui.engine.crm.db import Changed
from tui.engine.crm.unjournalled import Unjournalled
from tui.engine.errors import InvalidInput
from tui.engine.store import links
from tui.engine.store.db import Tx


def applied(changed: Changed | Unjournalled) -> Applied:
    """Return a change of the CRM as an applied command, so that it is journalled and undone like any other."""
    before = {"crm": undo.dump(changed.undo)}
    return Applied(changed.title, before, deals=changed.deals, persons=changed.persons, token=changed.token)


async def recovered(tx: Tx, change: Unjournalled) -> Applied:
    """Return a change that a crash kept from the journal as an applied command, with what it does to the mailbox."""
    return await _with_links(tx, change, change.deleted("persons"), change.deleted("deals"))


@dataclass(frozen=True, slots=True)
class MoveDeal:
    """Move a deal to a stage of its pipeline."""

    deal_id: int
    stage_id: int

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Change the stage; the deal's history keeps the old one."""
        return applied(await desk.deals.move(self.deal_id, self.stage_id))


@dataclass(frozen=True, slots=True)
class CloseDeal:
    """Close a deal as ``won`` or ``lost``; its links stay, new mail is not linked to it (R21)."""

    deal_id: int
    status: str
    reason: str = ""

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Set the status and the reason."""
        if self.status == "won":
            return applied(await desk.deals.won(self.deal_id))
        if self.status == "lost":
            return applied(await desk.deals.lost(self.deal_id, self.reason))
        raise InvalidInput(f'A deal is closed as won or lost, not as "{self.status}".')


@dataclass(frozen=True, slots=True)
class ReopenDeal:
    """Open a closed deal again; nothing is linked retroactively (R19)."""

    deal_id: int

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Set the status back to open."""
        return applied(await desk.deals.reopen(self.deal_id))


@dataclass(frozen=True, slots=True)
class DeleteDeal:
    """Delete a deal with its links; its messages stay in the mailbox (RULES.md, Details)."""

    deal_id: int

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Delete the deal and drop its links; both come back together."""
        return await _with_links(tx, await desk.deals.delete(self.deal_id), (), [self.deal_id])


@dataclass(frozen=True, slots=True)
class DeletePerson:
    """Delete a person with their links; deals stay, and messages stay in the mailbox and in the deals they are in."""

    person_id: int

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Delete the person and drop their links; both come back together."""
        return await _with_links(tx, await desk.people.delete(self.person_id), [self.person_id], ())


async def _with_links(tx: Tx, changed: Changed | Unjournalled, persons: Sequence[int], deals: Sequence[int]) -> Applied:
    """Drop the links to what was deleted, so that a message whose last one it was leaves the CRM."""
    told = applied(changed)
    messages = await links.linked_to(tx, persons, deals)
    before = {**told.before, **await link_snapshot(tx, messages)} if messages else told.before
    await links.drop(tx, messages, persons, deals)
    return replace(told, before=before, messages=frozenset(messages))
