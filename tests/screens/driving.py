"""Pressing keys and waiting for what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Static

from tests.screens.home import settle
from tui.engine.model import Row
from tui.screens.compose import ComposeScreen
from tui.screens.workspace import Workspace


def send(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys as fast as can be, without waiting for anything."""
    for key in keys:
        if len(key) == 1:
            pilot.app.post_message(events.Key(_character_to_key(key), key))
        else:
            pilot.app.post_message(events.Key(key, {"space": " ", "tab": "\t", "enter": "\r"}.get(key)))


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after the other, each when the one before has been handled; then wait until everything rests."""
    for key in keys:
        send(pilot, key)
        await pilot._wait_for_screen()
    await rest(pilot)


async def rest(pilot: Pilot[Any]) -> None:
    """Wait until the list was read again and the panes followed."""
    await settle(pilot)
    for screen in pilot.app.screen_stack:
        while isinstance(screen, Workspace) and not screen.rests:
            await pilot.pause(0.01)
    await settle(pilot)


async def until(pilot: Pilot[Any], condition: Callable[[], object], turns: int = 500) -> None:
    """Wait until something holds."""
    for _ in range(turns):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("What was waited for did not come.")


def row(screen: Workspace) -> Row:
    """The row under the cursor."""
    found = screen.messages.cursor_row
    assert found is not None
    return found


def find(screen: Workspace, subject: str) -> Row:
    """The row of the list with this subject."""
    rows = screen.dealdesk.host.reader.rows(screen.messages.ids)
    return next(one for one in rows if one.subject == subject)


def stored(screen: Workspace, message_id: int) -> Row:
    """What the engine's store says of a message."""
    return screen.dealdesk.host.reader.row(message_id)


def composer(screen: Workspace) -> ComposeScreen:
    """The composer, which is the uppermost screen."""
    top = screen.app.screen
    assert isinstance(top, ComposeScreen)
    return top


def shown(screen: ComposeScreen, name: str) -> str:
    """What a line of the composer says."""
    return str(screen.query_one(f"#{name}", Static).content)
