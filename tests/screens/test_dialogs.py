"""Dialogs: what is typed reaches them, hostile text is only text, and every way out works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual import events
from textual.content import Content
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from tui import theme
from tui.screens.dialogs import Choice, Confirm, Dialog, Panel, Picker, Prompt, among, fuzzy
from tui.turns import InOrder

HOSTILE = "[/x] [bold]a\x1b]0;b\x07\u202e"


class Asking(InOrder):
    def __init__(self, dialog: Dialog) -> None:
        super().__init__()
        self.dialog = dialog
        self.answers: list[object] = []
        for one in theme.THEMES:
            self.register_theme(one)
        self.theme = "dealdesk"

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)


async def answers(dialog: Dialog, *keys: str) -> list[object]:
    app = Asking(dialog)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        return app.answers


async def settle(pilot: Pilot[Any]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def fruit() -> list[Choice]:
    return [Choice(name, Content(name)) for name in ("apple", "pear", "plum", "Pflaume [/x]")]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("enter",), "apple"),
        (("down", "enter"), "pear"),
        (("2",), "pear"),
        (("p", "l", "u", "enter"), "plum"),
        (("z", "z", "q", "enter"), None),
        (("escape",), None),
    ],
)
async def test_a_picker_is_chosen_from(keys: Sequence[str], answer: object) -> None:
    """Arrows, digits while nothing is typed, typing, Esc."""
    found = await answers(Picker(Content("Fruit"), among(fruit()), numbered=True), *keys)
    assert found in ([answer], [])
    assert answer is None or found == [answer]


async def test_digits_are_text_once_something_is_typed() -> None:
    """A digit chooses only in an empty field."""
    dialog = Picker(Content("Fruit"), among(fruit()), numbered=True)
    app = Asking(dialog)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("a", "2")
        assert dialog.query_one(Input).value == "a2"
        assert app.answers == []


async def test_a_digit_waits_for_slow_choices() -> None:
    """A key pressed before the choices are there chooses when they are."""
    import asyncio

    gate = asyncio.Event()

    async def slow(text: str) -> list[Choice]:
        await gate.wait()
        return fruit()

    app = Asking(Picker(Content("Fruit"), slow, numbered=True))
    async with app.run_test() as pilot:
        await pilot.press("3")
        assert app.answers == []
        gate.set()
        await settle(pilot)
        assert app.answers == ["plum"]


async def test_keys_typed_before_the_field_is_there_go_into_it() -> None:
    """KEYS.md: a key typed while a screen loads reaches what it was meant for."""
    dialog = Prompt(Content("Name"))
    app = Asking(Prompt(Content("below")))
    async with app.run_test() as pilot:
        await settle(pilot)
        app.push_screen(dialog, app.answers.append)
        await pilot.press("a", "b")
        await settle(pilot)
        assert dialog.query_one(Input).value == "ab"


@pytest.mark.parametrize(("keys", "answer"), [(("y",), [True]), (("n",), [False]), (("escape",), [None]), (("x",), [])])
async def test_a_question_needs_its_key(keys: Sequence[str], answer: list[object]) -> None:
    """Only y is yes; other keys do nothing, and reach nothing below."""
    assert await answers(Confirm(Content("Delete 3 messages?")), *keys) == answer


@pytest.mark.parametrize("dialog", ["picker", "prompt", "confirm", "panel"])
async def test_hostile_text_is_only_text(dialog: str) -> None:
    """No markup in data, wherever a dialog shows it."""
    text = Content(HOSTILE)
    made: dict[str, Dialog] = {
        "picker": Picker(text, among([Choice(1, text)]), foot=HOSTILE),
        "prompt": Prompt(text, HOSTILE, placeholder=HOSTILE, foot=HOSTILE),
        "confirm": Confirm(text, text, {"k": (1, HOSTILE)}),
        "panel": Panel(text, text),
    }
    app = Asking(made[dialog])
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "[/x]" in shown(app.screen)


def shown(screen: Screen[Any]) -> str:
    return "\n".join(strip.text for strip in screen._compositor.render_strips())


def test_fuzzy_puts_what_contains_the_text_first() -> None:
    """An exact part beats a likeness; nothing typed keeps the order."""
    folders = [
        Choice(name, Content(name)) for name in ("Sent", "Clients/Acme", "Clients/Beta", "Archive 2024", "Receipts")
    ]
    assert [one.value for one in fuzzy(folders, "")] == [
        "Sent",
        "Clients/Acme",
        "Clients/Beta",
        "Archive 2024",
        "Receipts",
    ]
    assert fuzzy(folders, "beta")[0].value == "Clients/Beta"
    assert fuzzy(folders, "arch")[0].value == "Archive 2024"
    assert fuzzy(folders, "clints")[0].value in ("Clients/Acme", "Clients/Beta")
    assert fuzzy(folders, "zzzzqq") == []


@pytest.mark.parametrize(
    "dialog",
    [
        Panel(Content("Why"), Content("because")),
        Confirm(Content("Delete 3?"), None, {"q": (None, "no"), "w": (None, "no")}),
        Picker(Content("Fruit"), among(fruit()), numbered=True),
        Prompt(Content("Name")),
    ],
    ids=lambda dialog: type(dialog).__name__,
)
async def test_a_dialog_is_left_once(dialog: Dialog) -> None:
    """Two keys of one burst that both leave it end neither the app nor the screen below, which gets what follows."""
    app = Asking(dialog)
    async with app.run_test() as pilot:
        await settle(pilot)
        for key in ("enter", "escape", "q", "1", "w", "y", "enter", "1", "2", "escape", "escape", "enter", "n", "y"):
            app.post_message(events.Key(key, "\r" if key == "enter" else key if len(key) == 1 else None))
        await settle(pilot)
        assert len(app.screen_stack) == 1
        assert len(app.answers) == 1


async def test_a_prompt_answers_with_what_was_typed_before_enter() -> None:
    """What follows Enter in one burst is the screen's below, and is not in the answer."""
    app = Asking(Prompt(Content("Name"), "old"))
    async with app.run_test() as pilot:
        await settle(pilot)
        for key in ("ctrl+u", "a", "b", "backspace", "c", "enter", "x", "y"):
            app.post_message(events.Key(key, "\r" if key == "enter" else key if len(key) == 1 else None))
        await settle(pilot)
        assert app.answers == ["ac"]


async def test_leaving_a_screen_takes_away_what_is_over_it() -> None:
    """What a screen's own work leaves is that screen, not the dialog that was opened over it meanwhile."""
    below = Panel(Content("below"))
    app = Asking(below)
    async with app.run_test() as pilot:
        await settle(pilot)
        app.push_screen(Prompt(Content("over it")))
        await settle(pilot)
        below.dismiss("left")
        await settle(pilot)
        assert len(app.screen_stack) == 1
        assert app.answers == ["left"]
