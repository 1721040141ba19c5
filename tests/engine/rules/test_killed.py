"""R36: killed outright between any two steps, and started again, everything happens exactly once."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.conftest import ROOT, Mailbox
from tests.engine.rules.desk import ANN, NO_MOVE, Desk, desk, server
from tests.servers.mailgen import fill
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, DeleteForever, Send, SetFlags
from tui.engine.model import OperationState


async def killed_at(step: str, when: str) -> None:
    """Run a pass in a process of its own and kill it with SIGKILL at a step."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.engine.rules.victim", step, when, cwd=ROOT, env=os.environ, stdout=-1
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        said = await process.stdout.readline()
    process.kill()
    await process.wait()
    assert said == b"here\n", f"{step} was never reached"


async def arrive(d: Desk, *subjects: str) -> None:
    for subject in subjects:
        d.deliver(subject)
    await d.sync()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_R36_a_move_happens_once(mailbox: Mailbox, when: str) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Moved", "Other")
        await d.do(Archive([d.id("Moved")]))
        await killed_at("move", when)
        await d.sync()
        assert (d.server(), d.server("Archive")) == (["Other"], ["Moved"])
        assert {op.state for op in d.operations()} == {OperationState.DONE}
        assert (d.row("Moved").folder, d.row("Moved").on_server, len(d.rows())) == ("Archive", True, 2)


@pytest.mark.parametrize(("step", "when"), [("copy", "after"), ("store", "after"), ("expunge", "after")])
async def test_R36_a_move_by_copy_happens_once(step: str, when: str) -> None:
    with server(capability=NO_MOVE) as mailbox:
        async with desk(mailbox) as d:
            await arrive(d, "Moved", "Other")
            await d.do(Archive([d.id("Moved")]))
            await killed_at(step, when)
            await d.sync()
            await d.sync()
            assert (d.server(), d.server("Archive")) == (["Other"], ["Moved"])
            assert (d.row("Moved").folder, d.row("Moved").on_server, len(d.rows())) == ("Archive", True, 2)


@pytest.mark.parametrize(("step", "when"), [("store", "after"), ("expunge", "after")])
async def test_R36_a_deletion_takes_one_copy_and_no_other(mailbox: Mailbox, step: str, when: str) -> None:
    async with desk(mailbox) as d:
        raw = d.mail("Deleted")
        d.deliver(raw)
        await arrive(d, "Other")
        d.deliver(raw, "Projects")
        await d.sync()
        await d.do(DeleteForever([d.id("Deleted")]))
        await killed_at(step, when)
        await d.sync()
        assert (d.server(), d.server("Projects")) == (["Other"], ["Deleted"])
        assert {op.state for op in d.operations()} == {OperationState.DONE}


async def test_R36_a_flag_is_set(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Flagged")
        await d.do(SetFlags([d.id("Flagged")], add=frozenset({"flagged"})))
        await killed_at("store", "after")
        await d.sync()
        assert r"\Flagged" in d.copies()[0].flags
        assert (d.row("Flagged").flagged, d.row("Flagged").pending) == (True, False)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_R36_the_copy_in_sent_is_filed_once(mailbox: Mailbox, smtp: SmtpSink, when: str) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        await killed_at("append", when)
        await d.sync()
        assert (len(smtp.messages), d.server("Sent"), len(d.rows())) == (1, ["Offer"], 1)
        assert {op.state for op in d.operations()} == {OperationState.DONE}


async def test_R36_a_message_that_was_not_begun_is_sent_once(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        await killed_at("send", "before")
        await d.sync()
        assert (len(smtp.messages), d.server("Sent")) == (1, ["Offer"])


@pytest.mark.parametrize(("when", "delivered"), [("intended", 0), ("after", 1)])
async def test_R36_a_message_that_may_have_left_is_never_sent_again_by_itself(
    mailbox: Mailbox, smtp: SmtpSink, when: str, delivered: int
) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        await killed_at("send", when)
        for _ in range(2):
            await d.sync()
        assert len(smtp.messages) == delivered
        [failed] = d.operations(OperationState.FAILED)
        assert "may or may not have been sent" in failed.error
        if not delivered:
            await d.engine.retry(failed.id)
            await d.sync()
            assert (len(smtp.messages), d.server("Sent")) == (1, ["Offer"])


async def test_R36_a_message_that_left_is_settled_by_the_providers_copy(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.file_copy_to = (mailbox.server, mailbox.user)
    async with desk(mailbox, smtp) as d:
        await d.learned(files_own_copy="yes")
        await d.do(Send(d.draft("Offer")))
        await killed_at("send", "after")
        await d.sync()
        await d.sync()
        assert (len(smtp.messages), d.server("Sent")) == (1, ["Offer"])
        assert d.row("Offer").on_server
        assert {op.state for op in d.operations()} == {OperationState.DONE}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_R15_a_linked_message_reaches_its_deal_once(mailbox: Mailbox, when: str) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver(d.mail("Linked", from_=ANN))
        await killed_at("publish", when)
        await d.sync()
        assert d.in_deal(deal) == ["Linked"]
        assert d.deal_mail(deal, "Linked") == d.copies()[0].raw


async def test_R39_a_first_sync_that_is_killed_goes_on(mailbox: Mailbox) -> None:
    fill(mailbox.server, mailbox.user, 120)
    async with desk(mailbox) as d:
        await killed_at("fetch", "after")
        await d.sync()
        assert len(d.rows()) == 120
        assert all(proof.complete for proof in await d.engine.verify())


async def test_R44_what_a_killed_process_spooled_does_not_stay_on_the_disk(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        left, fresh = d.engine.paths.spool / "left", d.engine.paths.spool / "fresh"
        for path in (left, fresh):
            path.write_bytes(b"Subject: Private")
        os.utime(left, (0, 0))
        await d.sync()
        assert (left.exists(), fresh.exists()) == (False, True)
