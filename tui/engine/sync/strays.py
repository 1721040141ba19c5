"""Where messages went that another client moved out of a synced folder, also into folders that are not synced (R30)."""

from __future__ import annotations

from tui.engine import events
from tui.engine.errors import Refused
from tui.engine.imap.facts import FolderStatus
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.mail.headers import parse_header
from tui.engine.model import Account
from tui.engine.store import drafts, folders, messages, placements
from tui.engine.store.ingest import header_key
from tui.engine.sync.context import Context, Tally

MOST = 500
"""Messages looked at in one folder; more than that at once is a bulk job, found by Message-ID when it matters (R34)."""


async def follow_moves(
    session: Session,
    account: Account,
    context: Context,
    before: dict[int, int | None],
    statuses: dict[int, FolderStatus],
) -> None:
    """Remember the new places of messages that lost theirs, looking only at Message-IDs of what is new elsewhere.

    Args:
        before: folder id -> UIDNEXT before this pass, of the folders that are not synced.
        statuses: folder id -> STATUS of this pass.
    """
    homeless = await placements.homeless(context.desk.mailbox.reads, account.id)
    for folder in await folders.of_account(context.desk.mailbox.reads, account.id):
        status = statuses.get(folder.id)
        if folder.selected or not folder.selectable or not folder.on_server or status is None:
            continue
        # A folder that was never looked at may be the one that was made for them.
        start = before.get(folder.id) or 1
        grew = status.uidnext is not None and status.uidnext > start
        if homeless and grew:
            await _look(session, context, folder.id, folder.wire, start, homeless)
        async with context.desk.mailbox.write() as tx:
            await folders.observe(tx, folder.id, status.uidvalidity, status.uidnext, status.messages)


async def _look(
    session: Session, context: Context, folder_id: int, wire: str, start: int, homeless: dict[str, int]
) -> None:
    try:
        selected = await session.select(wire, readonly=True)
        fresh = await session.uids(range=UidSet.span(start))
        found = await session.fetch(fresh.newest(MOST), header=True) if fresh else []
    except Refused as error:
        async with context.desk.mailbox.write() as tx:
            await folders.set_error(tx, folder_id, str(error))
        return
    seen = {header_key(parse_header(f.header)): f.uid for f in found if f.header}
    matched = {homeless[key]: uid for key, uid in seen.items() if key in homeless and uid >= start}
    if not matched:
        return
    async with context.desk.mailbox.write() as tx:
        for number, uid in matched.items():
            await placements.add(tx, number, folder_id, selected.uidvalidity, uid)
    context.bus.publish(events.MessagesChanged(frozenset(matched)))


async def settle_vanished(account: Account, context: Context, tally: Tally) -> None:
    """What vanished and was found nowhere until the end of the pass is gone (R29); what was found has moved (R30).

    A draft that another client replaced or sent goes with its last copy.
    """
    async with context.desk.mailbox.write() as tx:
        lost = await placements.lost(tx, account.id)
        touched = await placements.settle_missing(tx, account.id)
        if touched:
            await messages.purge(tx, await messages.leaving(tx, touched))
            await messages.follow_flags(tx, await placements.alone(tx, touched))
        replaced = await drafts.purge_replaced(tx, account.id)
    tally.gone += len(lost)
    if touched:
        context.bus.publish(events.MessagesChanged(frozenset(touched)))
    if replaced:
        context.bus.publish(events.MessagesRemoved(frozenset(replaced)))
