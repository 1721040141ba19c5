"""A draft in the server's Drafts: found there by other clients, gone on with from there, never two, never lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import BOB, POOR, Desk, desk, server
from tests.engine.rules.test_killed import killed_at
from tests.servers.kinds import mailbox_on
from tests.servers.smtp import SmtpSink
from tui.engine.commands import DropDraft, KeepDraft, Send
from tui.engine.drafts import Drafts
from tui.engine.errors import NetworkError
from tui.engine.imap import names
from tui.engine.imap.session import Session
from tui.engine.model import Draft, OperationState
from tui.engine.reopening import reopen


async def keep(d: Desk, draft: Draft) -> Draft:
    """Keep a draft and return it as it lies in Drafts now."""
    (number,) = (await d.do(KeepDraft(draft))).added
    return opened(d, number)


def opened(d: Desk, number: int) -> Draft:
    return reopen(d.reader, number, Drafts(d.engine.paths))


async def test_a_draft_lies_in_the_servers_drafts_and_is_replaced_by_its_next_version(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        first = await keep(d, d.draft("Offer", to="ann@acme.example, bo", body="Dear"))
        assert (d.subjects("Drafts"), d.server("Drafts")) == (["Offer"], [])
        await d.sync()
        [copy] = d.copies("Drafts")
        assert {r"\Draft", r"\Seen"} <= copy.flags
        assert b"To: ann@acme.example\r\n" in copy.raw
        assert first.to == "ann@acme.example, bo"
        second = await keep(d, first._replace(subject="Better offer", body="Dear Ann"))
        await d.sync()
        await d.sync()
        [later] = d.copies("Drafts")
        assert (later.subject, later.uid > copy.uid, d.subjects("Drafts")) == ("Better offer", True, ["Better offer"])
        assert (second.name, second.body) == (first.name, "Dear Ann")
        assert d.row("Better offer").on_server
        assert {op.state for op in d.operations()} == {OperationState.DONE}


async def test_what_is_kept_ten_times_offline_reaches_the_server_once(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        draft = d.draft("Offer")
        for number in range(10):
            draft = await keep(d, draft._replace(body=f"Version {number}"))
        assert [op.kind for op in d.open_operations()] == ["draft"]
        await d.sync()
        [copy] = d.copies("Drafts")
        assert b"Version 9" in copy.raw
        assert copy.uid == 1


async def test_a_draft_of_another_client_is_gone_on_with_here(mailbox: Mailbox, smtp: SmtpSink) -> None:
    """Its recipients, Bcc, thread, text and files come along; its copy is replaced, and goes when it is sent (R33)."""
    async with desk(mailbox, smtp) as d:
        await d.learned()
        d.deliver(d.mail("Question", from_=BOB, message_id="<q@stranger.example>"))
        raw = d.mail(
            "Re: Question",
            from_=d.email,
            to=BOB,
            body="Half an answ",
            message_id="<draft@phone.example>",
            in_reply_to="<q@stranger.example>",
            headers=[("Bcc", "carol@our.example")],
        )
        d.deliver(raw, "Drafts", r"\Draft \Seen")
        d.deliver(d.mail("Other", from_=d.email), "Drafts", r"\Draft")
        await d.sync()
        draft = opened(d, d.id("Re: Question"))
        assert (draft.to, draft.bcc, draft.body) == (
            "Bob Brook <bob@stranger.example>",
            "carol@our.example",
            "Half an answ",
        )
        assert draft.reply_to == d.id("Question")
        draft = await keep(d, draft._replace(body="A whole answer."))
        await d.sync()
        assert d.server("Drafts") == d.subjects("Drafts") == ["Other", "Re: Question"]
        [copy] = [one for one in d.copies("Drafts") if one.subject == "Re: Question"]
        assert b"A whole answer." in copy.raw
        assert b"In-Reply-To: <q@stranger.example>" in copy.raw
        await d.do(Send(draft))
        assert d.subjects("Drafts") == ["Other"]
        await d.sync()
        await d.sync()
        assert (d.server("Drafts"), d.server("Sent"), len(smtp.messages)) == (["Other"], ["Re: Question"], 1)


async def test_what_html_of_another_client_loses_is_said_until_our_version_replaces_it(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        for name, document in (("Rich", "<p>A <b>bold</b> <a href=https://x.example/>link</a>"), ("Poor", "<p>Plain")):
            raw = f"From: {d.email}\r\nSubject: {name}\r\nContent-Type: text/html\r\n\r\n{document}\r\n"
            d.deliver(raw.encode(), "Drafts", r"\Draft")
        await d.sync()
        assert opened(d, d.id("Poor")).lost == ""
        draft = opened(d, d.id("Rich"))
        assert draft.lost == "bold and italics and links"
        assert d.server("Drafts") == ["Poor", "Rich"], "looking at it changes nothing"
        assert (await keep(d, draft._replace(body="Ours"))).lost == ""


async def test_a_draft_without_message_id_becomes_no_second_one(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver(b"From: me@desk.example\r\nSubject: Postponed\r\n\r\nBy mutt.\r\n", "Drafts", r"\Draft")
        await d.sync()
        draft = await keep(d, opened(d, d.id("Postponed"))._replace(body="By mutt, then here."))
        await keep(d, draft._replace(body="And here."))
        await d.sync()
        [copy] = d.copies("Drafts")
        assert b"And here." in copy.raw
        assert d.subjects("Drafts") == ["Postponed"]


async def test_what_another_client_makes_of_a_draft_takes_its_place_here(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        draft = await keep(d, d.draft("Offer"))
        await d.sync()
        [copy] = d.copies("Drafts")
        theirs = d.mail("Offer", from_=d.email, body="Written on the phone.", message_id=f"<{draft.name}>")
        d.deliver(theirs, "Drafts", r"\Draft")
        with mailbox.client() as client:
            client.select("Drafts")
            client.uid("STORE", str(copy.uid), "+FLAGS", r"(\Deleted)")
            client.expunge()
        await d.sync()
        [row] = d.rows("Drafts")
        assert opened(d, row.id).body == "Written on the phone."


async def test_what_another_client_wrote_meanwhile_is_not_overwritten(mailbox: Mailbox) -> None:
    """Two people's texts are two drafts, and stay two when one of them is gone on with."""
    async with desk(mailbox) as d:
        await d.sync()
        mine = await keep(d, d.draft("Offer"))
        await d.sync()
        d.deliver(d.mail("Offer", from_=d.email, body="Theirs.", message_id=f"<{mine.name}>"), "Drafts", r"\Draft")
        await d.sync()
        mine = await keep(d, mine._replace(body="Mine."))
        await keep(d, mine._replace(body="Mine, longer."))
        await d.sync()
        texts = sorted(copy.raw.partition(b"\r\n\r\n")[2].strip() for copy in d.copies("Drafts"))
        assert texts == [b"Mine, longer.", b"Theirs."]
        assert len(d.rows("Drafts")) == 2


