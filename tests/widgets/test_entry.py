"""Fields to type into: a burst of keys leaves the text that the same keys leave when they are pressed slowly."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input, TextArea

from tui.screens.fields import Text
from tui.widgets.entry import Entry

KEYS = ("ctrl+u", *"abc", "backspace", *"de", "home", "x", "end", "left", "delete", "y")
LEFT = "xabdy"


class Form(App[None]):
    def compose(self) -> ComposeResult:
        yield Entry("old")
        yield Text("old")


@pytest.mark.parametrize("turns", [0, 1, 3])
@pytest.mark.parametrize("kind", [Input, TextArea], ids=lambda kind: kind.__name__)
async def test_a_burst_is_typed_in_its_order(kind: type[Input] | type[TextArea], turns: int) -> None:
    """Letters don't overtake the Backspace, Home or C-u that came before them, however the keys arrive."""
    app = Form()
    async with app.run_test() as pilot:
        field = app.query_one(kind)
        field.focus()
        if isinstance(field, TextArea):
            field.move_cursor(field.document.end)
        await pilot.pause()
        for key in KEYS:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
            for _ in range(turns):
                await asyncio.sleep(0)
        await pilot.pause()
        assert (field.text if isinstance(field, TextArea) else field.value) == LEFT
