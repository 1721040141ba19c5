"""Keys typed in one breath arrive in their order where they were meant for, and none is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from tests.screens.driving import send, until
from tests.screens.home import make
from tests.widgets.terminal import Terminal
from tui.screens.dialogs import Choice, Picker, Prompt
from tui.screens.keyed import KeyedScreen
from tui.turns import InOrder


@pytest.mark.timeout(120)
def test_one_write_of_many_keys_to_a_terminal_opens_and_fills_dialog_after_dialog(tmp_path: Path) -> None:
    asyncio.run(make(tmp_path / "home"))
    with Terminal("tests.screens.terminal_app", str(tmp_path / "home"), columns=120, lines=40) as terminal:
        terminal.wait_for("Inbox")
        terminal.settle()
        for keys, shown, gone in (
            ("lDelta audit of the archive", "Delta audit of the archive", "type to search deals"),
            (":contacts\r\\acme archer", "acme archer", "Esc leave it"),
            ("\\acme\r:undo the last thing", "undo the last thing", "Enter runs it"),
            ("qq:pipeline board\r\\acme\rnNew thing for Ann", "New thing for Ann", "New deal"),
            ("tfri call Ann about it", "fri call Ann about it", "Task for"),
            ("\r\tiline one and no more", "line one and no more", "Note on"),
        ):
            terminal.type(keys)
            terminal.wait_for(shown)
            terminal.type("\x1b")
            # An escape and what is typed right behind it would be another key.
            terminal.wait_until_gone(gone)
            terminal.settle(0.1)


class Below(KeyedScreen[None]):
    """A screen with a field."""

    def compose(self) -> ComposeResult:
        yield Input()


class Slow(InOrder):
    """An app over whose field a picker waits for its choices."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.field = Below()
        self.dialog: Screen[Any] = Picker(Content("Fruit"), self._find, numbered=True)

    async def _find(self, text: str) -> list[Choice]:
        await self.gate.wait()
        return [Choice(one, Content(one)) for one in ("apple", "pear", "plum")]

    def on_mount(self) -> None:
        self.push_screen(self.field)
        self.field.over(self.dialog, lambda what: self.field.over(Prompt(Content(f"Why {what}?"))) if what else None)


def value(pilot: Pilot[Any]) -> str:
    """What stands in the field of the uppermost screen."""
    return pilot.app.screen.query_one(Input).value


async def test_keys_behind_a_choice_that_waits_come_in_their_order_into_what_it_opens() -> None:
    app = Slow()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen is app.dialog)
        send(pilot, "2", *"abcdef")
        await pilot._wait_for_screen()
        send(pilot, *"ghijkl")
        app.gate.set()
        send(pilot, *"mnopqr")
        await until(pilot, lambda: isinstance(app.screen, Prompt) and len(value(pilot)) == 18)
        assert value(pilot) == "abcdefghijklmnopqr"


async def test_escape_leaves_a_choice_that_waits_and_what_was_typed_for_it_goes_nowhere() -> None:
    app = Slow()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen is app.dialog)
        send(pilot, "2", *"abc", "escape", *"def")
        await until(pilot, lambda: app.screen is app.field and value(pilot) == "def")


async def test_a_search_that_fails_leaves_the_picker_usable() -> None:
    app = Slow()

    async def fails(text: str) -> list[Choice]:
        await app.gate.wait()
        raise ValueError("no such database")

    app.dialog = Picker(Content("Fruit"), fails, numbered=True)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen is app.dialog)
        send(pilot, "2", "a", "b")
        app.gate.set()
        await until(pilot, lambda: value(pilot) == "ab")


async def test_keys_held_while_something_is_read_come_before_those_typed_later() -> None:
    app = Slow()
    app.gate.set()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen is app.dialog)
        send(pilot, "escape")
        await until(pilot, lambda: app.screen is app.field)
        app.field.set_focus(None)
        app.field.hold()
        send(pilot, *"abc")
        await pilot._wait_for_screen()
        send(pilot, *"de")
        app.field.set_focus(app.field.query_one(Input))
        app.field.release()
        send(pilot, *"fg")
        await until(pilot, lambda: len(value(pilot)) == 7)
        assert value(pilot) == "abcdefg"


class Swallowing(Screen[None]):
    """A screen that goes away with what it was given to do."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[str] = []

    def on_key(self, event: events.Key) -> None:
        self.got.append(event.key)

    def call_later(self, callback: Any, *args: Any, **kwargs: Any) -> bool:
        return "_follow" in callback.__name__ or super().call_later(callback, *args, **kwargs)


async def test_a_key_whose_end_is_lost_holds_up_the_next_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    app, screen = InOrder(), Swallowing()
    async with app.run_test() as pilot:
        await app.push_screen(screen)
        send(pilot, "a", "b")
        await until(pilot, lambda: app.typed == 2)
        assert screen.got == ["a"]
        monkeypatch.setattr("tui.turns.LOST", 0.0)
        send(pilot, "c")
        await until(pilot, lambda: screen.got == ["a", "b"])
