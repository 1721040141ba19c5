"""What a person does with deals from the mailbox: the next stage, won, lost, open again."""

from __future__ import annotations

from dataclasses import dataclass

from tui.engine.commands.base import Applied, Desk
from tui.engine.crm import undo
from tui.engine.crm.db import Changed
from tui.engine.errors import InvalidInput
from tui.engine.store.db import Tx


def applied(changed: Changed) -> Applied:
    """Return a change of the CRM as an applied command, so that it is journalled and undone like any other."""
    return Applied(changed.title, {"crm": undo.dump(changed.undo)}, deals=changed.deals, persons=changed.persons)


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
