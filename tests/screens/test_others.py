"""What another dealdesk process changes is seen on the pages that are open here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.driving import until
from tests.screens.home import filled
from tests.screens.test_deals import rest
from tests.widgets.goldens import screen_text
from tui.app import DealdeskApp
from tui.engine import network
from tui.engine.commands import MoveDeal, NeverLink
from tui.engine.core import Engine
from tui.engine.paths import Paths


async def shows(pilot: Pilot[Any], *words: str) -> None:
    """Wait until the screen shows these words."""
    await until(pilot, lambda: all(word in screen_text(pilot.app) for word in words))


@pytest.mark.parametrize("first", [True, False], ids=["it has the network", "the other has it"])
async def test_what_another_process_changes_in_the_crm_appears_in_the_page_that_is_open(
    paths: Paths, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "WATCH_SECONDS", 0.02)
    other = await Engine.open(paths)
    try:
        if not first:
            await other.start()
        app = DealdeskApp(paths)
        async with app.run_test(size=(120, 40)) as pilot:
            await filled(pilot)
            await rest(pilot, "g", "p")
            await other.record(await other.deals.edit("Acme licences", title="Acme seats"))
            await shows(pilot, "Acme seats")
            stage = next(one for one in other.reader.crm.pipelines()[0].stages if one.name == "Verbal")
            await other.do(MoveDeal(other.reader.crm.deal("Delta audit").id, stage.id))
            await rest(pilot, "escape", "g", "c")
            await other.record(await other.people.edit("bo@beta.example", title="Chief of all"))
            await shows(pilot, "Chief of all")
            await rest(pilot, "enter")
            ann = other.reader.crm.person("ann@acme.example")
            await other.record(await other.people.edit(ann.id, name="Ann Bowman"))
            await shows(pilot, "Ann Bowman")
            await rest(pilot, "escape", "escape", "g", "comma")
            await other.do(NeverLink("acme.example"))
            await shows(pilot, "acme.example", "left unlinked")
    finally:
        await asyncio.wait_for(other.close(), 60)
