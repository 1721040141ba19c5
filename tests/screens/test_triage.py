"""Triage by keys: each message that needs a deal beside the deals that it could belong to."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.driving import press, row, until
from tests.screens.home import workspace
from tests.screens.test_deals import rest
from tests.widgets.goldens import assert_golden, screen_text
from tui.engine.model import LinkState, Row, View
from tui.engine.paths import Paths
from tui.screens.triage import TriageScreen


async def triage(pilot: Pilot[Any]) -> TriageScreen:
    """Open the queue."""
    await rest(pilot, "g", "n")
    screen = pilot.app.screen
    assert isinstance(screen, TriageScreen)
    return screen


def waiting(screen: TriageScreen) -> list[int]:
    """The messages that need a deal, as the engine has them."""
    return list(screen.dealdesk.host.reader.ids(View("needs_deal")))


def shown(screen: TriageScreen) -> Row:
    """The message that is decided on."""
    assert screen.case is not None
    return screen.case.row


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
async def test_the_message_beside_its_candidates(still: Paths, width: int, height: int) -> None:
    """Each deal with its number, why it is offered, and its last mails."""
    async with workspace(still, width, height) as (pilot, _):
        await triage(pilot)
        assert_golden(pilot.app, f"triage-{width}x{height}")


async def test_digits_link_one_after_the_other_and_undo_brings_back(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, _):
        screen = await triage(pilot)
        before, first = len(waiting(screen)), shown(screen)
        await rest(pilot, "1")
        linked = screen.dealdesk.host.reader.row(first.id)
        assert [one.title for one in linked.deals] == ["Beta training"]
        assert linked.link_state is LinkState.LINKED
        assert len(waiting(screen)) == before - 1
        assert shown(screen).id != first.id
        second = shown(screen)
        await rest(pilot, ".")
        assert len(waiting(screen)) == before - 2
        await rest(pilot, "u")
        assert shown(screen).id == second.id, "what was undone is what the next digit decides"
        await rest(pilot, "u")
        assert len(waiting(screen)) == before


async def test_a_burst_of_digits_decides_each_message_once(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, _):
        screen = await triage(pilot)
        before = waiting(screen)
        await rest(pilot, "1", "2", "1")
        await until(pilot, lambda: len(waiting(screen)) == len(before) - 3)
        deals = [screen.dealdesk.host.reader.row(one).deals for one in before if one not in waiting(screen)]
        assert all(len(one) == 1 for one in deals)


async def test_a_digit_counts_for_as_many_of_the_sender_as_one_says_and_one_undo_takes_all_back(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, _):
        screen = await triage(pilot)
        while screen.case is not None and len(screen.case.alike) < 3:
            await rest(pilot, "s")
        before, case = waiting(screen), screen.case
        assert case is not None
        await rest(pilot, "+")
        assert f"The digit counts for 2 of {len(case.alike)}" in screen_text(pilot.app)
        await rest(pilot, "+", "-", "2")
        rows = screen.dealdesk.host.reader.rows(case.alike[:2])
        assert {one.title for row in rows for one in row.deals} == {case.candidates[1].deal.title}
        assert set(before) - set(waiting(screen)) == set(case.alike[:2])
        await rest(pilot, "u", "A", "A")
        assert waiting(screen) == before
        assert screen.reach == 1, "a second A is for this one again"
        while screen.case is not None and shown(screen).id != case.row.id:
            await rest(pilot, "s")
        await rest(pilot, "A", "1")
        assert set(before) - set(waiting(screen)) == set(case.alike)
        assert len(screen.linked) == len(case.alike)


async def test_always_links_what_the_thread_has_and_what_comes(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, _):
        screen = await triage(pilot)
        while len(screen.dealdesk.host.reader.thread(shown(screen).thread)) < 2:
            await rest(pilot, "s")
        thread = shown(screen).thread
        await rest(pilot, "T")
        assert "whole thread, and for what comes" in screen_text(pilot.app)
        await rest(pilot, "2")
        rows = screen.dealdesk.host.reader.rows(screen.dealdesk.host.reader.thread(thread))
        assert {one.link_state for one in rows} == {LinkState.LINKED}


async def test_skip_private_why_another_deal_and_the_end(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, workspace_screen):
        screen = await triage(pilot)
        first = shown(screen).id
        await rest(pilot, "s")
        assert shown(screen).id != first
        await rest(pilot, "w")
        assert "open deal" in screen_text(pilot.app)
        await rest(pilot, "q")
        second = shown(screen).id
        await rest(pilot, "p")
        assert screen.dealdesk.host.reader.row(second).link_state is LinkState.PRIVATE
        await rest(pilot, "9")
        assert "There is no deal 9" in screen_text(pilot.app)
        await rest(pilot, "l", *"acme", "enter")
        while waiting(screen):
            await rest(pilot, "1")
        assert "Every message has its deal" in screen_text(pilot.app)
        await press(pilot, "q")
        assert pilot.app.screen is workspace_screen
        assert row(workspace_screen).id
