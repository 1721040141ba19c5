"""The message list: one line a message, its marks, its deal, its date; columns by the width there is."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from textual.strip import Strip

from tui import cells, look
from tui.engine.model import Row
from tui.widgets.rowlist import Fetch, RowList


class Columns(NamedTuple):
    """Cells that each column has in a list of one width; 0 leaves it out."""

    who: int
    numbers: int
    badge: int
    date: int
    folder: int
    subject: int
    """What remains for subject and preview."""


@lru_cache(64)
def columns(width: int, folders: bool = False) -> Columns:
    """Return the columns for rows of ``width`` cells (the bar not counted), from 30 to any.

    Args:
        folders: also name the folder, for lists over several.
    """
    who = 24 if width >= 110 else 20 if width >= 76 else 14 if width >= 56 else 12 if width >= 40 else 9
    badge = 16 if width >= 96 else 12 if width >= 72 else 9 if width >= 48 else 1
    numbers = 6 if width >= 72 else 3 if width >= 48 else 0
    date = 10 if width >= 96 else 7 if numbers else 6  # a cell more, so that "3" and "12 Nov" read as two
    folder = 12 if folders and width >= 96 else 0
    used = 4 + who + sum(part + 1 for part in (numbers, badge, date, folder) if part) + 1
    return Columns(who, numbers, badge, date, folder, max(4, width - used))


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
        """Draw marks, correspondent, subject and preview, badge, numbers, folder and date.

        A column that a row has nothing for, right of the subject, is given to the subject.
        """
        plan = columns(width, self.with_folders)
        plain = "strong" if not row.seen else "" if row.on_server else "dim"
        text, ink = look.badge(row)
        cases: list[tuple[int, str, str, cells.Align]] = [
            (plan.badge, text if plan.badge > 1 else text[:1], ink, "left"),
            (plan.numbers, look.numbers(row, plan.numbers), "dim", "right"),
            (plan.folder, row.folder, "dim", "left"),
        ]
        right = [case for case in cases if case[0]]
        room = plan.subject
        while right and not right[0][1]:
            room += right.pop(0)[0] + 1
        line: list[look.Piece] = [look.read_mark(row), look.server_mark(row), (" ", "")]
        line.append((cells.fit(look.who(row), plan.who) + " ", plain))
        line.extend(_subject(row, room, plain, nested=row.id in self.nested))
        line.extend((" " + cells.fit(shown, size, align), name) for size, shown, name, align in right)
        date = look.date(row.date, look.now(), short=plan.date < 10)
        line.append((" " + cells.fit(date, plan.date, "right") + " ", "dim"))
        return tuple(line)

    def next_unread(self, step: int = 1) -> bool:
        """Go to the next (``step`` -1: previous) unread message near; False when there is none."""
        return self.find(lambda row: not row.seen, step)


def _subject(row: Row, width: int, plain: str, *, nested: bool) -> list[look.Piece]:
    """Return star, subject and, where room is left, the preview in grey; exactly ``width`` cells."""
    line: list[look.Piece] = []
    for piece, wanted in ((("└ ", "faint"), nested), (("★ ", "accent"), row.flagged)):
        if wanted:
            line.append(piece)
            width -= 2
    subject = cells.cut(row.subject or "(no subject)", width)
    room = width - cells.width(subject)
    if row.preview and room >= 16:
        line.append((subject + "  ", plain))
        line.append((cells.fit(row.preview, room - 2), "faint"))
    else:
        line.append((subject + " " * room, plain))
    return line
