"""A draft's newest version on its way to the server's Drafts, exactly once.

Older versions are deleted by operations of their own, which wait until this one is done (``commands/drafting.py``).
"""

from __future__ import annotations

from tui.engine.commands.mail import role_folder
from tui.engine.errors import NetworkError, Refused
from tui.engine.imap.session import Session
from tui.engine.model import Account, Role
from tui.engine.store import bodies, drafts, folders, messages, operations, placements
from tui.engine.store.folders import FolderState
from tui.engine.store.operations import Entry
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover, make
from tui.engine.sync.finding import begun_in, find_copy, may_hold, passes, reopen


async def store_draft(session: Session, account: Account, context: Context, entry: Entry, tally: Tally) -> None:
    """See to it that the server's Drafts holds this version, unless a newer one took its place before it was begun.

    That it is about to be appended is committed first; after a crash it is looked for by its Message-ID and Date, also
    when it is no longer wanted, so that its deletion finds it.

    Raises:
        NetworkError: the connection failed, or the server said "later".
    """
    mailbox = context.desk.mailbox
    try:
        done = await _store(session, account, context, entry)
    except Refused as error:
        if passes(error, entry.attempts):
            raise NetworkError(f"{account.email}: {error}") from error
        tally.refused += await context.journal.refuse([entry], error.text or str(error))
        return
    async with mailbox.write() as tx:
        if done is not None:
            assert entry.message_id is not None
            await placements.add(tx, entry.message_id, done[0].id, done[1], done[2], origin="draft", flags="draft seen")
        await context.journal.finish(tx, [entry])
        going = await messages.leaving(tx, [entry.message_id] if entry.message_id is not None else [])
        await messages.purge(tx, going)
    tally.pushed += 1
    context.journal.told([entry])


async def _store(
    session: Session, account: Account, context: Context, entry: Entry
) -> tuple[FolderState, int, int] | None:
    """Return (folder, UIDVALIDITY, UID) of the copy on the server, None when there is none or its UID isn't told."""
    mailbox, number = context.desk.mailbox, entry.message_id
    raw = await bodies.raw(mailbox.reads, number) if number is not None else None
    if raw is None or number is None:
        return None
    if (await placements.of_messages(mailbox.reads, [number], account.id)).get(number):
        return None
    if entry.progress:
        # The folder that it was appended to may bear another name by now.
        await discover(session, account, context)
    folder = await _folder(session, account, context)
    sought = await messages.traits(mailbox.reads, number)
    assert sought is not None
    if entry.progress:
        for looked_at in await may_hold(session, mailbox.reads, entry.progress, folder, anywhere=True):
            spot = await find_copy(session, looked_at, sought, mailbox.reads, number)
            if spot is not None:
                return looked_at, *spot
    async with mailbox.write() as tx:
        if await drafts.is_hidden(tx, number) or not await operations.still_open(tx, [entry]):
            return None
        await operations.set_progress(tx, entry.id, begun_in(folder))
    uid = await session.append(folder.wire, raw, flags=("draft", "seen"), validity=folder.uidvalidity)
    validity = await reopen(session, folder)
    if uid is not None and not await placements.taken(mailbox.reads, folder.id, validity, [uid]):
        return folder, validity, uid
    spot = await find_copy(session, folder, sought, mailbox.reads, number)
    return (folder, *spot) if spot is not None else None


async def _folder(session: Session, account: Account, context: Context) -> FolderState:
    """Return the account's folder for drafts: marked, of a well-known name, else made on the server (R9 to R11)."""
    async with context.desk.mailbox.write() as tx:
        folder = await role_folder(tx, account.id, Role.DRAFTS)
    if folder.on_server:
        try:
            await session.select(folder.wire)
            return folder
        except Refused as error:
            if error.code not in ("NONEXISTENT", "TRYCREATE", ""):
                raise
    made = await make(session, account, folder, context)
    return await folders.get(context.desk.mailbox.reads, made.id) or made
