"""By keys: fields of one's own, owner, tags and roles on the pages; notes in Markdown; what repeats; a whole CRM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.screens.home import workspace
from tests.screens.test_deals import rest
from tests.widgets.goldens import assert_golden, screen_text
from tui.engine.exporting import export
from tui.engine.model import Deal
from tui.engine.paths import Paths
from tui.screens.importing import ImportScreen
from tui.screens.noting import NoteForm, NotePanel
from tui.screens.stories import DealScreen, OrganizationScreen
from tui.screens.story import StoryScreen
from tui.screens.workspace import Workspace

NOTE = "# Call\n\nThey *want* it:\n\n- [ ] send the [offer](https://acme.example/o)\n- [x] call\n\n> soon\n"


async def furnish(screen: Workspace) -> Deal:
    """Give the home's first deal something of everything."""

    async def fill(engine: Any) -> int:
        await engine.fields.add("deal", "Size", "choice", ["Small", "Large"])
        await engine.fields.add("deal", "Budget", "money")
        await engine.fields.add("organization", "Industry")
        deal = await engine.deals.get("Acme licences")
        await engine.deals.edit(
            deal.id,
            **{"owner": "Kim", "tags": ["big", "eu"], "fields": {"Size": "Large", "Budget": "12000"}},
            roles={deal.persons[0].id: "decision maker"},
        )
        await engine.notes.add(NOTE, deal=deal.id)
        await engine.organizations.edit(
            "Acme GmbH",
            emails=["info@acme.example"],
            tags=["key"],
            fields={"Industry": "Steel"},
            note="**Old** friends",
        )
        await engine.notes.add("Of Acme", org="Acme GmbH")
        return int(deal.id)

    number = await screen.dealdesk.ask(fill)
    return screen.dealdesk.host.reader.crm.deal(number)


async def page_of(pilot: Pilot[Any], screen: StoryScreen) -> None:
    pilot.app.push_screen(screen)
    await rest(pilot)


async def change(pilot: Pilot[Any], name: str, *keys: str) -> None:
    """Choose a field of the page by its name and press keys."""
    await rest(pilot, "e", *name, "enter")
    await rest(pilot, *keys, "enter")


