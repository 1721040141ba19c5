"""The workspace over a real mailbox: what keys do to messages, and that no key ever means another one."""

from __future__ import annotations

from textual.widgets import Input

from tests.screens.driving import find, press, rest, row, send, stored, until
from tests.screens.home import workspace
from tui.actions import ACTIONS, PANES
from tui.engine.model import LinkState, OperationState, View
from tui.engine.paths import Paths
from tui.screens.dialogs import Confirm, Panel, Picker, Prompt
from tui.screens.workspace import Workspace


def test_every_action_of_the_panes_has_a_handler() -> None:
    """No key of the workspace is dead."""
    assert [one.id for one in ACTIONS if set(one.where) & set(PANES) and not hasattr(Workspace, one.method)] == []


async def test_the_list_is_filled_without_any_network(paths: Paths) -> None:
    """What is kept here is shown before a server is asked."""
    async with workspace(paths) as (_, screen):
        assert len(screen.messages.ids) == 32
        assert screen.folders.places[0].title == "All inboxes"


async def test_after_an_archive_the_cursor_stays_on_the_row(paths: Paths) -> None:
    """KEYS.md: it is then the next message; undo brings the message and the cursor back."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j")
        before, index = list(screen.messages.ids), screen.messages.cursor
        gone = row(screen)
        await press(pilot, "e")
        assert screen.messages.cursor == index
        assert screen.messages.cursor_id == before[index + 1]
        assert stored(screen, gone.id).folder == "Archive"
        assert stored(screen, gone.id).pending
        await press(pilot, "u")
        assert list(screen.messages.ids) == before
        assert screen.messages.cursor_id == gone.id
        assert stored(screen, gone.id).folder == "INBOX"


async def test_fast_keys_mean_one_message_each(paths: Paths) -> None:
    """Three archives in one breath are three messages, before the engine has answered the first."""
    async with workspace(paths) as (pilot, screen):
        before = list(screen.messages.ids)
        send(pilot, "e", "e", "e")
        await rest(pilot)
        assert list(screen.messages.ids) == before[3:]
        assert {stored(screen, one).folder for one in before[:3]} == {"Archive"}
        assert stored(screen, before[3]).folder == "INBOX"


async def test_an_action_applies_to_the_marks_and_the_footer_says_how_many(paths: Paths) -> None:
    """KEYS.md: the marked messages, else the one under the cursor; ``archive 2``."""
    async with workspace(paths, 160) as (pilot, screen):
        marked = list(screen.messages.ids[:2])
        await press(pilot, "x", "x")
        assert "archive 2" in dict(screen.status_line.hints).values()
        await press(pilot, "e")
        assert {stored(screen, one).folder for one in marked} == {"Archive"}
        assert "archive" in dict(screen.status_line.hints).values()


async def test_delete_for_ever_asks_with_the_count(paths: Paths) -> None:
    """The only dialog; anything but y leaves everything as it was."""
    async with workspace(paths) as (pilot, screen):
        ids = list(screen.messages.ids[:3])
        await press(pilot, "x", "x", "x", "D")
        assert isinstance(pilot.app.screen, Confirm)
        assert "3 messages" in pilot.app.screen._question.plain
        await press(pilot, "n")
        assert list(screen.messages.ids[:3]) == ids
        await press(pilot, "D", "y")
        assert not set(ids) & set(screen.messages.ids)


async def test_delete_goes_to_trash_without_a_question(paths: Paths) -> None:
    """``d`` is undoable; in Trash it asks, because there it isn't."""
    async with workspace(paths) as (pilot, screen):
        first = row(screen).id
        await press(pilot, "d")
        assert stored(screen, first).folder == "Trash"
        await press(pilot, "g", "t")
        assert screen.shown.heading == "Trash"
        await press(pilot, "d")
        assert isinstance(pilot.app.screen, Confirm)


async def test_move_offers_the_last_folder_first(paths: Paths) -> None:
    """A fuzzy picker; the second time Enter is enough, and ``.`` needs no picker at all."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "g", "i")
        first, second, third = screen.messages.ids[:3]
        await press(pilot, "s")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, *"clien", "enter")
        assert stored(screen, first).folder == "Clients"
        await press(pilot, "s", "enter")
        assert stored(screen, second).folder == "Clients"
        await press(pilot, ".")
        assert stored(screen, third).folder == "Clients"
        assert len(screen.messages.ids) == len(screen.dealdesk.host.reader.ids(screen.shown.view))


async def test_flag_and_unread_are_toggles(paths: Paths) -> None:
    """``F`` and ``U`` set what is not set everywhere, else take it off."""
    async with workspace(paths) as (pilot, screen):
        one = row(screen)
        assert not one.flagged
        assert not one.seen
        await press(pilot, "F", "U")
        assert stored(screen, one.id).flagged
        assert stored(screen, one.id).seen
        await press(pilot, "F", "U")
        assert not stored(screen, one.id).flagged
        assert not stored(screen, one.id).seen


async def test_opening_reads_and_marks_seen_without_another_screen(paths: Paths) -> None:
    """Reading mail never pushes a screen."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "enter")
        assert pilot.app.screen is screen
        assert screen.pane() == "reader"
        assert screen.reader.body is not None
        assert "40 seats" in screen.reader.body.text
        assert stored(screen, row(screen).id).seen
        await press(pilot, "q")
        assert screen.pane() == "messages"


