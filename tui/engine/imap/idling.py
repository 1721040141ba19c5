"""Waiting for news: IDLE (RFC 2177), or a NOOP now and then where IDLE tells nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy

from tui.engine.errors import NetworkError
from tui.engine.imap.facts import Fact, Fetched, Number, StatusOf, Vanished
from tui.engine.imap.protocol import Connection, Pending
from tui.engine.imap.response import Condition
from tui.engine.imap.selected import SelectedFolder

POLL = 60.0
"""Seconds between two NOOPs where nothing is pushed."""


async def idle(
    connection: Connection, folder: SelectedFolder, seconds: float, done_wait: float, until: asyncio.Event | None
) -> bool:
    """See ``Session.idle``; ``done_wait`` is how many seconds the server gets to end IDLE after DONE."""
    if folder.has_news:
        return True
    news, over, started = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def collect(fact: Fact) -> bool:
        if _is_news(fact, folder):
            news.set()
            over.set()
        return False

    def ended(_: object) -> None:
        started.set()
        over.set()

    pending = await connection.start(
        "wait for mail", b"IDLE", collect=collect, alone=True, on_continue=lambda _: started.set()
    )
    pending.done.add_done_callback(ended)
    connection.lane.on_wait = over.set
    if connection.lane.crowded:
        over.set()
    try:
        await started.wait()
        # From here on silence is what is expected.
        pending.quiet = True
        async with _also(until, over):
            try:
                async with asyncio.timeout(seconds):
                    await over.wait()
            except TimeoutError:
                over.set()
    finally:
        connection.lane.on_wait = None
        if not pending.done.done():
            _say_done(connection, pending, started, done_wait)
    await connection.finish(pending)
    return news.is_set() or folder.has_news


async def ask(
    connection: Connection, folder: SelectedFolder, seconds: float, every: float, until: asyncio.Event | None
) -> bool:
    """See ``Session.idle``: ask by NOOP at once and then every so many seconds."""
    if folder.has_news:
        return True
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    over = asyncio.Event()
    async with _also(until, over), _also(connection.gone, over):
        while True:
            await connection.run("answer", b"NOOP")
            left = end - loop.time()
            if folder.has_news or left <= 0 or over.is_set():
                return folder.has_news
            try:
                async with asyncio.timeout(min(every, left)):
                    await over.wait()
            except TimeoutError:
                continue
            if connection.lost is not None:
                raise copy(connection.lost)


@asynccontextmanager
async def _also(event: asyncio.Event | None, over: asyncio.Event) -> AsyncIterator[None]:
    """Inside, ``over`` is set as soon as ``event`` is."""
    if event is None:
        yield
        return

    async def follow(event: asyncio.Event) -> None:
        await event.wait()
        over.set()

    following = asyncio.create_task(follow(event))
    try:
        yield
    finally:
        following.cancel()


def _say_done(connection: Connection, pending: Pending, started: asyncio.Event, wait: float) -> None:
    if started.is_set():
        connection.send_line(b"DONE")
    else:
        # Given up before the server was ready: DONE is owed as soon as it is (RFC 2177).
        pending.on_continue = lambda _: connection.send_line(b"DONE")

    def too_late() -> None:
        connection.fail(
            NetworkError(f"{connection.where} didn't end IDLE in {wait:.0f} s; it will be connected again.")
        )

    timer = connection.loop.call_later(wait, too_late)
    pending.done.add_done_callback(lambda _: timer.cancel())


def _is_news(fact: Fact, folder: SelectedFolder) -> bool:
    if isinstance(fact, Number):
        return fact.kind == "EXPUNGE" or (fact.kind == "EXISTS" and fact.number != folder.exists)
    if isinstance(fact, Condition):
        return fact.code == "NOTIFICATIONOVERFLOW"
    return isinstance(fact, Fetched | Vanished | StatusOf)
