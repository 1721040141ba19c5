"""The real command, started as a script would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.conftest import Mailbox
from tests.servers.smtp import SmtpSink
from tui.cli.root import root

ME = "me@home.example"
ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "tui")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Program:
    """dealdesk with one home.

    Args:
        home: its folder, handed over in DEALDESK_HOME.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DEALDESK_HOME": str(self.home), "PYTHONWARNINGS": "default"}

    def run(self, *words: object, given: str = "") -> Ended:
        """Run a command without a terminal and return how it ended."""
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            input=given.encode(),
            capture_output=True,
            cwd=ROOT,
            env=self.environment,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *words: object, given: str = "") -> str:
        """Run a command that must end well; return what it printed."""
        ended = self.run(*words, given=given)
        assert ended.code == 0, (words, ended)
        return ended.out

    def json(self, *words: object, given: str = "") -> Any:
        """Run a command with --json that must end well and print one document; return it."""
        printed = self.ok(*words, "--json", given=given)
        assert printed.count("\n") == 1, printed
        return json.loads(printed)

    def fails(self, *words: object, given: str = "", code: int = 1) -> str:
        """Run a command that must fail; return its one sentence."""
        ended = self.run(*words, given=given)
        assert ended.code == code, (words, ended)
        if code == 1:
            assert ended.out == "", ended.out
            assert ended.err.count("\n") == 1, ended.err
            assert "Traceback" not in ended.err
        return ended.err


class Inside(Program):
    """The same in this process: faster, for all that needs no process of its own."""

    def run(self, *words: object, given: str = "") -> Ended:
        """Run a command and return how it ended."""
        ended = CliRunner(catch_exceptions=False).invoke(
            root, ["--home", str(self.home), *map(str, words)], input=given
        )
        log = self.home / "state" / "dealdesk.log"
        faults = log.read_text("utf-8") if log.exists() else ""
        assert "Traceback" not in faults, faults
        return Ended(ended.exit_code, ended.stdout, ended.stderr)


def connect(program: Program, mailbox: Mailbox, smtp: SmtpSink | None = None, *more: object, email: str = ME) -> Any:
    """Add an account for a mailbox of the real server and return it."""
    sending: tuple[object, ...] = ()
    if smtp is not None:
        sending = ("--smtp-host", smtp.host, "--smtp-port", smtp.port, "--smtp-security", "none")
    return program.json(
        *("account", "add", "--email", email, "--user", mailbox.user, "--password-stdin"),
        *("--imap-host", mailbox.host, "--imap-port", mailbox.port, "--imap-security", "none", *sending, *more),
        given=f"{mailbox.password}\n",
    )


def letter(number: int, sender: str = "Ann Archer <ann@acme.example>", extra: str = "", body: str = "Hello") -> bytes:
    """Return a message to us; the Message-ID is <m{number}@example.org>."""
    at = formatdate(1_790_000_000 + 60 * number)
    head = f"From: {sender}\r\nTo: {ME}\r\nSubject: Letter {number}\r\nMessage-ID: <m{number}@example.org>\r\n"
    return f"{head}Date: {at}\r\n{extra}\r\n{body} {number}\r\n".encode()
