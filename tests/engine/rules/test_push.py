"""Push mode: what arrives is here at once, what is done is there at once, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.conftest import Mailbox
from tests.engine.push.running import patient
from tests.engine.rules.desk import PATIENCE, Desk, days_ago, desk
from tests.servers.mailgen import fill
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, Delete, DeleteForever, Send, SetFlags
from tui.engine.core import Engine
from tui.engine.errors import Busy, InvalidInput
from tui.engine.imap.session import Session
from tui.engine.model import AccountState, OperationState
from tui.engine.paths import Paths
from tui.engine.store import operations


@asynccontextmanager
async def running(mailbox: Mailbox, smtp: SmtpSink | None = None, **options: object) -> AsyncIterator[Desk]:
    """A desk in push mode whose first pass is over and whose folders are asked again in an hour."""
    async with desk(mailbox, smtp, **options) as d:  # type: ignore[arg-type]
        await d.learned()
        patient(d)
        await d.engine.start()
        await d.until(lambda: d.reader.accounts()[0].state is AccountState.IDLE)
        yield d


async def test_R1_a_delivered_message_is_here_without_being_asked_for(mailbox: Mailbox) -> None:
    """Folders are asked in an hour; how quick it is, the benches measure."""
    async with running(mailbox) as d:
        await asyncio.to_thread(d.deliver, "Fresh")
        await d.until(lambda: "Fresh" in d.subjects())
        await d.until(lambda: d.reader.body(d.id("Fresh")).state == "full")
        await asyncio.to_thread(d.deliver, "Fresher")
        await d.until(lambda: "Fresher" in d.subjects())


async def test_R33_a_deletion_goes_to_the_server_at_once(mailbox: Mailbox) -> None:
    """No round of asking and no retry is due within the hour that would take it there."""
    mailbox.deliver(b"Subject: Deleted\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with running(mailbox) as d:
        await d.do(Delete([d.id("Deleted")]))
        await d.settled()
        assert (d.server(), d.server("Trash")) == ([], ["Deleted"])


async def test_R4_a_message_is_sent_and_filed_at_once(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.delay = 0.5
    async with running(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer")))
        await smtp.wait_for(1)
        await d.until(lambda: d.row("Offer").on_server and not d.open_operations())
        assert d.server("Sent") == ["Offer"]
        await asyncio.to_thread(d.deliver, "Later")
        await d.until(lambda: "Later" in d.subjects())
        assert len(d.rows()) == 2


async def test_R36_a_message_taken_back_while_its_server_is_asked_does_not_leave(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    with Proxy.start(smtp.host, smtp.port) as line:
        line.stall()
        async with running(mailbox, smtp, smtp_proxy=line) as d:
            await d.do(Send(d.draft("Offer")))
            await asyncio.to_thread(line.wait_for_connections, 1)
            await d.engine.undo()
            line.flow()
            await d.do(Send(d.draft("Second")))
            await smtp.wait_for(1)
            await d.settled()
            assert [b"Subject: Second" in got.raw for got in smtp.messages] == [True]
            assert d.server("Sent") == ["Second"]


async def test_R36_a_message_for_later_waits_for_its_moment(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with running(mailbox, smtp) as d:
        await d.do(Send(d.draft("Later", at=int(time.time()) + 3600)))
        await d.do(Send(d.draft("Now")))
        await d.until(lambda: d.row("Now").on_server)
        assert [b"Subject: Now" in got.raw for got in smtp.messages] == [True]
        assert [op.state for op in d.operations() if op.kind == "send"] == [OperationState.DONE, OperationState.QUEUED]


async def test_R40_an_opened_message_jumps_the_queue(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            for number in range(60):
                d.deliver(d.mail(f"Bulk {number:02}", body="x" * 60_000), at=days_ago(30 - number / 10))
            line.down.bytes_per_second = 150_000
            await d.engine.start()
            await d.until(lambda: len(d.rows()) >= 50)
            oldest = min(d.rows(), key=lambda row: row.date)
            assert d.reader.body(oldest.id).state == "header"
            await d.engine.want(oldest.id)
            await d.until(lambda: d.reader.body(oldest.id).state == "full")
            still = [row for row in d.rows() if d.reader.body(row.id).state == "header"]
            assert len(still) > 10, "it came before the others"
            await d.do(SetFlags([oldest.id], add=frozenset({"seen"})))
            await d.settled()
            assert [row for row in d.rows() if d.reader.body(row.id).state == "header"], "and so did its flag"


async def test_R40_work_during_the_first_sync_ends_the_same_here_and_there(mailbox: Mailbox) -> None:
    fill(mailbox.server, mailbox.user, 300)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        line.down.bytes_per_second = 4_000_000
        async with desk(mailbox, proxy=line) as d:
            await d.engine.start()
            await d.until(lambda: len(d.rows()) >= 50)
            first = [row.id for row in d.rows()[:40]]
            await d.do(Archive(first[:20]))
            await d.do(SetFlags(first, add=frozenset({"flagged"})))
            await asyncio.to_thread(d.deliver, "Came meanwhile")
            await d.do(Delete(first[20:30]))
            await d.engine.undo()
            await d.do(Delete(first[30:]))
            await d.until(lambda: len(d.rows()) == 301)
            await d.settled()
            await d.until(lambda: all(d.reader.body(row.id).state == "full" for row in d.rows()))
        async with desk(mailbox, proxy=line) as d:
            line.down.bytes_per_second = 0
            await d.sync()
            for folder, count in (("INBOX", 271), ("Archive", 20), ("Trash", 10)):
                assert d.subjects(folder) == d.server(folder)
                assert len(d.server(folder)) == count
            flagged = [copy for copy in d.copies() if r"\Flagged" in copy.flags]
            assert len(flagged) == 10
            assert sum(row.flagged for row in d.rows()) == 40
            assert len({row.message_id for row in d.rows()}) == 301


async def test_R38_a_flag_set_here_does_not_flicker(mailbox: Mailbox) -> None:
    mailbox.deliver(b"Subject: Hello\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with running(mailbox) as d:
        seen: list[bool] = []
        await d.do(SetFlags([d.id("Hello")], add=frozenset({"seen"})))
        d.engine.events.subscribe(lambda _: seen.append(d.row("Hello").seen))
        await d.settled()
        await d.engine.sync_now()
        await asyncio.to_thread(d.deliver, "Next")
        await d.until(lambda: "Next" in d.subjects())
        assert set(seen) == {True}


async def test_R12_a_provider_that_files_its_copy_leaves_one(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.file_copy_to = (mailbox.server, mailbox.user)
    async with desk(mailbox, smtp) as d:
        await d.engine.start()
        await d.until(lambda: d.reader.accounts()[0].state is AccountState.IDLE)
        await d.do(Send(d.draft("Offer")))
        await d.until(lambda: d.row("Offer").on_server and not d.open_operations())
        assert d.server("Sent") == ["Offer"]
        assert len(d.rows()) == 1


async def test_R40_progress_is_told_by_folder(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        for number in range(5):
            d.deliver(f"M{number}", at=days_ago(number))
        told: list[object] = []
        d.engine.events.subscribe(told.extend)
        await d.engine.start()
        await d.until(lambda: len(d.rows()) == 5)
        await d.until(lambda: any(type(one).__name__ == "SyncProgressed" for one in told))
        progress = [one for one in told if type(one).__name__ == "SyncProgressed"][-1]
        assert (progress.folder, progress.done, progress.total) == ("INBOX", 5, 5)  # type: ignore[attr-defined]
        folder = d.folder("inbox")
        assert (folder.synced, folder.expected) == (5, 5)
        assert folder.oldest is not None


async def test_quitting_is_fast_even_while_the_server_says_nothing(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            await d.engine.start()
            await d.until(lambda: d.reader.accounts()[0].state is AccountState.IDLE)
            line.stall()
            async with asyncio.timeout(PATIENCE):  # a server has a minute to answer
                await d.engine.stop()
            line.flow()


async def test_a_second_process_is_told_busy_and_what_it_queues_is_pushed(mailbox: Mailbox) -> None:
    mailbox.deliver(b"Subject: Hello\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with running(mailbox) as d:
        second = await Engine.open(Paths.of())
        try:
            with pytest.raises(Busy, match="already syncing"):
                await second.sync()
            with pytest.raises(Busy):
                await second.start()
            with pytest.raises(Busy):
                await d.engine.sync()
            await second.do(Delete([d.id("Hello")]))
            await d.until(lambda: not d.open_operations() and d.operations() != [])
            assert d.server("Trash") == ["Hello"]
        finally:
            await second.close()


async def test_R36_a_server_that_comes_back_gets_what_was_queued(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        d: Desk
        async with running(mailbox, proxy=line) as d:
            await asyncio.to_thread(d.deliver, "Hello")
            await d.until(lambda: "Hello" in d.subjects())
            line.refuse = True
            await asyncio.to_thread(line.cut)
            await d.until(lambda: d.reader.accounts()[0].state is AccountState.WAITING)
            await d.do(Delete([d.id("Hello")]))
            [op] = d.open_operations()
            assert op.state is OperationState.QUEUED
            line.refuse = False
            await d.engine.sync_now()
            await d.settled()
            assert d.server("Trash") == ["Hello"]


async def test_R29_a_deletion_by_another_client_is_shown(mailbox: Mailbox) -> None:
    mailbox.deliver(b"Subject: Gone\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with running(mailbox) as d:
        assert d.row("Gone").on_server
        await asyncio.to_thread(d.delete_elsewhere, "Gone")
        await d.until(lambda: not d.row("Gone").on_server)


async def test_R3_a_folder_selected_while_running_is_synced(mailbox: Mailbox) -> None:
    mailbox.deliver(b"Subject: Waiting\r\nFrom: a@b.example\r\n\r\nHi\r\n", "Projects")
    async with running(mailbox, folders=("INBOX",)) as d:
        await d.engine.select_folders(d.account.id, ["Projects"], True)
        await d.until(lambda: d.subjects("Projects") == ["Waiting"])


async def test_an_account_added_and_removed_while_running(mailbox: Mailbox) -> None:
    async with running(mailbox) as d:
        other = Mailbox(mailbox.server, mailbox.user + "b")
        other.deliver(b"Subject: Other\r\nFrom: a@b.example\r\n\r\nHi\r\n")
        added = await d.add(other)
        await d.until(lambda: "Other" in d.subjects())
        await d.engine.remove_account(added.id)
        assert d.rows() == []
        await asyncio.to_thread(d.deliver, "Still here")
        await d.until(lambda: d.subjects() == ["Still here"])


async def test_R4_quitting_waits_for_the_answer_to_a_message_that_is_being_handed_over(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    smtp.delay = 0.4
    async with running(mailbox, smtp) as d:
        done = await d.do(Send(d.draft("Offer")))
        await d.until(lambda: d.operations(OperationState.RUNNING))
        await d.engine.stop()
        [sent] = [op for op in d.operations() if op.id == done.operations[0]]
        assert (sent.state, len(smtp.messages)) == (OperationState.DONE, 1)
        assert [op.kind for op in d.open_operations()] == ["append"]


async def test_R4_a_message_that_no_server_can_be_given_does_not_hold_up_the_next(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        broken = await d.do(Send(d.draft("Broken")))
        async with d.engine.mailbox.write() as tx:
            payload = {"sender": "no address", "recipients": ["ann@acme.example"], "marks": []}
            await operations.set_payload(tx, broken.operations[0], payload)
        await d.do(Send(d.draft("Whole")))
        await d.sync()
        assert len(smtp.messages) == 1
        [refused] = d.operations(OperationState.REFUSED)
        assert "no address" in refused.error
        assert d.server("Sent") == ["Whole"]


async def test_R1_what_came_while_the_idle_connection_was_being_made_is_here_at_once(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    select, listening = Session.select, asyncio.Event()

    async def slow(session: Session, wire: str, *, readonly: bool = False, **named: Any) -> Any:
        if readonly:
            await listening.wait()
        return await select(session, wire, readonly=readonly, **named)

    monkeypatch.setattr(Session, "select", slow)
    async with running(mailbox) as d:
        await asyncio.to_thread(d.deliver, "Fresh")
        listening.set()
        await d.until(lambda: "Fresh" in d.subjects())


async def test_R33_a_deletion_that_the_server_is_at_is_not_taken_back(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    expunge, reached, going_on = Session.expunge, asyncio.Event(), asyncio.Event()

    async def halted(session: Session, uids: Any) -> None:
        reached.set()
        await going_on.wait()
        await expunge(session, uids)

    monkeypatch.setattr(Session, "expunge", halted)
    mailbox.deliver(b"Subject: Deleted\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with running(mailbox) as d:
        await d.do(DeleteForever([d.id("Deleted")]))
        await reached.wait()
        with pytest.raises(InvalidInput, match="at this moment"):
            await d.engine.undo()
        going_on.set()
        await d.settled()
        assert (d.server(), d.rows()) == ([], [])


async def test_R4_one_process_passes_over_its_queue_once_at_a_time(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.delay = 0.2
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        first, second = await asyncio.gather(d.engine.sync(), d.engine.sync(), return_exceptions=True)
        assert isinstance(first, list)
        assert isinstance(second, Busy)
        passing = asyncio.create_task(d.engine.sync())
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await d.engine.start()
        await passing
        await d.engine.start()
        assert (len(smtp.messages), d.engine.running) == (1, True)
