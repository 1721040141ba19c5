"""An import: a file, what its columns are taken for, a trial, the import itself, and what became of each row."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

from textual.content import Content

from tui import cells, look
from tui.engine.commands import imports
from tui.engine.commands.imports import ALL, CARDS, Reading
from tui.engine.core import Engine
from tui.engine.errors import DealdeskError, InvalidInput
from tui.engine.model import Column, ImportPreview, ImportReport
from tui.engine.reads import Reader
from tui.screens.dialogs import Choice, Picker, Prompt, among
from tui.screens.lined import LinesScreen
from tui.widgets.lines import Item

KINDS = {
    **{"people": "people", "deals": "deals", "orgs": "organizations"},
    **{CARDS: "people from vCards", ALL: "a whole CRM"},
}
"""What a file can be taken for, with its name."""

TOLD = 500
"""Rows of a result that are listed."""

CURRENCY = "currency"
WRITTEN = (
    Choice(("dates", "dmy"), Content("dates with the day first: 03/04 is 3 April")),
    Choice(("dates", "mdy"), Content("dates with the month first: 03/04 is 4 March")),
    Choice(("decimal", ","), Content("amounts with a comma: 1.234,50")),
    Choice(("decimal", "."), Content("amounts with a point: 1,234.50")),
    Choice(CURRENCY, Content("another currency where none is named …")),
)
"""What can be said about how dates and amounts are written."""

_MARKS = {",": "comma", ";": "semicolon", "\t": "tab"}


class ImportScreen(LinesScreen):
    """One file."""

    where = "import"

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.kind = ""
        self.mapping: dict[str, str] = {}
        self.written: dict[str, str] = {}
        """How dates and amounts are written, as far as it was said (``Reading``)."""
        self.own: tuple[str, ...] = ()
        self.preview: ImportPreview | None = None
        self.report: ImportReport | None = None

    async def read_rows(self) -> None:
        """Read what the file is, where one was chosen."""
        path = self.path
        if path is None:
            self.show_lines()
            self.do_import_file()
            return
        kind, mapping = self.kind, dict(self.mapping)

        def read(reader: Reader) -> tuple[str, tuple[str, ...], ImportPreview | None]:
            try:
                with path.open("rb") as file:
                    found = kind or imports.guess(file, path.name)
                    own = imports.own(reader.crm, found)
                    if found in (CARDS, ALL):
                        return found, own, None
                    return found, own, imports.preview(file, path.name, Reading(found, mapping, own=own))
            except OSError as error:
                raise InvalidInput(
                    f'The file "{path}" can\'t be read ({error.strerror}); choose another one.'
                ) from error

        try:
            self.kind, self.own, self.preview = await self.dealdesk.host.read(read)
        except InvalidInput:
            self.path, self.preview = None, None
            raise
        finally:
            self.show_lines()

    def items(self, width: int, now: float) -> list[Item]:
        """Return the columns with what they are taken for, then what became of the rows."""
        name = self.path.name if self.path is not None else "no file chosen"
        self.lines.heading = ((("Import", ""), (f" · {name}", "dim")), ((KINDS.get(self.kind, ""), "accent"),))
        if self.path is None:
            return [
                Item(
                    (
                        (
                            "f chooses a file: CSV of Google, Outlook, Thunderbird, Pipedrive, HubSpot; vCards.",
                            "dim",
                        ),
                    )
                )
            ]
        lines = [] if self.preview is None else _columns(self.preview, list(self.written.values()), width)
        if self.preview is None:
            lines.append(Item((("It needs no mapping: t tries it, I takes it in.", "dim"),)))
        if self.report is None:
            return lines
        lines += [Item(()), *_result(self.report, width)]
        if self.report.ambiguous:
            key = self.dealdesk.keymap.first_key("import.read")
            lines.append(Item(((f"{key} says what such dates and amounts mean.", "accent"),)))
        return lines

    def open_line(self, key: Hashable) -> None:
        """Say what a column is."""
        self._choose(key)

    def do_import_file(self) -> None:
        """Ask for the file."""

        def chosen(text: object) -> None:
            if text:
                self.path, self.kind, self.report = Path(str(text).strip()).expanduser(), "", None
                self.mapping.clear()
                self.written.clear()
                self._look()

        value = str(self.path) if self.path is not None else ""
        self.over(Prompt(Content("Import which file?"), value, placeholder="~/Downloads/contacts.csv"), chosen)

    def do_import_kind(self) -> None:
        """Take the rows as something else."""
        if self.path is None or self.preview is None:
            self.tell("Choose a table with f first.")
            return
        kinds = [one for one in KINDS if one not in (CARDS, ALL)]
        self.kind = kinds[(kinds.index(self.kind) + 1) % len(kinds)]
        self.mapping.clear()
        self.report = None
        self._look()

    def do_import_map(self) -> None:
        """Say what the column under the cursor is."""
        self._choose(self.lines.cursor_key)

    def _choose(self, key: Hashable) -> None:
        if not isinstance(key, Column):
            self.tell("This line is no column.")
            return
        fields = imports.fields(self.kind, self.own)
        choices = [Choice("-", Content("nothing")), *(Choice(one, Content(one)) for one in fields)]

        def chosen(field: object) -> None:
            if isinstance(field, str):
                self.mapping[key.title] = field
                self.report = None
                self._look()

        self.over(Picker(Content(f'What is "{key.title}"?'), among(choices), numbered=True), chosen)

    def _look(self) -> None:
        """Read again what the file is; the keys that follow are meant for that and wait for it."""
        self.hold()
        self.again.now()

    def _reading(self, kind: str) -> Reading:
        said = self.written.get
        return Reading(
            *(kind, dict(self.mapping)),
            decimal=said("decimal", ""),
            dates=said("dates", ""),
            currency=said("currency", "EUR"),
        )

    def do_import_read(self) -> None:
        """Say how dates and amounts are written, and in what currency; else the file's own values tell it."""
        if self.preview is None:
            self.tell("Choose a table with f first.")
            return

        def chosen(said: object) -> None:
            if said == CURRENCY:
                self.over(Prompt(Content("The currency of amounts that name none"), "EUR"), currency)
            elif isinstance(said, tuple):
                say(*said)

        def currency(code: object) -> None:
            if code:
                say("currency", str(code).strip())

        def say(name: str, value: str) -> None:
            self.written[name], self.report = value, None
            self.show_lines()

        self.over(Picker(Content("Dates and amounts"), among(WRITTEN), numbered=True), chosen)

    def do_import_try(self) -> None:
        """Say what would happen, and change nothing."""
        self._run(dry_run=True)

    def do_import_run(self) -> None:
        """Take the file in."""
        self._run(dry_run=False)

    def _run(self, *, dry_run: bool) -> None:
        if self.path is None:
            self.tell("Choose a file with f first.")
        else:
            self.work(self._imported(self.path, dry_run))

    async def _imported(self, path: Path, dry_run: bool) -> None:
        kind, reading = self.kind, self._reading("people" if self.kind in (CARDS, ALL) else self.kind)

        async def take(engine: Engine) -> ImportReport:
            try:
                with path.open("rb") as file:
                    if kind in (CARDS, ALL):
                        take_whole = imports.import_cards if kind == CARDS else imports.import_all
                        return await take_whole(engine, file, path.name, dry_run)
                    return await imports.import_table(engine, file, path.name, reading, dry_run)
            except OSError as error:
                raise InvalidInput(
                    f'The file "{path}" can\'t be read ({error.strerror}); choose another one.'
                ) from error

        self.tell("Trying …" if dry_run else "Importing …")
        try:
            self.report = await self.dealdesk.ask(take)
        except DealdeskError:
            self.tell("Nothing was taken in.")
            raise
        self.show_lines()
        undo = self.dealdesk.keymap.first_key("action.undo")
        done = not dry_run and self.report.created + self.report.updated > 0
        self.tell(f"{_said(self.report)} · {undo} undoes" if done else _said(self.report))

    def do_action_undo(self) -> None:
        """Take back the last action; what is told of an import may be true no more."""
        self.report = None
        super().do_action_undo()


