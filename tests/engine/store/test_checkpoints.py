"""What was committed reaches the database file beside the writer, and a fault of that holds up nobody."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from tui.engine.store import checkpoints
from tui.engine.store.checkpoints import Checkpoints
from tui.engine.store.db import Database, open_mailbox


async def _set(database: Database, value: str) -> None:
    async with database.write() as tx:
        await tx.execute("INSERT INTO never_link (pattern, created) VALUES (?, 1)", (value,))


async def _checkpoint() -> None:
    """Wait for the checkpoint that a commit asked for."""
    await next(task for task in asyncio.all_tasks() if task.get_name() == "checkpoint")


def _in_the_file_alone(path: Path, copy: Path) -> list[str]:
    shutil.copyfile(path, copy)
    with closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as database:
        return [found for (found,) in database.execute("SELECT pattern FROM never_link")]


async def test_what_was_committed_is_copied_into_the_file_while_it_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 0)
    database = await open_mailbox(tmp_path / "mailbox.db")
    try:
        await _set(database, "here")
        await _checkpoint()
        assert _in_the_file_alone(database.path, tmp_path / "copy.db") == ["here"]
    finally:
        await database.close()


async def test_closing_does_not_wait_for_the_next_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 3600)
    database = await open_mailbox(tmp_path / "mailbox.db")
    await _set(database, "kept")
    async with asyncio.timeout(60):
        await database.close()
    assert _in_the_file_alone(database.path, tmp_path / "copy.db") == ["kept"]


async def test_a_checkpoint_that_fails_is_logged_and_the_next_one_is_tried(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 0)
    tried = 0

    async def connect() -> aiosqlite.Connection:
        nonlocal tried
        tried += 1
        raise sqlite3.OperationalError("disk I/O error")

    made = Checkpoints(connect)
    for count in (1, 2):
        made.committed()
        await _checkpoint()
        assert tried == count
    await made.close()
    assert caplog.text.count("could not be copied out of the log") == 2
