"""The pipeline, the pages of deals, people and organizations, and the contacts, by keys on a filled home."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.driving import press as rest
from tests.screens.driving import send, until
from tests.screens.home import workspace
from tests.widgets.goldens import assert_golden, screen_text
from tui.engine.model import Card, Deal
from tui.engine.paths import Paths
from tui.screens.compose import ComposeScreen
from tui.screens.contacts import ContactsScreen
from tui.screens.dialogs import Prompt
from tui.screens.pipeline import LIST_ORDERS, PipelineScreen
from tui.screens.stories import DealScreen, OrganizationScreen, PersonScreen
from tui.screens.story import StoryScreen, Unlinked
from tui.screens.workspace import Workspace
from tui.widgets.entry import Entry


async def pipeline(pilot: Pilot[Any]) -> PipelineScreen:
    """Open the board."""
    await rest(pilot, "g", "p")
    screen = pilot.app.screen
    assert isinstance(screen, PipelineScreen)
    return screen


def deal(screen: Workspace, title: str) -> Deal:
    """A deal as the CRM has it."""
    return screen.dealdesk.host.reader.crm.deal(title)


def under(screen: PipelineScreen) -> Card:
    """The card under the cursor."""
    card = screen.board.cursor_card
    assert card is not None
    return card


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
async def test_the_board_at_three_widths(still: Paths, width: int, height: int) -> None:
    """Columns by stage with count and sum; where they don't fit the board moves with the cursor."""
    async with workspace(still, width, height) as (pilot, _):
        await pipeline(pilot)
        await rest(pilot, "right")
        assert_golden(pilot.app, f"pipeline-{width}x{height}")
        await rest(pilot, "v", "left")
        assert_golden(pilot.app, f"pipeline-list-{width}x{height}")


async def test_a_deal_goes_through_the_stages_by_key_and_back_by_undo(paths: Paths) -> None:
    async with workspace(paths, 150, 40) as (pilot, screen):
        board = await pipeline(pilot)
        assert under(board).title == "Beta training"
        await rest(pilot, ">")
        assert deal(screen, "Beta training").stage == "Offer"
        assert under(board).title == "Beta training", "the cursor follows the deal"
        await rest(pilot, "u")
        assert deal(screen, "Beta training").stage == "Lead"
        await rest(pilot, "<")
        assert deal(screen, "Beta training").stage == "Lead"


async def test_a_deal_is_dragged_into_another_stage(paths: Paths) -> None:
    async with workspace(paths, 150, 40) as (pilot, screen):
        board = await pipeline(pilot)
        await pilot.mouse_down("#rows", offset=(5, 2))
        await pilot.hover("#rows", offset=(100, 2))
        await pilot.mouse_up("#rows", offset=(100, 2))
        await rest(pilot)
        assert deal(screen, "Beta training").stage == "Negotiation"
        assert under(board).title == "Beta training"


async def test_won_and_lost_with_a_reason_leave_the_board(paths: Paths) -> None:
    async with workspace(paths, 150, 40) as (pilot, screen):
        board = await pipeline(pilot)
        await rest(pilot, "Z")
        await rest(pilot, *"no budget", "enter")
        lost = deal(screen, "Beta training")
        assert (lost.status, lost.lost_reason) == ("lost", "no budget")
        assert "Beta training" not in screen_text(pilot.app).split("Marked")[0]
        await rest(pilot, "right")
        title = under(board).title
        await rest(pilot, "W")
        assert deal(screen, title).status == "won"
        await rest(pilot, "u", "u")
        assert deal(screen, "Beta training").status == deal(screen, title).status == "open"


async def test_what_a_key_asked_for_is_done_though_its_screen_is_left_at_once(paths: Paths) -> None:
    async with workspace(paths, 150, 40) as (pilot, screen):
        board = await pipeline(pilot)
        title = under(board).title
        screen.dealdesk._opened.clear()  # the engine is slow to take anything
        send(pilot, "W", "q")
        await until(pilot, lambda: pilot.app.screen is screen and not board.is_attached)
        screen.dealdesk._opened.set()
        await until(pilot, lambda: deal(screen, title).status == "won")


def titles(board: PipelineScreen) -> list[str]:
    """The deals that are shown, in the order of the list."""
    return [card.title for card in board.arranged.cards]


