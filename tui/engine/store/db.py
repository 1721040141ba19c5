"""One SQLite database with numbered schemas, one writer at a time, and a connection of its own for reads.

Both databases of a home are opened by this class; what is in them is the business of the modules beside it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from tui.engine.errors import ConfigError
from tui.engine.store import SCHEMA, files
from tui.engine.store.checkpoints import Checkpoints

Tx = aiosqlite.Connection
"""A connection inside a transaction (writes) or at rest (reads); what every function of the store takes."""

ROWS = 128
"""Rows of one statement, a power of two; SQLite takes 32,766 values (its default since 3.32)."""
PIECE = 1 << 18
"""Octets of a big blob that are written at once."""
_PAGE = "PRAGMA page_size = 8192"
"""Of a new file. A first sync writes whole messages, each page twice: fewer, larger ones cost a third less."""
_PRAGMAS = (
    "PRAGMA wal_autocheckpoint = 8000",  # 64 MB: where a first sync is faster than the checkpoints beside it
    "PRAGMA journal_size_limit = 33554432",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -8000",
)


class Database:
    """An open database.

    Args:
        path: the file, made with mode 0600 when it is missing.
        schema: the folder of ``NNNN.sql`` files, forward only.
    """

    def __init__(self, path: Path, schema: Path) -> None:
        self.path = path
        self._schema = schema
        self._lock = asyncio.Lock()
        self._writer: aiosqlite.Connection | None = None
        self._reader: aiosqlite.Connection | None = None
        self._checkpoints = Checkpoints(self._connect)

    async def open(self) -> None:
        """Open the file and bring its schema up to date.

        Raises:
            ConfigError: it is damaged, not ours, from a newer dealdesk, or can't be opened.
        """
        try:
            files.create(self.path)
            self._writer = await self._connect()
            await self._migrate(self._writer)
            self._reader = await self._connect()
            await self._reader.execute("PRAGMA query_only = ON")
        except BaseException as error:
            await self.close()
            if isinstance(error, (sqlite3.Error, OSError)):
                raise ConfigError(
                    f"The database {self.path} can't be opened ({error}); {files.remedy(self.path, error)}."
                ) from error
            raise

    async def close(self) -> None:
        """Close the connections once the write under way is over; safe to call twice."""
        async with self._lock:
            await self._checkpoints.close()
            for connection in (self._reader, self._writer):
                if connection is not None:
                    await connection.close()
            self._reader = self._writer = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Enter one transaction; it is committed at the end and rolled back on any error, a cancellation too."""
        async with self._lock:
            assert self._writer is not None, "the database is not open"
            tx = self._writer
            try:
                # What was handed to the connection's thread is done even if nobody waits for it any more; so the
                # rollback, which does nothing outside a transaction, comes behind BEGIN and COMMIT alike.
                await tx.execute("BEGIN IMMEDIATE")
                yield tx
                await tx.execute("COMMIT")
            except BaseException:
                await tx.rollback()
                raise
            self._checkpoints.committed()

    @property
    def reads(self) -> Tx:
        """The connection for reads; it sees what is committed."""
        assert self._reader is not None, "the database is not open"
        return self._reader

    async def foreign_version(self) -> int:
        """Return a number that changes when another process has written."""
        assert self._writer is not None, "the database is not open"
        found = await row(self._writer, "PRAGMA data_version")
        return int(found[0]) if found is not None else 0

    async def _connect(self) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(self.path, isolation_level=None, cached_statements=256)
        connection.row_factory = sqlite3.Row
        try:
            await connection.execute(_PAGE)
            await files.use_wal(connection)
            for pragma in _PRAGMAS:
                await connection.execute(pragma)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _migrate(self, connection: aiosqlite.Connection) -> None:
        await connection.execute("BEGIN IMMEDIATE")
        try:
            row = await (await connection.execute("PRAGMA user_version")).fetchone()
            version = int(row[0]) if row else 0
            schemas = {int(f.stem): f for f in self._schema.glob("[0-9]*.sql")}
            if version > max(schemas):
                raise ConfigError(
                    f"The database {self.path} was written by a newer dealdesk (schema {version}); update dealdesk."
                )
            for number in sorted(n for n in schemas if n > version):
                for statement in files.statements(schemas[number].read_text("utf-8")):
                    await connection.execute(statement)
                await connection.execute(f"PRAGMA user_version = {number:d}")
            await connection.execute("COMMIT")
        except BaseException:
            await connection.execute("ROLLBACK")
            raise


async def open_mailbox(path: Path) -> Database:
    """Open the mailbox database."""
    database = Database(path, SCHEMA)
    await database.open()
    return database


async def rows(tx: Tx, sql: str, *args: object) -> list[sqlite3.Row]:
    """Return all rows of a query.

    It runs and ends in one go: a cursor left open for a moment would keep every other read of its connection at what
    was committed when it began.
    """
    return list(await tx.execute_fetchall(sql, args))


async def row(tx: Tx, sql: str, *args: object) -> sqlite3.Row | None:
    """Return the first row of a query, or None."""
    return next(iter(await rows(tx, sql, *args)), None)


async def value(tx: Tx, sql: str, *args: object) -> object:
    """Return the first column of the first row, or None."""
    found = await row(tx, sql, *args)
    return found[0] if found is not None else None


async def write_rows(tx: Tx, sql: str, rows_: Sequence[Sequence[object]]) -> None:
    """Run a statement over many rows at once.

    ``executemany`` takes the interpreter's lock twice for each row, and waits for it while mail is read in another
    thread; this takes it once for hundreds of rows.

    Args:
        sql: with ``{rows}`` where ``(?, ?), (?, ?), …`` is to stand.
        rows_: of one length; none of them big.
    """
    start = 0
    while start < len(rows_):
        # A prepared statement keeps the values that it was last given, so there are few of them: 128 rows, 64, 32, …
        count = min(ROWS, 1 << (len(rows_) - start).bit_length() - 1)
        some = rows_[start : start + count]
        one = f"({', '.join('?' * len(some[0]))})"
        filled = sql.replace("{rows}", ", ".join([one] * count))
        await tx.execute(filled, [value for row_ in some for value in row_])
        start += count


async def fill_blob(tx: Tx, table: str, column: str, rowid: int, path: Path) -> None:
    """Write a file into a blob of its size, piece by piece, so that it is never in memory."""

    def copy(connection: sqlite3.Connection) -> None:
        with connection.blobopen(table, column, rowid) as blob, path.open("rb") as file:
            while piece := file.read(PIECE):
                blob.write(piece)

    # aiosqlite has no door of its own to blobs; this is how all of its doors reach the connection's thread.
    await tx._execute(copy, tx._conn)  # type: ignore[no-untyped-call]


async def insert(tx: Tx, sql: str, *args: object) -> int:
    """Run an INSERT and return the new row's id."""
    async with tx.execute(sql, args) as cursor:
        assert cursor.lastrowid is not None
        return cursor.lastrowid
