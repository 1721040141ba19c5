"""The outbox, the accounts and a new account: what waits is seen, and every answer is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.screens.driving import press, rest, row, stored, until
from tests.screens.home import workspace
from tui.app import DealdeskApp
from tui.engine.commands import Send
from tui.engine.errors import InvalidInput
from tui.engine.model import Draft, Folder, OperationState, Role, Security, Server
from tui.engine.paths import Paths
from tui.engine.reads import missing_roles
from tui.engine.store import operations
from tui.screens.accounts import AccountsScreen
from tui.screens.dialogs import Confirm, Panel, Picker
from tui.screens.outbox import OutboxScreen
from tui.screens.setup import SetupScreen, name_in, parse_server, parse_since
from tui.screens.workspace import Workspace
from tui.widgets.plain import Plain


async def refuse(screen: Workspace, words: str) -> None:
    """Let the server refuse what is queued, as the account's task does."""

    async def say_no(engine: object) -> None:
        mailbox = engine.mailbox  # type: ignore[attr-defined]
        entries = [await operations.get(mailbox.reads, one.id) for one in screen.dealdesk.host.reader.operations()]
        await engine.journal.refuse([one for one in entries if one is not None], words)  # type: ignore[attr-defined]

    await screen.dealdesk.ask(say_no)


async def test_R35_a_refusal_is_told_in_the_servers_words_and_can_be_kept_local(paths: Paths) -> None:
    """The message is back; the outbox says why; ``L`` keeps it done here only."""
    async with workspace(paths, 140) as (pilot, screen):
        one = row(screen)
        await press(pilot, "e")
        await refuse(screen, "NO [NOPERM] [/x] not in this folder")
        await until(pilot, lambda: stored(screen, one.id).folder == "INBOX")
        await until(pilot, lambda: any("not in this folder" in told.message for told in pilot.app._notifications))
        await press(pilot, "g", "o")
        assert isinstance(pilot.app.screen, OutboxScreen)
        shown = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        assert "[NOPERM] [/x] not in this folder" in shown
        outbox = pilot.app.screen
        await press(pilot, "L")
        assert stored(screen, one.id).folder == "Archive"
        await until(pilot, lambda: not outbox.rows.ids)
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, Workspace)


async def test_R35_many_refusals_of_one_action_are_told_once_and_listed_by_subject(paths: Paths) -> None:
    async with workspace(paths, 140) as (pilot, screen):
        await press(pilot, "j", "x", "x")
        subjects = [one.subject for one in screen.target_rows(screen.messages.targets)]
        assert len(subjects) == 2
        await press(pilot, "e")
        await refuse(screen, "Permission denied.")
        await until(pilot, lambda: pilot.app._notifications)
        await rest(pilot)
        assert [one.message for one in pilot.app._notifications] == [
            "Archived 2 messages: the server refused, Permission denied. g o shows what can be done."
        ]
        await press(pilot, "g", "o")
        assert isinstance(pilot.app.screen, OutboxScreen)
        listed = [pilot.app.screen._operations[one].title for one in pilot.app.screen.rows.ids]
        assert sorted(listed) == sorted(f'Archived "{one}"' for one in subjects)


async def test_R36_what_is_queued_can_be_cancelled(paths: Paths) -> None:
    """``x`` takes it back, here too."""
    async with workspace(paths) as (pilot, screen):
        one = row(screen)
        await press(pilot, "e")
        await press(pilot, "g", "o", "x")
        assert stored(screen, one.id).folder == "INBOX"
        assert screen.dealdesk.host.reader.operations(OperationState.QUEUED) == []


async def test_R35_what_was_refused_can_be_tried_again(paths: Paths) -> None:
    """``r`` queues it again, and what it does here is done again."""
    async with workspace(paths) as (pilot, screen):
        one = row(screen)
        await press(pilot, "e")
        await refuse(screen, "NO [OVERQUOTA] full")
        await press(pilot, "g", "o", "r")
        assert stored(screen, one.id).folder == "Archive"
        assert [op.state for op in screen.dealdesk.host.reader.operations()] == [OperationState.QUEUED]