async def test_the_board_is_filtered_while_typing_ordered_and_grows(paths: Paths) -> None:
    async with workspace(paths, 150, 40) as (pilot, screen):
        board = await pipeline(pilot)
        every = len(titles(board))
        await rest(pilot, "\\", *"late")
        assert [card.title for column in board.board.columns for card in column] == ["Beta renewal"]
        await rest(pilot, "escape")
        assert len(titles(board)) == every, "Esc leaves the filter as it was"
        await rest(pilot, "\\", *"late", "enter", "q")
        assert len(titles(board)) == every, "the first q takes the filter off"
        assert pilot.app.screen is board
        send(pilot, "\\", *"renewal", "enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DealScreen))
        await rest(pilot)
        assert "Beta renewal" in screen_text(pilot.app).splitlines()[0], "a burst of keys reaches what it was meant for"
        await rest(pilot, "q", "q")
        await rest(pilot, "O")
        assert [card.title for card in board.board.columns[1]] == ["Kaiyo pilot", "Acme licences", "Eta maintenance"]
        await rest(pilot, "n", *"Theta", "enter")
        await until(pilot, lambda: under(board).title == "Theta")
        assert deal(screen, "Theta").stage == "Lead"


async def test_the_same_deals_as_a_list_ordered_by_any_column_and_worked_by_the_same_keys(paths: Paths) -> None:
    async with workspace(paths, 150, 40) as (pilot, screen):
        board = await pipeline(pilot)
        await rest(pilot, "right", "j", "v")
        assert board.deals.cursor_row is not None
        assert board.deals.cursor_row.title == "Acme licences", "the cursor stays on its deal"
        seen = set()
        for _ in LIST_ORDERS:
            await rest(pilot, "right")
            seen.add(board.order)
            forth = titles(board)
            await rest(pilot, "R")
            assert titles(board) == forth[::-1]
        assert seen == set(LIST_ORDERS)
        while board.order != "value":
            await rest(pilot, "left")
        assert titles(board)[:3] == ["Kaiyo pilot", "Beta renewal", "Acme licences"]
        await rest(pilot, ">")
        assert board.deals.cursor_row.title == "Acme licences"
        assert deal(screen, "Acme licences").stage == "Negotiation"
        await rest(pilot, "\\", *"unplanned", "enter")
        assert {one.title for one in board.arranged.cards} == {"Beta training", "Eta maintenance"}
        await rest(pilot, "enter")
        assert isinstance(pilot.app.screen, DealScreen)
        await rest(pilot, "q", "v")
        assert isinstance(pilot.app.screen, PipelineScreen)
        assert under(board).title in {"Beta training", "Eta maintenance"}


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60)])
async def test_the_page_of_a_deal_where_there_is_little_room_and_much(still: Paths, width: int, height: int) -> None:
    async with workspace(still, width, height) as (pilot, _):
        await pipeline(pilot)
        await rest(pilot, "right", "j", "enter")
        assert_golden(pilot.app, f"deal-page-{width}x{height}")


