"""The composer: from a message or from nothing to the outbox, and never a word lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, Static, TextArea

from tests.screens.driving import find, press, rest, row, send, until
from tests.screens.home import workspace
from tui.engine.drafts import Drafts
from tui.engine.model import OperationState
from tui.engine.paths import Paths
from tui.screens.choosing import complete
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import Panel, Picker
from tui.screens.merge import MergeScreen
from tui.screens.workspace import Workspace


def composer(screen: Workspace) -> ComposeScreen:
    top = screen.app.screen
    assert isinstance(top, ComposeScreen)
    return top


def shown(screen: ComposeScreen, name: str) -> str:
    return str(screen.query_one(f"#{name}", Static).content)


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
        assert reader.operations(OperationState.QUEUED) == []
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
        assert Drafts(paths).list() == []
        await press(pilot, "m", *"bo@beta.example", "tab", "tab", "tab", *"Terms", "tab", *"Hello Bo", "escape")
        assert pilot.app.screen is screen
        kept = Drafts(paths).list()
        assert [(one.draft.to, one.draft.subject, one.draft.body) for one in kept] == [
            ("bo@beta.example", "Terms", "Hello Bo")
        ]
        await press(pilot, "g", "d")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, "1")
        await until(pilot, lambda: composer(screen).query_one("#text", TextArea).text == "Hello Bo")


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
        assert isinstance(pilot.app.screen, Picker)
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


async def test_the_signature_stands_below_and_changes_with_who_writes(paths: Paths) -> None:
    """A new message has it, one that nobody touched is still no draft, and another From brings its own."""
    paths.settings.write_text(
        '[identities."me@our.example"]\nname = "Mia"\nsignature = "Mia Berg"\n'
        '[identities."sales@our.example"]\nsignature = "The sales team"\n'
    )
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        assert composer(screen).query_one("#text", TextArea).text == "\n\n-- \nMia Berg"
        assert "Mia <me@our.example>" in shown(composer(screen), "from")
        await press(pilot, "escape")
        assert Drafts(paths).list() == []
        await press(pilot, "j", "r")
        await press(pilot, *"Yes.", "alt+f", "2")
        draft = composer(screen).written()
        assert draft.body.startswith("Yes.\n\nOn ")
        assert draft.body.endswith("\n\n-- \nThe sales team")
        assert draft.sender == "Sales <sales@our.example>"
        await press(pilot, "f9")
        [queued] = screen.dealdesk.host.reader.operations(OperationState.QUEUED)
        assert queued.message is not None
        assert screen.dealdesk.host.reader.row(queued.message).sender.email == "sales@our.example"


async def test_a_message_leaves_when_it_was_told_to(paths: Paths) -> None:
    """M-l: the form and the outbox show when; a time that is over is refused in words."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r")
        await press(pilot, "alt+l", *"2001-01-01 08:00", "enter")
        assert any("is over" in one.message for one in pilot.app._notifications)
        await press(pilot, "alt+l", *"tomorrow 08:00", "enter")
        assert "08:00" in shown(composer(screen), "later")
        await press(pilot, "f9", "g", "o")
        [queued] = screen.dealdesk.host.reader.operations(OperationState.QUEUED)
        assert queued.next_try is not None
        assert queued.next_try > time.time() + 3600
        text = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        assert "08:00" in text


async def test_a_template_is_filled_from_the_person_and_the_deal(paths: Paths) -> None:
    """M-t: what is known is there; what is empty is pointed out and stops the message until it is filled in."""
    (paths.config / "templates").mkdir()
    (paths.config / "templates" / "net.txt").write_text(
        "Subject: About {{ deal.title }}\n\nDear {{ person.first_name }}, {{ deal.lost_reason }}."
    )
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r")
        await press(pilot, "alt+t", "1")
        compose = composer(screen)
        await until(pilot, lambda: "Dear Ann, ⟦deal.lost_reason⟧." in compose.written().body)
        assert compose.written().subject == "Re: Offer for 40 seats"
        assert "deal.lost_reason is empty" in shown(compose, "warning")
        await press(pilot, "f9")
        assert composer(screen) is compose
        assert any("⟦deal.lost_reason⟧" in one.message for one in pilot.app._notifications)
        compose.query_one("#text", TextArea).text = "Dear Ann, yes."
        await press(pilot, "f9")
        assert pilot.app.screen is screen


