"""After sleep, or on another network, every connection is looked at and mail that came meanwhile is here soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.push.relay import relay
from tests.engine.push.running import NEVER, idle, learned, patient, running
from tests.engine.rules.desk import desk
from tui.engine.imap import session as sessions
from tui.engine.sync.waking import Senses, Watch, route


class World:
    """Clocks and a network that a test sets."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.steady = time.monotonic
        self.ways: tuple[str, ...] = ("10.0.0.5", "")

    def senses(self) -> Senses:
        return Senses(lambda: time.time() + self.slept, lambda: self.steady(), lambda: self.ways)


@pytest.mark.parametrize(
    ("wall", "steady", "ways", "what"),
    [
        (2.0, 2.0, ("a", ""), ""),
        (3602.0, 2.0, ("a", ""), "the machine slept"),
        (-600.0, 2.0, ("a", ""), "the machine slept"),
        (62.0, 62.0, ("a", ""), "the machine slept"),
        (3.0, 2.0, ("a", ""), ""),
        (2.0, 2.0, ("b", ""), "the network changed"),
        (2.0, 2.0, ("", ""), ""),
        (2.0, 2.0, ("a", "fe80::1"), "the network changed"),
    ],
)
def test_R1_sleep_and_another_network_are_told_apart_from_nothing(
    wall: float, steady: float, ways: Sequence[str], what: str
) -> None:
    now = [1000.0, 50.0]
    where = ("a", "")
    senses = Senses(lambda: now[0], lambda: now[1], lambda: where)
    watch = Watch(senses, every=2.0)
    now = [now[0] + wall, now[1] + steady]
    where = tuple(ways)  # type: ignore[assignment]
    assert watch.look() == what
    assert watch.look() in ("", "the machine slept" if steady == 0 else "")


def test_R1_a_network_that_comes_back_is_a_change() -> None:
    where: tuple[str, ...] = ("a",)
    watch = Watch(Senses(time.time, time.monotonic, lambda: where), every=2.0)
    where = ("",)
    assert watch.look() == ""
    where = ("a",)
    assert watch.look() == "the network changed"


def test_R1_the_way_out_is_found_without_sending_anything() -> None:
    assert len(route()) == 2
    assert route() == route()


async def test_R1_mail_that_came_while_the_lid_was_closed_is_here_soon(mailbox: Mailbox) -> None:
    world = World()
    async with relay(mailbox) as line, running(mailbox, line, senses=world.senses(), glance=0.1, check=1.0) as d:
        line.forget()
        await asyncio.to_thread(d.deliver, "Came meanwhile")
        world.slept = 3600.0
        await d.until(lambda: "Came meanwhile" in d.subjects())
        await idle(d)
        await asyncio.to_thread(d.deliver, "Came after")
        await d.until(lambda: "Came after" in d.subjects())
        assert "idle" not in await learned(d), "sleep is no lesson about the server"


async def test_R1_every_account_is_looked_at_when_the_network_changes(mailbox: Mailbox) -> None:
    world = World()
    other = Mailbox(mailbox.server, fresh_user())
    async with (
        relay(mailbox) as line,
        relay(other) as second,
        running(mailbox, line, senses=world.senses(), glance=0.1, check=1.0) as d,
    ):
        await d.add(other, imap=second.server)
        await second.wait_for_idling()
        line.forget()
        second.forget()
        await asyncio.to_thread(d.deliver, "Here")
        await asyncio.to_thread(d.deliver, "There", box=other)
        world.ways = ("192.168.1.7", "")
        await d.until(lambda: {"Here", "There"} <= set(d.subjects()))


async def test_R1_connections_that_stand_are_kept(mailbox: Mailbox) -> None:
    world = World()
    async with relay(mailbox) as line, running(mailbox, line, senses=world.senses(), glance=0.05, check=60.0) as d:
        opened = line.opened
        world.slept = 3600.0
        await line.wait_for_command(b"NOOP")
        await asyncio.to_thread(d.deliver, "News")
        await d.until(lambda: "News" in d.subjects())
        assert line.opened == opened


async def test_R1_a_connection_being_made_to_a_dead_network_is_begun_anew(mailbox: Mailbox) -> None:
    world = World()
    async with relay(mailbox) as line:
        line.silent = True
        async with desk(mailbox, imap=line.server) as d:
            mailbox.deliver(b"Subject: Waiting\r\nFrom: a@b.example\r\n\r\nHi\r\n")
            patient(d, NEVER, world.senses(), glance=0.1)
            await d.engine.start()
            await line.wait_for_link()
            line.silent = False
            world.ways = ("192.168.1.7", "")
            await d.until(lambda: "Waiting" in d.subjects())


async def test_R1_a_half_dead_line_is_found_while_idle_waits(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The renewal of IDLE finds it, within its period and the time that the server gets for DONE."""
    monkeypatch.setattr(sessions, "DONE_WAIT", 0.3)
    async with relay(mailbox) as line, running(mailbox, line, idle=0.5, first_wait=0.05) as d:
        opened = line.opened
        for link in await line.wait_for_idling():
            link.dead = True
        await asyncio.to_thread(d.deliver, "Came meanwhile")
        await d.until(lambda: "Came meanwhile" in d.subjects())
        assert line.opened > opened


async def test_R1_a_long_answer_is_a_sign_of_life(mailbox: Mailbox) -> None:
    """A check during a slow download doesn't cut it."""
    world = World()
    async with relay(mailbox) as line, running(mailbox, line, senses=world.senses(), glance=0.1, check=1.0) as d:
        line.slow = 100_000.0
        opened, fetched = line.opened, line.count(b"UID FETCH")
        await asyncio.to_thread(d.deliver, d.mail("Long", body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 3_000))
        await d.until(lambda: line.count(b"UID FETCH") > fetched)
        world.slept = 3600.0
        await d.until(lambda: "Long" in d.subjects() and d.reader.body(d.id("Long")).state == "full")
        assert line.opened == opened
