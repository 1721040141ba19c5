"""The CRM is written into files by a key, and taken in again; who changed what is told on each page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.screens.home import workspace
from tests.screens.test_deals import rest
from tests.widgets.goldens import screen_text
from tui.engine.paths import Paths
from tui.screens.importing import ImportScreen
from tui.screens.stories import DealScreen, OrganizationScreen, PersonScreen


async def test_everything_is_exported_by_keys_and_imported_again_with_no_change(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with workspace(paths, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        await rest(pilot, "g", "c", "E")
        assert "everything" in screen_text(pilot.app)
        await rest(pilot, "1", "ctrl+u", *"out", "enter")
        assert f"into {tmp_path / 'out'}" in screen_text(pilot.app)
        assert len(json.loads((tmp_path / "out" / "crm.json").read_text())["people"]) == len(crm.persons())
        await rest(pilot, "escape", "g", "m")
        for name in ("crm.json", "people.csv", "people.vcf", "orgs.csv", "deals.csv"):
            await rest(pilot, "ctrl+u", *f"out/{name}", "enter")
            await rest(pilot, "t")
            page = pilot.app.screen
            assert isinstance(page, ImportScreen)
            assert page.report is not None, name
            assert (page.report.created, page.report.updated, page.report.errors) == (0, 0, ()), name
            await rest(pilot, "f")


async def test_a_deal_is_exported_from_its_page_and_never_over_a_file(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with workspace(paths, 120, 40) as (pilot, screen):
        deal = screen.dealdesk.host.reader.crm.deal("Acme licences")
        screen.over(DealScreen(deal.id))
        await rest(pilot, "E", "1", "ctrl+u", *"deal", "enter")
        assert {one.name for one in (tmp_path / "deal").iterdir()} == {"deal.md", "mails.mbox", "files"}
        before = (tmp_path / "deal" / "deal.md").read_bytes()
        await rest(pilot, "E", "1", "ctrl+u", *"deal", "enter")
        assert "The export was not finished." in screen_text(pilot.app)
        assert (tmp_path / "deal" / "deal.md").read_bytes() == before


async def test_the_history_of_deal_person_and_organization_tells_who_changed_what(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        engine, crm = screen.dealdesk.host.engine, screen.dealdesk.host.reader.crm
        await screen.dealdesk.ask(lambda _: engine.deals.edit("Acme licences", title="Acme seats"))
        await screen.dealdesk.ask(lambda _: engine.people.edit("ann@acme.example", title="CTO"))
        await screen.dealdesk.ask(lambda _: engine.organizations.edit("Acme GmbH", name="Acme SE"))
        for page, changed in (
            (DealScreen(crm.deal("Acme seats").id), "title  Acme licences → Acme seats"),
            (PersonScreen(crm.person("ann@acme.example").id), "Head of IT → CTO"),
            (OrganizationScreen(crm.organization("Acme SE").id), "name  Acme GmbH → Acme SE"),
        ):
            screen.over(page)
            await rest(pilot, "H")
            assert changed in screen_text(pilot.app)
            shown = [line.strip("│█ ") for line in screen_text(pilot.app).splitlines()]
            at = next(number for number, line in enumerate(shown) if changed in line)
            assert re.search(r"\d\d:\d\d  me@our.example", shown[at - 1]), shown[at - 1]
            await rest(pilot, "q", "q")
