"""The composer: from a message or from nothing to the outbox, and never a word lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, TextArea

from tests.screens.driving import composer, find, press, rest, row, send, shown, until
from tests.screens.home import workspace
from tui.engine.drafts import Drafts
from tui.engine.model import Deal, Draft, OperationState
from tui.engine.paths import Paths
from tui.engine.reopening import drafts_here
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import Picker


async def test_a_reply_knows_its_people_its_deal_and_its_thread(paths: Paths) -> None:
    """To, subject and quote are there; the deal is that of the mail that is answered (R24, R25)."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r")
        compose = composer(screen)
        assert compose.query_one("#to", Input).value == "Ann Archer <ann@acme.example>"
        assert compose.query_one("#subject", Input).value == "Re: Offer for 40 seats"
        assert "> 40 seats is right." in compose.query_one("#text", TextArea).text
        assert "Acme licences" in shown(compose, "filed")
        assert "answers a linked mail" in shown(compose, "why")
        assert "me@our.example" in shown(compose, "from")


async def test_what_is_typed_at_once_is_typed_into_the_message(paths: Paths) -> None:
    """KEYS.md: letters after ``r`` are the answer's text, not commands, however fast they come."""
    async with workspace(paths) as (pilot, screen):
        before = list(screen.messages.ids)
        send(pilot, "j", "r", *"delete me")
        await rest(pilot)
        assert composer(screen).query_one("#text", TextArea).text.startswith("delete me\n\nOn ")
        assert list(screen.messages.ids) == before


async def test_sending_queues_it_and_undo_takes_it_back(paths: Paths) -> None:
    """R36: it lies in the outbox and in Sent, is linked to the deal, and can be taken back while it waits."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r", *"Yes.", "f9")
        assert pilot.app.screen is screen
        reader = screen.dealdesk.host.reader
        queued = reader.operations(OperationState.QUEUED)
        assert [one.kind for one in queued] == ["send"]
        assert queued[0].message is not None
        sent = reader.row(queued[0].message)
        assert (sent.folder, sent.subject) == ("Sent", "Re: Offer for 40 seats")
        assert [deal.title for deal in sent.deals] == ["Acme licences"]
        assert reader.body(sent.id).text.startswith("Yes.")
        assert Drafts(paths).list() == []
        line = str(screen.status_line._draw(0).text)
        assert "s, u takes it back" in line
        await press(pilot, "u")
        assert [one.kind for one in reader.operations(OperationState.QUEUED)] == ["draft"]
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        await until(pilot, lambda: composer(screen).query_one("#text", TextArea).text.startswith("Yes."))


async def test_a_reply_to_all_leaves_own_addresses_out(paths: Paths) -> None:
    """``a`` answers everybody but oneself."""
    async with workspace(paths) as (pilot, screen):
        screen.messages.go_to(find(screen, "Audit of the archive").id)
        await press(pilot, "a")
        compose = composer(screen)
        everybody = compose.query_one("#to", Input).value + compose.query_one("#cc", Input).value
        assert "dana@" in everybody
        assert "our.example" not in everybody


async def test_a_forward_takes_the_attachments_along(paths: Paths) -> None:
    """They are files of the draft until it is sent or thrown away."""
    async with workspace(paths) as (pilot, screen):
        screen.messages.go_to(find(screen, "Invitation: Audit kick-off").id)
        await press(pilot, "f")
        compose = composer(screen)
        await until(pilot, lambda: compose.draft.attachments)
        files = [Path(name) for name in compose.draft.attachments]
        assert all(path.is_file() for path in files)
        assert compose.query_one("#subject", Input).value.startswith("Fwd: ")
        await press(pilot, *"bo@beta.example", "f9")
        assert [one.message for one in pilot.app._notifications] == []
        assert pilot.app.screen is screen
        assert not any(path.exists() for path in files)


async def test_leaving_keeps_it_as_a_draft(paths: Paths) -> None:
    """Esc keeps, ``g d`` finds it, and it goes on where it was left; a message that nobody touched is no draft."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m", "escape")
        reader = screen.dealdesk.host.reader
        assert drafts_here(reader) == []
        await press(pilot, "m", *"bo@beta.example", "tab", "tab", "tab", *"Terms", "tab", *"Hello Bo", "escape")
        assert pilot.app.screen is screen
        assert Drafts(paths).list() == []
        [kept] = drafts_here(reader)
        assert [one.kind for one in reader.operations(OperationState.QUEUED)] == ["draft"]
        await press(pilot, "g", "d")
        await until(pilot, lambda: row(screen).id == kept)
        await press(pilot, "enter")
        await until(pilot, lambda: composer(screen).query_one("#text", TextArea).text == "Hello Bo")
        assert composer(screen).query_one("#to", Input).value == "bo@beta.example"
        await press(pilot, "escape")
        assert drafts_here(reader) == [kept], "what nobody changed is no new version"
        await press(pilot, "enter", *"Well: ", "escape")
        [changed] = drafts_here(reader)
        assert reader.body(changed).text.startswith("Well: Hello Bo")
        await press(pilot, "enter")
        await press(pilot, "alt+d", "y")
        assert drafts_here(reader) == []


