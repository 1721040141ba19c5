"""Reading again what changed: soon, but never more often than it can be read, and never the same twice at once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.timer import Timer

from tui.screens.keyed import KeyedScreen

SHARE = 8
"""Reading takes at most one part in so many of the time while changes stream in."""


class Refresh:
    """One thing on a screen that is read again when it may have changed.

    Args:
        screen: it is read beside this screen.
        read: reads and shows it.
        least: seconds at least between two readings.
    """

    def __init__(self, screen: KeyedScreen[Any], read: Callable[[], Awaitable[None]], least: float) -> None:
        self._screen = screen
        self._read = read
        self._least = least
        self._timer: Timer | None = None
        self._running = False
        self._wanted = ""
        self._cost = 0.0
        self.finished = 0.0
        """When the last reading ended (``time.monotonic``), 0 before the first."""

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or about to be."""
        return self._timer is None and not self._running

    def soon(self) -> None:
        """Read it again within a moment; what comes in until then is in it."""
        if self._running:
            self._wanted = self._wanted or "soon"
        elif self._timer is None:
            wait = max(self._least, SHARE * self._cost) - (time.monotonic() - self.finished)
            self._timer = self._screen.set_timer(max(0.005, wait), self.now)

    def now(self) -> None:
        """Read it again at once, or, while it is being read, right after that."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._running:
            self._wanted = "now"
            return
        self._running = True
        self._screen.work(self._run(), "refresh")

    async def _run(self) -> None:
        started = time.monotonic()
        try:
            await self._read()
        finally:
            self.finished = time.monotonic()
            self._cost = self.finished - started
            self._running = False
            wanted, self._wanted = self._wanted, ""
            if wanted and self._screen.is_attached:
                self.now() if wanted == "now" else self.soon()
