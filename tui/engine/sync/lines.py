"""The connections of one account: at most three, fewer where the server says so, one login at a time.

A login that the server refused is tried once more and then waits for a person: repeating it locks accounts. A wait that
the server asked for holds back every connection of the account.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tui.engine.errors import AuthError, NetworkError
from tui.engine.imap.quirks import LONGEST_WAIT, Throttled, TooManyConnections
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Account
from tui.engine.sync.context import Context

MOST = 3
"""Connections an account: one that listens, one that works, one for what a person waits for."""
REFUSALS = 2
"""So many refused logins in a row, and a person is asked."""

_log = logging.getLogger(__name__)


class SignIn(AuthError):
    """The login was refused repeatedly; it isn't tried again until a person asks for it."""


class Lines:
    """The connections of one account.

    Args:
        account: whose.
        context: what sync works with.
        changed: called when the number of connections allowed changed; it must be cheap.
    """

    def __init__(self, account: Account, context: Context, changed: Callable[[], None]) -> None:
        self._account = account
        self._context = context
        self._changed = changed
        self._sessions: set[Session] = set()
        self._door = asyncio.Lock()
        self._opening: asyncio.Task[Session] | None = None
        self._spare: Session | None = None
        self._few = MOST
        self._few_until = 0.0
        self._lent = 0
        self._news = asyncio.Event()
        self._refusals = 0
        self._refused = ""
        self._throttles = 0
        self._held: Throttled | None = None
        self.held_until = 0.0
        """The moment on the monotonic clock until which the server wants to be left alone."""
        self.checked = -1e9
        """When the connections were checked last, on the monotonic clock."""

    @property
    def allowed(self) -> int:
        """How many connections may be open now, 0 to 3; 0 while the only one is lent."""
        if self._few < MOST and time.monotonic() >= self._few_until:
            self._few = MOST
        return max(0, self._few - self._lent)

    @property
    def count(self) -> int:
        """How many are open and stand."""
        return sum(session.alive for session in self._sessions)

    async def room(self, needed: int) -> None:
        """Wait until so many connections are allowed."""
        while self.allowed < needed:
            news = self._news
            left = self._few_until - time.monotonic() if self._few < needed else None
            try:
                async with asyncio.timeout(left):
                    await news.wait()
            except TimeoutError:
                continue

    async def open(self, needed: int = 1) -> Session:
        """Connect and log in, one after the other.

        Args:
            needed: how many connections must be allowed for this one to be made.

        Raises:
            SignIn: the server refused the login repeatedly; only ``person`` makes it try again.
            Throttled: it wants to be left alone for a while.
            TooManyConnections: it wants fewer; ``allowed`` has followed.
            ServerError, CredentialsError: see ``open_session``; the secret can't be had.
        """
        async with self._door:
            if self.allowed < needed:
                raise TooManyConnections(f"{self._account.imap.host} is to have {self.allowed} connections for now.")
            if self._refusals >= REFUSALS:
                raise SignIn(self._refused)
            if self._held is not None and time.monotonic() < self.held_until:
                raise self._held
            self._make_room()
            secret = await self._context.secret(self._account)
            try:
                session = await self._open(secret)
            except TooManyConnections:
                self._make_do()
                raise
            except AuthError as error:
                if self.count:
                    # The same login has just worked: what the server means is that it works too often, and a refusal
                    # as its cause would be counted until only a person may try again.
                    self._make_do()
                    raise TooManyConnections(str(error)) from None
                self._refusals += 1
                self._refused = f"{error} Dealdesk has stopped trying; sign in again, then ask for a sync."
                if self._refusals < REFUSALS:
                    raise
                raise SignIn(self._refused) from error
            self._refusals = 0
            self._sessions.add(session)
            return session

    @asynccontextmanager
    async def spare(self) -> AsyncIterator[asyncio.Task[Session | None]]:
        """Enter while a connection that nobody needs now is made, or none; whoever needs one takes it away at once."""
        opening = asyncio.create_task(self._open_spare(), name=f"spare {self._account.email}")
        try:
            yield opening
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            session, self._spare = self._spare, None
            if session is not None:
                await self.close(session)

    async def _open_spare(self) -> Session | None:
        if self.count + (self._opening is not None) >= self.allowed:
            return None
        try:
            self._spare = await self.open(2)
        except Throttled:
            raise
        except NetworkError as error:
            _log.info("%s does without a second connection: %s", self._account.email, error)
        return self._spare

    async def close(self, session: Session) -> None:
        """Say goodbye to a connection."""
        try:
            await session.close()
        finally:
            self._sessions.discard(session)
            self._tell()

    def abort(self) -> None:
        """Drop every connection now."""
        for session in list(self._sessions):
            session.abort()
        self._sessions.clear()
        self._tell()

    def person(self) -> None:
        """A person asks for an attempt: a refused login gets another one."""
        self._refusals = min(self._refusals, REFUSALS - 1)

    def hold(self, error: Throttled) -> float:
        """Leave the server alone as it asks; return for how many seconds.

        Where it names no time, the wait doubles with each such answer until ``went_well``.
        """
        left = self.held_until - time.monotonic()
        if error is self._held and left > 0:
            return left
        seconds = error.seconds if error.named else min(LONGEST_WAIT, error.seconds * 2**self._throttles)
        self._throttles = min(self._throttles + 1, 10)
        seconds *= random.uniform(1.0, 1.1)
        self._held, self.held_until = error, max(self.held_until, time.monotonic() + seconds)
        return seconds

    def went_well(self) -> None:
        """A whole pass went well: the next wait is short again."""
        self._throttles = 0

    async def check(self) -> None:
        """Drop the connections that give no sign of life; a login under way starts anew."""
        self.checked = time.monotonic()
        if self._opening is not None:
            self._opening.cancel()
        await asyncio.gather(*(session.check(self._context.times.check) for session in list(self._sessions)))

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[None]:
        """Make do with one connection less, for somebody who opens one for this account."""
        self._lent += 1
        self._tell()
        try:
            self._make_room(0)
            while self.count + (self._opening is not None) > self.allowed:
                await self._news.wait()
                self._make_room(0)
            yield
        finally:
            self._lent -= 1
            self._tell()

    def _make_room(self, wanted: int = 1) -> None:
        """Take the spare connection away where no more than so many may be opened otherwise."""
        if self._spare is not None and self.count + wanted > self.allowed:
            self._spare.abort()

    def _make_do(self) -> None:
        self._few = max(1, min(self.count + self._lent, self._few))
        self._few_until = time.monotonic() + self._context.times.few
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        self._changed()

    async def _open(self, secret: str) -> Session:
        account, context = self._account, self._context
        self._opening = opening = asyncio.create_task(
            open_session(
                account.imap,
                account.user,
                secret,
                auth=account.auth,
                spool=context.spool,
                stall=context.times.stall,
            )
        )
        try:
            await asyncio.wait([opening])
        except asyncio.CancelledError:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            if not opening.cancelled() and opening.exception() is None:
                opening.result().abort()
            raise
        finally:
            self._opening = None
            self._tell()
        if opening.cancelled():
            raise NetworkError(f"The network changed while {account.imap.host} was being connected; it is tried again.")
        return opening.result()
