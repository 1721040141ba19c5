"""How the server in memory tells of news: IDLE (RFC 2177) for the open folder, NOTIFY (RFC 5465) for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.engine.machine.boxes import Box, Store

Seen = dict[str, tuple[int, int, int]]


class News:
    """What one connection hears of.

    Args:
        store: the folders.
        report: tells what came and went in the open folder since the last answer.
        flags: tells the flags of what changed in the open folder since a modseq.
        counts: tells the counts of another folder.
    """

    def __init__(
        self,
        store: Store,
        report: Callable[[], None],
        flags: Callable[[Box, int], None],
        counts: Callable[[Box], None],
    ) -> None:
        self._store = store
        self._report = report
        self._flags = flags
        self._counts = counts
        self._changed = asyncio.Event()
        self._told: Seen | None = None
        self._modseq = 0
        store.watchers.add(self._changed.set)

    def end(self) -> None:
        """The connection is gone."""
        self._store.watchers.discard(self._changed.set)

    def of_all(self) -> None:
        """Tell of every folder from now on."""
        self._told = self._states()

    async def while_idle(self, box: Box | None, commands: asyncio.Queue[bytes], say: Callable[[], None]) -> None:
        """Tell of what happens in the open folder, and in the others where they are to be told of, until DONE."""
        self._modseq = box.modseq if box is not None else 0
        done = asyncio.ensure_future(commands.get())
        done.add_done_callback(lambda _: self._changed.set())
        try:
            while not done.done():
                self._changed.clear()
                self.tell(box)
                say()
                await self._changed.wait()
        finally:
            done.cancel()

    def tell(self, box: Box | None) -> None:
        """Tell what is new now."""
        if box is not None:
            self._report()
            self._flags(box, self._modseq)
            self._modseq = box.modseq
        if self._told is not None:
            now = self._states()
            for name, state in now.items():
                other = self._store.boxes[name]
                if other is not box and self._told.get(name) != state:
                    self._counts(other)
            self._told = now

    def _states(self) -> Seen:
        return {name: (box.validity, box.uidnext, box.modseq) for name, box in self._store.boxes.items()}
