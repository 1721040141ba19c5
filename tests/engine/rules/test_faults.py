"""What goes wrong outside is one sentence each, nothing is half saved, and the other account goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.faults.field import impatient
from tests.engine.rules.desk import Desk, account_of, desk, server
from tests.servers.dovecot import free_port
from tests.servers.mailgen import fill
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine import secrets
from tui.engine.commands import Archive, Send
from tui.engine.errors import AuthError, CredentialsError, InvalidInput, NetworkError
from tui.engine.imap.session import Session
from tui.engine.model import AccountState, OperationState, Security, Server
from tui.engine.store import accounts


def one_sentence(error: str, *words: str) -> None:
    """Assert that an error is one line a person can act on, with these words in it."""
    assert "\n" not in error
    assert 10 < len(error) < 300
    assert "Traceback" not in error
    assert "secret" not in error
    for word in words:
        assert word in error


FAULTS: dict[str, tuple[Server, tuple[str, ...]]] = {
    "refused": (Server("127.0.0.1", free_port(), Security.NONE), ("127.0.0.1", "refuses connections")),
    "unknown host": (Server("mail.nowhere.invalid", 143, Security.NONE), ("mail.nowhere.invalid", "known")),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_server_that_cannot_be_reached_is_not_saved_and_stops_nobody(mailbox: Mailbox, fault: str) -> None:
    where, words = FAULTS[fault]
    broken = Mailbox(mailbox.server, fresh_user())
    async with desk(mailbox) as d:
        with pytest.raises(NetworkError) as raised:
            await d.engine.add_account(account_of(broken, imap=where), "secret")
        one_sentence(str(raised.value), *words)
        assert len(d.reader.accounts()) == 1
        assert len(list(d.engine.paths.secrets.iterdir())) == 1
        d.deliver("Goes on")
        await d.add(broken, imap=where)
        reports = {report.email: report for report in await d.engine.sync()}
        one_sentence(reports[d.accounts[1].email].error, *words)
        assert reports[d.email].error == ""
        assert d.subjects() == ["Goes on"]
        states = {account.email: account.state for account in d.reader.accounts()}
        assert states == {d.email: AccountState.OFFLINE, d.accounts[1].email: AccountState.ERROR}


async def test_an_account_whose_line_breaks_after_it_was_proved_is_there(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, found = Mailbox(mailbox.server, fresh_user()), Session.list_folders

    async def cut(session: Session, *args: Any, **named: Any) -> Any:
        session.abort()
        return await found(session, *args, **named)

    async with desk(mailbox) as d:
        with monkeypatch.context() as breaking:
            breaking.setattr(Session, "list_folders", cut)
            added = await d.engine.add_account(account_of(other), other.password)
        d.deliver("Comes later", box=other)
        await d.sync()
        assert d.subjects() == ["Comes later"]
        assert [folder.name for folder in d.reader.folders(added.id)][:1] == ["INBOX"]


async def test_a_wrong_password_is_not_saved_and_stops_nobody() -> None:
    patient = "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}"
    with server(extra=patient) as mailbox:
        other = Mailbox(mailbox.server, fresh_user())
        async with desk(mailbox) as d:
            with pytest.raises(AuthError) as raised:
                await d.engine.add_account(account_of(other), "wrong-password")
            one_sentence(str(raised.value), other.user)
            assert "wrong-password" not in str(raised.value)
            assert len(d.reader.accounts()) == 1
            assert len(list(d.engine.paths.secrets.iterdir())) == 1
            added = await d.add(other)
            (d.engine.paths.secrets / added.email).write_text("changed-meanwhile")
            d.deliver("Goes on")
            reports = {report.email: report.error for report in await d.engine.sync()}
            one_sentence(reports[added.email], other.user)
            assert (reports[d.email], d.subjects()) == ("", ["Goes on"])
            with pytest.raises(InvalidInput, match="connected already"):
                await d.engine.add_account(account_of(mailbox), "secret")


async def test_a_password_command_that_fails_says_so(mailbox: Mailbox) -> None:
    async with desk(mailbox, secret="command:false") as d:
        async with d.engine.mailbox.write() as tx:
            await accounts.save(tx, d.account._replace(secret="command:false"))
        report = await d.sync(ok=False)
        one_sentence(report.error, "password command")


@pytest.mark.parametrize("command", ["", "  ", "'", "/nowhere/program"])
async def test_a_password_command_that_is_no_command_is_one_sentence(command: str) -> None:
    with pytest.raises(CredentialsError) as raised:
        await secrets.run(command)
    one_sentence(str(raised.value), "password command")


async def test_a_password_command_ends_with_what_asked_for_it(tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    script = tmp_path / "hang"
    script.write_text(f"#!/bin/sh\necho $$ > {told}\nexec sleep 60\n")
    script.chmod(0o700)
    asking = asyncio.create_task(secrets.run(str(script)))
    number = int(await asyncio.to_thread(told.read_text))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


HANGING = """
import asyncio, threading, keyring, keyring.backend
from tui.engine import secrets
from tui.engine.errors import CredentialsError

