"""Bulk work steps aside for a moment after each key, so that typing during a first sync feels like an idle program."""

from __future__ import annotations

import asyncio
import time

QUIET = 0.06
"""Seconds after a key in which no new slice of bulk work begins (notes/style.md, C5)."""
LONGEST = 0.5
"""Even under a key held down, bulk work goes on after this many seconds."""


class Pace:
    """Shared by the screen's thread, which tells of keys, and the engine's, which rests."""

    def __init__(self) -> None:
        self._key = 0.0

    def key(self) -> None:
        """A key was pressed; called from the screen's thread, costs nothing."""
        self._key = time.monotonic()

    async def rest(self) -> None:
        """Wait until no key was pressed for ``QUIET`` seconds, at most ``LONGEST``."""
        end = time.monotonic() + LONGEST
        while True:
            left = self._left(end)
            if left <= 0:
                return
            await asyncio.sleep(left)

    def rest_here(self) -> None:
        """The same in a worker's thread."""
        end = 0.0
        while (left := self._left(end)) > 0:
            end = end or time.monotonic() + LONGEST
            time.sleep(left)

    def _left(self, end: float) -> float:
        now = time.monotonic()
        return self._key + QUIET - now if not end or now < end else 0
