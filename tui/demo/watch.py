"""Waiting for what the engine does, by its events: no sleeping, and one sentence when it doesn't happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tui.engine.errors import DealdeskError
from tui.engine.events import Event

if TYPE_CHECKING:
    from tui.engine.core import Engine

T = TypeVar("T")
LONGEST = 10.0


class Watch:
    """Wakes at every batch of the engine's events (and at ``poke``) and looks again.

    Args:
        engine: whose events; the watch lives on its loop.
    """

    def __init__(self, engine: Engine) -> None:
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = engine.events.subscribe(self._told)

    def close(self) -> None:
        """Listen no more."""
        self._unsubscribe()

    def poke(self) -> None:
        """Look again, because something outside the engine happened; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, look: Callable[[], T | None], what: str, seconds: float = LONGEST) -> T:
        """Return the first thing that ``look`` returns and that is neither None nor False.

        Args:
            look: reads the engine; called once at first and once after each batch of events.
            what: what is waited for, as the rest of a sentence: "the reply is linked".

        Raises:
            DealdeskError: it did not happen in ``seconds``.
        """

        async def asked() -> T | None:
            return look()

        return await self.until_answer(asked, what, seconds)

    async def until_answer(self, ask: Callable[[], Awaitable[T | None]], what: str, seconds: float = LONGEST) -> T:
        """Do what ``until`` does, with a question that the servers must answer."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._changed.clear()
                    found = await ask()
                    if found is not None and found is not False:
                        return found
                    await self._changed.wait()
        except TimeoutError as error:
            raise DealdeskError(f"The demo waited {seconds:g} s in vain until {what}; please report this.") from error

    def _told(self, _batch: Sequence[Event]) -> None:
        self._changed.set()
