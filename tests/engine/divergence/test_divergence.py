"""Where the server and this workspace differ: everything is listed, and each answer does what it says, once."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.divergence.seen import NO_UIDS, differing, gone
from tests.engine.rules.desk import arrive, desk, server
from tests.servers.proxy import Proxy
from tui.engine.commands import (
    Archive,
    Delete,
    FollowServer,
    LeaveAlone,
    Move,
    PushMine,
    SetFlags,
)
from tui.engine.core import Engine
from tui.engine.errors import InvalidInput
from tui.engine.model import Difference, OperationState


async def test_R29_R30_R38_everything_that_differs_is_listed_and_nothing_else(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX", "Archive")) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Gone", "Moved", "Archived", "Deleted", "Flagged here", "Flagged there", "Same")
        await d.do(Archive([d.id("Archived")]))
        await d.do(Delete([d.id("Deleted")]))
        await d.do(SetFlags([d.id("Flagged here")], frozenset({"seen", "flagged"})))
        assert differing(d) == {}, "what is on its way differs from nothing"
        d.delete_elsewhere("Gone")
        d.elsewhere("INBOX", "Projects", "Moved")
        d.flag_elsewhere("Flagged there", r"\Answered \Seen")
        await d.sync()
        assert differing(d) == {"Gone": ("gone", "INBOX", ""), "Moved": ("moved", "INBOX", "Projects")}
        await d.sync()
        assert len(differing(d)) == 2


async def test_R29_a_copy_in_another_account_is_no_loss(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with desk(mailbox) as d:
        await d.add(other)
        raw = d.mail("To both", body="The very same words.")
        d.deliver(raw)
        await d.sync()
        d.deliver(raw, box=other)
        await d.sync()
        d.delete_elsewhere("To both")
        await d.sync()
        assert differing(d) == {}
        assert d.row("To both").on_server


@pytest.mark.parametrize("capability", [None, NO_UIDS])
async def test_R32_what_is_done_here_differs_from_nothing_afterwards(capability: str | None) -> None:
    with server(capability=capability) as mailbox:
        async with desk(mailbox) as d:
            d.deliver("There", "Projects")
            for subject in ("Trashed", "Moved", "Archived", "Flagged", "Stays"):
                d.deliver(subject, flags=r"\Seen" if subject != "Stays" else "")
            await d.sync()
            await d.do(Delete([d.id("Trashed")]))
            await d.do(Move([d.id("Moved")], d.folder("Projects").id))
            await d.do(Archive([d.id("Archived")]))
            await d.do(SetFlags([d.id("Flagged")], frozenset({"flagged"}), frozenset({"seen"})))
            await d.sync()
            await d.sync()
            assert differing(d) == {}
            assert all(row.on_server for row in d.rows())


# --- follow the server


async def test_R37_following_a_deletion_takes_it_away_here_and_leaves_it_in_its_deal(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        [number] = await gone(d, "Gone")
        before = d.server()
        await d.do(FollowServer([number]))
        assert (d.subjects(), differing(d), d.open_operations()) == (["Stays"], {}, [])
        assert "Gone" in d.in_deal(deal)
        assert await d.engine.undo() == "Followed the server with 1 message"
        assert d.subjects() == ["Gone", "Stays"]
        assert differing(d) == {"Gone": ("gone", "INBOX", "")}
        await d.engine.redo()
        await d.sync()
        assert (d.subjects(), d.server()) == (["Stays"], before)
        assert "Gone" in d.in_deal(deal)


async def test_R29_what_was_followed_into_nothing_leaves_the_disk_once_no_undo_brings_it_back(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        [number] = await gone(d, "Gone")
        await d.do(FollowServer([number]))
        paths = d.engine.paths
    engine = await Engine.open(paths)
    assert await _stored(engine, number)
    async with engine.mailbox.write() as tx:
        await tx.execute("UPDATE actions SET created = 0")
    await engine.close()
    engine = await Engine.open(paths)
    assert not await _stored(engine, number)
    await engine.close()


async def _stored(engine: Engine, number: int) -> bool:
    return bool(list(await engine.mailbox.reads.execute_fetchall("SELECT 1 FROM messages WHERE id = ?", (number,))))


async def test_R30_following_a_move_takes_over_the_folder(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver("There", "Projects")
        await arrive(d, "Moved")
        number = d.id("Moved")
        d.elsewhere("INBOX", "Projects", "Moved")
        await d.sync()
        await d.do(FollowServer([number]))
        row = d.row("Moved")
        assert (row.id, row.folder, [one.id for one in row.deals]) == (number, "Projects", [deal])
        assert (differing(d), d.open_operations()) == ({}, [])
        await d.sync()
        assert (d.row("Moved").folder, d.server("Projects")) == ("Projects", ["Moved", "There"])


async def test_R38_flags_that_the_server_refused_are_followed_or_pushed(mailbox: Mailbox) -> None:
    with server(acl=True) as box:
        rights = box.server.root / "acl"
        async with desk(box) as d:
            await arrive(d, "One", "Two")
            rights.write_text("INBOX owner lr\n")
            await d.do(SetFlags([d.id("One"), d.id("Two")], frozenset({"flagged", "seen"})))
            await d.sync(ok=False)
            for operation in d.operations(OperationState.REFUSED):
                await d.engine.keep_local(operation.id)
            assert set(differing(d).values()) == {("flags", "read, flagged", "unread, not flagged")}
            await d.do(FollowServer([d.id("One")]))
            assert not d.row("One").flagged
            await d.engine.undo()
            assert (d.row("One").flagged, d.row("One").seen) == (True, True)
            await d.engine.redo()
            assert (d.row("One").flagged, d.row("One").seen) == (False, False)
            rights.write_text("")
            await d.do(PushMine([d.id("Two")]))
            await d.sync()
            assert differing(d) == {}
            flags = {copy.subject: copy.flags - {r"\Recent"} for copy in d.copies()}
            assert flags == {"One": frozenset(), "Two": frozenset({r"\Seen", r"\Flagged"})}


# --- leave


async def test_what_is_left_alone_comes_up_again_only_when_the_server_changes(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        d.deliver("There too", "Work")
        await arrive(d, "Moved")
        d.elsewhere("INBOX", "Projects", "Moved")
        await d.sync()
        number = d.id("Moved")
        await d.do(LeaveAlone([number]))
        assert differing(d) == {}
        assert differing(d, left=True) == {"Moved": ("moved", "INBOX", "Projects")}
        await d.sync()
        assert differing(d) == {}
        assert await d.engine.undo() == "Left 1 message as they are"
        assert differing(d) == {"Moved": ("moved", "INBOX", "Projects")}
        await d.engine.redo()
        assert differing(d) == {}
        d.elsewhere("Projects", "Work", "Moved")
        await d.sync()
        await d.sync()
        assert differing(d) == {"Moved": ("moved", "INBOX", "Work")}
        await d.do(LeaveAlone([number]))
        d.delete_elsewhere("Moved", "Work")
        await d.sync()
        assert differing(d) == {"Moved": ("gone", "INBOX", "")}


@pytest.mark.parametrize("command", [FollowServer, PushMine, LeaveAlone])
async def test_what_does_not_differ_can_not_be_answered(
    mailbox: Mailbox, command: type[FollowServer] | type[PushMine] | type[LeaveAlone]
) -> None:
    async with desk(mailbox) as d:
        [number] = await gone(d, "Gone")
        with pytest.raises(InvalidInput, match="does not differ"):
            await d.do(command([number, d.id("Stays")]))
        assert differing(d) == {"Gone": ("gone", "INBOX", "")}
        assert d.operations() == []


async def test_R43_what_never_came_whole_can_not_be_put_back(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(d.mail("Half", body="x" * 400_000))
            line.down.cut_after = 100_000
            await d.sync(ok=False)
            d.delete_elsewhere("Half")
            await d.sync(ok=False)
            line.down.cut_after = None
            with pytest.raises(InvalidInput, match="never came"):
                await d.do(PushMine([d.id("Half")]))


def test_every_difference_has_a_word() -> None:
    assert {one.value for one in Difference} == {"gone", "moved", "flags", "deleted here", "only here"}
