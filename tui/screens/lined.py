"""A screen of prepared lines over the workspace, some of which can be opened or changed by key."""

from __future__ import annotations

from collections.abc import Hashable

from textual import events as ui
from textual import on
from textual.app import ComposeResult

from tui import look
from tui.screens.dealing import Dealing
from tui.widgets.lines import Item, LinePane
from tui.widgets.statusline import StatusLine


class Lines(LinePane):
    """The lines of such a screen."""

    CURSOR_WHEN_BLURRED = True


class LinesScreen(Dealing):
    """Subclasses read in ``read_rows``, end that with ``show_lines``, and say in ``items`` what was read."""

    def compose(self) -> ComposeResult:
        """The lines and the keys."""
        yield Lines(id="rows")
        yield StatusLine(id="status")

    @property
    def lines(self) -> Lines:
        """The lines."""
        return self.query_one("#rows", Lines)

    @property
    def steps(self) -> Lines:
        """What the cursor keys move."""
        return self.lines

    def items(self, width: int, now: float) -> list[Item]:
        """Return the lines for a width in cells and the present; sets the pane's heading too."""
        return []

    def show_lines(self, *, to_top: bool = False) -> None:
        """Show what was read."""
        pane = self.lines
        pane.set_items(self.items(max(10, pane.size.width - 2), look.now()), to_top=to_top)
        pane.refresh_title()

    def on_resize(self, event: ui.Resize) -> None:
        """Lay the lines out for the new width."""
        self.call_after_refresh(self.show_lines)

    @on(LinePane.Chosen, "#rows")
    def _opened(self, event: LinePane.Chosen) -> None:
        event.stop()
        self.open_line(event.key)

    def do_story_open(self) -> None:
        """Open what the cursor is on."""
        if self.lines.cursor_key is not None:
            self.open_line(self.lines.cursor_key)

    def open_line(self, key: Hashable) -> None:
        """Open what a line stands for."""
