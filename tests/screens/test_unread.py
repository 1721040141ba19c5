"""To the next unread message, and whole threads: what a key means when the list is long or folded."""

from __future__ import annotations

from tests.screens.driving import find, press, rest, send, stored
from tests.screens.home import workspace
from tui.engine.paths import Paths


async def test_space_at_the_end_goes_to_the_next_unread_message(paths: Paths) -> None:
    """KEYS.md; keys typed while it is looked for mean the message that is found."""
    async with workspace(paths, 160, 50) as (pilot, screen):
        rows = screen.dealdesk.host.reader.rows(screen.messages.ids)
        unread = [one.id for one in rows if not one.seen]
        assert len(unread) > 3
        screen.messages.go_to(unread[0])
        await press(pilot, "enter")
        screen.reader.last()
        send(pilot, "space", "F")
        await rest(pilot)
        assert screen.messages.cursor_id == unread[1]
        assert stored(screen, unread[1]).flagged != rows[list(screen.messages.ids).index(unread[1])].flagged
        assert stored(screen, unread[1]).seen


async def test_next_and_previous_unread(paths: Paths) -> None:
    async with workspace(paths, 160, 50) as (pilot, screen):
        rows = screen.dealdesk.host.reader.rows(screen.messages.ids)
        unread = [index for index, one in enumerate(rows) if not one.seen]
        await press(pilot, "2", "G")
        for index in reversed(unread):
            await press(pilot, "[")
            assert screen.messages.cursor == index
        for index in unread[1:]:
            await press(pilot, "]")
            assert screen.messages.cursor == index
        await press(pilot, "]")
        assert screen.messages.cursor == unread[-1]


async def test_a_folded_thread_is_marked_whole_and_seen_to_be(paths: Paths) -> None:
    """``V`` unfolds it and marks what the view has of it: not our own answers, which lie in Sent."""
    async with workspace(paths, 160, 50) as (pilot, screen):
        await press(pilot, "T")
        head = find(screen, "Re: Offer for 40 seats")
        screen.messages.go_to(head.id)
        await press(pilot, "V")
        marked = screen.dealdesk.host.reader.rows(sorted(screen.messages.marks))
        assert len(marked) > 1
        assert {one.thread for one in marked} == {head.thread}
        assert {one.folder for one in marked} == {"INBOX"}
        assert set(screen.messages.marks) <= set(screen.messages.ids)
