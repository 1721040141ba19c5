"""What is done for each message costs the same in a mailbox of any size: counted in steps of SQLite, not in seconds."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path

from bench.home import fill
from tests.servers.mailgen import mailbox
from tui.engine.linking import Known, Settings
from tui.engine.mail.headers import parse_header
from tui.engine.store import bodies, folders, messages, outbound, placements, testimonies
from tui.engine.store.db import Database, Tx, open_mailbox, rows, value
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival, Scene, ingest

Work = Callable[[Tx], Awaitable[object]]


async def _purge(tx: Tx) -> None:
    await messages.purge(tx, [record["id"] for record in await rows(tx, "SELECT id FROM messages LIMIT 50")])


async def _renumber(tx: Tx) -> None:
    inbox = await folders.get(tx, 1)
    assert inbox is not None
    size = int(str(await value(tx, "SELECT count(*) FROM messages")))
    found = await rows(
        tx,
        "SELECT p.uid, m.date, m.received FROM placements p JOIN messages m ON m.id = p.message_id"
        " WHERE p.uid <= 20 ORDER BY p.uid",
    )
    arrivals = []
    for record, raw in zip(found, mailbox(size), strict=False):
        facts = parse_header(raw.partition(b"\r\n\r\n")[0])._replace(date=record["date"])
        arrivals.append(Arrival(record["uid"], facts, frozenset(), len(raw), record["received"]))
    scene = Scene(inbox, 2, frozenset(), Known({}, {}), Settings(), ())
    done = await ingest(tx, arrivals, scene)
    assert (len(done.placed), done.new, done.unsure) == (20, {}, [])


async def _next_bodies(tx: Tx) -> None:
    assert len(await bodies.wanted(tx, 1, 60)) == 60


async def _homeless(tx: Tx) -> None:
    await placements.mark_gone(tx, 1, 1, [400])
    assert len(await placements.homeless(tx, 1)) == 1


async def _steps(database: Database, work: Work) -> int:
    """Return the hundreds of steps that some work takes."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    async with database.write() as tx:
        await tx.set_progress_handler(count, 100)
        try:
            await work(tx)
        finally:
            await tx.set_progress_handler(count, 0)
    return counted


async def test_a_batch_costs_the_same_in_a_mailbox_four_times_as_large(tmp_path: Path) -> None:
    counted: dict[str, list[int]] = {}
    for size in (500, 2000):
        paths = await fill(tmp_path / str(size), size, bodies=20)
        database = await open_mailbox(paths.mailbox)
        try:
            for work in (_renumber, _next_bodies, _homeless, _purge):
                counted.setdefault(work.__name__, []).append(await _steps(database, work))
        finally:
            await database.close()
    assert not {name: found for name, found in counted.items() if found[1] > found[0] * 1.5 + 3}, counted


async def test_the_crm_is_told_of_large_messages_few_at_a_time(tmp_path: Path) -> None:
    """However many large messages were linked at once, little of them is in memory."""
    paths = await fill(tmp_path, 30, bodies=5)
    database = await open_mailbox(paths.mailbox)
    try:
        async with database.write() as tx:
            await tx.execute("UPDATE messages SET publish = 'due', size = ? WHERE id > 1", (outbound.MOST_OCTETS // 3,))
            await tx.execute("UPDATE messages SET publish = 'due', size = ? WHERE id = 1", (outbound.MOST_OCTETS * 2,))
            told = []
            while batch := await outbound.claim(tx, 200):
                told.append(len(batch))
                await outbound.mark(tx, {due.id: "done" for due in batch})
        assert told == [1, 4, 4, 4, 4, 4, 4, 4, 1]
    finally:
        await database.close()


async def test_bodies_are_written_in_as_many_statements_however_many_they_are(tmp_path: Path) -> None:
    """Also those that another process read; only the sources are written one by one, for they may be big."""
    paths = await fill(tmp_path, 200, bodies=0)
    database = await open_mailbox(paths.mailbox)
    told: list[str] = []
    try:
        counted = []
        for start, count in ((0, 64), (64, 128)):
            derived = [derive(at + 1, raw) for at, raw in enumerate(islice(mailbox(200), start, start + count), start)]
            read_aside = pickle.loads(pickle.dumps(derived))
            async with database.write() as tx:
                told.clear()
                await tx.set_trace_callback(told.append)
                await bodies.save(tx, read_aside)
                await testimonies.keep(tx, [(body.message_id, body.said) for body in read_aside])
                await tx.set_trace_callback(_unheard)
            counted.append(len([one for one in told if not one.startswith(("INSERT INTO sources", "--"))]))
        assert 0 < counted[1] <= counted[0], told
    finally:
        await database.close()


def _unheard(_: str) -> None:
    """Take what is traced no more."""
