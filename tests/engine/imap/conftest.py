"""Sessions on the shared real server, closed after each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Security, Server

Opener = Callable[[], Awaitable[Session]]


@pytest.fixture
async def opens(mailbox: Mailbox, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens sessions on a fresh mailbox, as many as are asked for."""
    server = Server(mailbox.host, mailbox.port, Security.NONE)
    async with AsyncExitStack() as stack:

        async def opened() -> Session:
            session = await open_session(server, mailbox.user, mailbox.password, spool=tmp_path / "spool")
            stack.push_async_callback(session.close)
            return session

        yield opened


@pytest.fixture
async def session(opens: Opener) -> Session:
    """One session on a fresh mailbox."""
    return await opens()
