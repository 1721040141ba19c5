"""The mailbox database under cancellation, concurrent reads and closing."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tui.engine.store import SCHEMA, departed
from tui.engine.store.db import Database, open_mailbox, value

SLOW = (
    "WITH RECURSIVE c (x) AS (SELECT begun() UNION ALL SELECT x + 1 FROM c WHERE x < 600000)"
    " SELECT x, (SELECT count(*) FROM never_link) FROM c ORDER BY -x LIMIT 3"
)
ADD = "INSERT INTO never_link (pattern, created) VALUES (?, 1)"
COUNT = "SELECT count(*) FROM never_link"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty mailbox database."""
    opened = await open_mailbox(tmp_path / "mailbox.db")
    yield opened
    await opened.close()


async def test_a_write_that_is_cancelled_while_it_waits_for_another_process_leaves_no_transaction(
    database: Database,
) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.write() as tx:
            await tx.execute(ADD, ("never",))

    waiting = asyncio.create_task(write())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    other.execute("ROLLBACK")
    other.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with database.write() as tx:
        await tx.execute(ADD, ("later",))
    assert await value(database.reads, COUNT) == 1


async def test_a_read_sees_what_was_committed_though_another_read_is_still_at_work(database: Database) -> None:
    async with database.reads.execute(COUNT) as cursor:
        await cursor.fetchall()
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def begin() -> int:
        loop.call_soon_threadsafe(begun.set)
        return 1

    await database.reads.create_function("begun", 0, begin)
    slow = asyncio.create_task(value(database.reads, SLOW))
    await begun.wait()
    assert not slow.done(), "the read must still be at work"
    async with database.write() as tx:
        await tx.execute(ADD, ("new",))
    assert await value(database.reads, COUNT) == 1
    await slow


async def test_closing_waits_for_the_write_under_way(database: Database) -> None:
    began = asyncio.Event()
    going_on = asyncio.Event()

    async def write() -> None:
        async with database.write() as tx:
            began.set()
            await going_on.wait()
            await tx.execute(ADD, ("kept",))

    writing = asyncio.create_task(write())
    await began.wait()
    closing = asyncio.create_task(database.close())
    await asyncio.wait([closing], timeout=0.1)
    going_on.set()
    await writing
    await closing
    again = sqlite3.connect(database.path)
    assert again.execute(COUNT).fetchone() == (1,)
    again.close()


async def test_R46_what_left_before_contents_were_noted_is_known_by_its_header(tmp_path: Path) -> None:
    old = tmp_path / "schema"
    old.mkdir()
    for number in range(1, 6):
        shutil.copy(SCHEMA / f"{number:04}.sql", old)
    before = Database(tmp_path / "mailbox.db", old)
    await before.open()
    async with before.write() as tx:
        await tx.execute("INSERT INTO known (header_key, ingested_at) VALUES ('a', 1), ('b', 2)")
    await before.close()
    present = await open_mailbox(tmp_path / "mailbox.db")
    try:
        assert await departed.of_keys(present.reads, ["a", "b", "c"]) == {"a": {"": "a"}, "b": {"": "b"}}
    finally:
        await present.close()
