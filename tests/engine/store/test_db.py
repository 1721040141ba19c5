"""The mailbox database under cancellation, concurrent reads and closing."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tui.engine.store import SCHEMA, departed, files, links
from tui.engine.store.db import Database, open_mailbox, rows, value

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
    begun, written, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def begin() -> int:
        loop.call_soon_threadsafe(begun.set)
        written.wait()
        return 1

    await database.reads.create_function("begun", 0, begin)
    slow = asyncio.create_task(value(database.reads, SLOW))
    await begun.wait()
    async with database.write() as tx:
        await tx.execute(ADD, ("new",))
    written.set()
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


async def earlier(folder: Path, version: int, *filled: str) -> None:
    """A mailbox as a dealdesk of an earlier schema left it."""
    old = folder / "schema"
    old.mkdir()
    for number in range(1, version + 1):
        shutil.copy(SCHEMA / f"{number:04}.sql", old)
    before = Database(folder / "mailbox.db", old)
    await before.open()
    async with before.write() as tx:
        for statement in filled:
            await tx.execute(statement)
    await before.close()


async def test_R46_what_left_before_contents_were_noted_is_known_by_its_header(tmp_path: Path) -> None:
    await earlier(tmp_path, 5, "INSERT INTO known (header_key, ingested_at) VALUES ('a', 1), ('b', 2)")
    present = await open_mailbox(tmp_path / "mailbox.db")
    try:
        assert await departed.of_keys(present.reads, ["a", "b", "c"]) == {"a": {"": "a"}, "b": {"": "b"}}
    finally:
        await present.close()


AWAY = ("Auto-Submitted: auto-replied", "AUTO-SUBMITTED:auto-generated", "Precedence: bulk", "Precedence: auto_reply")
PERSONS = (
    "Auto-Submitted: no",
    "auto-submitted:no",
    "Precedence: list",
    "X-Loop: 1\r\n\r\nAuto-Submitted: auto-replied",
)


async def test_what_no_person_wrote_is_found_in_an_earlier_mailbox_and_told_again(tmp_path: Path) -> None:
    """The CRM is told once more of what it holds; old mail that nothing asks for is left alone."""
    message = (
        "INSERT INTO messages (identity, header_key, thread_id, direction, date, from_name, from_email, recipients,"
        " subject, ingested_at, publish) VALUES ('{0}', '{0}', {1}, '{2}', {3}, '', '{4}', '{{}}', '{0}', 1, '{5}')"
    )
    letters = [(one, 1, "in", 1, "a@x.example", "done") for one in (*AWAY, *PERSONS)]
    letters += [
        ("From a daemon", 1, "in", 1, "MAILER-DAEMON@x.example", ""),
        ("Precedence: junk", 1, "in", 1, "a@x.example", ""),
        ("Precedence: Bulk", 7, "in", 1, "a@x.example", ""),
        ("Content-Type: multipart/report", 1, "in", int(time.time()), "a@x.example", ""),
    ]
    filled = [message.format(*one) for one in letters]
    filled.append(
        "INSERT INTO sources SELECT id, CAST('Subject: x' || char(13, 10) || identity || char(13, 10) || 'To: y'"
        " || char(13, 10, 13, 10) || 'Hello' AS BLOB) FROM messages"
    )
    filled += [message.format("asked", 7, "out", 1, "me@x.example", ""), "INSERT INTO reminders VALUES (13, 5)"]
    await earlier(tmp_path, 8, *filled)
    present = await open_mailbox(tmp_path / "mailbox.db")
    try:
        found = await rows(present.reads, "SELECT identity, publish FROM messages WHERE automatic = 1 ORDER BY id")
    finally:
        await present.close()
    assert [tuple(one) for one in found] == [
        *((one, "due") for one in AWAY),
        ("From a daemon", ""),
        ("Precedence: Bulk", ""),
        ("Content-Type: multipart/report", ""),
    ]


def test_a_database_is_to_be_moved_away_only_when_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "some.db"

    def said(sql: str, mode: str = "rw") -> str:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode={mode}", uri=True, timeout=0)) as db:
            try:
                db.executescript(sql)
            except sqlite3.Error as error:
                return files.remedy(path, error)
        return ""

    assert said("CREATE TABLE t (x)", "rwc") == ""
    assert "make room" in said("PRAGMA max_page_count = 3; INSERT INTO t VALUES (zeroblob(99999))")
    assert "may read and write" in said("INSERT INTO t VALUES (1)", "ro")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert "end the program" in said("INSERT INTO t VALUES (1)")
    path.write_bytes(b"no database" * 500)
    assert "move it away" in said("INSERT INTO t VALUES (1)")
    assert "make room" in files.remedy(path, OSError(errno.ENOSPC, "full"))
    assert "may read and write" in files.remedy(path, PermissionError(errno.EACCES, "no"))


async def test_R23_links_of_an_earlier_mailbox_stay_single_and_their_tombstones_stay(tmp_path: Path) -> None:
    await earlier(
        tmp_path,
        1,
        "INSERT INTO messages (identity, header_key, thread_id, direction, date, from_name, from_email, recipients,"
        " subject, ingested_at) VALUES ('a', 'a', 1, 'in', 1, '', 'a@x.example', '{}', 'a', 1)",
        "INSERT INTO links (message_id, person_id, deal_id, origin, created, removed_at)"
        " VALUES (1, 7, NULL, 'auto', 1, NULL), (1, NULL, 7, 'auto', 1, 2)",
    )
    present = await open_mailbox(tmp_path / "mailbox.db")
    try:
        async with present.write() as tx:
            fresh = [(1, 7, None, False, "thread", 3), (1, None, 7, False, "thread", 3), (1, None, 8, False, "auto", 3)]
            await links.insert_decisions(tx, [], fresh)
        kept = [(k.person_id, k.deal_id, k.origin, k.removed_at) for k in await _all_links(present)]
        async with present.write() as tx:
            await links.add(tx, [1], [7], [7, 8], "manual")
        again = [(k.person_id, k.deal_id, k.origin, k.removed_at) for k in await _all_links(present)]
        plan = await rows(present.reads, "EXPLAIN QUERY PLAN SELECT 1 FROM links WHERE message_id = 1")
    finally:
        await present.close()
    assert kept == [(7, None, "auto", None), (None, 7, "auto", 2), (None, 8, "auto", None)]
    assert again == [(7, None, "auto", None), (None, 7, "manual", None), (None, 8, "auto", None)]
    assert "links_of_message" in plan[0]["detail"]


async def _all_links(database: Database) -> list[links.Link]:
    return await links.of_messages(database.reads, [1], live=False)
