"""Changes of the CRM that the journal has yet to write down, noted in the very transaction that makes them.

The journal is in another database. A crash between the two commits leaves the note, by which the next start writes
the change down, so that undo knows it (``Journal.recover``).
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.engine.crm import undo
from tui.engine.crm.rows import Query
from tui.engine.crm.undo import Noted, RowChange

if TYPE_CHECKING:
    from tui.engine.crm.db import Changed, Transaction

_NOTE = "unjournalled "
"""What the names of notes begin with in the table ``meta``."""


@dataclass(frozen=True, slots=True)
class Unjournalled:
    """One noted change.

    Args:
        token: names it, in the journal too; those of later changes sort behind it.
        reverts: the action of the journal that it takes back, 0 for none.
    """

    token: str
    title: str
    undo: tuple[Noted, ...]
    persons: frozenset[int]
    deals: frozenset[int]
    reverts: int

    def deleted(self, table: str) -> list[int]:
        """Return the ids of the rows of a table that the change deleted; a merged person lives on in another."""
        rows = [one for one in self.undo if isinstance(one, RowChange) and one.table == table]
        return [
            one.after["id"]  # type: ignore[misc]
            for one in rows
            if one.before is not None
            and one.after is not None
            and one.before["deleted_at"] is None
            and one.after["deleted_at"] is not None
            and one.after.get("merged_into") is None
        ]


def token() -> str:
    """Return a new token."""
    return f"{time.time_ns():020}-{uuid.uuid4().hex[:12]}"


async def note(tx: Transaction, changed: Changed, reverts: int) -> None:
    """Note what a transaction changed, as a part of it."""
    value = [changed.title, undo.dump(changed.undo), sorted(changed.persons), sorted(changed.deals), reverts]
    await tx.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (_NOTE + changed.token, json.dumps(value)))


async def forget(tx: Transaction, tokens: list[str]) -> None:
    """Drop the notes of changes that the journal knows."""
    for one in tokens:
        await tx.execute("DELETE FROM meta WHERE name = ?", (_NOTE + one,))


def notes() -> Query[list[Unjournalled]]:
    """Return what is noted, oldest first."""
    found = yield "SELECT name, value FROM meta WHERE name LIKE ? ORDER BY name", (_NOTE + "%",)
    result = []
    for name, value in found:
        title, changes, persons, deals, reverts = json.loads(value)
        token_ = name.removeprefix(_NOTE)
        result.append(Unjournalled(token_, title, undo.load(changes), frozenset(persons), frozenset(deals), reverts))
    return result