async def test_the_page_of_a_deal_shows_owner_fields_tags_roles_and_changes_each(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        deal = await furnish(screen)
        page = DealScreen(deal.id)
        await page_of(pilot, page)
        assert_golden(pilot.app, "deal-own-120x40")
        await change(pilot, "Size", "2")
        await change(pilot, "owner", *["backspace"] * 3, "m", "e")
        await change(pilot, "tags", *", rush")
        await change(pilot, "Budget", *["backspace"] * 20)
        await change(pilot, "role of Ann", *"boss")
        changed = screen.dealdesk.host.reader.crm.deal(deal.id)
        assert changed.tags == ("big", "eu", "rush")
        assert dict(changed.fields) == {"Size": "Small"}
        assert changed.owner == await screen.dealdesk.ask(_user)
        assert changed.persons[0].role == "boss"
        await rest(pilot, "u")
        assert screen.dealdesk.host.reader.crm.deal(deal.id).persons[0].role == "decision maker"
        await change(pilot, "Budget", *"1.200")
        assert "could mean 1200 or 1.200" in str([one.message for one in pilot.app._notifications])


async def _user(engine: Any) -> str:
    return str(engine.user)


async def test_a_note_is_written_in_lines_read_as_markdown_changed_and_deleted(still: Paths) -> None:
    async with workspace(still, 80, 24) as (pilot, screen):
        deal = await furnish(screen)
        page = DealScreen(deal.id)
        await page_of(pilot, page)
        await rest(pilot, "f", "f")
        page.timeline.go_to_index(
            next(n for n, one in enumerate(page.timeline.entries) if one.detail.startswith("# Call"))
        )
        await rest(pilot, "enter")
        assert isinstance(pilot.app.screen, NotePanel)
        assert_golden(pilot.app, "note-80x24")
        await rest(pilot, "e")
        assert isinstance(pilot.app.screen, NoteForm)
        await rest(pilot, *"more", "enter", *"lines")
        await rest(pilot, "escape")
        assert isinstance(pilot.app.screen, NoteForm), "what was typed is not lost by one Esc"
        await rest(pilot, "ctrl+s")
        bodies = [one.body for one in screen.dealdesk.host.reader.crm.notes(deal=deal.id)]
        assert any(body.endswith("> soonmore\nlines") for body in bodies)
        await rest(pilot, "i", *"First", "ctrl+o", "enter", *"second", "ctrl+s")
        bodies = [one.body for one in screen.dealdesk.host.reader.crm.notes(deal=deal.id)]
        assert "First\nsecond" in bodies
        page.timeline.go_to_index(next(n for n, one in enumerate(page.timeline.entries) if one.title == "First"))
        await rest(pilot, "enter", "D")
        assert "First\nsecond" not in [one.body for one in screen.dealdesk.host.reader.crm.notes(deal=deal.id)]
        await rest(pilot, "u")
        assert "First\nsecond" in [one.body for one in screen.dealdesk.host.reader.crm.notes(deal=deal.id)]


async def test_the_page_of_an_organization_shows_what_it_shares_and_takes_notes(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await furnish(screen)
        crm = screen.dealdesk.host.reader.crm
        page = OrganizationScreen(crm.organization("Acme GmbH").id)
        await page_of(pilot, page)
        shown = screen_text(pilot.app)
        for part in ("info@acme.example", "# key", "Industry  Steel", "Old friends", "Of Acme"):
            assert part in shown
        await rest(pilot, "i", *"Another", "enter")
        assert "Another" in [one.body for one in crm.notes(org="Acme GmbH")]
        await change(pilot, "shared", *", sales@acme.example")
        assert crm.organization("Acme GmbH").emails == ("info@acme.example", "sales@acme.example")
        await rest(pilot, "D")
        assert "2 shared addresses, 1 tag, 1 field, 2 notes. Stays: " in " ".join(screen_text(pilot.app).split())


async def test_a_task_that_repeats_is_written_in_one_line_changed_and_done_in_the_agenda(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        await rest(pilot, "g", "w")
        await rest(pilot, "t", *"2025-11-26 every 2 weeks call: seats", "enter")
        made = next(one for one in crm.activities() if one.subject == "seats")
        assert (made.kind, made.repeat) == ("call", "every 2 weeks")
        page: Any = pilot.app.screen
        page.lines.go_to(next(one.key for one in page.lines.items if getattr(one.key, "id", 0) == made.id))
        assert "seats · call ↻ every 2 weeks" in screen_text(pilot.app)
        await rest(pilot, "e", *"kind", "enter")
        await rest(pilot, *"meeting", "enter")
        await rest(pilot, "x")
        coming = next(one for one in crm.activities() if one.subject == "seats")
        assert (coming.kind, coming.repeat) == ("meeting", "every 2 weeks")
        assert coming.due > made.due
        await rest(pilot, "u")
        [again] = [one for one in crm.activities() if one.subject == "seats"]
        assert again.id == made.id


async def test_a_whole_crm_is_tried_taken_in_and_taken_back(still: Paths, tmp_path: Path) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await furnish(screen)
        crm = screen.dealdesk.host.reader.crm
        export(crm, "all", tmp_path / "out")
        await screen.dealdesk.ask(_lose)
        await rest(pilot, "g", "m")
        await rest(pilot, *str(tmp_path / "out" / "crm.json"), "enter")
        page = pilot.app.screen
        assert isinstance(page, ImportScreen)
        assert "a whole CRM" in screen_text(pilot.app)
        await rest(pilot, "t")
        assert page.report is not None
        assert (page.report.created, page.report.updated, page.report.errors) == (1, 0, ())
        await rest(pilot, "I")
        assert [one.subject for one in crm.activities() if one.subject == "Call Ann about seats"]
        await rest(pilot, "u")
        assert not [one.subject for one in crm.activities() if one.subject == "Call Ann about seats"]


async def _lose(engine: Any) -> None:
    [one] = [one for one in engine.reader.crm.activities() if one.subject == "Call Ann about seats"]
    await engine.activities.delete(one.id)


async def test_files_are_entries_of_the_story_and_open_their_mail(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        page = DealScreen(screen.dealdesk.host.reader.crm.deal("Acme licences").id)
        await page_of(pilot, page)
        while page.kind != "file":
            await rest(pilot, "f")
        files = page.timeline.entries
        assert len(files) == 2
        assert all(one.detail.startswith("with: Offer for 40 seats") for one in files)
        await rest(pilot, "enter")
        assert pilot.app.screen is screen
        assert screen.messages.cursor_id == files[0].message


async def test_from_a_page_to_their_mail_that_is_not_linked(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        await page_of(pilot, OrganizationScreen(crm.organization("Beta Ltd").id))
        assert "1 in your mailbox, not linked" in screen_text(pilot.app)
        await rest(pilot, "l")
        assert pilot.app.screen is screen
        assert len(screen.messages.ids) == 1
