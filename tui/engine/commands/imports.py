"""Imports, as screens and the command line do them: look at a file, try it, take it in as one action for undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO

from tui.engine import events
from tui.engine.crm import columns, declared, importing, vcard
from tui.engine.crm import import_all as whole
from tui.engine.crm.import_deals import DealsImport
from tui.engine.crm.import_orgs import OrganizationsImport
from tui.engine.crm.import_people import PeopleImport
from tui.engine.crm.importing import Kind, Scene
from tui.engine.crm.locale import ORDERS, Locale, evidence
from tui.engine.crm.money import currency as checked_currency
from tui.engine.crm.records import Record, armed, of_rows
from tui.engine.crm.tablefile import Table, TableRow, check_length
from tui.engine.errors import InvalidInput
from tui.engine.model import Column, Field, ImportPreview, ImportReport
from tui.engine.text import line

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.crm.db import Changed
    from tui.engine.crm.reader import CrmReader

SAMPLE = 1_000
"""Rows from which the way of writing amounts and dates is learned."""
SAMPLE_SIZE = 4_000_000
"""Characters of them, at most."""
CARDS = "cards"
"""What ``guess`` calls vCards."""
ALL = "all"
"""What ``guess`` calls a whole CRM, as ``export all`` writes it."""
SHOWN = 5
"""Rows that a preview shows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read.

    Args:
        kind: people, deals or orgs.
        mapping: column title or number -> field, ``-`` for none; what is not in it is guessed.
        encoding: "" finds it out.
        decimal: the decimal mark of amounts, ``.`` or ``,``; "" finds it out.
        dates: ``dmy`` or ``mdy``; "" finds it out.
        currency: of amounts that name none.
        own: the names of the fields that people declared for this kind; ``own`` tells them.
    """

    kind: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    decimal: str = ""
    dates: str = ""
    currency: str = "EUR"
    own: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in columns.KINDS:
            raise InvalidInput(f'"{line(self.kind, 40)}" can\'t be imported; choose one of {", ".join(columns.KINDS)}.')
        if self.decimal not in ("", ".", ","):
            raise InvalidInput(f'"{line(self.decimal, 20)}" is no decimal mark; it is . or , in amounts.')
        if self.dates not in ("", *ORDERS):
            raise InvalidInput(f'"{line(self.dates, 20)}" is no order of dates; choose one of {", ".join(ORDERS)}.')


def preview(file: BinaryIO, name: str, reading: Reading) -> ImportPreview:
    """Return how a file would be read: its columns with the fields they fill, and its first rows. Nothing is changed.

    Raises:
        InvalidInput: it is no table, or a column or field of the mapping doesn't exist.
    """
    with Table(file, name, reading.encoding) as table:
        fields = columns.mapped(reading.kind, table.columns, reading.mapping, reading.own)
        rows = [
            tuple(line(armed(cell), 200) for cell in row.cells)
            for row in islice((row for row in table.rows() if not row.problem), SHOWN)
        ]
        return ImportPreview(
            columns.source(table.columns),
            table.encoding,
            table.delimiter,
            tuple(
                Column(title, fields[at], tuple(row[at] for row in rows if row[at]))
                for at, title in enumerate(table.columns)
            ),
            tuple(rows),
        )


def guess(file: BinaryIO, name: str) -> str:
    """Return what a file seems to hold: ``cards`` for vCards, ``all`` for a whole CRM, else what its columns fill most.

    Raises:
        InvalidInput: it is no table and no vCards.
    """
    begin = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    file.seek(0)
    if begin.upper().startswith(b"BEGIN:VCARD"):
        return CARDS
    if begin.startswith(b"{"):
        return ALL
    with Table(file, name, "") as table:
        filled = {kind: sum(map(bool, columns.recognise(kind, table.columns))) for kind in columns.KINDS}
    file.seek(0)
    return max(filled, key=lambda kind: filled[kind])


def own(crm: CrmReader, kind: str) -> tuple[str, ...]:
    """Return the names of the fields that people declared for what such a table holds."""
    return tuple(one.name for one in crm.fields(columns.NOUNS[kind])) if kind in columns.NOUNS else ()


def fields(kind: str, own: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what a column of such a table can be."""
    return (*columns.FIELDS[kind], *own)


