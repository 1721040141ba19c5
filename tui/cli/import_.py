"""``dealdesk import``: people, deals and organizations from other programs' files."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from tui.cli.frame import Noun, engine_command, fail, warn
from tui.cli.output import Out
from tui.engine.crm.shapes import Json
from tui.engine.errors import InvalidInput
from tui.engine.model import ImportPreview, ImportReport, RowError

if TYPE_CHECKING:
    from tui.engine.core import Engine

import_ = Noun("import", help="Import people, deals and organizations from CSV files and vCards.")
_TOLD = 20


def _reads_table(kind: str, help: str) -> None:
    """Add the command that imports one kind of thing from a table."""

    @import_.command(kind, help=help)
    @click.argument("file", metavar="F")
    @click.option("--map", "mapping", multiple=True, metavar="COL=FIELD", help="What a column is; - for nothing.")
    @click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
    @click.option("--preview", "look", is_flag=True, help="Show the columns and what they are taken for.")
    @click.option("--encoding", default="", metavar="E", help="The file's encoding; found out by default.")
    @click.option("--decimal", type=click.Choice([".", ","]), help="The decimal mark of amounts.")
    @click.option("--dates", type=click.Choice(["dmy", "mdy"]), help="What 03/04/2026 means.")
    @click.option("--currency", default="EUR", help="Of amounts that name none.")
    @engine_command
    async def command(
        engine: Engine,
        out: Out,
        file: str,
        mapping: tuple[str, ...],
        dry_run: bool,
        look: bool,
        encoding: str,
        decimal: str | None,
        dates: str | None,
        currency: str,
    ) -> None:
        from tui.engine.commands import imports

        chosen, own = dict(_pair(one) for one in mapping), imports.own(engine.reader.crm, kind)
        reading = imports.Reading(kind, chosen, encoding, decimal or "", dates or "", currency, own)
        with _opened(file) as source:
            if look:
                found = imports.preview(source, _name(file), reading)
                out.give(_preview(found), _preview_lines(found))
                return
            report = await imports.import_table(engine, source, _name(file), reading, dry_run)
        _give(out, report)


_reads_table("people", "Import people from a CSV file (Google, Outlook, Thunderbird, Pipedrive, HubSpot, our own).")
_reads_table("deals", "Import deals from a CSV file; their people must be here already.")
_reads_table("orgs", "Import organizations from a CSV file.")


@import_.command("vcard")
@click.argument("file", metavar="F")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@engine_command
async def import_vcard(engine: Engine, out: Out, file: str, dry_run: bool) -> None:
    """Import people from vCards (2.1 to 4.0)."""
    from tui.engine.commands import imports

    with _opened(file) as source:
        report = await imports.import_cards(engine, source, _name(file), dry_run)
    _give(out, report)


@import_.command("all")
@click.argument("file", metavar="F")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@engine_command
async def import_all(engine: Engine, out: Out, file: str, dry_run: bool) -> None:
    """Import a whole CRM, without mail: F is the crm.json of dealdesk export all, or its folder."""
    from tui.engine.commands import imports

    with _opened(file, "crm.json") as source:
        report = await imports.import_all(engine, source, _name(file), dry_run)
    _give(out, report)


@contextmanager
def _opened(name: str, inside: str = "") -> Iterator[BinaryIO]:
    """Open a file, of a folder the one ``inside``; standard input is kept first, so that it can be looked at twice."""
    if name == "-":
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.seek(0)
            yield cast(BinaryIO, kept)
        return
    try:
        path = Path(name)
        with (path / inside if inside and path.is_dir() else path).open("rb") as file:
            yield file
    except OSError as error:
        raise InvalidInput(f'The file "{name}" can\'t be read ({error.strerror}); give another one.') from error


def _name(file: str) -> str:
    return "standard input" if file == "-" else Path(file).name


def _pair(text: str) -> tuple[str, str]:
    column, mark, field = text.rpartition("=")
    if not mark or not column:
        raise click.UsageError(f'"{text}" says no column and field; write --map "E-mail=email".')
    return column, field


def _give(out: Out, report: ImportReport) -> None:
    data: dict[str, Json] = {
        "created": report.created,
        "updated": report.updated,
        "skipped": report.skipped,
        "errors": _rows(report.errors),
        "kept": _rows(report.kept),
        "unused_columns": list(report.unused),
        "dry_run": report.dry_run,
    }
    would = "would be " if report.dry_run else ""
    said = [f"{report.created:,} {would}created, {report.updated:,} {would}updated, {report.skipped:,} nothing new."]
    said += _lines("Left out", report.errors) + _lines("Kept as it is", report.kept)
    if report.ambiguous:
        said.append("--dates dmy or mdy says what dates mean, --decimal . or , what amounts mean.")
    if report.unused:
        said.append(
            f"Columns that nothing was made of: {', '.join(report.unused)}; --map COLUMN=note keeps one,"
            " dealdesk field add makes a field of it."
        )
    if not report.dry_run and report.created + report.updated:
        said.append("dealdesk undo takes the whole import back.")
    out.give(data, said)
    if report.errors:
        count, first = len(report.errors), report.errors[0].row
        told = (
            f"Row {first} was left out: " if count == 1 else f"{count:,} rows were left out; the first is row {first}: "
        )
        sentence = told + report.errors[0].why
        if report.created + report.updated + report.skipped == 0:
            fail(sentence)
        if out.json:
            warn(sentence)


def _rows(found: Sequence[RowError]) -> list[Json]:
    return [{"row": one.row, "why": one.why} for one in found]


def _lines(title: str, found: Sequence[RowError]) -> list[str]:
    if not found:
        return []
    more = [f"  and {len(found) - _TOLD:,} more"] if len(found) > _TOLD else []
    return [f"{title}:", *(f"  row {one.row}: {one.why}" for one in found[:_TOLD]), *more]


def _preview(found: ImportPreview) -> dict[str, Json]:
    return {
        "source": found.source,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "columns": [
            {"column": one.title, "field": one.field or None, "samples": list(one.samples)} for one in found.columns
        ],
        "rows": [list(row) for row in found.rows],
    }


def _preview_lines(found: ImportPreview) -> list[str]:
    from tui.cli.output import table

    marks = {",": "comma", ";": "semicolon", "\t": "tab"}
    head = f"{found.source or 'An unknown program'}; {found.encoding}, {marks.get(found.delimiter, found.delimiter)}"
    rows = [(one.title, one.field or "-", ", ".join(one.samples[:2])) for one in found.columns]
    return [head, "", *table(("column", "field", "first values"), rows)]
