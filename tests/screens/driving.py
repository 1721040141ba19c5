"""Pressing keys and waiting for what they do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Static
from textual.worker import WorkerState

from tui.app import DealdeskApp
from tui.engine.model import Row
from tui.screens.compose import ComposeScreen
from tui.screens.rows import RowsScreen
from tui.screens.workspace import Workspace
from tui.turns import InOrder

PATIENCE = 40.0
"""Seconds that something is waited for."""


def send(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys as fast as can be, without waiting for anything."""
    for key in keys:
        if len(key) == 1:
            pilot.app.post_message(events.Key(_character_to_key(key), key))
        else:
            pilot.app.post_message(events.Key(key, {"space": " ", "tab": "\t", "enter": "\r"}.get(key)))


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after the other, each when the one before has been handled; then wait until everything rests.

    One that a screen holds until it has read what the key means hasn't been handled.
    """
    for key in keys:
        send(pilot, key)
        await pilot._wait_for_screen()
        while isinstance(pilot.app, InOrder) and pilot.app.typed:
            await pilot.pause(0.01)
    await rest(pilot)


async def rest(pilot: Pilot[Any]) -> None:
    """Wait until nothing is being done, told, read or about to be, and what it led to is laid out."""
    await settle(pilot)
    await told(pilot.app)
    while not rests(pilot.app):
        await pilot.pause(0.01)
        await settle(pilot)
        await told(pilot.app)
    await pilot.pause(0)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until nothing that was typed is left, and nothing is being read, done or painted any more."""
    for _ in range(3):
        await pilot._wait_for_screen()
        while isinstance(pilot.app, InOrder) and pilot.app.typed and not pilot.app._waits():
            await pilot._wait_for_screen()
        for worker in list(pilot.app.workers):
            while worker.state is WorkerState.PENDING:
                await pilot._wait_for_screen()
            await asyncio.gather(worker.wait(), return_exceptions=True)
    await pilot._wait_for_screen()


async def told(app: App[Any]) -> None:
    """Wait until the screens were given what the engine's bus still gathers."""
    if isinstance(app, DealdeskApp) and app._opened.is_set() and not app._exit:

        async def flush() -> None:
            app.host.engine.events.flush()

        await app.host.call(flush)


def rests(app: App[Any]) -> bool:
    """Whether no work runs, no screen reads or is about to read, no message is unhandled and nothing unpainted."""
    if app._exit:
        return True
    if isinstance(app, InOrder) and app.typed and not app._waits():
        return False
    if any(not worker.is_finished for worker in app.workers):
        return False
    for screen in app.screen_stack:
        if isinstance(screen, Workspace) and not screen.rests:
            return False
        if isinstance(screen, RowsScreen) and not (screen.again.idle and screen.again.finished):
            return False
    top = app.screen
    if top._layout_required or top._repaint_required or top._dirty_widgets or top._callbacks:
        return False
    nodes = (app, *top.walk_children(with_self=True))
    return not any(node.message_queue_size for node in nodes if node.is_running)


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Wait until something holds; only a broken program reaches the limit."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "What was waited for did not come."
        await pilot.pause(0.01)


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
