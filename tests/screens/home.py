"""A home whose mailbox was filled through the real engine's own store, without any network."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerState

from tui.app import DealdeskApp
from tui.demo import people
from tui.demo.mail import sample
from tui.demo.setup import _past
from tui.demo.world import FOLDERS, ME, TEAM
from tui.engine.core import Engine
from tui.engine.crm.activities import Notes
from tui.engine.mail.headers import parse_header
from tui.engine.model import Account, Role, Security, Server
from tui.engine.paths import Paths
from tui.engine.store import accounts, folders
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival
from tui.engine.sync.context import Tally
from tui.engine.sync.intake import store
from tui.engine.sync.pull import take
from tui.screens.workspace import Workspace
from tui.turns import InOrder

ROLES = {"INBOX": Role.INBOX, "Sent": Role.SENT, "Drafts": Role.DRAFTS, "Archive": Role.ARCHIVE, "Trash": Role.TRASH}


def account(email: str) -> Account:
    """An account on a port where nobody listens: nothing reaches a server."""
    server = Server("127.0.0.1", 9, Security.NONE)
    return Account(0, email, email.partition("@")[0].title(), email, server, server, secret="command:false")


async def fill(engine: Engine, users: tuple[str, ...] = (ME, TEAM)) -> None:
    """Put the demo's people, deals and mail into an empty home."""
    await people.fill(engine.crm, engine.people, engine.deals)
    await people.plan(engine.crm, engine.activities, Notes(engine.crm))
    context = engine.context()
    letters: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for letter in sample(int(time.time())):
        letters[letter.user, letter.folder].append(letter)
    for user in users:
        async with engine.mailbox.write() as tx:
            number = await accounts.add(tx, account(user))
            for name in ("INBOX", *FOLDERS):
                await folders.add(tx, number, name, name, role=ROLES.get(name, Role.NONE), selected=True)
        for folder in await folders.of_account(engine.mailbox.reads, number):
            here = letters[user, folder.wire]
            arrivals = [
                Arrival(
                    uid,
                    parse_header(letter.raw.partition(b"\r\n\r\n")[0]),
                    frozenset(flag.lower().lstrip("\\$") for flag in letter.flags),
                    len(letter.raw),
                    letter.at,
                )
                for uid, letter in enumerate(here, 1)
            ]
            done = await take(context, folder, 1, arrivals, Tally())
            stored = [derive(done.new[uid], letter.raw) for uid, letter in enumerate(here, 1) if uid in done.new]
            await store(context, stored)
    await _past(engine)
    await people.close(engine.crm, engine.deals)
    await engine.forget_history()
    async with engine.mailbox.write() as tx:
        await tx.execute("DELETE FROM actions")


async def make(root: Path, users: tuple[str, ...] = (ME, TEAM)) -> Paths:
    """Return the paths of a filled home under ``root``."""
    paths = Paths.of(root)
    engine = await Engine.open(paths)
    try:
        await fill(engine, users)
    finally:
        await engine.close()
    return paths


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until nothing that was typed is left, and nothing is being read, done or painted any more."""
    for _ in range(3):
        await pilot._wait_for_screen()
        while isinstance(pilot.app, InOrder) and pilot.app.typed and not pilot.app._waits():
            await pilot._wait_for_screen()
        for worker in list(pilot.app.workers):
            while worker.state is WorkerState.PENDING:
                await pilot._wait_for_screen()
            await asyncio.gather(worker.wait(), return_exceptions=True)
    await pilot._wait_for_screen()


@asynccontextmanager
async def workspace(paths: Paths, width: int = 120, height: int = 40) -> AsyncIterator[tuple[Pilot[Any], Workspace]]:
    """Run the app on a home until the list is filled."""
    app = DealdeskApp(paths, network=False)
    async with app.run_test(size=(width, height)) as pilot:
        await filled(pilot)
        assert isinstance(app.screen, Workspace)
        yield pilot, app.screen


async def filled(pilot: Pilot[Any]) -> None:
    """Wait until the list was read and the engine is open."""
    app = pilot.app
    assert isinstance(app, DealdeskApp)
    while not (isinstance(app.screen, Workspace) and app.screen.list_again.finished and app._opened.is_set()):
        await pilot.pause(0.01)
    await settle(pilot)
    while not app.screen.rests:
        await pilot.pause(0.01)
    await settle(pilot)
