"""What both database files share: how a file is made, switched to WAL, and how a schema is cut into statements."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

import aiosqlite

WAL_ATTEMPTS = 100
"""Times that the switch to WAL is tried while another process holds the file, 50 ms apart."""


def create(path: Path) -> None:
    """Make the file before SQLite does, so that it is never readable by others."""
    if not path.exists():
        # Never opened by us when it is there: closing it again would drop the locks of this process's connections.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    path.chmod(0o600)


async def use_wal(connection: aiosqlite.Connection) -> None:
    """Switch to write-ahead logging; SQLite does not wait for others here by itself.

    Raises:
        sqlite3.OperationalError: another process holds the file all the time.
    """
    for attempt in range(WAL_ATTEMPTS):
        try:
            await (await connection.execute("PRAGMA journal_mode = WAL")).close()
            return
        except sqlite3.OperationalError:
            if attempt == WAL_ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.05)


def statements(script: str) -> list[str]:
    """Cut a schema file into statements."""
    found, pending = [], ""
    for part in script.splitlines():
        if part.lstrip().startswith("--"):
            continue
        pending += part + "\n"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found
