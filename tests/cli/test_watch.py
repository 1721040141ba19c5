"""``dealdesk sync --watch``: a line an event, until it is told to stop; others read and queue meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.program import COMMAND, ROOT, Inside, Program, connect, letter
from tests.conftest import Mailbox


@pytest.fixture
def desk(home: Path, mailbox: Mailbox) -> Inside:
    desk = Inside(home)
    connect(desk, mailbox)
    desk.ok("sync")
    return desk


@pytest.fixture
def watching(desk: Inside) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*COMMAND, "sync", "--watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=Program(desk.home).environment,
    )
    yield process
    process.kill()
    process.communicate()


def until(lines: IO[bytes], event: str) -> Any:
    """Return the first event of that name; each line is an object of its own."""
    for line in lines:
        found = json.loads(line)
        if found["event"] == event:
            return found
    raise AssertionError(f"the watch ended before {event}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_new_mail_is_told_as_it_comes_and_signals_end_it(
    desk: Inside, mailbox: Mailbox, watching: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    assert watching.stdout is not None
    until(watching.stdout, "watching")
    mailbox.deliver(letter(1))
    [added] = until(watching.stdout, "messages_added")["ids"]
    assert desk.json("mail", "show", added)["subject"] == "Letter 1"
    watching.send_signal(number)
    _, said = watching.communicate()
    assert (watching.returncode, said) == (0, b"")


def test_R36_one_process_has_the_network_and_pushes_what_others_queue(
    desk: Inside, mailbox: Mailbox, watching: subprocess.Popen[bytes]
) -> None:
    assert watching.stdout is not None
    until(watching.stdout, "watching")
    assert "already syncing this home" in desk.fails("sync", "--json")
    mailbox.deliver(letter(1))
    [added] = until(watching.stdout, "messages_added")["ids"]
    [operation] = desk.json("mail", "move", added, "--to", "Archive")["operations"]
    while [one["state"] for one in desk.json("queue", "list") if one["id"] == operation] != ["done"]:
        until(watching.stdout, "operations_changed")
    client = mailbox.client()
    assert client.select("Archive", readonly=True)[1] == [b"1"]
    client.logout()