async def test_strangers_and_a_missing_customer_are_pointed_out(paths: Paths) -> None:
    """A recipient new in the thread, and a deal of whose people nobody gets it; a line, never a question."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r")
        compose = composer(screen)
        assert "new in this thread" not in shown(compose, "warning")
        compose.query_one("#to", Input).value = "x@stranger.example"
        await press(pilot, "shift+tab", "shift+tab", "shift+tab", *"y")
        await until(pilot, lambda: "x@stranger.example new in this thread" in shown(compose, "warning"))
        assert "nobody of ◆ Acme licences among the recipients" in shown(compose, "warning")


async def test_a_message_is_sent_on_as_a_file_or_once_more_as_a_new_one(paths: Paths) -> None:
    """M-f attaches it exactly as it came; E begins a new message of its text and files, in no thread."""
    async with workspace(paths) as (pilot, screen):
        screen.messages.go_to(find(screen, "Invitation: Audit kick-off").id)
        raw = screen.dealdesk.host.reader.raw(row(screen).id)
        await press(pilot, "alt+f")
        compose = composer(screen)
        await until(pilot, lambda: compose.draft.attachments)
        [attached] = [Path(name) for name in compose.draft.attachments]
        assert attached.suffix == ".eml"
        assert attached.read_bytes() == raw
        assert compose.written().body == ""
        await press(pilot, "escape", "E")
        again = composer(screen)
        await until(pilot, lambda: again.written().subject)
        assert again.written().subject == "Invitation: Audit kick-off"
        assert again.written().reply_to is None
        assert len(again.draft.attachments) == row(screen).attachments


async def test_markdown_goes_out_beside_its_html(paths: Paths) -> None:
    """M-m: the preview shows how it is read; the message has both halves."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        await press(pilot, *"bo@beta.example", "tab", "tab", "tab", *"S", "tab", *"**bold** _and_", "alt+m")
        assert "Markdown" in shown(composer(screen), "later")
        await press(pilot, "alt+p")
        assert isinstance(pilot.app.screen, Panel)
        assert "bold and" in pilot.app.screen._text.plain
        await press(pilot, "q")
        await press(pilot, "f9")
        reader = screen.dealdesk.host.reader
        [queued] = reader.operations(OperationState.QUEUED)
        assert queued.message is not None
        raw = reader.raw(queued.message)
        assert raw is not None
        assert b"multipart/alternative" in raw
        assert b"<strong>bold</strong> <em>and</em>" in raw
        await press(pilot, "u")
        await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
        await until(pilot, lambda: composer(screen).draft.markdown)


async def test_a_reminder_is_set_while_writing_or_from_the_list(paths: Paths) -> None:
    """M-r in the form, ``b`` on any message; ``g b`` lists what nobody has answered and opens it."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        await press(pilot, *"bo@beta.example", "tab", "tab", "tab", *"Waits for Bo")
        await press(pilot, "alt+r", *"soon", "enter")
        assert any("soon" in one.message for one in pilot.app._notifications)
        await press(pilot, "alt+r", *"3", "enter")
        assert "reminds in 3 d" in shown(composer(screen), "later")
        await press(pilot, "f9")
        await press(pilot, "b", *"2 days", "enter")
        await press(pilot, "g", "b")
        picker = pilot.app.screen
        assert isinstance(picker, Picker)
        await until(pilot, lambda: picker._choices is not None and len(picker._choices) == 2)
        await press(pilot, "2")
        await until(pilot, lambda: screen.messages.cursor_row and row(screen).subject == "Waits for Bo")


async def test_one_template_goes_to_the_people_of_many_deals(paths: Paths) -> None:
    """``B`` on the board: each letter is shown, can be left out, and is filed under its deal."""
    (paths.config / "templates").mkdir()
    (paths.config / "templates" / "news.txt").write_text(
        "Subject: {{ deal.title }}\n\nDear {{ person.first_name }}, news about {{ deal.title }}."
    )
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "g", "p")
        await press(pilot, "B", "1")
        await until(pilot, lambda: isinstance(pilot.app.screen, MergeScreen))
        merge = pilot.app.screen
        assert isinstance(merge, MergeScreen)
        await until(pilot, lambda: merge.letters)
        everybody = [letter.deal for letter in merge.letters if not letter.missing]
        text = str(merge.query_one("#text", Static).content)
        assert f"news about {merge.letters[0].deal}." in text
        await press(pilot, "x")
        send(pilot, "f9", "f9")
        await rest(pilot)
        reader = screen.dealdesk.host.reader
        queued = [one.message for one in reader.operations(OperationState.QUEUED)]
        sent = reader.rows([number for number in queued if number is not None])
        assert sorted(row.subject for row in sent) == sorted(everybody[1:])
        assert all([deal.title for deal in row.deals] == [row.subject] for row in sent)


async def test_the_path_of_a_file_is_completed(paths: Paths, tmp_path: Path) -> None:
    """Tab takes folder and file in turn; hidden names and names with control characters are not offered."""
    (tmp_path / "offers").mkdir()
    for name in ("acme.pdf", ".secret", "evil\x1b]0;x\x07"):
        (tmp_path / "offers" / name).write_text("x")
    assert complete(f"{tmp_path}/off") == f"{tmp_path}/offers/"
    assert complete(f"{tmp_path}/offers/") == f"{tmp_path}/offers/acme.pdf"
    assert complete(f"{tmp_path}/offers/.s") == f"{tmp_path}/offers/.secret"
    assert complete(f"{tmp_path}/offers/evil") is None
    assert complete("/no/such/folder/x") is None
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        await press(pilot, "ctrl+t")
        field = pilot.app.screen.query_one("#text", Input)
        await press(pilot, *f"{tmp_path}/offers/ac")
        await until(pilot, lambda: field._suggestion)
        await press(pilot, "tab", "enter")
        assert "acme.pdf" in shown(composer(screen), "attached")
