"""Accounts begin and end in any order and at any moment, and a fault of one is no fault of the others."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.push.relay import relay
from tests.engine.push.running import NEVER, idle, patient, running
from tests.engine.rules.desk import PATIENCE, desk
from tests.servers.mailgen import fill
from tui.engine import events
from tui.engine.commands import SetFlags
from tui.engine.core import Engine
from tui.engine.model import AccountState
from tui.engine.paths import Paths
from tui.engine.store import accounts as stored
from tui.engine.sync import account as syncing
from tui.engine.sync.account import AccountSync


async def test_R40_stopping_while_a_server_is_silent_is_quick_and_leaves_no_connection(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        line.silent = True
        await d.engine.start()
        await line.wait_for_link()
        async with asyncio.timeout(PATIENCE):  # a server has a minute to answer
            await d.engine.stop()
        await line.wait_for_nobody()
        line.silent = False
        await d.engine.start()
        await idle(d)


async def test_R36_starting_and_stopping_at_any_moment_loses_nothing(mailbox: Mailbox) -> None:
    fill(mailbox.server, mailbox.user, 120)
    chance = random.Random(5)
    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        for _ in range(12):
            starting = asyncio.create_task(d.engine.start())
            for _ in range(chance.randrange(400)):
                await asyncio.sleep(0)
            await d.engine.stop()
            await asyncio.gather(starting, return_exceptions=True)
            assert not d.engine.running
            assert d.engine.network.syncs() == []
        await d.engine.start()
        await d.until(lambda: len(d.rows()) == 120)
        await idle(d)
        assert len({row.message_id for row in d.rows()}) == 120
        assert line.peak <= 3


async def test_R44_an_account_removed_during_its_sync_is_gone(mailbox: Mailbox) -> None:
    fill(mailbox.server, mailbox.user, 200)
    other = Mailbox(mailbox.server, fresh_user())
    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        line.slow = 1_000_000.0
        await d.add(other)
        await d.engine.start()
        await d.until(lambda: len(d.rows()) >= 50)
        await d.engine.remove_account(d.account.id)
        assert d.rows() == []
        assert line.links == set()
        await asyncio.to_thread(d.deliver, "Still here", box=other)
        await d.until(lambda: d.subjects() == ["Still here"])


async def test_R44_an_account_that_is_being_removed_is_not_started_by_what_another_process_writes(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.engine.accounts import setup

    fetch, reached, going_on = setup.fetch_for_deals, asyncio.Event(), asyncio.Event()

    async def halted(*given: object) -> None:
        reached.set()
        await going_on.wait()
        await fetch(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(setup, "fetch_for_deals", halted)
    async with running(mailbox) as d:
        removing = asyncio.create_task(d.engine.remove_account(d.account.id))
        await reached.wait()
        told = asyncio.Event()
        d.engine.events.subscribe(lambda batch: told.set())
        second = await Engine.open(Paths.of())
        try:
            async with second.mailbox.write() as tx:
                await stored.learn(tx, d.account.id, push="something else")
            await told.wait()
            assert d.engine.network.syncs() == []
        finally:
            await second.close()
        going_on.set()
        await removing
        assert d.reader.accounts() == []


async def test_R44_a_removal_that_fails_leaves_the_account_running(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.engine.accounts import setup

    async def broken(*given: object) -> None:
        raise OSError("the disk is full")

    async with running(mailbox) as d:
        monkeypatch.setattr(setup, "fetch_for_deals", broken)
        with pytest.raises(OSError, match="full"):
            await d.engine.remove_account(d.account.id)
        await asyncio.to_thread(d.deliver, "Still here")
        await d.until(lambda: d.subjects() == ["Still here"])


async def test_R46_an_account_started_twice_runs_once(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, running(mailbox, line) as d:
        [account] = d.reader.accounts()
        for _ in range(5):
            d.engine.start_account(account)
        [sync] = d.engine.network.syncs()
        await d.until(lambda: sync.listening)
        assert len(await line.wait_for_idling()) == 1
        assert line.peak <= 3
        await asyncio.to_thread(d.deliver, "News")
        await d.until(lambda: d.subjects() == ["News"])


async def test_R40_a_mistake_of_dealdesk_restarts_one_account_and_says_so(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    told: list[object] = []
    async with desk(mailbox) as d:
        await d.add(other)
        patient(d, NEVER, first_wait=0.1)
        d.engine.events.subscribe(told.extend)
        show = AccountSync._show
        faults = iter([True, True])

        async def broken(sync: AccountSync, synced: bool = False) -> None:
            if sync.account.id == d.accounts[0].id and synced and next(faults, False):
                raise RuntimeError("a mistake")
            await show(sync, synced)

        monkeypatch.setattr(AccountSync, "_show", broken)
        await d.engine.start()
        await asyncio.to_thread(d.deliver, "Other", box=other)
        await d.until(lambda: "Other" in d.subjects())
        await asyncio.to_thread(d.deliver, "Mine")
        await d.until(lambda: "Mine" in d.subjects())
        await idle(d)


async def test_R40_a_task_that_ends_is_started_again_and_a_person_is_told(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, faults = AccountSync.run, iter([True])

    async def broken(sync: AccountSync) -> None:
        if next(faults, False):
            raise RuntimeError("a mistake")
        await run(sync)

    monkeypatch.setattr(AccountSync, "run", broken)
    told: list[object] = []
    async with desk(mailbox) as d:
        patient(d, NEVER, first_wait=0.05)
        d.engine.events.subscribe(told.extend)
        await d.engine.start()
        await idle(d)
        [notice] = [one for one in told if isinstance(one, events.Notified)]
        assert "starts again" in notice.text


async def test_R40_a_fault_of_one_account_is_no_fault_of_the_others(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with relay(mailbox) as line, running(mailbox, line, first_wait=0.02, longest_wait=0.05) as d:
        await d.add(other)
        line.answer = lambda command: b"%TAG% NO [UNAVAILABLE] gone\r\n"
        line.cut()
        await d.until(lambda: d.reader.accounts()[0].state is AccountState.WAITING)
        await asyncio.to_thread(d.deliver, "Other", box=other)
        await d.until(lambda: "Other" in d.subjects())
        assert d.reader.accounts()[1].state in (AccountState.IDLE, AccountState.SYNCING)
        line.answer = lambda command: None
        await idle(d)


async def test_R40_only_accounts_that_have_a_message_are_asked_for_it(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with running(mailbox) as d:
        await d.add(other)
        raw = d.mail("Here")
        await asyncio.to_thread(d.deliver, raw)
        await d.until(lambda: d.subjects() == ["Here"])
        mine, theirs = (d.engine.network.syncs([account.id])[0] for account in d.accounts)
        mine.want = theirs.want = lambda message_id: asked.append(message_id)  # type: ignore[method-assign]
        asked: list[int] = []
        await d.engine.want(d.id("Here"))
        assert asked == [d.id("Here")]
        asked.clear()
        await asyncio.to_thread(d.deliver, raw, box=other)
        await d.until(lambda: len({one.on_server for one in d.rows()}) == 1)
        await d.engine.want(10_000)
        assert asked == []


async def test_R40_an_opened_message_survives_a_cut(mailbox: Mailbox) -> None:
    """What a person waits for is asked for again after the connection was lost, but not for ever."""
    mailbox.deliver(b"Subject: Poison\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with relay(mailbox) as line, running(mailbox, line, first_wait=0.02, longest_wait=0.05) as d:
        asked: list[bytes] = []

        def answer(command: bytes) -> bytes | None:
            if b"BODY.PEEK[]" in command and len(asked) < 10:
                asked.append(command)
                line.cut()
                return b""
            return None

        line.answer = answer
        await d.engine.want(d.id("Poison"))
        await d.until(lambda: len(asked) >= syncing.TRIES)
        await d.do(SetFlags([d.id("Poison")], add=frozenset({"flagged"})))
        await d.settled()
        assert len(asked) == syncing.TRIES
