"""The connection: aioimaplib's protocol with its framing, routing and execution replaced.

Every untagged response is read into a fact and offered to the commands that are under way, oldest first; what nobody
asked for goes to ``unasked``. A tagged response does nothing but end its command. A command that was sent is held until
its tag comes, whoever still waits for it, so a cancelled wait never confuses what follows. When the connection goes,
everything pending fails at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from aioimaplib.aioimaplib import NONAUTH, IMAP4ClientProtocol

from tui.engine import text
from tui.engine.errors import NetworkError, ProtocolError, Refused
from tui.engine.imap.facts import Fact, Fetched, read
from tui.engine.imap.framing import Frame, Framer, Limits
from tui.engine.imap.lane import Lane
from tui.engine.imap.names import Literal
from tui.engine.imap.quirks import transient
from tui.engine.imap.response import Condition, Malformed, condition, words
from tui.engine.imap.spool import SpoolFile, size_of
from tui.engine.imap.watch import Watch

CHUNK = 256 << 10
"""How much of an outgoing literal is written at once, in octets."""
ALERTS = 20
"""How many of a server's alerts are kept."""
CAPABILITIES = 500
"""How many capabilities a server may have."""


@dataclass(slots=True, eq=False)
class Pending:
    """A command that was sent and whose tag hasn't come.

    ``collect`` is offered every fact meanwhile and returns whether it was meant for it. ``finite``: it takes only so
    many facts, each once, so that each is progress. ``quiet``: the server may be silent (IDLE), the watchdog doesn't
    look.
    """

    tag: bytes
    what: str
    done: asyncio.Future[Condition]
    collect: Callable[[Fact], bool] | None = None
    on_continue: Callable[[str], None] | None = None
    finite: bool = False
    quiet: bool = False
    in_lane: bool = True


