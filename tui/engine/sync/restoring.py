"""Putting a message back that the server lost, exactly once ("push mine", R29)."""

from __future__ import annotations

from tui.engine.errors import NetworkError, Refused
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.mail.headers import parse_header
from tui.engine.model import Account
from tui.engine.store import bodies, folders, messages, operations, placements
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import header_key
from tui.engine.store.messages import Stored
from tui.engine.store.operations import Entry
from tui.engine.store.placements import Placement
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover, make
from tui.engine.sync.finding import TRANSIENT, find_anywhere

LATEST = 500
"""At most so many messages that came since the attempt began are looked at."""


async def put_back(session: Session, account: Account, context: Context, entry: Entry, tally: Tally) -> None:
    """Append a message to the folder that it lies in here, unless the server has it after all.

    Where a copy lies in another folder it is moved back instead. The folder's next UID is committed before APPEND, so
    that after a crash only what came since needs to be looked at, whether it has a Message-ID or not.

    Raises:
        NetworkError: the connection failed, or the server said "later"; what was done is looked up next time.
    """
    try:
        done = await _put_back(session, account, context, entry)
    except Refused as error:
        if error.code in TRANSIENT:
            raise NetworkError(f"{account.email}: {error}") from error
        tally.refused += await context.journal.refuse([entry], error.text or str(error))
        return
    tally.pushed += done
    context.journal.told([entry])


async def _put_back(session: Session, account: Account, context: Context, entry: Entry) -> bool:
    """Return True when the operation is done, False when it became a move."""
    mailbox = context.desk.mailbox
    found = await messages.get(mailbox.reads, [entry.message_id] if entry.message_id else [])
    raw = await bodies.raw(mailbox.reads, found[0].id) if found else None
    folder = await folders.get(mailbox.reads, entry.payload["to"])
    if not found or raw is None or folder is None:
        raise Refused("take it back", "its text or its folder is no longer here")
    message = found[0]
    uid = await _appended(session, folder, message, context, entry) if "uidnext" in entry.progress else None
    if uid is None:
        # A folder that bears another name by now would be passed over, and what it holds be there twice.
        await discover(session, account, context)
        if (spot := await find_anywhere(session, account, context, entry)) is not None:
            return await _found(context, entry, spot)
    if uid is None:
        uid = await _append(session, account, context, entry, folder, message, raw)
    made = await folders.get(mailbox.reads, folder.id) or folder
    validity = (await session.select(made.wire)).uidvalidity
    async with mailbox.write() as tx:
        if uid is not None:
            flags = " ".join(sorted(message.flags))
            await placements.add(tx, message.id, made.id, validity, uid, origin="restore", flags=flags)
        await context.journal.finish(tx, [entry])
    return True


async def _found(context: Context, entry: Entry, spot: Placement) -> bool:
    """Settle the operation where the server has a copy: done in the right folder, else it becomes a move."""
    there: bool = spot.folder_id == entry.payload["to"]
    async with context.desk.mailbox.write() as tx:
        if there:
            await context.journal.finish(tx, [entry])
        else:
            await operations.become(tx, entry.id, "move", {"from": spot.folder_id, "to": entry.payload["to"]})
    return there


async def _append(
    session: Session,
    account: Account,
    context: Context,
    entry: Entry,
    folder: FolderState,
    message: Stored,
    raw: bytes,
) -> int | None:
    if not folder.on_server:
        folder = await make(session, account, folder, context)
    opened = await session.select(folder.wire)
    uidnext = opened.uidnext or (await session.uids()).last + 1
    async with context.desk.mailbox.write() as tx:
        if not await operations.still_open(tx, [entry]):
            raise Refused("take it back", "it was cancelled meanwhile")
        await operations.set_progress(tx, entry.id, {"uidvalidity": opened.uidvalidity, "uidnext": uidnext})
    received = await messages.received(context.desk.mailbox.reads, message.id)
    validity = opened.uidvalidity
    uid = await session.append(folder.wire, raw, flags=sorted(message.flags), date=received, validity=validity)
    if uid is not None and not await placements.taken(context.desk.mailbox.reads, folder.id, validity, [uid]):
        return uid
    return await _since(session, folder, message, context, uidnext)


async def _appended(
    session: Session, folder: FolderState, message: Stored, context: Context, entry: Entry
) -> int | None:
    """Return the UID of the copy that an earlier attempt made, or None."""
    if not folder.on_server:
        return None
    opened = await session.select(folder.wire)
    same = opened.uidvalidity == entry.progress["uidvalidity"]
    return await _since(session, folder, message, context, entry.progress["uidnext"] if same else 1)


async def _since(session: Session, folder: FolderState, message: Stored, context: Context, uidnext: int) -> int | None:
    """Look for the message among what came to a folder since a UID."""
    # Selecting again lets servers that keep a snapshot for each SELECT show what was appended.
    await session.select(folder.wire)
    sought = await messages.traits(context.desk.mailbox.reads, message.id)
    fresh = await session.uids(range=UidSet.span(uidnext))
    for got in await session.fetch(fresh.newest(LATEST), header=True) if fresh else []:
        if sought is not None and got.uid >= uidnext and header_key(parse_header(got.header or b"")) == sought.key:
            return got.uid
    return None
