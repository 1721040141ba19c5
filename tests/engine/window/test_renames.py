"""Folders that another client renamed, swapped, deleted or made: what is here follows, nothing comes twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Mailbox
from tests.engine.rules.desk import POOR, Desk, arrive, desk, server
from tests.servers.proxy import Proxy
from tui.engine.commands import Move
from tui.engine.imap.facts import FolderStatus
from tui.engine.imap.folders import ListedFolder
from tui.engine.model import Role
from tui.engine.store.folders import FolderState
from tui.engine.sync.renames import renamed


def ours(number: int, wire: str, validity: int | None, uidnext: int | None = 5, object_id: str = "") -> FolderState:
    return FolderState(
        number, 1, wire, wire, "/", Role.NONE, True, True, True, validity, uidnext, 1, 1, True, None, 1, object_id
    )


def theirs(wire: str, validity: int | None, uidnext: int | None = 5, object_id: str = "") -> ListedFolder:
    role = Role.INBOX if wire == "INBOX" else Role.NONE
    status = FolderStatus(1, uidnext, validity, 0, 1, object_id)
    return ListedFolder(wire, wire, "/", frozenset(), role, True, True, status)


def pairs(known: list[FolderState], listed: list[ListedFolder]) -> dict[int, str]:
    return {number: item.wire for number, item in renamed(known, listed).items()}


@pytest.mark.parametrize(
    ("known", "listed", "expected"),
    [
        ([ours(1, "A", 7)], [theirs("A", 7)], {}),
        ([ours(1, "A", 7)], [theirs("B", 7)], {1: "B"}),
        ([ours(1, "A", 7)], [theirs("B", 8)], {}),
        ([ours(1, "A", 7, 5)], [theirs("B", 7, 4)], {}),
        ([ours(1, "A", 7), ours(2, "B", 8)], [theirs("A", 8), theirs("B", 7)], {1: "B", 2: "A"}),
        ([ours(1, "A", 7), ours(2, "B", 7)], [theirs("C", 7), theirs("D", 7)], {}),
        ([ours(1, "A", 7)], [theirs("C", 7), theirs("D", 7)], {}),
        ([ours(1, "A", 7), ours(2, "A/K", 8)], [theirs("B", 7), theirs("B/K", 8)], {1: "B", 2: "B/K"}),
        ([ours(1, "A", 1, object_id="x")], [theirs("B", 2, object_id="x")], {1: "B"}),
        ([ours(1, "A", 1, object_id="x")], [theirs("B", 1, object_id="y")], {}),
        ([ours(1, "A", 1, object_id="x")], [theirs("B", 2, object_id="x"), theirs("C", 2, object_id="x")], {1: "C"}),
        ([ours(1, "A", 1, object_id="x"), ours(2, "B", 1, object_id="x")], [theirs("C", 1, object_id="x")], {}),
        ([ours(1, "A", 7)], [theirs("INBOX", 7)], {}),
        ([ours(1, "A", None)], [theirs("B", None)], {}),
        ([ours(1, "Archive", None)], [theirs("ARCHIVE", 7), theirs("B", 7)], {1: "ARCHIVE"}),
        ([ours(1, "A", 7), ours(2, "B", 7)], [theirs("a", 7), theirs("b", 7)], {1: "a", 2: "b"}),
        ([ours(1, "A", 7)], [theirs("a", 8)], {}),
        ([ours(1, "A", 7), ours(2, "a", 8)], [theirs("a", 8)], {}),
    ],
)
def test_R7_a_rename_is_told_by_what_it_does_not_change(
    known: list[FolderState], listed: list[ListedFolder], expected: dict[int, str]
) -> None:
    assert pairs(known, listed) == expected


NAMES = st.lists(st.sampled_from("ABCDEF"), unique=True, max_size=6)


@given(NAMES, st.permutations("ABCDEF"))
def test_R7_any_permutation_of_names_is_followed(before: list[str], order: list[str]) -> None:
    known = [ours(number, wire, 100 + number) for number, wire in enumerate(before, 1)]
    after = dict(zip((one.id for one in known), order, strict=False))
    listed = [theirs(wire, 100 + number) for number, wire in after.items()]
    assert pairs(known, listed) == {n: wire for n, wire in after.items() if before[n - 1] != wire}


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 2), st.sampled_from(["", "x"])), max_size=6))
def test_R7_whatever_a_server_says_no_two_folders_become_one(said: list[tuple[str, int, str]]) -> None:
    known = [ours(1, "A", 1), ours(2, "B", 2), ours(3, "C", 1, object_id="x")]
    found = pairs(known, [theirs(wire * 2, validity, 5, object_id) for wire, validity, object_id in said])
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("capability", [None, POOR])
async def test_R7_a_folder_renamed_elsewhere_keeps_its_mail_and_nothing_is_fetched_again(
    capability: str | None,
) -> None:
    with server(capability=capability) as mailbox, Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            deal = await d.deal(persons=[await d.person()])
            d.deliver(d.mail("Big", body="word " * 40_000), "Projects/Old")
            await arrive(d, "One", "Two", folder="Projects")
            number, folder = d.id("One"), d.folder("Projects").id
            with mailbox.client() as client:
                client.rename("Projects", "Wörk".encode("utf-7").decode().replace("+", "&"))
            line.down.bytes = 0
            report = await d.sync()
            assert (report.new, report.gone) == (0, 0)
            assert line.down.bytes < 20_000
            assert d.folder("Wörk").id == folder
            assert d.subjects("Wörk/Old") == ["Big"]
            row = d.row("One")
            assert (row.id, row.folder, row.on_server) == (number, "Wörk", True)
            assert [one.id for one in row.deals] == [deal]
            assert "Projects" not in {one.name for one in d.reader.folders() if one.on_server and one.selectable}
            assert (await d.sync()).new == 0
            assert all(one.complete and not one.vanished for one in await d.engine.verify())


async def test_R7_two_folders_that_swapped_their_names(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("Of A", "A")
        await arrive(d, "Of B", folder="B")
        ids = d.folder("A").id, d.folder("B").id
        with mailbox.client() as client:
            for old, new in (("A", "C"), ("B", "A"), ("C", "B")):
                client.rename(old, new)
        report = await d.sync()
        assert (report.new, report.gone) == (0, 0)
        assert (d.folder("B").id, d.folder("A").id) == ids
        assert (d.row("Of A").folder, d.row("Of B").folder) == ("B", "A")
        assert all(row.on_server for row in d.rows())


async def test_R36_what_was_queued_for_a_folder_reaches_it_under_its_other_name(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Moved")
        await d.do(Move([d.id("Moved")], d.folder("Projects").id))
        with mailbox.client() as client:
            client.rename("Projects", "Work")
        await d.sync()
        assert d.server("Work") == ["Moved", "There"]
        assert d.server("Projects") == []
        assert d.subjects("Work") == ["Moved", "There"]


async def test_R7_a_new_folder_with_an_old_name_is_another_folder(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Old", folder="Projects")
        with mailbox.client() as client:
            client.delete("Projects")
            client.create("Projects")
        d.deliver("New", "Projects")
        await d.sync()
        assert d.subjects("Projects") == ["New", "Old"]
        assert (d.row("Old").on_server, d.row("New").on_server) == (False, True)


async def test_R29_a_folder_that_is_gone_says_so_keeps_its_mail_and_comes_back(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", folder="Projects")
        with mailbox.client() as client:
            client.delete("Projects")
        await d.sync()
        folder = d.folder("Projects")
        assert (folder.on_server, folder.selected, folder.total) == (False, True, 1)
        d.deliver("Two", "Projects")
        await d.sync()
        assert d.subjects("Projects") == ["One", "Two"]
        assert d.folder("Projects").on_server


async def chosen(d: Desk) -> set[str]:
    return {one.name for one in d.reader.folders() if one.selected}


@pytest.mark.parametrize("names", [None, ("INBOX", "Sent")])
async def test_R2_a_folder_made_elsewhere_is_listed_and_synced_only_where_all_were_asked_for(
    mailbox: Mailbox, names: tuple[str, ...] | None
) -> None:
    async with desk(mailbox, folders=names) as d:
        await d.sync()
        d.deliver("Inside", "Made elsewhere")
        await d.sync()
        assert "Made elsewhere" in {one.name for one in d.reader.folders()}
        assert ("Made elsewhere" in await chosen(d)) is (names is None)
        assert d.subjects() == (["Inside"] if names is None else [])
