"""What the matrix found: each at the one place where it showed, named after the rule that decides it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.faults.field import Field, Lines
from tests.engine.faults.works import server_of
from tests.engine.push.running import running
from tests.engine.rules.desk import desk
from tests.servers.dialogue import Piece, Trap
from tests.servers.kinds import mailbox_on
from tui.engine.commands import CreateFolder
from tui.engine.imap.session import Session
from tui.engine.model import OperationState


async def cut(
    work: str, kind: str, folder: Path, at: Callable[[list[Piece]], Piece], *, named: bool = True
) -> tuple[list[str], bool]:
    """Lose one line of a work's dialogue, let everything come to rest, and judge."""
    with server_of(kind) as mailbox, Lines.open(mailbox.server) as lines:
        prepared = await Field.prepare(work, mailbox, folder / "home", lines, named=named)
        said, _ = await (await prepared.copy(1)).listened()
        trial = await prepared.copy(2)
        dialogue, _ = lines.listen(Trap.at(at(said.pieces), "lose"))
        async with trial.opened() as engine:
            await engine.sync()
        assert dialogue.sprung.is_set()
        return await trial.come_to_rest()


async def test_R36_what_a_deleted_folder_held_is_in_trash_once_where_the_answer_to_copy_is_lost(tmp_path: Path) -> None:
    """Without MOVE what is left in a folder is copied to Trash before the folder is deleted."""

    def last_copied(pieces: list[Piece]) -> Piece:
        return [one for one in pieces if one.way == "down" and b"OK [COPYUID" in one.raw][-1]

    assert await cut("delete folder", "no MOVE", tmp_path, last_copied) == ([], False)


async def test_R36_what_is_empty_inside_a_renamed_folder_follows_where_the_answer_is_lost(tmp_path: Path) -> None:
    """On Courier: nothing tells that an empty folder is one that was renamed, but what the person asked for."""

    def renamed(pieces: list[Piece]) -> Piece:
        return next(one for one in pieces if one.way == "down" and b"OK Folder renamed" in one.raw)

    assert await cut("rename folder", "courier", tmp_path, renamed) == ([], False)


async def test_R34_mail_without_message_id_is_found_where_the_server_searches_by_another_size(tmp_path: Path) -> None:
    """Courier's SEARCH counts line ends as one octet."""

    def expunged(pieces: list[Piece]) -> Piece:
        return next(one for one in pieces if one.way == "down" and b"OK EXPUNGE" in one.raw)

    assert await cut("move", "courier", tmp_path, expunged, named=False) == ([], False)


async def test_R36_a_folder_is_made_once_where_the_server_says_only_no_of_one_that_is_there() -> None:
    """Courier says of a folder that was made by an attempt that was cut only that it can't be made."""
    with mailbox_on("courier") as mailbox:
        async with desk(mailbox) as d:
            await d.sync()
            await d.do(CreateFolder(d.account.id, "Clients"))
            with mailbox.client() as client:
                assert client.create(mailbox.wire("Clients"))[0] == "OK"
            report = await d.sync()
            [op] = [one for one in d.operations() if one.kind == "create-folder"]
            assert (op.state, report.refused) == (OperationState.DONE, 0)
            assert d.folder("Clients").on_server


async def test_R36_a_folder_is_made_also_where_a_pull_sees_it_first(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In push mode the folders are listed on one connection while a folder is being made on another."""
    subscribe = Session.subscribe
    async with running(mailbox) as d:
        seen = []

        async def after_a_pull(session: Session, wire: str) -> None:
            await d.engine.sync_now()
            await d.until(lambda: any(one.name == "Clients" and one.on_server for one in d.reader.folders()))
            seen.append(wire)
            await subscribe(session, wire)

        monkeypatch.setattr(Session, "subscribe", after_a_pull)
        await d.do(CreateFolder(d.account.id, "Clients"))
        await d.settled()
        assert seen == ["Clients"]
        [op] = d.operations()
        assert (op.state, op.error, op.attempts) == (OperationState.DONE, "", 1)
        assert [one.selected for one in d.reader.folders() if one.name == "Clients"] == [True]
