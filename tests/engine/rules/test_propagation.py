"""R29 to R35: what others do on the server stays there, what is done here reaches it, refusals come back."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import NO_MOVE, POOR, Desk, arrive, desk, server
from tui.engine.commands import Delete, DeleteForever, Move, SetFlags
from tui.engine.model import OperationState
from tui.engine.store import messages, placements


async def spots(d: Desk, subject: str) -> list[str]:
    """The folders in which the server is known to hold a message."""
    number = d.id(subject)
    found = await placements.of_messages(d.engine.mailbox.reads, [number], d.account.id)
    return sorted(d.folder(spot.folder_id).name for spot in found.get(number, []))


# --- R29 to R31: what other clients do


async def test_R29_deleted_by_another_client_it_stays_here_with_its_links(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "Kept", "Other")
        d.delete_elsewhere("Kept")
        assert (await d.sync()).gone == 1
        row = d.row("Kept")
        assert (row.folder, row.on_server, [one.id for one in row.deals]) == ("INBOX", False, [deal])
        assert d.row("Other").on_server
        assert d.in_deal(deal) == ["Kept", "Other"]
        assert d.reader.body(row.id).state == "full"


async def test_R29_a_whole_folder_emptied_elsewhere_stays_here(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two", folder="Projects")
        with mailbox.client() as client:
            client.delete(mailbox.wire("Projects"))
        await d.sync()
        assert d.subjects() == ["One", "Two"]
        assert not any(row.on_server for row in d.rows())
        d.deliver("Three", "Projects")
        await d.sync()
        await d.engine.select_folders(d.account.id, [mailbox.server.shown("Projects")], True)
        await d.sync()
        assert d.subjects("Projects") == ["One", "Three", "Two"]


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("capability", [None, POOR])
async def test_R30_moved_by_another_client_it_keeps_its_local_folder(synced: bool, capability: str | None) -> None:
    with server(capability=capability) as mailbox:
        async with desk(mailbox, folders=None if synced else ("INBOX",)) as d:
            mailbox.deliver(d.mail("There before"), "Projects")
            await arrive(d, "Moved")
            number = d.id("Moved")
            d.elsewhere("INBOX", "Projects", "Moved")
            await d.sync()
            assert (d.id("Moved"), d.row("Moved").folder, d.row("Moved").on_server) == (number, "INBOX", True)
            assert "Moved" not in d.subjects("Projects")
            assert await spots(d, "Moved") == ["Projects"]


async def test_R29_hundreds_deleted_at_once_by_another_client_stay_and_are_known_as_gone(mailbox: Mailbox) -> None:
    mailbox.stock(150)
    async with desk(mailbox) as d:
        await d.sync()
        mailbox.doveadm("expunge", "mailbox", "INBOX", "uid", "1:140")
        assert (await d.sync()).gone == 140
        assert len(d.rows()) == 150
        assert sum(row.on_server for row in d.rows()) == 10


async def test_R30_a_folder_renamed_by_another_client_loses_no_mail(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "One", "Two", folder="Projects")
        with mailbox.client() as client:
            client.rename(mailbox.wire("Projects"), mailbox.wire("Work"))
        report = await d.sync()
        await d.sync()
        assert report.new == 0
        assert d.subjects() == ["One", "Two"]
        assert all(row.on_server for row in d.rows())
        assert d.in_deal(deal) == ["One", "Two"]
        await d.do(Delete([d.id("One")]))
        await d.sync()
        assert (d.server("Work"), d.server("Trash")) == (["Two"], ["One"])


async def test_R31_moved_before_it_was_seen_it_is_ingested_where_it_is(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("Early")
        d.elsewhere("INBOX", "Projects", "Early")
        await d.sync()
        assert d.row("Early").folder == "Projects"


# --- R32 and R33: what is done here


@pytest.mark.parametrize("capability", [None, NO_MOVE, POOR])
async def test_R32_a_move_is_here_at_once_and_then_on_the_server(capability: str | None) -> None:
    with server(capability=capability) as mailbox:
        async with desk(mailbox) as d:
            d.deliver("There", "Projects")
            await arrive(d, "Moved", "Left alone")
            await d.do(Move([d.id("Moved")], d.folder("Projects").id))
            assert (d.row("Moved").folder, d.row("Moved").pending) == ("Projects", True)
            report = await d.sync()
            assert report.pushed == 1
            assert (d.server(), d.server("Projects")) == (["Left alone"], ["Moved", "There"])
            await d.sync()
            assert (d.row("Moved").folder, d.row("Moved").pending, d.row("Moved").on_server) == (
                "Projects",
                False,
                True,
            )
            assert await spots(d, "Moved") == ["Projects"]
            assert len(d.rows()) == 3


async def test_R32_without_uidplus_other_deleted_messages_are_not_taken_along() -> None:
    with server(capability=POOR) as mailbox:
        async with desk(mailbox) as d:
            await arrive(d, "Moved", "Marked by another client")
            d.flag_elsewhere("Marked by another client", r"\Deleted")
            d.deliver("There", "Projects")
            await d.sync()
            await d.do(Move([d.id("Moved")], d.folder("Projects").id))
            await d.sync()
            assert "Marked by another client" in d.server()
            assert d.server("Projects") == ["Moved", "There"]
            await d.sync()
            assert d.row("Moved").folder == "Projects"
            assert len(d.rows()) == 3


async def test_R33_what_cannot_be_expunged_exactly_stays_marked_and_does_not_come_back() -> None:
    with server(capability=POOR) as mailbox:
        async with desk(mailbox) as d:
            await arrive(d, "Deleted", "Marked by another client")
            d.flag_elsewhere("Marked by another client", r"\Deleted")
            await d.sync()
            await d.do(DeleteForever([d.id("Deleted")]))
            for _ in range(2):
                await d.sync()
                assert d.subjects() == ["Marked by another client"]
            assert {copy.subject for copy in d.copies() if r"\Deleted" in copy.flags} == set(d.server())
            with mailbox.client() as client:
                client.select("INBOX")
                client.expunge()
            await d.sync()
            assert d.subjects() == ["Marked by another client"]
            assert not await messages.existing(d.engine.mailbox.reads, [1, 3, 4])


async def test_R33_a_deleted_message_goes_to_trash_and_from_there_for_good(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Deleted", "Other")
        raw = d.copies()[0].raw
        await d.do(Delete([d.id("Deleted")]))
        assert d.row("Deleted").folder == "Trash"
        await d.sync()
        assert (d.server(), d.server("Trash")) == (["Other"], ["Deleted"])
        mailbox.deliver(raw, "Trash", r"\Deleted")
        await d.do(Delete([d.id("Deleted")]))
        assert d.subjects() == ["Other"]
        await d.sync()
        assert d.server("Trash") == ["Deleted"], "exactly that UID was expunged, not what another client marked"
        assert d.subjects() == ["Other"]


async def test_R33_delete_makes_a_trash_folder_where_the_server_has_none(plain: Mailbox) -> None:
    async with desk(plain) as d:
        await arrive(d, "One", "Two", "Three")
        await d.do(Delete([d.id("One")]))
        await d.do(SetFlags([d.id("Two")], add=frozenset({"flagged"})))
        await d.do(Delete([d.id("Two")]))
        report = await d.sync()
        assert (report.pushed, report.refused) == (3, 0)
        assert (d.server(), d.server("Trash")) == (["Three"], ["One", "Two"])
        assert d.subjects("trash") == ["One", "Two"]
        await d.engine.undo()
        await d.sync()
        assert d.server() == ["Three", "Two"]
        assert d.row("Two").folder == "INBOX"


async def test_R33_a_trash_folder_found_meanwhile_takes_what_was_deleted_offline(plain: Mailbox) -> None:
    async with desk(plain) as d:
        await arrive(d, "One", "Two")
        await d.do(Delete([d.id("One")]))
        await d.do(SetFlags([d.id("Two")], add=frozenset({"flagged"})))
        await d.do(Delete([d.id("Two")]))
        with plain.client() as client:
            client.create(plain.wire("Papierkorb"))
        report = await d.sync()
        assert report.refused == 0
        assert d.server("Papierkorb") == ["One", "Two"]
        assert d.subjects("trash") == ["One", "Two"]
        await d.engine.undo()
        assert d.row("Two").folder == "INBOX"
        await d.sync()
        assert d.server() == ["Two"]


# --- R34: acting on what others have moved or deleted


@pytest.mark.parametrize("seen", [True, False])
async def test_R34_moved_by_another_client_to_an_unselected_folder_then_deleted_here(
    mailbox: Mailbox, seen: bool
) -> None:
    async with desk(mailbox, folders=("INBOX",)) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Moved")
        d.elsewhere("INBOX", "Projects", "Moved")
        if seen:
            await d.sync()
        await d.do(Delete([d.id("Moved")]))
        await d.sync()
        assert (d.server("Projects"), d.server("Trash")) == (["There"], ["Moved"])
        assert (d.row("Moved").folder, d.row("Moved").pending) == ("Trash", False)


@pytest.mark.parametrize("seen", [True, False])
async def test_R34_deleted_by_another_client_then_moved_here(mailbox: Mailbox, seen: bool) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Gone")
        d.delete_elsewhere("Gone")
        if seen:
            await d.sync()
        await d.do(Move([d.id("Gone")], d.folder("Projects").id))
        await d.sync()
        assert (d.row("Gone").folder, d.row("Gone").on_server, d.row("Gone").pending) == ("Projects", False, False)
        [move] = d.operations()
        assert move.state is OperationState.DONE
        assert "here only" in move.error
        assert d.server("Projects") == ["There"]


async def test_R34_reading_a_message_that_is_gone_from_the_server_is_no_news(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Gone")
        d.delete_elsewhere("Gone")
        await d.sync()
        told: list[object] = []
        d.engine.events.subscribe(told.extend)
        await d.do(SetFlags([d.id("Gone")], add=frozenset({"seen"})))
        await d.sync()
        d.engine.events.flush()
        assert d.row("Gone").seen
        assert not [one for one in told if type(one).__name__ == "Notified"]


# --- R35: refusals


async def test_R35_a_refused_delete_comes_back_in_the_servers_words() -> None:
    with server(acl=True) as mailbox:
        with mailbox.client() as client:
            client.create("NoDelete")
        async with desk(mailbox) as d:
            d.deliver("Protected", "NoDelete")
            await d.sync()
            await d.do(Delete([d.id("Protected")]))
            assert d.row("Protected").folder == "Trash"
            assert (await d.sync()).refused == 1
            [refused] = d.operations(OperationState.REFUSED)
            assert refused.error == "Permission denied."
            row = d.row("Protected")
            assert (row.folder, row.pending, row.refused, row.on_server) == ("NoDelete", False, True, True)
            assert (d.server("NoDelete"), d.server("Trash")) == (["Protected"], [])
            await d.engine.keep_local(refused.id)
            await d.sync()
            assert (d.row("Protected").folder, d.row("Protected").refused) == ("Trash", False)
            assert d.server("NoDelete") == ["Protected"]


async def test_R35_one_refused_message_of_many_does_not_bring_the_others_back() -> None:
    with server(acl=True) as mailbox:
        with mailbox.client() as client:
            client.create("NoDelete")
        async with desk(mailbox) as d:
            d.deliver("Protected", "NoDelete")
            await arrive(d, "One", "Two")
            await d.do(Delete([d.id("One"), d.id("Protected"), d.id("Two")]))
            report = await d.sync()
            assert (report.pushed, report.refused) == (2, 1)
            assert (d.server("Trash"), d.server("NoDelete")) == (["One", "Two"], ["Protected"])
            assert d.subjects("trash") == ["One", "Two"]
            assert d.row("Protected").folder == "NoDelete"


@pytest.mark.parametrize("capability", [None, NO_MOVE])
async def test_R35_a_move_over_quota_is_refused_and_nothing_is_lost(capability: str | None) -> None:
    with server(capability=capability, acl=True) as mailbox:
        async with desk(mailbox) as d:
            with mailbox.client() as client:
                client.create("ReadOnly")
            await arrive(d, "Moved")
            await d.do(Move([d.id("Moved")], d.folder("ReadOnly").id))
            assert (await d.sync()).refused == 1
            assert (d.row("Moved").folder, d.server(), d.server("ReadOnly")) == ("INBOX", ["Moved"], [])
            await d.do(SetFlags([d.id("Moved")], add=frozenset({"flagged"})))
            await d.sync()
            assert r"\Flagged" in d.copies()[0].flags


async def test_R35_a_folder_that_no_longer_exists_is_made_again_for_a_move(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Moved")
        await d.do(Move([d.id("Moved")], d.folder("Projects").id))
        with mailbox.client() as client:
            client.delete(mailbox.wire("Projects"))
        await d.sync()
        assert d.server("Projects") == ["Moved"]
        assert d.row("Moved").folder == "Projects"


async def test_R35_flags_in_a_read_only_folder_are_refused_and_go_back() -> None:
    with server(acl=True) as mailbox:
        rights = mailbox.server.root / "acl"
        async with desk(mailbox) as d:
            d.deliver("Hello", "Library")
            await d.sync()
            rights.write_text("Library owner lr\n")
            await d.do(SetFlags([d.id("Hello")], add=frozenset({"flagged"})))
            await d.sync()
            assert [op.error for op in d.operations(OperationState.REFUSED)] == ["the folder is read-only"]
            assert not d.row("Hello").flagged
