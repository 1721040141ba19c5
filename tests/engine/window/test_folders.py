"""Folders made, renamed and deleted here: at once, then on the server, once, and taken back by undo."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import POOR, Desk, arrive, desk, server
from tests.servers.dialogue import Dialogue, Trap
from tests.servers.proxy import Proxy
from tui.engine.commands import CreateFolder, DeleteFolder, Move, RenameFolder
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.imap import names
from tui.engine.model import OperationState


def on_server(d: Desk) -> set[str]:
    """The names of the server's folders as another client lists them."""
    with d.mailbox.client() as client:
        lines = [line.decode("ascii") for line in client.list()[1] if isinstance(line, bytes)]
    return {names.decode(re.sub(r'^\(.*?\) "." ', "", line).strip('"')) for line in lines}


def here(d: Desk) -> set[str]:
    """The names of the folders that are listed here."""
    return {one.name for one in d.reader.folders()}


@pytest.mark.parametrize("kind", [{}, {"prefix": "INBOX."}])
async def test_R32_a_folder_made_here_is_made_there_and_takes_mail_at_once(kind: dict[str, str]) -> None:
    with server(**kind) as mailbox:
        async with desk(mailbox) as d:
            await arrive(d, "One")
            await d.do(CreateFolder(d.account.id, "Kundé & Co"))
            made = d.reader.folder("Kundé & Co")
            await d.do(Move([d.id("One")], made.id))
            assert d.subjects(made.id) == ["One"]
            await d.sync()
            await d.sync()
            assert d.row("One").on_server
            assert f"{kind.get('prefix', '')}Kundé & Co" in on_server(d)
            assert d.reader.folder(made.id).on_server
            assert len([one for one in d.reader.folders() if "Kund" in one.name]) == 1


