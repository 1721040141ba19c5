"""Imports: a file's records into the CRM, in one transaction and as one action that can be undone.

What is here is never overwritten: a record that is known fills what is empty and adds addresses, phones and tags. One
record's error leaves the others alone. Importing the same file again changes nothing. No mail is linked (R19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Protocol

from tui.engine.crm.bulk import Bulk
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.names import valid_name
from tui.engine.crm.records import Record
from tui.engine.crm.rows import CHUNK, fold, marks
from tui.engine.errors import InvalidInput
from tui.engine.model import ImportReport, RowError
from tui.engine.text import clean, line

MOST_TOLD = 10_000
"""Errors and differences that a report lists."""


@dataclass(slots=True)
class Tally:
    """What has happened so far."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)
    kept: list[RowError] = field(default_factory=list)
    sheet: str = ""
    """Which of several sheets the rows are of, for errors; "" where there is one alone."""

    def error(self, number: int, why: str) -> None:
        """Note why a record was left out."""
        if len(self.errors) < MOST_TOLD:
            self.errors.append(RowError(number, line(f"{self.sheet}: {why}" if self.sheet else why, 500)))

    def differs(self, number: int, what: str, here: str, there: str) -> None:
        """Note that a record says something else than what is here, and stays so."""
        if len(self.kept) < MOST_TOLD:
            self.kept.append(RowError(number, f'{what} stays "{line(here, 80)}", the file says "{line(there, 80)}".'))

    def report(self, unused: Iterable[str] = (), dry_run: bool = False) -> ImportReport:
        """Return it as a report."""
        errors, kept = tuple(sorted(self.errors)), tuple(sorted(self.kept))
        return ImportReport(self.created, self.updated, self.skipped, errors, kept, tuple(unused), dry_run)


class Kind(Protocol):
    """How one kind of thing is imported."""

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        ...


@dataclass(slots=True)
class Scene:
    """What every kind works with inside the transaction: rows, counts, the organizations by folded name."""

    tx: Transaction
    bulk: Bulk
    tally: Tally = field(default_factory=Tally)
    organizations: dict[str, int] = field(default_factory=dict)
    persons: set[int] = field(default_factory=set)
    """People who were here before and are changed; ``deals`` likewise."""
    deals: set[int] = field(default_factory=set)
    added: int = 0
    changed: set[tuple[str, int]] = field(default_factory=set)

    def touch(self, table: str, ids: Sequence[int], new: int = 0) -> list[int]:
        """Count what was added or changed; return what was here before.

        Args:
            new: how many of them were added now. Those are counted and not held: a file may bring millions.
        """
        before = [id for id in ids if not self.bulk.is_new(table, id)]
        self.added += new
        self.changed.update((table, id) for id in before)
        return before

    async def name_organizations(self, names: Iterable[str]) -> None:
        """Have every organization of these names, made when it is new."""
        wanted = {key: line(name, 300) for name in dict.fromkeys(names) if (key := folded(name))}
        unknown = [key for key in wanted if key not in self.organizations]
        await self.find_organizations(unknown)
        new = [key for key in unknown if key not in self.organizations]
        rows = [new_organization(wanted[key], self.tx.now) for key in new]
        self.organizations.update(zip(new, await self.bulk.add("organizations", rows), strict=True))

    async def find_organizations(self, keys: Sequence[str]) -> None:
        """Look up organizations by their folded names."""
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            sql = f"SELECT key, id FROM organizations WHERE deleted_at IS NULL AND key IN ({marks(chunk)})"
            self.organizations.update((key, id) for key, id in await self.tx.execute(sql, chunk))


@lru_cache(maxsize=50_000)
def folded(name: str) -> str:
    """Return ``fold(name)`` of what is said again and again: the names of organizations."""
    return fold(name)


class _Rehearsed(Exception):
    """A dry run is over; nothing of it is kept."""


def new_organization(name: str, now: int, website: str = "", note: str = "") -> dict[str, object]:
    """Return the row of a new organization."""
    return {
        "name": valid_name(name, "name"),
        "key": fold(name),
        "website": line(website, 1000),
        "note": clean(note),
        "created_at": now,
        "updated_at": now,
    }


async def run(
    db: CrmDb,
    steps: Callable[[Scene], Iterable[tuple[str, Kind, Iterator[Record]]]],
    name: str,
    noun: str,
    dry_run: bool = False,
) -> tuple[Tally, Changed | None]:
    """Import records; return what happened, and the change when something was changed.

    Args:
        steps: gives one after the other the name of a sheet ("" for the only one), what imports it, and its records.
        name: what the file is called, for the title of the action.
        noun: what it holds, in the plural.
        dry_run: do everything and keep nothing.

    Raises:
        InvalidInput: the file is not what it claims to be; nothing of it is kept.
    """
    tally, changed = Tally(), None
    try:
        async with db.transaction() as tx:
            scene = Scene(tx, Bulk(tx), tally)
            for tally.sheet, worker, records in steps(scene):
                while batch := list(islice(records, CHUNK)):
                    await worker.take([one for one in batch if not _left_out(one, tally)])
            if dry_run:
                raise _Rehearsed
            if tally.created or tally.updated:
                total = scene.added + len(scene.changed)
                title = f"Imported {total:,} {noun if total != 1 else _ONE[noun]} from {line(name, 60)}"
                undo = await scene.bulk.undo()
                changed = tx.changed(0, title, scene.persons, scene.deals, undo)
    except _Rehearsed:
        return tally, None
    return tally, changed


_ONE = {"people": "person", "deals": "deal", "organizations": "organization", "things": "thing"}


def _left_out(record: Record, tally: Tally) -> bool:
    if record.problem:
        tally.error(record.number, record.problem)
    elif not record.values:
        tally.skipped += 1
    return bool(record.problem) or not record.values


def checked_name(name: str, what: str) -> str:
    """Return a name as one clean line.

    Raises:
        InvalidInput: nothing is left of it.
    """
    if not line(name, 300):
        raise InvalidInput(f"There is no {what} in this row; fill it in.")
    return line(name, 300)
