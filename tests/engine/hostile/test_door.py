"""Before the first folder: greetings without end, questions at the login, and answers that drip."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.engine.hostile.server import Hostile, Pieces, Said, endless, running
from tests.engine.imap.scripted import CAPABILITIES, Scripted, scripted
from tui.engine.errors import AuthError, NetworkError, ProtocolError
from tui.engine.imap.facts import Fetched
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Security, Server

STALL = 0.4
"""Seconds of silence that are allowed here; ten times as much is allowed without anything that was asked for."""


async def entered(server: Hostile, spool: Path, timeout: float = 5, auth: str = "password") -> Session:
    where = Server("127.0.0.1", server.port, Security.NONE)
    return await open_session(where, "ann", "s3cret", auth=auth, spool=spool, timeout=timeout, stall=STALL)


async def drip(data: bytes, seconds: float = 0.02) -> AsyncIterator[bytes]:
    """Say something octet by octet, and again, for ever."""
    while True:
        for octet in data:
            yield bytes([octet])
            await asyncio.sleep(seconds)


GREETINGS: dict[str, tuple[Callable[[], Pieces], str]] = {
    "a line without end": (lambda: (b"* OK " if at == 0 else b"x" * 65_536 for at in range(1 << 30)), "more than"),
    "lines of nothing": (lambda: endless(b"\r\n"), "didn't answer|without end"),
    "nonsense": (lambda: endless(b"* X y\r\n"), "check host and port"),
    "a literal": (lambda: b"* X {99999999}\r\n", "announced"),
    "octet by octet": (lambda: drip(b"* OK " + b"x" * 1000), "didn't answer"),
}


@pytest.mark.parametrize("name", GREETINGS)
async def test_R40_a_greeting_without_end_is_given_up(tmp_path: Path, name: str) -> None:
    said, why = GREETINGS[name]
    async with running(Hostile(greeting=said())) as server:
        with pytest.raises(NetworkError, match=why):
            await entered(server, tmp_path, timeout=0.5)
        assert not any(b"AUTHENTICATE" in line or b"LOGIN" in line for line in server.lines)


QUESTIONS: dict[str, bytes] = {
    "nothing": b"+\r\n",
    "words": b"+ who are you? \x1b[2J\r\n",
    "no base64": b"+ ====\x00\xff\r\n",
    "a long one": b"+ " + b"QUFB" * 20_000 + b"\r\n",
    "the plain password, please": b"+ " + b"cGFzc3dvcmQ6\r\n",
}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(("auth", "at_once"), [("password", True), ("xoauth2", True), ("oauthbearer", False)])
async def test_R35_questions_without_end_at_the_login_are_not_answered_for_ever(
    tmp_path: Path, name: str, auth: str, at_once: bool
) -> None:
    """The secret once, a handful of empty answers, and then the connection is dropped."""
    asked, offered = QUESTIONS[name], CAPABILITIES if at_once else CAPABILITIES.replace(b"SASL-IR ", b"")
    answers = {b"AUTHENTICATE": asked, b"": asked, b"CAPABILITY": b"* CAPABILITY " + offered + b"\r\n%TAG% OK done\r\n"}
    async with scripted(Scripted(answers)) as server:
        with pytest.raises(ProtocolError, match="on and on"):
            await open_session(server.server, "ann", "s3cret", auth=auth, spool=tmp_path, timeout=5)
        said = server.lines[[b"AUTHENTICATE" in line for line in server.lines].index(True) + 1 :]
        assert len(said) <= 6
        assert sum(map(bool, said)) == (0 if at_once else 1)


async def test_R35_questions_that_pour_in_are_dropped_at_once(tmp_path: Path) -> None:
    async with running(Hostile({"AUTHENTICATE": lambda said: endless(b"+ \r\n", 1 << 20)})) as server:
        with pytest.raises(ProtocolError, match="on and on"):
            await entered(server, tmp_path)


async def test_R35_a_reason_in_a_question_is_shown_cleaned(tmp_path: Path) -> None:
    """RFC 7628, section 3.2.3: the reason comes as a challenge; whatever it holds, it is one printable line."""
    reason = b"+ G1syShtdMDtvd25lZAdbcmVkXSBubyDigK5vZw==\r\n"
    async with running(Hostile({"AUTHENTICATE": lambda said: reason + said.tag + b" NO\r\n"})) as server:
        with pytest.raises(AuthError) as raised:
            await entered(server, tmp_path, auth="xoauth2")
        assert str(raised.value).isprintable()


DRIPS: dict[str, tuple[str, Callable[[Said], Pieces]]] = {
    "a literal": ("UID FETCH", lambda said: drip(b"* 1 FETCH (UID 1 BODY[] {60000}\r\n" + b"x" * 60_000)),
    "a line": ("UID FETCH", lambda said: drip(b"* OK " + b"x" * 100_000)),
    "talk": ("UID SEARCH", lambda said: drip(b"* OK still searching\r\n", 0.002)),
    "one message over and over": ("UID FETCH", lambda said: drip(b"* 1 FETCH (UID 1 FLAGS ())\r\n", 0.001)),
}


@pytest.mark.parametrize("name", DRIPS)
async def test_R40_an_answer_that_drips_is_given_up_after_ten_stalls(tmp_path: Path, name: str) -> None:
    verb, lie = DRIPS[name]
    async with running(Hostile({verb: lie})) as server:
        session = await entered(server, tmp_path)
        await session.select("INBOX")
        began = asyncio.get_running_loop().time()
        with pytest.raises(NetworkError, match="didn't"):
            await (session.fetch([1], body=True) if verb == "UID FETCH" else session.uids("SEEN"))
        assert asyncio.get_running_loop().time() - began > 9 * STALL
        assert os.listdir(tmp_path) == []


async def test_R40_a_slow_server_that_gives_what_is_asked_is_waited_for(tmp_path: Path) -> None:
    """Longer than ten stalls for one command, but each message that comes is progress."""

    async def slowly(said: Said) -> AsyncIterator[bytes]:
        for line in said.untagged.splitlines(keepends=True):
            yield line
            await asyncio.sleep(STALL / 20)
        yield said.tagged

    async with running(Hostile({"UID FETCH": slowly}, mails=220)) as server:
        session = await entered(server, tmp_path)
        await session.select("INBOX")
        began, got = asyncio.get_running_loop().time(), list[Fetched]()
        await session.fetch(list(range(1, 221)), flags=True, on_fetched=got.append)
        assert asyncio.get_running_loop().time() - began > 10 * STALL
        assert len(got) == 220
        await session.close()
