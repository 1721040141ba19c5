"""A home with a cached mailbox of any size, made through the store's own ingest, without a server."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

from tests.servers.mailgen import mailbox
from tui.engine.core import Engine
from tui.engine.linking import Known, Settings
from tui.engine.mail.headers import parse_header
from tui.engine.model import Account, Role, Security, Server
from tui.engine.paths import Paths
from tui.engine.store import accounts, folders
from tui.engine.store.bodies import save
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival, Scene, ingest

NOWHERE = Server("127.0.0.1", 1, Security.NONE)


async def fill(root: Path, count: int, bodies: int = 200) -> Paths:
    """Make a home at ``root`` with ``count`` messages in one inbox, the newest ``bodies`` of them with their text."""
    paths = Paths.of(root)
    engine = await Engine.open(paths)
    person = await engine.people.add("Anna Müller", ["anna.muller@acme.example"])
    await engine.deals.add("Acme licences", persons=[person.id], value=1_200_000, currency="EUR", stage="Offer")
    await engine.forget_history()
    async with engine.mailbox.write() as tx:
        account = await accounts.add(tx, Account(0, "me@our.example", "Me", "me", NOWHERE, None, secret="file"))
        inbox = await folders.add(tx, account, "INBOX", "INBOX", role=Role.INBOX, selected=True)
        folder = await folders.get(tx, inbox)
    assert folder is not None
    source, uid, now = mailbox(count), 0, int(time.time())
    while batch := list(islice(source, 1000)):
        async with engine.mailbox.write() as tx:
            arrivals = []
            for raw in batch:
                uid += 1
                facts = parse_header(raw.partition(b"\r\n\r\n")[0])._replace(date=now - (count - uid) * 300)
                arrivals.append(Arrival(uid, facts, frozenset({"seen"} if uid % 9 else ()), len(raw), now))
            scene = Scene(folder, 1, frozenset({"me@our.example"}), Known({}, {}), Settings(), ())
            done = await ingest(tx, arrivals, scene)
            if uid > count - bodies:
                wanted = [(done.new[a.uid], raw) for a, raw in zip(arrivals, batch, strict=True) if a.uid in done.new]
                await save(tx, [derive(number, raw) for number, raw in wanted[-bodies:]])
    await engine.close()
    return paths
