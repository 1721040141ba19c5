"""Who owes whom an answer, as the folder pane, the deal pane and the pages show it; computed from linked mail alone."""

from __future__ import annotations

from tests.screens.driving import find, press, rest, until
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tui.engine.paths import Paths
from tui.engine.reads import AWAITED, OWED
from tui.widgets.folders import Place


async def test_the_pane_says_who_waits_and_the_saved_view_lists_it(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await until(pilot, lambda: screen.frame is not None and screen.frame.owed is not None)
        screen.messages.go_to(find(screen, "Re: Offer for 40 seats").id)
        await rest(pilot)
        assert "waits for you since 54 min" in screen_text(pilot.app)
        reader = screen.dealdesk.host.reader
        owed = [one for one in reader.crm.waiting(1_764_000_000) if one.owed_by == "us"]
        await press(pilot, "1")
        screen.folders.go_to(next(one for one in screen.folders.places if one.view == OWED))
        await press(pilot, "enter")
        await until(pilot, lambda: screen.shown.view == OWED and screen.list_again.idle)
        rows = reader.rows(screen.messages.ids)
        assert {(one.subject, one.date) for one in rows} == {(one.subject, one.since) for one in owed}
        assert all(one.direction == "in" and one.deals for one in rows)


async def test_R27_what_is_not_linked_waits_for_nobody(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await press(pilot)
        reader = screen.dealdesk.host.reader
        listed = {*reader.ids(OWED), *reader.ids(AWAITED)}
        assert listed
        assert find(screen, "Your invoice H-48213").id not in listed
        assert all(row.deals for row in reader.rows(listed))
        assert Place("view", "awaiting reply", AWAITED) in screen.folders.places
