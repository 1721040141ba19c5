"""A screen of one list, with the cursor keys that every list has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Protocol

from tui.engine import events
from tui.screens.keyed import KeyedScreen, with_help
from tui.screens.refreshing import Refresh
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine


class Steps(Protocol):
    """What the cursor keys move: a list, a board."""

    def move(self, steps: int) -> object:
        """Move by lines."""

    def first(self) -> object:
        """Go to the first."""

    def last(self) -> object:
        """Go to the last."""

    def half_page(self, halves: int) -> object:
        """Move by half pages."""

    def page(self, pages: int) -> object:
        """Move by pages."""


class RowsScreen(KeyedScreen[None]):
    """A screen whose one list is ``#rows`` and whose last line is ``#status``."""

    watched: ClassVar[tuple[type[events.Event], ...]] = ()
    """The events after which the rows are read again."""

    DEFAULT_CSS = """
    RowsScreen { layout: vertical; }
    RowsScreen #rows { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.hold()

    def on_mount(self) -> None:
        """Read the rows, follow what changes them; keys wait for the first reading."""
        self.set_focus(self.query_one("#rows"))
        self.show_hints()
        self.dealdesk.news.subscribe(self, self.on_news)
        self.again.now()

    @cached_property
    def again(self) -> Refresh:
        """Reads the rows again."""
        return Refresh(self, self._read, 0.1)

    async def _read(self) -> None:
        try:
            await self.read_rows()
        finally:
            self.release()

    async def read_rows(self) -> None:
        """Read what the list shows."""

    def on_news(self, batch: Sequence[events.Event]) -> None:
        """Read again where events say that it changed."""
        if any(isinstance(event, self.watched) for event in batch):
            self.again.soon()

    @property
    def rows(self) -> RowList[Any]:
        """The list."""
        return self.query_one("#rows", RowList)

    @property
    def steps(self) -> Steps:
        """What the cursor keys move."""
        return self.rows

    def show_hints(self) -> None:
        """Show the keys of this screen in its last line."""
        keymap = self.dealdesk.keymap
        rows = self.query_one("#rows")
        marked = len(rows.marks) if isinstance(rows, RowList) else 0
        hints = [
            (keymap.first_key(action.id), f"{action.footer} {marked}" if marked and action.counts else action.footer)
            for action in keymap.actions
            if action.footer and self.where in action.where and self.can(action)
        ]
        self.query_one("#status", StatusLine).show_hints(
            with_help(hints, keymap.first_key("help.open"), self.size.width)
        )

    def do_cursor_down(self) -> None:
        """One line down."""
        self.steps.move(1)

    def do_cursor_up(self) -> None:
        """One line up."""
        self.steps.move(-1)

    def do_cursor_first(self) -> None:
        """To the first line."""
        self.steps.first()

    def do_cursor_last(self) -> None:
        """To the last line."""
        self.steps.last()

    def do_cursor_half_down(self) -> None:
        """Half a page down."""
        self.steps.half_page(1)

    def do_cursor_half_up(self) -> None:
        """Half a page up."""
        self.steps.half_page(-1)

    def do_cursor_page_down(self) -> None:
        """One page down."""
        self.steps.page(1)

    def do_cursor_page_up(self) -> None:
        """One page up."""
        self.steps.page(-1)

    def do_view_back(self) -> None:
        """Back to where one came from."""
        self.dismiss(None)
