"""The sync of one account: one pass for the command line, or push mode with at most three connections.

In push mode one connection listens, one pulls, and one does what a person waits for: the journal's operations and the
body of the message that was opened. Where the server allows fewer connections the pull does the others' work too. A
fault of one is repaired with back-off and never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from tui.engine import events
from tui.engine.errors import AuthError, DealdeskError, ServerError
from tui.engine.imap.quirks import Throttled, TooManyConnections
from tui.engine.imap.session import Session
from tui.engine.model import Account, AccountState, SyncReport
from tui.engine.store import accounts, operations
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover
from tui.engine.sync.faults import Pause, asks_to_wait, pause_after
from tui.engine.sync.lines import MOST, Lines
from tui.engine.sync.listening import Listener
from tui.engine.sync.push import push_mail, push_sends
from tui.engine.sync.rounds import fetch_opened, pull_all, settle

NEAR = 10.0
"""A connection for what a person waits for is opened so many seconds before something is due."""
TRIES = 3
"""A message that was opened is asked for on so many connections at most, so that none can hold up the others."""
LONGEST_PAUSE = 240.0
"""Seconds after which the connection for what a person waits for is asked whether it still stands."""

_log = logging.getLogger(__name__)


class AccountSync:
    """Keeps one account and its server in step."""

    def __init__(self, account: Account, context: Context) -> None:
        self.account = account
        self.lines = Lines(account, context, self._stir)
        self._context = context
        self._listener = Listener(account, context, self.lines, self._heard, self._listening)
        self._pull_wake = asyncio.Event()
        self._push_wake = asyncio.Event()
        self._send_wake = asyncio.Event()
        self._rest_wake = asyncio.Event()
        self._retry_wake = asyncio.Event()
        self._wanted: dict[int, int] = {}
        self._refused_sends = 0
        self._faults: dict[str, Pause] = {}
        self._fine: set[str] = set()
        self._doing = (AccountState.OFFLINE, "")
        self._shown: tuple[AccountState, str] | None = None
        self._looked = -1e9

    @property
    def listening(self) -> bool:
        """Whether news are heard of as they come."""
        return self._listener.since is not None

    def wake(self) -> None:
        """There is something in the journal."""
        self._push_wake.set()
        self._send_wake.set()
        self._rest_wake.set()

    def pull_now(self) -> None:
        """Look at the server now, also where a fault is being waited out; what the server asked for is respected."""
        self.lines.person()
        self._pull_wake.set()
        self._try_again()
        self.wake()

    def look(self) -> None:
        """A person opened a folder: look at the server, unless it tells of every folder by itself or was just asked."""
        if not self._listener.everywhere and time.monotonic() - self._looked > self._context.times.first_wait:
            self._heard()

    def want(self, message_id: int) -> None:
        """Fetch the body of a message before anything else (R40)."""
        self._wanted.pop(message_id, None)
        self._wanted[message_id] = 0
        self.wake()

    async def check(self) -> None:
        """The machine slept or its network changed: drop the connections that are dead and look at the server."""
        self._try_again()
        await self.lines.check()
        self._try_again()
        self._heard()

    def _heard(self) -> None:
        self._pull_wake.set()
        self._rest_wake.set()

    def _stir(self) -> None:
        """The number of connections allowed changed: everyone looks what that means for them."""
        self._listener.stir.set()
        self._push_wake.set()
        self._rest_wake.set()

    def _try_again(self) -> None:
        self._retry_wake.set()
        self._retry_wake = asyncio.Event()

    async def run_once(self) -> SyncReport:
        """Do one full pass: push the journal, pull, push what the pull made possible."""
        began, tally, error = time.monotonic(), Tally(), ""
        await self._do(AccountState.CONNECTING)
        try:
            await self._send_all(tally)
            session = await self.lines.open()
            try:
                await self._do(AccountState.SYNCING)
                statuses = await discover(session, self.account, self._context)
                await push_mail(session, self.account, self._context, tally, force=True)
                known = None if tally.pushed or tally.refused else statuses
                await pull_all(session, self.account, self._context, tally, self._nothing, self.lines.spare, known)
                await settle(session, self.account, self._context, tally)
            finally:
                await self.lines.close(session)
        except DealdeskError as failure:
            tally.errors.append(str(failure))
        error = "; ".join(dict.fromkeys(tally.errors))
        await self._context.publish()
        await self._do(AccountState.ERROR if error else AccountState.OFFLINE, error, synced=not error)
        return SyncReport(
            self.account.email,
            tally.new,
            tally.updated,
            tally.gone,
            tally.pushed,
            tally.refused,
            tally.linked,
            tally.needs_deal,
            round(time.monotonic() - began, 3),
            error,
        )

    async def run(self) -> None:
        """Stay in step until cancelled: listen, pull, push, send, each in a task that repairs itself."""
        work = (
            ("pull", self._pulling, 1),
            ("listen", self._listener.run, 2),
            ("push", self._pushing, MOST),
            ("send", self._sending, 0),
        )
        self._faults, self._shown = {}, None
        tasks = [asyncio.create_task(self._forever(*one), name=f"{one[0]} {self.account.email}") for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self.lines.abort()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _forever(self, name: str, work: Callable[[], Awaitable[None]], needed: int) -> None:
        """Run a piece of work again and again, with back-off after faults; it needs so many connections allowed."""
        faults = 0
        while True:
            await self.lines.room(needed)
            began, again = time.monotonic(), self._retry_wake
            try:
                await work()
                faults = 0
                continue
            except Exception as error:
                stood = time.monotonic() - began > self._context.times.longest_wait / 4
                faults = 1 if stood else faults + 1
                pause = await self._met(name, error, faults, needed)
            if pause.firm and pause.seconds is not None:
                await asyncio.sleep(pause.seconds)
                continue
            try:
                async with asyncio.timeout(pause.seconds):
                    await again.wait()
            except TimeoutError:
                continue

    async def _met(self, name: str, error: Exception, count: int, needed: int) -> Pause:
        """Show a fault, and return how long to wait; the first one of a line that stood well is repaired unsaid."""
        times = self._context.times
        if isinstance(error.__cause__, AuthError) and not isinstance(error, AuthError):
            self._refused_sends += 1
            count = self._refused_sends
        pause = pause_after(error, count, times, self.account.email)
        if not isinstance(error, DealdeskError):
            _log.error("The sync of %s met a fault of dealdesk; it goes on", self.account.email, exc_info=error)
        if isinstance(error, Throttled):
            seconds = self.lines.hold(error)
            pause = Pause(pause.state, asks_to_wait(error, seconds, time.time()), seconds, firm=True)
        elif isinstance(error, TooManyConnections) and self.lines.allowed < needed:
            await self._mended(name, fine=False)
            return Pause(pause.state, str(error), 0.0)
        elif pause.state is AccountState.WAITING and count == 1 and name in self._fine:
            assert pause.seconds is not None
            return Pause(pause.state, str(error), pause.seconds / 10)
        self._faults[name] = pause
        await self._show()
        return pause

    async def _mended(self, name: str, fine: bool = True) -> None:
        """A piece of work met no fault so far; ``fine``: it did what it is for."""
        if fine:
            self._fine.add(name)
        if self._faults.pop(name, None) is not None:
            await self._show()

    async def _listening(self) -> None:
        await self._mended("listen")

    async def _pulling(self) -> None:
        """Pull until the connection fails: at once, when called, and every poll interval."""
        await self._do(AccountState.CONNECTING)
        session = await self.lines.open()
        try:
            await self._mended("pull", fine=False)
            called = True
            while self.lines.allowed:
                self._pull_wake.clear()
                await self._do(AccountState.SYNCING)
                tally, began = Tally(), time.monotonic()
                checkpoint = partial(self._meanwhile, session)
                if await pull_all(session, self.account, self._context, tally, checkpoint, self.lines.spare):
                    self.wake()
                self._looked = time.monotonic()
                self.lines.went_well()
                await self._mended("pull")
                await self._do(AccountState.IDLE, "; ".join(tally.errors), synced=not tally.errors)
                if tally.inbox and not called:
                    self._listener.found(began)
                called = await self._rest(session)
        finally:
            await self.lines.close(session)

    async def _rest(self, session: Session) -> bool:
        """Wait for the next pull, doing meanwhile what has no connection of its own; return whether it was called."""
        end = time.monotonic() + self._context.desk.config.poll_seconds
        while True:
            self._rest_wake.clear()
            await self._meanwhile(session)
            left = end - time.monotonic()
            if self._pull_wake.is_set() or left <= 0 or not self.lines.allowed:
                return self._pull_wake.is_set()
            if self.lines.allowed < MOST:
                left = min(left, max(1.0, await self._pause()))
            if self.lines.allowed == 1:
                if await self._listener.resume(session):
                    return True
                await self._listener.wait(session, left, self._rest_wake)
                continue
            try:
                async with asyncio.timeout(left):
                    await self._rest_wake.wait()
            except TimeoutError:
                continue

    async def _meanwhile(self, session: Session) -> None:
        """Do what a person waits for, where there is no connection for it."""
        if self.lines.allowed < MOST:
            await self._urgent(session)

    async def _pushing(self) -> None:
        """Do what a person waits for on a connection of its own, opened when it is first needed."""
        session: Session | None = None
        try:
            while self.lines.allowed == MOST:
                self._push_wake.clear()
                pause = await self._pause()
                if pause < NEAR or self._wanted:
                    if session is not None and not session.alive:
                        await self.lines.close(session)
                        session = None
                    if session is None:
                        session = await self.lines.open(MOST)
                    await self._urgent(session)
                    pause = await self._pause()
                await self._mended("push", fine=session is not None)
                try:
                    async with asyncio.timeout(max(pause, 1.0)):
                        await self._push_wake.wait()
                except TimeoutError:
                    if session is not None and session.alive and pause >= LONGEST_PAUSE:
                        await session.noop()
        finally:
            if session is not None:
                await self.lines.close(session)

    async def _urgent(self, session: Session) -> None:
        """Fetch what was opened, the last first, then push what is due."""
        while self._wanted:
            message_id = next(reversed(self._wanted))
            tries = self._wanted.pop(message_id) + 1
            if tries < TRIES:
                # Kept for the next connection in case this one doesn't live to see its end.
                self._wanted[message_id] = tries
            await fetch_opened(session, self.account, self._context, message_id)
            if self._wanted.get(message_id) == tries:
                del self._wanted[message_id]
        if await self._pause() <= 0:
            await push_mail(session, self.account, self._context, Tally())

    async def _pause(self) -> float:
        """Return in how many seconds an operation is due, at most ``LONGEST_PAUSE``."""
        due = await operations.next_due(self._context.desk.mailbox.reads, self.account.id)
        return LONGEST_PAUSE if due is None else min(LONGEST_PAUSE, max(0.0, due - time.time()))

    async def _sending(self) -> None:
        """Hand queued messages to the SMTP server."""
        while True:
            self._send_wake.clear()
            tally = Tally()
            await push_sends(self.account, self._context, tally)
            self._refused_sends = 0 if tally.pushed else self._refused_sends
            await self._mended("send")
            due = await operations.next_send(self._context.desk.mailbox.reads, self.account.id)
            pause = min(max(0.2, due - time.time()), 60.0) if due is not None else 60.0
            try:
                async with asyncio.timeout(pause):
                    await self._send_wake.wait()
            except TimeoutError:
                continue

    async def _send_all(self, tally: Tally) -> None:
        try:
            await push_sends(self.account, self._context, tally, force=True)
        except ServerError as error:
            tally.errors.append(str(error))

    async def _nothing(self) -> None:
        """Between batches a pass of the command line waits for nobody."""

    async def _do(self, state: AccountState, error: str = "", synced: bool = False) -> None:
        """Note what the pull does, and show it where no fault is more important."""
        self._doing = (state, error)
        await self._show(synced)

    async def _show(self, synced: bool = False) -> None:
        """Store what the account does: the worst fault of its pieces, else what its pull does."""
        worst = min(self._faults.values(), key=lambda fault: fault.state is not AccountState.ERROR, default=None)
        shown = (worst.state, worst.sentence) if worst is not None else self._doing
        if shown == self._shown and not synced:
            return
        self._shown = shown
        async with self._context.desk.mailbox.write() as tx:
            await accounts.set_state(tx, self.account.id, *shown, int(time.time()) if synced else None)
        self._context.bus.publish(events.AccountsChanged(frozenset({self.account.id})))
