"""A list of any number of rows, of which only those in view exist.

It holds a vector of ids and a page cache of rows; the cursor and the marks are ids, never row numbers, so that new mail
moves neither. A step of the cursor repaints two lines.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui import look
from tui.widgets.marks import Marks, follow
from tui.widgets.pane import Pane

CACHED_ROWS = 2048
"""Rows kept; beyond this the cache starts anew around the cursor."""


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> int:
        """Its identity within the list."""
        ...


R = TypeVar("R", bound=Identified)
Fetch = Callable[[Sequence[int]], Sequence[R]]


class RowList(Pane, Generic[R]):
    """A windowed list of rows, each known by its id.

    Args:
        fetch: returns the rows of some ids, in any order, unknown ones left out; called on the UI loop with at most a
            few pages of ids, so it has to answer in about a millisecond.
    """

    class _Event(Message):
        """Something about one list."""

        def __init__(self, list: RowList[Any]) -> None:
            super().__init__()
            self.list = list

        @property
        def control(self) -> RowList[Any]:
            """The list, for ``@on(..., "#id")``."""
            return self.list

    class CursorMoved(_Event):
        """The cursor is on another row now; ``id`` None: the list is empty."""

        def __init__(self, list: RowList[Any], id: int | None) -> None:
            super().__init__(list)
            self.id = id

    class Opened(_Event):
        """The user opened the row ``id`` (Enter, or a second click)."""

        def __init__(self, list: RowList[Any], id: int) -> None:
            super().__init__(list)
            self.id = id

    class MarksChanged(_Event):
        """Other rows are marked now, ``count`` of them."""

        def __init__(self, list: RowList[Any], count: int) -> None:
            super().__init__(list)
            self.count = count

    def __init__(self, fetch: Fetch[R], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.ids: array[int] = array("q")
        self.cursor = -1
        self._fetch = fetch
        self._rows: dict[int, R | None] = {}
        self._strips: dict[tuple[int, int, str, str], Strip] = {}
        self._marks = Marks()

    # Content

    def line_count(self) -> int:
        """Return the number of rows."""
        return len(self.ids)

    @property
    def cursor_id(self) -> int | None:
        """The id under the cursor, None in an empty list."""
        return self.ids[self.cursor] if 0 <= self.cursor < len(self.ids) else None

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor, None when there is none."""
        return None if self.cursor_id is None else self.row(self.cursor_id)

    def set_ids(self, ids: Sequence[int], *, reset: bool = False) -> None:
        """Show these ids. The cursor stays on its row by identity.

        Args:
            ids: in the order to show; an ``array('q')`` is taken as it is.
            reset: True for another list altogether: cursor on the first row, no marks.

        Where the cursor's row is gone it goes to the next one that is still there, else to the last: after an archive
        that is the same line of the screen. Marks of rows that are gone go too.
        """
        before, old, line = self.cursor_id, self.ids, self.cursor - self.top
        new = ids if isinstance(ids, array) else array("q", ids)
        if reset:
            unmarked = self._marks.clear()
            self.ids, self.cursor, self.top = new, (0 if new else -1), 0
        else:
            cursor = follow(old, new, self.cursor)
            at_top = self.top == 0 and cursor < self.body_height
            self.ids, self.cursor = new, cursor
            self.top = 0 if at_top else cursor - line
            unmarked = self._marks.keep(new)
        self.clamp()
        self.refresh_changed()
        if unmarked:
            self.post_message(self.MarksChanged(self, len(self.marks)))
        if self.cursor_id != before:
            self.post_message(self.CursorMoved(self, self.cursor_id))

    def row(self, id: int) -> R | None:
        """Return a row from the cache, else fetch it; None when the source doesn't know it (any more)."""
        if id not in self._rows:
            self._load([id])
        return self._rows.get(id)

    def invalidate(self, ids: Iterable[int] | None = None) -> None:
        """Forget rows (all of them for None), because they changed; what is in view is fetched and repainted."""
        if ids is None:
            self._rows.clear()
            self._strips.clear()
        else:
            gone = set(ids)
            for id in gone:
                self._rows.pop(id, None)
            for key in [key for key in self._strips if key[0] in gone]:
                del self._strips[key]
        self.refresh_changed()

    def _load(self, ids: Sequence[int]) -> None:
        if len(self._rows) + len(ids) > CACHED_ROWS:
            self._rows.clear()
            self._strips.clear()
        found = {row.id: row for row in self._fetch(ids)}
        for id in ids:
            self._rows[id] = found.get(id)

    def _fill(self, first: int, last: int) -> None:
        missing = [id for id in self.ids[max(0, first) : max(0, last)] if id not in self._rows]
        if missing:
            self._load(missing)

    def _look_ahead(self) -> None:
        """Fetch the neighbouring pages when the cursor comes within half a page of what is not here yet."""
        height = max(1, self.body_height)
        for edge in (self.top + height + height // 2, self.top - height // 2):
            if 0 <= edge < len(self.ids) and self.ids[edge] not in self._rows:
                self._fill(self.top - height, self.top + 2 * height)
                return

    # Drawing

    def draw_row(self, row: R, width: int) -> look.Line:
        """Return the line of one row, without its bar in the first cell."""
        return ((str(row.id), ""),)

    def draw_below(self, row: R, width: int) -> look.Line:
        """Return the second line of one row, likewise; for lists of two lines a row."""
        return ()

    def bar(self, index: int, id: int) -> look.Piece:
        """Return the first cell of a row: ``▌`` cursor, ``▐`` marked, ``█`` both; so that colour is not needed."""
        marked = id in self.marks
        if index == self.cursor:
            return ("█" if marked else "▌", "accent" if self.has_focus else "faint")
        return ("▐" if marked else " ", "accent" if marked else "")

    def kind(self, index: int, id: int) -> str:
        """Return the kind of line that a row is drawn on."""
        if index == self.cursor:
            return "cursor" if self.has_focus else "cursor-blurred"
        return "marked" if id in self.marks else ""

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw one row; its strip is kept until the row, the width or its state changes."""
        return self._draw_part(index, width, 0)

    def draw_more(self, index: int, width: int) -> Strip:
        """Draw the second line of a row; kept likewise."""
        return self._draw_part(index, width, 1) if self.ids else self.strip((), width)

    def _draw_part(self, index: int, width: int, part: int) -> Strip:
        id = self.ids[index]
        if id not in self._rows:
            self._fill(self.top, self.top + self.body_height)
        bar, kind = self.bar(index, id), self.kind(index, id)
        key = (id, part, bar[0], kind)
        strip = self._strips.get(key)
        if strip is None or strip.cell_length != width:
            row = self._rows.get(id)
            draw = self.draw_below if part else self.draw_row
            line = ((" …", "faint"),) if row is None else draw(row, width - 1)
            strip = self._strips[key] = self.strip((bar, *line), width, kind)
        return strip

    def notify_style_update(self) -> None:
        """Forget drawn rows with the colours."""
        self._strips.clear()
        super().notify_style_update()

    def redraw(self) -> None:
        """Draw anew what is in view, because time passed (dates are relative to now)."""
        self._strips.clear()
        self.refresh_changed()

    # Moving

    def go_to_index(self, index: int) -> bool:
        """Put the cursor on row ``index``, clamped; return whether it moved."""
        if not self.ids:
            return False
        index = min(max(0, index), len(self.ids) - 1)
        before = self.cursor
        if index == before:
            if self.reveal(index):
                self.refresh_changed()
            return False
        self.cursor = index
        swept = self._marks.sweep(self.ids, index)
        if swept:
            self.post_message(self.MarksChanged(self, len(self.marks)))
        if self.reveal(index) or swept:
            self.refresh_changed()
        else:
            self.refresh_index(before, index)
        self.post_message(self.CursorMoved(self, self.cursor_id))
        self.call_after_refresh(self._look_ahead)
        return True

    def go_to(self, id: int) -> bool:
        """Put the cursor on the row with this id; return False where the list doesn't have it."""
        try:
            index = self.ids.index(id)
        except ValueError:
            return False
        self.go_to_index(index)
        return True

    def move(self, steps: int) -> bool:
        """Move the cursor by ``steps`` rows; False at the end."""
        return self.go_to_index(self.cursor + steps)

    def first(self) -> bool:
        """Go to the first row."""
        return self.go_to_index(0)

    def last(self) -> bool:
        """Go to the last row."""
        return self.go_to_index(len(self.ids) - 1)

    def page(self, pages: int = 1) -> bool:
        """Move by whole pages; the cursor keeps its line of the screen."""
        return self._jump(pages * max(1, self.body_height - 1))

    def half_page(self, halves: int = 1) -> bool:
        """Move by half pages; the cursor keeps its line of the screen."""
        return self._jump(halves * max(1, self.body_height // 2))

    def _jump(self, rows: int) -> bool:
        before = self.top
        self.top += rows
        self.clamp()
        moved = self.go_to_index(self.cursor + rows)
        if self.top != before:
            self.refresh_changed()
        return moved

    def go_to_next(self, wanted: Container[int], step: int = 1) -> bool:
        """Go to the next row (``step`` -1: the one before) whose id is in ``wanted``; False when there is none."""
        rest = self.ids[self.cursor + 1 :] if step > 0 else self.ids[: max(0, self.cursor)][::-1]
        found = next(filter(wanted.__contains__, rest), None)
        return found is not None and self.go_to(found)

    # Marks

    @property
    def marks(self) -> set[int]:
        """The marked ids."""
        return self._marks.ids

    @property
    def ranging(self) -> bool:
        """Whether moving marks everything between where the range began and the cursor."""
        return self._marks.ranging

    @property
    def targets(self) -> tuple[int, ...]:
        """The ids that a command applies to: the marked ones in list order, else the one under the cursor."""
        if self.marks:
            return tuple(id for id in self.ids if id in self.marks)
        return () if self.cursor_id is None else (self.cursor_id,)

    def mark_and_step(self) -> None:
        """Mark or unmark the row under the cursor and go to the next (``x``)."""
        if self.cursor_id is not None:
            self._marks.toggle(self.cursor_id)
            self._marked()
            self.move(1)

    def mark(self, ids: Iterable[int]) -> None:
        """Mark these ids too, as far as they are in the list (``V``: a thread)."""
        self.marks.update(set(ids).intersection(self.ids))
        self._marked()

    def mark_all(self) -> None:
        """Mark everything in the list, or nothing when all is marked (``X``)."""
        if len(self.marks) == len(self.ids):
            self._marks.clear()
        else:
            self.marks.update(self.ids)
        self._marked()

    def clear_marks(self) -> bool:
        """Unmark everything and end the range; return whether there was something."""
        had = self._marks.clear()
        if had:
            self._marked()
        return had

    def toggle_range(self) -> None:
        """Begin a range at the cursor, or end it and keep its marks (``v``)."""
        if self.ranging or self.cursor_id is None:
            self._marks.end_range()
        else:
            self._marks.begin_range(self.cursor_id)
            self._marks.sweep(self.ids, self.cursor)
        self._marked()

    def _marked(self) -> None:
        self.refresh_changed()
        self.post_message(self.MarksChanged(self, len(self.marks)))

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click is; a second click opens."""
        index = self.index_at(event.y - self.content_offset.y)
        if index is None:
            return
        self.go_to_index(index)
        if event.chain == 2 and self.cursor_id is not None:
            self.post_message(self.Opened(self, self.cursor_id))

    def open(self) -> None:
        """Open the row under the cursor (Enter)."""
        if self.cursor_id is not None:
            self.post_message(self.Opened(self, self.cursor_id))
