"""A line between engine and server that knows IMAP: it counts, muffles IDLE, forgets connections, answers by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.conftest import Mailbox
from tui.engine.model import Security, Server

Answer = Callable[[bytes], bytes | None]
"""Given a command without its tag: the untagged lines and the tagged end with ``%TAG%``, or None to let it through."""


class Link:
    """One connection."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.idle = b""
        self.dead = False
        self.logged_in = False


class Relay:
    """A running relay to one mailbox's server.

    Attributes:
        links: what is open now. peak: how many were open and let in at once. opened: how many ever.
        commands: every command that came, without its tag. told: every line that the server said.
        answer: answers commands instead of the server.
        muffled: swallow what the server says while IDLE waits.
        silent: say nothing at all to new connections, and don't hang up.
        slow: how many octets a second the server's words take; 0 is as fast as they come.
        idle_limit: hang up on an IDLE that is older than so many seconds; 0 is never.
        most: let in at most so many connections at once; the others are refused with ``limit``.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self.links: set[Link] = set()
        self.peak = 0
        self.opened = 0
        self.commands: list[bytes] = []
        self.answer: Answer = lambda command: None
        self.muffled = False
        self.silent = False
        self.slow = 0.0
        self.idle_limit = 0.0
        self.dropped = 0
        self.told: list[bytes] = []
        self._news = asyncio.Event()
        self.most = 100
        self.limit = b"[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)"
        self.port = 0
        self._target = (mailbox.host, mailbox.port)

    @property
    def server(self) -> Server:
        """What to give an account as its server."""
        return Server("127.0.0.1", self.port, Security.NONE)

    def count(self, start: bytes) -> int:
        """Return how many commands began so."""
        return sum(command.upper().startswith(start) for command in self.commands)

    @property
    def idling(self) -> list[Link]:
        """The connections that wait in IDLE now."""
        return [link for link in self.links if link.idle and not link.dead]

    async def wait_for(self, start: bytes) -> None:
        """Wait until the server has said a line that begins so."""
        while not any(line.startswith(start) for line in self.told):
            self._news.clear()
            await self._news.wait()

    async def wait_for_command(self, start: bytes = b"") -> None:
        """Wait until another command comes that begins so."""
        before = self.count(start)
        while self.count(start) == before:
            self._news.clear()
            await self._news.wait()

    async def wait_for_link(self) -> None:
        """Wait until somebody is connected."""
        while not self.links:
            self._news.clear()
            await self._news.wait()

    async def wait_for_nobody(self) -> None:
        """Wait until nobody is connected."""
        while self.links:
            self._news.clear()
            await self._news.wait()

    async def wait_for_idling(self) -> list[Link]:
        """Wait until somebody waits in IDLE; return who does."""
        while not self.idling:
            self._news.clear()
            await self._news.wait()
        return self.idling

    def forget(self) -> None:
        """Swallow everything on the connections that are open now, as a router does that has forgotten them."""
        for link in self.links:
            link.dead = True

    def cut(self) -> None:
        """Hang up on everybody."""
        for link in list(self.links):
            link.client.transport.abort()

    def say(self, line: bytes) -> None:
        """Say a line on the connections that wait in IDLE."""
        for link in self.idling:
            link.client.write(line + b"\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        self.opened += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target, limit=1 << 24)
        except BaseException:
            writer.transport.abort()
            raise
        link = Link(writer, far_writer)
        link.dead = self.silent
        self.links.add(link)
        self._news.set()
        tasks = [asyncio.create_task(self._up(reader, link)), asyncio.create_task(self._down(far_reader, link))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.links.discard(link)
            self._news.set()
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                writer.transport.abort()
                far_writer.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, link: Link) -> None:
        while line := await reader.readline():
            if link.dead:
                continue
            tag, _, command = line.rstrip(b"\r\n").partition(b" ")
            said = self._own(link, command) if command else None
            if line.upper().startswith(b"DONE"):
                link.idle = b""
            elif command:
                self.commands.append(command)
                self._news.set()
                if command.upper() == b"IDLE":
                    link.idle = tag
                    self._news.set()
                    if self.idle_limit:
                        asyncio.get_running_loop().call_later(self.idle_limit, self._hang_up, link, tag)
            if said is not None:
                link.client.write(said.replace(b"%TAG%", tag))
            else:
                link.server.write(line)

    def _own(self, link: Link, command: bytes) -> bytes | None:
        if command.upper().startswith((b"AUTHENTICATE", b"LOGIN")):
            inside = sum(other.logged_in for other in self.links)
            if inside >= self.most:
                return b"%TAG% NO " + self.limit + b"\r\n"
            said = self.answer(command)
            link.logged_in = said is None
            self.peak = max(self.peak, inside + link.logged_in)
            return said
        return self.answer(command)

    async def _down(self, reader: asyncio.StreamReader, link: Link) -> None:
        owed = 0
        while line := await reader.readline():
            if not link.dead and not (self.muffled and link.idle and line.startswith(b"* ")):
                link.client.write(line)
                owed += len(line)
                if self.slow and owed > self.slow / 50:
                    await asyncio.sleep(owed / self.slow)
                    owed = 0
                self.told.append(line[:200])
                self._news.set()

    def _hang_up(self, link: Link, tag: bytes) -> None:
        if link.idle == tag and link in self.links:
            self.dropped += 1
            link.client.transport.abort()


@asynccontextmanager
async def relay(mailbox: Mailbox) -> AsyncIterator[Relay]:
    """Run a relay for the length of a block."""
    made = Relay(mailbox)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 24)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()
        made.cut()
        await listening.wait_closed()
