"""A screen of one list, with the cursor keys that every list has."""

from __future__ import annotations

from typing import Any

from tui.screens.keyed import KeyedScreen, with_help
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine


class RowsScreen(KeyedScreen[None]):
    """A screen whose one list is ``#rows`` and whose last line is ``#status``."""

    DEFAULT_CSS = """
    RowsScreen { layout: vertical; }
    RowsScreen #rows { height: 1fr; }
    """

    @property
    def rows(self) -> RowList[Any]:
        """The list."""
        return self.query_one("#rows", RowList)

    def show_hints(self) -> None:
        """Show the keys of this screen in its last line."""
        keymap = self.dealdesk.keymap
        hints = [
            (keymap.first_key(action.id), action.footer)
            for action in keymap.actions
            if action.footer and self.where in action.where and self.can(action)
        ]
        self.query_one("#status", StatusLine).show_hints(
            with_help(hints, keymap.first_key("help.open"), self.size.width)
        )

    def do_cursor_down(self) -> None:
        """One line down."""
        self.rows.move(1)

    def do_cursor_up(self) -> None:
        """One line up."""
        self.rows.move(-1)

    def do_cursor_first(self) -> None:
        """To the first line."""
        self.rows.first()

    def do_cursor_last(self) -> None:
        """To the last line."""
        self.rows.last()

    def do_cursor_half_down(self) -> None:
        """Half a page down."""
        self.rows.half_page(1)

    def do_cursor_half_up(self) -> None:
        """Half a page up."""
        self.rows.half_page(-1)

    def do_cursor_page_down(self) -> None:
        """One page down."""
        self.rows.page(1)

    def do_cursor_page_up(self) -> None:
        """One page up."""
        self.rows.page(-1)

    def do_view_back(self) -> None:
        """Back to where one came from."""
        self.dismiss(None)
