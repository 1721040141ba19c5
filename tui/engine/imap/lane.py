"""Who may send now: commands that share the line, or one that needs it alone; first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from copy import copy


class Lane:
    """The order in which commands go out on one connection.

    Args:
        depth: how many shared commands may run at once, at least 1.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.on_wait: Callable[[], None] | None = None
        """Called when a command has to wait; IDLE ends then."""
        self._waiting: deque[tuple[bool, asyncio.Future[None]]] = deque()
        self._running = 0
        self._alone = False
        self._broken: Exception | None = None

    async def enter(self, alone: bool) -> None:
        """Wait for a place; ``leave`` gives it back.

        Raises:
            Exception: what ``fail`` was given.
        """
        if self._broken is not None:
            raise copy(self._broken)
        if not self._waiting and self._free(alone):
            self._take(alone)
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((alone, place))
        if self.on_wait is not None:
            self.on_wait()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.leave()
            else:
                self._waiting = deque(entry for entry in self._waiting if entry[1] is not place)
                self._admit()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._running -= 1
        self._alone = False
        self._admit()

    @property
    def crowded(self) -> bool:
        """Whether somebody waits."""
        return any(not place.done() for _, place in self._waiting)

    def fail(self, error: Exception) -> None:
        """Refuse everyone who waits or comes."""
        self._broken = error
        while self._waiting:
            _, place = self._waiting.popleft()
            if not place.done():
                place.set_exception(copy(error))

    def _free(self, alone: bool) -> bool:
        return self._running == 0 if alone else not self._alone and self._running < self.depth

    def _take(self, alone: bool) -> None:
        self._running += 1
        self._alone = alone

    def _admit(self) -> None:
        while self._waiting:
            alone, place = self._waiting[0]
            if place.done():
                self._waiting.popleft()
            elif self._free(alone):
                self._waiting.popleft()
                self._take(alone)
                place.set_result(None)
            else:
                return
