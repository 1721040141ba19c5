"""Folders, deal, timeline and status line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.strip import Strip

from tests.widgets import rows
from tests.widgets.goldens import assert_golden, screen_text
from tests.widgets.rows import DAY, NOW, WORKSPACE, accounts, folder, folders, pane_of
from tests.widgets.stage import on_stage, painted
from tui import look
from tui.engine.model import Account, AccountState, LinkState, Status, TimelineEntry, View
from tui.widgets.dealpane import DealPane, stage_bar
from tui.widgets.folders import FolderPane, Place, saved_views
from tui.widgets.lines import LinePane
from tui.widgets.statusline import Progress, StatusLine
from tui.widgets.timeline import Timeline


class WatchedDeal(DealPane):
    """Counts the lines painted."""

    painted = 0

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        return super().render_line(y)


def status(*some: Account, **changes: int | None) -> Status:
    plain = Status(some or tuple(accounts()[:1]), 0, 0, 0, 0, NOW - 3600)
    return plain._replace(**changes)  # type: ignore[arg-type]


# Folders


async def test_folders_show_accounts_counts_trouble_and_views() -> None:
    widget = FolderPane()
    async with on_stage(widget, 22, 24) as (pilot, _):
        widget.show(accounts(), [*folders(), folder(20, "Hidden", selected=False)], saved_views(4, 2))
        widget.show_current(View("folder", folder_id=1))
        await painted(pilot, widget)
        assert_golden(pilot.app, "folders-22")


async def test_enter_on_a_folder_asks_for_its_view() -> None:
    widget = FolderPane()
    async with on_stage(widget, 30, 24) as (pilot, posted):
        widget.show(accounts()[:1], folders(), saved_views(4, 2))
        assert widget.cursor_key == Place("account", "me@our.example", account_id=1)
        widget.move(2)
        widget.open()
        await pilot.pause()
        (chosen,) = [one for one in posted if isinstance(one, LinePane.Chosen)]
        assert chosen.key.view == View("folder", folder_id=2)


async def test_next_and_previous_folder_go_by_views_only() -> None:
    widget = FolderPane()
    async with on_stage(widget, 30, 24) as (_, _posted):
        widget.show(accounts(), folders(), saved_views(4, 2))
        widget.show_current(View("folder", folder_id=7))
        following = widget.step(1)
        assert following is not None
        assert following.view == View("folder", folder_id=11)
        widget.show_current(View("inbox"))
        assert widget.step(-1) is None


async def test_an_account_folds() -> None:
    widget = FolderPane()
    async with on_stage(widget, 30, 24) as (pilot, _):
        widget.show(accounts(), folders())
        widget.toggle_account(1)
        await painted(pilot, widget)
        shown = screen_text(pilot.app)
        assert "▸ me@our.example" in shown
        assert "Drafts" not in shown


async def test_the_cursor_stays_on_its_folder_when_counts_change() -> None:
    widget = FolderPane()
    async with on_stage(widget, 30, 24) as (_, _posted):
        widget.show(accounts(), folders())
        widget.move(4)
        before = widget.cursor_key
        widget.show(accounts(), [folder(0, "Aardvark"), *(one._replace(unread=99) for one in folders())])
        assert widget.cursor_key == before


# Deal


@pytest.mark.parametrize(("number", "name"), [(0, "open"), (1, "needs"), (3, "none"), (6, "private"), (7, "lost")])
async def test_the_deal_pane_of_each_state(number: int, name: str) -> None:
    widget = DealPane()
    async with on_stage(widget, 46, 18) as (pilot, _):
        widget.show(pane_of(WORKSPACE[number]))
        await painted(pilot, widget)
        assert_golden(pilot.app, f"deal-{name}")


async def test_the_next_message_of_the_same_deal_repaints_nothing() -> None:
    widget = WatchedDeal()
    async with on_stage(widget, 46, 18) as (pilot, _):
        widget.show(pane_of(WORKSPACE[0]))
        await painted(pilot, widget)
        widget.painted = 0
        widget.show(pane_of(WORKSPACE[0])._replace(message=4711))
        await painted(pilot, widget)
        assert widget.painted == 0


async def test_a_linked_message_without_a_deal_shows_its_person() -> None:
    widget = DealPane()
    async with on_stage(widget, 46, 18) as (pilot, _):
        widget.show(pane_of(WORKSPACE[0])._replace(deals=(), timeline=()))
        await painted(pilot, widget)
        shown = screen_text(pilot.app)
        assert shown.startswith(" No deal")
        assert "Ann Archer · Head of IT" in shown


async def test_an_open_deal_without_a_next_step_says_so() -> None:
    widget = DealPane()
    async with on_stage(widget, 46, 18) as (pilot, _):
        widget.show(pane_of(WORKSPACE[0])._replace(timeline=()))
        await painted(pilot, widget)
        assert "○ no next step" in screen_text(pilot.app)


async def test_enter_on_a_timeline_entry_gives_it() -> None:
    widget = DealPane()
    async with on_stage(widget, 46, 18) as (pilot, posted):
        widget.show(pane_of(WORKSPACE[0]))
        widget.last()
        widget.open()
        await pilot.pause()
        (chosen,) = [one for one in posted if isinstance(one, LinePane.Chosen)]
        assert isinstance(chosen.key, TimelineEntry)
        assert chosen.key.title == "First question"


@given(st.integers(1, 12), st.data(), st.integers(8, 120))
def test_the_stage_bar_fits_and_always_shows_the_present_stage(count: int, data: st.DataObject, width: int) -> None:
    facts = pane_of(WORKSPACE[0])
    stages = tuple(facts.stages[1][0]._replace(id=n, name=f"S{n}", position=n) for n in range(1, count + 1))
    at = data.draw(st.integers(1, count))
    bar = stage_bar(facts.deals[0]._replace(stage_id=at), stages, width)
    text = "".join(part for part, _ in bar)
    assert look.line_width(bar) <= width
    assert f"● S{at}"[: width - 1] in text or width < 12


# Timeline and status


async def test_a_timeline_of_its_own() -> None:
    widget = Timeline()
    async with on_stage(widget, 70, 9) as (pilot, _):
        entries = [
            *pane_of(WORKSPACE[0]).timeline,
            TimelineEntry("file", NOW - 50 * DAY, "plan.pdf", mailbox="bo@our.example"),
        ]
        widget.show(entries)
        await painted(pilot, widget)
        assert_golden(pilot.app, "timeline-70")
        widget.show([])
        await painted(pilot, widget)
        assert "Nothing yet." in screen_text(pilot.app)


async def test_the_status_line_tells_trouble_before_work_before_quiet() -> None:
    widget = StatusLine()
    async with on_stage(widget, 120, 1) as (pilot, _):

        async def shown() -> str:
            await painted(pilot, widget)
            return screen_text(pilot.app).rstrip()

        assert await shown() == ""
        widget.show_status(status())
        assert await shown() == " synced 14:00"
        widget.show_progress(Progress(1, "INBOX", 5671, 9310, NOW - 30 * DAY))
        assert await shown() == " INBOX 5,671 of 9,310, back to 25 Oct"
        broken = accounts()[0]._replace(state=AccountState.ERROR, error="The server refused the login.")
        widget.show_status(status(broken, pending=2, refused=1, outbox=3))
        text = await shown()
        assert text.startswith(" ! me: The server refused the login. · 1 refused ! · 2 pending ↑ · 3 in outbox")
        cut = accounts()[0]._replace(state=AccountState.WAITING, error="The connection was cut.")
        widget.show_status(status(cut, pending=2))
        assert (await shown()).startswith(" ○ me: trying again · 2 pending ↑ · INBOX"), "what waits is seen first"
        widget.show_notice("Archived 3 messages.")
        assert await shown() == " Archived 3 messages."
        widget.show_notice("")
        widget.show_progress(Progress(1, "INBOX", 9310, 9310, None))
        widget.show_status(status())
        assert await shown() == " synced 14:00"


async def test_hints_give_way_from_the_right() -> None:
    widget = StatusLine()
    async with on_stage(widget, 50, 1) as (pilot, _):
        widget.show_status(status())
        widget.show_hints([("r", "reply"), ("e", "archive 12"), ("d", "delete"), ("l", "link")])
        await painted(pilot, widget)
        assert screen_text(pilot.app).rstrip() == " synced 14:00     r reply  e archive 12  d delete"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (AccountState.OFFLINE, "○ me offline"),
        (AccountState.WAITING, "me: trying again"),
        (AccountState.CONNECTING, "connecting …"),
        (AccountState.SYNCING, "syncing …"),
    ],
)
async def test_connection_states_read_without_colour(state: AccountState, text: str) -> None:
    widget = StatusLine()
    async with on_stage(widget, 60, 1) as (pilot, _):
        widget.show_status(status(accounts()[0]._replace(state=state)))
        await painted(pilot, widget)
        assert text in screen_text(pilot.app)


async def test_hostile_names_are_only_text() -> None:
    folders_pane, deal_pane = FolderPane(), DealPane()
    async with on_stage(folders_pane, 60, 40) as (pilot, _):
        folders_pane.show([one._replace(email=rows.EVIL) for one in accounts()], rows.hostile_folders())
        await painted(pilot, folders_pane)
        assert "\x1b" not in screen_text(pilot.app)
    async with on_stage(deal_pane, 60, 40) as (pilot, _):
        deal_pane.show(rows.hostile_pane(WORKSPACE[0])._replace(link_state=LinkState.LINKED))
        await painted(pilot, deal_pane)
        assert "[/nope]" in screen_text(pilot.app)
        assert "\x1b" not in screen_text(pilot.app)


async def test_every_theme_has_the_colours_that_panes_need() -> None:
    widget = DealPane()
    async with on_stage(widget, 46, 6) as (pilot, _):
        for theme in pilot.app.available_themes:
            pilot.app.theme = theme
            await pilot.pause()
            for ink in ("", "dim", "faint", "strong", "accent", "title", "good", "warn", "bad"):
                for line in ("", "cursor", "cursor-blurred", "marked"):
                    assert widget.ink(ink, line).bgcolor is not None


async def test_the_seconds_until_a_message_leaves_are_counted_down() -> None:
    """What was just sent can be taken back while the line says so; one for next week is only in the outbox."""
    widget = StatusLine()
    async with on_stage(widget, 120, 1) as (pilot, _):
        widget.show_status(status(outbox=1, next_send=NOW + 8))
        await painted(pilot, widget)
        assert "sends in 8 s, u takes it back" in screen_text(pilot.app)
        with pytest.MonkeyPatch.context() as patch:  # put back before the stage puts back its own clock
            patch.setattr("tui.look.now", lambda: NOW + 3)
            widget._tick()
            await painted(pilot, widget)
            assert "sends in 5 s" in screen_text(pilot.app)
        widget.show_status(status(outbox=2, next_send=NOW + 7 * DAY))
        await painted(pilot, widget)
        assert "2 in outbox" in screen_text(pilot.app)
        assert widget._clock is None
