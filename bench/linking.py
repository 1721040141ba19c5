"""Link decisions against 100,000 people and 20,000 open deals, and what they cost: ``python -m bench.linking``.

The mail is the same with and without: headers of 20,000 messages, of which three tenths are from people with an open
deal, a tenth from people with two, two tenths from people without one, the rest from strangers. "Without" ingests
against an empty CRM: every message is decided (R16) and none is linked. Processor seconds, the least of several runs
in turn: what else the machine does can only add to them.
"""

from __future__ import annotations

import asyncio
import gc
import random
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench._desk import address, fill
from tests.servers.mailgen import mailbox
from tui.engine import linking
from tui.engine.core import Engine
from tui.engine.known import look_up
from tui.engine.mail.headers import HeaderFacts, parse_header
from tui.engine.model import Account, Direction, Role, Security, Server
from tui.engine.paths import Paths
from tui.engine.store import accounts, folders
from tui.engine.store.bodies import save
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival, participants
from tui.engine.sync.arriving import take
from tui.engine.sync.context import Tally

PEOPLE, DEALS, MAILS, BATCH, PAIRS = 100_000, 20_000, 20_000, 500, 7
OWN = frozenset({"me@our.example"})


def messages(count: int) -> list[bytes]:
    """Return mail of the mixture above, whole."""
    chance, found = random.Random(5), []
    for number, raw in enumerate(mailbox(count)):
        kind = number % 10
        whose = {0: 0, 1: 0, 2: 0, 3: 8, 4: 1, 5: 1}.get(kind)
        if whose is None:
            sender = f"stranger{number}@elsewhere{number % 500}.example"
        elif whose == 1:
            sender = address(chance.randrange(DEALS, PEOPLE))
        else:
            at = chance.randrange(DEALS // 10) * 10
            sender = address(at + (whose or chance.randrange(8)))
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = [b"From: " + sender.encode() if one.startswith(b"From:") else one for one in head.split(b"\r\n")]
        found.append(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    return found


async def _decisions(engine: Engine, facts: list[HeaderFacts]) -> None:
    settings, linked = linking.Settings(), 0
    looked = decided = 0.0
    for start in range(0, len(facts), BATCH):
        batch = facts[start : start + BATCH]
        began = time.process_time()
        known = await look_up(engine.crm, engine.mailbox.reads, batch)
        between = time.process_time()
        for one in batch:
            seen = linking.Facts(Direction.IN, OWN, participants(one), one.list_mail)
            linked += linking.decide(seen, known, settings).state is not linking.LinkState.NONE
        looked += between - began
        decided += time.process_time() - between
    both = len(facts) / (looked + decided)
    print(f"decisions with what they ask the CRM: {both:,.0f} a second (at least 20,000); the rules alone", end=" ")
    print(f"{len(facts) / decided:,.0f}; {linked:,} of {len(facts):,} linked or asked")


async def _ingest(home: Path, mail: list[bytes], crm: Path | None, bodies: bool) -> tuple[float, float]:
    """Return the processor seconds of ingesting mail beside a full or an empty CRM, and of copying the linked there."""
    paths = Paths.of(home)
    if crm is not None:
        paths.crm.parent.mkdir(parents=True)
        shutil.copy(crm, paths.crm)
    engine = await Engine.open(paths)
    try:
        nowhere = Server("127.0.0.1", 9, Security.NONE)
        async with engine.mailbox.write() as tx:
            account = await accounts.add(tx, Account(0, "me@our.example", "Me", "me", nowhere, None, secret="file"))
            number = await folders.add(tx, account, "INBOX", "INBOX", role=Role.INBOX, selected=True)
        inbox = next(one for one in await folders.of_account(engine.mailbox.reads, account) if one.id == number)
        context = replace(engine.context(), publish=_later)
        arrivals = [
            Arrival(uid, parse_header(raw.partition(b"\r\n\r\n")[0]), frozenset(), len(raw), 1_764_000_000 + uid)
            for uid, raw in enumerate(mail, 1)
        ]
        gc.collect()
        gc.freeze()  # as the workspace does once it has started: all the mail of the bench is no garbage of an ingest
        began = time.process_time()
        for start in range(0, len(mail), BATCH):
            done = await take(context, inbox, 1, arrivals[start : start + BATCH], Tally())
            if bodies:
                derived = [derive(id, mail[uid - 1]) for uid, id in done.new.items()]
                async with engine.mailbox.write() as tx:
                    await save(tx, derived)
        between = time.process_time()
        await engine.publish()
        return between - began, time.process_time() - between
    finally:
        await engine.close()


async def _full(home: Path) -> Path:
    """Return the file of a CRM with all the people and deals."""
    paths = Paths.of(home)
    engine = await Engine.open(paths)
    try:
        await fill(engine, PEOPLE, DEALS, mails=False)
    finally:
        await engine.close()
    return paths.crm


async def _later() -> None:
    """The copy in the CRM is made, and measured, when all is here."""


async def main() -> None:
    """Print the rate of decisions and the two ratios."""
    with tempfile.TemporaryDirectory() as root:
        engine = await Engine.open(Paths.of(Path(root) / "crm"))
        await fill(engine, PEOPLE, DEALS)
        mail = messages(MAILS)
        await _decisions(engine, [parse_header(raw.partition(b"\r\n\r\n")[0]) for raw in mail])
        await engine.close()
        full = await _full(Path(root) / "full")
        for what, bodies, count in (("headers alone", False, MAILS), ("whole messages", True, 4_000)):
            runs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
            for pair in range(PAIRS):
                for crm in (True, False):
                    home = Path(root) / f"{what}-{pair}-{crm}"
                    runs[crm].append(await _ingest(home, mail[:count], full if crm else None, bodies))
                    shutil.rmtree(home)
            with_links, without = (min(taken for taken, _ in runs[crm]) for crm in (True, False))
            copied = min(copying for _, copying in runs[True])
            print(f"ingest of {count:,} {what}: {with_links:.2f} s with links, {without:.2f} without,", end=" ")
            print(f"ratio {with_links / without:.2f} (at most 1.15); copying the linked 40 % to the CRM {copied:.2f} s")


if __name__ == "__main__":
    asyncio.run(main())
