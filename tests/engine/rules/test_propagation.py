"""R29 to R38: what others do on the server stays there, what is done here reaches it, each exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, NO_MOVE, POOR, Desk, desk, server
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, Copy, Delete, DeleteForever, Move, Send, SetFlags
from tui.engine.drafts import Drafts
from tui.engine.errors import InvalidInput
from tui.engine.model import OperationState, Role
from tui.engine.store import placements


async def spots(d: Desk, subject: str) -> list[str]:
    """The folders in which the server is known to hold a message."""
    number = d.id(subject)
    found = await placements.of_messages(d.engine.mailbox.reads, [number], d.account.id)
    return sorted(d.folder(spot.folder_id).name for spot in found.get(number, []))


async def arrive(d: Desk, *subjects: str, folder: str = "INBOX") -> None:
    """Have messages delivered and synced."""
    for subject in subjects:
        d.deliver(d.mail(subject, from_=ANN), folder)
    await d.sync()


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
            client.delete("Projects")
        await d.sync()
        assert d.subjects() == ["One", "Two"]
        assert not any(row.on_server for row in d.rows())
        d.deliver("Three", "Projects")
        await d.sync()
        await d.engine.select_folders(d.account.id, ["Projects"], True)
        await d.sync()
        assert d.subjects("Projects") == ["One", "Three", "Two"]


@pytest.mark.parametrize("synced", [True, False])
async def test_R30_moved_by_another_client_it_keeps_its_local_folder(mailbox: Mailbox, synced: bool) -> None:
    async with desk(mailbox, folders=None if synced else ("INBOX",)) as d:
        mailbox.deliver(d.mail("There before"), "Projects")
        await arrive(d, "Moved")
        number = d.id("Moved")
        d.elsewhere("INBOX", "Projects", "Moved")
        await d.sync()
        assert (d.id("Moved"), d.row("Moved").folder, d.row("Moved").on_server) == (number, "INBOX", True)
        assert "Moved" not in d.subjects("Projects")
        assert await spots(d, "Moved") == ["Projects"]


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
            client.create("Papierkorb")
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
            assert refused.error.startswith("Permission denied")
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
            client.delete("Projects")
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
        assert {op.state for op in d.operations()} == {OperationState.CANCELLED}
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
        assert (d.rows(), d.in_deal(deal), d.reader.status().outbox) == ([], [], 0)
        [saved] = Drafts(d.engine.paths).list()
        assert (saved.draft.subject, saved.draft.to, saved.draft.bcc) == ("Offer", "ann@acme.example", "b@x.example")
        [kept] = saved.draft.attachments
        assert kept.endswith("offer.pdf")
        await d.sync()
        assert smtp.messages == []
        await d.do(Send(saved.draft))
        await d.sync()
        assert len(smtp.messages) == 1
        assert d.reader.attachment(d.id("Offer"), 1)[1] == b"%PDF-offer"


async def test_R36_a_refused_message_that_is_given_up_is_a_draft_again(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.refuse["ann@acme.example"] = "550 5.1.1 No such user here"
    async with desk(mailbox, smtp) as d:
        deal = await d.deal(persons=[await d.person()])
        done = await d.do(Send(d.draft("Offer")))
        await d.sync()
        await d.engine.cancel(done.operations[0])
        assert (d.rows(), d.in_deal(deal)) == ([], [])
        assert [saved.draft.subject for saved in Drafts(d.engine.paths).list()] == ["Offer"]


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