async def test_a_folder_that_was_made_is_taken_back_queued_or_done(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        await d.do(CreateFolder(d.account.id, "Clients/Acme"))
        assert await d.engine.undo() == 'Created the folder "Clients/Acme"'
        assert "Clients/Acme" not in here(d)
        await d.engine.redo()
        await d.sync()
        assert "Clients/Acme" in on_server(d)
        await d.engine.undo()
        await d.sync()
        assert ("Clients/Acme" in on_server(d), "Clients/Acme" in here(d)) == (False, False)


async def test_undo_never_deletes_a_folder_that_got_mail_meanwhile(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        await d.do(CreateFolder(d.account.id, "Clients"))
        await d.sync()
        d.deliver("Came meanwhile", "Clients")
        await d.engine.undo()
        await d.sync()
        [refused] = d.operations(OperationState.REFUSED)
        assert "holds messages" in refused.error
        assert d.server("Clients") == ["Came meanwhile"]
        await d.sync()
        assert d.subjects("Clients") == ["Came meanwhile"]


@pytest.mark.parametrize("capability", [None, POOR])
async def test_R7_a_folder_renamed_here_takes_along_what_is_inside(capability: str | None) -> None:
    with server(capability=capability) as mailbox, Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(d.mail("Big", body="word " * 40_000), "Clients/Acme")
            await arrive(d, "One", folder="Clients")
            folder = d.folder("Clients").id
            await d.do(RenameFolder(folder, "Kunden"))
            assert (d.row("One").folder, d.row("Big").folder) == ("Kunden", "Kunden/Acme")
            line.down.bytes = 0
            report = await d.sync()
            await d.sync()
            assert (report.new, report.gone, report.pushed) == (0, 0, 1)
            assert line.down.bytes < 20_000
            assert (d.server("Kunden"), d.server("Kunden/Acme"), d.server("Clients")) == (["One"], ["Big"], [])
            assert all(row.on_server for row in d.rows())
            assert d.folder("Kunden").id == folder
            await d.engine.undo()
            assert d.row("Big").folder == "Clients/Acme"
            await d.sync()
            assert (d.server("Clients"), d.server("Clients/Acme")) == (["One"], ["Big"])


async def test_R33_a_deleted_folder_empties_into_trash_also_what_was_never_downloaded(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two", folder="Clients")
        folder = d.folder("Clients").id
        with pytest.raises(InvalidInput, match="holds 2 messages"):
            await d.do(DeleteFolder(folder))
        await d.do(DeleteFolder(folder, 2))
        d.deliver("Came meanwhile", "Clients")
        assert "Clients" not in {one.name for one in d.reader.folders() if one.selected}
        await d.sync()
        assert d.server("Trash") == ["Came meanwhile", "One", "Two"]
        assert ("Clients" in on_server(d), "Clients" in here(d)) == (False, False)
        assert (d.row("One").folder, d.row("One").on_server) == ("Trash", True)
        assert await d.engine.undo() == 'Deleted the folder "Clients"'
        await d.sync()
        await d.sync()
        assert d.server("Clients") == ["One", "Two"]
        assert d.subjects("Clients") == ["One", "Two"]
        assert d.folder("Clients").id == folder


async def test_folders_that_are_needed_stay(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Clients/Acme")
        d.deliver("There too", "Clients")
        await d.sync()
        wrong = [
            (DeleteFolder(d.folder("INBOX").id), "inbox folder"),
            (RenameFolder(d.folder("Trash").id, "Bin"), "trash folder"),
            (DeleteFolder(d.folder("Clients").id, 9), 'holds the folder "Clients/Acme"'),
            (RenameFolder(d.folder("Clients").id, "Clients/Acme/Inner"), "in itself"),
            (RenameFolder(d.folder("Clients").id, "inbox"), "already"),
            (CreateFolder(d.account.id, "clients"), "already"),
            (CreateFolder(d.account.id, " / "), "no name"),
            (CreateFolder(d.account.id, "x" * 201), "no name"),
        ]
        for command, why in wrong:
            with pytest.raises(InvalidInput, match=why):
                await d.do(command)
        with pytest.raises(NotFound):
            await d.do(DeleteFolder(999))
        assert d.operations() == []


async def test_R35_a_refused_change_of_a_folder_is_told_and_taken_back() -> None:
    with server(acl=True) as box:
        async with desk(box) as d:
            d.deliver("One", "Clients")
            await d.sync()
            (box.server.root / "acl").write_text("Clients owner lrswite\n")
            await d.do(RenameFolder(d.folder("Clients").id, "Kunden"))
            await d.sync(ok=False)
            [refused] = d.operations(OperationState.REFUSED)
            assert "ermission" in refused.error
            assert d.row("One").folder == "Clients"
            await d.do(DeleteFolder(d.folder("Clients").id, 1))
            await d.sync(ok=False)
            assert len(d.operations(OperationState.REFUSED)) == 2
            assert d.folder("Clients").selected


@pytest.mark.parametrize("kind", ["create", "rename", "delete"])
async def test_R36_wherever_the_line_is_cut_a_change_of_a_folder_is_made_once(mailbox: Mailbox, kind: str) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            await d.sync()

            async def change(number: int, trap: Trap | None) -> Dialogue:
                old, new = f"Old {number}", f"New {number}"
                if kind != "create":
                    d.deliver(f"In {number}", old)
                    await d.sync()
                command = {
                    "create": lambda: CreateFolder(d.account.id, new),
                    "rename": lambda: RenameFolder(d.folder(old).id, new),
                    "delete": lambda: DeleteFolder(d.folder(old).id, 1),
                }[kind]()
                await d.do(command)
                said = Dialogue("imap", trap)
                line.listen_in(said)
                await d.sync(ok=False)
                line.listen_in(None)
                await d.sync()
                await d.sync()
                assert (d.open_operations(), d.operations(OperationState.REFUSED)) == ([], []), trap
                with d.mailbox.client() as client:
                    there = {name for name in (old, new) if client.select(f'"{name}"', readonly=True)[0] == "OK"}
                assert there == ({new} if kind != "delete" else set()), trap
                if kind != "create":
                    row = d.row(f"In {number}")
                    assert (row.folder, row.on_server) == (new if kind == "rename" else "Trash", True), trap
                return said

            said = (await change(0, None)).pieces
            verb = kind.upper().encode()
            at = next(place for place, piece in enumerate(said) if verb in piece.raw.upper() and piece.way == "up")
            for number, piece in enumerate(said[at : at + 3], 1):
                assert (await change(number, Trap.at(piece, "lose"))).sprung.is_set()
