"""``dealdesk doctor``: each thing that is broken is found and named with how to mend it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import COMMAND, ME, ROOT, Inside, Program, connect, letter
from tests.conftest import Mailbox
from tests.servers.smtp import SmtpSink


@pytest.fixture
def desk(home: Path) -> Inside:
    return Inside(home)


def examined(desk: Inside) -> dict[str, Any]:
    """Return check -> detail of those that are not ok."""
    ended = desk.run("doctor", "--json")
    bad = {one["check"]: one["detail"] for one in json.loads(ended.out) if not one["ok"]}
    assert ended.code == bool(bad), ended
    assert (ended.err.count("\n") == 1) is bool(bad)
    return bad


def test_a_sound_home_is_found_sound(desk: Inside, mailbox: Mailbox, smtp: SmtpSink) -> None:
    mailbox.deliver(letter(1))
    connect(desk, mailbox, smtp)
    desk.ok("sync")
    checks = desk.json("doctor")
    assert all(set(one) == {"check", "ok", "detail"} and one["ok"] for one in checks)
    assert [one["check"] for one in checks] == [
        *("terminal", "folders", "config", "keyring", "mailbox database", "CRM database"),
        *(f"password of {ME}", f"imap of {ME}", f"smtp of {ME}", "clock"),
    ]


def test_a_config_that_is_no_toml(desk: Inside) -> None:
    (desk.home / "config").mkdir(parents=True)
    (desk.home / "config" / "config.toml").write_text("theme = ", "utf-8")
    (desk.home / "config" / "config.toml").chmod(0o600)
    assert list(examined(desk)) == ["config"]


@pytest.mark.parametrize(("file", "check"), [("mailbox.db", "mailbox database"), ("crm.db", "CRM database")])
def test_a_damaged_database_is_named_and_nothing_else_is_tried_on_it(desk: Inside, file: str, check: str) -> None:
    desk.ok("account", "list")
    path = desk.home / "data" / file
    damaged = b"SQLite format 3\0" + os.urandom(4000)
    path.write_bytes(damaged)
    assert "restore it from a backup" in examined(desk)[check]
    assert path.read_bytes() == damaged


def test_a_server_that_is_gone_is_named_for_each_account(desk: Inside) -> None:
    dead = ("--imap-host", "127.0.0.1", "--imap-port", 1, "--smtp-host", "127.0.0.1", "--smtp-port", 1)
    desk.ok("account", "add", "--email", ME, *dead, "--no-check", "--password-stdin", given="x")
    assert list(examined(desk)) == [f"imap of {ME}", f"smtp of {ME}"]


def test_files_that_others_may_read_are_named(desk: Inside) -> None:
    desk.ok("account", "list")
    (desk.home / "data" / "crm.db").chmod(0o644)
    assert "chmod 600" in examined(desk)["folders"]


def test_a_clock_that_is_behind_the_mail_servers(desk: Inside, mailbox: Mailbox) -> None:
    client = mailbox.client()
    client.append(
        "INBOX", "", f'"{time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(time.time() + 7200))}"', letter(1)
    )
    client.logout()
    connect(desk, mailbox)
    desk.ok("sync")
    assert "behind" in examined(desk)["clock"]


@pytest.mark.parametrize(("kind", "code"), [("dumb", 1), ("xterm-256color", 0)])
def test_a_terminal_that_cannot_draw(home: Path, kind: str, code: int) -> None:
    ours, theirs = pty.openpty()
    os.set_inheritable(theirs, True)
    subprocess.run(["stty", "cols", "120", "rows", "40"], stdin=theirs, check=True)
    environment = {**Program(home).environment, "TERM": kind, "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        [*COMMAND, "doctor"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment
    )
    os.close(theirs)
    said = b""
    while b"clock:" not in said:
        said += os.read(ours, 4096)
    assert process.wait(30) == code
    os.close(ours)
    assert (b"can't draw" in said) is bool(code)
