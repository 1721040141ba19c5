"""The sync of one account: one pass for the command line, or push mode with at most three connections.

In push mode one connection idles on the inbox, one pulls, and one does what a person waits for: the journal's
operations and the body of the message that was opened. A fault of one is repaired with back-off and never stops the
others.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable

from tui.engine import events
from tui.engine.errors import AuthError, CertificateError, CredentialsError, DealdeskError, Refused, ServerError
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Account, AccountState, Role, SyncReport
from tui.engine.store import accounts, folders, operations, placements
from tui.engine.sync import bodies, plan
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover
from tui.engine.sync.pull import FolderPull
from tui.engine.sync.push import push_mail, push_sends
from tui.engine.sync.sent import drop_double, settle_by_copy
from tui.engine.sync.strays import follow_moves

FIRST_WAIT, LONGEST_WAIT = 2.0, 120.0
"""Seconds between connection attempts, doubling, with jitter."""
PERSON_WAIT = 300.0
"""Seconds between attempts after a refused login or certificate: only a person can mend that."""
STALL = 60.0
"""A server that says nothing for so many seconds while it is asked something is given up."""
IDLE_SECONDS = 540.0
"""IDLE is renewed after this (RFC 2177 allows 29 minutes; NATs forget sooner)."""

_log = logging.getLogger(__name__)


class AccountSync:
    """Keeps one account and its server in step."""

    def __init__(self, account: Account, context: Context) -> None:
        self.account = account
        self._context = context
        self._pull_wake = asyncio.Event()
        self._push_wake = asyncio.Event()
        self._send_wake = asyncio.Event()
        self._retry_wake = asyncio.Event()
        self._wanted: list[int] = []
        self._sessions: set[Session] = set()

    def wake(self) -> None:
        """There is something in the journal."""
        self._push_wake.set()
        self._send_wake.set()

    def pull_now(self) -> None:
        """Look at the server now, also where a fault is being waited out."""
        self._pull_wake.set()
        self._retry_wake.set()
        self._retry_wake = asyncio.Event()
        self.wake()

    def want(self, message_id: int) -> None:
        """Fetch the body of a message before anything else (R40)."""
        self._wanted.append(message_id)
        self._push_wake.set()

    async def run_once(self) -> SyncReport:
        """Do one full pass: push the journal, pull, push what the pull made possible."""
        began, tally, error = time.monotonic(), Tally(), ""
        await self._state(AccountState.CONNECTING)
        try:
            await self._send_all(tally)
            session = await self._connect()
            try:
                await self._state(AccountState.SYNCING)
                await discover(session, self.account, self._context)
                await push_mail(session, self.account, self._context, tally, force=True)
                await self._pull(session, tally, self._nothing)
                await self._settle(session, tally)
            finally:
                await self._close(session)
        except DealdeskError as failure:
            tally.errors.append(str(failure))
        error = "; ".join(dict.fromkeys(tally.errors))
        await self._context.publish()
        await self._state(AccountState.ERROR if error else AccountState.OFFLINE, error, synced=not error)
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
        """Stay in step until cancelled: idle, pull, push, each in a task that repairs itself."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forever(self._pulling), name=f"pull {self.account.email}")
                group.create_task(self._forever(self._idling), name=f"idle {self.account.email}")
                group.create_task(self._forever(self._pushing), name=f"push {self.account.email}")
                group.create_task(self._forever(self._sending), name=f"send {self.account.email}")
        finally:
            for session in list(self._sessions):
                session.abort()

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run a piece of work again and again, with back-off after faults."""
        attempts = 0
        while True:
            began = time.monotonic()
            try:
                await work()
                attempts = 0
                continue
            except (AuthError, CertificateError, CredentialsError) as error:
                wait = PERSON_WAIT
                await self._state(AccountState.ERROR, str(error))
            except ServerError as error:
                attempts = 0 if time.monotonic() - began > LONGEST_WAIT else attempts + 1
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 8) if attempts else FIRST_WAIT)
                await self._state(AccountState.WAITING, str(error))
            except Exception:
                attempts += 1
                wait = LONGEST_WAIT
                _log.exception("The sync of %s met a fault of dealdesk; it goes on", self.account.email)
                await self._state(
                    AccountState.ERROR, f"{self.account.email}: dealdesk made a mistake; the log says which."
                )
            try:
                async with asyncio.timeout(wait * random.uniform(0.8, 1.2)):
                    await self._retry_wake.wait()
            except TimeoutError:
                continue

    async def _pulling(self) -> None:
        """Pull until the connection fails: at once, when woken, and every poll interval."""
        await self._state(AccountState.CONNECTING)
        session = await self._connect()
        try:
            while True:
                self._pull_wake.clear()
                await self._state(AccountState.SYNCING)
                tally = Tally()
                await self._pull(session, tally, self._nothing)
                await self._state(AccountState.IDLE, "; ".join(tally.errors), synced=not tally.errors)
                try:
                    async with asyncio.timeout(self._context.desk.config.poll_seconds):
                        await self._pull_wake.wait()
                except TimeoutError:
                    continue
        finally:
            await self._close(session)

    async def _idling(self) -> None:
        """Listen on the inbox; whatever arrives wakes the pull."""
        session = await self._connect()
        try:
            inbox = await folders.by_role(self._context.desk.mailbox.reads, self.account.id, Role.INBOX)
            wire = inbox.wire if inbox is not None else "INBOX"
            await session.select(wire, readonly=True)
            # What came between the last pull and now is announced to nobody.
            self._pull_wake.set()
            while True:
                if await session.idle(seconds=IDLE_SECONDS):
                    session.take_facts()
                    self._pull_wake.set()
        finally:
            await self._close(session)

    async def _pushing(self) -> None:
        """Do what a person waits for on a connection of its own, opened when it is first needed."""
        session: Session | None = None
        try:
            while True:
                self._push_wake.clear()
                due = await operations.next_due(self._context.desk.mailbox.reads, self.account.id)
                if due is not None or self._wanted:
                    if session is None or not session.alive:
                        session = await self._connect()
                    while self._wanted:
                        await self._fetch_wanted(session, self._wanted.pop())
                    await push_mail(session, self.account, self._context, Tally())
                    due = await operations.next_due(self._context.desk.mailbox.reads, self.account.id)
                pause = max(1.0, due - time.time()) if due else (2.0 if due == 0 else 240.0)
                try:
                    async with asyncio.timeout(min(pause, 240.0)):
                        await self._push_wake.wait()
                except TimeoutError:
                    if session is not None and session.alive and pause >= 240.0:
                        await session.noop()
        finally:
            if session is not None:
                await self._close(session)

    async def _sending(self) -> None:
        """Hand queued messages to the SMTP server."""
        while True:
            self._send_wake.clear()
            await push_sends(self.account, self._context, Tally())
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

    async def _settle(self, session: Session, tally: Tally) -> None:
        """Push what a pass left: copies for Sent wait a few seconds for the provider's own (R12)."""
        for _ in range(20):
            await push_mail(session, self.account, self._context, tally)
            due = await operations.next_due(self._context.desk.mailbox.reads, self.account.id)
            if due is None or due - time.time() > 6:
                return
            await asyncio.sleep(max(0.05, due - time.time()))

    async def _pull(self, session: Session, tally: Tally, checkpoint: Callable[[], Awaitable[None]]) -> None:
        """Pull every selected folder: a first screen of each, then the rest, then the bodies (R39)."""
        reads, account = self._context.desk.mailbox.reads, self.account
        before = {f.id: f.uidnext for f in await folders.of_account(reads, account.id) if not f.selected}
        statuses = await discover(session, account, self._context)
        todo = plan.in_order(await folders.of_account(reads, account.id))
        for first in (True, False):
            for folder in list(todo):
                try:
                    pull = FolderPull(session, account, folder, self._context, tally, checkpoint)
                    if await pull.run(statuses.get(folder.id), only_first=first):
                        todo.remove(folder)
                except Refused as error:
                    todo.remove(folder)
                    await self._folder_failed(folder.id, f"{folder.name}: {error.text}", tally)
            if first:
                await bodies.fetch_wanted(session, account, self._context, tally, checkpoint, limit=plan.FIRST_WINDOW)
            todo = [
                f for f in plan.in_order(await folders.of_account(reads, account.id)) if f.id in {t.id for t in todo}
            ]
        await bodies.fetch_wanted(session, account, self._context, tally, checkpoint)
        await follow_moves(session, account, self._context, before, statuses)
        try:
            await drop_double(session, account, self._context)
        except Refused as error:
            tally.errors.append(f"The second copy of a sent message stays: {error.text or error}")
        if await settle_by_copy(account, self._context):
            self.wake()

    async def _folder_failed(self, folder_id: int, reason: str, tally: Tally) -> None:
        """One folder failed: it shows its error and the others go on (R42)."""
        async with self._context.desk.mailbox.write() as tx:
            await folders.set_error(tx, folder_id, reason)
        tally.errors.append(reason)
        self._context.bus.publish(events.FoldersChanged(frozenset({folder_id})))

    async def _fetch_wanted(self, session: Session, message_id: int) -> None:
        spots = await placements.of_messages(self._context.desk.mailbox.reads, [message_id], self.account.id)
        for spot in spots.get(message_id, []):
            wanted = {spot.uid: message_id}
            if await bodies.fetch_some(session, self._context, spot.folder_id, spot.uidvalidity, wanted, Tally()):
                return

    async def _connect(self) -> Session:
        secret = await self._context.secret(self.account)
        session = await open_session(
            self.account.imap, self.account.user, secret, auth=self.account.auth, spool=self._context.spool, stall=STALL
        )
        self._sessions.add(session)
        return session

    async def _close(self, session: Session) -> None:
        self._sessions.discard(session)
        await session.close()

    async def _nothing(self) -> None:
        """Between batches a pull of its own connection waits for nobody."""

    async def _state(self, state: AccountState, error: str = "", synced: bool = False) -> None:
        async with self._context.desk.mailbox.write() as tx:
            await accounts.set_state(tx, self.account.id, state, error, int(time.time()) if synced else None)
        self._context.bus.publish(events.AccountsChanged(frozenset({self.account.id})))
