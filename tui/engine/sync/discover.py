"""Which folders there are: the server's list into ours, roles, first choice, folders that came and went."""

from __future__ import annotations

from tui.engine import events
from tui.engine.imap.facts import FolderStatus
from tui.engine.imap.folders import ListedFolder
from tui.engine.imap.session import Session
from tui.engine.model import Account
from tui.engine.store import folders
from tui.engine.store.db import Tx
from tui.engine.store.folders import LOCAL, FolderState
from tui.engine.sync.context import Context
from tui.engine.sync.plan import select_by_default


async def discover(session: Session, account: Account, context: Context) -> dict[int, FolderStatus]:
    """Bring the folder table in line with the server's list.

    Returns:
        folder id -> STATUS, as far as the server told it.
    """
    # A server may answer with what this session was last told of the folder that it has open (RFC 9051, 6.3.11).
    await session.unselect()
    listed = await session.list_folders(status=True)
    statuses: dict[int, FolderStatus] = {}
    changed: set[int] = set()
    async with context.desk.mailbox.write() as tx:
        known = {folder.wire: folder for folder in await folders.of_account(tx, account.id)}
        for item in listed:
            number, is_new = await _take(tx, account, item, known.get(item.wire))
            if is_new:
                changed.add(number)
            if item.status is not None:
                statuses[number] = item.status
        changed.update(await _adopt_local(tx, account.id))
        if listed:
            changed.update(await folders.mark_absent(tx, account.id, [item.wire for item in listed]))
    if changed:
        context.bus.publish(events.FoldersChanged(frozenset(changed)))
    return statuses


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
        server = next((f for f in every if f.on_server and f.role == local.role and not f.wire.startswith(LOCAL)), None)
        if server is not None:
            await folders.adopt(tx, local.id, server.id)
            adopted += [local.id, server.id]
    return adopted


async def make(session: Session, account: Account, folder: FolderState, context: Context) -> FolderState:
    """Create a folder on the server that so far exists only here, or that somebody deleted there (R11, R14).

    Raises:
        Refused: the server doesn't create it.
    """
    prefix, delimiter = await session.namespace()
    wire = folder.wire if not folder.wire.startswith(LOCAL) else prefix + folder.name
    await session.create(wire, role=folder.role)
    await session.subscribe(wire)
    async with context.desk.mailbox.write() as tx:
        number = await folders.add(
            tx, account.id, wire, folder.name, delimiter=delimiter, role=folder.role, selected=True
        )
        await folders.set_selected(tx, [number], True)
        if number != folder.id:
            await folders.adopt(tx, folder.id, number)
        made = await folders.get(tx, number)
    assert made is not None
    context.bus.publish(events.FoldersChanged(frozenset({number, folder.id})))
    return made
