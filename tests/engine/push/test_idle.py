"""IDLE is renewed before the line is forgotten, and a server that pushes nothing is found out and asked instead."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Mailbox
from tests.engine.push.relay import relay
from tests.engine.push.running import idle, learned, running
from tests.engine.rules.desk import Desk, desk
from tests.servers.kinds import mailbox_on
from tui.engine.imap import quirks
from tui.engine.store import accounts
from tui.engine.sync.context import Times
from tui.engine.sync.listening import renewal

seconds = st.floats(0.1, 100_000)


@given(seconds, seconds, seconds)
def test_R1_a_dropped_idle_is_renewed_earlier_within_bounds(period: float, lasted: float, shortest: float) -> None:
    learned = renewal(period, lasted, shortest)
    assert learned <= period
    assert learned >= min(period, shortest)
    if lasted < shortest:
        assert learned == period
    elif period > shortest:
        assert learned < max(lasted, shortest * 1.001)


def test_R1_idle_is_renewed_before_any_known_server_drops_it() -> None:
    """RFC 2177 allows 29 minutes, some servers drop at 10, AOL and many NATs at 5."""
    assert Times().idle < 300
    assert renewal(285, 200, 60) == 160


async def test_R1_a_server_that_drops_idle_teaches_the_account_to_renew_earlier(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line:
        line.idle_limit = 0.6
        async with running(mailbox, line, idle=300, shortest_idle=0.2, first_wait=0.05) as d:
            await d.until(lambda: line.dropped)
            line.idle_limit = 0
            opened, asked = line.opened, line.count(b"IDLE")
            await d.until(lambda: line.count(b"IDLE") >= asked + 4)
            assert line.opened <= opened + 1, "renewed on the connection that was made anew"
            assert 0.2 <= float(str((await learned(d))["idle"])) < 300
            await asyncio.to_thread(d.deliver, "News")
            await d.until(lambda: "News" in d.subjects())
        async with running(mailbox, line, idle=300, shortest_idle=0.2) as d:
            asked = line.count(b"IDLE")
            await d.until(lambda: line.count(b"IDLE") >= asked + 3)  # it is remembered after a restart


async def test_R1_a_drop_right_at_the_beginning_teaches_nothing(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, running(mailbox, line, first_wait=0.05) as d:
        opened = line.opened
        line.cut()
        await d.until(lambda: line.opened >= opened + 2)
        await idle(d)
        assert "idle" not in await learned(d)


async def found_by_asking(d: Desk) -> None:
    """Mail comes and is found by polls; a first one may come while the beginning of IDLE has a pull made anyway."""
    for number in range(3):
        await asyncio.to_thread(d.deliver, f"Found {number}")
        await d.until(lambda number=number: f"Found {number}" in d.subjects())  # type: ignore[misc]


async def test_R1_a_server_that_offers_idle_and_says_nothing_is_asked(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line:
        line.muffled = True
        async with running(mailbox, line, poll=1, grace=0.3, ask=0.2) as d:
            [sync] = d.engine.network.syncs()
            await found_by_asking(d)
            await d.until(lambda: "tells nothing" in d.reader.accounts()[0].push)
            assert "deaf" in await learned(d)
            sync.pull_now()
            await d.until(lambda: not line.idling)
            assert line.count(b"NOOP")
        async with running(mailbox, line, ask=0.2) as d:
            assert "tells nothing" in d.reader.accounts()[0].push, "it is remembered after a restart"
            assert not line.idling
            await asyncio.to_thread(d.deliver, "Asked for")
            await d.until(lambda: "Asked for" in d.subjects())  # long before the next poll


async def test_R1_courier_offers_idle_pushes_nothing_and_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real server of that kind, once known by its name and once as a stranger."""
    with mailbox_on("courier") as courier:
        async with relay(courier) as line:
            async with running(courier, line, ask=0.3) as d:
                assert "tells nothing" in d.reader.accounts()[0].push
                await asyncio.to_thread(d.deliver, "Asked for")
                await d.until(lambda: "Asked for" in d.subjects())
                assert "deaf" not in await learned(d)
                checks = {check.check: check.detail for check in await d.engine.test_account(d.account.id)}
                assert "tells nothing" in checks["push"]
            monkeypatch.setattr(quirks, "_KNOWN", ())
            async with running(courier, line, poll=1, grace=0.5, ask=0.3) as d:
                assert await line.wait_for_idling()
                await found_by_asking(d)
                await d.until(lambda: "tells nothing" in d.reader.accounts()[0].push)
                assert "deaf" in await learned(d)


async def test_R1_cyrus_pushes_late_and_is_not_taken_for_deaf() -> None:
    with mailbox_on("cyrus") as cyrus:
        async with relay(cyrus) as line, running(cyrus, line, poll=1, ask=0.3) as d:
            for number in range(2):
                await asyncio.to_thread(d.deliver, f"News {number}")
                await d.until(lambda number=number: f"News {number}" in d.subjects())  # type: ignore[misc]
            assert await line.wait_for_idling()
            assert "deaf" not in await learned(d)


async def test_R1_a_server_that_pushes_is_not_taken_for_deaf(mailbox: Mailbox) -> None:
    """A poll may find a message just before it is announced."""
    async with relay(mailbox) as line, running(mailbox, line, poll=1, grace=1.5, ask=0.2) as d:
        for number in range(4):
            await asyncio.to_thread(d.deliver, f"News {number}")
            await d.until(lambda number=number: f"News {number}" in d.subjects())  # type: ignore[misc]
        noops = line.count(b"NOOP")
        await asyncio.to_thread(d.deliver, "Last")
        await d.until(lambda: "Last" in d.subjects())
        assert ("deaf" in await learned(d), line.count(b"NOOP") - noops) == (False, 0)


async def test_R1_a_line_that_died_is_no_deaf_server(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, running(mailbox, line, poll=1, grace=0.3, ask=0.2, first_wait=0.05) as d:
        [waiting] = await line.wait_for_idling()
        waiting.dead = True
        opened = line.opened
        await asyncio.to_thread(d.deliver, "Found by asking")
        await d.until(lambda: "Found by asking" in d.subjects())
        waiting.client.transport.abort()
        await d.until(lambda: line.opened > opened and d.engine.network.syncs()[0].listening)
        assert "deaf" not in await learned(d)


async def test_R1_what_was_learned_of_a_server_is_believed_for_a_month(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line:
        async with desk(mailbox, imap=line.server) as d, d.engine.mailbox.write() as tx:
            now = int(time.time())
            await accounts.learn(tx, d.account.id, deaf=now - 31 * 86_400, idle=1.0, idle_at=now - 31 * 86_400)
        async with running(mailbox, line) as d:
            assert "every folder at once" in d.reader.accounts()[0].push
            assert await line.wait_for_idling()