async def test_quitting_asks_only_when_something_is_unsent(paths: Paths) -> None:
    """A queued move doesn't hold anybody up; an unsent message is worth a question."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "r", "f9")
        await until(pilot, lambda: screen.frame is not None and screen.frame.status.outbox == 1)
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "n")
        assert isinstance(pilot.app.screen, Workspace)
        await press(pilot, "q", "y")
    assert pilot.app.return_code == 0


async def test_R44_removing_an_account_says_first_what_is_kept(paths: Paths) -> None:
    """``n kept, k removed`` before the question is answered."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "g", "@")
        accounts = pilot.app.screen
        assert isinstance(accounts, AccountsScreen)
        await press(pilot, "D")
        assert isinstance(pilot.app.screen, Confirm)
        assert pilot.app.screen._detail is not None
        assert "kept" in pilot.app.screen._detail.plain
        assert "server is untouched" in pilot.app.screen._detail.plain
        await press(pilot, "y")
        await until(pilot, lambda: len(accounts.rows.ids) == 1)
        assert [one.email for one in screen.dealdesk.host.reader.accounts()] == ["sales@our.example"]


async def test_R44_removing_an_account_says_that_an_unsent_message_will_be_lost(paths: Paths) -> None:
    """What was written and not sent goes with its account, so that is said before."""
    async with workspace(paths) as (pilot, screen):
        draft = Draft(1, to="ann@acme.example", subject="Unsent", body="Dear Ann")
        before = await screen.dealdesk.ask(lambda engine: engine.unsent(1))
        await screen.dealdesk.ask(lambda engine: engine.do(Send(draft)))
        await press(pilot, "g", "@", "D")
        assert isinstance(pilot.app.screen, Confirm)
        assert pilot.app.screen._detail is not None
        lost = f"{before + 1} unsent message{'s' if before else ''} will be lost."
        assert lost in pilot.app.screen._detail.plain


async def test_R6_deselecting_the_inbox_warns(paths: Paths) -> None:
    """What will be missing is said at once, and stands in the list."""
    async with workspace(paths, 160) as (pilot, screen):
        await press(pilot, "g", "@", "f")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, *"INBOX", "enter")
        await until(pilot, lambda: any("Inbox is not synced" in one.message for one in pilot.app._notifications))
        assert not next(one for one in screen.dealdesk.host.reader.folders(1) if one.role is Role.INBOX).selected


async def test_a_test_says_what_each_server_answered(paths: Paths) -> None:
    """One line a check, with how to mend it."""
    async with workspace(paths) as (pilot, _):
        await press(pilot, "g", "@", "t")
        panel = pilot.app.screen
        assert isinstance(panel, Panel)
        await until(pilot, lambda: "password" in panel._text.plain)


def test_R6_only_what_is_there_is_warned_about() -> None:
    """An account without a Sent folder has nothing to select."""
    inbox = Folder(1, 1, "a", "INBOX", Role.INBOX, False, 0, 0, 0, 0, None, True, True, "")
    assert missing_roles([inbox], 1) == [
        "Inbox is not synced: new mail is not seen and not linked. Both should be.",
    ]
    assert missing_roles([inbox], 2) == []


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("imap.example.org", "imap", Server("imap.example.org", 993, Security.TLS)),
        ("imap.example.org:143", "imap", Server("imap.example.org", 143, Security.STARTTLS)),
        ("localhost:1143 none", "imap", Server("localhost", 1143, Security.NONE)),
        ("smtp.example.org", "smtp", Server("smtp.example.org", 465, Security.TLS)),
        ("smtp.example.org:587", "smtp", Server("smtp.example.org", 587, Security.STARTTLS)),
        ("smtp.example.org starttls", "smtp", Server("smtp.example.org", 587, Security.STARTTLS)),
    ],
)
def test_a_server_is_written_as_people_write_it(text: str, kind: str, expected: Server) -> None:
    """Host, host:port, and security where it isn't the usual one."""
    assert parse_server(text, kind) == expected


