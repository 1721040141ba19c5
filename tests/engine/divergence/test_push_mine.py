"""Push mine: the server becomes what is here, exactly once, wherever the line is cut (R29, R30, R35, R36)."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.divergence.seen import NO_UIDS, differing
from tests.engine.rules.desk import ANN, arrive, desk, server
from tests.servers.dialogue import Dialogue, Trap
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine.commands import (
    DeleteForever,
    FollowServer,
    LeaveAlone,
    Move,
    PushMine,
    Send,
)
from tui.engine.model import OperationState
from tui.engine.reads import divergences


@pytest.mark.parametrize("capability", [None, NO_UIDS])
@pytest.mark.parametrize("named", [True, False])
async def test_R29_a_message_that_was_lost_is_put_back_exactly_once(capability: str | None, named: bool) -> None:
    with server(capability=capability) as mailbox:
        async with desk(mailbox) as d:
            deal = await d.deal(persons=[await d.person()])
            raw = d.mail("Gone", from_=ANN)
            raw = raw if named else without_id(raw)
            d.deliver(raw, flags=r"\Seen \Flagged")
            await arrive(d, "Stays")
            number = d.id("Gone")
            d.delete_elsewhere("Gone")
            await d.sync()
            await d.do(PushMine([number]))
            assert d.row("Gone").pending
            report = await d.sync()
            assert (report.pushed, report.new) == (1, 0)
            assert d.server() == ["Gone", "Stays"]
            [copy] = [one for one in d.copies() if one.subject == "Gone"]
            assert copy.raw == raw
            assert copy.flags - {r"\Recent"} == {r"\Seen", r"\Flagged"}
            await d.sync()
            row = d.row("Gone")
            assert (row.id, row.on_server, [one.id for one in row.deals]) == (number, True, [deal])
            assert (differing(d), len(d.rows())) == ({}, 2)
            assert await d.engine.undo() == "Pushed 1 message to the server"
            await d.sync()
            assert (d.server(), d.subjects()) == (["Stays"], ["Gone", "Stays"])
            assert differing(d) == {"Gone": ("gone", "INBOX", "")}


@pytest.mark.parametrize(("capability", "named"), [(None, True), (NO_UIDS, False)])
async def test_R36_put_back_once_wherever_the_line_is_cut(capability: str | None, named: bool) -> None:
    with server(capability=capability) as mailbox, Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(without_id(d.mail("Gone")) if not named else d.mail("Gone"))
            await arrive(d, "Stays")
            number = d.id("Gone")

            async def put_back(trap: Trap | None) -> Dialogue:
                d.delete_elsewhere("Gone")
                await d.sync()
                await d.do(PushMine([number]))
                said = Dialogue("imap", trap)
                line.listen_in(said)
                await d.sync(ok=False)
                line.listen_in(None)
                await d.sync()
                await d.sync()
                assert d.server() == ["Gone", "Stays"], trap
                assert (d.open_operations(), differing(d), len(d.rows())) == ([], {}, 2), trap
                return said

            said = (await put_back(None)).pieces
            at = next(place for place, piece in enumerate(said) if b"APPEND" in piece.raw.upper() and piece.way == "up")
            for piece in said[at - 2 : at + 6]:
                assert (await put_back(Trap.at(piece, "lose" if piece.number % 2 else "half"))).sprung.is_set()


def without_id(raw: bytes) -> bytes:
    return b"\r\n".join(line for line in raw.split(b"\r\n") if not line.lower().startswith(b"message-id"))


async def test_R34_put_back_from_where_it_turns_out_to_be(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX",)) as d:
        await arrive(d, "Stays", "Lost")
        number = d.id("Lost")
        d.deliver(d.copies()[1].raw, "Attic")
        d.delete_elsewhere("Lost")
        await d.sync()
        found = differing(d)["Lost"]
        await d.do(PushMine([number]))
        await d.sync()
        await d.sync()
        assert found[0] in ("gone", "moved")
        assert (d.server(), d.server("Attic")) == (["Lost", "Stays"], [])
        assert (differing(d), d.id("Lost")) == ({}, number)


async def test_R30_pushing_mine_moves_it_back(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Moved")
        d.elsewhere("INBOX", "Projects", "Moved")
        await d.sync()
        await d.do(PushMine([d.id("Moved")]))
        await d.sync()
        assert (d.server(), d.server("Projects")) == (["Moved"], ["There"])
        assert differing(d) == {}
        await d.engine.undo()
        await d.sync()
        assert (d.server(), d.server("Projects")) == ([], ["Moved", "There"])
        assert differing(d) == {"Moved": ("moved", "INBOX", "Projects")}


async def test_R29_the_folder_is_made_again_when_it_went_with_its_mail(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two", folder="Projects")
        with mailbox.client() as client:
            client.delete("Projects")
        await d.sync()
        assert {one[0] for one in differing(d).values()} == {"gone"}
        await d.do(PushMine([d.id("One"), d.id("Two")]))
        await d.sync()
        await d.sync()
        assert d.server("Projects") == ["One", "Two"]
        assert (differing(d), d.subjects("Projects")) == ({}, ["One", "Two"])


async def test_R35_what_is_kept_local_shows_until_it_is_answered(mailbox: Mailbox) -> None:
    with server(acl=True) as box:
        rights = box.server.root / "acl"
        async with desk(box) as d:
            d.deliver("There", "Projects")
            await arrive(d, "Moved", "Destroyed")
            rights.write_text("INBOX owner lrs\nProjects owner lrswite\n")
            await d.do(Move([d.id("Moved")], d.folder("Projects").id))
            await d.do(DeleteForever([d.id("Destroyed")]))
            await d.sync(ok=False)
            moved, destroyed = d.id("Moved"), d.id("Destroyed")
            for operation in d.operations(OperationState.REFUSED):
                await d.engine.keep_local(operation.id)
            assert differing(d) == {
                "Moved": ("moved", "Projects", "INBOX"),
                "Destroyed": ("deleted here", "", "INBOX"),
            }
            await d.do(FollowServer([destroyed]))
            assert d.row("Destroyed").folder == "INBOX"
            await d.engine.undo()
            rights.write_text("")
            await d.do(PushMine([moved, destroyed]))
            await d.sync()
            await d.sync()
            assert (d.server(), d.server("Projects")) == ([], ["Moved", "There"])
            assert (differing(d), d.subjects()) == ({}, ["Moved", "There"])


async def test_R35_a_refused_move_that_is_answered_no_longer_waits_in_the_outbox(mailbox: Mailbox) -> None:
    with server(acl=True) as box:
        async with desk(box) as d:
            d.deliver("There", "Projects")
            await arrive(d, "Moved")
            (box.server.root / "acl").write_text("Projects owner lr\n")
            await d.do(Move([d.id("Moved")], d.folder("Projects").id))
            await d.sync(ok=False)
            [refused] = d.operations(OperationState.REFUSED)
            await d.engine.keep_local(refused.id)
            await d.do(FollowServer([d.id("Moved")]))
            assert d.row("Moved").folder == "INBOX"
            assert d.reader.status().refused == 0


async def test_R13_a_sent_copy_that_the_server_refused_can_be_pushed_later(smtp: SmtpSink) -> None:
    with server(quota="messages=1") as box:
        async with desk(box, smtp) as d:
            await arrive(d, "Fills it")
            await d.learned()
            await d.do(Send(d.draft("Too big")))
            await d.sync(ok=False)
            assert differing(d) == {"Too big": ("only here", "Sent", "")}
            [one] = divergences(d.reader)
            assert "uota" in one.refused
            await d.do(LeaveAlone([one.id]))
            assert differing(d) == {}
            assert d.reader.status().refused == 0
            await d.do(PushMine([one.id]))
            await d.sync(ok=False)
            [again] = d.operations(OperationState.REFUSED)
            assert "uota" in again.error
            assert d.subjects("Sent") == ["Too big"]
            d.delete_elsewhere("Fills it")
            await d.engine.retry(again.id)
            await d.sync()
            assert (d.server("Sent"), len(smtp.messages)) == (["Too big"], 1)
            assert differing(d) == {"Fills it": ("gone", "INBOX", "")}
