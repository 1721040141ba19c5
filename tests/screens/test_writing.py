"""What a composer does besides: who writes, templates, Markdown, times, reminders, files, many letters at once."""

from __future__ import annotations

import time
from pathlib import Path

from textual import events
from textual.widgets import Input, Static, TextArea

from tests.screens.driving import composer, find, press, rest, row, send, shown, until
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tui.engine.drafts import Drafts
from tui.engine.model import Draft, OperationState
from tui.engine.paths import Paths
from tui.screens.choosing import complete
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import Panel, Picker
from tui.screens.merge import MergeScreen
from tui.screens.texts import TextPanel


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
        await press(pilot, *"Yes.", "alt+s", "2")
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
    """M-e attaches it exactly as it came; E begins a new message of its text and files, in no thread."""
    async with workspace(paths) as (pilot, screen):
        screen.messages.go_to(find(screen, "Invitation: Audit kick-off").id)
        raw = screen.dealdesk.host.reader.raw(row(screen).id)
        await press(pilot, "alt+e")
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


async def test_a_forward_with_hundreds_of_files_still_shows_its_text(paths: Paths) -> None:
    files = [paths.data / f"plan-{number}.txt" for number in range(300)]
    for file in files:
        file.write_bytes(b"x")
    async with workspace(paths, 80, 24) as (pilot, _):
        draft = Draft(1, subject="Many", body="the text", attachments=tuple(map(str, files)))
        pilot.app.push_screen(ComposeScreen(draft))
        await rest(pilot)
        words = " ".join(screen_text(pilot.app).split())
        assert "the text" in words
        assert "plan-0.txt 1 B" in words
        assert "and 288 more" in words


async def test_markdown_goes_out_beside_its_html(paths: Paths) -> None:
    """M-m: the preview shows how it is read; the message has both halves."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        await press(pilot, *"bo@beta.example", "tab", "tab", "tab", *"S", "tab", *"**bold** _and_", "alt+m")
        assert "Markdown" in shown(composer(screen), "later")
        await press(pilot, "alt+p")
        assert isinstance(pilot.app.screen, TextPanel)
        assert "bold and" in screen_text(pilot.app)
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


async def test_many_addresses_are_pasted_at_once(paths: Paths) -> None:
    """A column, a spreadsheet's rows, a line of them: every address, each once; their end is in view."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "m")
        field = composer(screen).query_one("#to", Input)
        people = ", ".join(f"person{number}@acme.example" for number in range(9))
        pilot.app.post_message(events.Paste(people))
        await until(pilot, lambda: "person8@acme.example" in screen_text(pilot.app))
        await press(pilot, "ctrl+u")
        pilot.app.post_message(events.Paste("ann@acme.example\nbo@beta.example;\n\nann@acme.example\n"))
        await rest(pilot)
        assert field.value == "ann@acme.example, bo@beta.example"
        pilot.app.post_message(events.Paste("Carl, Cora\tcora@gamma.example\nd@delta.example\tDora"))
        await rest(pilot)
        assert composer(screen).written().to == (
            'ann@acme.example, bo@beta.example, "Carl, Cora" <cora@gamma.example>, "Dora" <d@delta.example>'
        )


async def test_what_a_crash_left_is_told_of_at_the_start(paths: Paths) -> None:
    """Nobody has to look for it."""
    Drafts(paths).save(Draft(1, subject="Half a letter"))
    async with workspace(paths) as (pilot, _):
        await until(pilot, lambda: any("interrupted" in one.message for one in pilot.app._notifications))


async def test_the_keys_of_the_composer_fit_and_are_listed(paths: Paths) -> None:
    """At 80 columns no word is cut, and F1 lists all of them."""
    async with workspace(paths, 80, 24) as (pilot, screen):
        await press(pilot, "m")
        assert shown(composer(screen), "keys").endswith("Esc keep · F1 keys")
        await press(pilot, "f1")
        assert isinstance(pilot.app.screen, Panel)
