"""The story of a deal or person, newest first: mail in and out, stage changes, notes, activities, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.strip import Strip

from tui import cells, look
from tui.engine.model import TimelineEntry
from tui.widgets.lines import Item
from tui.widgets.rowlist import RowList

WIDE = 72
"""Cells of an entry's date, mark and title; what is beyond shows its first words."""

_MARKS: dict[str, look.Piece] = {
    "note": ("✎", "accent"),
    "activity": ("☐", "accent"),
    "change": ("◇", "dim"),
    "file": ("▤", "dim"),
}


def mark(entry: TimelineEntry) -> look.Piece:
    """Return an entry's mark: ``←`` mail received, ``→`` sent, ``✎`` note, ``☐`` task, ``◇`` change, ``▤`` file."""
    if entry.kind == "mail":
        return ("→", "dim") if entry.direction == "out" else ("←", "")
    return _MARKS.get(entry.kind, ("·", "dim"))


def entry_line(entry: TimelineEntry, width: int, now: float) -> look.Line:
    """Return one entry as a line of ``width`` cells: date, mark, title, attachments."""
    title = f"“{entry.title}”" if entry.kind == "note" else entry.title
    ink = "dim" if entry.kind in ("change", "file") else ""
    right: list[look.Piece] = []
    if entry.attachments:
        right.append((f"{entry.attachments}📎" if entry.attachments > 1 else "📎", "dim"))
    if entry.mailbox and width >= 60:
        right.append((" " + cells.cut(entry.mailbox, 20), "dim"))
    left = [(cells.fit(look.date(entry.at, now, short=True), 8), "dim"), mark(entry), (" " + title, ink)]
    return look.spread(left, right, width)


def entry_items(entries: Sequence[TimelineEntry], width: int, now: float) -> list[Item]:
    """Return a timeline as lines; the key of each is its entry."""
    return [Item(entry_line(entry, width, now), entry) for entry in entries]


class Told(NamedTuple):
    """An entry with its place in the story, by which a list knows it."""

    id: int
    entry: TimelineEntry


class Timeline(RowList[Told]):
    """A whole story, however long, of which only what is in view is drawn."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(self._told, id=id)
        self.heading = "Timeline"
        self.note = ""
        """What is left out, as the title says it."""
        self.entries: Sequence[TimelineEntry] = ()

    def _told(self, ids: Sequence[int]) -> Sequence[Told]:
        return [Told(number, self.entries[number]) for number in ids if number < len(self.entries)]

    def show(self, entries: Sequence[TimelineEntry], *, reset: bool = False) -> None:
        """Show these entries, newest first; the cursor stays on its entry.

        Args:
            entries: the story.
            reset: True for another story: the cursor goes to its first entry.
        """
        here = self.cursor_entry
        self.entries = entries
        self.invalidate()
        self.set_ids(range(len(entries)), reset=reset)
        if not reset and here is not None and here in entries:
            self.go_to_index(entries.index(here))
        self.refresh_title()

    @property
    def cursor_entry(self) -> TimelineEntry | None:
        """The entry under the cursor, None in an empty story."""
        row = self.cursor_row
        return row.entry if row is not None else None

    def line_count(self) -> int:
        """Return the number of entries, or one line that says that there are none."""
        return len(self.ids) or 1

    def draw_title(self, width: int) -> look.Line:
        """``Timeline · 14``, and what is left out."""
        left = [(" ", ""), (self.heading, "title" if self.has_focus else "strong")]
        return look.spread(
            [*left, (f" · {look.count(len(self.ids))}", "dim")], [(self.note, "accent"), (" ", "")], width
        )

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw an entry, or the words of an empty story."""
        if not self.ids:
            return self.strip((("  Nothing yet.", "dim"),), width)
        return super().draw_line(index, width)

    def draw_row(self, row: Told, width: int) -> look.Line:
        """Draw an entry; where there is room, with its first words."""
        line = entry_line(row.entry, min(width, WIDE), look.now())
        room = width - WIDE - 2
        if room < 16 or not row.entry.detail or row.entry.kind in ("change", "note"):
            return line
        return (*line, ("  ", ""), (cells.cut(row.entry.detail.partition("\n")[0], room), "dim"))
