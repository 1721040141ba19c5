"""Where the cursor stays when what is listed changes, and keys that come in one burst."""

from __future__ import annotations

import time

import pytest
from textual.widgets import Input

from tests.screens.driving import find, press, rest, row, send
from tests.screens.home import workspace
from tui.engine.paths import Paths
from tui.screens.dialogs import Picker


async def test_keys_behind_the_slash_are_typed_into_the_search(paths: Paths) -> None:
    """Keys of one burst reach the line that the first of them opens."""
    async with workspace(paths) as (pilot, screen):
        send(pilot, "/", *"from:ann")
        await rest(pilot)
        assert screen.query_one("#bar", Input).value == "from:ann"
        assert "Esc leave it" in " ".join(" ".join(hint) for hint in screen.status_line.hints)


async def test_an_undo_elsewhere_does_not_keep_the_cursor_from_its_place(paths: Paths) -> None:
    """What undo brought back into another list is not looked for again in every list shown later."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "e", "j", "j")
        at = screen.messages.cursor_id
        await press(pilot, "/", *"from:dmitri", "enter")
        await press(pilot, "u")
        await press(pilot, "q")
        assert screen.messages.cursor_id == at


async def test_move_leaves_out_the_folder_of_the_messages(paths: Paths) -> None:
    """Moving a message to where it is would be nothing; and what is deleted for ever promises no undo."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "s")
        picker = screen.app.screen
        assert isinstance(picker, Picker)
        assert picker._choices is not None
        assert row(screen).folder_id not in [choice.value for choice in picker._choices]
        await press(pilot, "escape", "D", "y")
        assert screen.status_line.notice is not None
        assert "undo" not in screen.status_line.notice[0]


async def test_a_fold_leaves_the_cursor_on_its_thread(paths: Paths) -> None:
    """From a message inside, or from any of it when threads are turned on, the cursor goes to the thread's line."""
    async with workspace(paths) as (pilot, screen):
        first = find(screen, "First question")
        screen.messages.go_to(first.id)
        await press(pilot, "T")
        assert row(screen).thread == first.thread
        head = row(screen).id
        await press(pilot, "z", "o")
        await press(pilot, "j", "j")
        await press(pilot, "z", "c")
        assert screen.messages.cursor_id == head


async def test_a_second_esc_does_not_quit(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Esc pressed twice in one breath leaves the composer or a dialog, not the app below."""
    monkeypatch.setattr("tui.screens.moving.TWICE", 3600.0)  # one breath, however slow the machine is
    async with workspace(paths) as (pilot, screen):
        for opened in ("m", "l", "w", "D"):
            await press(pilot, opened)
            assert pilot.app.screen is not screen
            send(pilot, "escape", "escape")
            await rest(pilot)
            assert pilot.app.screen is screen
            assert pilot.app.return_code is None
            assert pilot.app._exit is False
            screen.came_back = time.monotonic()
            await press(pilot, "escape")
            assert pilot.app._exit is False