async def test_the_page_of_a_deal_tells_its_story_and_opens_the_mail_where_it_is(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await pipeline(pilot)
        await rest(pilot, "right", "j", "enter")
        page = pilot.app.screen
        assert isinstance(page, DealScreen)
        assert_golden(pilot.app, "deal-page-120x40")
        await rest(pilot, "f")
        assert {one.kind for one in page.timeline.entries} == {"mail"}
        entry = page.timeline.cursor_entry
        assert entry is not None
        await rest(pilot, "enter")
        assert pilot.app.screen is screen
        await until(pilot, lambda: screen.messages.cursor_id == entry.message)


async def test_a_long_story_shows_its_first_page_at_once_and_then_all_of_it(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.story.FIRST", 3)
    pages: list[int] = []
    show = DealScreen.show_facts

    def noted(screen: DealScreen, *, reset: bool = False) -> None:
        show(screen, reset=reset)
        pages.append(len(screen.timeline.entries))

    monkeypatch.setattr(DealScreen, "show_facts", noted)
    async with workspace(paths, 120, 40) as (pilot, _):
        await pipeline(pilot)
        await rest(pilot, "right", "j", "enter")
        page = pilot.app.screen
        assert isinstance(page, DealScreen)
        await until(pilot, lambda: len(page.timeline.entries) > 3)
        await rest(pilot)
        assert 3 in pages
        assert max(pages) == len(page.timeline.entries) == pages[-1]
        assert "waits for you" in screen_text(pilot.app)


async def test_a_deal_is_changed_planned_noted_and_deleted_on_its_page(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        await pipeline(pilot)
        await rest(pilot, "enter")
        page = pilot.app.screen
        assert isinstance(page, StoryScreen)
        await rest(pilot, "e", "2", "ctrl+u", *"lots", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Prompt))
        assert pilot.app.screen.query_one(Entry).value == "lots", "what was typed can be corrected"
        await rest(pilot, "ctrl+u", *"7,500.50 USD", "enter")
        changed = deal(screen, "Beta training")
        assert (changed.value, changed.currency) == (750_050, "USD")
        await rest(pilot, "t", *"tomorrow send it", "enter")
        await rest(pilot, "i", *"They like it", "enter")
        assert {"They like it", "send it"} <= {one.title for one in page.timeline.entries}
        page.timeline.go_to_index(next(n for n, one in enumerate(page.timeline.entries) if one.title == "send it"))
        await rest(pilot, "x")
        assert not screen.dealdesk.host.reader.crm.activities(deal="Beta training")
        await rest(pilot, "D")
        assert "Stays: 1 person; the messages stay in the mailbox" in " ".join(screen_text(pilot.app).split())
        await rest(pilot, "y")
        assert isinstance(pilot.app.screen, PipelineScreen)
        assert not screen.dealdesk.host.reader.crm.deals(text="Beta training")


async def test_from_deal_to_person_to_organization_and_to_mail_that_is_not_linked(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await rest(pilot, "g", "c", "j", "enter")
        page = pilot.app.screen
        assert isinstance(page, PersonScreen)
        assert_golden(pilot.app, "person-page-120x40")
        await rest(pilot, "tab")
        page.facts_pane.go_to(
            next(one.key for one in page.facts_pane.items if type(one.key).__name__ == "Organization")
        )
        await rest(pilot, "enter")
        assert isinstance(pilot.app.screen, OrganizationScreen)
        assert "Bo Chen" in screen_text(pilot.app)
        await rest(pilot, "q")
        page.facts_pane.go_to(next(one.key for one in page.facts_pane.items if isinstance(one.key, Unlinked)))
        await rest(pilot, "enter")
        assert pilot.app.screen is screen
        await until(pilot, lambda: len(screen.messages.ids) == 1)


async def test_R27_what_is_not_linked_is_counted_for_its_owner_and_not_in_the_story(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, _):
        await rest(pilot, "g", "c", "j", "enter")
        page = pilot.app.screen
        assert isinstance(page, PersonScreen)
        unlinked = next(one.key for one in page.facts_pane.items if isinstance(one.key, Unlinked))
        assert unlinked.messages == 1
        mailed = {one.message for one in page.timeline.entries if one.kind == "mail"}
        assert not mailed & set(page.dealdesk.host.reader.ids(_view(unlinked.query)))


async def test_R25_writing_from_a_deal_files_under_it(paths: Paths) -> None:
    """The composer knows the deal and its people."""
    async with workspace(paths, 120, 40) as (pilot, screen):
        await pipeline(pilot)
        await rest(pilot, "enter")
        await rest(pilot, "m")
        composer = pilot.app.screen
        assert isinstance(composer, ComposeScreen)
        assert "bo@beta.example" in screen_text(pilot.app)
        assert "Beta training" in screen_text(pilot.app)
        assert screen.dealdesk.host.reader.crm.deal("Beta training").status == "open"


async def test_contacts_are_found_added_and_merged(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        await rest(pilot, "g", "c")
        contacts = pilot.app.screen
        assert isinstance(contacts, ContactsScreen)
        await rest(pilot, "n", *"Ann Archer-Old <ann@old.example>, Acme GmbH", "enter")
        assert crm.person("ann@old.example").organization is not None
        await rest(pilot, "\\", *"archer", "enter")
        assert len(contacts.people.ids) == 2
        contacts.people.go_to(crm.person("ann@old.example").id)
        await rest(pilot, "x")
        contacts.people.go_to(crm.person("ann@acme.example").id)
        await rest(pilot, "M")
        await rest(pilot, "y")
        assert crm.person("Ann Archer").emails == ("ann@acme.example", "ann@old.example")
        await rest(pilot, "u")
        assert crm.person("Ann Archer").emails == ("ann@acme.example",)
        await rest(pilot, "b")
        assert pilot.app.screen is screen


async def test_a_merge_takes_nobody_who_is_not_marked(paths: Paths) -> None:
    """``x`` steps down, so the cursor stands on a stranger after the last mark; the first marked one stays then."""
    async with workspace(paths, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        await rest(pilot, "g", "c", "x", "x")
        contacts = pilot.app.screen
        assert isinstance(contacts, ContactsScreen)
        stays, goes, stranger = [crm.person(one) for one in contacts.people.ids[:3]]
        assert contacts.people.cursor_id == stranger.id
        await rest(pilot, "M", "y")
        assert set(crm.person(stays.id).emails) == {*stays.emails, *goes.emails}
        assert crm.person(stranger.id).emails == stranger.emails


def _view(query: str) -> Any:
    from tui.engine.model import View

    return View("all", query=query)
