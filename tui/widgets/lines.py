"""A pane of prepared lines, some of which the cursor can stand on: folders, the deal, a timeline."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui import look
from tui.widgets.pane import Pane


class Item(NamedTuple):
    """One line; ``key`` is what it stands for, None for a line that the cursor passes over."""

    line: look.Line
    key: Hashable = None


class LinePane(Pane):
    """Lines set all at once. The cursor stays on its key when the lines change, and near it when that goes."""

    class Chosen(Message):
        """The user opened the line that stands for ``key`` (Enter, or a click)."""

        def __init__(self, pane: LinePane, key: Any) -> None:
            super().__init__()
            self.pane = pane
            self.key = key

        @property
        def control(self) -> LinePane:
            """The pane, for ``@on(..., "#id")``."""
            return self.pane

    CURSOR_WHEN_BLURRED = False
    """Whether the cursor line stays visible when another pane has the focus."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.items: list[Item] = []
        self.cursor = -1
        self.heading: tuple[Sequence[look.Piece], Sequence[look.Piece]] = ((), ())

    def line_count(self) -> int:
        """Return the number of lines."""
        return len(self.items)

    @property
    def cursor_key(self) -> Any:
        """What the line under the cursor stands for, None when there is no cursor."""
        return self.items[self.cursor].key if 0 <= self.cursor < len(self.items) else None

    def set_items(self, items: Sequence[Item], *, to_top: bool = False) -> None:
        """Show these lines; only those that differ are repainted."""
        key, before = self.cursor_key, self.cursor
        line = self.cursor - self.top
        self.items = list(items)
        self.cursor = -1 if key is None else self._place(key)
        if to_top:
            self.top = 0
        elif self.cursor >= 0:
            self.top = self.cursor - line if self.top else 0
        if self.cursor < 0:
            keyed = [index for index, item in enumerate(self.items) if item.key is not None]
            behind = [index for index in keyed if index >= before] or keyed[-1:]
            self.cursor = next(iter(keyed if to_top or before < 0 else behind), -1)
        self.clamp()
        self.refresh_changed()

    def _place(self, key: Hashable) -> int:
        """Return the line of a key, else that of the same thing with other values (the same id); -1 when it is gone."""
        found = next((index for index, item in enumerate(self.items) if item.key == key), -1)
        thing = _thing(key)
        if found >= 0 or thing is None:
            return found
        return next((index for index, item in enumerate(self.items) if _thing(item.key) == thing), -1)

    def draw_title(self, width: int) -> look.Line:
        """Draw the heading; in the accent colour while focused."""
        left, right = self.heading
        ink = "title" if self.has_focus else "strong"
        return look.spread([(" ", ""), *((text, name or ink) for text, name in left)], [*right, (" ", "")], width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw one line, on the cursor's ground where the cursor is."""
        item = self.items[index]
        if index != self.cursor or not (self.has_focus or self.CURSOR_WHEN_BLURRED):
            return self.strip(((" ", ""), *item.line), width)
        kind = "cursor" if self.has_focus else "cursor-blurred"
        return self.strip((("▌", "accent" if self.has_focus else "faint"), *item.line), width, kind)

    def move(self, steps: int) -> bool:
        """Move the cursor over ``steps`` lines that have a key; scrolls where there is none left. False at the end."""
        step = 1 if steps > 0 else -1
        index, found = self.cursor, self.cursor
        for _ in range(abs(steps)):
            index += step
            while 0 <= index < len(self.items) and self.items[index].key is None:
                index += step
            if not 0 <= index < len(self.items):
                break
            found = index
        if found == self.cursor:
            return self.scroll_lines(steps)
        before, self.cursor = self.cursor, found
        if self.reveal(found):
            self.refresh_changed()
        else:
            self.refresh_index(before, found)
        self.cursor_moved()
        return True

    def cursor_moved(self) -> None:
        """Called after the cursor moved."""

    def go_to(self, key: Hashable) -> bool:
        """Put the cursor on the line that stands for ``key``; False where there is none."""
        index = next((index for index, item in enumerate(self.items) if item.key == key), -1)
        if index < 0:
            return False
        self.cursor = index
        self.reveal(index)
        self.refresh_changed()
        return True

    def first(self) -> bool:
        """Go to the first line."""
        return self.move(-len(self.items)) | self.scroll_lines(-len(self.items))

    def last(self) -> bool:
        """Go to the last line."""
        return self.move(len(self.items)) | self.scroll_lines(len(self.items))

    def page(self, pages: int = 1) -> bool:
        """Move by whole pages."""
        return self.move(pages * max(1, self.body_height - 1))

    def half_page(self, halves: int = 1) -> bool:
        """Move by half pages."""
        return self.move(halves * max(1, self.body_height // 2))

    def open(self) -> None:
        """Choose the line under the cursor (Enter)."""
        if self.cursor_key is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line clicked, and choose it."""
        index = self.index_at(event.y - self.content_offset.y)
        if index is None or self.items[index].key is None:
            return
        self.cursor = index
        self.refresh_changed()
        self.open()


def _thing(key: object) -> tuple[object, ...] | None:
    """Return what a key is about, whatever its values: its type, kind and id; None for what has no id."""
    number = getattr(key, "id", None) if isinstance(key, tuple) else None
    return None if number is None else (type(key), getattr(key, "kind", None), number)
