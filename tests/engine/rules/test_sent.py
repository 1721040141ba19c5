"""R9 to R14: where the copy of a sent message goes, whatever the server and the provider do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import Desk, desk, server
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Send
from tui.engine.errors import NetworkError, Refused
from tui.engine.imap import names
from tui.engine.imap.session import Session
from tui.engine.model import OperationState, Role
from tui.engine.store import accounts, placements


@asynccontextmanager
async def sending(mailbox: Mailbox, smtp: SmtpSink) -> AsyncIterator[Desk]:
    """A desk whose provider is known to file no copy itself, so that nothing waits for one."""
    async with desk(mailbox, smtp) as d:
        await d.learned()
        yield d


def create(mailbox: Mailbox, *folders: str) -> None:
    with mailbox.client() as client:
        for folder in folders:
            assert client.create(f'"{mailbox.wire(names.encode(folder))}"')[0] == "OK"


def listed(mailbox: Mailbox) -> list[str]:
    """The server's folders, subscribed ones marked with a star."""
    with mailbox.client() as client:
        every = [_name(line) for line in client.list()[1] if isinstance(line, bytes)]
        subscribed = {_name(line) for line in client.lsub()[1] if isinstance(line, bytes)}
    return sorted(name + "*" * (name in subscribed and name != "INBOX") for name in every)


def _name(line: bytes) -> str:
    return names.decode(
        line.decode("latin-1").rpartition(' "')[2].strip('"') if line.endswith(b'"') else line.decode().split()[-1]
    )


async def test_R9_the_folder_marked_sent_is_used_whatever_its_name(smtp: SmtpSink) -> None:
    marked = 'namespace inbox {\n  mailbox "Ausgang 2" {\n    auto = subscribe\n    special_use = \\Sent\n  }\n}'
    with server(special_use=False, extra=marked) as mailbox:
        create(mailbox, "Sent")
        before = listed(mailbox)
        async with sending(mailbox, smtp) as d:
            await d.sync()
            await d.do(Send(d.draft("Offer")))
            await d.sync()
            assert d.server("Ausgang 2") == ["Offer"]
            assert d.server("Sent") == []
            assert d.row("Offer").folder == "Ausgang 2"
        assert listed(mailbox) == before


@pytest.mark.parametrize("name", ["Sent Items", "Sent Messages", "Gesendet", "Envoyés", "送信済み"])
async def test_R10_a_well_known_name_is_used(smtp: SmtpSink, plain: Mailbox, name: str) -> None:
    create(plain, name, "Sentinel", "Notes")
    async with sending(plain, smtp) as d:
        await d.sync()
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        assert d.server(name) == ["Offer"]
        assert d.folder("sent").name == name
        assert d.row("Offer").folder == name
    assert plain.wire("Sent") not in {one.strip("*") for one in listed(plain)}


async def test_R10_a_message_written_before_the_first_sync_finds_the_folder(smtp: SmtpSink, plain: Mailbox) -> None:
    create(plain, "Gesendet")
    async with sending(plain, smtp) as d:
        await d.do(Send(d.draft("Early")))
        assert d.row("Early").folder == "Sent"
        await d.sync()
        assert d.server("Gesendet") == ["Early"]
        assert d.row("Early").folder == "Gesendet"
        assert [f.name for f in d.reader.folders() if f.role is Role.SENT] == [plain.server.shown("Gesendet")]


async def test_R11_sent_is_created_subscribed_synced_and_used(smtp: SmtpSink, plain: Mailbox) -> None:
    async with sending(plain, smtp) as d:
        await d.sync()
        assert listed(plain) == ["INBOX"]
        await d.do(Send(d.draft("First")))
        await d.sync()
        assert listed(plain) == ["INBOX", plain.wire("Sent") + "*"]
        assert d.server("Sent") == ["First"]
        sent = d.folder("sent")
        assert (sent.name, sent.selected, sent.on_server) == ("Sent", True, True)
        await d.do(Send(d.draft("Second")))
        d.deliver(d.mail("From my phone", from_=d.email, to="ann@acme.example"), "Sent")
        await d.sync()
        assert d.server("Sent") == ["First", "From my phone", "Second"]
        assert d.subjects("Sent") == ["First", "From my phone", "Second"]


async def test_R11_under_the_prefix_where_the_server_demands_one(smtp: SmtpSink) -> None:
    with server(prefix="INBOX.", special_use=False) as mailbox:
        async with sending(mailbox, smtp) as d:
            await d.do(Send(d.draft("Offer")))
            await d.sync()
            assert listed(mailbox) == ["INBOX", "INBOX.Sent*"]
            assert d.server("INBOX.Sent") == ["Offer"]
            assert len(d.rows()) == 1
            assert d.row("Offer").on_server


