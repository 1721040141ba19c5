"""At most three connections an account, fewer where the server says so, and everything works with one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.conftest import Mailbox
from tests.engine.push.relay import Relay, relay
from tests.engine.push.running import NEVER, patient, running
from tests.engine.rules.desk import PATIENCE, Desk, desk, server
from tests.servers.mailgen import fill
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, Delete, Send, SetFlags
from tui.engine.events import Event
from tui.engine.imap.quirks import TooManyConnections
from tui.engine.model import AccountState
from tui.engine.sync import rounds
from tui.engine.sync.context import Times
from tui.engine.sync.faults import pause_after
from tui.engine.sync.lines import Lines


def inside(mailbox: Mailbox) -> int:
    """Return how many connections the server counts for this user."""
    lines = mailbox.server.doveadm("who", "-1", mailbox.user).splitlines()
    return sum(line.split()[0] == mailbox.user for line in lines if line)


async def at_most_three(mailbox: Mailbox) -> None:
    """The server counts no more, as soon as it has noticed who left."""
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(inside, mailbox) > 3:
            pass


async def test_R40_at_most_three_connections_under_load(mailbox: Mailbox, smtp: SmtpSink) -> None:
    fill(mailbox.server, mailbox.user, 300)
    async with relay(mailbox) as line, desk(mailbox, smtp, imap=line.server) as d:
        await d.learned()
        line.slow = 3_000_000.0
        await d.engine.start()
        await d.until(lambda: len(d.rows()) >= 50)
        await at_most_three(mailbox)
        ids = [row.id for row in d.rows()]
        for number in ids[-5:]:
            await d.engine.want(number)
        await d.do(SetFlags(ids[:40], add=frozenset({"flagged"})))
        await d.do(Delete(ids[:10]))
        await d.do(Archive(ids[10:20]))
        await d.do(Send(d.draft("Offer")))
        await asyncio.to_thread(d.deliver, "Came meanwhile")
        await at_most_three(mailbox)
        proofs = asyncio.create_task(d.engine.verify())
        await d.until(lambda: "Came meanwhile" in d.subjects())
        await at_most_three(mailbox)
        await d.settled()
        await proofs
        await at_most_three(mailbox)
        assert line.peak <= 3
        assert line.opened <= 6


async def test_R40_a_spare_connection_is_taken_away_by_whoever_needs_one(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        lines = Lines(d.account, d.engine.context(), lambda: None)
        await lines.open()
        two = await lines.open()
        async with lines.spare() as opening:
            spare = await opening
            assert spare is not None
            await lines.open()
            assert (spare.alive, lines.count) == (False, 3)
        async with lines.spare() as opening:
            assert await opening is None, "three are open"
        await lines.close(two)
        async with lines.spare() as opening, lines.lend():
            spare = await opening
            assert lines.count == 2, "one is lent, also where the spare one was still being made"
            assert spare is None or not spare.alive
        lines.abort()


async def test_R39_many_headers_come_on_a_second_connection_and_none_is_lost_with_it(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MANY", 2500)
    monkeypatch.setattr(rounds, "NEAR", 60)
    mailbox.stock(2500)
    here: list[int] = []
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:

            def lose(_: Sequence[Event]) -> None:
                if line.connections == 2 and not here:
                    here.append(len(d.rows()))
                    line.cut(newest=True)

            d.engine.events.subscribe(lose)
            report = await d.sync()
            assert here
            assert here[0] < report.new == 2500
            assert line.connections == 2
            assert {d.reader.body(row.id).state for row in d.rows()} == {"full"}
            assert all(proof.complete for proof in await d.engine.verify())


async def everything_works(d: Desk, line: Relay) -> None:
    """Mail comes at once, what is done here is there at once, and the account shows no fault."""
    await asyncio.to_thread(d.deliver, "First")
    await d.until(lambda: "First" in d.subjects())
    await d.do(Delete([d.id("First")]))
    await d.settled()
    assert await asyncio.to_thread(d.server, "Trash") == ["First"]
    await asyncio.to_thread(d.deliver, "Second")
    await d.until(lambda: "Second" in d.subjects())
    await d.until(lambda: d.reader.body(d.id("Second")).state == "full")
    await d.engine.want(d.id("Second"))
    await d.do(SetFlags([d.id("Second")], add=frozenset({"seen"})))
    await d.settled()
    await d.until(lambda: d.reader.accounts()[0].state is AccountState.IDLE)


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize(
    "limit",
    [
        b"[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)",
        b"[ALERT] Too many simultaneous connections. (Failure)",
        b"[AUTHENTICATIONFAILED] Authentication failed.",
    ],
    ids=["dovecot", "gmail", "wrongly"],
)
async def test_R40_an_account_works_with_fewer_connections(mailbox: Mailbox, most: int, limit: bytes) -> None:
    async with relay(mailbox) as line:
        line.most, line.limit = most, limit
        async with running(mailbox, line, first_wait=0.05) as d:
            [sync] = d.engine.network.syncs()
            await everything_works(d, line)
            assert (line.peak, sync.lines.allowed) == (most, most)
            assert sync.lines.count <= most


async def test_R40_a_login_that_works_too_often_never_stops_the_account(mailbox: Mailbox) -> None:
    """A server that calls the second connection a wrong password while the first one stands is asked again later."""
    async with relay(mailbox) as line, desk(mailbox, imap=line.server) as d:
        line.most, line.limit = 1, b"[AUTHENTICATIONFAILED] Authentication failed."
        lines = Lines(d.account, d.engine.context(), lambda: None)
        first = await lines.open()
        for count in range(1, 4):
            with pytest.raises(TooManyConnections) as refused:
                await lines.open()
            assert pause_after(refused.value, count, Times(), d.email).seconds is not None
        await lines.close(first)


async def test_R40_a_real_server_that_lets_one_in() -> None:
    with server(extra="mail_max_userip_connections = 1\n", acl=True) as box:
        async with desk(box) as d:
            patient(d, NEVER, first_wait=0.05)
            await d.engine.start()
            await d.until(lambda: d.reader.accounts()[0].state is AccountState.IDLE)
            [sync] = d.engine.network.syncs()
            await d.until(lambda: sync.lines.allowed == 1)
            assert await asyncio.to_thread(inside, box) == 1


async def test_R40_all_connections_are_tried_again_after_a_while(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line:
        line.most = 1
        async with running(mailbox, line, first_wait=0.05, few=0.5) as d:
            [sync] = d.engine.network.syncs()
            line.most = 10
            await d.until(lambda: sync.listening and sync.lines.allowed == 3)
            await everything_works(d, line)
            assert line.peak == 3


async def test_R47_the_proof_of_a_running_account_borrows_a_connection(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, running(mailbox, line) as d:
        await everything_works(d, line)
        assert line.peak == 3
        assert all(proof.complete for proof in await d.engine.verify())
        assert line.peak == 3
        await everything_works_again(d)


async def everything_works_again(d: Desk) -> None:
    """What is done after a connection was lent is on the server too."""
    await asyncio.to_thread(d.deliver, "Third")
    await d.until(lambda: "Third" in d.subjects())
    await d.do(Archive([d.id("Third")]))
    await d.settled()
    assert await asyncio.to_thread(d.server, "Archive") == ["Third"]


async def test_R47_the_only_connection_is_lent_for_the_proof(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line:
        line.most = 1
        async with running(mailbox, line, first_wait=0.05) as d:
            await everything_works(d, line)
            assert all(proof.complete for proof in await d.engine.verify())
            await everything_works_again(d)
            assert line.peak == 1


async def test_R40_what_was_opened_is_fetched_by_the_only_connection(mailbox: Mailbox) -> None:
    """While it idles, a person's wish ends the wait at once."""
    mailbox.deliver(b"Subject: Long ago\r\nFrom: a@b.example\r\n\r\nHi\r\n")
    async with relay(mailbox) as line:
        line.most = 1
        async with running(mailbox, line, first_wait=0.05) as d:
            [link] = await line.wait_for_idling()
            fetched = line.count(b"UID FETCH")
            await d.engine.want(d.id("Long ago"))
            await d.until(lambda: line.count(b"UID FETCH") > fetched)
            assert line.links == {link}
