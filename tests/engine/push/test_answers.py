"""What servers say instead of an answer is understood: wait, fewer connections, sign in again, or try again."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Mailbox, fresh_user
from tests.engine.push.relay import relay
from tests.engine.push.running import NEVER, idle, patient, running
from tests.engine.rules.desk import desk
from tui.engine import journal
from tui.engine.commands import Send
from tui.engine.errors import NetworkError
from tui.engine.imap.quirks import LONGEST_WAIT, Means, Throttled, provider, saying, transient
from tui.engine.imap.response import condition
from tui.engine.model import AccountState
from tui.engine.sync.context import Times
from tui.engine.sync.faults import asks_to_wait, back_off, pause_after

SAID: list[tuple[bytes, bool, Means | None]] = [
    (b"NO [UNAVAILABLE] Temporary authentication failure. [mx1:2026-11-23 10:00:00]", True, Means.LATER),
    (b"NO [UNAVAILABLE] Internal error", False, Means.LATER),
    (b"NO [INUSE] Mailbox is locked", False, Means.LATER),
    (b"NO Request is throttled. Suggested Backoff Time: 92415 milliseconds", False, Means.WAIT),
    (b"BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds", True, Means.WAIT),
    (b"BAD User is authenticated but not connected.", False, Means.LATER),
    (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", False, Means.WAIT),
    (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. 27if5 (Failure)", True, Means.WAIT),
    (b"NO [THROTTLED] slow down", False, Means.WAIT),
    (b"NO [ALERT] Too many simultaneous connections. (Failure)", True, Means.FEWER),
    (b"BYE Too many connections from your IP", True, Means.FEWER),
    (b"NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", True,
     Means.FEWER),
    (b"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)", True,
     Means.FEWER),
    (b"BYE Maximum connection limit reached for your IP address", True, Means.FEWER),
    (b"NO [LIMIT] LOGIN Rate limit hit.", True, Means.WAIT),
    (b"NO [LIMIT] too many messages for one COPY", False, None),
    (b"NO [OVERQUOTA] Quota exceeded (mailbox for user is full)", False, None),
    (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", True, Means.SIGN_IN),
    (b"NO [AUTHENTICATIONFAILED] Authentication failed, please try again", True, Means.SIGN_IN),
    (b"NO [ALERT] Please log in via your web browser: https://support.example (Failure)", True, Means.SIGN_IN),
    (b"NO [ALERT] Application-specific password required: https://support.example (Failure)", True, Means.SIGN_IN),
    (b"NO Login failed: wrong password, try again", True, Means.SIGN_IN),
    (b"NO [EXPIRED] That password isn't any good any more", True, Means.SIGN_IN),
    (b"NO Server is busy, try again later", True, Means.LATER),
    (b"NO Please try again later", False, None),
    (b"NO [NOPERM] Permission denied", False, None),
    (b"NO Mailbox doesn't exist: Unavailable", False, None),
    (b"OK done", False, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "login", "means"), SAID)
def test_R35_what_a_server_says_instead_of_an_answer(line: bytes, login: bool, means: Means | None) -> None:
    said = condition(line)
    assert said is not None
    row = saying(said, login=login)
    assert (row.means if row is not None else None) == means
    error = transient(said, "mail.example:993", login=login)
    assert (error is None) == (means in (None, Means.SIGN_IN))
    assert isinstance(error, Throttled) == (means is Means.WAIT)
    if isinstance(error, Throttled):
        assert 0 < error.seconds <= LONGEST_WAIT
        assert error.named == (b"92415" in line)
        assert not error.named or error.seconds == pytest.approx(92.415)


def test_R35_a_wait_reads_as_one_sentence() -> None:
    error = Throttled("x", 300, who=provider("imap.gmail.com:993"))
    noon = time.mktime((2026, 11, 23, 14, 15, 0, 0, 0, -1))
    assert asks_to_wait(error, 300, noon) == "Gmail asks to wait 5 min; until 14:20"
    assert asks_to_wait(Throttled("x", 45, who=provider("mx.example.org:143")), 45, noon) == (
        "mx.example.org asks to wait 45 s; until 14:15"
    )


@given(st.integers(1, 10_000))
def test_R36_back_off_grows_to_its_cap_and_has_jitter(count: int) -> None:
    times = Times()
    wait = back_off(count, times)
    assert 0.8 * times.first_wait <= wait <= 1.2 * times.longest_wait
    assert pause_after(NetworkError("x"), count, times, "a@b.example").seconds is not None


async def test_R35_a_throttled_account_waits_as_it_is_asked_and_says_so(mailbox: Mailbox) -> None:
    asked: list[float] = []

    def answer(command: bytes) -> bytes | None:
        if command.startswith(b"LIST"):
            asked.append(time.monotonic())
            if len(asked) == 1:
                return b"%TAG% NO Request is throttled. Suggested Backoff Time: 1500 milliseconds\r\n"
        return None

    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        line.answer = answer
        mailbox.deliver(b"Subject: Waiting\r\nFrom: a@b.example\r\n\r\nHi\r\n")
        patient(d, NEVER, first_wait=0.05)
        await d.engine.start()
        account = await d.until(lambda: next((a for a in d.reader.accounts() if "asks to wait" in a.error), None))
        assert account is not None
        assert (account.state, account.error.split(";")[0]) == (AccountState.WAITING, "127.0.0.1 asks to wait 2 s")
        for _ in range(3):
            await d.engine.sync_now()
        await d.until(lambda: "Waiting" in d.subjects())
        assert asked[1] - asked[0] >= 1.4, "not even a person hurries it"
        await idle(d)
        assert d.reader.accounts()[0].error == ""


async def test_R35_waits_without_a_time_grow_until_one_goes_well(mailbox: Mailbox) -> None:
    async with running(mailbox) as d:
        [sync] = d.engine.network.syncs()
        waits = [sync.lines.hold(Throttled("x", 60.0, who="Y")) for _ in range(3)]
        assert waits[0] < waits[1] < waits[2] <= 1.1 * 240
        sync.lines.went_well()
        assert sync.lines.hold(Throttled("x", 60.0, who="Y")) <= 66
        assert sync.lines.hold(Throttled("x", 1e9, who="Y")) <= 1.1 * LONGEST_WAIT


async def test_R35_a_refused_login_is_tried_twice_and_then_waits_for_a_person(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        line.answer = lambda command: (
            b"%TAG% NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"
            if command.startswith((b"AUTHENTICATE", b"LOGIN"))
            else None
        )
        patient(d, NEVER, first_wait=0.02, longest_wait=0.05)
        await d.engine.start()
        account = await d.until(lambda: next((a for a in d.reader.accounts() if "sign in again" in a.error), None))
        assert account is not None
        assert account.state is AccountState.ERROR
        await d.add(other)
        for number in range(2):
            await asyncio.to_thread(d.deliver, f"Time passes {number}", box=other)
            await d.until(lambda number=number: f"Time passes {number}" in d.subjects())  # type: ignore[misc]
        logins = line.count(b"AUTHENTICATE") + line.count(b"LOGIN")
        assert logins == 2, "a third one might lock the account"
        line.answer = lambda command: None
        await d.engine.sync_now()
        await idle(d)
        assert d.reader.accounts()[0].error == ""


async def test_R35_a_login_that_is_unavailable_is_tried_again(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        line.answer = lambda command: (
            b"%TAG% NO [UNAVAILABLE] Temporary authentication failure.\r\n"
            if command.startswith((b"AUTHENTICATE", b"LOGIN"))
            else None
        )
        patient(d, NEVER, first_wait=0.02, longest_wait=0.05)
        await d.engine.start()
        await d.until(lambda: line.count(b"AUTHENTICATE") >= 5)
        assert d.reader.accounts()[0].state is AccountState.WAITING
        line.answer = lambda command: None
        await idle(d)


class Refusing:
    """An SMTP server that refuses every login, and counts."""

    def __init__(self) -> None:
        self.logins = 0
        self.host, self.port = "127.0.0.1", 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"AUTH":
                self.logins += 1
                writer.write(b"535 5.7.8 Authentication credentials invalid\r\n")
            else:
                writer.write(b"250-me\r\n250 AUTH PLAIN LOGIN\r\n" if verb == b"EHLO" else b"250 fine\r\n")
        writer.close()


async def test_R35_a_refused_login_at_the_smtp_server_is_not_repeated_for_ever(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FIRST_WAIT", 0.05)
    refusing = Refusing()
    async with await asyncio.start_server(refusing.serve, "127.0.0.1", 0) as listening, desk(mailbox) as d:
        refusing.port = listening.sockets[0].getsockname()[1]
        d.smtp = refusing  # type: ignore[assignment]
        other = Mailbox(mailbox.server, fresh_user())
        sender = await d.add(other)
        patient(d, NEVER, first_wait=0.05, longest_wait=0.1)
        await d.engine.start()
        await d.do(Send(d.draft("Offer")._replace(account_id=sender.id)))
        await d.until(lambda: "sign in again" in d.reader.accounts()[1].error)
        once = refusing.logins // 2
        await d.do(Send(d.draft("Another")._replace(account_id=sender.id)))
        await asyncio.to_thread(d.deliver, "Mail still comes", box=other)
        await d.until(lambda: "Mail still comes" in d.subjects())
        assert once > 0
        assert refusing.logins == 2 * once
        assert len(d.open_operations()) == 2, "nothing that was to be sent is lost"
