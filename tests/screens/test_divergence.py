"""The list of what servers have otherwise: it says what differs and what each answer would do, and does it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.driving import press, until
from tests.screens.home import workspace
from tui.engine.core import Engine
from tui.engine.model import Difference, Divergence, OperationState
from tui.engine.paths import Paths
from tui.engine.store import folders, messages, placements
from tui.screens.dialogs import Confirm, Panel
from tui.screens.divergence import DivergenceScreen, answers
from tui.screens.workspace import Workspace


async def differ(paths: Paths) -> dict[Difference, int]:
    """Make one message of each kind that can be made without a server; return their ids."""
    engine = await Engine.open(paths)
    try:
        reads = engine.mailbox.reads
        every = {one.name: one for one in await folders.of_account(reads, 1)}
        inbox = every["INBOX"]
        held = list((await placements.in_folder(reads, inbox.id, 1)).items())[:4]
        ids = dict(zip(list(Difference)[:4], (number for _, (number, _) in held), strict=True))
        (gone, _), (moved, (second, _)), (_, (third, _)), (_, (fourth, _)) = held
        async with engine.mailbox.write() as tx:
            await placements.mark_gone(tx, inbox.id, 1, [gone, moved])
            await placements.add(tx, second, every["Archive"].id, 1, 900)
            here = (await messages.get(tx, [third]))[0].flags
            await messages.set_flags(tx, [third], {"flagged"} - here, here & {"flagged"})
            await messages.set_gone(tx, [fourth], True)
        return ids
    finally:
        await engine.close()


def shown(pilot: Pilot[Any]) -> str:
    """The text of the screen."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def screen_of(pilot: Pilot[Any]) -> DivergenceScreen:
    """The screen under test."""
    screen = pilot.app.screen
    assert isinstance(screen, DivergenceScreen)
    return screen


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_R29_what_differs_is_shown_with_both_sides(paths: Paths, width: int) -> None:
    """What, where it is here and there; the footer has the three answers at every width."""
    ids = await differ(paths)
    async with workspace(paths, width) as (pilot, _):
        await press(pilot, "g", "v")
        screen = screen_of(pilot)
        assert set(screen.rows.ids) == set(ids.values())
        text = shown(pilot)
        for words in ("Servers differ · 4", "⌫ gone", "→ moved", "INBOX → Archive", "≠ flags", "× deleted here"):
            assert words in text
        for words in ("f follow", "p push mine", "l leave"):
            assert words in text
        screen.rows.go_to(ids[Difference.MOVED])
        await press(pilot)
        assert "f moves it to Archive here · p moves it to INBOX there" in shown(pilot)


async def test_R30_each_answer_does_what_it_says_and_u_takes_it_back(paths: Paths) -> None:
    """Follow changes this side, push queues the other one, leave keeps it out of the list."""
    ids = await differ(paths)
    async with workspace(paths) as (pilot, workspace_screen):
        reader = workspace_screen.dealdesk.host.reader
        await press(pilot, "g", "v")
        screen = screen_of(pilot)
        screen.rows.go_to(ids[Difference.MOVED])
        await press(pilot, "f")
        assert reader.row(ids[Difference.MOVED]).folder == "Archive"
        await until(pilot, lambda: ids[Difference.MOVED] not in screen.rows.ids)
        await press(pilot, "u")
        assert reader.row(ids[Difference.MOVED]).folder == "INBOX"
        await until(pilot, lambda: ids[Difference.MOVED] in screen.rows.ids)
        screen.rows.go_to(ids[Difference.GONE])
        await press(pilot, "p")
        [queued] = reader.operations(OperationState.QUEUED)
        assert (queued.kind, queued.message) == ("restore", ids[Difference.GONE])
        screen.rows.go_to(ids[Difference.FLAGS])
        await press(pilot, "l")
        await until(pilot, lambda: set(screen.rows.ids) == {ids[Difference.MOVED], ids[Difference.DELETED]})
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, Workspace)


async def test_R33_pushing_a_deletion_asks_with_the_number(paths: Paths) -> None:
    """The only answer that a server can't take back; the others don't ask."""
    ids = await differ(paths)
    async with workspace(paths) as (pilot, workspace_screen):
        reader = workspace_screen.dealdesk.host.reader
        await press(pilot, "g", "v", "X", "p")
        assert isinstance(pilot.app.screen, Confirm)
        assert "Delete 1 message on the server for ever?" in shown(pilot)
        await press(pilot, "n")
        assert reader.operations() == []
        await press(pilot, "p", "y")
        await until(pilot, lambda: len(reader.operations()) == 4)
        await until(pilot, lambda: not screen_of(pilot).rows.ids)
        assert "Every message is as its server has it." in shown(pilot)
        assert {one.kind for one in reader.operations()} == {"restore", "move", "flag", "delete"}
        assert set(ids.values()) == {one.message for one in reader.operations()}


async def test_the_marked_are_meant_and_the_footer_says_how_many(paths: Paths) -> None:
    """``x`` marks; the answers name the number; Enter reads the message."""
    await differ(paths)
    async with workspace(paths) as (pilot, _):
        await press(pilot, "g", "v", "x", "x")
        assert "follow 2" in shown(pilot)
        assert "2 marked" in shown(pilot)
        await press(pilot, "l")
        await until(pilot, lambda: len(screen_of(pilot).rows.ids) == 2)
        await press(pilot, "enter")
        panel = pilot.app.screen
        assert isinstance(panel, Panel)
        await until(pilot, lambda: len(panel._text.plain) > 3)


async def test_with_nothing_to_settle_the_keys_say_so(paths: Paths) -> None:
    """An empty list is good news and no key fails."""
    async with workspace(paths) as (pilot, _):
        await press(pilot, "g", "v")
        assert "Every message is as its server has it." in shown(pilot)
        await press(pilot, "x", "X", "f", "p", "l", "enter")
        assert "Nothing differs here." in shown(pilot)


@pytest.mark.parametrize("difference", list(Difference))
def test_every_difference_says_what_its_answers_do(difference: Difference) -> None:
    """Two different sentences, with the folder that is meant."""
    one = Divergence(1, 1, "a@b.example", difference, 0, "Ann", "Hi", "here", "there", "", False)
    follow, push = answers(one)
    assert follow != push
    assert "here" in follow + push
