"""Waiting for news: IDLE (RFC 2177), or a NOOP every minute where IDLE tells nothing."""

from __future__ import annotations

import asyncio
from copy import copy

from tui.engine.errors import NetworkError
from tui.engine.imap.facts import Fact, Fetched, Number, StatusOf, Vanished
from tui.engine.imap.protocol import Connection, Pending
from tui.engine.imap.quirks import Quirks
from tui.engine.imap.selected import SelectedFolder

POLL = 60.0
"""Seconds between two NOOPs where nothing is pushed."""


async def idle(
    connection: Connection, folder: SelectedFolder, quirks: Quirks, seconds: float, done_wait: float
) -> bool:
    """See ``Session.idle``; ``done_wait`` is how many seconds the server gets to end IDLE after DONE."""
    if folder.has_news:
        return True
    if "IDLE" not in connection.capabilities or not quirks.idle_pushes:
        return await _poll(connection, folder, seconds)
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


async def _poll(connection: Connection, folder: SelectedFolder, seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        await connection.run("answer", b"NOOP")
        left = end - loop.time()
        if folder.has_news or left <= 0:
            return folder.has_news
        try:
            async with asyncio.timeout(min(POLL, left)):
                await connection.gone.wait()
        except TimeoutError:
            continue
        if connection.lost is not None:
            raise copy(connection.lost)


def _is_news(fact: Fact, folder: SelectedFolder) -> bool:
    if isinstance(fact, Number):
        return fact.kind == "EXPUNGE" or (fact.kind == "EXISTS" and fact.number != folder.exists)
    return isinstance(fact, Fetched | Vanished | StatusOf)
