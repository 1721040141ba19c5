"""UID SEARCH, by ESEARCH (RFC 4731) where it is offered."""

from __future__ import annotations

import re

from tui.engine.errors import ProtocolError, Refused
from tui.engine.imap import names
from tui.engine.imap.facts import Fact, Fetched, Found, wire_day
from tui.engine.imap.fetching import LINE, Wanted, fetch
from tui.engine.imap.protocol import Connection
from tui.engine.imap.uidset import Gathering, UidSet
from tui.engine.text import normalize_message_id

DAY = 86_400
"""Seconds; SEARCH compares days in whatever zone the server thinks in, so one more is asked for."""
READ = 2_000
"""Messages whose headers are read for a Message-ID where the server can't search for it."""
FOUND = 10_000
"""More messages than this with one Message-ID is nonsense."""
ANSWERS = 100
"""So many SEARCH lines belong to one search at most; more is a flood."""
_MESSAGE_ID = re.compile(rb"^message-id:((?:.|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


async def uids(connection: Connection, criteria: str, since: int | None, within: UidSet | None) -> UidSet:
    """See ``Session.uids``."""
    parts: list[bytes | names.Literal] = []
    if since is not None:
        parts.append(b"SINCE " + wire_day(max(0, since - DAY)))
    if criteria != "ALL" or not parts:
        parts.append(criteria.encode("ascii"))
    if within is None:
        return await search(connection, *parts)
    found = UidSet()
    for piece in within.pieces(LINE):
        found |= await search(connection, b"UID " + str(piece).encode("ascii"), *parts)
    return found & within


async def find(connection: Connection, message_id: str) -> list[int]:
    """See ``Session.find``."""
    plain = normalize_message_id(message_id)
    if not plain:
        return []
    try:
        found = await _with_id(connection, f"<{plain}>")
        # HEADER looks for a part of the field, so an id written without brackets has to be read to be believed.
        loose = [] if found else await _with_id(connection, plain)
    except Refused as error:
        return await _by_reading(connection, plain, error)
    return found or await _exact(connection, UidSet(loose), plain)


async def _by_reading(connection: Connection, plain: str, refusal: Refused) -> list[int]:
    """Find a Message-ID where the server can't search for it: in the headers of the newest messages.

    Raises:
        Refused: it is in none of these, and there are older ones.
    """
    every = await uids(connection, "ALL", None, None)
    newest = every.newest(READ)
    exact = await _exact(connection, newest, plain)
    if not exact and len(every) > len(newest):
        raise refusal
    return exact


async def _exact(connection: Connection, among: UidSet, plain: str) -> list[int]:
    """Return which of some messages have a Message-ID, by reading their headers."""
    exact: list[int] = []
    if among:
        await fetch(connection, among, Wanted(header=True), lambda got: _note(got, plain, exact))
    return sorted(exact)


async def _with_id(connection: Connection, wanted: str) -> list[int]:
    charset = [] if wanted.isascii() else [b"CHARSET UTF-8"]
    found = await search(connection, *charset, b"HEADER Message-ID", names.argument(wanted.encode("utf-8")))
    return found.limited(FOUND)


def _note(got: Fetched, plain: str, exact: list[int]) -> None:
    match = _MESSAGE_ID.search(got.header or b"")
    if match and normalize_message_id(match[1].decode("utf-8", "replace")) == plain:
        exact.append(got.uid)


async def search(connection: Connection, *parts: bytes | names.Literal) -> UidSet:
    """Return the UIDs of the open folder that match these search keys.

    Raises:
        ProtocolError: the answer can't be read; that is not the same as nothing found.
    """
    extended = "ESEARCH" in connection.capabilities
    found, answers = Gathering(), 0
    tag = b""

    def collect(fact: Fact) -> bool:
        nonlocal answers
        if not isinstance(fact, Found) or (fact.tag and tag and fact.tag != tag):
            return False
        answers += 1
        if answers <= ANSWERS:
            found.add(fact.uids)
        return True

    verb = b"UID SEARCH RETURN (ALL)" if extended else b"UID SEARCH"
    unread = connection.malformed
    # A plain SEARCH answer names nobody, so such a search runs alone.
    pending = await connection.start("search", verb, *parts, collect=collect, alone=not extended)
    tag = pending.tag
    await connection.finish(pending)
    if not answers and connection.malformed > unread:
        raise ProtocolError(f"{connection.where} answered a search with what can't be read; it will be tried again.")
    return found.take()
