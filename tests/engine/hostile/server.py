"""An IMAP server that plays a normal one, enough for a whole sync, and lies where a test wants it to.

    server = Hostile({"SELECT": lambda said: said.untagged.replace(b"UIDVALIDITY 7", b"UIDVALIDITY 8") + said.tagged})

A lie gets the honest answer of one command and returns what is sent instead: octets, or pieces without end.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.servers.mailgen import make_mail
from tui.engine.imap.uidset import UidSet

OFFERED = (
    "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN IDLE UIDPLUS MOVE ENABLE UNSELECT NAMESPACE ESEARCH"
    " CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE"
)
PEOPLE = ("Ann Archer <ann@acme.example>", "Me <me@desk.example>")
STARTED = datetime.now(UTC)
"""When every message of the server was written: within any window, and the same in a whole run."""


@dataclass
class Held:
    """A message of the server."""

    raw: bytes
    flags: set[bytes] = field(default_factory=set)
    modseq: int = 1


@dataclass
class Box:
    """A folder of the server."""

    mails: dict[int, Held] = field(default_factory=dict)
    uidvalidity: int = 7
    uidnext: int = 1
    modseq: int = 1
    flags: bytes = b""

    def add(self, raw: bytes, flags: Iterable[bytes] = ()) -> int:
        """Put a message in and return its UID."""
        uid, self.uidnext, self.modseq = self.uidnext, self.uidnext + 1, self.modseq + 1
        self.mails[uid] = Held(raw, set(flags), self.modseq)
        return uid


@dataclass
class Said:
    """One command and its honest answer."""

    tag: bytes
    line: bytes
    untagged: bytes
    tagged: bytes

    @property
    def honest(self) -> bytes:
        """The whole answer."""
        return self.untagged + self.tagged


Pieces = bytes | Iterable[bytes] | AsyncIterator[bytes]
Lie = Callable[[Said], Pieces]


class Refusal(Exception):
    """The words of a NO."""


class Hostile:
    """One running server; see the module.

    Args:
        lies: verb ("UID FETCH", "SELECT", "LIST", …) -> lie. May be changed while it runs.
        greeting: the first octets.
        offered: its capabilities.
        mails: how many messages the INBOX has.
    """

    def __init__(
        self,
        lies: Mapping[str, Lie] | None = None,
        *,
        greeting: Pieces = b"* OK ready\r\n",
        offered: str = OFFERED,
        mails: int = 6,
    ) -> None:
        self.lies = dict(lies or {})
        self.greeting = greeting
        self.offered = offered
        self.port = 0
        self.lines: list[bytes] = []
        self.logins = 0
        self.heard = asyncio.Event()
        """Set whenever a command comes."""
        self.boxes = {b"INBOX": Box(), b"Sent": Box(flags=b"\\Sent"), b"Trash": Box(flags=b"\\Trash")}
        for at in range(mails):
            self.boxes[b"INBOX"].add(mail(at))
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak on one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await _send(writer, self.greeting)
            talk = Talk(self)
            while line := await reader.readline():
                line = await self._whole(line.rstrip(b"\r\n"), reader, writer)
                await self._answer(talk, line, reader, writer)
                if talk.over:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def stop(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _whole(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        while literal := re.search(rb"\{(\d+)(\+?)\}\Z", line):
            if not literal[2]:
                await _send(writer, b"+ go on\r\n")
            line += b"\n" + await reader.readexactly(int(literal[1]))
            line += (await reader.readline()).rstrip(b"\r\n")
        return line

    async def _answer(
        self, talk: Talk, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.lines.append(line)
        self.heard.set()
        tag, _, rest = line.partition(b" ")
        words = rest.split(b" ")
        verb = words[0].upper() + (b" " + words[1].upper() if words[0].upper() == b"UID" else b"")
        if verb == b"IDLE":
            await _send(writer, b"+ idling\r\n")
            await reader.readline()
        try:
            untagged = talk.answer(verb, rest[len(verb) :].strip())
            said = Said(tag, line, untagged, tag + b" OK " + talk.code + b"done\r\n")
        except Refusal as refusal:
            said = Said(tag, line, b"", tag + b" NO " + str(refusal).encode() + b"\r\n")
        lie = self.lies.get(verb.decode())
        await _send(writer, lie(said) if lie is not None else said.honest)


class Talk:
    """What one connection has open, and the honest answers."""

    def __init__(self, server: Hostile) -> None:
        self._server = server
        self._box: Box | None = None
        self.code = b""
        self.over = False

    def answer(self, verb: bytes, rest: bytes) -> bytes:
        """Return the untagged part of the honest answer; ``code`` is what the tagged line carries."""
        self.code = b""
        act = getattr(self, "_" + verb.decode().lower().replace(" ", "_"), None)
        return act(rest) if act is not None else b""

    @property
    def box(self) -> Box:
        """The open folder."""
        if self._box is None:
            raise Refusal("nothing is open")
        return self._box

    def _authenticate(self, rest: bytes) -> bytes:
        self._server.logins += 1
        self.code = b"[CAPABILITY " + self._server.offered.encode() + b"] "
        return b""

    _login = _authenticate

    def _capability(self, rest: bytes) -> bytes:
        return b"* CAPABILITY " + self._server.offered.encode() + b"\r\n"

    def _logout(self, rest: bytes) -> bytes:
        self.over = True
        return b"* BYE bye\r\n"

    def _namespace(self, rest: bytes) -> bytes:
        return b'* NAMESPACE (("" "/")) NIL NIL\r\n'

    def _enable(self, rest: bytes) -> bytes:
        return b"* ENABLED QRESYNC CONDSTORE\r\n"

    def _list(self, rest: bytes) -> bytes:
        out = b""
        for name, box in self._server.boxes.items():
            out += b'* LIST (\\Subscribed %s) "/" %s\r\n' % (box.flags, _written(name))
            if b"STATUS" in rest:
                out += self._counts(name)
        return out

    def _lsub(self, rest: bytes) -> bytes:
        return b"".join(b'* LSUB () "/" "%s"\r\n' % name for name in self._server.boxes)

    def _status(self, rest: bytes) -> bytes:
        name = _name(rest)
        if name not in self._server.boxes:
            raise Refusal("[NONEXISTENT] no such folder")
        return self._counts(name)

    def _counts(self, name: bytes) -> bytes:
        box = self._server.boxes[name]
        counts = (_written(name), len(box.mails), box.uidnext, box.uidvalidity, box.modseq)
        return b"* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d UNSEEN 0 HIGHESTMODSEQ %d)\r\n" % counts

    def _create(self, rest: bytes) -> bytes:
        self._server.boxes[_name(rest)] = Box()
        return b""

    def _select(self, rest: bytes) -> bytes:
        name = _name(rest)
        self._box = self._server.boxes.get(name)
        box = self.box
        out = b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n* OK [HIGHESTMODSEQ %d] ok\r\n" % (
            len(box.mails), box.uidvalidity, box.uidnext, box.modseq,
        )  # fmt: skip
        self.code = b"[READ-WRITE] "
        return out

    _examine = _select

    def _uid_search(self, rest: bytes) -> bytes:
        found = list(self.box.mails)
        named = re.match(rb"(?:RETURN \(ALL\) )?UID (\S+)", rest)
        if named:
            found = [uid for uid in found if uid in UidSet.parse(named[1])]
        key = re.search(rb'HEADER Message-ID (?:"(.+?)"|\{\d+\+?\}\n(.+)|(\S+))', rest)
        if key:
            wanted = next(word for word in key.groups() if word)
            found = [uid for uid in found if wanted in self.box.mails[uid].raw]
        if b"RETURN" not in rest:
            return b"* SEARCH " + b" ".join(b"%d" % uid for uid in found) + b"\r\n"
        tag = self._server.lines[-1].split(b" ")[0]
        return b'* ESEARCH (TAG "%s") UID%s\r\n' % (tag, b" ALL " + str(UidSet(found)).encode() if found else b"")

    def _uid_fetch(self, rest: bytes) -> bytes:
        wanted = UidSet.parse(rest.split(b" ")[0])
        return b"".join(
            b"* %d FETCH (UID %d%s)\r\n" % (seq, uid, _items(held, rest))
            for seq, (uid, held) in enumerate(self.box.mails.items(), 1)
            if uid in wanted
        )

    def _uid_store(self, rest: bytes) -> bytes:
        uids, how, flags = rest.split(b" ", 2)
        for uid in (uid for uid in self.box.mails if uid in UidSet.parse(uids)):
            held, listed = self.box.mails[uid], set(flags.strip(b"()").split())
            held.flags = held.flags - listed if how.startswith(b"-") else held.flags | listed
        return b""

    def _uid_copy(self, rest: bytes) -> bytes:
        uids, _, name = rest.partition(b" ")
        target = self._server.boxes.get(_name(name))
        if target is None:
            raise Refusal("[TRYCREATE] no such folder")
        source = [uid for uid in self.box.mails if uid in UidSet.parse(uids)]
        made = [target.add(self.box.mails[uid].raw, self.box.mails[uid].flags) for uid in source]
        written = (b",".join(b"%d" % uid for uid in many) for many in (source, made))
        self.code = b"[COPYUID %d %s %s] " % (target.uidvalidity, *written) if made else b""
        return b""

    def _uid_move(self, rest: bytes) -> bytes:
        self._uid_copy(rest)
        out, code = b"* OK " + self.code + b"moved\r\n", self.code
        out += self._uid_expunge(rest.partition(b" ")[0], every=True)
        self.code = b"" if code else code
        return out

    def _uid_expunge(self, rest: bytes, every: bool = False) -> bytes:
        gone = [u for u, held in self.box.mails.items() if u in UidSet.parse(rest)]
        gone = [u for u in gone if every or b"\\Deleted" in self.box.mails[u].flags]
        for uid in gone:
            del self.box.mails[uid]
        self.box.modseq += 1
        return b"* VANISHED " + b",".join(b"%d" % uid for uid in gone) + b"\r\n" if gone else b""

    def _append(self, rest: bytes) -> bytes:
        head, _, raw = rest.partition(b"\n")
        box = self._server.boxes.get(_name(head.split(b" (")[0]))
        if box is None:
            raise Refusal("[TRYCREATE] no such folder")
        self.code = b"[APPENDUID %d %d] " % (box.uidvalidity, box.add(raw))
        return b""


def mail(number: int) -> bytes:
    """Return the so many-th message, the same bytes whenever it is asked for."""
    return make_mail(
        *PEOPLE,
        f"Mail {number}",
        f"This is the text of mail {number}.",
        message_id=f"<{number}@acme.example>",
        date=STARTED,
    )


def _written(name: bytes) -> bytes:
    plain = name.isascii() and name.decode("latin-1").isprintable() and not set(name) & set(b'"\\')
    return b'"%s"' % name if plain else b"{%d}\r\n%s" % (len(name), name)


def _name(word: bytes) -> bytes:
    literal = re.match(rb"\{(\d+)\+?\}\n", word.strip(b" "))
    if literal:
        return word.strip(b" ")[literal.end() :][: int(literal[1])]
    found = re.match(rb'"((?:[^"\\]|\\.)*)"|(\S+)', word.strip())
    return re.sub(rb"\\(.)", rb"\1", found[1] or found[2] or b"") if found else b""


def _items(held: Held, asked: bytes) -> bytes:
    out = b" FLAGS (%s)" % b" ".join(sorted(held.flags)) if b"FLAGS" in asked or b"CHANGEDSINCE" in asked else b""
    out += b' INTERNALDATE "01-Nov-2026 10:00:00 +0000"' if b"INTERNALDATE" in asked else b""
    out += b" RFC822.SIZE %d" % len(held.raw) if b"RFC822.SIZE" in asked else b""
    if b"BODY.PEEK[HEADER" in asked:
        head = held.raw[: held.raw.find(b"\r\n\r\n") + 4]
        out += b" BODY[HEADER.FIELDS (DATE)] {%d}\r\n%s" % (len(head), head)
    if b"BODY.PEEK[]" in asked:
        out += b" BODY[] {%d}\r\n%s" % (len(held.raw), held.raw)
    return out


async def _send(writer: asyncio.StreamWriter, pieces: Pieces) -> None:
    if isinstance(pieces, bytes):
        pieces = iter((pieces,))
    if isinstance(pieces, AsyncIterator):
        async for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)


@asynccontextmanager
async def running(server: Hostile) -> AsyncIterator[Hostile]:
    """Run a server for the length of a block."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 24)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.stop()


def endless(piece: bytes, octets: int = 1 << 62) -> Iterator[bytes]:
    """Yield ``piece`` again and again, until so many octets were yielded."""
    block = piece * max(1, 65_536 // len(piece))
    sent = 0
    while sent < octets:
        yield block
        sent += len(block)
