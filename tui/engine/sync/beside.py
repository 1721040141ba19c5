"""The headers of a first sync on a connection of their own, beside the bodies of those that are known already.

Reading bodies keeps one processor busy and storing them another; headers before them would keep only one. With a server
that is far the line is what is slow. This would gain nothing, and the list would be whole later: headers come first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from tui.engine.imap.session import Session

Spare = Callable[[], AbstractAsyncContextManager[asyncio.Task[Session | None]]]
"""Enters while a connection that nobody else needs is made, or none; it may be taken away at any moment."""

MANY = 2000
"""So many messages must be in folders that are not complete for another connection to be made for their headers."""
NEAR = 0.02
"""Seconds within which a server answers whose bodies come faster than they can be read."""


class Beside:
    """A pull of headers that runs beside, from now on until ``end``.

    Args:
        pull: is given what it has to await whenever it has stored some.
    """

    def __init__(self, pull: Callable[[Callable[[], Awaitable[None]]], Awaitable[object]]) -> None:
        self._news = asyncio.Event()
        self._task = asyncio.ensure_future(pull(self._stored))
        self._task.add_done_callback(lambda _: self._news.set())

    @property
    def running(self) -> bool:
        """Whether headers still come."""
        return not self._task.done()

    def check(self) -> None:
        """Raise what ended the pull, where it failed."""
        if not self.running:
            self._task.result()

    def ended_by(self, error: Exception) -> bool:
        """Return whether it was this that ended the pull."""
        return not self.running and not self._task.cancelled() and self._task.exception() is error

    async def more(self) -> bool:
        """Wait for more headers while they come; return False when all have come.

        Raises:
            ServerError: the pull failed; what it stored stays.
        """
        self.check()
        if not self.running:
            return False
        await self._news.wait()
        self._news.clear()
        return True

    async def end(self) -> None:
        """Stop it where it still runs."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _stored(self) -> None:
        self._news.set()
