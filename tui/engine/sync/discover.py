"""Which folders there are: the server's list into ours, roles, first choice, folders that came and went."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine import events
from tui.engine.errors import ProtocolError, Refused
from tui.engine.imap.facts import FolderStatus
from tui.engine.imap.folders import FOLDERS, ListedFolder, display_name
from tui.engine.imap.names import encode
from tui.engine.imap.session import Session
from tui.engine.mail.headers import parse_header
from tui.engine.model import Account, Role
from tui.engine.store import folders, messages, placements
from tui.engine.store.db import Tx
from tui.engine.store.folders import LOCAL, FolderState
from tui.engine.store.ingest import header_key
from tui.engine.sync.context import Context
from tui.engine.sync.plan import Remote, select_by_default, turned_back
from tui.engine.sync.renames import renamed

SAMPLE = 3
"""So many messages of a folder that seems renamed are compared before it is believed."""


async def discover(session: Session, account: Account, context: Context) -> dict[int, FolderStatus]:
    """Bring the folder table in line with the server's list.

    A folder that another client renamed keeps everything it has here under its other name (R7); one that the server
    no longer has keeps its messages (R29), and whether it was chosen, should it come back.

    Returns:
        folder id -> STATUS, as far as the server told it.
    """
    # A server may answer with what this session was last told of the folder that it has open (RFC 9051, 6.3.11).
    await session.unselect()
    listed = await session.list_folders(status=True)
    if not any(item.role is Role.INBOX for item in listed):
        # Every account has one (RFC 9051, section 5.1): this is a fault, not the end of all folders.
        raise ProtocolError(f"{account.imap.host} lists {len(listed)} folders and no INBOX; it will be tried again.")
    changed = await _follow_renames(session, account, context, listed)
    statuses: dict[int, FolderStatus] = {}
    followed: list[int] = []
    async with context.desk.mailbox.write() as tx:
        known = {folder.wire: folder for folder in await folders.of_account(tx, account.id)}
        for item in listed:
            before = known.get(item.wire)
            number, is_new = await _take(tx, account, item, before)
            if is_new:
                changed.add(number)
            if item.status is not None:
                statuses[number] = item.status
                if before is not None and turned_back(before, _remote(item.status)):
                    await folders.set_proved(tx, [number], 0)
                if item.status.mailbox_id and (before is None or before.mailbox_id != item.status.mailbox_id):
                    await folders.set_mailbox_id(tx, number, item.status.mailbox_id)
        changed.update(await _adopt_local(tx, account.id))
        if len(listed) < FOLDERS:
            absent = await folders.mark_absent(tx, account.id, [item.wire for item in listed])
            changed.update(absent)
            followed = await messages.follow_rest(tx, absent)
    if changed:
        context.bus.publish(events.FoldersChanged(frozenset(changed)))
    if followed:
        context.bus.publish(events.MessagesChanged(frozenset(followed)))
    return statuses


def _remote(status: FolderStatus) -> Remote:
    return Remote(status.uidvalidity, status.uidnext, status.messages, status.highestmodseq)


async def _follow_renames(
    session: Session, account: Account, context: Context, listed: Sequence[ListedFolder]
) -> set[int]:
    reads = context.desk.mailbox.reads
    known = await folders.of_account(reads, account.id)
    seem = renamed(known, listed)
    if not seem:
        return set()
    by_id = {folder.id: folder for folder in known}
    sure = {number: item for number, item in seem.items() if await _is_same(session, context, by_id[number], item)}
    await session.unselect()
    async with context.desk.mailbox.write() as tx:
        await folders.rename(tx, account.id, {n: (i.wire, i.name, i.delimiter) for n, i in sure.items()})
    return set(sure)


async def _is_same(session: Session, context: Context, folder: FolderState, item: ListedFolder) -> bool:
    """True when the newest messages that are known of a folder lie under the same UIDs in the one listed."""
    reads = context.desk.mailbox.reads
    placed = await placements.in_folder(reads, folder.id, folder.uidvalidity or 0)
    wanted = sorted(placed, reverse=True)[:SAMPLE]
    if not wanted or (item.status is not None and item.status.mailbox_id):
        return True
    if not item.selectable:
        return False
    try:
        await session.select(item.wire, readonly=True)
        found = await session.fetch(wanted, header=True)
    except Refused:
        # What can't be opened can't be compared; it counts as another folder, and its mail is known all the same.
        return False
    pairs = [(await messages.traits(reads, placed[f.uid][0]), f.header) for f in found if f.uid in placed]
    return bool(pairs) and all(known and known.key == header_key(parse_header(raw or b"")) for known, raw in pairs)


async def _take(tx: Tx, account: Account, item: ListedFolder, known: FolderState | None) -> tuple[int, bool]:
    same = known is not None and known.on_server and known.selectable == item.selectable and known.role == item.role
    if known is not None and same:
        return known.id, False
    number = await folders.add(
        tx,
        account.id,
        item.wire,
        item.name,
        delimiter=item.delimiter,
        role=item.role,
        selectable=item.selectable,
        selected=item.selectable and select_by_default(item.role, item.name, account.folders),
    )
    return number, True


async def _adopt_local(tx: Tx, account_id: int) -> list[int]:
    """Give messages of folders that existed only here to the server's folder of the same role, once there is one."""
    every = await folders.of_account(tx, account_id)
    adopted = []
    for local in (folder for folder in every if folder.wire.startswith(LOCAL)):
        server = next((f for f in every if _is_its_server_side(f, local)), None)
        if server is not None:
            await folders.adopt(tx, local.id, server.id)
            adopted += [local.id, server.id]
    return adopted