async def import_table(
    engine: Engine, file: BinaryIO, name: str, reading: Reading, dry_run: bool = False
) -> ImportReport:
    """Import a table; the whole of it is one action that ``undo`` takes back. No mail is linked (R19).

    Args:
        file: where it is read from; it must be seekable.
        name: what it is called, for errors and for undo.
        dry_run: tell what would happen, and change nothing.

    Raises:
        InvalidInput: it is no such table; nothing was changed.
    """
    own = {one.name: one for one in await engine.crm.read(declared.declared(columns.NOUNS[reading.kind]))}
    await asyncio.to_thread(check_length, file, name, reading.encoding)
    with Table(file, name, reading.encoding) as table:
        fields = columns.mapped(reading.kind, table.columns, reading.mapping, tuple(own))
        columns.enough(reading.kind, table.columns, fields)
        unused: set[int] = set()
        rows = table.rows()
        first = _sample(rows)
        locale = _written(first, fields, reading, own)
        make: Callable[[Scene], Kind] = partial(
            _IMPORTS[reading.kind], locale=locale, currency=checked_currency(reading.currency)
        )
        records = of_rows(chain(first, rows), table.columns, fields, unused)
        report = await _run(engine, make, records, name, _PLURALS[reading.kind], dry_run)
        return report._replace(unused=tuple(table.columns[at] or f"column {at + 1}" for at in sorted(unused)))


async def import_cards(engine: Engine, file: BinaryIO, name: str, dry_run: bool = False) -> ImportReport:
    """Import people from vCards (2.1 to 4.0); else as ``import_table``."""
    return await _run(engine, PeopleImport, vcard.records(file, name), name, "people", dry_run)


async def import_all(engine: Engine, file: BinaryIO, name: str, dry_run: bool = False) -> ImportReport:
    """Import what ``export all`` wrote into ``crm.json``, notes and activities too; else as ``import_table``."""
    document = whole.read(file, name)
    tally, changed = await importing.run(
        engine.crm, lambda scene: whole.steps(scene, document), name, "things", dry_run
    )
    return await _recorded(engine, tally, changed, dry_run)


async def _run(
    engine: Engine,
    make: Callable[[Scene], Kind],
    records: Iterator[Record],
    name: str,
    noun: str,
    dry_run: bool,
) -> ImportReport:
    tally, changed = await importing.run(engine.crm, lambda scene: [("", make(scene), records)], name, noun, dry_run)
    return await _recorded(engine, tally, changed, dry_run)


async def _recorded(engine: Engine, tally: importing.Tally, changed: Changed | None, dry_run: bool) -> ImportReport:
    if changed is not None:
        await engine.record(changed)
        # What is new is not named, it may be millions; lists show it all the same.
        engine.events.publish(events.PersonsChanged(changed.persons), events.DealsChanged(changed.deals))
    return tally.report(dry_run=dry_run)


_PLURALS = {columns.PEOPLE: "people", columns.DEALS: "deals", columns.ORGS: "organizations"}
_IMPORTS: Mapping[str, Callable[..., Kind]] = {
    columns.PEOPLE: PeopleImport,
    columns.DEALS: DealsImport,
    columns.ORGS: OrganizationsImport,
}


def _written(rows: Sequence[TableRow], fields: Sequence[str], reading: Reading, own: Mapping[str, Field]) -> Locale:
    """Return how amounts and dates are written, as the first rows give evidence of."""
    amounts: list[str] = []
    days: list[str] = []
    for row in rows:
        for cell, filled in zip(row.cells, fields, strict=False):
            field = own.get(filled.removeprefix(columns.OWN)) if filled.startswith(columns.OWN) else None
            what = filled if field is None else field.type
            if what in ("value", "number", "money"):
                amounts.append(cell)
            elif what in ("close", "created", "closed", "stage_entered", "date"):
                days.append(cell)
    return evidence(amounts, days, Locale(reading.decimal or None, reading.dates))


def _sample(rows: Iterator[TableRow]) -> list[TableRow]:
    """Take the first rows, however long they are."""
    taken: list[TableRow] = []
    size = 0
    for row in islice(rows, SAMPLE):
        taken.append(row)
        size += sum(map(len, row.cells))
        if size > SAMPLE_SIZE:
            break
    return taken