async def test_what_is_written_reaches_drafts_now_and_then(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other clients find it there while it is being written; it is one draft, and none when it was sent."""
    monkeypatch.setattr("tui.screens.composing.AUTOSAVE", 0.01)
    async with workspace(paths) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        await press(pilot, "m", *"bo@beta.example")
        await rest(pilot)
        assert drafts_here(reader) == [], "not before its time"
        monkeypatch.setattr("tui.screens.composing.KEEP", -1.0)
        await press(pilot, "tab", "tab", "tab", *"Te")
        await until(pilot, lambda: [reader.row(one).subject for one in drafts_here(reader)] == ["Te"])
        await press(pilot, *"rms")
        await until(pilot, lambda: [reader.row(one).subject for one in drafts_here(reader)] == ["Terms"])
        await press(pilot, "f9")
        assert (drafts_here(reader), Drafts(paths).list()) == ([], [])


async def test_a_draft_of_another_program_is_replaced_only_by_hand(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its HTML would be lost in Drafts: the timer keeps what is written as a file alone, until somebody leaves."""
    monkeypatch.setattr("tui.screens.composing.AUTOSAVE", 0.01)
    monkeypatch.setattr("tui.screens.composing.KEEP", -1.0)
    Drafts(paths).save(Draft(1, subject="Terms", body="Dear Bo", lost="pictures"))
    async with workspace(paths) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        await press(pilot, "g", "d", "1")
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        await until(pilot, lambda: "loses its pictures" in shown(composer(screen), "warning"))
        composer(screen).query_one("#text", TextArea).insert("Well: ")
        await until(pilot, lambda: any("Well: " in one.draft.body for one in Drafts(paths).list()))
        await rest(pilot)
        assert drafts_here(reader) == []
        await press(pilot, "escape")
        [kept] = drafts_here(reader)
        assert "Well: " in reader.body(kept).text


async def test_a_crash_and_what_drafts_has_of_it_are_one_draft(paths: Paths) -> None:
    """What was written after the last version is found, and takes its place."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m", *"bo@beta.example", "ctrl+s")
        [file] = Drafts(paths).list()
    Drafts(paths).save(file.draft._replace(body="Typed before the crash."), file.id)
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "g", "d")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, "1")
        await until(pilot, lambda: "before the crash" in composer(screen).query_one("#text", TextArea).text)
        await press(pilot, "escape")
        reader = screen.dealdesk.host.reader
        [kept] = drafts_here(reader)
        assert reader.body(kept).text == "Typed before the crash."
        assert Drafts(paths).list() == []


async def test_what_is_written_is_saved_while_writing(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash costs seconds, not a letter."""
    monkeypatch.setattr("tui.screens.composing.AUTOSAVE", 0.01)
    async with workspace(paths) as (pilot, _):
        await press(pilot, "m", *"bo@")
        await until(pilot, lambda: [one.draft.to for one in Drafts(paths).list()] == ["bo@"])


async def test_recipients_are_completed(paths: Paths) -> None:
    """From people and from those written to; Tab takes it and stays for the next one."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m", *"bo c")
        field = composer(screen).query_one("#to", Input)
        await until(pilot, lambda: field._suggestion)
        await press(pilot, "tab")
        assert field.value == "Bo Chen <bo@beta.example>, "
        assert composer(screen).focused is field
        await press(pilot, *"archer", "tab")
        assert field.value == "Bo Chen <bo@beta.example>, Ann Archer <ann@acme.example>, "


async def test_where_it_will_be_filed_follows_the_recipients(paths: Paths) -> None:
    """Nobody, one open deal, several, and the composer's own choice (R25)."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        compose = composer(screen)
        assert "none yet" in shown(compose, "filed")
        await press(pilot, *"dana@delta.example")
        await until(pilot, lambda: "Delta audit" in shown(compose, "filed"))
        compose.query_one("#to", Input).value = "bo@beta.example"
        await until(pilot, lambda: "which?" in shown(compose, "filed"))
        await press(pilot, "ctrl+l")
        picker = pilot.app.screen
        assert isinstance(picker, Picker)
        assert picker._choices is not None
        first = [one.value.title for one in picker._choices[:2] if isinstance(one.value, Deal)]
        assert sorted(first) == ["Beta renewal", "Beta training"], "the recipient's deals are offered first"
        await press(pilot, *"renewal", "enter")
        await until(pilot, lambda: "Beta renewal" in shown(compose, "filed"))
        assert "chosen here" in shown(compose, "why")


async def test_a_wrong_address_is_named_and_nothing_is_lost(paths: Paths) -> None:
    """It stays open with everything in it."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m", *"not an address", "f9")
        compose = composer(screen)
        assert compose.query_one("#to", Input).value == "not an address"
        assert any("not an address" in one.message for one in pilot.app._notifications)
        compose.query_one("#to", Input).value = "bo@beta.example"
        await press(pilot, "f9")
        assert pilot.app.screen is screen


async def test_a_forgotten_attachment_is_pointed_out(paths: Paths, tmp_path: Path) -> None:
    """A line, no question; it goes when a file is attached, and the file is sent."""
    offer = tmp_path / "offer [b].txt"
    offer.write_text("40 seats")
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r", *"see attached")
        compose = composer(screen)
        assert 'the text says "attached"' in shown(compose, "warning")
        await press(pilot, "ctrl+t")
        pilot.app.screen.query_one("#text", Input).value = str(offer)
        await press(pilot, "enter")
        assert "no attachment" not in shown(compose, "warning")
        assert "offer [b].txt" in shown(compose, "attached")
        await press(pilot, "f9")
        queued = screen.dealdesk.host.reader.operations(OperationState.QUEUED)
        assert queued[0].message is not None
        assert screen.dealdesk.host.reader.row(queued[0].message).attachments == 1


async def test_send_pressed_twice_sends_once(paths: Paths) -> None:
    """R4: a message is sent at most once."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r")
        send(pilot, "f9", "f9")
        await rest(pilot)
        assert [one.kind for one in screen.dealdesk.host.reader.operations()] == ["send"]


