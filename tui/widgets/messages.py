"""The message list: one line a message, its marks, its deal, its date; columns by the width there is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from textual.strip import Strip

from tui import cells, look
from tui.engine.model import Order, Row
from tui.widgets.rowlist import Fetch, RowList

SHOWN = ("who", "subject", "link", "numbers", "folder", "date")
"""The columns where the config names no others."""

_LEAST = ("account", "size", "folder", "numbers", "link", "date", "who")
"""The columns in the order in which a narrow list does without them."""

ORDERS = {
    Order.NEWEST: "↓ newest",
    Order.OLDEST: "↑ oldest",
    Order.SENDER: "by sender",
    Order.SUBJECT: "by subject",
    Order.SIZE: "↓ largest",
}
"""What the title says of each order."""


@lru_cache(64)
def columns(width: int, names: tuple[str, ...] = SHOWN, folders: bool = False) -> Mapping[str, int]:
    """Return the columns of rows of ``width`` cells (the bar not counted), from 30 to any, each with its cells.

    The subject has what the others leave; where that is too little, the others go one by one.

    Args:
        names: those that are wanted, in their order (``config.columns``).
        folders: the list is one over several folders, so that ``folder`` means something.
    """
    wide = width >= 96
    sizes = {
        "who": 24 if width >= 110 else 20 if width >= 76 else 14 if width >= 56 else 12 if width >= 40 else 9,
        "link": 16 if wide else 12 if width >= 72 else 9 if width >= 48 else 1,
        "numbers": 6 if width >= 72 else 3 if width >= 48 else 0,
        "folder": 12 if folders and wide else 0,
        "date": 10 if wide else 7 if width >= 48 else 6,  # a cell more, so that "3" and "12 Nov" read as two
        "size": 6 if width >= 56 else 0,
        "account": 16 if wide else 0,
    }
    kept = [one for one in names if one == "subject" or sizes[one]]
    for least in _LEAST:
        used = 4 + sum(sizes[one] + 1 for one in kept if one != "subject")
        if width - used >= 7:
            break
        kept = [one for one in kept if one != least]
    used = 4 + sum(sizes[one] + 1 for one in kept if one != "subject")
    return {one: max(4, width - used) if one == "subject" else sizes[one] for one in kept}


class MessageList(RowList[Row]):
    """The messages of a view.

    Args:
        fetch: the engine reader's ``rows``.
    """

    def __init__(self, fetch: Fetch[Row], *, id: str | None = None) -> None:
        super().__init__(fetch, id=id)
        self.heading = ""
        self.unread = 0
        self.order = "↓ newest"
        self.empty = "Nothing here."
        self.with_folders = False
        self.shown_columns: tuple[str, ...] = SHOWN
        self.density = "normal"
        self.nested: frozenset[int] = frozenset()

    def describe(
        self,
        heading: str,
        unread: int,
        *,
        empty: str = "Nothing here.",
        with_folders: bool = False,
        order: str = "↓ newest",
    ) -> None:
        """Say what is listed.

        Args:
            heading: name of the folder or view; the number of rows is added.
            unread: how many are unread.
            empty: what an empty list says.
            with_folders: name each row's folder where there is room.
            order: the right end of the title.
        """
        if with_folders != self.with_folders:
            self._strips.clear()
        self.heading, self.unread, self.empty, self.order, self.with_folders = (
            heading,
            unread,
            empty,
            order,
            with_folders,
        )
        self.refresh_changed()

    def show_as(self, names: tuple[str, ...], density: str) -> None:
        """Show other columns, and more or less of each message.

        Args:
            names: the columns from left to right (``config.columns``).
            density: ``compact`` (no preview), ``normal``, or ``roomy`` (the preview on a line of its own).
        """
        self.shown_columns, self.density = names, density
        self.span = 2 if density == "roomy" else 1
        self.redraw()

    def on_mount(self) -> None:
        """Look at the clock every minute: dates are relative to now, so a night changes them."""
        self.set_interval(60, self.redraw)

    def line_count(self) -> int:
        """Return the number of messages, or one line that says that there are none."""
        return len(self.ids) or (1 if self.empty else 0)

    def draw_title(self, width: int) -> look.Line:
        """``INBOX · 1,204 · 12 unread``, and at the right what is marked, else the order."""
        ink = "title" if self.has_focus else "strong"
        left: list[look.Piece] = [(" ", ""), (self.heading, ink), (f" · {look.count(len(self.ids))}", "dim")]
        if self.unread:
            left.append((f" · {look.count(self.unread)} unread", "dim"))
        if self.marks or self.ranging:
            right = (f"{look.count(len(self.marks))} marked" + (" · range" if self.ranging else ""), "accent")
        else:
            right = (self.order, "dim")
        return look.spread(left, (right, (" ", "")), width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw a message, or the words of an empty list."""
        if not self.ids:
            return self.strip((("  " + self.empty, "dim"),), width)
        return super().draw_line(index, width)

    def nest(self, ids: Collection[int]) -> None:
        """Draw these messages as parts of the thread above them (an unfolded thread's other messages)."""
        nested = frozenset(ids)
        if nested != self.nested:
            self.nested = nested
            self._strips.clear()
            self.refresh_changed()

    def draw_row(self, row: Row, width: int) -> look.Line:
        """Draw the marks, then the columns in their order.

        A column that a row has nothing for, right of the subject, is given to the subject.
        """
        plan = columns(width, self.shown_columns, self.with_folders)
        plain = "strong" if not row.seen else "" if row.on_server else "dim"
        names = list(plan)
        at, room = names.index("subject"), plan["subject"]
        cases = {one: _case(row, one, plan[one], plain) for one in names if one != "subject"}
        right = names[at + 1 :]
        while right and not cases[right[0]][0]:
            room += plan[right.pop(0)] + 1
        line: list[look.Piece] = [look.read_mark(row), look.server_mark(row), (" ", "")]
        for one in names[:at]:
            text, ink, align = cases[one]
            line.append((cells.fit(text, plan[one], align) + " ", ink))
        preview = self.density == "normal"
        line.extend(_subject(row, room, plain, nested=row.id in self.nested, preview=preview))
        for one in right:
            text, ink, align = cases[one]
            line.append((" " + cells.fit(text, plan[one], align), ink))
        return (*line, (" ", ""))

    def draw_below(self, row: Row, width: int) -> look.Line:
        """Draw the preview, below the correspondent."""
        return (("   ", ""), (cells.fit(row.preview, width - 4), "dim"), (" ", ""))


