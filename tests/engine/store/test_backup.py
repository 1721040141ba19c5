"""A backup is the whole home at one moment; it comes back only where nothing is lost by it, and sends nothing twice."""

from __future__ import annotations

import asyncio
import io
import stat
import tarfile
from pathlib import Path

import pytest

from tui.engine.core import Engine
from tui.engine.errors import Busy, InvalidInput
from tui.engine.model import Account, OperationState, Security, Server
from tui.engine.paths import Paths
from tui.engine.store import accounts, operations
from tui.engine.store.backup import back_up, restore


async def home(folder: Path, name: str = "Ann") -> Paths:
    """Make a home with a person, a secret and a message that is queued."""
    paths = Paths.of(folder)
    engine = await Engine.open(paths)
    await engine.people.add(name, [f"{name.lower()}@acme.io"])
    here = Server("h", 1, Security.NONE)
    async with engine.mailbox.write() as tx:
        await accounts.add(tx, Account(0, "me@home.example", "", "me", here, None))
        action = await operations.add_action(tx, "Send", {}, {})
        await operations.add(tx, action, 1, "send", None, {"to": ["ann@acme.io"]})
        await operations.add(tx, action, 1, "flag", None, {"add": [], "remove": []})
    await engine.close()
    (paths.secrets / "me").write_text("hunter2hunter2")
    paths.settings.write_text("# mine\n", "utf-8")
    return paths


async def test_a_home_comes_back_whole_and_without_secrets(tmp_path: Path) -> None:
    paths = await home(tmp_path / "old")
    file, names = back_up(paths, tmp_path / "home.backup")
    assert names == ("mailbox.db", "crm.db", "config.toml")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as archive:
        contents = b"".join(content.read() for one in archive if (content := archive.extractfile(one)))
    assert b"hunter2hunter2" not in contents
    back = Paths.of(tmp_path / "new")
    assert restore(back, file) == names
    assert back.settings.read_text("utf-8") == "# mine\n"
    engine = await Engine.open(back)
    assert [one.name for one in engine.reader.crm.persons()] == ["Ann"]
    found = {one.kind: one for one in engine.reader.operations()}
    assert found["flag"].state is OperationState.QUEUED
    assert found["send"].state is OperationState.FAILED
    assert "may have been sent since" in found["send"].error
    await engine.close()
    assert stat.S_IMODE(back.mailbox.stat().st_mode) == 0o600


async def test_a_backup_is_one_moment_while_others_write(tmp_path: Path) -> None:
    paths = await home(tmp_path / "old")
    engine = await Engine.open(paths)
    stop = False

    async def write() -> int:
        count = 0
        while not stop:
            count += 1
            changed = await engine.people.add(f"P{count}")
            await engine.record(changed)
        return count

    writing = asyncio.create_task(write())
    file, _ = await asyncio.to_thread(back_up, paths, tmp_path / "x.backup")
    stop = True
    assert await writing > 0
    await engine.close()
    back = Paths.of(tmp_path / "new")
    restore(back, file)
    engine = await Engine.open(back)
    actions = [title for _, title in await engine.history(10_000)]
    people = {f"Added {one.name}" for one in engine.reader.crm.persons()}
    # What the mailbox knows of is in the CRM; the CRM may be one ahead, as after a crash.
    assert set(actions) - {"Send"} <= people
    assert len(people) - 1 - (len(actions) - 1) <= 1
    await engine.close()


async def test_nothing_is_written_over(tmp_path: Path) -> None:
    paths = await home(tmp_path / "old")
    file, _ = back_up(paths, tmp_path / "x.backup")
    before = file.read_bytes()
    with pytest.raises(InvalidInput, match="already"):
        back_up(paths, file)
    assert file.read_bytes() == before
    other = await home(tmp_path / "other", "Bo")
    with pytest.raises(InvalidInput, match="--replace"):
        restore(other, file)
    restore(other, file, replace=True)
    [kept] = other.data.glob("before-restore-*")
    assert {one.name for one in kept.iterdir()} >= {"mailbox.db", "crm.db", "config.toml"}
    engine = await Engine.open(other)
    assert [one.name for one in engine.reader.crm.persons()] == ["Ann"]
    await engine.close()


async def test_the_crm_alone(tmp_path: Path) -> None:
    paths = await home(tmp_path / "old")
    file, names = back_up(paths, tmp_path / "crm.backup", crm_only=True)
    assert names == ("crm.db",)
    assert restore(Paths.of(tmp_path / "new"), file) == names


async def test_what_is_no_backup_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    paths = await home(tmp_path / "old")
    file, _ = back_up(paths, tmp_path / "x.backup")
    whole = file.read_bytes()
    evil = io.BytesIO()
    with tarfile.open(fileobj=evil, mode="w:gz") as archive:
        member = tarfile.TarInfo("../../evil")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    for data in (b"", b"nonsense", whole[: len(whole) // 2], whole[:-1000], evil.getvalue()):
        broken = tmp_path / "broken.backup"
        broken.write_bytes(data)
        back = Paths.of(tmp_path / "new")
        with pytest.raises(InvalidInput, match="backup"):
            restore(back, broken)
        assert not back.mailbox.exists()
        assert not (tmp_path / "evil").exists()
        assert not (tmp_path.parent / "evil").exists()
    with pytest.raises(InvalidInput, match="nothing to back up"):
        back_up(Paths.of(tmp_path / "new"), tmp_path / "y.backup")
    assert not (tmp_path / "y.backup").exists()


async def test_a_running_workspace_is_not_replaced(tmp_path: Path) -> None:
    paths = await home(tmp_path / "old")
    file, _ = back_up(paths, tmp_path / "x.backup")
    running = Paths.of(tmp_path / "running")
    engine = await Engine.open(running)
    await engine.start()
    try:
        with pytest.raises(Busy, match="close it"):
            restore(running, file, replace=True)
    finally:
        await engine.close()
