"""Bodies on their way into the store, three at work at once: one comes, one is read in a thread, one is written.

Whoever fetches waits when the others can't keep up, so that no more than a few batches are ever held.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tui.engine import events
from tui.engine.errors import DealdeskError
from tui.engine.store import bodies, messages, testimonies
from tui.engine.store.bodies import StoredBody
from tui.engine.store.messages import Headline
from tui.engine.sync.aside import Aside, Came, derive_all, worthwhile
from tui.engine.sync.context import Context

BATCH, BATCH_OCTETS = 400, 4_000_000
"""Bodies that are written in one transaction: at most so many, and no further one once they have so many octets."""

Told = Callable[[Sequence[int]], Awaitable[None]]
"""Is given message ids."""


class Intake:
    """Takes bodies; see ``intake``.

    Args:
        told: awaited after every transaction with the ids that it stored.
        foreign: awaited with the ids for which the source of another message came; that is not stored.
    """

    def __init__(self, context: Context, told: Told | None, foreign: Told | None) -> None:
        self.stored: set[int] = set()
        self._context = context
        self._told = told
        self._foreign = foreign
        self._coming: list[Came] = []
        self._octets = 0
        self._aside: Aside | None = None
        self._to_read: asyncio.Queue[list[Came] | None] = asyncio.Queue(1)
        self._to_write: asyncio.Queue[list[StoredBody] | None] = asyncio.Queue(1)

    async def take(self, message_id: int, body: bytes | Path) -> None:
        """Take one body; waits while the batches before it are not through."""
        self._coming.append((message_id, body))
        self._octets += len(body) if isinstance(body, bytes) else BATCH_OCTETS
        if len(self._coming) >= BATCH or self._octets >= BATCH_OCTETS:
            await self.flush()

    async def flush(self) -> None:
        """Let what came so far be read and written, however little it is."""
        if self._coming:
            batch, self._coming, self._octets = self._coming, [], 0
            await self._to_read.put(batch)

    async def end(self) -> None:
        """Nothing more comes."""
        await self.flush()
        await self._to_read.put(None)

    async def read(self) -> None:
        """Read batches until the end."""
        while (batch := await self._to_read.get()) is not None:
            await self._context.pace.rest()
            known = await messages.headlines(self._context.desk.mailbox.reads, [number for number, _ in batch])
            derived = await asyncio.to_thread(self._derive, batch, known)
            foreign = {number for number, _ in batch} - {body.message_id for body in derived}
            if foreign and self._foreign is not None:
                await self._foreign(sorted(foreign))
            await self._to_write.put(derived)
        await self._to_write.put(None)

    async def write(self) -> None:
        """Write batches until the end."""
        while (batch := await self._to_write.get()) is not None:
            try:
                await store(self._context, batch)
            finally:
                await asyncio.to_thread(forget_all, batch)
            done = [body.message_id for body in batch]
            self.stored.update(done)
            if self._told is not None:
                await self._told(done)

    def _derive(self, batch: Sequence[Came], known: Mapping[int, Headline]) -> list[StoredBody]:
        return self._aside.derive(batch, known) if self._aside else derive_all(batch, known, self._context.pace)

    async def many(self) -> None:
        """Many more come: from now on they are read in a process of its own, where there is a processor for it."""
        if self._aside is None and worthwhile():
            self._aside = await asyncio.to_thread(Aside, self._context.pace)

    def discard(self) -> None:
        """Remove the files of what was never read, and end the process that reads."""
        if self._aside is not None:
            self._aside.close()
        waiting = self._coming
        while not self._to_read.empty():
            waiting = [*waiting, *(self._to_read.get_nowait() or ())]
        for _, body in waiting:
            if isinstance(body, Path):
                body.unlink(missing_ok=True)


@asynccontextmanager
async def intake(context: Context, told: Told | None = None, foreign: Told | None = None) -> AsyncIterator[Intake]:
    """Enter the taking of bodies; at its end all that came is stored, also when the connection was lost meanwhile."""
    taking, fault = Intake(context, told, foreign), None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(taking.read(), name="read bodies")
            group.create_task(taking.write(), name="write bodies")
            try:
                yield taking
            except DealdeskError as error:
                fault = error
            await taking.end()
    except BaseExceptionGroup as faults:
        raise faults.exceptions[0] from None
    finally:
        taking.discard()
    if fault is not None:
        raise fault


async def store(context: Context, derived: Sequence[StoredBody]) -> None:
    """Store derived bodies, tell about them and let the CRM have the linked ones."""
    if not derived:
        return
    async with context.desk.mailbox.write() as tx:
        await bodies.save(tx, derived)
        judged = await testimonies.keep(tx, [(body.message_id, body.said) for body in derived])
    context.bus.publish(events.MessagesChanged(frozenset((*judged, *(body.message_id for body in derived)))))
    await context.publish()


def forget_all(batch: Sequence[StoredBody]) -> None:
    """Remove the files of big bodies."""
    for body in batch:
        body.forget()