class Connection(IMAP4ClientProtocol):  # type: ignore[misc]  # aioimaplib carries no types
    """One connection to a server.

    Args:
        where: ``host:port``, for error sentences.
        spool: the folder for literals over 1 MiB; it must exist.
        stall: after so many seconds without an octet while a command is pending the connection counts as lost.
        depth: how many commands may be under way at once.
        limits: what a server may send.
    """

    def __init__(
        self, where: str, spool: Path, *, stall: float = 60.0, depth: int = 16, limits: Limits | None = None
    ) -> None:
        super().__init__(asyncio.get_running_loop())
        self.where = where
        self.lane = Lane(depth)
        self.alerts: list[str] = []
        self.malformed = 0
        self.lost: NetworkError | None = None
        self.closing = False
        self.greeting: asyncio.Future[Condition] = self.loop.create_future()
        self.unasked: Callable[[Fact], None] = lambda fact: None
        self.witness: Callable[[Fact], Fact] = lambda fact: fact
        """Sees every fact before it is routed; fills in the UID that a server left out."""
        self.gone = asyncio.Event()
        """Set when the connection is lost."""
        self.closed = asyncio.Event()
        """Set when its socket is closed too."""
        self._framer = Framer(self._frame, lambda size: SpoolFile(spool, size), limits)
        self._clock = Watch(self._framer, stall, (limits or Limits()).flood)
        self._pending: dict[bytes, Pending] = {}
        self._continuing: Pending | None = None
        self._bye = ""
        self._watch: asyncio.TimerHandle | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = False
        self._halt_tag = b""

    # --- what the transport calls

    def data_received(self, data: bytes) -> None:
        """Take octets from the transport."""
        self._clock.heard(len(data))
        if self.lost is not None:
            return
        try:
            self._framer.feed(data)
            if self._clock.flooded:
                raise ProtocolError("The server talks without end and answers nothing; the connection was dropped.")
        except ProtocolError as error:
            self.fail(ProtocolError(f"{self.where}: {error}"))
        except OSError as error:
            self.fail(NetworkError(f"A big message from {self.where} can't be kept on this disk: {error}; free space."))

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed: fail everything that waits."""
        self._cut(exc)
        self.closed.set()

    def _cut(self, exc: Exception | None) -> None:
        said = f", saying: {self._bye}" if self._bye else (f" ({text.line(str(exc))})" if exc else "")
        self.fail(NetworkError(f"The connection to {self.where} was cut{said}; it will be tried again."))

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._writable.set()

    @property
    def received(self) -> int:
        """Octets that came so far."""
        return self._clock.received

    @property
    def paused(self) -> bool:
        """Whether reading is stopped."""
        return self._paused

    def pause(self, paused: bool) -> None:
        """Stop or go on reading, for whoever can't keep up."""
        if paused == self._paused or self.lost is not None:
            return
        self._paused = paused
        if paused:
            self.transport.pause_reading()
        else:
            self._clock.heard()
            self.transport.resume_reading()

    # --- commands

    async def run(
        self,
        what: str,
        *parts: bytes | Literal,
        collect: Callable[[Fact], bool] | None = None,
        alone: bool = False,
        finite: bool = False,
    ) -> Condition:
        """Send a command and wait for its end.

        Args:
            what: what it does, for the sentence when it is refused ("move to Archive").
            parts: the words of the command, joined by spaces.
            collect: offered every fact while the command runs; True keeps the fact from everyone else.
            alone: nothing else may be under way.
            finite: ``collect`` takes only so many facts, each once.

        Raises:
            Refused: the server answered NO or BAD.
            NetworkError: the connection was lost.
        """
        pending = await self.start(what, *parts, collect=collect, alone=alone, finite=finite)
        return await self.finish(pending)

    async def start(
        self,
        what: str,
        *parts: bytes | Literal,
        collect: Callable[[Fact], bool] | None = None,
        alone: bool = False,
        on_continue: Callable[[str], None] | None = None,
        in_lane: bool = True,
        finite: bool = False,
    ) -> Pending:
        """Wait for the turn, send a command, and return while it is under way."""
        pieces = self._pieces(parts)
        if in_lane:
            await self.lane.enter(alone or len(pieces) > 1 or len(pieces[0]) > CHUNK)
        if self.lost is not None:
            raise copy(self.lost)
        done: asyncio.Future[Condition] = self.loop.create_future()
        done.add_done_callback(_retrieve)
        pending = Pending(self.new_tag().encode("ascii"), what, done, collect, on_continue, finite, in_lane=in_lane)
        self._pending[pending.tag] = pending
        if len(self._pending) == 1:
            self._clock.start()
        self._arm()
        pieces[0] = pending.tag + b" " + pieces[0]
        if on_continue is not None:
            self._continuing = pending
        if len(pieces) == 1 and len(pieces[0]) <= CHUNK:
            self.transport.write(pieces[0])
        else:
            # A half-sent command would spoil the connection, so sending goes on when the caller stops waiting.
            task = self.loop.create_task(self._send(pending, pieces))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return pending

    async def finish(self, pending: Pending) -> Condition:
        """Wait for a command's end; see ``run``."""
        ended = await asyncio.shield(pending.done)
        if ended.status == "OK":
            return ended
        login = self.state == NONAUTH
        raise transient(ended, self.where, login=login) or Refused(pending.what, ended.text, ended.code)

    def send_line(self, data: bytes) -> None:
        """Write a line that is no command: a continuation or DONE."""
        if self.lost is None:
            self._clock.heard()
            self.transport.write(data + b"\r\n")

    def fail(self, error: NetworkError) -> None:
        """Drop the connection and fail everything that waits, once."""
        if self.lost is not None:
            return
        self.lost = error
        self.state = "LOGOUT"
        if self._watch is not None:
            self._watch.cancel()
        self._framer.discard()
        if self.transport is not None:
            self.transport.abort()
        self._writable.set()
        if not self.greeting.done():
            self.greeting.set_exception(copy(error))
            _retrieve(self.greeting)
        pending, self._pending = list(self._pending.values()), {}
        for command in pending:
            if not command.done.done():
                command.done.set_exception(copy(error))
            if command.on_continue is not None:
                command.on_continue("")
        self.lane.fail(error)
        self.gone.set()

    @property
    def buffered(self) -> bool:
        """Whether octets came that no response has used."""
        return not self._framer.clean

    def halt_after(self, pending: Pending) -> None:
        """Read nothing behind this command's end: STARTTLS changes what octets mean."""
        self._halt_tag = pending.tag

    def upgraded(self, transport: asyncio.Transport) -> None:
        """Go on over TLS; what was said in the clear is forgotten."""
        self.transport = transport
        self.capabilities: set[str] = set()
        self._halt_tag = b""
        self._framer.resume()

    # --- inside

    def _pieces(self, parts: tuple[bytes | Literal, ...]) -> list[bytes]:
        pieces, line = [], bytearray()
        for at, part in enumerate(parts):
            if at:
                line += b" "
            if isinstance(part, Literal):
                size = len(part.data)
                at_once = "LITERAL+" in self.capabilities or ("LITERAL-" in self.capabilities and size <= 4096)
                line += b"{%d+}\r\n" % size if at_once else b"{%d}\r\n" % size
                if not at_once:
                    pieces.append(bytes(line))
                    line.clear()
                line += part.data
            else:
                line += part
        line += b"\r\n"
        return [*pieces, bytes(line)]

    async def _send(self, pending: Pending, pieces: list[bytes]) -> None:
        for at, piece in enumerate(pieces):
            if at:
                go = asyncio.Event()
                pending.on_continue = lambda _, go=go: go.set()
                pending.done.add_done_callback(lambda _, go=go: go.set())  # type: ignore[misc]
                self._continuing = pending
                self.transport.write(pieces[at - 1])
                await go.wait()
                if pending.done.done():
                    return
            if at < len(pieces) - 1:
                continue
            for start in range(0, len(piece), CHUNK):
                await self._writable.wait()
                if self.lost is not None:
                    return
                self._clock.sending(len(piece) - start)
                self.transport.write(piece[start : start + CHUNK])

    def _frame(self, frame: Frame) -> None:
        line = frame.text
        if line[:1] == b"*":
            self._untagged(frame)
        elif not self.greeting.done():
            raise Malformed("The server doesn't greet as an IMAP server does; check host and port.")
        elif line[:1] == b"+":
            command = self._continuing
            if command is not None and command.on_continue is not None:
                command.on_continue(words(line[1:]))
        else:
            tag, _, rest = line.partition(b" ")
            ended = condition(rest.lstrip())
            if ended is not None:
                self._tagged(tag, ended)

    def _tagged(self, tag: bytes, ended: Condition) -> None:
        self._notice(ended)
        command = self._pending.pop(tag, None)
        if command is None:
            return
        self._clock.progress()
        if tag == self._halt_tag:
            self._framer.halt()
        if self._continuing is command:
            self._continuing = None
        if not command.done.done():
            command.done.set_result(ended)
        if command.in_lane:
            self.lane.leave()

    def _untagged(self, frame: Frame) -> None:
        try:
            fact = read(frame)
        except ProtocolError:
            self.malformed += 1
            frame.discard()
            return
        if not self.greeting.done():
            if not isinstance(fact, Condition):
                raise Malformed("The server doesn't greet as an IMAP server does; check host and port.")
            self._notice(fact)
            self.greeting.set_result(fact)
            return
        if isinstance(fact, Condition):
            self._notice(fact)
            if fact.status == "BYE" and not self.closing:
                self._bye = fact.text
                passing = transient(fact, self.where, login=True)
                self.fail(passing) if passing is not None else self._cut(None)
                return
        fact = self.witness(fact)
        for command in list(self._pending.values()):
            if command.collect is not None and command.collect(fact):
                if command.finite:
                    self._clock.progress()
                return
        self._clock.wasted(sum(map(size_of, frame.literals)))
        if isinstance(fact, Fetched) and isinstance(fact.body, Path):
            fact.body.unlink(missing_ok=True)
        self.unasked(fact)

    def _notice(self, said: Condition) -> None:
        if said.code == "ALERT" and said.text not in self.alerts:
            self.alerts = [*self.alerts, said.text][-ALERTS:]
        elif said.code == "CAPABILITY" and said.status in ("OK", "PREAUTH"):
            self.capabilities = capability_set(said.arguments.split())

    def _arm(self) -> None:
        if self._watch is None:
            self._watch = self.loop.call_later(self._clock.stall / 4, self._look)

    def _look(self) -> None:
        self._watch = None
        waiting = [command.what for command in self._pending.values() if not command.quiet]
        if self.lost is not None or not waiting:
            return
        failed = self._clock.verdict(self._paused, self.transport.get_write_buffer_size(), waiting[0])
        if failed:
            self.fail(NetworkError(f"{self.where} {failed}; the connection will be made again."))
        else:
            self._arm()


def capability_set(words_: list[bytes]) -> set[str]:
    """Return capability names in upper case."""
    return {word[:100].decode("ascii", "replace").upper() for word in words_[:CAPABILITIES]}


def _retrieve(future: asyncio.Future[Condition]) -> None:
    if not future.cancelled():
        future.exception()
