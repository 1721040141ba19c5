"""A working day by keys alone, in a real terminal: first run to quitting, against a real Dovecot and SMTP server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.servers.mailgen import make_mail
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine
from tui.engine.paths import Paths

ANN = "Ann Archer <ann@acme.example>"
ME = "me@our.example"
ENTER, ESC, F9, BACKSPACE = "\r", "\x1b", "\x1b[20~", "\x7f"


class Day:
    """The terminal, and what reached the servers."""

    def __init__(self, terminal: Terminal, mailbox: Mailbox, smtp: SmtpSink, line: Proxy, home: Path) -> None:
        self.terminal = terminal
        self.mailbox = mailbox
        self.smtp = smtp
        self.line = line
        self.home = home

    def keys(self, *keys: str, shows: str) -> None:
        """Press keys in one burst, as a slow line brings them, and wait for what they show."""
        self.terminal.type("".join(keys))
        self.terminal.wait_for(shows)

    def count(self, folder: str) -> int:
        """Return how many messages the server has in a folder, as another mail program sees it."""
        with self.mailbox.client() as client:
            typ, found = client.select(folder, readonly=True)
            return int(found[0] or 0) if typ == "OK" else 0

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so on a server."""
        self.terminal.wait(condition)

    def arrives(self, subject: str, text: str = "Hello.", sender: str = ANN) -> None:
        """Another person's mail comes in."""
        self.mailbox.deliver(make_mail(sender, ME, subject, text))


@pytest.fixture
def day(tmp_path: Path, mailbox: Mailbox, smtp: SmtpSink) -> Iterator[Day]:
    for number in range(3):
        mailbox.deliver(make_mail("News <news@letters.example>", ME, f"Weekly letter {number}", "Secretly unlinked."))
    mailbox.deliver(make_mail(ANN, ME, "Offer for 40 seats", "Could you send an offer?\n\n-- \nAnn Archer\nAcme GmbH"))
    home = Paths.of(tmp_path / "home")
    home.create()
    home.settings.write_text("[writing]\nundo_seconds = 600\n")
    with (
        Proxy.start(mailbox.host, mailbox.port) as line,
        Terminal("tui", "--home", str(tmp_path / "home"), columns=120, lines=40) as terminal,
    ):
        yield Day(terminal, mailbox, smtp, line, tmp_path / "home")


def test_a_working_day_by_keys(day: Day, tmp_path: Path) -> None:
    """R1, R4, R15, R22, R32, R36: each step reaches the servers and crm.db; what was never linked stays out of it."""
    first_run(day)
    deals_from_mail(day)
    triage(day)
    answer(day, tmp_path)
    clear_up(day)
    offline_and_back(day)
    close_deals(day)
    day.terminal.type("\x11")
    assert day.terminal.wait_for_the_end() == 0
    asyncio.run(in_the_crm(day.home))
    held = b"".join(file.read_bytes() for file in day.home.rglob("crm.db*"))
    assert held
    assert b"Weekly letter" not in held
    assert b"Secretly unlinked" not in held


def first_run(day: Day) -> None:
    terminal = day.terminal
    terminal.wait_for("Your e-mail address")
    day.keys(ME, ENTER, shows="The IMAP server")
    terminal.wait_for("give its host name")
    day.keys("\x15", f"{day.line.host}:{day.line.port} none", ENTER, shows="The SMTP server")
    day.keys("\x15", f"{day.smtp.host}:{day.smtp.port} none", ENTER, shows="The user name")
    day.keys("\x15", day.mailbox.user, ENTER, shows="The password")
    day.keys("wrong", ENTER, shows="Your name")
    day.keys("Mia Own", ENTER, shows="How far back")
    day.keys(ENTER, shows="check user name and password")
    day.keys("\x15", day.mailbox.password, ENTER, shows="Your name")
    day.keys(ENTER, shows="How far back")
    day.keys(ENTER, shows="Offer for 40 seats")
    terminal.wait_for("synced")


def deals_from_mail(day: Day) -> None:
    """Two deals made from a message, with a value that is corrected where it stands."""
    day.keys("g", "g", ENTER, shows="Could you send an offer?")
    day.keys("l", shows="new deal with Ann Archer")
    day.keys("1", shows="Enter adds")
    day.keys("Acme licenses", BACKSPACE * 3, "ces", "\t", "lots", ENTER, shows="is not an amount")
    day.keys("\x15", "12000", ENTER, shows="Linked 1 message to Acme licences")
    day.arrives("Forty seats", "Can you do net 60?")
    day.terminal.wait(lambda: any("Forty seats" in row and "◆ Lead" in row for row in day.terminal.screen.display))
    day.keys("2", "g", "g", "l", shows="Ann Archer only")
    day.keys("3", shows="New deal with Ann Archer")
    day.keys("Acme training", ENTER, shows="Linked 1 message to Acme training")