class Hanging(keyring.backend.KeyringBackend):
    priority = 5
    def get_password(self, service, username):
        threading.Event().wait()
    set_password = delete_password = None

keyring.set_keyring(Hanging())
secrets.WAIT = 0.1
try:
    asyncio.run(secrets._keyring_read("ann@acme.example"))
except CredentialsError as error:
    print(error)
"""


def test_a_keyring_that_never_answers_does_not_hold_up_the_end_of_the_program() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, check=True)
    one_sentence(done.stdout.strip(), "keyring")


async def test_a_server_that_dies_in_the_middle_leaves_whole_messages(mailbox: Mailbox) -> None:
    fill(mailbox.server, mailbox.user, 120)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            for cut in (3_000, 30_000, 60_000, 200_000):
                line.down.cut_after = cut
                report = await d.sync(ok=False)
                one_sentence(report.error, "127.0.0.1")
                for row in d.rows():
                    assert d.reader.why(row.id) is not None
                    assert d.reader.body(row.id).state in ("header", "full")
            line.down.cut_after = None
            await d.sync()
            assert len(d.rows()) == 120
            assert all(proof.complete for proof in await d.engine.verify())


async def test_a_server_that_falls_silent_is_given_up(mailbox: Mailbox) -> None:
    fill(mailbox.server, mailbox.user, 120)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            impatient(d.engine, 1.0)
            line.down.bytes_per_second = 200_000
            syncing = asyncio.create_task(d.sync(ok=False))
            await d.until(lambda: len(d.rows()) >= 50)
            line.stall()
            report = await syncing
            one_sentence(report.error, "127.0.0.1")
            line.flow()
            line.down.bytes_per_second = 0
            await d.sync()
            assert len(d.rows()) == 120


async def test_a_restarted_server_is_found_again(mailbox: Mailbox) -> None:
    with server(quota="messages=1000") as own:
        async with desk(own) as d:
            d.deliver("Before")
            await d.sync()
            own.server.pause()
            await d.do(Archive([d.id("Before")]))
            report = await d.sync(ok=False)
            one_sentence(report.error, "127.0.0.1")
            assert d.open_operations()
            own.server.resume()
            await d.sync()
            assert d.server("Archive") == ["Before"]
            assert len(d.rows()) == 1


@pytest.mark.parametrize("cut", ["lost", "accepted"])
async def test_R36_a_line_cut_after_the_message_was_handed_over_asks_the_person(
    mailbox: Mailbox, smtp: SmtpSink, cut: str
) -> None:
    smtp.cut, smtp.cuts_left = cut, 1  # type: ignore[assignment]
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        for _ in range(2):
            await d.sync(ok=False)
        assert smtp.attempts == 1
        [failed] = d.operations(OperationState.FAILED)
        one_sentence(failed.error, "may or may not have been sent")
        if cut == "lost":
            await d.engine.retry(failed.id)
            await d.sync()
            assert (len(smtp.messages), d.server("Sent")) == (1, ["Offer"])


async def test_R36_a_line_cut_before_the_message_is_tried_again_by_itself(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.cut, smtp.cuts_left = "before-data", 1
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        report = await d.sync(ok=False)
        one_sentence(report.error, "127.0.0.1")
        [op] = [op for op in d.operations() if op.kind == "send"]
        assert op.state is OperationState.QUEUED
        await d.sync()
        assert (len(smtp.messages), d.server("Sent")) == (1, ["Offer"])


async def test_R36_an_smtp_server_that_is_down_holds_up_no_imap_work(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        d.deliver("Here")
        await d.sync()
        smtp.stop()
        await d.do(Send(d.draft("Offer")))
        await d.do(Archive([d.id("Here")]))
        report = await d.sync(ok=False)
        one_sentence(report.error, "127.0.0.1")
        assert d.server("Archive") == ["Here"]
        assert [op.kind for op in d.open_operations()] == ["send"]
        with SmtpSink.start(port=smtp.port) as again:
            await d.sync()
            assert len(again.messages) == 1
            assert d.server("Sent") == ["Offer"]


async def test_R36_a_temporary_refusal_is_tried_again(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.refuse["ann@acme.example"] = "451 4.3.0 Greylisted, come back later"
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        report = await d.sync(ok=False)
        one_sentence(report.error, "come back later")
        smtp.refuse.clear()
        await d.sync()
        assert (len(smtp.messages), d.server("Sent")) == (1, ["Offer"])


async def test_faults_of_one_account_in_push_mode_leave_the_other_working(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with desk(mailbox) as d:
        await d.add(other, imap=Server("127.0.0.1", free_port(), Security.NONE))
        await d.engine.start()

        def states(d: Desk) -> list[AccountState]:
            return [account.state for account in d.reader.accounts()]

        await d.until(lambda: states(d) == [AccountState.IDLE, AccountState.WAITING])
        one_sentence(d.reader.accounts()[1].error, "refuses connections")
        await asyncio.to_thread(d.deliver, "Goes on")
        await d.until(lambda: d.subjects() == ["Goes on"])
