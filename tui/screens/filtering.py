"""A line below a list that narrows it with every key that is typed."""

from __future__ import annotations

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input

from tui.keymaps import token
from tui.screens.dealing import Dealing
from tui.turns import before_others
from tui.widgets.entry import Entry
from tui.widgets.statusline import StatusLine


class Filtered(Dealing):
    """A screen whose list is narrowed while one types; it has a line made by ``filter_line``."""

    DEFAULT_CSS = """
    Filtered #bar { dock: bottom; height: 1; margin: 0 0 1 0; border: none; padding: 0 1; display: none;
                    background: $panel; }
    Filtered #bar:focus { border: none; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.filter = ""
        self._before_bar = ""
        self._came_from: Widget | None = None

    def filter_line(self, hint: str) -> Entry:
        """Return the line to be composed, with what may be typed into it."""
        return Entry(id="bar", placeholder=hint, before=self.before_line)

    async def narrow(self) -> None:
        """Show what ``filter`` leaves."""

    @property
    def _bar(self) -> Entry:
        return self.query_one("#bar", Entry)

    def pane(self) -> str:
        """Return ``bar`` while the filter is typed: no key means anything else then."""
        return "bar" if self.focused is self._bar else super().pane()

    def do_list_filter(self) -> None:
        """Narrow what is shown, while typing."""
        bar = self._bar
        self._before_bar = bar.value = self.filter
        bar.cursor_position = len(bar.value)
        bar.display = True
        self._came_from = self.focused
        self.set_focus(bar)
        hints = [("Enter", "to the list"), ("Down Up", "move"), ("Esc", "leave it")]
        self.query_one("#status", StatusLine).show_hints(hints)

    @on(Input.Changed, "#bar")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._bar.display and event.value.strip() != self.filter:
            self.filter = event.value.strip()
            self.work(self.narrow, "filter")

    def _leave_bar(self, text: str) -> None:
        self._bar.display = False
        self.set_focus(self._came_from)
        self._filter_by(text)
        self.show_hints()

    def _filter_by(self, text: str) -> None:
        """Show what a filter leaves; the keys that follow are meant for that and wait for it."""
        self.filter = text.strip()
        self.hold()

        async def narrowed() -> None:
            try:
                await self.narrow()
            finally:
                self.release()

        self.work(narrowed())

    async def on_key(self, event: events.Key) -> None:
        """Take the keys of the line that were pressed before it had the focus; else as any screen."""
        if self.app.screen is self and self.focused is self._bar and self.before_line(event):
            event.stop()
            event.prevent_default()
        else:
            await super().on_key(event)

    def before_line(self, event: events.Key) -> bool:
        """Leave the line, by Esc with the filter as it was before, or move by the arrows; return whether it was that.

        A key that reaches the line after it was left was typed for the list.
        """
        pressed = token(event.key, event.character)
        if not self._bar.display:
            before_others(self.app, event)
        elif pressed in ("Enter", "Tab", "Esc"):
            self._leave_bar(self._before_bar if pressed == "Esc" else self._bar.value)
        elif pressed in ("Down", "Up", "C-n", "C-p"):
            self.steps.move(1 if pressed in ("Down", "C-n") else -1)
        else:
            return False
        return True

    def do_view_back(self) -> None:
        """Take the filter off, else go back to where one came from."""
        if self.filter:
            self._filter_by("")
        else:
            super().do_view_back()
