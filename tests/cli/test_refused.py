"""What a server refuses ends in the queue in its own words, and a person decides (R35)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Inside, connect, letter
from tests.conftest import DOVECOT_IS_MISSING, Mailbox, fresh_user
from tests.servers.dovecot import DovecotMissing, DovecotServer
from tests.servers.smtp import SmtpSink


@pytest.fixture(scope="module")
def strict() -> Iterator[DovecotServer]:
    try:
        server = DovecotServer.start(acl=True)
    except DovecotMissing as error:
        pytest.skip(f"{DOVECOT_IS_MISSING}: {error}")
    yield server
    server.stop()


def test_R35_refused_then_kept_here_or_tried_again(strict: DovecotServer, home: Path) -> None:
    mailbox, desk = Mailbox(strict, fresh_user()), Inside(home)
    strict.deliver(mailbox.user, letter(1), "NoDelete")
    connect(desk, mailbox, None, "--since", "all", "--folders", "INBOX,NoDelete")
    desk.ok("sync")
    [message] = desk.json("mail", "list", "--folder", "NoDelete")["messages"]
    [operation] = desk.json("mail", "delete", message["id"])["operations"]
    said = desk.run("sync")
    [refused] = desk.json("queue", "list", "--state", "refused")
    assert refused["id"] == operation
    assert refused["error"]
    assert said.err == f"Unsettled: Deleted 1 message (operation {operation}): {refused['error']}\n"
    assert desk.json("mail", "show", message["id"])["folder"] == "NoDelete"
    assert desk.json("queue", "retry", operation)["state"] == "queued"
    desk.run("sync")
    assert [one["id"] for one in desk.json("queue", "list", "--state", "refused")] == [operation]
    assert desk.json("queue", "keep-local", operation)["state"] == "cancelled"
    assert desk.json("mail", "show", message["id"])["folder"] == "Trash"


def test_sync_tells_of_mail_that_may_not_have_arrived(mailbox: Mailbox, smtp: SmtpSink, home: Path) -> None:
    desk = Inside(home)
    connect(desk, mailbox, smtp)
    smtp.refuse["b@example.org"] = "550 5.1.1 No such user"
    (home / "text").write_text("Hello")
    mail = ("mail", "send", "--subject", "Offer", "--body-file", home / "text", "--to")
    desk.ok(*mail, "b@example.org", "--cc", "c@example.org")
    told = 'Sent "Offer", but not to everybody. Not accepted: b@example.org: 550 5.1.1 No such user'
    assert told in desk.run("sync").err
    smtp.cut = "lost"
    operation = desk.json(*mail, "c@example.org")["operation"]
    assert f'Unsettled: Sent "Offer" (operation {operation}): ' in desk.run("sync").err
    assert desk.run("sync").err == ""


def test_R34_sync_tells_that_no_copy_was_left_to_delete(mailbox: Mailbox, home: Path) -> None:
    desk = Inside(home)
    mailbox.deliver(letter(1))
    connect(desk, mailbox)
    desk.ok("sync")
    other = mailbox.client()
    other.select("INBOX")
    other.store("1", "+FLAGS", r"\Deleted")
    other.expunge()
    other.logout()
    desk.ok("mail", "delete", desk.json("mail", "list")["messages"][0]["id"])
    assert "No copy is left on the server" in desk.run("sync").err
