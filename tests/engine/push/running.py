"""A desk in push mode on the test's own terms: how patient it is, how often it asks, what it senses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.conftest import Mailbox
from tests.engine.push.relay import Relay
from tests.engine.rules.desk import Desk, desk
from tests.servers.smtp import SmtpSink
from tui.engine.model import AccountState
from tui.engine.store import accounts
from tui.engine.sync.waking import Senses

NEVER = 3600


def patient(d: Desk, poll: int = NEVER, senses: Senses | None = None, **times: float) -> None:
    """Set how often folders are asked, and any of ``Times``."""
    d.engine.desk = replace(d.engine.desk, config=d.engine.desk.config._replace(poll_seconds=poll))
    d.engine.network.times = replace(d.engine.network.times, **times)
    if senses is not None:
        d.engine.network.senses = senses


@asynccontextmanager
async def running(
    mailbox: Mailbox,
    line: Relay | None = None,
    smtp: SmtpSink | None = None,
    *,
    poll: int = NEVER,
    senses: Senses | None = None,
    **times: float,
) -> AsyncIterator[Desk]:
    """A desk in push mode whose first pass is over; with ``line`` through that relay."""
    async with desk(mailbox, smtp, **({"imap": line.server} if line is not None else {})) as d:  # type: ignore[arg-type]
        await d.learned()
        patient(d, poll, senses, **times)
        await d.engine.start()
        await idle(d)
        yield d


async def idle(d: Desk) -> None:
    """Wait until the first account is in step and hears of news."""
    await d.until(lambda: d.reader.accounts()[0].state is AccountState.IDLE)
    [sync] = d.engine.network.syncs([d.account.id])
    if sync.lines.allowed > 1:
        await d.until(lambda: sync.listening)


async def learned(d: Desk) -> dict[str, object]:
    """Return what the first account has learned of its server."""
    return await accounts.learned(d.engine.mailbox.reads, d.account.id)
