"""The network of a home: one process at a time has it and keeps every account in step.

It notices what other processes write, that the machine slept, and that its network changed. An account whose sync ends
by a mistake of dealdesk starts again by itself and says so; the others never notice.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import IO

from tui.engine import events
from tui.engine.bus import EventBus
from tui.engine.crm.db import CrmDb
from tui.engine.errors import Busy
from tui.engine.imap.spool import sweep
from tui.engine.model import Account, AccountState, SyncReport
from tui.engine.paths import Paths
from tui.engine.store import accounts
from tui.engine.store.db import Database
from tui.engine.sync.account import AccountSync
from tui.engine.sync.context import Context, Times
from tui.engine.sync.faults import back_off
from tui.engine.sync.waking import Senses, Watch

WATCH_SECONDS = 0.5
"""How often the running engine looks whether another process has queued something."""
STOP_SECONDS = 2.0
"""The longest that ``stop`` waits; everything that matters is committed already."""
LEAVE_SECONDS = 10.0
"""The longest that ``stop_account`` waits: who removes an account wants its sync to have ended."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Running:
    account: Account
    sync: AccountSync
    task: asyncio.Task[None]


class Network:
    """Keeps the accounts of a home in step.

    Args:
        paths: the home.
        mailbox, crm: its databases.
        bus: where changes are told.
        publish: tells the CRM about linked messages that it doesn't know yet.
        context: returns what the sync of an account works with.
    """

    def __init__(
        self,
        paths: Paths,
        mailbox: Database,
        crm: CrmDb,
        bus: EventBus,
        publish: Callable[[], Awaitable[None]],
        context: Callable[[], Context],
    ) -> None:
        self.times = Times()
        """How patient it is; set before ``start``."""
        self.senses = Senses()
        """What tells of sleep and of another network; set before ``start``."""
        self._paths = paths
        self._mailbox = mailbox
        self._crm = crm
        self._bus = bus
        self._publish = publish
        self._context = context
        self._running: dict[int, _Running] = {}
        self._barred: set[int] = set()
        self._watching: list[asyncio.Task[None]] = []
        self._others: asyncio.Task[None] | None = None
        self._only: int | None = None
        self._lock_file: IO[str] | None = None

    @property
    def running(self) -> bool:
        """True while this process has the network."""
        return bool(self._watching)

    async def start(self, account_id: int | None = None) -> None:
        """Take the network for this home and keep every account, or one alone, in step until ``stop``.

        Raises:
            Busy: another process has it, and what it writes is noticed here until ``stop``; or this one is syncing.
        """
        try:
            self._take_lock()
        except Busy:
            if self._others is None:
                self._others = asyncio.create_task(self._watch(), name="watch the process that has the network")
            raise
        if self._others is not None:
            self._others.cancel()
            self._others = None
        self._only = account_id
        self._barred.clear()
        watching = self._watching = [
            asyncio.create_task(self._watch(), name="watch for other processes"),
            asyncio.create_task(Watch(self.senses, self.times.glance).keep(self._happened), name="watch for sleep"),
        ]
        try:
            chosen = await self._chosen(account_id)
        except BaseException:
            await self.stop()
            raise
        if self._watching is watching:
            for account in chosen:
                if account.id not in self._running and account.id not in self._barred:
                    self.start_account(account)

    async def stop(self) -> None:
        """End the network; never longer than about 2 s."""
        tasks = [*(one.task for one in self._running.values()), *self._watching]
        tasks += [self._others] if self._others is not None else []
        self._running, self._watching, self._others = {}, [], None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        self._release_lock()

    def start_account(self, account: Account) -> None:
        """Keep one more account in step, or an account with changed settings."""
        before = self._running.get(account.id)
        if before is not None:
            before.task.cancel()
        self._barred.discard(account.id)
        sync = AccountSync(account, self._context())
        keeping = self._keep(sync, before.task if before is not None else None)
        self._running[account.id] = _Running(account, sync, asyncio.create_task(keeping, name=f"sync {account.email}"))

    async def stop_account(self, account_id: int) -> None:
        """End the sync of one account; until ``start_account`` it isn't started again."""
        self._barred.add(account_id)
        running = self._running.pop(account_id, None)
        if running is not None:
            running.task.cancel()
            await asyncio.wait([running.task], timeout=LEAVE_SECONDS)

    async def sync(self, account_id: int | None = None) -> list[SyncReport]:
        """Do one full pass over one account or all: push the queue, pull, finish.

        Raises:
            Busy: another process has the network of this home, or this one is in push mode: then ``sync_now`` is meant.
        """
        if self.running:
            raise Busy("This dealdesk keeps every account in step already; sync_now makes it look at once.")
        self._take_lock()
        try:
            chosen = await self._chosen(account_id)
            return list(await asyncio.gather(*(AccountSync(a, self._context()).run_once() for a in chosen)))
        finally:
            self._release_lock()

    def syncs(self, account_ids: Iterable[int] | None = None) -> list[AccountSync]:
        """Return the running syncs of these accounts, or all."""
        wanted = self._running if account_ids is None else account_ids
        return [self._running[number].sync for number in wanted if number in self._running]

    def wake(self, account_id: int) -> None:
        """There is something in the journal of an account."""
        for sync in self.syncs([account_id]):
            sync.wake()

    @asynccontextmanager
    async def lend(self, account_id: int) -> AsyncIterator[None]:
        """Have a running account make do with one connection less, for somebody who opens one."""
        async with AsyncExitStack() as stack:
            for sync in self.syncs([account_id]):
                await stack.enter_async_context(sync.lines.lend())
            yield

    async def check(self) -> None:
        """See which connections of all accounts still stand, repair the others, and look at the servers."""
        await asyncio.gather(*(sync.check() for sync in self.syncs()))

    async def _happened(self, what: str) -> None:
        _log.info("%s: every connection is checked", what)
        await self.check()

    async def _keep(self, sync: AccountSync, before: asyncio.Task[None] | None) -> None:
        """Run the sync of an account, again when it ends by a mistake of dealdesk."""
        if before is not None:
            await asyncio.wait([before])
        faults = 0
        while True:
            began = time.monotonic()
            try:
                await sync.run()
            except Exception:
                _log.exception("The sync of %s ended", sync.account.email)
            faults = 1 if time.monotonic() - began > self.times.longest_wait else faults + 1
            wait = back_off(faults, self.times)
            sentence = (
                f"The sync of {sync.account.email} ended by a mistake of dealdesk and starts again in {wait:.0f} s."
            )
            self._bus.publish(events.Notified(sentence, "error"))
            await asyncio.sleep(wait)

    # --- one process at a time

    def _take_lock(self) -> None:
        if self._lock_file is not None:
            raise Busy("This dealdesk is syncing this home already; wait until it is done.")
        file = open(self._paths.lock, "a+", encoding="utf-8", opener=_private)  # noqa: SIM115 - held until the network ends
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            file.close()
            raise Busy(
                f"Another dealdesk (process {holder}) is already syncing this home; what you queue, it will push."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock_file = file
        sweep(self._paths.spool)

    def _release_lock(self) -> None:
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    # --- other processes

    async def _watch(self) -> None:
        """Notice what other processes write into the databases: queue changes, links, deals, accounts."""
        seen = await self._versions()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                now = await self._versions()
                if now != seen:
                    await self._follow()
                seen = now
            except Exception:
                _log.exception("What another process wrote could not be read; it is tried again")

    async def _follow(self) -> None:
        self._context().desk.reread()
        self._bus.publish(
            events.MessagesChanged(frozenset()),
            events.FoldersChanged(frozenset()),
            events.OperationsChanged(frozenset()),
            events.DealsChanged(frozenset()),
        )
        if not self._watching:
            return
        present = {account.id for account in await self._chosen(self._only)}
        for number in [number for number in self._running if number not in present]:
            await self.stop_account(number)
            self._barred.discard(number)
        # Nothing waits between this look and what follows from it: an account that goes meanwhile is not started.
        for account in await self._chosen(self._only):
            running = self._running.get(account.id)
            if account.id in self._barred:
                continue
            if running is None or _settings(running.account) != _settings(account):
                self.start_account(account)
            self.wake(account.id)
        await self._publish()

    async def _chosen(self, account_id: int | None) -> list[Account]:
        every = await accounts.all_of(self._mailbox.reads)
        return [account for account in every if account_id is None or account.id == account_id]

    async def _versions(self) -> tuple[object, object]:
        return await self._mailbox.foreign_version(), await self._crm.foreign_version()


def _settings(account: Account) -> Account:
    return account._replace(state=AccountState.OFFLINE, error="", push="")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
