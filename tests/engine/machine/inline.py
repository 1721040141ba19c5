"""SQLite without threads: the same calls on the same databases, in an order that a seed decides, not a scheduler."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import aiosqlite

_THREADED = aiosqlite.connect


class Inline(aiosqlite.Connection):
    """A connection whose calls are done at once; after each one others may go on, as behind a thread."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._connection is None:
            raise ValueError("Connection closed")
        try:
            return fn(*args, **kwargs)
        finally:
            await asyncio.sleep(0)

    async def _connect(self) -> aiosqlite.Connection:
        self._connection = self._connector()
        return self

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        return self._connect().__await__()

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def stop(self) -> None:
        """There is no thread to stop."""
        self._connection = None


def _connect(path: str | Path, *, iter_chunk_size: int = 64, **options: Any) -> aiosqlite.Connection:
    return Inline(lambda: sqlite3.connect(path, **options), iter_chunk_size)


def enter() -> None:
    """Open every database without a thread from here on, until ``leave``."""
    aiosqlite.connect = _connect  # type: ignore[assignment]


def leave() -> None:
    """Open databases as aiosqlite does."""
    aiosqlite.connect = _THREADED
