"""A hostile submission server: memory and time stay bounded, and it is always known whether anything was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.engine.hostile.conftest import MEMORY
from tests.engine.hostile.lies import ESCAPES, MIB
from tests.engine.hostile.server import endless
from tests.engine.hostile.victim import Victim

Answer = bytes | Iterable[bytes]
HONEST: dict[str, bytes] = {
    "GREETING": b"220 ready\r\n",
    "EHLO": b"250-here\r\n250-SIZE 10000000\r\n250 8BITMIME\r\n",
    "DATA": b"354 go on\r\n",
    "END": b"250 queued\r\n",
    "QUIT": b"221 bye\r\n",
}


@asynccontextmanager
async def submission(lies: dict[str, Answer]) -> AsyncIterator[int]:
    """Run a submission server that lies; yield its port."""
    writers: list[asyncio.StreamWriter] = []

    async def say(writer: asyncio.StreamWriter, verb: str) -> None:
        said = lies.get(verb, HONEST.get(verb, b"250 ok\r\n"))
        for piece in [said] if isinstance(said, bytes) else said:
            writer.write(piece)
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await say(writer, "GREETING")
            while line := await reader.readline():
                verb = line.split()[0].decode().upper() if line.split() else ""
                await say(writer, verb)
                if verb == "DATA":
                    await reader.readuntil(b"\r\n.\r\n")
                    await say(writer, "END")
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


@pytest.fixture
def victim(home: Path) -> Iterable[Victim]:
    """An engine that sends."""
    made = Victim(home, stall=1.0)
    yield made
    made.end()


BEFORE: dict[str, dict[str, Answer]] = {
    "a greeting without end": {"GREETING": endless(b"220-more\r\n", 200 * MIB)},
    "an EHLO without end": {"EHLO": endless(b"250-X\r\n", 200 * MIB)},
    "a line without end": {"MAIL": endless(b"250 x", 200 * MIB)},
    "codes that are none": {"MAIL": b"999 \x00\xff\r\nabc\r\n-1 no\r\n"},
    "no code": {"GREETING": b"hello\r\n"},
    "refused with escapes": {"RCPT": b"550 " + ESCAPES + b"\r\n"},
    "a long refusal": {"RCPT": (b"550-" + b"x" * 400 + b"\r\n") * 1000 + b"550 end\r\n"},
    "silence": {"MAIL": b""},
}


@pytest.mark.parametrize("name", BEFORE)
async def test_before_the_text_nothing_was_sent(victim: Victim, name: str) -> None:
    async with submission(dict(BEFORE[name])) as port:
        got = await victim.ask("submit", 20, port=port, security="none")
    assert not got["handed"]
    assert got["kind"] in ("NetworkError", "ProtocolError", "Refused", "AuthError")
    assert got["said"].isprintable()
    assert len(got["said"]) < 1000
    assert got["grown"] < MEMORY


AFTER: dict[str, Answer] = {
    "lines": endless(b"250-more\r\n", 200 * MIB),
    "a line": endless(b"x", 200 * MIB),
    "nonsense": b"what\r\n",
    "silence": b"",
}


@pytest.mark.parametrize("name", AFTER)
async def test_after_the_text_the_outcome_is_unknown(victim: Victim, name: str) -> None:
    """R36: no answer to the text is no proof of anything; it is never sent again by itself."""
    async with submission({"END": AFTER[name]}) as port:
        got = await victim.ask("submit", 20, port=port, security="none")
    assert got["handed"]
    assert got["kind"] == "OutcomeUnknown"
    assert got["grown"] < MEMORY


async def test_a_starttls_injection_sends_nothing(victim: Victim) -> None:
    """CVE-2011-0411: what was said in the clear behind STARTTLS counts for nothing."""
    lies: dict[str, Answer] = {
        "EHLO": b"250-here\r\n250 STARTTLS\r\n",
        "STARTTLS": b"220 go\r\n250 injected\r\n250 AUTH PLAIN\r\n",
    }
    async with submission(lies) as port:
        got = await victim.ask("submit", 20, port=port, security="starttls")
    assert not got["handed"]
    assert got["kind"] in ("NetworkError", "ProtocolError", "CertificateError")