def _is_its_server_side(folder: FolderState, local: FolderState) -> bool:
    if not folder.on_server or folder.wire.startswith(LOCAL) or folder.role is not local.role:
        return False
    return local.role is not Role.NONE or folder.name == local.name


def wire_name(name: str, prefix: str, delimiter: str) -> str:
    """Return the wire name of a folder that a person named, below the personal namespace where there is one (R11)."""
    wire = delimiter.join(encode(part) for part in name.split("/")) if delimiter else encode(name)
    return wire if not prefix or wire.upper().startswith(prefix.upper()) else prefix + wire


def _chosen(account: Account, folder: FolderState) -> bool:
    """True when a folder that is made on the server is to be synced: Sent (R11), else as it was or would be chosen."""
    if not folder.wire.startswith(LOCAL):
        return folder.selected
    return folder.role is Role.SENT or select_by_default(folder.role, folder.name, account.folders)


async def make(session: Session, account: Account, folder: FolderState, context: Context) -> FolderState:
    """Create a folder on the server that so far exists only here, or that somebody deleted there (R11, R14).

    Raises:
        Refused: the server doesn't create it.
    """
    prefix, delimiter = await session.namespace()
    wire = folder.wire if not folder.wire.startswith(LOCAL) else wire_name(folder.name, prefix, delimiter)
    try:
        await session.create(wire, role=folder.role)
    except Refused as error:
        # Some servers say no more than no of a folder that is there, perhaps by an attempt that was cut (Courier).
        if error.code != "ALREADYEXISTS" and not await exists(session, wire):
            raise
    await session.subscribe(wire)
    number, name = folder.id, display_name(wire, delimiter)
    async with context.desk.mailbox.write() as tx:
        if await folders.get(tx, number) is not None:
            await folders.rename(tx, account.id, {number: (wire, name, delimiter)})
        else:
            # A pull on another connection saw the new folder first, and it has taken over what the local one held.
            number = await folders.add(tx, account.id, wire, name, delimiter=delimiter, role=folder.role)
        await folders.set_present(tx, number, _chosen(account, folder))
        made = await folders.get(tx, number)
    assert made is not None
    context.bus.publish(events.FoldersChanged(frozenset({folder.id, number})))
    return made


async def exists(session: Session, wire: str) -> bool:
    """Whether the server lists a folder that can be opened."""
    return any(one.wire == wire and one.selectable for one in await session.list_folders(status=False))
