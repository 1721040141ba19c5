"""Reasons for which deals are lost: typed, or one of the earlier ones."""

from __future__ import annotations

from tests.screens.home import workspace
from tests.screens.test_deals import rest
from tests.widgets.goldens import screen_text
from tui.engine.paths import Paths


async def test_an_earlier_reason_is_offered_and_a_new_one_is_typed(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        [earlier] = {one.reason for one in crm.outcomes() if one.status == "lost"}
        await rest(pilot, "g", "p", "right", "Z")
        assert earlier in screen_text(pilot.app)
        await rest(pilot, "2")
        assert sum(one.deals for one in crm.outcomes() if one.reason == earlier) == 2
        await rest(pilot, "Z", *"moved away", "enter")
        assert [one.deals for one in crm.outcomes() if one.reason == "moved away"] == [1]