async def test_R12_the_providers_own_copy_is_the_only_one_and_that_is_remembered(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    smtp.file_copy_to = (mailbox.server, mailbox.user)
    async with desk(mailbox, smtp) as d:
        for subject in ("One", "Two"):
            await d.do(Send(d.draft(subject)))
            await d.sync()
        await d.sync()
        assert d.server("Sent") == ["One", "Two"]
        assert d.subjects() == ["One", "Two"]
        learned = await accounts.learned(d.engine.mailbox.reads, d.account.id)
        assert learned["files_own_copy"] == "yes"


async def test_R12_a_provider_that_files_its_copy_late_leaves_one_in_the_end(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with sending(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        d.deliver(smtp.messages[0].raw, "Sent", r"\Seen")
        assert len(d.copies("Sent")) == 2
        await d.sync()
        await d.sync()
        assert len(d.copies("Sent")) == 1
        assert len(d.rows()) == 1
        assert d.row("Offer").on_server
        learned = await accounts.learned(d.engine.mailbox.reads, d.account.id)
        assert learned["files_own_copy"] == "yes"


@pytest.mark.parametrize("why", ["it went again", "renumbered"])
async def test_R12_the_only_copy_stays_where_what_is_known_of_sent_is_old(
    mailbox: Mailbox, smtp: SmtpSink, why: str
) -> None:
    async with sending(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        sent = d.folder("sent").id
        await d.engine.select_folders(d.account.id, ["sent"], False)
        async with d.engine.mailbox.write() as tx:
            [own] = (await placements.of_messages(tx, [d.id("Offer")], d.account.id))[d.id("Offer")]
            await placements.add(tx, d.id("Offer"), sent, own.uidvalidity, own.uid + 100)
        if why == "renumbered":
            with mailbox.client() as client:
                client.delete(mailbox.wire("Sent"))
                client.create(mailbox.wire("Sent"))
            d.deliver("Another", "Sent")
        await d.sync()
        assert d.server("Sent") == ["Offer" if why == "it went again" else "Another"]


async def test_R42_a_second_copy_that_may_not_be_removed_stops_nothing(
    mailbox: Mailbox, smtp: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(session: Session, uids: object) -> None:
        raise Refused("remove the messages", "No rights", "NOPERM")

    monkeypatch.setattr(Session, "expunge", refused)
    async with sending(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        d.deliver(smtp.messages[0].raw, "Sent", r"\Seen")
        d.deliver("Goes on")
        report = await d.sync(ok=False)
        assert report.error == "The second copy of a sent message stays: No rights"
        assert (report.new, report.pushed) == (1, 0)
        assert len(d.copies("Sent")) == 2


async def test_R13_a_refused_copy_leaves_the_send_done_and_can_be_retried(smtp: SmtpSink) -> None:
    with server(acl=True) as mailbox:
        rights = mailbox.server.root / "acl"
        rights.write_text("Sent owner lr\n")
        async with sending(mailbox, smtp) as d:
            await d.do(Send(d.draft("Offer")))
            report = await d.sync()
            assert (report.refused, len(smtp.messages)) == (1, 1)
            states = {op.kind: op.state for op in d.operations()}
            assert states == {"send": OperationState.DONE, "append": OperationState.REFUSED}
            [refused] = d.operations(OperationState.REFUSED)
            assert "Permission denied" in refused.error
            assert d.row("Offer").folder == "Sent"
            assert d.reader.body(d.id("Offer")).state == "full"
            rights.write_text("")
            await d.engine.retry(refused.id)
            await d.sync()
            assert d.server("Sent") == ["Offer"]
            assert len(smtp.messages) == 1


async def test_R13_a_refused_create_leaves_the_send_done(smtp: SmtpSink, plain: Mailbox) -> None:
    async with sending(plain, smtp) as d:
        await d.sync()
        home = plain.server.root / "mail" / plain.user / "Maildir"
        home.chmod(0o555)
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        [refused] = d.operations(OperationState.REFUSED)
        assert (refused.kind, len(smtp.messages)) == ("append", 1)
        assert refused.error
        assert d.row("Offer").folder == "Sent"
        home.chmod(0o755)
        await d.engine.retry(refused.id)
        await d.sync()
        assert d.server("Sent") == ["Offer"]


async def test_R13_an_append_over_quota_is_a_warning_of_its_own(smtp: SmtpSink) -> None:
    with server(quota="messages=1") as mailbox:
        async with sending(mailbox, smtp) as d:
            d.deliver("Fills it")
            await d.do(Send(d.draft("Offer")))
            await d.sync()
            [refused] = d.operations(OperationState.REFUSED)
            assert "uota" in refused.error
            assert len(smtp.messages) == 1
            assert d.row("Offer").folder == "Sent"


async def test_R14_a_deleted_sent_folder_is_made_again(mailbox: Mailbox, smtp: SmtpSink, plain: Mailbox) -> None:
    async with sending(plain, smtp) as d:
        deal = await d.deal(persons=[await d.person()])
        await d.do(Send(d.draft("First")))
        await d.sync()
        with plain.client() as client:
            assert client.delete(plain.wire("Sent"))[0] == "OK"
        await d.sync()
        first = d.row("First")
        assert (first.folder, first.on_server, [one.id for one in first.deals]) == ("Sent", False, [deal])
        await d.do(Send(d.draft("Second")))
        await d.sync()
        assert d.server("Sent") == ["Second"]
        assert d.subjects("Sent") == ["First", "Second"]
        assert d.in_deal(deal) == ["First", "Second"]


async def test_R14_deleted_just_before_the_copy_is_filed(smtp: SmtpSink, plain: Mailbox) -> None:
    async with sending(plain, smtp) as d:
        await d.do(Send(d.draft("First")))
        await d.sync()
        await d.do(Send(d.draft("Second")))
        with plain.client() as client:
            assert client.delete(plain.wire("Sent"))[0] == "OK"
        await d.sync()
        assert d.server("Sent") == ["Second"]
        assert d.subjects("Sent") == ["First", "Second"]


async def test_R36_a_copy_is_filed_once_where_sent_is_renamed_before_its_answer_is_heard(
    mailbox: Mailbox, smtp: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The APPEND is done and its answer lost; then another client renames Sent: what it holds is found there."""
    append = Session.append

    async def unheard(self: Session, *args: Any, **kinds: Any) -> int | None:
        await append(self, *args, **kinds)
        raise NetworkError("the line was cut")

    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Before")))
        await d.sync()
        await d.do(Send(d.draft("Offer")))
        with monkeypatch.context() as patch:
            patch.setattr(Session, "append", unheard)
            await d.sync(ok=False)
        assert d.server("Sent") == ["Before", "Offer"]
        with mailbox.client() as other:
            assert other.rename(mailbox.wire("Sent"), f'"{mailbox.wire("Sent before")}"')[0] == "OK"
        await d.sync()
        await d.sync()
        assert d.open_operations() == []
        assert d.server("Sent before") == ["Before", "Offer"]
        assert "Offer" not in d.server("Sent")
        assert [row.subject for row in d.rows()].count("Offer") == 1


async def test_R13_a_refused_recipient_is_told_and_nothing_is_sent_twice(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.refuse["ann@acme.example"] = "550 5.1.1 No such user here"
    async with sending(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer")))
        report = await d.sync()
        assert report.refused == 1
        [refused] = d.operations(OperationState.REFUSED)
        assert "No such user here" in refused.error
        assert d.row("Offer").refused
        await d.sync()
        assert smtp.messages == []
        assert d.server("Sent") == []
        smtp.refuse.clear()
        await d.engine.retry(refused.id)
        await d.sync()
        assert len(smtp.messages) == 1
        assert d.server("Sent") == ["Offer"]


async def test_R13_one_refused_recipient_of_two_is_named(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.refuse["bob@stranger.example"] = "550 5.1.1 No such user here"
    async with sending(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer", cc="bob@stranger.example")))
        await d.sync()
        assert smtp.messages[0].recipients == ("ann@acme.example",)
        [send] = [op for op in d.operations() if op.kind == "send"]
        assert send.state is OperationState.DONE
        assert "bob@stranger.example" in send.error
        assert d.server("Sent") == ["Offer"]


async def test_R4_an_answer_of_later_to_the_whole_message_sends_it_later_once(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with sending(mailbox, smtp) as d:
        smtp.refuse_data = "451 4.3.0 Disk is full, come back later"
        await d.do(Send(d.draft("Offer")))
        await d.sync(ok=False)
        assert [op.state for op in d.engine.reader.operations() if op.kind == "send"] == [OperationState.QUEUED]
        smtp.refuse_data = ""
        await d.sync()
        await d.sync()
        assert len(smtp.messages) == 1
        assert d.server("Sent") == ["Offer"]
