"""An account in push mode under the matrix: something is done, mail arrives, and whatever breaks mends itself.

A pass of ``sync`` ends; an account that listens must go on: after every fault the work is done and mail that comes then
is here, without anybody asking. Waits are short here, so that a dead line is found within two seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from tests.engine.faults.works import MORE, NEWS
from tui.engine import journal
from tui.engine.core import Engine
from tui.engine.imap import session
from tui.engine.model import AccountState, OperationState, View
from tui.engine.sync import lines

SECONDS = 60.0
"""What is not here by then never comes."""
OPEN = (OperationState.QUEUED, OperationState.RUNNING)


@contextmanager
def hurried() -> Iterator[None]:
    """For the length of a block a server has 0.5 s to end IDLE and 2 s to log in, and faults are soon over."""
    before = session.DONE_WAIT, journal.FIRST_WAIT, lines.open_session
    session.DONE_WAIT, journal.FIRST_WAIT = 0.5, 0.1
    lines.open_session = partial(session.open_session, timeout=2.0)  # type: ignore[assignment]
    try:
        yield
    finally:
        session.DONE_WAIT, journal.FIRST_WAIT, lines.open_session = before


async def listen(engine: Engine) -> None:
    """Have the engine keep its account in step, and return once it is and hears of news.

    Folders are never polled: what comes must be heard of. A dead line shows when IDLE is renewed, each second.
    """
    engine.desk = replace(engine.desk, config=engine.desk.config._replace(poll_seconds=3600))
    engine.network.times = replace(
        engine.network.times, first_wait=0.02, longest_wait=0.2, stall=1.5, idle=1.0, shortest_idle=1.0, ask=0.3
    )
    await engine.start()
    await until(engine, lambda: engine.reader.accounts()[0].state is AccountState.IDLE)
    [sync] = engine.network.syncs()
    await until(engine, lambda: sync.listening)


async def settled(engine: Engine, *subjects: str) -> None:
    """Wait until nothing is left to be done and these messages are here with their text."""

    def all_here() -> bool:
        rows = {row.subject: row.id for row in engine.reader.rows(engine.reader.ids(View("all")))}
        here = all(one in rows and engine.reader.body(rows[one]).state == "full" for one in subjects)
        return here and not any(op.state in OPEN for op in engine.reader.operations())

    try:
        await until(engine, all_here)
    except TimeoutError:
        [account] = engine.reader.accounts()
        left = [(op.kind, op.state.value, op.error) for op in engine.reader.operations() if op.state in OPEN]
        here = [row.subject for row in engine.reader.rows(engine.reader.ids(View("all")))]
        raise TimeoutError(
            f"it hangs: {account.state.value} {account.error!r}, left {left}, wants {subjects}, has {here}"
        ) from None


async def until(engine: Engine, check: Callable[[], bool]) -> None:
    """Wait for something; looked at again after each batch of events.

    Raises:
        TimeoutError: it didn't become true in time.
    """
    told = asyncio.Event()
    end = engine.events.subscribe(lambda _: told.set())
    try:
        async with asyncio.timeout(SECONDS):
            while not check():
                await told.wait()
                told.clear()
    finally:
        end()


ARRIVED = {NEWS: "INBOX", MORE: "INBOX"}
"""What comes while an account listens, and where it must be at the end."""
