"""One round over an account: every folder pulled, what was opened fetched, what it left pushed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tui.engine import events
from tui.engine.errors import Refused, ServerError
from tui.engine.imap.facts import FolderStatus
from tui.engine.imap.quirks import Throttled
from tui.engine.imap.session import Session
from tui.engine.model import Account, Role
from tui.engine.store import folders, operations, placements
from tui.engine.store.folders import FolderState
from tui.engine.sync import bodies, plan
from tui.engine.sync.beside import MANY, NEAR, Beside, Spare
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover
from tui.engine.sync.pull import FolderPull
from tui.engine.sync.push import push_mail
from tui.engine.sync.reconcile import reconcile
from tui.engine.sync.sent import drop_double, settle_by_copy
from tui.engine.sync.strays import follow_moves, settle_vanished

Checkpoint = Callable[[], Awaitable[None]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Pass:
    """What one pass works with; see ``pull_all``."""

    session: Session
    account: Account
    context: Context
    tally: Tally
    checkpoint: Checkpoint

    async def pull(
        self, todo: Sequence[FolderState], statuses: Mapping[int, FolderStatus], *, only_first: bool = False
    ) -> list[FolderState]:
        """Pull folders, or a first screen of each; return those that lack more, as they are now."""
        lacking: set[int] = set()
        following: FolderPull | None = None
        try:
            pulls = [(folder, self._of(folder)) for folder in todo]
            pulls = [(folder, pull) for folder, pull in pulls if not pull.unchanged(statuses.get(folder.id))]
            for at, (folder, pull) in enumerate(pulls):
                following = pulls[at + 1][1] if at + 1 < len(pulls) else None
                had = self.tally.new
                try:
                    if not await pull.run(only_first=only_first, then=following):
                        lacking.add(folder.id)
                except Refused as error:
                    await _failed(self.context, folder.id, f"{folder.name}: {error.text}", self.tally)
                self.tally.inbox += self.tally.new - had if folder.role is Role.INBOX else 0
        finally:
            if following is not None:
                await following.forget()
        now = plan.in_order(await folders.of_account(self.context.desk.mailbox.reads, self.account.id))
        return [folder for folder in now if folder.id in lacking]

    def _of(self, folder: FolderState) -> FolderPull:
        return FolderPull(self.session, self.account, folder, self.context, self.tally, self.checkpoint)

    async def fetch(self, limit: int | None = None, headers: Beside | None = None) -> None:
        """Fetch the bodies that are not here yet; see ``bodies.fetch_wanted``."""
        await bodies.fetch_wanted(
            self.session, self.account, self.context, self.tally, self.checkpoint, limit=limit, headers=headers
        )

    async def near(self) -> bool:
        """Return whether the server answers at once."""
        began = time.monotonic()
        await self.session.noop()
        return time.monotonic() - began < NEAR

    async def both(self, other: Session, todo: Sequence[FolderState], statuses: Mapping[int, FolderStatus]) -> bool:
        """Fetch bodies while another connection brings the headers; return whether it has brought all of them."""
        headers = Beside(lambda stored: replace(self, session=other, checkpoint=stored).pull(todo, statuses))
        try:
            await self.fetch(headers=headers)
        except ServerError as error:
            if isinstance(error, Throttled) or not headers.ended_by(error):
                raise
            _log.info("The second connection of %s is gone; the first goes on alone: %s", self.account.email, error)
            return False
        finally:
            await headers.end()
        return True


async def pull_all(
    session: Session,
    account: Account,
    context: Context,
    tally: Tally,
    checkpoint: Checkpoint,
    spare: Spare,
    statuses: dict[int, FolderStatus] | None = None,
) -> bool:
    """Pull every selected folder: a first screen of each, then the rest, then the bodies (R39).

    Args:
        checkpoint: awaited between batches, so that what a person waits for goes first.
        spare: a second connection for where much is to be pulled.
        statuses: what ``discover`` has just found on this session, where it has.

    Returns:
        Whether something is left to be pushed.
    """
    reads = context.desk.mailbox.reads
    before = {f.id: f.uidnext for f in await folders.of_account(reads, account.id) if not f.selected}
    if statuses is None:
        statuses = await discover(session, account, context)
    one = _Pass(session, account, context, tally, checkpoint)
    await _pull_new(one, spare, statuses)
    if await reconcile(session, account, context, tally, checkpoint):
        await one.fetch()
    statuses = await _look_again(one, statuses)
    await follow_moves(session, account, context, before, statuses)
    await settle_vanished(account, context, tally)
    try:
        await drop_double(session, account, context)
    except Refused as error:
        tally.errors.append(f"The second copy of a sent message stays: {error.text or error}")
    return await settle_by_copy(account, context)


async def _pull_new(one: _Pass, spare: Spare, statuses: Mapping[int, FolderStatus]) -> None:
    """Pull every folder and fetch every body: what is read first comes first."""
    todo = plan.in_order(await folders.of_account(one.context.desk.mailbox.reads, one.account.id))
    there = sum(statuses[folder.id].messages or 0 for folder in todo if not folder.complete and folder.id in statuses)
    todo = await one.pull(todo, statuses, only_first=True)
    if todo and there >= MANY and await one.near():
        async with spare() as opening:
            await one.fetch(limit=plan.FIRST_WINDOW)
            other = await opening
            if other is not None and await one.both(other, todo, statuses):
                todo = []
    elif todo:  # else these are all, and their bodies come in one go below
        await one.fetch(limit=plan.FIRST_WINDOW)
    await one.pull(todo, statuses)
    await one.fetch()


async def _look_again(one: _Pass, statuses: dict[int, FolderStatus]) -> dict[int, FolderStatus]:
    """Pull the folders that grew since this pass looked at them, where a message is nowhere to be found any more.

    Who moves a message stores its copy before the original goes. So a look that begins after it was missed finds it,
    whatever folder came first in the pass (R30); only what it doesn't find is gone (R29).

    Returns:
        STATUS of the folders as they are now.
    """
    reads, had = one.context.desk.mailbox.reads, one.tally.new
    if not await placements.lost(reads, one.account.id):
        return statuses
    statuses = await discover(one.session, one.account, one.context)
    every = plan.in_order(await folders.of_account(reads, one.account.id))
    grown = [f for f in every if plan.grew(f, statuses[f.id].uidnext if f.id in statuses else None)]
    await one.pull(grown, statuses)
    if one.tally.new > had:
        await one.fetch()
    return statuses


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
