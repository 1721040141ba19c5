"""The main path by keys alone, in a real terminal against a real Dovecot and a real SMTP server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.servers.mailgen import make_mail
from tests.servers.smtp import SmtpSink
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine
from tui.engine.model import Account, Security, Server
from tui.engine.paths import Paths

ANN = "Ann Archer <ann@acme.example>"


async def _prepare(root: Path, mailbox: Mailbox, smtp: SmtpSink) -> None:
    engine = await Engine.open(Paths.of(root))
    ann = await engine.people.add("Ann Archer", ["ann@acme.example"])
    await engine.deals.add("Acme licences", persons=[ann.id], value=1_200_000, currency="EUR", stage="Offer")
    await engine.forget_history()
    account = Account(
        0,
        "me@our.example",
        "Me",
        mailbox.user,
        Server(mailbox.host, mailbox.port, Security.NONE),
        Server("127.0.0.1", smtp.port, Security.NONE),
    )
    await engine.add_account(account, mailbox.password)
    await engine.close()
    engine.paths.settings.write_text("[writing]\nundo_seconds = 2\n")


@pytest.fixture
def terminal(tmp_path: Path, mailbox: Mailbox, smtp: SmtpSink) -> Iterator[Terminal]:
    asyncio.run(_prepare(tmp_path, mailbox, smtp))
    mailbox.deliver(make_mail("Bo Chen <bo@beta.example>", "me@our.example", "Nothing for the CRM", "Hello."))
    with Terminal("tui", "--home", str(tmp_path), columns=160, lines=40) as running:
        running.wait_for("Nothing for the CRM")
        running.wait_for("synced")
        yield running


def count(mailbox: Mailbox, folder: str) -> int:
    with mailbox.client() as client:
        typ, found = client.select(folder, readonly=True)
        return int(found[0] or 0) if typ == "OK" else 0


def test_arrive_read_delete_undo_answer_by_keys(terminal: Terminal, mailbox: Mailbox, smtp: SmtpSink) -> None:
    """R1, R15, R33, R4: mail is on the screen with its deal, what is pressed reaches the servers, once."""
    mailbox.deliver(make_mail(ANN, "me@our.example", "Forty seats", "Can you do net 60?"))
    terminal.wait(lambda: any("Forty seats" in row and "◆ Offer" in row for row in terminal.screen.display))

    terminal.press("gg")
    terminal.press("\r")
    terminal.wait_for("Can you do net 60?")
    terminal.wait_for("Acme licences")

    terminal.press("q")
    terminal.press("d")
    terminal.wait(lambda: (count(mailbox, "INBOX"), count(mailbox, "Trash")) == (1, 1))
    terminal.wait(lambda: not any("Forty seats" in row and "◆" in row for row in terminal.screen.display))

    terminal.press("u")
    terminal.wait(lambda: (count(mailbox, "INBOX"), count(mailbox, "Trash")) == (2, 0))
    terminal.wait_for("Forty seats")

    terminal.press("gg")
    terminal.press("r")
    terminal.wait_for("F9")
    terminal.press("Net 60 is fine.")
    terminal.press("\x1b[20~")
    terminal.wait_for_bytes("takes it back")
    terminal.wait(lambda: len(smtp.messages) == 1)
    terminal.wait(lambda: count(mailbox, "Sent") == 1)
    assert smtp.messages[0].recipients == ("ann@acme.example",)
    assert b"Net 60 is fine." in smtp.messages[0].raw

    terminal.press("q")
    assert terminal.wait_for_the_end() == 0
