"""What arrives is read and ingested against the CRM as it is now; what changed on the server is followed (R15, R38)."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine import events
from tui.engine.imap.facts import Fetched
from tui.engine.known import look_up
from tui.engine.mail.headers import parse_header
from tui.engine.pace import Pace
from tui.engine.store import accounts, links, messages, placements
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import Arrival, Ingested, Scene, ingest
from tui.engine.sync import plan
from tui.engine.sync.context import Context, Tally

SLICE = 15
"""Headers parsed in one go; between slices a key gets through."""


def read(found: Sequence[Fetched], pace: Pace) -> list[Arrival]:
    """Read headers that were fetched; bulk work, for a thread."""
    result = []
    for at, f in enumerate(found):
        if at % SLICE == 0:
            pace.rest_here()
        header = parse_header(f.header or b"")
        result.append(Arrival(f.uid, header, f.flags or frozenset(), f.size or 0, f.internaldate, f.guid))
    return result


async def take(
    context: Context, folder: FolderState, validity: int, arrivals: Sequence[Arrival], tally: Tally
) -> Ingested:
    """Ingest arrivals of a folder against the CRM as it is now, count them and tell about them."""
    own = await accounts.own_addresses(context.desk.mailbox.reads)
    known = await look_up(context.desk.crm, context.desk.mailbox.reads, [arrival.facts for arrival in arrivals])
    async with context.desk.mailbox.write() as tx:
        scene = Scene(folder, validity, own, known, context.settings, await links.never_link(tx))
        done = await ingest(tx, arrivals, scene)
        await _follow_placed(tx, arrivals, done)
    tally.new += len(done.new)
    tally.linked += done.linked
    tally.needs_deal += done.needs_deal
    if done.new:
        context.bus.publish(
            events.MessagesAdded(frozenset(done.new.values())), events.FoldersChanged(frozenset({folder.id}))
        )
    if done.placed:
        context.bus.publish(events.MessagesChanged(frozenset(done.placed.values())))
    if done.linked or done.needs_deal:
        await context.publish()
    return done


async def _follow_placed(tx: Tx, arrivals: Sequence[Arrival], done: Ingested) -> None:
    by_uid = {arrival.uid: arrival.flags for arrival in arrivals if arrival.uid is not None}
    alone = {number: by_uid[uid] for uid, number in done.placed.items() if await placements.count_live(tx, number) == 1}
    if alone:
        await messages.follow_flags(tx, alone)


async def follow(
    context: Context,
    folder_id: int,
    validity: int,
    placed: dict[int, tuple[int, str]],
    told: dict[int, frozenset[str]],
    tally: Tally,
) -> None:
    """Store flags that the server told and take them over where nothing of ours is pending (R38)."""
    changed = plan.changed_flags(told, placed)
    if not changed:
        return
    async with context.desk.mailbox.write() as tx:
        await placements.set_flags(tx, folder_id, validity, changed)
        touched = await messages.follow_flags(tx, {placed[uid][0]: told[uid] for uid in changed})
    tally.updated += len(touched)
    context.bus.publish(events.MessagesChanged(frozenset(touched)), events.FoldersChanged(frozenset({folder_id})))