async def test_discard_asks_and_throws_away(paths: Paths) -> None:
    """Only y throws it away."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m", *"bo@beta.example", "ctrl+s")
        assert len(Drafts(paths).list()) == 1
        await press(pilot, "alt+d", "n")
        composer(screen)
        await press(pilot, "alt+d", "y")
        assert Drafts(paths).list() == []
        assert pilot.app.screen is screen


async def test_a_reply_before_the_body_is_here_quotes_nothing(paths: Paths) -> None:
    """An answer never waits for a download."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j")
        number = row(screen).id

        async def drop(engine: object) -> None:
            async with engine.mailbox.write() as tx:  # type: ignore[attr-defined]
                await tx.execute("DELETE FROM sources WHERE message_id = ?", (number,))

        await screen.dealdesk.ask(drop)
        await press(pilot, "r")
        compose = composer(screen)
        await until(pilot, lambda: compose.query_one("#to", Input).value)
        assert compose.query_one("#to", Input).value == "Ann Archer <ann@acme.example>"
        assert compose.query_one("#text", TextArea).text == ""


async def test_a_burst_of_keys_reaches_the_fields_it_was_meant_for(paths: Paths) -> None:
    """What follows Tab, Enter or C-t in one breath is the next field's, or the dialog's; no letter is lost."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        form = composer(screen)
        send(pilot, *"bo@beta.example,", "tab", *"ann@acme.example,", "tab", "enter", *"Offer", "enter", *"Hello")
        await rest(pilot)
        draft = form.written()
        assert (draft.to, draft.cc, draft.bcc) == ("bo@beta.example", "ann@acme.example", "")
        assert (draft.subject, draft.body) == ("Offer", "Hello")
        send(pilot, "ctrl+t", *"/no/such/file")
        await rest(pilot)
        assert form.written().body == "Hello"
        assert pilot.app.screen.query_one(Input).value == "/no/such/file"


async def test_a_letter_with_alt_is_typed_into_no_field(paths: Paths) -> None:
    """A terminal sends Alt and d as such with the letter; it is a key of the form, or none."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m", "tab", "tab", "tab", "tab")
        form = composer(screen)
        pilot.app.post_message(events.Key("alt+x", "x"))
        pilot.app.post_message(events.Key("alt+d", "d"))
        await rest(pilot)
        assert form.written().body == ""
        assert pilot.app.screen is not form
