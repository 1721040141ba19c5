"""R39 to R47: how mail comes in over time, and what stays when an account goes."""

from __future__ import annotations

import contextlib

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, BOB, Desk, days_ago, desk, server, strings
from tests.servers.proxy import Proxy
from tui.engine.commands import Archive, Delete, DeleteForever, LinkMessages, UnlinkMessages
from tui.engine.errors import InvalidInput
from tui.engine.model import AccountState, LinkState
from tui.engine.store import accounts

PDF = [("offer.pdf", "application/pdf", b"%PDF-the-offer")]


async def widen(d: Desk, since: int | None) -> None:
    """Change the window of the first account."""
    async with d.engine.mailbox.write() as tx:
        await accounts.save(tx, d.account._replace(since=since))


async def test_R39_a_sync_that_is_cut_resumes_without_fetching_anything_twice(mailbox: Mailbox) -> None:
    mailbox.stock(600)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            line.down.cut_after = 2_000_000
            report = await d.sync(ok=False)
            assert report.error
            first = line.down.bytes
            got = {row.id: d.reader.body(row.id).state for row in d.rows()}
            assert len(got) == 600
            assert 50 <= sum(state == "full" for state in got.values()) < 600
            line.down.cut_after = None
        async with desk(mailbox, proxy=line) as d:
            await d.sync()
            assert len(d.rows()) == 600
            assert {d.reader.body(row.id).state for row in d.rows()} == {"full"}
            total = sum(len(copy.raw) for copy in d.copies())
            assert line.down.bytes - first < total, "bodies that were here were not fetched again"
            assert all(proof.complete for proof in await d.engine.verify())


async def test_R39_the_newest_come_first_and_every_batch_is_committed(mailbox: Mailbox) -> None:
    mailbox.stock(200)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        line.down.cut_after = 100_000  # within the bodies of the first screen
        async with desk(mailbox, proxy=line) as d:
            assert (await d.sync(ok=False)).error
            first = sorted((row.date for row in d.rows()), reverse=True)
            line.down.cut_after = None
            await d.sync()
            newest = sorted((row.date for row in d.rows()), reverse=True)
        assert len(newest) == 200
        assert len(first) == 50
        assert first == newest[:50]


async def test_R41_nothing_older_than_the_window_and_widening_fetches_the_rest(mailbox: Mailbox) -> None:
    async with desk(mailbox, since=int(days_ago(30).timestamp())) as d:
        for age in (400, 100, 40, 10, 1):
            d.deliver(f"{age} days", at=days_ago(age))
        await d.sync()
        assert d.subjects() == ["1 days", "10 days"]
        [proof] = [one for one in await d.engine.verify() if one.folder == "INBOX"]
        assert (proof.on_server, proof.here, proof.outside_window, proof.complete) == (5, 2, 3, True)
        await widen(d, int(days_ago(120).timestamp()))
        assert (await d.sync()).new == 2
        await widen(d, None)
        assert (await d.sync()).new == 1
        assert len(d.rows()) == 5
        await widen(d, int(days_ago(5).timestamp()))
        report = await d.sync()
        assert (report.new, report.gone) == (0, 0)
        assert len(d.rows()) == 5
        assert all(row.on_server for row in d.rows())


async def test_R42_one_folder_that_fails_shows_its_error_and_the_others_sync() -> None:
    with server(acl=True) as mailbox:
        rights = mailbox.server.root / "acl"
        async with desk(mailbox) as d:
            for folder in ("INBOX", "Broken", "Fine", "Parent/Child"):
                d.deliver(folder, folder)
            rights.write_text("Broken owner l\n")
            report = await d.sync(ok=False)
            assert d.subjects() == ["Fine", "INBOX", "Parent/Child"]
            assert "Broken" in report.error
            assert "Permission denied" in d.folder("Broken").error
            assert not d.folder("Fine").error
            [proof] = [one for one in await d.engine.verify() if one.folder.startswith("Broken")]
            assert not proof.complete
            rights.write_text("")
            await d.sync()
            assert d.subjects("Broken") == ["Broken"]
            assert not d.folder("Broken").error


