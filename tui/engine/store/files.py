"""What both database files share: how one is made and switched to WAL, how a schema is cut, what mends a fault."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import sqlite3
from pathlib import Path

import aiosqlite

WAL_ATTEMPTS = 100
"""Times that the switch to WAL is tried while another process holds the file, 50 ms apart."""


ROOM = 1024 * 1024
"""Octets that a disk must have left for a database to be opened: its index of the log takes some."""

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CRAMPED = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_FORBIDDEN = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})


def remedy(path: Path, error: Exception) -> str:
    """Return what to do about a database that can't be used; only of one that is damaged, to move it away.

    Args:
        path: the database's file.
        error: what SQLite or the system said.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return "end the program that holds it"
    full = code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) == errno.ENOSPC
    if full or (code in _CRAMPED and _free(path) < ROOM):
        return "make room on its disk"
    if isinstance(error, PermissionError) or getattr(error, "errno", 0) == errno.EROFS or code in _FORBIDDEN:
        return f"see to it that you may read and write it and {path.parent}"
    return "restore it from a backup or move it away"


def _free(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return ROOM


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
