"""The journal's work on folders: create, rename, delete on the server; every step can be repeated after a crash."""

from __future__ import annotations

from tui.engine import events
from tui.engine.commands.mail import role_folder
from tui.engine.errors import NetworkError, Refused
from tui.engine.imap.folders import display_name
from tui.engine.imap.session import Session
from tui.engine.model import Account, Role
from tui.engine.store import folders, messages, operations
from tui.engine.store.folders import LOCAL, FolderState
from tui.engine.store.operations import Entry
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.copied import end, uncopied
from tui.engine.sync.discover import exists, make, wire_name
from tui.engine.sync.finding import TRANSIENT

MISSING = frozenset({"NONEXISTENT", "TRYCREATE", "CANNOT", ""})
"""Response codes of servers about a folder that is not there."""


async def replay(session: Session, account: Account, context: Context, entry: Entry, tally: Tally) -> None:
    """Do one operation on a folder; a refusal ends in the journal and is taken back here.

    Raises:
        NetworkError: the connection failed, or the server said "later".
    """
    folder = await folders.get(context.desk.mailbox.reads, entry.payload.get("to") or entry.payload["folder"])
    try:
        if folder is None:
            raise Refused("use the folder", "it is no longer here", "NONEXISTENT")
        # Whatever is open may be what is renamed or deleted.
        await session.unselect()
        work = {"create-folder": _create, "rename-folder": _rename, "delete-folder": _delete}[entry.kind]
        await work(session, account, context, entry, folder)
    except Refused as error:
        if error.code in TRANSIENT:
            raise NetworkError(f"{account.email}: {error}") from error
        tally.refused += await context.journal.refuse([entry], error.text or str(error))
    else:
        async with context.desk.mailbox.write() as tx:
            await context.journal.finish(tx, [entry])
        tally.pushed += 1
        context.journal.told([entry])
    context.bus.publish(events.FoldersChanged(frozenset({folder.id} if folder is not None else ())))


async def _create(session: Session, account: Account, context: Context, entry: Entry, folder: FolderState) -> None:
    if not folder.on_server:
        await make(session, account, folder, context)


async def _rename(session: Session, account: Account, context: Context, entry: Entry, folder: FolderState) -> None:
    """Rename, unless an earlier attempt did; folders inside follow with their wire names."""
    namespace = await session.namespace()
    wire, was = (wire_name(entry.payload[key], *namespace) for key in ("name", "was"))
    old = folder.wire if folder.wire != wire else was
    begins = f"{old}{folder.delimiter}"
    at_old = folder.on_server and wire != folder.wire
    if at_old and (not await exists(session, wire) or await exists(session, folder.wire)):
        await session.rename(folder.wire, wire)
    async with context.desk.mailbox.write() as tx:
        # A pass after a cut may have seen what became of some of them, and takes the others for deleted.
        inside = [
            one
            for one in await folders.of_account(tx, account.id)
            if one.wire.startswith(begins)
            and (wire != folder.wire or not one.on_server)
            and not begins.startswith(LOCAL)
        ]
        wires = {one: wire + one.wire[len(old) :] for one in inside}
        names = {one.id: (to, display_name(to, one.delimiter), one.delimiter) for one, to in wires.items()}
        names[folder.id] = (wire, display_name(wire, folder.delimiter), folder.delimiter)
        await folders.rename(tx, account.id, names)
    await session.subscribe(wire)


async def _delete(session: Session, account: Account, context: Context, entry: Entry, folder: FolderState) -> None:
    """Delete; whatever the folder still holds, also what was never downloaded, is moved to Trash before."""
    if not folder.on_server:
        return
    try:
        opened = await session.select(folder.wire)
    except Refused as error:
        if error.code not in MISSING or await exists(session, folder.wire):
            raise
    else:
        if opened.exists:
            await _clear(session, account, context, entry, folder)
        await session.unselect()
        await session.delete(folder.wire)
    async with context.desk.mailbox.write() as tx:
        await folders.set_absent(tx, [folder.id])
        await messages.follow_rest(tx, [folder.id])
        await folders.set_selected(tx, [folder.id], False)


async def _clear(session: Session, account: Account, context: Context, entry: Entry, folder: FolderState) -> None:
    """Move what is left to Trash, each message once.

    Without MOVE it is copied, and an answer may get lost: where Trash ended is committed before, so that another
    attempt sees what is there already; that goes with the folder.
    """
    if entry.payload.get("empty"):
        raise Refused("delete the folder", "it holds messages by now")
    async with context.desk.mailbox.write() as tx:
        trash = await role_folder(tx, account.id, Role.TRASH)
    if not trash.on_server:
        trash = await make(session, account, trash, context)
    if not session.has("MOVE"):
        since = entry.progress or await end(session, trash)
        async with context.desk.mailbox.write() as tx:
            await operations.set_progress(tx, entry.id, since)
        rest = await uncopied(session, folder, trash, since)
    else:
        await session.select(folder.wire)
        rest = await session.uids()
    if rest:
        await session.move(rest, trash.wire)