def _columns(found: ImportPreview, written: Sequence[str], width: int) -> list[Item]:
    """Return whose file it is, and each column with its field and first values."""
    mark = _MARKS.get(found.delimiter, found.delimiter)
    whose = found.source or "no program that is known by its columns"
    lines = [Item(look.shorten([(" · ".join((whose, found.encoding, mark, *written)), "dim")], width)), Item(())]
    room = max(12, min(30, width // 4))
    lines.append(Item(((cells.fit("column", room), "strong"), (f" {'is':<14}", "strong"), ("first values", "strong"))))
    for one in found.columns:
        what: look.Piece = (f" {one.field:<14}", "accent") if one.field else (f" {'-':<14}", "faint")
        line = [(cells.fit(one.title, room), ""), what, (" · ".join(one.samples[:3]), "dim")]
        lines.append(Item(look.shorten(line, width), _known_by(one)))
    return lines


def _known_by(one: Column) -> Column:
    """Return a column by which its line is known: the title alone, so that the cursor stays when its field changes."""
    return one._replace(field="", samples=())


def _result(found: ImportReport, width: int) -> list[Item]:
    """Return the counts, then every row that was left out or says something else than what is here."""
    lines = [Item(((_said(found), "strong"),))]
    if found.unused:
        lines.append(Item(look.shorten([(f"not used: {', '.join(found.unused)}", "dim")], width)))
    told = [*((one, "bad") for one in found.errors), *((one, "dim") for one in found.kept)]
    for one, ink in told[:TOLD]:
        text = cells.wrap(one.why, max(10, width - 11))
        lines.append(Item(((f"row {one.row:>6} ", "dim"), (text[0] if text else "", ink))))
        lines += [Item(((" " * 11, ""), (part, ink))) for part in text[1:]]
    if len(told) > TOLD:
        lines.append(Item(((f"and {len(told) - TOLD:,} more", "dim"),)))
    return lines


def _said(found: ImportReport) -> str:
    verb = "would be " if found.dry_run else ""
    return (
        f"{found.created:,} {verb}new, {found.updated:,} {verb}filled in, {found.skipped:,} {verb}skipped,"
        f" {look.counted(len(found.errors), 'error')}"
    )
