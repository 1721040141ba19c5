"""Bodies after headers: newest first, in batches small enough that nothing waits long; what is opened comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tui.engine import events
from tui.engine.errors import DealdeskError, Refused
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Account
from tui.engine.store import bodies, folders
from tui.engine.store.bodies import StoredBody
from tui.engine.store.derive import derive
from tui.engine.sync.context import Context, Tally

BATCH, BATCH_OCTETS = 60, 4_000_000
"""Bodies a batch: at most so many, and no further one once they add up to so many octets."""
SLICE = 2
"""Bodies parsed in one go; between slices a key gets through."""


async def fetch_wanted(
    session: Session,
    account: Account,
    context: Context,
    tally: Tally,
    checkpoint: Callable[[], Awaitable[None]],
    limit: int | None = None,
) -> None:
    """Fetch the bodies that are not here yet, newest first, until none is left or ``limit`` were fetched."""
    got, skip = 0, list[int]()
    while limit is None or got < limit:
        batch = await bodies.wanted(context.desk.mailbox.reads, account.id, BATCH, skip)
        if not batch:
            return
        cut: list[tuple[int, int, int, int, int]] = []
        octets = 0
        for item in batch:
            if cut and octets + item[4] > BATCH_OCTETS:
                break
            cut.append(item)
            octets += item[4]
        for folder_id, validity in dict.fromkeys((item[1], item[2]) for item in cut):
            wanted = {item[3]: item[0] for item in cut if (item[1], item[2]) == (folder_id, validity)}
            came = await fetch_some(session, context, folder_id, validity, wanted, tally)
            got += came
            if came < len(wanted):
                # What the server did not give now is asked for in the next pass.
                skip += wanted.values()
        await _tell_progress(account, context, [item[1] for item in cut])
        await checkpoint()


async def _tell_progress(account: Account, context: Context, folder_ids: Sequence[int]) -> None:
    """Say how many of a folder's messages have their text, and how far back (R40)."""
    for folder_id in dict.fromkeys(folder_ids):
        folder = await folders.get(context.desk.mailbox.reads, folder_id)
        done, total, oldest = await bodies.progress(context.desk.mailbox.reads, folder_id)
        if folder is not None:
            context.bus.publish(events.SyncProgressed(account.id, folder_id, folder.name, done, total, oldest))


async def fetch_some(
    session: Session, context: Context, folder_id: int, validity: int, wanted: dict[int, int], tally: Tally
) -> int:
    """Fetch and store the bodies of one folder, uid -> message id; returns how many came.

    A body that the server doesn't give is noted with the reason (R42, R47); the others come all the same.
    """
    folder = await folders.get(context.desk.mailbox.reads, folder_id)
    if folder is None or not folder.on_server:
        return 0
    if session.selected != folder.wire:
        selected = await session.select(folder.wire)
        if selected.uidvalidity != validity:
            return 0
    uids, came = list(wanted), 0
    for start in range(0, len(uids), BATCH):
        batch = {uid: wanted[uid] for uid in uids[start : start + BATCH]}
        try:
            found = await session.fetch(list(batch), body=True)
        except Refused as error:
            await _note_refused(context, folder_id, validity, batch, error)
            continue
        arrived = [(batch[f.uid], f.body) for f in found if f.uid in batch and f.body is not None]
        derived: list[StoredBody] = []
        for first in range(0, len(arrived), SLICE):
            await context.pace.rest()
            derived += await asyncio.to_thread(_derive_all, arrived[first : first + SLICE])
        await context.pace.rest()
        await store(context, derived)
        came += len(derived)
    return came


async def store(context: Context, derived: Sequence[StoredBody]) -> None:
    """Store derived bodies, tell about them and let the CRM have the linked ones."""
    if not derived:
        return
    async with context.desk.mailbox.write() as tx:
        await bodies.save(tx, derived)
    context.bus.publish(events.MessagesChanged(frozenset(body.message_id for body in derived)))
    await context.publish()


async def _note_refused(
    context: Context, folder_id: int, validity: int, wanted: dict[int, int], error: Refused
) -> None:
    async with context.desk.mailbox.write() as tx:
        for uid in wanted:
            await folders.add_failure(tx, folder_id, validity, uid, str(error))


def _derive_all(arrived: Sequence[tuple[int, bytes | Path]]) -> list[StoredBody]:
    result = []
    for number, body in arrived:
        if isinstance(body, Path):
            raw = body.read_bytes()
            body.unlink(missing_ok=True)
        else:
            raw = bytes(body)
        result.append(derive(number, raw))
    return result


async def fetch_for_deals(account: Account, context: Context) -> None:
    """Fetch what deals are to keep of an account that is about to go (R44); a warning says where it can't be had."""
    lacking = await bodies.lacking_of_deals(context.desk.mailbox.reads, account.id)
    if not lacking:
        return
    try:
        secret = await context.secret(account)
        session = await open_session(account.imap, account.user, secret, auth=account.auth, spool=context.spool)
        try:
            for folder_id, validity in dict.fromkeys((item[1], item[2]) for item in lacking):
                wanted = {item[3]: item[0] for item in lacking if (item[1], item[2]) == (folder_id, validity)}
                await fetch_some(session, context, folder_id, validity, wanted, Tally())
        finally:
            await session.close()
    except DealdeskError as error:
        sentence = (
            f"The text of {len(lacking)} messages of deals could not be fetched before {account.email} went: {error}"
        )
        context.bus.publish(events.Notified(sentence, "warning"))
