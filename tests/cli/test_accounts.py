"""``dealdesk account`` and ``folder``: nothing is saved that doesn't work, secrets are shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import ME, Inside, connect, letter
from tests.conftest import Mailbox
from tests.servers.dovecot import free_port
from tests.servers.kinds import server
from tests.servers.smtp import SmtpSink
from tui.cli.account import window
from tui.engine.errors import InvalidInput


@pytest.fixture
def desk(home: Path) -> Inside:
    return Inside(home)


def add(mailbox: Mailbox, *more: object) -> tuple[object, ...]:
    head = ("account", "add", "--email", ME, "--user", mailbox.user, "--imap-host", mailbox.host)
    return (*head, "--imap-port", mailbox.port, "--imap-security", "none", *more)


def test_account_add_gives_the_account_without_its_secret(desk: Inside, mailbox: Mailbox, smtp: SmtpSink) -> None:
    more = ("--name", "Mia", "--alias", "mia@home.example", "--since", "all", "--team", "sales")
    added = connect(desk, mailbox, smtp, *more)
    assert added == {
        "id": 1,
        "email": ME,
        "name": "Mia",
        "kind": "team",
        "team": "sales",
        "user": mailbox.user,
        "imap": {"host": mailbox.host, "port": mailbox.port, "security": "none"},
        "smtp": {"host": smtp.host, "port": smtp.port, "security": "none"},
        "auth": "password",
        "aliases": ["mia@home.example"],
        "since": None,
        "state": "offline",
        "error": "",
    }
    assert desk.json("account", "list") == [added]
    assert [one["ok"] for one in desk.json("account", "test", ME)] == [True, True, True]


def test_the_password_lies_in_one_file_that_only_its_owner_reads(desk: Inside, mailbox: Mailbox) -> None:
    desk.ok(*add(mailbox, "--password-stdin", "--no-check"), given="correct-horse\n")
    assert desk.run("sync").code == 1
    assert desk.run("account", "test", ME).code == 1
    files = [path for path in desk.home.rglob("*") if path.is_file()]
    assert [path.parent.name for path in files if b"correct-horse" in path.read_bytes()] == ["secrets"]
    assert [path for path in desk.home.rglob("*") if path.stat().st_mode & 0o077] == []


def test_a_wrong_password_saves_nothing(desk: Inside, mailbox: Mailbox) -> None:
    said = desk.fails(*add(mailbox, "--password-stdin"), given="wrong-secret\n")
    assert "refused the login" in said
    assert "wrong-secret" not in said
    assert desk.json("account", "list") == []
    assert [path for path in desk.home.rglob("*") if path.is_file() and b"wrong-secret" in path.read_bytes()] == []


def test_a_server_that_is_not_there_saves_nothing_unless_told(desk: Inside, mailbox: Mailbox) -> None:
    dead = ("--smtp-host", "127.0.0.1", "--smtp-port", free_port(), "--smtp-security", "none", "--password-stdin")
    assert "127.0.0.1" in desk.fails(*add(mailbox, *dead), given=mailbox.password)
    assert desk.json("account", "list") == []
    desk.ok(*add(mailbox, *dead, "--no-check"), given=mailbox.password)
    assert len(desk.json("account", "list")) == 1
    ended = desk.run("account", "test", ME, "--json")
    assert ended.code == 1
    assert '"check": "smtp", "ok": false' in ended.out
    assert ended.err.count("\n") == 1


def test_a_password_command_is_asked_each_time(desk: Inside, mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(mailbox.password)
    desk.json(*add(mailbox, "--password-command", f"cat {tmp_path / 'secret'}"))
    assert desk.json("sync")["accounts"][0]["error"] == ""
    (tmp_path / "secret").write_text("changed")
    ended = desk.run("sync", "--json")
    assert ended.code == 1
    assert "refused the login" in ended.out


@pytest.mark.parametrize(
    ("more", "given", "said"),
    [
        ((), "", "No password was given"),
        (("--password-stdin",), "", "is empty"),
        (("--password-stdin", "--since", "soon"), "x", '"soon" is not a date'),
        (("--password-stdin", "--folders", " , "), "x", "names no folder"),
        (("--password-command", "false"), "", "password command"),
    ],
)
def test_account_add_names_what_is_wrong(
    desk: Inside, mailbox: Mailbox, more: tuple[str, ...], given: str, said: str
) -> None:
    ended = desk.run(*add(mailbox, *more), given=given)
    assert ended.code == 1
    assert ended.out == ""
    assert said in ended.err.splitlines()[-1]
    assert desk.json("account", "list") == []


def test_wrong_usage_ends_with_2(desk: Inside, mailbox: Mailbox) -> None:
    desk.fails("account", "add", code=2)
    desk.fails(*add(mailbox, "--password-stdin", "--password-command", "x"), code=2)
    desk.fails(*add(mailbox, "--imap-security", "maybe"), code=2)
    desk.fails(*add(mailbox, "--imap-port", "70000"), code=2)


def test_an_account_is_connected_once(desk: Inside, mailbox: Mailbox) -> None:
    connect(desk, mailbox)
    assert "connected already" in desk.fails(*add(mailbox, "--password-stdin"), given=mailbox.password).splitlines()[-1]


def test_R44_removing_an_account_says_that_unsent_messages_will_be_lost(
    desk: Inside, mailbox: Mailbox, smtp: SmtpSink
) -> None:
    connect(desk, mailbox, smtp)
    smtp.stop()
    for subject in ("One", "Two"):
        desk.ok("mail", "send", "--to", "ann@acme.example", "--subject", subject, "--from", ME)
    assert desk.run("sync").code == 1
    assert "2 removed; 2 unsent messages will be lost" in desk.fails("account", "remove", ME)
    assert desk.json("account", "remove", ME, "--yes") == {"kept": 0, "removed": 2, "unsent": 2}


def test_R44_R46_removed_and_added_again(desk: Inside, mailbox: Mailbox) -> None:
    """Removing says first what is kept, asks, and leaves the server alone; added again nothing is double."""
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example")
    desk.ok("deal", "add", "--title", "Acme", "--person", "Ann")
    mailbox.deliver(letter(1))
    mailbox.deliver(letter(2, "news@list.example"))
    connect(desk, mailbox)
    desk.ok("sync")
    assert "(1 kept, 1 removed)" in desk.fails("account", "remove", ME)
    assert desk.ok("account", "remove", ME, "--yes").startswith("1 kept, 1 removed\n")
    assert desk.json("account", "list") == []
    connect(desk, mailbox)
    desk.ok("sync")
    messages = desk.json("mail", "list")["messages"]
    assert sorted((one["message_id"], one["link"]["state"]) for one in messages) == [
        ("m1@example.org", "linked"),
        ("m2@example.org", "none"),
    ]
    assert desk.json("account", "remove", ME, "--yes") == {"kept": 1, "removed": 1, "unsent": 0}


def test_folders_are_selected_by_name_and_R6_warns(desk: Inside, mailbox: Mailbox) -> None:
    mailbox.deliver(letter(1), "Clients")
    connect(desk, mailbox, None, "--folders", "INBOX,Sent")
    desk.ok("sync")
    before = {one["name"]: one["selected"] for one in desk.json("folder", "list", "--account", ME)}
    assert (before["INBOX"], before["Sent"], before["Clients"]) == (True, True, False)
    assert desk.json("mail", "list")["messages"] == []
    after = {one["name"]: one["selected"] for one in desk.json("folder", "select", "Clients")}
    assert after["Clients"] is True
    desk.ok("sync")
    assert [one["folder"] for one in desk.json("mail", "list", "--folder", "Clients")["messages"]] == ["Clients"]
    warned = desk.run("folder", "deselect", "INBOX", "--account", ME)
    assert warned.code == 0
    assert "new mail is not seen" in warned.err
    assert 'no folder "Nowhere"' in desk.fails("folder", "select", "Nowhere")


def test_a_folder_below_the_inbox_is_known_by_the_name_that_people_give_it(desk: Inside) -> None:
    with server(prefix="INBOX.") as mailbox:
        mailbox.deliver(letter(1), "Kunden &ANw-ber")
        more = ("--folders", "INBOX,kunden über,Nowhere", "--json")
        added = desk.run(*add(mailbox, "--password-stdin", *more), given=mailbox.password)
        assert added.code == 0
        assert added.err.endswith(f'{ME} has no folder "Nowhere"; it is synced as soon as there is one.\n')
        assert "über" not in added.err
        desk.ok("sync")
        for name in ("Kunden Über", "INBOX.Kunden Über", "INBOX/Kunden Über"):
            listed = desk.json("mail", "list", "--folder", name)["messages"]
            assert [one["message_id"] for one in listed] == ["m1@example.org"]
            desk.ok("folder", "select", name)
            assert len(desk.json("search", f'in:"{name.replace(".", "/").upper()}"')["messages"]) == 1


def test_sync_finishes_the_others_when_one_account_fails(desk: Inside, mailbox: Mailbox) -> None:
    mailbox.deliver(letter(1))
    connect(desk, mailbox)
    dead = ("--imap-host", "127.0.0.1", "--imap-port", free_port(), "--imap-security", "none", "--no-check")
    desk.ok("account", "add", "--email", "dead@home.example", "--password-stdin", *dead, given="x")
    ended = desk.run("sync", "--json")
    assert ended.code == 1
    assert '"email": "me@home.example", "new": 1' in ended.out
    assert ended.err.startswith("dead@home.example: ")
    assert ended.err.count("\n") == 1


def test_windows() -> None:
    """A window begins at a local midnight, or never."""
    assert window("all") is None
    assert (window("1y") or 0) < (window("3m") or 0) < (window("10d") or 0) < (window("today") or 0)
    with pytest.raises(InvalidInput):
        window("3 moons")