async def test_undo_passes_by_what_reading_marked(paths: Paths) -> None:
    """``u`` takes back what was decided, not that mail was looked at since."""
    async with workspace(paths) as (pilot, screen):
        first = row(screen)
        await press(pilot, "e")
        await press(pilot, "enter", "q")
        await press(pilot, "u")
        assert stored(screen, first.id).folder == "INBOX"


async def test_space_reads_on_and_at_the_end_takes_the_next_unread(paths: Paths) -> None:
    """One key goes through everything that is new."""
    async with workspace(paths) as (pilot, screen):
        first = row(screen).id
        await press(pilot, "space")
        assert screen.reader.row is not None
        assert screen.reader.row.id == first
        for _ in range(20):
            if row(screen).id != first:
                break
            await press(pilot, "space")
        assert row(screen).id != first
        assert stored(screen, row(screen).id).seen


async def test_link_by_its_number(paths: Paths) -> None:
    """The picker's suggestions are numbered; a digit links, the badge says so, undo takes it back."""
    async with workspace(paths) as (pilot, screen):
        needs = find(screen, "Contract question")
        screen.messages.go_to(needs.id)
        await press(pilot, "l")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, "2")
        linked = stored(screen, needs.id)
        assert linked.link_state is LinkState.LINKED
        assert len(linked.deals) == 1
        assert screen.deal is not None
        assert [deal.id for deal in screen.deal.deals] == [linked.deals[0].id]
        await press(pilot, "u")
        assert stored(screen, needs.id).link_state is LinkState.NEEDS_DEAL


async def test_a_new_deal_with_somebody_new(paths: Paths) -> None:
    """The picker's last line makes person and deal and links the message; nothing earlier is linked by it (R19)."""
    async with workspace(paths) as (pilot, screen):
        stranger = find(screen, "Price for 12 seats?")
        screen.messages.go_to(stranger.id)
        await press(pilot, "l", "1")
        await press(pilot, *"Kappa seats", "enter")
        linked = stored(screen, stranger.id)
        assert [deal.title for deal in linked.deals] == ["Kappa seats"]
        people = screen.dealdesk.host.reader.crm.persons("nadia")
        assert [person.emails for person in people] == [("nadia@kappa.example",)]


async def test_a_link_typed_blindly_reaches_its_message(paths: Paths) -> None:
    """KEYS.md: ``l 1`` and ``e`` in one breath link and archive the message that was meant, none other."""
    async with workspace(paths) as (pilot, screen):
        needs = find(screen, "Contract question")
        screen.messages.go_to(needs.id)
        send(pilot, "l", "1")
        await rest(pilot)
        assert len(stored(screen, needs.id).deals) == 1
        assert pilot.app.screen is screen


async def test_unlink_and_why(paths: Paths) -> None:
    """A tombstone stays; ``w`` says what was decided and what a person changed."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j")
        linked = row(screen)
        assert linked.deals
        await press(pilot, "L")
        if isinstance(pilot.app.screen, Picker):
            await press(pilot, "1")
        assert stored(screen, linked.id).link_state is LinkState.NONE
        await press(pilot, "w")
        assert isinstance(pilot.app.screen, Panel)
        assert "Unlinked by hand" in pilot.app.screen._text.plain
        await press(pilot, "q")
        assert not isinstance(pilot.app.screen, Panel)


async def test_private_is_a_toggle_of_the_thread(paths: Paths) -> None:
    """``p`` again allows linking again."""
    async with workspace(paths) as (pilot, screen):
        one = row(screen)
        await press(pilot, "p")
        assert stored(screen, one.id).link_state is LinkState.PRIVATE
        await press(pilot, "p")
        assert stored(screen, one.id).link_state is not LinkState.PRIVATE


async def test_stage_of_the_deal_under_the_cursor(paths: Paths) -> None:
    """``>`` and ``<`` move the deal, undo takes it back, and a message without one says what to do."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, ">")
        assert screen.status_line.notice is not None
        assert "no deal" in screen.status_line.notice[0]
        await press(pilot, "j")
        assert row(screen).deals[0].stage == "Offer"
        await press(pilot, ">")
        assert stored(screen, row(screen).id).deals[0].stage == "Negotiation"
        await press(pilot, "<")
        assert stored(screen, row(screen).id).deals[0].stage == "Offer"
        await press(pilot, "u")
        assert stored(screen, row(screen).id).deals[0].stage == "Negotiation"


