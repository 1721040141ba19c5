"""What became of a COPY whose answer never came: counted in the target folder, from where it stood before (R36).

A Message-ID can't tell: the message may have none, and an older copy of it may have lain there all the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tui.engine.errors import NetworkError, Refused
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.mail.headers import parse_header
from tui.engine.store import messages, placements
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import header_key
from tui.engine.sync.finding import TRANSIENT, find_copy

MOST = 5_000
"""Messages that came to the target since, of which the headers are read, the oldest; a batch has 500 at most."""


async def mark(session: Session, target: FolderState) -> dict[str, Any]:
    """Return where a folder ends, to be kept with the intent to copy into it; {} where the server won't say."""
    try:
        status = await session.status(target.wire)
    except Refused as error:
        if error.code in TRANSIENT:
            raise NetworkError(str(error)) from error
        return {}
    return {"uidvalidity": status.uidvalidity, "uidnext": status.uidnext} if status.uidnext is not None else {}


async def copies(
    session: Session, reads: Tx, target: FolderState, begun: Mapping[int, tuple[int, Mapping[str, Any]]]
) -> dict[int, int]:
    """Find the copies that were made, each for one message; the target is selected then.

    Args:
        begun: UID in the source folder -> (message id, progress with the target's ``mark``).

    Returns:
        UID in the source folder -> UID in the target, of those that are there.

    Raises:
        Refused: the target couldn't be looked through, so that nobody knows what is there.
    """
    try:
        selected = await session.select(target.wire)
    except Refused as error:
        if error.code in TRANSIENT:
            raise NetworkError(str(error)) from error
        if error.code not in ("NONEXISTENT", "TRYCREATE"):
            raise
        return {}
    validity = selected.uidvalidity
    ends = [progress["uidnext"] for _, progress in begun.values() if progress.get("uidvalidity") == validity]
    came = await _came(session, min(ends)) if ends else []
    found: dict[int, int] = {}
    for source, (number, progress) in begun.items():
        sought = await messages.traits(reads, number)
        if sought is None:
            continue
        if progress.get("uidvalidity") != validity:
            spot = await find_copy(session, target, sought, reads, number)
            uid = spot[1] if spot is not None else None
        else:
            uid = next((u for u, key in came if key == sought.key and u >= progress["uidnext"]), None)
            came = [(u, key) for u, key in came if u != uid]
        if uid is not None:
            found[source] = uid
    return found


async def uncopied(session: Session, folder: FolderState, target: FolderState, since: Mapping[str, Any]) -> UidSet:
    """Return which messages of a folder an earlier COPY of all of them has not brought to the target.

    Args:
        since: where the target ended before that COPY (``end``); the folder is selected when this returns.
    """
    came: Counter[str] = Counter()
    if (await session.select(target.wire)).uidvalidity == since["uidvalidity"]:
        came.update(key for _, key in await _came(session, since["uidnext"]))
    await session.select(folder.wire)
    left = await session.uids()
    if not came:
        return left
    done = []
    for got in sorted(await session.fetch(left, header=True), key=lambda one: one.uid):
        key = header_key(parse_header(got.header or b""))
        if came[key] > 0:
            came[key] -= 1
            done.append(got.uid)
    return left - UidSet(done)


async def end(session: Session, target: FolderState) -> dict[str, Any]:
    """Return where a folder ends, also where a server says so in no STATUS; it is selected then."""
    opened = await session.select(target.wire)
    return {"uidvalidity": opened.uidvalidity, "uidnext": opened.uidnext or (await session.uids()).last + 1}


async def credible(reads: Tx, target: FolderState, said: Mapping[int, int], of: Mapping[int, int]) -> dict[int, int]:
    """Return what COPYUID says, but for UIDs that are known to be other messages': a server may lie or err.

    A copy of which no UID is known is looked up when it is needed (R34), or the next pass sees it.

    Args:
        said: UID in the source -> UID in the target. of: UID in the source -> message.
    """
    known = await placements.taken(reads, target.id, target.uidvalidity, said.values())
    return {source: uid for source, uid in said.items() if known.get(uid, of[source]) == of[source]}


async def _came(session: Session, first: int) -> list[tuple[int, str]]:
    """Return (UID, header key) of what the open folder got from a UID on, oldest first."""
    fresh = [uid for uid in (await session.uids(range=UidSet.span(first))).limited(1_000_000) if uid >= first][:MOST]
    fetched = await session.fetch(UidSet(fresh), header=True) if fresh else []
    return sorted((f.uid, header_key(parse_header(f.header))) for f in fetched if f.header)


async def take_back(session: Session, target: FolderState, uids: Iterable[int]) -> None:
    """Remove the copies of messages that may not leave their folder, so that a refused move leaves none behind (R35).

    Where that is refused too, or could take others along, they stay: the next pass knows them as second placements.
    """
    made = sorted(uids)
    if not made or not session.has("UIDPLUS"):
        return
    try:
        await session.select(target.wire)
        await session.store(made, add=("deleted",))
        await session.expunge(made)
    except Refused as error:
        if error.code in TRANSIENT:
            raise NetworkError(str(error)) from error
