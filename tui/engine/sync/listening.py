"""How an account hears of news: NOTIFY for every folder, IDLE for the inbox, or asking where a server tells nothing.

The listener learns from what it meets: a line that is dropped while IDLE waits is renewed earlier from then on, and a
server that offers IDLE and tells nothing is asked instead. What it learned is kept with the account.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from tui.engine import events
from tui.engine.errors import NetworkError
from tui.engine.imap.selected import Facts
from tui.engine.imap.session import Session
from tui.engine.model import Account, Role
from tui.engine.store import accounts, folders
from tui.engine.store.folders import FolderState
from tui.engine.sync.context import Context
from tui.engine.sync.lines import Lines

MARGIN = 0.8
"""IDLE is renewed after this share of the time in which a server or a NAT has dropped it."""


def renewal(period: float, lasted: float, shortest: float) -> float:
    """Return after how many seconds to renew IDLE, once a line was dropped that had been silent for ``lasted``.

    Args:
        period: after how many seconds it was to be renewed.
        lasted: how long the line was silent before it was dropped; less than ``shortest`` teaches nothing.
        shortest: the least that is returned, unless ``period`` is less.
    """
    return period if lasted < shortest else min(period, max(shortest, lasted * MARGIN))


class Listener:
    """Listens for one account.

    Args:
        account: whose.
        context: what sync works with.
        lines: the account's connections.
        heard: called when there is something to pull; it must be cheap.
        fine: awaited when listening has begun.
    """

    def __init__(
        self,
        account: Account,
        context: Context,
        lines: Lines,
        heard: Callable[[], None],
        fine: Callable[[], Awaitable[None]],
    ) -> None:
        self._account = account
        self._context = context
        self._lines = lines
        self._heard = heard
        self._fine = fine
        self.stir = asyncio.Event()
        """Set, it ends the present wait."""
        self.everywhere = False
        """Whether news of every folder is told, not only of the inbox."""
        self._no_notify = False
        self._deaf = False
        self._period = context.times.idle
        self.since: float | None = None
        """Since when it listens, on the monotonic clock; None while it doesn't."""
        self._told_at = -1e9
        self._silent_since: float | None = None
        self._resumed: tuple[int, int | None, int] | None = None

    async def run(self) -> None:
        """Listen on a connection of its own until it is lost, or fewer connections are allowed."""
        session = await self._lines.open(needed=2)
        try:
            await self._begin(session)
            while self._lines.allowed > 1 and not session.overflowed:
                self.stir.clear()
                await self.wait(session, self._period)
            self._no_notify = self._no_notify or session.overflowed
        finally:
            self.since, self.everywhere = None, False
            await self._lines.close(session)

    async def _begin(self, session: Session) -> None:
        """Open the inbox, and have the server tell of as much as it can."""
        await self._remember()
        inbox = await self._inbox()
        await session.select(inbox.wire if inbox is not None else "INBOX", readonly=True)
        session.pushed = self._told
        self.everywhere = not self._deaf and not self._no_notify and await session.notify()
        await self._say_how(session)
        self.since = time.monotonic()
        await self._fine()
        # What came between the last pull and now is announced to nobody.
        self._heard()

    async def resume(self, session: Session) -> bool:
        """Open the inbox on a connection that does everything, so that ``wait`` hears of it.

        Returns:
            Whether the inbox has changed since it was pulled.
        """
        inbox = await self._inbox()
        wire = inbox.wire if inbox is not None else "INBOX"
        if session.selected == wire and self._resumed is not None:
            return False
        await self._remember()
        opened = await session.select(wire, readonly=True)
        now, before = (opened.uidvalidity, opened.uidnext, opened.exists), self._resumed
        self._resumed = now
        await self._say_how(session)
        if inbox is None or not inbox.complete or now == before:
            return False
        return (inbox.uidvalidity, inbox.uidnext or opened.uidnext, inbox.messages) != now

    async def wait(self, session: Session, seconds: float, until: asyncio.Event | None = None) -> None:
        """Wait for news, or for ``until``; at most so many seconds, after which IDLE is renewed."""
        began = time.monotonic()
        ask_every = self._context.times.ask if self._deaf or not session.pushes else None
        try:
            news = await session.idle(seconds=min(seconds, self._period), until=until or self.stir, ask_every=ask_every)
        except NetworkError:
            await self._dropped(time.monotonic() - max(began, self._told_at), asked=ask_every is not None)
            raise
        if news and await self._matters(session.take_facts()):
            self._heard()
        if self._silent_since is not None:
            await self._judge(session)

    def found(self, began: float) -> None:
        """A pull that nobody called found new mail in the inbox; has it been announced, or will it be?

        Args:
            began: when that pull began, on the monotonic clock.
        """
        grace = self._context.times.grace
        if self._deaf or self.since is None or began - self.since < grace or self._told_at > began - grace:
            return
        asyncio.get_running_loop().call_later(grace, self._suspect, began, self.since)

    def _suspect(self, began: float, since: float) -> None:
        if self._told_at < began and self.since == since:
            # Only a server that still answers is deaf; a dead line is another matter. The renewal shows which.
            self._silent_since = began
            self.stir.set()

    async def _judge(self, session: Session) -> None:
        silent_since, self._silent_since = self._silent_since, None
        if not session.alive or silent_since is None:
            return
        self._deaf = True
        await self._learn(deaf=int(time.time()))
        await self._say_how(session)

    async def _dropped(self, lasted: float, asked: bool) -> None:
        self._silent_since = None
        checked = time.monotonic() - self._lines.checked < self._context.times.check + 60
        period = renewal(self._period, lasted, self._context.times.shortest_idle)
        if period < self._period and not checked and not asked:
            self._period = period
            await self._learn(idle=round(period, 3), idle_at=int(time.time()))

    async def _matters(self, facts: Facts) -> bool:
        """False for news of folders that aren't synced alone; an unknown folder matters."""
        if facts.exists is not None or facts.fetched or facts.vanished or facts.unknown:
            return True
        every = await folders.of_account(self._context.desk.mailbox.reads, self._account.id)
        ignored = {folder.wire for folder in every if not folder.selected}
        return any(wire not in ignored for wire in facts.folders)

    async def _inbox(self) -> FolderState | None:
        return await folders.by_role(self._context.desk.mailbox.reads, self._account.id, Role.INBOX)

    def _told(self) -> None:
        self._told_at = time.monotonic()

    async def _remember(self) -> None:
        times = self._context.times
        known = await accounts.learned(self._context.desk.mailbox.reads, self._account.id)
        now = time.time()
        self._deaf = now - known.get("deaf", -times.lesson) < times.lesson
        believed = now - known.get("idle_at", -times.lesson) < times.lesson
        self._period = min(times.idle, known["idle"]) if believed else times.idle

    async def _learn(self, **facts: object) -> None:
        async with self._context.desk.mailbox.write() as tx:
            await accounts.learn(tx, self._account.id, **facts)

    async def _say_how(self, session: Session) -> None:
        """Keep a sentence on how news gets here, for whoever asks why it is late."""
        ask, poll = self._context.times.ask, self._context.desk.config.poll_seconds
        host = self._account.imap.host
        if self._deaf or (session.has("IDLE") and not session.pushes):
            how = f"{host} offers IDLE and tells nothing: the inbox is asked every {ask:.0f} s, other folders {poll}"
        elif not session.pushes:
            how = f"{host} can't tell of news: the inbox is asked every {ask:.0f} s, other folders every {poll}"
        elif self.everywhere:
            how = f"{host} tells of every folder at once (NOTIFY)"
        else:
            how = f"{host} tells of the inbox at once (IDLE); other folders are asked every {poll} s"
        known = await accounts.learned(self._context.desk.mailbox.reads, self._account.id)
        if known.get("push") != how:
            await self._learn(push=how)
            self._context.bus.publish(events.AccountsChanged(frozenset({self._account.id})))