async def test_R36_a_sending_that_is_taken_back_is_in_drafts_again_once(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.sync()
        draft = await keep(d, d.draft("Offer"))
        await d.sync()
        for _ in range(2):
            await d.do(Send(draft, hold=3600))
            assert d.subjects("Drafts") == []
            await d.sync()
            assert d.server("Drafts") == ["Offer"], "it goes when the message has left"
            await d.engine.undo()
            [row] = d.rows("Drafts")
            draft = opened(d, row.id)
        await d.sync()
        await d.sync()
        assert (d.server("Drafts"), d.subjects(), smtp.messages) == (["Offer"], ["Offer"], [])


async def test_a_draft_that_is_thrown_away_goes_on_the_server_and_takes_no_other_along(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        draft = await keep(d, d.draft("Offer"))
        await keep(d, d.draft("Other"))
        await d.sync()
        await d.do(DropDraft(draft))
        assert d.subjects("Drafts") == ["Other"]
        await d.sync()
        assert d.server("Drafts") == ["Other"]


@pytest.mark.parametrize("step", ["append", "store", "expunge"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_R36_killed_at_any_step_a_draft_is_there_once(mailbox: Mailbox, step: str, when: str) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        draft = await keep(d, d.draft("Offer"))
        await d.sync()
        await keep(d, draft._replace(body="Newer."))
        await killed_at(step, when)
        assert len(d.copies("Drafts")) >= 1, "the server never has less than one"
        await d.sync()
        await d.sync()
        [copy] = d.copies("Drafts")
        assert b"Newer." in copy.raw
        assert [row.on_server for row in d.rows("Drafts")] == [True]
        assert {op.state for op in d.operations()} == {OperationState.DONE}


async def test_R36_a_version_whose_append_a_crash_hid_is_found_and_replaced(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.sync()
        draft = await keep(d, d.draft("Offer"))
        await killed_at("append", "after")
        await keep(d, draft._replace(body="Newer."))
        await d.sync()
        await d.sync()
        [copy] = d.copies("Drafts")
        assert b"Newer." in copy.raw
        assert len(d.rows()) == 1


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("kind", ["dovecot", "courier"])
async def test_R36_a_version_is_there_once_where_drafts_is_renamed_right_behind_it(
    kind: str, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The APPEND is done, its answer heard or lost; then another client renames Drafts, and Courier renumbers it."""
    append = Session.append

    def rename() -> None:
        with mailbox.client() as other:
            assert other.rename(mailbox.wire("Drafts"), f'"{mailbox.wire("Drafts before")}"')[0] == "OK"

    async def meanwhile(self: Session, *args: Any, **kinds: Any) -> int | None:
        uid = await append(self, *args, **kinds)
        await asyncio.to_thread(rename)
        if not heard:
            raise NetworkError("the line was cut")
        return uid

    with mailbox_on(kind) as mailbox:
        async with desk(mailbox) as d:
            await d.sync()
            first = await keep(d, d.draft("Offer", body="The first"))
            await d.sync()
            await keep(d, first._replace(body="The second"))
            with monkeypatch.context() as patch:
                patch.setattr(Session, "append", meanwhile)
                await d.sync(ok=False)
            await d.sync()
            await d.sync()
            assert d.open_operations() == []
            [copy] = d.copies("Drafts before")
            assert b"The second" in copy.raw
            assert "Offer" not in d.server("Drafts")
            assert [row.subject for row in d.rows()] == ["Offer"]


async def test_R36_a_draft_is_sent_and_gone_once_when_killed_between(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.sync()
        draft = await keep(d, d.draft("Offer"))
        await d.sync()
        await d.do(Send(draft))
        await killed_at("expunge", "before")
        await d.sync()
        await d.sync()
        assert (d.server("Drafts"), d.server("Sent"), len(smtp.messages)) == ([], ["Offer"], 1)
        assert d.subjects() == ["Offer"]


@pytest.mark.parametrize("capability", [POOR, "IMAP4rev1"])
async def test_R32_a_server_without_uidplus_has_it_once_and_loses_no_other(capability: str) -> None:
    with server(capability=capability) as mailbox:
        async with desk(mailbox) as d:
            await d.sync()
            draft = await keep(d, d.draft("Offer"))
            await keep(d, d.draft("Other"))
            await d.sync()
            await keep(d, draft._replace(body="Newer."))
            await d.sync()
            await d.sync()
            assert d.server("Drafts") == d.subjects("Drafts") == ["Offer", "Other"]
            [copy] = [one for one in d.copies("Drafts") if one.subject == "Offer"]
            assert b"Newer." in copy.raw


async def test_R32_beside_another_clients_marked_message_the_older_version_stays_marked_and_hidden() -> None:
    with server(capability=POOR) as mailbox:
        async with desk(mailbox) as d:
            d.deliver(d.mail("Theirs", from_=d.email), "Drafts", r"\Draft \Deleted")
            await d.sync()
            draft = await keep(d, d.draft("Offer"))
            await d.sync()
            await keep(d, draft._replace(body="Newer."))
            await d.sync()
            await d.sync()
            assert d.subjects("Drafts") == ["Offer", "Theirs"]
            alive = [one for one in d.copies("Drafts") if r"\Deleted" not in one.flags]
            assert [b"Newer." in one.raw for one in alive] == [True]
            assert "Theirs" in d.server("Drafts"), "R32: it takes no other along"


@pytest.mark.parametrize("there", ["Entwürfe", ""])
async def test_R10_R11_a_well_known_folder_is_used_and_one_is_made_where_there_is_none(there: str) -> None:
    with server(special_use=False) as mailbox:
        if there:
            with mailbox.client() as client:
                assert client.create(f'"{mailbox.wire(names.encode(there))}"')[0] == "OK"
        async with desk(mailbox) as d:
            await d.sync()
            await keep(d, d.draft("Offer"))
            await d.sync()
            await d.sync()
            assert d.server(there or "Drafts") == d.subjects("drafts") == ["Offer"]
            assert (d.folder("drafts").selected, d.folder("drafts").on_server) == (True, True)


async def test_a_draft_never_links(mailbox: Mailbox) -> None:
    """RULES.md, Details: whatever deal is chosen, until it is sent."""
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await d.sync()
        draft = await keep(d, d.draft("Offer", deal_id=deal))
        await d.sync()
        assert (d.row("Offer").deals, d.in_deal(deal), draft.deal_id) == ((), [], deal)


async def test_R5_a_draft_that_another_client_moves_to_sent_is_a_message_from_then_on(mailbox: Mailbox) -> None:
    """As JMAP sends: the very message changes its folder; the rules run now, and nothing is left in Drafts."""
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver(d.mail("Offer", from_=d.email, to="ann@acme.example"), "Drafts", r"\Draft")
        await d.sync()
        assert (d.row("Offer").folder, d.in_deal(deal)) == ("Drafts", [])
        d.elsewhere("Drafts", "Sent", "Offer")
        await d.sync()
        assert (d.row("Offer").folder, d.row("Offer").on_server, d.in_deal(deal)) == ("Sent", True, ["Offer"])


async def test_attachments_of_a_draft_come_back(mailbox: Mailbox, tmp_path: Path) -> None:
    file = tmp_path / "offer.pdf"
    file.write_bytes(b"%PDF-1.4 the offer")
    async with desk(mailbox) as d:
        await d.sync()
        draft = await keep(d, d.draft("Offer", attachments=(str(file),)))
        file.unlink()
        [kept] = draft.attachments
        assert (Path(kept).name, await asyncio.to_thread(Path(kept).read_bytes)) == ("offer.pdf", b"%PDF-1.4 the offer")
