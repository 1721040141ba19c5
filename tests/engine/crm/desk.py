"""A real CRM database in a file, with its writers and a reader."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui.engine.crm.activities import Activities, Notes
from tui.engine.crm.db import CrmDb
from tui.engine.crm.deals import Deals
from tui.engine.crm.organizations import Organizations
from tui.engine.crm.people import People
from tui.engine.crm.pipelines import Pipelines
from tui.engine.crm.publish import Publisher
from tui.engine.crm.reader import CrmReader


@dataclass
class Crm:
    path: Path
    db: CrmDb
    people: People
    organizations: Organizations
    deals: Deals
    pipelines: Pipelines
    activities: Activities
    notes: Notes
    publisher: Publisher
    reader: CrmReader

    async def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything in the database, for comparing before and after."""
        tables = await self.db.fetch("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        # The history grows with an undo as with any other change, and so do the notes for a journal that isn't here.
        return {
            name: sorted(await self.db.fetch(f"SELECT * FROM {name}"), key=repr)
            for (name,) in tables
            if name not in ("history", "meta")
        }
