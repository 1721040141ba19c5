"""One round over an account on one connection: every folder pulled, what was opened fetched, what it left pushed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from tui.engine import events
from tui.engine.errors import Refused
from tui.engine.imap.facts import FolderStatus
from tui.engine.imap.session import Session
from tui.engine.model import Account, Role
from tui.engine.store import folders, operations, placements
from tui.engine.store.folders import FolderState
from tui.engine.sync import bodies, plan
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover
from tui.engine.sync.pull import FolderPull
from tui.engine.sync.push import push_mail
from tui.engine.sync.reconcile import reconcile
from tui.engine.sync.sent import drop_double, settle_by_copy
from tui.engine.sync.strays import follow_moves, settle_vanished

Checkpoint = Callable[[], Awaitable[None]]


async def pull_all(
    session: Session,
    account: Account,
    context: Context,
    tally: Tally,
    checkpoint: Checkpoint,
    statuses: dict[int, FolderStatus] | None = None,
) -> bool:
    """Pull every selected folder: a first screen of each, then the rest, then the bodies (R39).

    Args:
        checkpoint: awaited between batches, so that what a person waits for goes first.
        statuses: what ``discover`` has just found on this session, where it has.

    Returns:
        Whether something is left to be pushed.
    """
    reads = context.desk.mailbox.reads
    before = {f.id: f.uidnext for f in await folders.of_account(reads, account.id) if not f.selected}
    if statuses is None:
        statuses = await discover(session, account, context)
    todo = plan.in_order(await folders.of_account(reads, account.id))
    for first in (True, False):
        for folder in list(todo):
            had = tally.new
            pull = FolderPull(session, account, folder, context, tally, checkpoint)
            if await _run(pull, folder, statuses.get(folder.id), context, tally, only_first=first):
                todo.remove(folder)
            tally.inbox += tally.new - had if folder.role is Role.INBOX else 0
        if first and todo:  # else these are all, and come in one go below
            await bodies.fetch_wanted(session, account, context, tally, checkpoint, limit=plan.FIRST_WINDOW)
        todo = [f for f in plan.in_order(await folders.of_account(reads, account.id)) if f.id in {t.id for t in todo}]
    await bodies.fetch_wanted(session, account, context, tally, checkpoint)
    if await reconcile(session, account, context, tally, checkpoint):
        await bodies.fetch_wanted(session, account, context, tally, checkpoint)
    statuses = await _look_again(session, account, context, tally, checkpoint, statuses)
    await follow_moves(session, account, context, before, statuses)
    await settle_vanished(account, context, tally)
    try:
        await drop_double(session, account, context)
    except Refused as error:
        tally.errors.append(f"The second copy of a sent message stays: {error.text or error}")
    return await settle_by_copy(account, context)


async def _look_again(
    session: Session,
    account: Account,
    context: Context,
    tally: Tally,
    checkpoint: Checkpoint,
    statuses: dict[int, FolderStatus],
) -> dict[int, FolderStatus]:
    """Pull the folders that grew since this pass looked at them, where a message is nowhere to be found any more.

    Who moves a message stores its copy before the original goes. So a look that begins after it was missed finds it,
    whatever folder came first in the pass (R30); only what it doesn't find is gone (R29).

    Returns:
        STATUS of the folders as they are now.
    """
    reads, had = context.desk.mailbox.reads, tally.new
    if not await placements.lost(reads, account.id):
        return statuses
    statuses = await discover(session, account, context)
    for folder in plan.in_order(await folders.of_account(reads, account.id)):
        status = statuses.get(folder.id)
        if plan.grew(folder, status.uidnext if status is not None else None):
            pull = FolderPull(session, account, folder, context, tally, checkpoint)
            await _run(pull, folder, status, context, tally)
    if tally.new > had:
        await bodies.fetch_wanted(session, account, context, tally, checkpoint)
    return statuses


async def _run(
    pull: FolderPull,
    folder: FolderState,
    status: FolderStatus | None,
    context: Context,
    tally: Tally,
    *,
    only_first: bool = False,
) -> bool:
    """Pull a folder; return True when nothing is left to be done about it, as with one that fails (R42)."""
    try:
        return await pull.run(status, only_first=only_first)
    except Refused as error:
        await _failed(context, folder.id, f"{folder.name}: {error.text}", tally)
        return True


async def _failed(context: Context, folder_id: int, reason: str, tally: Tally) -> None:
    """One folder failed: it shows its error and the others go on (R42)."""
    async with context.desk.mailbox.write() as tx:
        await folders.set_error(tx, folder_id, reason)
    tally.errors.append(reason)
    context.bus.publish(events.FoldersChanged(frozenset({folder_id})))


async def fetch_opened(session: Session, account: Account, context: Context, message_id: int) -> None:
    """Fetch the body of one message from wherever this account has a copy (R40)."""
    spots = await placements.of_messages(context.desk.mailbox.reads, [message_id], account.id)
    for spot in spots.get(message_id, []):
        try:
            if await bodies.fetch_some(
                session, context, spot.folder_id, spot.uidvalidity, {spot.uid: message_id}, Tally()
            ):
                return
        except Refused as error:
            sentence = f"The text of a message can't be fetched: {error}"
            context.bus.publish(events.Notified(sentence, "warning"))


async def settle(session: Session, account: Account, context: Context, tally: Tally) -> None:
    """Push what a pass left: copies for Sent wait a few seconds for the provider's own (R12)."""
    for _ in range(20):
        await push_mail(session, account, context, tally)
        due = await operations.next_due(context.desk.mailbox.reads, account.id)
        if due is None or due - time.time() > 6:
            return
        await asyncio.sleep(max(0.05, due - time.time()))
