"""R36 to R38: the queue is ordered, cancellable and durable; deals keep their mail; flags travel both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, POOR, arrive, desk, server
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, Copy, Delete, DeleteForever, Move, Send, SetFlags
from tui.engine.drafts import Drafts
from tui.engine.errors import InvalidInput, Refused
from tui.engine.imap.session import Session
from tui.engine.model import OperationState, Role
from tui.engine.reopening import reopen

# --- R36: the queue


async def test_R36_what_is_done_offline_is_queued_ordered_and_survives(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        d.deliver("There", "Projects")
        await arrive(d, "One", "Two")
        ids = {subject: d.id(subject) for subject in ("One", "Two")}
        await d.do(Move([ids["One"]], d.folder("Projects").id))
        await d.do(SetFlags([ids["One"]], add=frozenset({"flagged"})))
        await d.do(Delete([ids["Two"]]))
        await d.do(Send(d.draft("Three")))
        assert [op.kind for op in reversed(d.operations())] == ["move", "flag", "move", "send"]
        assert {op.state for op in d.operations()} == {OperationState.QUEUED}
        assert d.reader.status().pending == 3
        assert d.reader.status().outbox == 1
    async with desk(mailbox, smtp) as d:
        await d.sync()
        assert (d.server("Projects"), d.server("Trash"), d.server()) == (["One", "There"], ["Two"], [])
        assert r"\Flagged" in next(copy for copy in d.copies("Projects") if copy.subject == "One").flags
        assert (len(smtp.messages), d.server("Sent")) == (1, ["Three"])
        assert {op.state for op in d.operations()} == {OperationState.DONE}


async def test_R36_a_queued_operation_is_cancelled_and_the_message_comes_back(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await arrive(d, "One", "Two")
        moved = await d.do(Archive([d.id("One")]))
        flagged = await d.do(SetFlags([d.id("Two")], add=frozenset({"seen"})))
        sent = await d.do(Send(d.draft("Three")))
        for done in (moved, flagged, sent):
            await d.engine.cancel(done.operations[0])
        assert (d.row("One").folder, d.row("Two").seen) == ("INBOX", False)
        await d.sync()
        assert (d.server(), d.server("Archive"), smtp.messages) == (["One", "Two"], [], [])
        assert {op.state for op in d.operations() if op.kind != "draft"} == {OperationState.CANCELLED}
        assert d.server("Drafts") == ["Three"]
        with pytest.raises(InvalidInput):
            await d.engine.cancel(moved.operations[0])


async def test_R36_undo_cancels_what_is_queued_and_reverses_what_is_done(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two")
        await d.do(Archive([d.id("One"), d.id("Two")]))
        assert await d.engine.undo() == "Archived 2 messages"
        assert (await d.sync()).pushed == 0
        assert d.server() == ["One", "Two"]
        await d.engine.redo()
        await d.sync()
        assert d.server("Archive") == ["One", "Two"]
        await d.engine.undo()
        await d.sync()
        assert (d.server(), d.server("Archive"), d.subjects("INBOX")) == (["One", "Two"], [], ["One", "Two"])


async def test_R36_undo_on_a_server_that_does_not_say_where_a_move_went(mailbox: Mailbox) -> None:
    with server(capability=POOR) as poor:
        async with desk(poor) as d:
            d.deliver("There", "Archive")
            await arrive(d, "One", "Two")
            await d.do(Archive([d.id("One"), d.id("Two")]))
            await d.sync()
            await d.do(SetFlags([d.id("One")], add=frozenset({"flagged", "forwarded"})))
            await d.engine.undo()
            await d.engine.undo()
            await d.sync()
            assert (d.server(), d.server("Archive")) == (["One", "Two"], ["There"])
            assert d.subjects("INBOX") == ["One", "Two"]
            assert not d.row("One").flagged


async def test_R36_two_hundred_deletions_are_a_handful_of_commands(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, *(f"M{number:02}" for number in range(40)))
        await d.do(Delete([row.id for row in d.rows()]))
        report = await d.sync()
        assert (report.pushed, len(d.server("Trash"))) == (40, 40)
        assert d.server() == []


async def test_R36_a_copy_is_a_second_placement_and_is_undone(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Copied")
        await d.do(Copy([d.id("Copied")], d.folder("Projects").id))
        await d.sync()
        assert (d.server("Projects"), d.server()) == (["Copied", "There"], ["Copied"])
        assert len(d.rows()) == 2
        await d.engine.undo()
        await d.sync()
        assert (d.server("Projects"), d.server()) == (["There"], ["Copied"])


async def test_R36_deleting_one_of_two_copies_for_ever_shows_the_other(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        raw = d.mail("Twice")
        d.deliver(raw)
        await d.sync()
        d.deliver(raw, "Projects")
        await d.sync()
        await d.do(DeleteForever([d.id("Twice")]))
        await d.sync()
        assert (d.server(), d.server("Projects")) == ([], ["Twice"])
        assert d.row("Twice").folder == "Projects"


@pytest.mark.parametrize("how", ["undo", "cancel"])
async def test_R36_a_message_that_is_taken_back_is_a_draft_again_and_in_no_deal(
    mailbox: Mailbox, smtp: SmtpSink, tmp_path: Path, how: str
) -> None:
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-offer")
    async with desk(mailbox, smtp) as d:
        await d.learned()
        deal = await d.deal(persons=[await d.person()])
        done = await d.do(Send(d.draft("Offer", bcc="b@x.example", attachments=(str(tmp_path / "offer.pdf"),))))
        (tmp_path / "offer.pdf").unlink()
        assert d.in_deal(deal) == ["Offer"]
        await (d.engine.undo() if how == "undo" else d.engine.cancel(done.operations[0]))
        await d.engine.publish()
        [row] = d.rows()
        assert (row.folder, row.deals, d.in_deal(deal), d.reader.status().outbox) == ("Drafts", (), [], 0)
        saved = reopen(d.reader, row.id, Drafts(d.engine.paths))
        assert (saved.subject, saved.to, saved.bcc) == ("Offer", "ann@acme.example", "b@x.example")
        [kept] = saved.attachments
        assert kept.endswith("offer.pdf")
        await d.sync()
        assert (smtp.messages, d.server("Drafts")) == ([], ["Offer"])
        await d.do(Send(saved))
        await d.sync()
        assert d.server("Drafts") == []
        assert len(smtp.messages) == 1
        assert d.reader.attachment(d.id("Offer"), 1)[1] == b"%PDF-offer"


async def test_R36_a_refused_message_that_is_given_up_is_a_draft_again(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.refuse["ann@acme.example"] = "550 5.1.1 No such user here"
    async with desk(mailbox, smtp) as d:
        deal = await d.deal(persons=[await d.person()])
        done = await d.do(Send(d.draft("Offer")))
        await d.sync()
        await d.engine.cancel(done.operations[0])
        await d.engine.publish()
        assert ([(row.subject, row.folder) for row in d.rows()], d.in_deal(deal)) == ([("Offer", "Drafts")], [])


# --- R37: mail of deals


async def test_R37_a_deals_copy_survives_the_mailbox(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver(d.mail("Contract", from_=ANN, attachments=[("c.pdf", "application/pdf", b"%PDF-contract")]))
        await d.sync()
        await d.do(DeleteForever([d.id("Contract")]))
        await d.sync()
        assert (d.rows(), d.server(), d.server("Trash")) == ([], [], [])
        assert d.in_deal(deal) == ["Contract"]
        assert b"c.pdf" in (d.deal_mail(deal, "Contract") or b"")


async def test_R37_nothing_is_deleted_whose_text_the_deal_could_not_be_given(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = Session.fetch

    async def without_bodies(session: Session, *args: Any, **named: Any) -> Any:
        if named.get("body"):
            raise Refused("read the message", "the store is damaged")
        return await fetch(session, *args, **named)

    async with desk(mailbox) as d:
        deal = await d.deal("Rollout", [await d.person()])
        monkeypatch.setattr(Session, "fetch", without_bodies)
        await arrive(d, "Kept")
        await d.do(DeleteForever([d.id("Kept")]))
        report = await d.sync()
        assert report.refused == 1
        assert (d.server(), d.subjects()) == (["Kept"], ["Kept"])
        assert d.in_deal(deal) == ["Kept"]


async def test_R37_the_second_choice_deletes_everywhere(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "One", "Two")
        await d.do(Delete([d.id("One")], everywhere=True))
        await d.do(DeleteForever([d.id("Two")], everywhere=True))
        assert d.in_deal(deal) == []
        await d.sync()
        assert (d.server(), d.server("Trash"), d.subjects()) == ([], ["One"], ["One"])


# --- R38: flags


async def test_R38_flags_travel_both_ways(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two")
        await d.do(SetFlags([d.id("One")], add=frozenset({"seen", "flagged", "answered", "forwarded"})))
        await d.sync()
        flags = next(copy for copy in d.copies() if copy.subject == "One").flags
        assert flags >= {r"\Seen", r"\Flagged", r"\Answered", "$Forwarded"}
        d.flag_elsewhere("One", r"\Flagged \Seen", how="-FLAGS")
        d.flag_elsewhere("Two", r"\Answered $Forwarded")
        await d.sync()
        one, two = d.row("One"), d.row("Two")
        assert (one.seen, one.flagged, one.answered, one.forwarded) == (False, False, True, True)
        assert (two.seen, two.flagged, two.answered, two.forwarded) == (False, False, True, True)


@pytest.mark.parametrize("capability", [None, POOR])
async def test_R38_a_pending_local_change_wins_until_it_is_pushed(capability: str | None) -> None:
    with server(capability=capability) as mailbox:
        async with desk(mailbox) as d:
            await arrive(d, "One")
            d.flag_elsewhere("One", r"\Flagged \Seen")
            await d.do(SetFlags([d.id("One")], add=frozenset({"answered"}), remove=frozenset()))
            await d.sync()
            await d.sync()
            row = d.row("One")
            assert (row.answered, row.flagged, row.seen) == (True, True, True)
            assert d.copies()[0].flags >= {r"\Answered", r"\Flagged", r"\Seen"}


async def test_R38_answering_marks_the_original_here_and_there(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await arrive(d, "Question")
        await d.do(Send(d.draft("Re: Question", reply_to=d.id("Question"))))
        await d.sync()
        assert d.row("Question").answered
        assert r"\Answered" in d.copies()[0].flags


async def test_R32_archive_uses_the_folder_of_that_role(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Done")
        await d.do(Archive([d.id("Done")]))
        await d.sync()
        assert d.server("Archive") == ["Done"]
        assert d.folder("archive").role is Role.ARCHIVE
