"""What every attack runs on: an engine in a process of its own, and a second account on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.conftest import Mailbox
from tests.engine.hostile.server import Hostile, running
from tests.engine.hostile.victim import Victim
from tests.engine.rules.desk import Desk, desk
from tests.servers.mailgen import make_mail

BAD, GOOD = "bad@desk.example", "good@desk.example"
HONEST = [f"Mail {at}" for at in range(6)]
MEMORY = 64.0
"""MiB over its rest that an engine may take whatever a server does."""


@dataclass
class Siege:
    """The hostile server, the attacked engine, and the good neighbour."""

    server: Hostile
    victim: Victim
    neighbour: Mailbox
    account: int

    async def sync(self, seconds: float = 120) -> dict[str, Any]:
        """Deliver a message to the neighbour, do a pass over both, and check what must hold whatever happened."""
        delivered = f"Neighbour {self.neighbour.deliver(_post())}"
        got: dict[str, Any] = await self.victim.ask("sync", seconds)
        del delivered
        assert got["errors"][GOOD] == ""
        assert got["grown"] < MEMORY, f"{got['grown']:.1f} MiB"
        said = got["errors"][BAD]
        assert said == "" or (said.isprintable() and len(said) < 2000), said
        assert got["spool"] == 0
        return got


def _post() -> bytes:
    return make_mail("Ann <ann@acme.example>", GOOD, "Neighbour", "Hello.")


@pytest.fixture
async def siege(mailbox: Mailbox, home: Path) -> AsyncIterator[Siege]:
    """A siege after one honest pass: six messages of the hostile server are here, and one of the neighbour."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(Hostile()))
        victim = Victim(home, stall=5.0)
        stack.callback(victim.end)
        common = {"password": "secret", "smtp": 0, "security": "none"}
        account = await victim.ask("add", email=BAD, user="bad", port=server.port, **common)
        good = {**common, "password": mailbox.password}
        await victim.ask("add", email=GOOD, user=mailbox.user, port=mailbox.port, **good)
        made = Siege(server, victim, mailbox, account)
        first = await made.sync()
        assert first["errors"][BAD] == ""
        assert first["subjects"] == [*HONEST, "Neighbour"]
        yield made


@asynccontextmanager
async def beset(server: Hostile) -> AsyncIterator[Desk]:
    """Give a desk in this process whose one account lies on a hostile server."""
    kind = SimpleNamespace(local=lambda name: name, shown=lambda name: name)
    there = SimpleNamespace(host="127.0.0.1", port=server.port, user="bad", password="secret", server=kind)
    async with desk(cast(Mailbox, there)) as d:
        yield d
