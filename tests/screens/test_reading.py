"""What is read besides the text, through the keys: invitations, lists, source, parts, find, the page for a browser."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.driving import press, rest, until
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tui.engine.model import View
from tui.engine.paths import Paths
from tui.screens.dialogs import Confirm, Prompt
from tui.screens.texts import TextPanel
from tui.screens.workspace import Workspace


async def to(pilot: Pilot[Any], screen: Workspace, subject: str) -> int:
    """Put the cursor on the message with this subject and open it."""
    reader = screen.dealdesk.host.reader
    number = next(one for one in screen.messages.ids if reader.row(one).subject.startswith(subject))
    assert screen.messages.go_to(number)
    await press(pilot, "enter")
    return number


async def test_an_invitation_is_answered_once_by_a_key(paths: Paths) -> None:
    """The card says what and when; the answer is an iTIP REPLY to the organizer, queued once, undoable."""
    async with workspace(paths, 120, 50) as (pilot, screen):
        await to(pilot, screen, "Invitation: Audit kick-off")
        shown = screen_text(pilot.app)
        assert "▦ Invitation: Audit kick-off" in shown
        assert "at Delta, room 4.12" in shown
        assert "M-i answers it" in shown
        await press(pilot, "alt+i")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "m")
        reader = screen.dealdesk.host.reader
        sends = [one for one in reader.operations() if one.kind == "send" and one.title.startswith('Sent "Perhaps')]
        assert len(sends) == 1
        assert sends[0].message is not None
        raw = reader.raw(sends[0].message)
        assert raw is not None
        mail = message_from_bytes(raw)
        part = next(one for one in mail.walk() if one.get_content_type() == "text/calendar")
        assert part.get_param("method") == "REPLY"
        said = part.get_payload(decode=True)
        assert isinstance(said, bytes)
        assert said.count(b"ATTENDEE") == 1
        assert b"PARTSTAT=TENTATIVE" in said
        await until(pilot, lambda: "You answered: perhaps" in screen_text(pilot.app))


async def test_a_list_is_left_only_after_asking_who_hears_of_it(paths: Paths) -> None:
    """RFC 8058: the host is shown; a no sends nothing."""
    async with workspace(paths) as (pilot, screen):
        await to(pilot, screen, "This week in storage")
        await press(pilot, "alt+u")
        assert isinstance(pilot.app.screen, Confirm)
        assert "storage-weekly.example" in screen_text(pilot.app)
        await press(pilot, "n")
        assert pilot.app.screen is screen


async def test_source_and_parts_are_shown_on_keys(paths: Paths) -> None:
    async with workspace(paths) as (pilot, screen):
        await to(pilot, screen, "Invitation: Audit kick-off")
        await press(pilot, "H")
        assert isinstance(pilot.app.screen, TextPanel)
        assert "Content-Type: " in screen_text(pilot.app)
        await press(pilot, "q", "alt+h")
        assert isinstance(pilot.app.screen, TextPanel)
        assert "text/calendar" in screen_text(pilot.app)


async def test_a_text_is_found_in_the_message(paths: Paths) -> None:
    async with workspace(paths) as (pilot, screen):
        await to(pilot, screen, "Re: Offer for 40")
        await press(pilot, "ctrl+f")
        assert isinstance(pilot.app.screen, Prompt)
        await press(pilot, *"single", "enter")
        assert screen.reader.sought == "single"
        assert "single sign-on included" in screen_text(pilot.app)
        await press(pilot, "n")
        assert pilot.app.screen is screen


async def test_a_phisher_is_pointed_out(paths: Paths) -> None:
    """The name of a From that holds another address than the one it is from."""
    async with workspace(paths, 120, 40) as (pilot, screen):
        await to(pilot, screen, "Action required")
        assert "The name says ann@acme.example" in " ".join(screen_text(pilot.app).split())


async def test_the_page_for_a_browser_holds_nothing_that_acts(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    async with workspace(paths) as (pilot, screen):
        number = await to(pilot, screen, "This week in storage")
        await press(pilot, "alt+w")
        path = paths.state / "opened" / f"message-{number}.html"
        await until(pilot, path.exists)
        await rest(pilot)
        written = path.read_text()
        assert "default-src 'none'" in written
        assert "<script" not in written
        assert 'src="http' not in written
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0
        assert len(screen.dealdesk.host.reader.ids(View("all"))) > 0


async def test_all_quotes_are_unfolded_and_folded_on_keys(paths: Paths) -> None:
    """``z o`` and ``z c`` in the text mean its quotes, as they mean the threads in the list."""
    async with workspace(paths) as (pilot, screen):
        await to(pilot, screen, "Re: Offer for 40")
        await press(pilot, "enter", "z", "o")
        assert screen.reader.quotes_shown > 1
        await press(pilot, "z", "c")
        assert screen.reader.quotes_shown == 0
