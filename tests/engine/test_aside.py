"""Reading mail in a process of its own gives what reading it here gives, and its end costs nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import desk
from tests.servers.mailgen import fill, mailbox, make_mail
from tui.engine.mail.headers import parse_header
from tui.engine.pace import Pace
from tui.engine.store.bodies import StoredBody
from tui.engine.sync import aside, bodies, intake
from tui.engine.sync.aside import Aside, Came, derive_all
from tui.engine.sync.belonging import headline

MAILS = list(mailbox(40))
KNOWN = {at: headline(parse_header(raw)) for at, raw in enumerate(MAILS) if at % 3}
"""What is known of some; a mail of which nothing is known belongs."""


@pytest.fixture
def reading() -> Iterator[Aside]:
    made = Aside(Pace())
    yield made
    made.close()


def batch(tmp_path: Path) -> list[Came]:
    """Mails in memory, one in a file, and one that is another's."""
    spooled = tmp_path / "spooled"
    spooled.write_bytes(MAILS[7])
    foreign = make_mail("Eve <eve@x.example>", "me@our.example", "Something else", "Hi")
    return [*enumerate(MAILS[:7]), (7, spooled), *enumerate(MAILS[8:], 8), (40, foreign)]


def here(tmp_path: Path) -> list[StoredBody]:
    """What reading them here gives; the mail that is another's is left out."""
    found = derive_all(batch(tmp_path), {**KNOWN, 40: headline(parse_header(MAILS[0]))}, Pace())
    assert [body.message_id for body in found] == list(range(40))
    return found


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def there(reading: Aside, tmp_path: Path) -> list[StoredBody]:
    return reading.derive(batch(tmp_path), {**KNOWN, 40: headline(parse_header(MAILS[0]))})


def test_it_reads_what_is_read_here(reading: Aside, tmp_path: Path) -> None:
    assert there(reading, tmp_path) == here(tmp_path)
    assert there(reading, tmp_path) == here(tmp_path)
    assert reading.alive


def test_its_death_costs_nothing(reading: Aside, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Killed at any moment: what it was to read is read here, once, and so is everything after it."""
    assert reading._process is not None
    reading._process.send_signal(signal.SIGKILL)
    reading._process.wait()
    with caplog.at_level(logging.WARNING):
        assert there(reading, tmp_path) == here(tmp_path)
    assert "read here instead" in caplog.text
    assert there(reading, tmp_path) == here(tmp_path)
    assert not reading.alive


def test_without_another_python_mail_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    assert there(Aside(Pace()), tmp_path) == here(tmp_path)


def test_it_ends_with_who_started_it() -> None:
    """kill -9 of the program leaves no process behind."""
    code = (
        "import os, signal; from tui.engine.pace import Pace; from tui.engine.sync.aside import Aside;"
        "made = Aside(Pace()); print(made._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(aside.__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(root)}
    )
    child = int(done.stdout)
    assert done.returncode == -signal.SIGKILL
    while runs(child):  # the time limit of the test is the time that it has
        os.sched_yield()


async def test_R39_a_first_sync_of_many_reads_them_aside(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(fill, mailbox.server, mailbox.user, 60)
    used: list[int] = []
    derive = Aside.derive

    def counted(self: Aside, batch: list[Came], known: object) -> list[StoredBody]:
        found = derive(self, batch, known)  # type: ignore[arg-type]
        assert self.alive
        used.append(len(found))
        return found

    monkeypatch.setattr(Aside, "derive", counted)
    monkeypatch.setattr(bodies, "FIRST", 20)
    monkeypatch.setattr(bodies, "MANY", 30)
    monkeypatch.setattr(intake, "worthwhile", lambda: True)  # also where there is one processor
    async with desk(mailbox) as d:
        await d.sync()
        assert len([row for row in d.rows() if row.preview]) == 60
    assert sum(used) >= 30
    assert not caplog.records
