"""FETCH by UID: what to ask, which answers belong to whom, and handing them over without piling them up."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tui.engine.errors import Refused
from tui.engine.imap.facts import HEADER_FIELDS, Fact, Fetched
from tui.engine.imap.protocol import Connection
from tui.engine.imap.uidset import UidSet

LINE = 7_500
"""Octets of UIDs in one command; with the rest it stays under 8,000 (RFC 7162, section 4)."""
HIGH, LOW = 2 << 20, 1 << 20
"""Reading stops when so many octets wait for their taker, and goes on below the second number."""

OnFetched = Callable[[Fetched], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch of every message."""

    flags: bool = False
    header: bool = False
    body: bool = False
    size: bool = False
    date: bool = False
    guid: str = ""
    changed_since: int | None = None

    @property
    def items(self) -> bytes:
        """The items and modifiers of the FETCH command."""
        asked = ["UID"]
        asked += ["FLAGS"] if self.flags or self.changed_since is not None else []
        asked += ["INTERNALDATE"] if self.date else []
        asked += ["RFC822.SIZE"] if self.size else []
        asked += [self.guid] if self.guid else []
        asked += [f"BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})]"] if self.header else []
        asked += ["BODY.PEEK[]"] if self.body else []
        since = "" if self.changed_since is None else f" (CHANGEDSINCE {max(1, self.changed_since)})"
        return f"({' '.join(asked)}){since}".encode("ascii")

    @property
    def needed(self) -> frozenset[str]:
        """What an answer must name to be the answer."""
        named = {"flags": self.flags or self.changed_since is not None, "internaldate": self.date, "size": self.size}
        return frozenset(name for name, asked in {**named, "header": self.header, "body": self.body}.items() if asked)


class Inbox:
    """Answers between the wire and their taker; pauses the wire when the taker can't keep up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: deque[tuple[Fetched, int]] = deque()
        self._octets = 0
        self._came = asyncio.Event()
        self.abandoned = False

    def put(self, fetched: Fetched) -> None:
        """Take an answer from the wire."""
        if self.abandoned:
            drop(fetched)
            return
        octets = 200 + sum(len(part) for part in (fetched.header, fetched.body) if isinstance(part, bytes))
        self._waiting.append((fetched, octets))
        self._octets += octets
        if self._octets > HIGH:
            self._connection.pause(True)
        self._came.set()

    async def hand_over(self, take: OnFetched, ended: asyncio.Future[list[BaseException | None]]) -> None:
        """Give every answer to ``take`` until ``ended`` is done and nothing waits."""
        ended.add_done_callback(lambda _: self._came.set())
        while True:
            while self._waiting:
                fetched, octets = self._waiting.popleft()
                taken = take(fetched)
                if inspect.isawaitable(taken):
                    await taken
                self._octets -= octets
                if self._octets < LOW:
                    self._connection.pause(False)
            if ended.done():
                return
            self._came.clear()
            await self._came.wait()

    def abandon(self) -> None:
        """Drop what waits and what still comes."""
        self.abandoned = True
        while self._waiting:
            drop(self._waiting.popleft()[0])
        self._octets = 0
        self._connection.pause(False)


class Claim:
    """One FETCH command's right to answers: its own UIDs, each once, and only with all that was asked."""

    def __init__(self, uids: UidSet, needed: frozenset[str], inbox: Inbox) -> None:
        self._uids = uids
        self._needed = needed
        self._inbox = inbox
        self._seen: set[int] = set()
        self._partial: dict[int, Fetched] = {}

    def __call__(self, fact: Fact) -> bool:
        """Take an answer that is ours; see ``Pending.collect``."""
        if not isinstance(fact, Fetched) or fact.uid not in self._uids or fact.uid in self._seen:
            return False
        if not self._needed <= fact.present:
            if not self._needed & fact.present:
                return False
            before = self._partial.get(fact.uid)
            fact = _merged(before, fact) if before else fact
            if not self._needed <= fact.present:
                self._partial[fact.uid] = fact
                return True
        self._partial.pop(fact.uid, None)
        self._seen.add(fact.uid)
        self._inbox.put(fact)
        return True

    def leftovers(self) -> list[Fetched]:
        """Return what was said of messages whose answer never became whole."""
        return list(self._partial.values())


async def fetch(connection: Connection, uids: UidSet, wanted: Wanted, take: OnFetched) -> None:
    """Fetch, giving each answer to ``take`` as it comes, in the order the server sends them.

    ``take`` may return an awaitable, which is awaited; it must not use the same session, since reading may be paused.

    Raises:
        Refused: the server refused one of the commands; the others were still carried out.
        NetworkError: the connection was lost.
    """
    inbox = Inbox(connection)
    tasks = [asyncio.ensure_future(_one(connection, piece, wanted, inbox)) for piece in uids.pieces(LINE)]
    together = asyncio.gather(*tasks, return_exceptions=True)
    try:
        await inbox.hand_over(take, together)
        for result in await together:
            if isinstance(result, BaseException):
                raise result
    except BaseException:
        inbox.abandon()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _one(connection: Connection, uids: UidSet, wanted: Wanted, inbox: Inbox) -> None:
    claim = Claim(uids, wanted.needed, inbox)
    try:
        await connection.run(
            "fetch messages", b"UID FETCH", str(uids).encode("ascii"), wanted.items, collect=claim, finite=True
        )
    except Refused as error:
        # Messages that went away meanwhile are no failure (RFC 5530, EXPUNGEISSUED); the rest has come.
        if error.code != "EXPUNGEISSUED":
            raise
    for partial in claim.leftovers():
        drop(partial)
        connection.unasked(partial._replace(body=None))


def drop(fetched: Fetched) -> None:
    """Remove the file of an answer that nobody takes."""
    if isinstance(fetched.body, Path):
        fetched.body.unlink(missing_ok=True)


def _merged(before: Fetched, after: Fetched) -> Fetched:
    if isinstance(before.body, Path) and "body" in after.present:
        drop(before)
    return Fetched(
        after.uid,
        after.seq,
        before.flags if after.flags is None else after.flags,
        before.internaldate if after.internaldate is None else after.internaldate,
        before.size if after.size is None else after.size,
        before.modseq if after.modseq is None else after.modseq,
        after.guid or before.guid,
        before.header if after.header is None else after.header,
        after.body if "body" in after.present else before.body,
        before.present | after.present,
    )
