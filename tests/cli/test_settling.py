"""``dealdesk divergence``, ``account edit`` and the folders: what screens do, scriptable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import ME, Inside, connect, letter
from tests.conftest import Mailbox


@pytest.fixture
def desk(home: Path) -> Inside:
    return Inside(home)


def expunge(mailbox: Mailbox) -> None:
    """Another client deletes everything in the inbox."""
    mailbox.doveadm("expunge", "mailbox", "INBOX", "all")


def test_R29_what_differs_is_listed_and_settled(desk: Inside, mailbox: Mailbox) -> None:
    for number in (1, 2, 3):
        mailbox.deliver(letter(number))
    connect(desk, mailbox)
    desk.ok("sync")
    assert desk.json("divergence", "list") == []
    expunge(mailbox)
    desk.ok("sync")
    found = desk.json("divergence", "list")
    assert [(one["subject"], one["difference"], one["here"], one["there"]) for one in found] == [
        (f"Letter {number}", "gone", "INBOX", "") for number in (3, 2, 1)
    ]
    third, second, first = (one["id"] for one in found)
    assert desk.json("divergence", "follow", third) == {"operations": []}
    [operation] = desk.json("divergence", "push", second)["operations"]
    assert desk.json("divergence", "leave", first) == {"operations": []}
    assert desk.json("divergence", "list") == []
    assert [(one["id"], one["left"]) for one in desk.json("divergence", "list", "--left", "--account", ME)] == [
        (first, True)
    ]
    assert desk.json("sync")["accounts"][0]["pushed"] == 1
    assert [one["state"] for one in desk.json("queue", "list") if one["id"] == operation] == ["done"]
    listed = desk.json("mail", "list")["messages"]
    assert {one["id"]: one["on_server"] for one in listed} == {first: False, second: True}
    assert "does not differ" in desk.fails("divergence", "push", second)


def test_R41_the_window_is_changed_and_only_what_is_given(desk: Inside, mailbox: Mailbox) -> None:
    added = connect(desk, mailbox, None, "--name", "Mia")
    changed = desk.json("account", "edit", ME, "--since", "3m", "--alias", "mia@home.example")
    assert changed["since"] is not None
    assert {**changed, "since": None, "aliases": []} == added
    assert desk.json("account", "edit", ME, "--since", "all", "--no-alias") == added


def test_an_edit_that_fails_the_test_changes_nothing(desk: Inside, mailbox: Mailbox) -> None:
    added = connect(desk, mailbox)
    assert "refused" in desk.fails("account", "edit", ME, "--password-stdin", given="wrong-secret\n")
    assert "wrong-secret" not in desk.ok("account", "list")
    desk.fails("account", "edit", ME, "--imap-port", "1")
    assert desk.json("account", "list") == [added]
    assert desk.json("sync")["accounts"][0]["error"] == ""
    moved = desk.json("account", "edit", ME, "--imap-port", "1", "--no-check")
    assert moved["imap"]["port"] == 1
    desk.fails("account", "edit", ME, "--smtp-port", "25")
    desk.fails("account", "edit", ME, code=2)


def test_R6_an_edit_that_leaves_out_the_inbox_warns(desk: Inside, mailbox: Mailbox) -> None:
    mailbox.deliver(letter(1), "Projects")
    connect(desk, mailbox)
    desk.ok("sync")
    warned = desk.run("account", "edit", ME, "--folders", "Projects,Sent")
    assert (warned.code, "Inbox is not synced" in warned.err) == (0, True)
    chosen = {one["name"]: one["selected"] for one in desk.json("folder", "list")}
    assert (chosen["INBOX"], chosen["Projects"]) == (False, True)
    assert desk.run("account", "edit", ME, "--folders", "usual").err == ""


def test_folders_are_created_renamed_and_deleted(desk: Inside, mailbox: Mailbox) -> None:
    connect(desk, mailbox)
    desk.ok("sync")
    assert "Clients" in {one["name"] for one in desk.json("folder", "create", "Clients")}
    desk.ok("sync")
    mailbox.deliver(letter(1), "Clients")
    desk.ok("sync")
    assert "Kunden" in {one["name"] for one in desk.json("folder", "rename", "Clients", "Kunden")}
    desk.ok("sync")
    assert "What Kunden holds (1 message) goes to Trash" in desk.fails("folder", "delete", "Kunden")
    assert "Kunden" in desk.ok("folder", "delete", "Kunden", "--yes")
    desk.ok("sync")
    assert not {"Clients", "Kunden"} & {one["name"] for one in desk.json("folder", "list")}
    [left] = desk.json("mail", "list")["messages"]
    assert (left["folder"], left["on_server"]) == ("Trash", True)
    assert "has to stay" in desk.fails("folder", "delete", "INBOX", "--yes")


def test_R47_verify_names_what_is_missing(desk: Inside, mailbox: Mailbox) -> None:
    mailbox.deliver(letter(1))
    connect(desk, mailbox)
    desk.ok("sync")
    uid = mailbox.deliver(letter(2))
    [inbox] = [one for one in desk.json("verify") if one["folder"] == "INBOX"]
    assert (inbox["complete"], inbox["missing"], inbox["reasons"], inbox["vanished"]) == (False, [uid], [], 0)
    assert "asked for again by the next sync" in desk.ok("verify")
    desk.ok("sync")
    assert all(one["complete"] for one in desk.json("verify"))
