"""An IMAP server in memory: it reads commands off the wire and answers as RFC 9051, 4731, 5819, 6851 and 7162 say."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable

from tests.engine.machine.boxes import Box, Copy, Store
from tests.engine.machine.folders import Folders
from tests.engine.machine.pushing import News
from tests.engine.machine.words import (
    Cut,
    No,
    Words,
    flag,
    listed,
    message_id,
    parse,
    read_set,
    wire_flags,
    write_set,
)

BASE = ("IMAP4rev1", "LITERAL+", "SASL-IR", "AUTH=PLAIN", "ENABLE", "UNSELECT", "NAMESPACE")
POINTLESS = frozenset(
    {"CAPABILITY", "AUTHENTICATE", "NAMESPACE", "ENABLE", "LOGOUT", "UNSELECT", "ID", "SUBSCRIBE", "NOTIFY"}
)
"""Commands beside which nothing interesting can happen."""
Gate = Callable[[str, bool], Awaitable[str]]


class ImapService(Folders, asyncio.Protocol):
    """One connection.

    Args:
        store: the folders.
        offered: capabilities besides the basic ones.
        gate: awaited before and after each command; returns "" to go on, "cut", or the words of a refusal.
    """

    def __init__(self, store: Store, offered: frozenset[str], gate: Gate) -> None:
        self._store = store
        self._offered = offered
        self._gate = gate
        self._buffer = b""
        self._commands: asyncio.Queue[bytes] = asyncio.Queue()
        self._box: Box | None = None
        self._view: list[int] = []
        self._validity = 0
        self._qresync = False
        self._out: list[bytes] = []
        self._mute = False
        self._news = News(store, self._report, self._changed_flags, lambda box: self._say(self._counts(box)))

    # --- the wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"* OK machine ready\r\n")
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop serving."""
        self._news.end()
        self._task.cancel()

    def mute(self) -> None:
        """Say nothing and hear nothing more, as behind a router that died; the line stays open."""
        self._mute = True

    def cut(self) -> None:
        """Drop the line."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Cut what came into commands."""
        if self._mute:
            return
        self._buffer += data
        at = 0
        while (end := self._buffer.find(b"\r\n", at)) >= 0:
            literal = re.search(rb"\{(\d+)\+?\}\Z", self._buffer[:end])
            at = end + 2
            if literal is None:
                self._commands.put_nowait(self._buffer[:at])
                self._buffer, at = self._buffer[at:], 0
            elif len(self._buffer) < at + int(literal[1]):
                return
            else:
                at += int(literal[1])

    async def _serve(self) -> None:
        while True:
            words = parse(await self._commands.get())
            tag, verb = words.atom(), words.atom().upper()
            if verb == "UID":
                verb = f"UID {words.atom().upper()}"
            if verb == "IDLE" and "IDLE" in self._offered:
                if await self._idle(tag):
                    continue
                self._transport.abort()
                return
            short = verb.removeprefix("UID ")
            try:
                said = "" if verb in POINTLESS else await self._gate(short, False)
                self._obey(said)
                ended = self._do(verb, words)
                if verb not in POINTLESS and await self._gate(short, True) == "cut":
                    raise Cut
            except Cut:
                self._transport.abort()
                return
            except No as no:
                ended = f"NO {no}"
                self._out.clear()
            try:
                self._report()
            except Cut:
                self._transport.abort()
                return
            self._flush(f"{tag} {ended}\r\n")
            if verb == "LOGOUT":
                self._transport.close()
                return

    async def _idle(self, tag: str) -> bool:
        """Wait with the client for news; False when the line is to be cut."""
        try:
            self._obey(await self._gate("IDLE", False))
            self._flush("+ idling\r\n")
            await self._news.while_idle(self._box, self._commands, self._flush)
            self._obey(await self._gate("DONE", False))
        except Cut:
            return False
        self._flush(f"{tag} OK done\r\n")
        return True

    def _flush(self, end: str = "") -> None:
        if not self._mute:
            self._transport.write(b"".join(self._out) + end.encode())
        self._out.clear()

    @staticmethod
    def _obey(said: str) -> None:
        if said == "cut":
            raise Cut
        if said:
            raise No(said)

    def _say(self, line: str | bytes) -> None:
        self._out.append(b"* " + (line.encode() if isinstance(line, str) else line) + b"\r\n")

    # --- commands

    def _do(self, verb: str, words: Words) -> str:
        if verb in ("UID FETCH", "UID STORE", "UID SEARCH", "UID COPY", "UID MOVE", "UID EXPUNGE", "NOOP"):
            self._report()
        handler = getattr(self, "_" + verb.lower().replace(" ", "_"), None)
        if handler is None:
            return f"BAD unknown command {verb}"
        return handler(words) or "OK done"

    def _capability(self, words: Words) -> None:
        self._say(self._capabilities())

    def _capabilities(self) -> str:
        return " ".join(("CAPABILITY", *BASE, *sorted(self._offered)))

    def _authenticate(self, words: Words) -> str:
        return f"OK [{self._capabilities()}] welcome"

    def _namespace(self, words: Words) -> None:
        self._say('NAMESPACE (("" "/")) NIL NIL')

    def _enable(self, words: Words) -> None:
        self._qresync = "QRESYNC" in self._offered
        self._say("ENABLED QRESYNC" if self._qresync else "ENABLED")

    def _noop(self, words: Words) -> None:
        """What is new was reported already."""

    def _subscribe(self, words: Words) -> None:
        """Every folder is subscribed."""

    def _logout(self, words: Words) -> None:
        self._say("BYE bye")

    def _unselect(self, words: Words) -> None:
        self._box, self._view = None, []

    def _examine(self, words: Words) -> str:
        return self._select(words, "READ-ONLY")

    def _select(self, words: Words, access: str = "READ-WRITE") -> str:
        self._box, self._view = None, []
        box = self._named(words.string())
        self._box, self._view, self._validity = box, sorted(box.copies), box.validity
        self._say(f"{len(box.copies)} EXISTS")
        self._say("FLAGS (\\Seen \\Flagged \\Answered \\Deleted $Forwarded)")
        self._say(f"OK [UIDVALIDITY {box.validity}] ok")
        self._say(f"OK [UIDNEXT {box.uidnext}] ok")
        self._say(f"OK [HIGHESTMODSEQ {box.modseq}] ok" if "CONDSTORE" in self._offered else "OK [NOMODSEQ] none")
        asked = re.search(rb"QRESYNC \((\d+) (\d+)", words.line)
        if asked and self._qresync and int(asked[1]) == box.validity:
            gone = sorted({uid for modseq, uid in box.expunged if modseq > int(asked[2])})
            if gone:
                self._say(f"VANISHED (EARLIER) {write_set(gone)}")
            for copy in box.copies.values():
                if copy.modseq > int(asked[2]):
                    self._fetched(copy, "(UID FLAGS)")
        return f"OK [{access}] done"

    def _uid_search(self, words: Words) -> None:
        box, keys = self._open(), words.line.upper()
        found = set(box.copies)
        if asked := re.search(rb" UID ([\d:,*]+)", keys.partition(b"SEARCH")[2]):
            found &= read_set(asked[1].decode(), max(box.copies, default=0))
        if b" DELETED" in keys:
            found = {uid for uid in found if "deleted" in box.copies[uid].flags}
        if asked := re.search(rb'HEADER Message-ID "([^"]*)"', words.line, re.I):
            wanted = asked[1].lower()
            found = {uid for uid in found if wanted in message_id(box.copies[uid].raw).lower()}
        if b"RETURN" in keys:
            all_ = f" ALL {write_set(found)}" if found else ""
            self._say(f'ESEARCH (TAG "{words.tag}") UID{all_}')
        else:
            self._say("SEARCH" + "".join(f" {uid}" for uid in sorted(found)))

    def _uid_fetch(self, words: Words) -> None:
        box = self._open()
        wanted = self._uids(words.atom())
        since = re.search(rb"CHANGEDSINCE (\d+)", words.line)
        items = words.rest()
        for uid in sorted(wanted):
            if since is None or box.copies[uid].modseq > int(since[1]):
                self._fetched(box.copies[uid], items)

    def _fetched(self, copy: Copy, items: str) -> None:
        parts = [f"UID {copy.uid}".encode()]
        if "FLAGS" in items.replace("HEADER.FIELDS", ""):
            parts.append(f"FLAGS ({wire_flags(copy.flags)})".encode())
        if "CONDSTORE" in self._offered:
            parts.append(f"MODSEQ ({copy.modseq})".encode())
        if "INTERNALDATE" in items:
            stamp = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(copy.date))
            parts.append(f'INTERNALDATE "{stamp}"'.encode())
        if "RFC822.SIZE" in items:
            parts.append(f"RFC822.SIZE {len(copy.raw)}".encode())
        if section := re.search(r"BODY\.PEEK\[(HEADER\.FIELDS \([^)]*\))\]", items):
            header = copy.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            parts.append(b"BODY[%s] {%d}\r\n%s" % (section[1].encode(), len(header), header))
        if "BODY.PEEK[]" in items:
            parts.append(b"BODY[] {%d}\r\n%s" % (len(copy.raw), copy.raw))
        self._say(b"%d FETCH (%s)" % (self._view.index(copy.uid) + 1, b" ".join(parts)))

    def _changed_flags(self, box: Box, modseq: int) -> None:
        for copy in box.copies.values():
            if copy.modseq > modseq and copy.uid in self._view:
                self._fetched(copy, "(UID FLAGS)")

    def _notify(self, words: Words) -> None:
        if "NOTIFY" not in self._offered:
            raise No("no NOTIFY here")
        self._news.of_all()

    def _uid_store(self, words: Words) -> None:
        box = self._open()
        uids, verb = self._uids(words.atom()), words.atom()
        flags = {flag(name) for name in words.rest().strip("()").split()}
        for uid in uids:
            box.flag(uid, flags if verb[0] == "+" else set(), flags if verb[0] == "-" else set())

    def _uid_copy(self, words: Words) -> str:
        return self._transfer(words, keep=True)

    def _uid_move(self, words: Words) -> str:
        return self._transfer(words, keep=False)

    def _transfer(self, words: Words, keep: bool) -> str:
        box, uids = self._open(), sorted(self._uids(words.atom()))
        target = self._store.boxes.get(words.string())
        if target is None:
            raise No("[TRYCREATE] no such folder")
        if not uids:
            return "OK nothing to do"
        made = []
        for uid in uids:
            old = box.copies[uid]
            made.append(target.put(old.raw, old.flags - ({"deleted"} if not keep else set()), old.date).uid)
            if keep:
                self._store.added[old.token] += 1
            else:
                box.drop(uid)
        if "UIDPLUS" not in self._offered:
            return "OK done"
        code = f"[COPYUID {target.validity} {listed(uids)} {listed(made)}]"
        if keep:
            return f"OK {code} done"
        self._say(f"OK {code} moved")
        return "OK done"

    def _uid_expunge(self, words: Words) -> None:
        if "UIDPLUS" not in self._offered:
            raise No("no UIDPLUS here")
        self._expunged(self._uids(words.atom()))

    def _expunge(self, words: Words) -> None:
        self._expunged(set(self._open().copies))

    def _expunged(self, uids: Iterable[int]) -> None:
        box = self._open()
        for uid in sorted(uids):
            if "deleted" in box.copies[uid].flags:
                self._store.removed[box.drop(uid).token] += 1

    def _append(self, words: Words) -> str:
        box = self._store.boxes.get(words.string())
        if box is None:
            raise No("[TRYCREATE] no such folder")
        given = re.search(rb"\(([^)]*)\) \{", words.line)
        flags = {flag(name) for name in given[1].decode().split()} if given else set()
        copy = self._store.deliver(box.name, words.literals[-1], flags)
        self._store.added[copy.token] += 1
        return f"OK [APPENDUID {box.validity} {copy.uid}] done" if "UIDPLUS" in self._offered else "OK done"

    # --- the open folder

    def _open(self) -> Box:
        if self._box is None:
            raise No("no folder is open")
        if self._store.boxes.get(self._box.name) is not self._box:
            raise No("[NONEXISTENT] the folder is gone")
        self._same()
        return self._box

    def _same(self) -> None:
        """A server drops those who have a folder open that gets new UIDs."""
        if self._box is not None and self._box.validity != self._validity:
            raise Cut

    def _uids(self, written: str) -> set[int]:
        box = self._open()
        return read_set(written, max(box.copies, default=0)) & set(box.copies)

    def _report(self) -> None:
        """Tell what changed in the open folder since the last answer."""
        box = self._box
        if box is None:
            return
        self._same()
        gone = [uid for uid in self._view if uid not in box.copies]
        if gone and self._qresync:
            self._say(f"VANISHED {write_set(gone)}")
        for uid in gone:
            if not self._qresync:
                self._say(f"{self._view.index(uid) + 1} EXPUNGE")
            self._view.remove(uid)
        fresh = sorted(set(box.copies) - set(self._view))
        if fresh:
            self._view += fresh
            self._say(f"{len(self._view)} EXISTS")
