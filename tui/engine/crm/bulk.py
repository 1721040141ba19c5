"""Many rows at once: added with a few statements, and taken away again in one piece (the undo of an import).

Only one transaction writes at a time, so what it adds to a table has consecutive ids. Should that ever not hold, the
digest differs and the undo refuses; it never takes away what it did not add.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.engine.crm.rows import CHUNK, Row, chunks, marks
from tui.engine.crm.undo import Noted, RowChange, RowsAdded, digest, primary_key
from tui.engine.errors import InvalidInput

if TYPE_CHECKING:
    from tui.engine.crm.db import Transaction

OWN = ("tags", "fields")
"""What rows of people, organizations and deals have in tables of their own."""
_PARENTS_FIRST = (
    *("fields", "organizations", "organization_emails", "tags", "organization_tags", "organization_fields"),
    *("persons", "person_emails", "person_phones", "person_tags", "person_fields"),
    *("pipelines", "stages", "deals", "deal_persons", "deal_tags", "deal_fields", "deal_events", "notes", "activities"),
)
_OF_PARENT = {
    **{f"{noun}_{what}": (f"{noun}_id", f"{noun}s") for noun in ("person", "organization", "deal") for what in OWN},
    "deal_persons": ("deal_id", "deals"),
}
"""Tables without an id of their own: the rows of the parents that were added were added with them."""
MAIL_LINKS = {"persons": ("mail_persons", "person_id"), "deals": ("mail_deals", "deal_id")}
"""Who goes takes along the links that rules made; the mailbox drops its half (``commands.base.restore``)."""
BY_RULE = "origin IN ('auto', 'thread')"


class Bulk:
    """Adds rows inside a transaction and knows how to take them away.

    Args:
        tx: the transaction; what it updates and deletes one by one is noted there as ever.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._added: dict[str, tuple[int, int]] = {}

    async def add(self, table: str, rows: Sequence[Mapping[str, object]]) -> list[int]:
        """Add rows of one shape; return their ids in order, nothing for a table without ids."""
        if not rows:
            return []
        names = list(rows[0])
        one = f"({marks(names)})"
        returned = " RETURNING id" if primary_key(table) == ("id",) else ""
        ids: list[int] = []
        for chunk in chunks(rows):
            sql = f"INSERT INTO {table} ({','.join(names)}) VALUES {','.join([one] * len(chunk))}{returned}"
            found = await self._tx.execute(sql, [row[name] for row in chunk for name in names])
            # Ids are given in the order of the rows, but may be returned in any.
            ids += sorted(row[0] for row in found)
        if ids:
            self._added[table] = (self._added.get(table, (ids[0], 0))[0], ids[-1])
        return ids

    def is_new(self, table: str, id: int) -> bool:
        """Return whether the row was added here."""
        return table in self._added and id >= self._added[table][0]

    async def undo(self) -> tuple[Noted, ...]:
        """Return what takes back all that the transaction did."""
        ranges = [(table, "id", *self._added[table]) for table in _PARENTS_FIRST if table in self._added]
        for table, (column, parent) in _OF_PARENT.items():
            if parent in self._added:
                ranges.append((table, column, *self._added[parent]))
        ranges.sort(key=lambda one: _PARENTS_FIRST.index(one[0]))
        added = [RowsAdded(*one, await _digest(self._tx, *one)) for one in ranges]
        self._tx.spans += [(table, first, last, "imported") for table, (first, last) in self._added.items()]
        self._tx.changes = [one for one in self._tx.changes if not self._went_along(one)]
        return (*added, *self._tx.changes)

    def _went_along(self, change: RowChange) -> bool:
        row = change.after or change.before or {}
        column, parent = _OF_PARENT.get(change.table, ("id", change.table))
        id = row.get(column)
        return isinstance(id, int) and self.is_new(parent, id)


async def take_away(tx: Transaction, added: RowsAdded) -> None:
    """Take rows away that were added at once.

    Raises:
        InvalidInput: some of them were changed since; nothing of the transaction may then be kept.
    """
    place = (added.table, added.column, added.first, added.last)
    if await _digest(tx, *place) != added.digest:
        raise InvalidInput(f"It can't be undone: some of the {added.table} that came with it were changed since.")
    span = "BETWEEN ? AND ?"
    if added.table in MAIL_LINKS:
        table, column = MAIL_LINKS[added.table]
        await tx.execute(f"DELETE FROM {table} WHERE {BY_RULE} AND {column} {span}", (added.first, added.last))
    await tx.execute(f"DELETE FROM {added.table} WHERE {added.column} {span}", (added.first, added.last))
    tx.spans.append((added.table, added.first, added.last, "removed"))


async def _digest(tx: Transaction, table: str, column: str, first: int, last: int) -> str:
    rows: list[Row] = []
    order = ",".join(primary_key(table))
    for low, high in _spans(first, last):
        sql = f"SELECT * FROM {table} WHERE {column} BETWEEN ? AND ? ORDER BY {order}"
        rows.append((digest(await tx.execute(sql, (low, high))),))
    return digest(rows)


def _spans(first: int, last: int) -> Iterator[tuple[int, int]]:
    for low in range(first, last + 1, 10 * CHUNK):
        yield low, min(last, low + 10 * CHUNK - 1)