def _case(row: Row, column: str, size: int, plain: str) -> tuple[str, str, cells.Align]:
    """Return what a column of ``size`` cells says of a row: text, ink, side."""
    match column:
        case "who":
            return look.who(row), plain, "left"
        case "link":
            text, ink = look.badge(row)
            return (text if size > 1 else text[:1]), ink, "left"
        case "numbers":
            return look.numbers(row, size), "dim", "right"
        case "folder":
            return row.folder, "dim", "left"
        case "date":
            return look.date(row.date, look.now(), short=size < 10), "dim", "right"
        case "size":
            return look.size(row.size), "dim", "right"
        case _:
            return row.account, "dim", "left"


def _subject(row: Row, width: int, plain: str, *, nested: bool, preview: bool) -> list[look.Piece]:
    """Return star, subject and, where it is wanted and room is left, the preview in grey; ``width`` cells."""
    line: list[look.Piece] = []
    for piece, wanted in ((("└ ", "faint"), nested), (("★ ", "accent"), row.flagged)):
        if wanted:
            line.append(piece)
            width -= 2
    subject = cells.cut(row.subject or "(no subject)", width)
    room = width - cells.width(subject)
    if preview and row.preview and room >= 16:
        line.append((subject + "  ", plain))
        line.append((cells.fit(row.preview, room - 2), "faint"))
    else:
        line.append((subject + " " * room, plain))
    return line
