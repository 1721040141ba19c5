"""One widget on a screen of a given size, with the clock stopped and the theme set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from tests.widgets.rows import NOW
from tui import look
from tui.theme import THEMES
from tui.widgets.pane import Pane


class Stage(App[None]):
    """Shows one widget, focused if it can be, and keeps every message the widget posts."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.safe = look.SafeFilter()

    def get_line_filters(self) -> list[LineFilter]:
        """Add the gate."""
        return [*super().get_line_filters(), self.safe]

    def compose(self) -> ComposeResult:
        """The widget alone."""
        yield self.widget

    def on_mount(self) -> None:
        """Set theme and focus."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "dealdesk"
        if self.widget.can_focus:
            self.widget.focus()


async def painted(pilot: Pilot[None], widget: Widget) -> None:
    """Wait until what is shown is on the (headless) screen."""
    await pilot.pause()
    while isinstance(widget, Pane) and not widget._drawn:
        await pilot.pause()
    await pilot.pause()


@asynccontextmanager
async def on_stage(
    widget: Widget, width: int = 80, height: int = 12
) -> AsyncIterator[tuple[Pilot[None], list[Message]]]:
    """Run ``widget`` on a screen; yield the pilot and the list of messages posted so far."""
    posted: list[Message] = []

    def note(message: Message) -> None:
        """Keep a message once, though it is told of at every widget that it bubbles through."""
        if not any(one is message for one in posted):
            posted.append(message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(look, "now", lambda: NOW)
        app = Stage(widget)
        async with app.run_test(size=(width, height), message_hook=note) as pilot:
            await painted(pilot, widget)
            posted.clear()
            yield pilot, posted
