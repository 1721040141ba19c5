"""A submission server in memory: it takes mail, refuses it or loses the line, and may file copies itself."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.engine.machine.boxes import Store, token_of
from tests.engine.machine.imap import Gate


class SmtpService(asyncio.Protocol):
    """One connection.

    Args:
        took: token -> how often a mail was taken.
        gate: awaited before and after DATA's text; see ``ImapService``.
        files_in: the folders into which what is taken is filed, as Gmail does; None: it isn't.
    """

    def __init__(self, took: Counter[int], gate: Gate, files_in: Store | None) -> None:
        self._took = took
        self._gate = gate
        self._files_in = files_in
        self._buffer = b""
        self._came = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop serving."""
        self._task.cancel()

    def cut(self) -> None:
        """Drop the line."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take octets."""
        self._buffer += data
        self._came.set()

    async def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._came.clear()
            await self._came.wait()
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _say(self, line: str) -> None:
        self._transport.write(line.encode() + b"\r\n")

    async def _serve(self) -> None:
        self._say("220 machine ready")
        while True:
            line = await self._until(b"\r\n")
            verb = line.split(b" ")[0].upper()
            if verb == b"EHLO":
                self._say("250-machine\r\n250 8BITMIME")
            elif verb == b"DATA":
                if not await self._data():
                    self._transport.abort()
                    return
            elif verb == b"QUIT":
                self._say("221 bye")
                self._transport.close()
                return
            else:
                said = await self._gate(verb.decode(), False)
                if said == "cut":
                    self._transport.abort()
                    return
                self._say(f"550 {said}" if said else "250 OK")

    async def _data(self) -> bool:
        """Take one message; False when the line is to be cut."""
        self._say("354 go on")
        raw = await self._until(b"\r\n.\r\n")
        said = await self._gate("DATA", False)
        if said == "cut":
            return False
        if said:
            self._say(f"550 {said}")
            return True
        self._took[token_of(raw)] += 1
        if self._files_in is not None and (name := self._files_in.sent()):
            self._files_in.deliver(name, raw + b"\r\n", {"seen"})
        if await self._gate("DATA", True) == "cut":
            return False
        self._say("250 OK")
        return True
