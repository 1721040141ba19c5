"""The story of a deal or person, newest first: mail in and out, stage changes, notes, activities, files."""

from __future__ import annotations

from collections.abc import Sequence

from tui import cells, look
from tui.engine.model import TimelineEntry
from tui.widgets.lines import Item, LinePane

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


class Timeline(LinePane):
    """A whole timeline as a pane of its own; Enter posts ``Chosen`` with the entry."""

    CURSOR_WHEN_BLURRED = True

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.heading = ((("Timeline", ""),), ())
        self._entries: tuple[TimelineEntry, ...] = ()

    def show(self, entries: Sequence[TimelineEntry], heading: str = "Timeline") -> None:
        """Show these entries, newest first."""
        self._entries = tuple(entries)
        right = ((look.count(len(entries)), "dim"),) if entries else ()
        self.heading = (((heading, ""),), right)
        self._build()

    def resized(self) -> None:
        """Lay the lines out for the new width."""
        self._build()

    def _build(self) -> None:
        items = entry_items(self._entries, max(10, self.size.width - 2), look.now())
        self.set_items(items or [Item((("Nothing yet.", "dim"),))])
