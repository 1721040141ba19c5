from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.engine.crm.desk import Crm
from tui.engine.crm.db import CrmDb, migrations, statements
from tui.engine.crm.reader import CrmReader
from tui.engine.errors import ConfigError


def test_the_files_are_readable_by_their_owner_alone(crm: Crm) -> None:
    for name in (crm.path, f"{crm.path}-wal"):
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600


async def test_a_new_crm_has_a_pipeline(crm: Crm) -> None:
    (sales,) = crm.reader.pipelines()
    assert sales.name == "Sales"
    assert [stage.name for stage in sales.stages] == ["Lead", "Offer", "Negotiation", "Verbal"]


async def test_opening_again_changes_nothing(crm: Crm) -> None:
    before = await crm.rows()
    again = await CrmDb.open(crm.path)
    await again.close()
    assert await crm.rows() == before


async def test_two_processes_may_make_it_at_once(tmp_path: Path) -> None:
    both = await asyncio.gather(*(CrmDb.open(tmp_path / "crm.db") for _ in range(2)))
    assert len(await both[0].fetch("SELECT * FROM pipelines")) == 1
    for db in both:
        await db.close()


async def test_a_newer_schema_is_refused_with_one_sentence(crm: Crm) -> None:
    async with crm.db.transaction() as tx:
        await tx.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")
    with pytest.raises(ConfigError, match=r"newer dealdesk \(schema 999"):
        await CrmDb.open(crm.path)


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    path.write_bytes(b"not a database " * 1000)
    with pytest.raises(ConfigError, match=str(path)):
        await CrmDb.open(path)


async def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    with pytest.raises(ConfigError, match="no CRM"):
        await CrmDb.open(path)


def test_reading_a_missing_crm_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        CrmReader(tmp_path / "crm.db")


async def test_a_transaction_is_all_or_nothing(crm: Crm) -> None:
    before = await crm.rows()

    async def write() -> None:
        async with crm.db.transaction() as tx:
            await tx.insert("tags", {"name": "a", "key": "a"})
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await write()
    assert await crm.rows() == before


async def test_a_cancelled_transaction_leaves_nothing_and_frees_the_lock(crm: Crm) -> None:
    inside, never = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with crm.db.transaction() as tx:
            await tx.insert("tags", {"name": "a", "key": "a"})
            inside.set()
            await never.wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with crm.db.transaction() as tx:
        assert await tx.execute("SELECT * FROM tags") == []


async def test_readers_see_only_what_is_committed(crm: Crm) -> None:
    async with crm.db.transaction() as tx:
        await tx.insert("tags", {"name": "a", "key": "a"})
        assert await crm.db.fetch("SELECT * FROM tags") == []
    assert len(await crm.db.fetch("SELECT * FROM tags")) == 1


async def test_check_finds_nothing_wrong(crm: Crm) -> None:
    assert await crm.db.check() == []


def test_the_schema_is_cut_into_whole_statements() -> None:
    found = statements(migrations()[0][1])
    assert all(sqlite3.complete_statement(one) for one in found)
    assert sum(one.startswith("CREATE TABLE") for one in found) == 17


def test_the_schema_in_postgresqls_words_has_nothing_of_sqlites() -> None:
    script = "\n".join(one for _, text in migrations() for one in statements(text, "postgresql"))
    for word in ("AUTOINCREMENT", "INTEGER PRIMARY KEY", "BLOB", "PRAGMA", "WITHOUT ROWID", "COLLATE"):
        assert word not in script


if all(shutil.which(name) for name in ("postgres", "initdb", "setpriv")) and os.geteuid() == 0:
    # Not a dependency of the tests: where the programs are, a real server takes the schema in its own words.
    def test_the_schema_suits_postgresql() -> None:
        as_nobody = ["setpriv", "--reuid=nobody", "--clear-groups"]
        with tempfile.TemporaryDirectory() as folder:
            shutil.chown(folder, "nobody")
            made = [*as_nobody, "initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "crm", "-N"]
            subprocess.run(made, capture_output=True, check=True)
            script = "".join(f"{one}\n\n" for _, text in migrations() for one in statements(text, "postgresql"))
            done = subprocess.run(
                [*as_nobody, "postgres", "--single", "-j", "-D", f"{folder}/data", "postgres"],
                input=script,
                capture_output=True,
                text=True,
                check=False,
            )
        assert "ERROR" not in done.stderr, done.stderr
