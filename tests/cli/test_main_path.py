"""The main path, as a script drives the real command against a real server: from an empty home and back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.program import Program, connect, letter
from tests.conftest import Mailbox
from tests.servers.smtp import SmtpSink


def test_from_an_empty_home_to_linked_mail(home: Path, mailbox: Mailbox, smtp: SmtpSink) -> None:
    """Account, sync, person, deal, another sync: the new mail is linked, the old one is not (R15, R19)."""
    desk = Program(home)
    mailbox.deliver(letter(1))
    connect(desk, mailbox, smtp)
    first = desk.json("sync")["accounts"]
    assert [(one["new"], one["linked"], one["error"]) for one in first] == [(1, 0, "")]
    desk.ok("person", "add", "--name", "Ann Archer", "--email", "ann@acme.example")
    desk.ok("deal", "add", "--title", "Acme", "--person", "ann@acme.example")
    mailbox.deliver(letter(2))
    assert desk.json("sync")["accounts"][0]["linked"] == 1
    new, old = desk.json("mail", "list")["messages"]
    assert (new["link"]["state"], old["link"]["state"]) == ("linked", "none")
    assert new["link"]["deals"] == [{"id": 1, "title": "Acme", "stage": "Lead", "status": "open"}]
    why = desk.json("why", new["id"])
    assert (why["rule"], why["origin"], why["matched"][0]["address"]) == ("R15", "auto", "ann@acme.example")
    assert desk.json("why", old["id"])["decision"] == "none"


def test_what_is_done_here_reaches_the_server(home: Path, mailbox: Mailbox, smtp: SmtpSink) -> None:
    """Move, delete, flag and send wait in the queue and are pushed by the next sync (R32, R33, R36, R38, R4)."""
    desk = Program(home)
    for number in (1, 2, 3):
        mailbox.deliver(letter(number))
    connect(desk, mailbox, smtp)
    desk.ok("sync")
    three, two, one = [message["id"] for message in desk.json("mail", "list")["messages"]]
    queued = desk.json("mail", "move", one, "--to", "Archive")["operations"]
    queued += desk.json("mail", "delete", two)["operations"]
    queued += desk.json("mail", "flag", three, "+seen", "+flagged")["operations"]
    sent = desk.json(
        "mail", "send", "--to", "bo@beta.example", "--subject", "Hi", "--body-file", "-", given="Hello Bo\n"
    )
    assert {one["state"] for one in desk.json("queue", "list")} == {"queued"}
    assert desk.json("sync")["accounts"][0]["error"] == ""
    states = {one["id"]: one["state"] for one in desk.json("queue", "list")}
    assert [states[number] for number in [*queued, sent["operation"]]] == ["done"] * 4
    [got] = smtp.messages
    assert got.recipients == ("bo@beta.example",)
    assert sent["message_id"].encode() in got.raw
    client = mailbox.client()
    counts = {}
    for folder in ("INBOX", "Archive", "Trash", "Sent"):
        counts[folder] = int((client.select(folder, readonly=True)[1][0] or b"0").decode())
    assert counts == {"INBOX": 1, "Archive": 1, "Trash": 1, "Sent": 1}
    client.select("INBOX", readonly=True)
    assert client.search(None, "FLAGGED", "SEEN")[1] == [b"1"]
    client.logout()
    assert all(one["complete"] for one in desk.json("verify"))
