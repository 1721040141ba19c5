"""What was committed is copied from the log into the database beside the writer, so that no commit waits for the disk.

SQLite would do it at the end of the commit that makes the log too long, and sync twice meanwhile: hundredths of a
second on a good disk, whole ones on a busy one. A checkpoint that is passive holds up nobody (SQLite, Write-Ahead
Logging, 2.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable

import aiosqlite

PAUSE = 0.5
"""Seconds from a commit to its checkpoint, which many commits then share."""

_log = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one database, on a connection of their own.

    Args:
        connect: opens a connection to it.
    """

    def __init__(self, connect: Callable[[], Awaitable[aiosqlite.Connection]]) -> None:
        self._connect = connect
        self._connection: aiosqlite.Connection | None = None
        self._running: asyncio.Task[None] | None = None
        self._committed = False
        self._closing = asyncio.Event()

    def committed(self) -> None:
        """Something was committed; costs nothing."""
        self._committed = True
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(), name="checkpoint")

    async def close(self) -> None:
        """Wait for the checkpoint under way and make no more; safe to call twice."""
        self._closing.set()
        if self._running is not None:
            await self._running
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _run(self) -> None:
        while self._committed and not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), PAUSE)
                return
            self._committed = False
            try:
                if self._connection is None:
                    self._connection = await self._connect()
                await self._connection.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.Error:
                # The writer meets the same fault where it matters, and tells it.
                _log.warning("What was committed could not be copied out of the log; it stays there", exc_info=True)
                return