def triage(day: Day) -> None:
    """Ann has two open deals now: what she writes is asked about, decided by a digit, and decided anew after undo."""
    day.arrives("Which of them?")
    day.terminal.wait_for("◇ which?")
    day.keys("g", "n", shows="Needs a deal · 1 left")
    day.terminal.wait_for("Which of them?")
    day.keys("1", shows="all done, 1 linked")
    day.keys("u", shows="Needs a deal · 1 left")
    day.keys("2", shows="all done, 1 linked")
    day.keys("q", shows="Folders")


def answer(day: Day, folder: Path) -> None:
    """An answer with a file, taken back once and sent once, by a key in the outbox before its ten minutes (R4)."""
    (folder / "offer.pdf").write_bytes(b"%PDF-1.4 the offer")
    day.keys("2", "g", "g", "r", shows="F9 send")
    day.keys("Net 60 is fime", BACKSPACE * 2, "ne.", "\x14", shows="Attach the file")
    day.keys(str(folder / "offer.pdf"), ENTER, shows="offer.pdf 18 B")
    day.keys(F9, shows="u takes it back")
    day.terminal.wait_until_gone("offer.pdf 18 B")  # the composer is drawn over line by line
    day.keys("u", shows="F9 send")
    day.terminal.wait_for("offer.pdf 18 B")
    assert day.smtp.messages == []
    day.keys(F9, shows="u takes it back")
    day.terminal.wait_until_gone("offer.pdf 18 B")
    day.keys("g", "o", shows="leaves in")
    day.keys("r", shows="Nothing waits")
    day.until(lambda: len(day.smtp.messages) == 1 and day.count("Sent") == 1)
    day.keys("q", shows="Folders")
    [sent] = day.smtp.messages
    assert sent.recipients == ("ann@acme.example",)
    assert all(part in sent.raw for part in (b"From: Mia Own <me@our.example>", b"Net 60 is fine.", b"offer.pdf"))


def clear_up(day: Day) -> None:
    """Filter, mark all, archive in one go, while the terminal is made small and large again."""
    day.keys("2", "\\", "weekly", ENTER, shows="Weekly letter 0")
    day.terminal.wait_until_gone("Forty seats")
    day.terminal.resize(80, 24)
    day.terminal.wait(lambda: day.terminal.screen.display[0].startswith(" Inbox"))
    day.keys("X", shows="3 marked")
    day.terminal.resize(120, 40)
    day.keys("e", shows="Archived 3 messages")
    day.until(lambda: day.count("Archive") == 3)
    day.keys("g", "i", shows="Forty seats")


def offline_and_back(day: Day) -> None:
    """What is deleted while the line is dead is done once when it is back; the rest can be read meanwhile (R36)."""
    day.line.refuse = True
    day.line.cut()
    day.terminal.wait_for("trying again")
    inbox = day.count("INBOX")
    day.keys("g", "g", "d", shows="Deleted 1 message")
    day.terminal.wait_for("1 pending ↑")
    assert day.count("INBOX") == inbox
    day.line.refuse = False
    day.keys("$", shows="Asking the servers")
    day.until(lambda: (day.count("INBOX"), day.count("Trash")) == (inbox - 1, 1))
    day.terminal.wait_until_gone("1 pending ↑")


def close_deals(day: Day) -> None:
    """One deal goes a stage on and is won, with a note and a task; the other is lost with a reason."""
    day.keys("g", "p", shows="2 open")
    day.keys(">", shows="to Offer")
    day.keys("i", shows="Note on")
    day.keys("budget until March", ENTER, shows="Added a note")
    day.keys("t", shows="Task for")
    day.keys("tomorrow call Ann", ENTER, shows="call Ann")
    day.keys("W", shows="1 open")
    day.keys("\x1b[D", "Z", shows="type a reason")
    day.keys("no budget", ENTER, shows="0 open")
    day.keys("u", shows="1 open")
    day.keys("q", shows="Folders")


async def in_the_crm(home: Path) -> None:
    """What was done is in crm.db, and nothing of what was never linked."""
    engine = await Engine.open(Paths.of(home))
    try:
        deals = {deal.title: deal for deal in await engine.deals.list()}
        assert set(deals) == {"Acme licences", "Acme training"}
        assert deals["Acme licences"].value == 1_200_000
        assert sorted(deal.status for deal in deals.values()) == ["open", "won"]
        assert {person.name for deal in deals.values() for person in deal.persons} == {"Ann Archer"}
    finally:
        await engine.close()
