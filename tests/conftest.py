"""The servers, folders and rules that every test shares.

Fixtures:
    dovecot: one real Dovecot for the whole run of a worker.
    mailbox: a fresh, empty user on it (`.host .port .user .password .deliver() .client() .doveadm()`).
    smtp: a fresh SmtpSink on a free port.
    corpus: the folder of sample mail, ../shared/corpus or $DEALDESK_CORPUS.
    home: a private DEALDESK_HOME (every test has one; no test sees the person's own mail).

With DEALDESK_NO_SKIP=1 every skip is a failure, except for a missing corpus, which lies outside the repository.
"""

from __future__ import annotations

import imaplib
import itertools
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.dovecot import DovecotMissing, DovecotServer
from tests.servers.mailgen import fill
from tests.servers.mailgen import mailbox as generated
from tests.servers.mailserver import MailServer
from tests.servers.smtp import SmtpSink

NO_SKIP = os.environ.get("DEALDESK_NO_SKIP") == "1"
ROOT = Path(__file__).resolve().parent.parent
DOVECOT_IS_MISSING = "DOVECOT IS MISSING"
MISSING = {
    "dovecot": DOVECOT_IS_MISSING,
    "cyrus": "CYRUS IS MISSING",
    "courier": "COURIER IS MISSING",
    "pymap": "PYMAP IS MISSING",
}
"""What a skip says first, for each server."""
CORPUS_IS_MISSING = "THE CORPUS IS MISSING"
_numbers = itertools.count(1)

settings.register_profile("dealdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("dealdesk")


@dataclass(frozen=True)
class Mailbox:
    """A fresh user on a running server.

    Args:
        server: the server it lives on.
        user: its user name, used by no other test.
    """

    server: MailServer
    user: str

    @property
    def host(self) -> str:
        """The server's address."""
        return self.server.host

    @property
    def port(self) -> int:
        """The server's IMAP port, without TLS."""
        return self.server.port

    @property
    def password(self) -> str:
        """The user's password."""
        return self.server.password

    def client(self) -> imaplib.IMAP4:
        """Return another mail program's connection, logged in as this user."""
        return self.server.second_client(self.user)

    def deliver(self, raw: bytes, folder: str = "INBOX", flags: str = "") -> int:
        """Put a message into a folder, named without the server's prefix; return its UID."""
        return self.server.deliver(self.user, raw, self.server.wire(folder), flags)

    def wire(self, folder: str) -> str:
        """Return how the server spells a folder, for commands of another client."""
        return self.server.wire(folder)

    def another(self) -> Mailbox:
        """Return another fresh mailbox on the same server."""
        user = fresh_user()
        self.server.admit(user)
        return Mailbox(self.server, user)

    def stock(self, count: int, folder: str = "INBOX") -> None:
        """Put many generated messages into a folder, the oldest first."""
        if isinstance(self.server, DovecotServer):
            fill(self.server, self.user, count, folder)
            return
        with self.client() as other:
            for raw in generated(count):
                when = parsedate_to_datetime(str(message_from_bytes(raw)["Date"])).timestamp()
                typ, data = other.append(self.wire(folder), "", imaplib.Time2Internaldate(when), raw)
                assert typ == "OK", data

    def doveadm(self, *args: str) -> str:
        """Run a doveadm command for this user, on a Dovecot.

        ("expunge", "mailbox", "INBOX", "all") gets `-u USER` after its verb; commands of two words ("mailbox update")
        are given as one argument.
        """
        assert isinstance(self.server, DovecotServer), "doveadm is Dovecot's"
        verb, *rest = args
        return self.server.doveadm(*verb.split(), "-u", self.user, *rest)


def fresh_user() -> str:
    """Return a user name that no other test of this run has."""
    return f"u{os.getpid()}n{next(_numbers)}"


@pytest.fixture(scope="session")
def dovecot() -> Iterator[DovecotServer]:
    """A real IMAP server for the whole run."""
    try:
        server = DovecotServer.start()
    except DovecotMissing as error:
        pytest.skip(f"{DOVECOT_IS_MISSING}: {error}")
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def _kept_servers_end() -> Iterator[None]:
    """End the servers of special kinds with the run."""
    from tests.servers.kinds import stop_servers

    yield
    stop_servers()


@pytest.fixture
def mailbox(dovecot: DovecotServer) -> Mailbox:
    """A fresh, empty mailbox on the real server."""
    return Mailbox(dovecot, fresh_user())


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    """A real SMTP server, without AUTH or TLS, that keeps what it gets."""
    with SmtpSink.start() as sink:
        yield sink


@pytest.fixture
def corpus() -> Path:
    """The folder of sample mail."""
    folder = Path(os.environ.get("DEALDESK_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not folder.is_dir():
        pytest.skip(f"{CORPUS_IS_MISSING}: {folder} isn't there; set DEALDESK_CORPUS")
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a home of its own, so that none touches the person's mail, keyring or configuration."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DEALDESK_HOME", str(folder))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With DEALDESK_NO_SKIP=1 a skipped test is a failed one."""
    report = yield
    excused = hasattr(report, "wasxfail") or CORPUS_IS_MISSING in str(report.longrepr)
    if NO_SKIP and report.skipped and not excused:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped and skips are forbidden: {report.longrepr!r}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, in one line each, what wasn't tested because something is missing on this machine."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    remedies = {
        DOVECOT_IS_MISSING: "apt-get install dovecot-imapd dovecot-lmtpd dovecot-submissiond",
        MISSING["cyrus"]: "run the tests as root on Debian or Ubuntu, where apt-get and chroot work",
        MISSING["courier"]: "run the tests as root on Debian or Ubuntu, where apt-get and chroot work",
        CORPUS_IS_MISSING: "set DEALDESK_CORPUS to the folder of sample mail",
    }
    for mark, remedy in remedies.items():
        count = sum(mark in reason for reason in skipped)
        if count:
            tests = "1 test was" if count == 1 else f"{count} tests were"
            terminalreporter.write_line(f"{mark}: {tests} skipped; {remedy}", red=True, bold=True)