async def test_R43_a_message_that_cannot_be_parsed_is_kept_raw_and_shown(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver(b"\xff\xfe this is no header at all \x01\x02\r\nand neither is this\r\n")
        d.deliver(b"\r\nonly a body\r\n")
        d.deliver("Fine")
        await d.sync()
        assert {row.subject for row in d.rows()} == {"", "Fine"}
        shown = [d.reader.body(row.id) for row in d.rows()]
        assert "raw" in {body.state for body in shown}
        assert "header" not in {body.state for body in shown}
        assert any("no header at all" in body.text for body in shown)
        assert any("only a body" in body.text for body in shown)
        assert not any("\x01" in body.text for body in shown)
        assert any(b"\xff\xfe" in (d.reader.raw(body.id) or b"") for body in shown)
        assert all(proof.complete for proof in await d.engine.verify())


async def kept_and_other(d: Desk) -> int:
    """A deal with a linked mail and its attachment, and mail that nobody needs."""
    deal = await d.deal("Rollout", [await d.person()])
    d.deliver(d.mail("Linked", from_=ANN, body="LinkedBody", attachments=PDF))
    d.deliver(d.mail("Unlinked", from_=BOB, body="UnlinkedBody"))
    d.deliver(d.mail("In projects", from_=BOB), "Projects")
    await d.sync()
    return deal


@pytest.mark.parametrize("status", ["open", "won", "lost"])
async def test_R44_removing_an_account_keeps_what_deals_hold_and_nothing_else(mailbox: Mailbox, status: str) -> None:
    async with desk(mailbox) as d:
        deal = await kept_and_other(d)
        if status != "open":
            await d.engine.record(
                await (d.engine.deals.won(deal) if status == "won" else d.engine.deals.lost(deal, "x"))
            )
        number = d.id("Linked")
        before = {folder: d.server(folder) for folder in ("INBOX", "Projects", "Trash")}
        assert await d.engine.removal(d.account.id) == (1, 2)
        assert await d.engine.remove_account(d.account.id) == (1, 2)
        assert {folder: d.server(folder) for folder in before} == before
        assert d.reader.accounts() == []
        assert d.in_deal(deal) == ["Linked"]
        assert b"offer.pdf" in (d.deal_mail(deal, "Linked") or b"")
        assert d.reader.attachment(number, 1)[1] == b"%PDF-the-offer"
        assert b"UnlinkedBody" not in strings(d.engine.paths.crm)
        assert not list(d.engine.paths.secrets.iterdir())
    assert b"UnlinkedBody" not in strings(d.engine.paths.mailbox)


async def test_R44_what_was_deleted_here_and_not_yet_there_goes_too(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver(d.mail("Deleted", body="DeletedBody"))
        await d.sync()
        await d.do(DeleteForever([d.id("Deleted")]))
        assert await d.engine.remove_account(d.account.id) == (0, 1)
        assert d.rows() == []
    assert b"DeletedBody" not in strings(d.engine.paths.mailbox)


async def test_R44_a_message_linked_to_a_person_alone_goes(mailbox: Mailbox) -> None:
    async with desk(mailbox, config='[linking]\ncontact_link = "always"\n') as d:
        ann = await d.person()
        d.deliver(d.mail("To the person", from_=ANN, body="PersonBody"))
        await d.sync()
        assert [one.id for one in d.row("To the person").persons] == [ann]
        assert await d.engine.remove_account(d.account.id) == (0, 1)
        assert b"PersonBody" not in strings(d.engine.paths.crm)


async def test_R44_what_another_account_holds_stays(mailbox: Mailbox) -> None:
    other = mailbox.another()
    async with desk(mailbox) as d:
        second = await d.add(other)
        raw = d.mail("To both", body="The same words for the both of you.")
        d.deliver(raw)
        await d.sync()
        d.deliver(raw, box=other)
        d.deliver(d.mail("To the second"), box=other)
        await d.sync()
        assert d.row("To both").account == d.email
        assert await d.engine.remove_account(d.account.id) == (1, 0)
        row = d.row("To both")
        assert (row.account, row.folder, row.on_server) == (second.email, "INBOX", True)
        assert d.reader.body(row.id).state == "full"
        await d.do(Archive([row.id]))
        await d.sync()
        assert d.server("Archive", other) == ["To both"]


async def test_R44_bodies_of_linked_mail_that_are_not_here_yet_are_fetched_before_it_goes(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            deal = await d.deal(persons=[await d.person()])
            d.deliver(d.mail("Linked", from_=ANN, body="LinkedBody " + "x" * 300_000))
            line.down.cut_after = 100_000
            await d.sync(ok=False)
            assert d.reader.body(d.id("Linked")).state == "header"
            line.down.cut_after = None
            await d.engine.remove_account(d.account.id)
            assert b"LinkedBody" in (d.deal_mail(deal, "Linked") or b"")


async def test_R44_nothing_that_was_done_before_can_be_undone_into_what_is_gone(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await kept_and_other(d)
        await d.do(Archive([d.id("Linked"), d.id("Unlinked")]))
        await d.sync()
        await d.engine.remove_account(d.account.id)
        await d.add(mailbox)
        await d.sync()
        with contextlib.suppress(InvalidInput):  # the deal can't go while its mail is in it
            while await d.engine.undo():
                assert all(row.folder for row in d.rows())
        assert d.subjects() == ["In projects", "Linked", "Unlinked"]


async def test_R45_a_personal_account_that_leaves_does_not_touch_the_teams(mailbox: Mailbox) -> None:
    team = mailbox.another()
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        shared = await d.add(team, kind="team", team="Sales")
        d.deliver(d.mail("Mine", from_=ANN))
        d.deliver(d.mail("Private", from_=BOB))
        d.deliver(d.mail("The team's", from_=ANN, to=shared.email), box=team)
        d.deliver(d.mail("Unlinked of the team", from_=BOB, to=shared.email), box=team)
        await d.sync()
        assert await d.engine.remove_account(d.account.id) == (1, 1)
        assert d.in_deal(deal) == ["Mine", "The team's"]
        assert {row.subject for row in d.rows() if row.account == shared.email} == {
            "The team's",
            "Unlinked of the team",
        }
        assert "Private" not in d.subjects()


async def test_R46_the_same_account_again_brings_everything_back_once(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await kept_and_other(d)
        d.deliver(d.mail("Unlinked by hand", from_=ANN))
        await d.sync()
        await d.do(UnlinkMessages([d.id("Unlinked by hand")]))
        number = d.id("Linked")
        await d.engine.remove_account(d.account.id)
        d.deliver(d.mail("Came meanwhile", from_=ANN))
        d.accounts.clear()
        await d.add(mailbox)
        await d.sync()
        assert d.subjects() == ["Came meanwhile", "In projects", "Linked", "Unlinked", "Unlinked by hand"]
        assert d.id("Linked") == number
        linked = d.row("Linked")
        assert (linked.folder, linked.on_server, [one.id for one in linked.deals]) == ("INBOX", True, [deal])
        assert d.row("Unlinked by hand").link_state is LinkState.NONE, "known messages are not linked by rules"
        assert [one.id for one in d.row("Came meanwhile").deals] == [deal]
        why = d.reader.why(d.id("Unlinked by hand"))
        assert why is not None
        assert why.rule == "R46"
        assert d.in_deal(deal) == ["Came meanwhile", "Linked"]
        await d.do(Delete([number]))
        await d.sync()
        assert "Linked" in d.server("Trash")


async def test_R46_manual_links_are_kept_too(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal()
        d.deliver(d.mail("By hand", from_=BOB, attachments=PDF))
        await d.sync()
        await d.do(LinkMessages([d.id("By hand")], deals=[deal]))
        await d.engine.remove_account(d.account.id)
        d.accounts.clear()
        await d.add(mailbox)
        await d.sync()
        assert [one.id for one in d.row("By hand").deals] == [deal]
        assert len(d.rows()) == 1


async def test_R47_verify_says_complete_only_when_it_adds_up(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        for subject in ("One", "Two"):
            d.deliver(subject)
        await d.sync()
        assert all(proof.complete for proof in await d.engine.verify())
        late = d.deliver("Not synced yet")
        [inbox] = [proof for proof in await d.engine.verify() if proof.folder == "INBOX"]
        assert (inbox.on_server, inbox.here, inbox.complete, inbox.missing) == (3, 2, False, (late,))
        d.delete_elsewhere("One")
        await d.sync()
        [inbox] = [proof for proof in await d.engine.verify() if proof.folder == "INBOX"]
        assert (inbox.on_server, inbox.here, inbox.failed, inbox.complete) == (2, 2, 0, True)


async def test_R39_quitting_in_the_middle_loses_nothing(mailbox: Mailbox) -> None:
    mailbox.stock(300)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        line.down.bytes_per_second = 3_000_000
        async with desk(mailbox, proxy=line) as d:
            await d.engine.start()
            await d.until(lambda: len(d.rows()) >= 50)
        line.down.bytes_per_second = 0
        async with desk(mailbox) as d:
            assert len(d.rows()) >= 50
            await d.sync()
            assert len(d.rows()) == 300
            assert d.reader.accounts()[0].state is AccountState.OFFLINE
