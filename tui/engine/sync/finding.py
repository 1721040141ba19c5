"""Where the server has a message now, when what was last known of it no longer holds (R34, R36)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.engine.errors import NetworkError, Refused
from tui.engine.imap.session import Session
from tui.engine.mail.headers import parse_header
from tui.engine.model import Account
from tui.engine.store import folders, messages, placements
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import header_key
from tui.engine.store.messages import Traits
from tui.engine.store.operations import Entry
from tui.engine.store.placements import Placement
from tui.engine.sync.context import Context

TRANSIENT = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "THROTTLED", "SERVERBUG"})
"""Response codes (RFC 5530) after which the same command may succeed later."""
BUG_TRIES = 3
"""Tries after which a server that says SERVERBUG is believed: its fault won't pass by itself, and the queue waits."""
MOST = 500
"""Messages of one size that are looked at, the newest; more are a bulk mailing, not what is sought."""


def passes(error: Refused, tries: int) -> bool:
    """Return whether the same command may succeed later, after so many tries that failed."""
    return error.code in TRANSIENT and (error.code != "SERVERBUG" or tries < BUG_TRIES)


async def still_known(reads: Tx, folder_id: int) -> FolderState:
    """Return a folder as it is known now.

    Raises:
        Refused: it is no longer here.
    """
    folder = await folders.get(reads, folder_id)
    if folder is None:
        raise Refused("use the folder", "it is no longer here", "NONEXISTENT")
    return folder


async def find_copy(
    session: Session, folder: FolderState, sought: Traits, reads: Tx, message_id: int
) -> tuple[int, int] | None:
    """Return (UIDVALIDITY, UID) of the newest copy of a message in a folder, which is selected, or None.

    What is known to be a copy of another message is none of this one, however alike their headers are (R8).

    One without a Message-ID is looked for by its size, which no server changes when it copies or moves. None says that
    the folder was looked through or isn't there any more; whoever hears None may store another copy.

    Raises:
        NetworkError: the server said "later".
        Refused: it didn't let us look, so that nobody knows.
    """
    try:
        selected = await session.select(folder.wire)
        alike = await _alike(session, sought)
        known = await placements.taken(reads, folder.id, selected.uidvalidity, alike)
        for uid in reversed([uid for uid in alike if known.get(uid, message_id) == message_id]):
            found = await session.fetch([uid], header=True)
            if any(f.header and header_key(parse_header(f.header)) == sought.key for f in found):
                return selected.uidvalidity, uid
    except Refused as error:
        if error.code in TRANSIENT:
            raise NetworkError(str(error)) from error
        if error.code != "NONEXISTENT":
            raise
    return None


def begun_in(folder: FolderState) -> dict[str, object]:
    """Return the progress of an operation that is about to append to a folder; ``may_hold`` reads it."""
    return {"appending": True, "into": [folder.id, folder.uidvalidity]}


async def reopen(session: Session, folder: FolderState) -> int:
    """Open the folder that was just appended to, and return its UIDVALIDITY.

    Raises:
        NetworkError: it is not there any more; the operation is tried again, and looks for what it appended.
    """
    try:
        return (await session.select(folder.wire)).uidvalidity
    except Refused as error:
        raise NetworkError(f'"{folder.name}" was renamed or deleted meanwhile; it is tried again.') from error


async def may_hold(
    session: Session, reads: Tx, progress: Mapping[str, Any], folder: FolderState, *, anywhere: bool
) -> list[FolderState]:
    """Return which folders may hold what an operation appends (R36).

    These are the folder that it is meant for, which is there, and the one that was meant when it was appended, renamed
    since. Where nothing tells what became of that (Courier renumbers what is renamed) it may be any.

    Args:
        progress: the operation's; see ``begun_in``.
        anywhere: a copy in another folder can only be the operation's own.
    """
    into, validity = progress.get("into", (folder.id, None))
    if into == folder.id and validity in (None, (await session.select(folder.wire)).uidvalidity):
        return [folder]
    before = await folders.get(reads, into) if into != folder.id else None
    if before is not None and before.on_server:
        return [folder, before]
    every = await folders.of_account(reads, folder.account_id) if anywhere else []
    return [folder, *(one for one in every if one.on_server and one.selectable and one.id != folder.id)]


async def _alike(session: Session, sought: Traits) -> list[int]:
    if sought.message_id:
        return await session.find(sought.message_id)
    if not sought.size:
        return []
    found = await session.uids(f"LARGER {sought.size - 1} SMALLER {sought.size + 1}")
    if found:
        return list(found.newest(MOST))
    # Courier searches by the size on its disk, where lines end in LF alone, and says the right one when it is asked.
    fetched = await session.fetch((await session.uids()).newest(MOST), size=True)
    return sorted(one.uid for one in fetched if one.size == sought.size)


async def find_anywhere(session: Session, account: Account, context: Context, entry: Entry) -> Placement | None:
    """Look for an operation's message in the account's folders, the likeliest first (R34).

    A folder that won't be opened is passed over, unless it is one of those where the message is likely to be.

    Returns:
        Its placement, which is remembered, or None. The folder that it lies in is selected.

    Raises:
        Refused: it was found nowhere, and a likely folder couldn't be looked through.
    """
    reads = context.desk.mailbox.reads
    sought = await messages.traits(reads, entry.message_id)
    stored = await messages.get(reads, [entry.message_id] if entry.message_id else [])
    if sought is None or not stored:
        return None
    wanted = [entry.payload.get("to"), entry.payload.get("from"), stored[0].folder_id]
    every = [f for f in await folders.of_account(reads, account.id) if f.on_server and f.selectable]
    every.sort(key=lambda f: wanted.index(f.id) if f.id in wanted else len(wanted))
    closed: Refused | None = None
    for folder in every:
        try:
            spot = await find_copy(session, folder, sought, reads, stored[0].id)
        except Refused as error:
            closed = closed or (error if folder.id in wanted else None)
            continue
        if spot is None:
            continue
        validity, uid = spot
        async with context.desk.mailbox.write() as tx:
            await placements.add(tx, stored[0].id, folder.id, validity, uid)
            known = await placements.of_messages(tx, [stored[0].id], account.id)
        return next(p for p in known[stored[0].id] if (p.folder_id, p.uid) == (folder.id, uid))
    if closed is not None:
        raise closed
    return None
