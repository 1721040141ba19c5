"""What the screens look like at three widths, as text: one glance must tell what is new, whose, and which deal."""

from __future__ import annotations

import pytest

from tests.screens.driving import press, send, until
from tests.screens.home import workspace
from tests.widgets.goldens import assert_golden, screen_text
from tui.engine.paths import Paths
from tui.screens.compose import ComposeScreen


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
async def test_the_workspace_at_three_widths(still: Paths, width: int, height: int) -> None:
    """One pane, three, four; nothing is cut that matters."""
    async with workspace(still, width, height) as (pilot, _):
        await press(pilot, "j")
        assert_golden(pilot.app, f"workspace-{width}x{height}")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
async def test_reading(still: Paths, width: int, height: int) -> None:
    """Alone on a narrow screen, under the list on a wider one; ``q`` goes back."""
    async with workspace(still, width, height) as (pilot, screen):
        await press(pilot, "j", "enter")
        assert_golden(pilot.app, f"reading-{width}x{height}")
        await press(pilot, "q")
        assert screen.pane() == "messages"
        assert not screen.reader_visible


async def test_one_pane_at_a_time_on_a_narrow_screen(still: Paths) -> None:
    """``1 2 3 4`` and Tab go to panes that aren't seen, and show them."""
    async with workspace(still, 80, 24) as (pilot, screen):
        for key, name in (("1", "folders"), ("4", "deal"), ("3", "reader"), ("2", "messages")):
            await press(pilot, key)
            assert screen.pane() == name
            assert [one for one in ("folders", "messages", "reader", "deal") if screen.query_one(f"#{one}").size] == [
                name
            ]
        await press(pilot, "tab", "tab")
        assert screen.pane() == "deal"
        assert_golden(pilot.app, "deal-80x24")


async def test_the_link_picker(still: Paths) -> None:
    """Numbered suggestions with their reasons, over the list."""
    async with workspace(still, 120, 30) as (pilot, _):
        await press(pilot, "j", "j", "l")
        assert_golden(pilot.app, "link-picker")


async def test_keys_that_may_follow_are_shown_after_a_moment(still: Paths) -> None:
    """``g`` alone, then a panel; the next key ends it."""
    async with workspace(still, 120, 30) as (pilot, screen):
        await press(pilot, "g")
        await until(pilot, lambda: screen.query("#hint"))
        await press(pilot)
        assert_golden(pilot.app, "hint-g")
        await press(pilot, "i")
        assert not screen.query_one("#hint").display


async def test_the_composer(still: Paths) -> None:
    """Under which deal it will be filed, and why, beside the recipients."""
    async with workspace(still, 120, 30) as (pilot, _):
        await press(pilot, "j", "r", *"See the attached offer.")
        assert isinstance(pilot.app.screen, ComposeScreen)
        await press(pilot)
        assert_golden(pilot.app, "composer")


async def test_help_and_palette_come_from_the_live_keys(still: Paths) -> None:
    """Each entry with its key; the palette runs what is chosen."""
    async with workspace(still, 120, 40) as (pilot, screen):
        await press(pilot, "?")
        assert_golden(pilot.app, "help-messages")
        await press(pilot, "q", ":", *"archive")
        await until(pilot, lambda: "Archive" in screen_text(pilot.app).split("archive", 1)[-1])
        assert_golden(pilot.app, "palette")
        before = len(screen.messages.ids)
        await press(pilot, "enter")
        assert len(screen.messages.ids) == before - 1


async def test_a_profile_changes_keys_footer_and_help(still: Paths) -> None:
    """The mutt profile with one key of one's own: ``g`` answers all, ``t`` marks, ``Y`` archives."""
    still.settings.write_text('[interface]\nprofile = "mutt"\n[keys]\n"message.archive" = "Y"\n')
    async with workspace(still, 160, 40) as (pilot, screen):
        await press(pilot, "t")
        assert len(screen.messages.marks) == 1
        assert ("Y", "archive 1") in screen.status_line.hints
        await press(pilot, "Y", "c", "o")
        assert type(pilot.app.screen).__name__ == "OutboxScreen"
        await press(pilot, "q", "g")
        assert isinstance(pilot.app.screen, ComposeScreen)


async def test_full_headers(still: Paths) -> None:
    """``h`` shows what the source says, and the few again."""
    async with workspace(still, 120, 40) as (pilot, screen):
        await press(pilot, "j", "enter", "h")
        await until(pilot, lambda: screen.reader.body and any(n == "Message-ID" for n, _ in screen.reader.body.headers))
        await press(pilot, "h")
        assert not screen.reader.all_headers


async def test_esc_leaves_the_full_headers_and_nothing_else(still: Paths) -> None:
    async with workspace(still, 160, 40) as (pilot, screen):
        await press(pilot, "j", "h", "escape")
        assert not screen.reader.all_headers
        assert (screen.pane(), pilot.app.is_running) == ("messages", True)
        await until(pilot, lambda: screen.reader.body and len(screen.reader.body.headers) < 12)


async def test_full_headers_are_those_of_the_message_under_the_cursor_however_late_its_text(
    still: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workspace(still, 160, 40) as (pilot, screen):
        monkeypatch.setattr("tui.screens.base.FOLLOW", 3600.0)
        send(pilot, "j", "h")
        await until(pilot, lambda: screen.reader.all_headers)
        assert screen.reader.row is not None
        assert screen.reader.row.id == screen.messages.cursor_id == screen.messages.ids[1]
        send(pilot, "escape")
        await until(pilot, lambda: not screen.reader.all_headers)
        assert pilot.app.is_running


async def test_a_message_without_links_says_so(still: Paths) -> None:
    async with workspace(still, 160, 40) as (pilot, screen):
        await press(pilot, "j", "O")
        await until(pilot, lambda: "no link" in screen_text(pilot.app) and pilot.app.screen is screen)