@pytest.mark.parametrize("text", ["", "a b c", "host:port", "host:99999", ":993", "host maybe"])
def test_what_is_no_server_is_named(text: str) -> None:
    """One sentence with the text in it."""
    with pytest.raises(InvalidInput, match=r"server|host"):
        parse_server(text, "imap")


def test_R41_windows() -> None:
    """today .. everything; the window begins at the start of a day."""
    now = 1_700_000_000.0
    assert parse_since("all", now) is None
    assert parse_since("today", now) == 1_700_000_000 - 1_700_000_000 % 86400
    assert parse_since("", now) == parse_since("3m", now)
    with pytest.raises(InvalidInput, match="fortnight"):
        parse_since("fortnight", now)


async def test_an_empty_home_says_what_to_do(tmp_path: Path) -> None:
    """First run: the first account is asked for; left for later, the list says which key adds one, and the demo."""
    app = DealdeskApp(Paths.of(tmp_path / "new"), network=False)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, Workspace))
        screen = app.screen
        assert isinstance(screen, Workspace)
        assert "g @ adds one" in screen.messages.empty
        assert "dealdesk demo" in screen.messages.empty


async def test_a_new_account_is_asked_for_one_question_at_a_time(tmp_path: Path) -> None:
    """A wrong answer is named and can be changed; when the server doesn't answer nothing is saved."""
    app = DealdeskApp(Paths.of(tmp_path / "new"), network=False)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        setup = app.screen
        assert isinstance(setup, SetupScreen)
        await press(pilot, *"me", "enter")
        assert "not an e-mail address" in str(setup.query_one("#error", Plain).content)
        await press(pilot, *"@gmail.com", "enter")
        field = setup.query_one("#field", Input)
        await until(pilot, lambda: "found imap.gmail.com" in str(setup.query_one("#about", Plain).content))
        assert field.value == "imap.gmail.com:993 tls"
        field.value = "127.0.0.1:9 none"
        await press(pilot, "enter")
        assert field.value == "smtp.gmail.com:465 tls"
        field.value = ""
        await press(pilot, "enter", "enter")
        assert field.password
        field.value = "[/x] secret"
        await press(pilot, "enter")
        assert not field.password
        await press(pilot, *"Me", "enter")
        assert field.value == "3m"
        assert "secret" not in "\n".join(strip.text for strip in setup._compositor.render_strips())
        await press(pilot, "enter")
        await until(pilot, lambda: "127.0.0.1" in str(setup.query_one("#error", Plain).content))
        assert app.host.reader.accounts() == []
        await press(pilot, "escape")
        assert isinstance(app.screen, Workspace)


def test_a_name_is_read_from_an_address_that_spells_one() -> None:
    assert [name_in(one) for one in ("ann.archer@a.io", "bo_chen@a.io", "sales@a.io", "x.1@a.io", "")] == [
        "Ann Archer",
        "Bo Chen",
        "",
        "",
        "",
    ]


async def test_found_servers_are_accepted_by_one_key(tmp_path: Path) -> None:
    """What was found is shown; Enter takes all of it and goes to the password, with what the provider wants there."""
    app = DealdeskApp(Paths.of(tmp_path / "new"), network=False)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await press(pilot, *"me@gmail.com", "enter")
        setup = app.screen
        assert isinstance(setup, SetupScreen)
        await until(pilot, lambda: "found imap.gmail.com" in str(setup.query_one("#about", Plain).content))
        await press(pilot, "enter")
        assert setup.query_one("#field", Input).password
        assert "app password" in str(setup.query_one("#about", Plain).content)


async def test_a_home_that_can_not_be_used_ends_with_one_sentence(tmp_path: Path) -> None:
    """A database of a newer version, a file that is none: said, and out."""
    paths = Paths.of(tmp_path / "broken")
    paths.create()
    paths.mailbox.write_bytes(b"this is no database, whatever its name says" * 100)
    app = DealdeskApp(paths, network=False)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code)
    assert app.return_code == 1
