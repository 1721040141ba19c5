"""An IMAP server that says exactly what a test wants: any answer, any cut, any silence."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from tui.engine.model import Security, Server

TAG = b"%TAG%"
SILENCE = b""
"""An answer that never comes."""
CAPABILITIES = b"IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN IDLE UIDPLUS MOVE ESEARCH ENABLE UNSELECT NAMESPACE"
Answer = bytes | Callable[[bytes], bytes]

PLAIN: Mapping[bytes, Answer] = {
    b"CAPABILITY": b"* CAPABILITY " + CAPABILITIES + b"\r\n%TAG% OK done\r\n",
    b"AUTHENTICATE": b"%TAG% OK [CAPABILITY " + CAPABILITIES + b"] welcome\r\n",
    b"LOGIN": b"%TAG% OK welcome\r\n",
    b"NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n%TAG% OK done\r\n',
    b"SELECT": b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 10] ok\r\n%TAG% OK [READ-WRITE] done\r\n",
    b"LOGOUT": b"* BYE bye\r\n%TAG% OK done\r\n",
}


class Scripted:
    """One running server.

    Args:
        answers: verb ("UID FETCH", "NOOP", …) -> what it says, ``%TAG%`` standing for the tag; over ``PLAIN``.
        greeting: the first octets.
        cut_after: close the connection once so many octets were sent.
        chunk: send in pieces of so many octets, 0 for as it comes.
    """

    def __init__(
        self,
        answers: Mapping[bytes, Answer] | None = None,
        *,
        greeting: bytes = b"* OK ready\r\n",
        cut_after: int | None = None,
        chunk: int = 0,
    ) -> None:
        self.answers = {**PLAIN, **(answers or {})}
        self.greeting = greeting
        self.cut_after = cut_after
        self.chunk = chunk
        self.port = 0
        self.sent = 0
        self.lines: list[bytes] = []
        self.literals: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.heard = asyncio.Event()

    @property
    def server(self) -> Server:
        """What to give ``open_session``."""
        return Server("127.0.0.1", self.port, Security.NONE)

    async def wait_for(self, verb: bytes) -> None:
        """Wait until a command with this verb came."""
        while not any(verb in line for line in self.lines):
            self.heard.clear()
            await self.heard.wait()

    async def say(self, data: bytes) -> None:
        """Send octets that no command asked for."""
        await self._send(self.writers[-1], data)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak on one connection."""
        self.writers.append(writer)
        try:
            await self._send(writer, self.greeting)
            while line := await reader.readline():
                await self._command(line, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _command(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = line.rstrip(b"\r\n")
        while literal := re.search(rb"\{(\d+)(\+?)\}\Z", line):
            if not literal[2]:
                await self._send(writer, b"+ go on\r\n")
            self.literals.append(await reader.readexactly(int(literal[1])))
            line += b" " + (await reader.readline()).rstrip(b"\r\n")
        self.lines.append(line)
        self.heard.set()
        tag, _, rest = line.partition(b" ")
        words = rest.upper().split(b" ")
        verb = b" ".join(words[:2]) if words[0] == b"UID" else words[0]
        answer = self.answers.get(verb, b"%TAG% OK done\r\n")
        said = answer(line) if callable(answer) else answer
        await self._send(writer, said.replace(TAG, tag))

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.cut_after is not None and self.sent + len(data) > self.cut_after:
            writer.write(data[: self.cut_after - self.sent])
            await writer.drain()
            writer.transport.abort() if self.cut_after % 2 else writer.close()
            raise ConnectionResetError
        self.sent += len(data)
        step = self.chunk or len(data) or 1
        for at in range(0, len(data), step):
            writer.write(data[at : at + step])
            await writer.drain()


@asynccontextmanager
async def scripted(server: Scripted, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """Run a server for the length of a block."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 24, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for writer in server.writers:
            writer.transport.abort()
        await listening.wait_closed()