async def test_a_task_and_a_note_in_one_line(paths: Paths) -> None:
    """``t`` and ``i`` ask for a line; the deal's story tells them at once."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "t")
        assert isinstance(pilot.app.screen, Prompt)
        await press(pilot, *"+3d call Ann", "enter")
        await press(pilot, "i", *"wants net 60", "enter")
        assert screen.deal is not None
        told = [entry.title for entry in screen.deal.timeline]
        assert any("call Ann" in title for title in told)
        assert any("wants net 60" in title for title in told)


async def test_letters_in_the_search_line_are_letters(paths: Paths) -> None:
    """KEYS.md: no single-letter binding works while a text field has the focus."""
    async with workspace(paths) as (pilot, screen):
        before = list(screen.messages.ids)
        await press(pilot, "\\", *"ede")
        assert screen.query_one("#bar", Input).value == "ede"
        await press(pilot, "escape")
        assert list(screen.messages.ids) == before
        assert screen.dealdesk.host.reader.operations() == []


async def test_a_paste_is_no_key(paths: Paths) -> None:
    """KEYS.md: a paste never triggers a binding."""
    from textual import events

    async with workspace(paths) as (pilot, screen):
        before = list(screen.messages.ids)
        pilot.app.post_message(events.Paste("eeed"))
        await rest(pilot)
        assert list(screen.messages.ids) == before


async def test_filter_while_typing_and_back(paths: Paths) -> None:
    """``\\`` narrows this list, ``q`` shows it whole again with the cursor where it was."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "j")
        at, before = screen.messages.cursor_id, list(screen.messages.ids)
        await press(pilot, "\\", *"seats")
        await until(pilot, lambda: 0 < len(screen.messages.ids) < len(before))
        await press(pilot, "enter")
        assert screen.pane() == "messages"
        await press(pilot, "q")
        assert list(screen.messages.ids) == before
        assert screen.messages.cursor_id == at


async def test_search_looks_everywhere_and_n_goes_to_hits(paths: Paths) -> None:
    """``/`` finds what is in other folders; ``n`` goes through the hits of the list one came back to."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "/", *"from:ann", "enter")
        assert screen.shown.view == View("all", query="from:ann")
        hits = list(screen.messages.ids)
        assert len(hits) > 1
        await press(pilot, "q", "n")
        assert screen.messages.cursor_id in hits
        await press(pilot, "/", *"is:nonsense", "enter")
        assert "is:nonsense" in screen.messages.empty


async def test_new_mail_does_not_move_the_cursor(paths: Paths) -> None:
    """KEYS.md: the selection is held by identity; the row keeps its place on the screen where that is possible."""
    async with workspace(paths) as (pilot, screen):
        first = screen.messages.ids[0]
        await press(pilot, "d", "j", "j")
        at = screen.messages.cursor_id
        await pilot.app.host.call(pilot.app.host.engine.undo)  # type: ignore[attr-defined]
        screen.list_again.now()
        await rest(pilot)
        assert first in screen.messages.ids
        assert screen.messages.cursor_id == at


async def test_a_refused_command_brings_the_message_back(paths: Paths) -> None:
    """What the engine can't do is said in one sentence, and the list is as it was."""
    from tui.engine.commands import Move

    async with workspace(paths) as (pilot, screen):
        before = list(screen.messages.ids)
        screen.act(lambda ids: Move(ids, 999), leaves=True)
        assert list(screen.messages.ids) == before[1:]
        await rest(pilot)
        assert list(screen.messages.ids) == before
        assert [one.severity for one in pilot.app._notifications] == ["error"]


async def test_queued_operations_are_pending_in_the_status(paths: Paths) -> None:
    """R36: what is queued is visible."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "e")
        assert screen.frame is not None
        assert screen.frame.status.pending == 1
        assert len(screen.dealdesk.host.reader.operations(OperationState.QUEUED)) == 1


async def test_threads_fold_and_unfold(paths: Paths) -> None:
    """``T`` shows a line a thread; ``z o`` the thread's messages under it, ``z c`` hides them."""
    async with workspace(paths) as (pilot, screen):
        every = len(screen.messages.ids)
        await press(pilot, "T")
        folded = list(screen.messages.ids)
        assert len(folded) < every
        await press(pilot, "j", "z", "o")
        assert len(screen.messages.ids) > len(folded)
        await press(pilot, "z", "c")
        assert list(screen.messages.ids) == folded
        await press(pilot, "z", "R")
        assert len(screen.messages.ids) == every


async def test_an_unknown_second_key_does_nothing(paths: Paths) -> None:
    """``g e`` is not ``e``; Esc ends a sequence and nothing else."""
    async with workspace(paths) as (pilot, screen):
        before = list(screen.messages.ids)
        await press(pilot, "g", "e")
        await press(pilot, "g", "escape")
        assert list(screen.messages.ids) == before
        assert pilot.app.is_running


async def test_q_from_the_top_quits(paths: Paths) -> None:
    """One level back at a time, then out."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "enter", "q")
        assert screen.pane() == "messages"
        await press(pilot, "x", "q")
        assert not screen.messages.marks
        await press(pilot, "q")
        if screen.has_class("-reading"):
            await press(pilot, "q")
    assert pilot.app.return_code == 0
