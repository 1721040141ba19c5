"""Arrivals that their headers can't tell from mail that is, or was, here: ingested with their sources (R8, R46)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tui.engine.errors import Refused
from tui.engine.imap.facts import Fetched
from tui.engine.imap.session import Session
from tui.engine.store import folders
from tui.engine.store.ingest import Arrival, Ingested
from tui.engine.sync.aside import Came, derive_all
from tui.engine.sync.belonging import FOREIGN, headline
from tui.engine.sync.context import Context
from tui.engine.sync.intake import BATCH, BATCH_OCTETS, forget_all, store


async def tell_apart(
    session: Session,
    context: Context,
    place: tuple[int, int],
    arrivals: Sequence[Arrival],
    ingest: Callable[[Sequence[Arrival]], Awaitable[Ingested]],
    checkpoint: Callable[[], Awaitable[None]],
) -> int:
    """Fetch the sources of arrivals of the open folder, a few at a time, and ingest each with its own.

    One that the server refuses is ingested by its header, with the reason noted (R47).

    Args:
        place: folder and UIDVALIDITY.
        ingest: stores arrivals in one transaction.
        checkpoint: awaited between batches; the folder is open again after it.

    Returns:
        How many still wait: the source of one that each resembles is to come from another account, or the server gave
        nothing for it.
    """
    waiting = 0
    for piece in _pieces(arrivals):
        await checkpoint()
        came, refused = await _sources(session, [arrival.uid for arrival in piece if arrival.uid is not None])
        known = {arrival.uid: headline(arrival.facts) for arrival in piece if arrival.uid is not None}
        read = await asyncio.to_thread(derive_all, came, known, context.pace)
        try:
            of_uid = {body.message_id: body for body in read}
            foreign = [(uid, FOREIGN) for uid, _ in came if uid not in of_uid]
            told = [
                replace(arrival, body=of_uid.get(arrival.uid or 0), refused=arrival.uid in refused) for arrival in piece
            ]
            told = [arrival for arrival in told if arrival.body is not None or arrival.refused]
            waiting += len(piece) - len(told) - len(foreign)
            waiting += await _settle(context, place, told, refused, ingest)
        finally:
            await asyncio.to_thread(forget_all, read)
        await _note(context, place, foreign)
    return waiting


async def _settle(
    context: Context,
    place: tuple[int, int],
    arrivals: Sequence[Arrival],
    refused: dict[int, str],
    ingest: Callable[[Sequence[Arrival]], Awaitable[Ingested]],
) -> int:
    """Ingest arrivals until none is left that another one of them can be told from; return how many are."""
    bodies = {arrival.uid: arrival.body for arrival in arrivals}
    while arrivals:
        done = await ingest(arrivals)
        fresh = [(bodies[uid], number) for uid, number in done.new.items()]
        await store(context, [replace(body, message_id=number) for body, number in fresh if body is not None])
        await _note(context, place, [(uid, refused[uid]) for uid in done.new if uid in refused])
        arrivals = done.unsure
        if not done.new:
            break
    return len(arrivals)


async def _sources(session: Session, uids: Sequence[int]) -> tuple[list[Came], dict[int, str]]:
    """Return the sources that the server gives, and uid -> its words for those that it refuses one by one."""
    came: list[Came] = []

    def keep(fetched: Fetched) -> None:
        if fetched.body is not None and fetched.uid in left:
            left.discard(fetched.uid)
            came.append((fetched.uid, fetched.body))

    left, refused = set(uids), dict[int, str]()
    try:
        try:
            await session.fetch(uids, body=True, on_fetched=keep)
        except Refused:
            for uid in sorted(left):
                try:
                    await session.fetch([uid], body=True, on_fetched=keep)
                except Refused as error:
                    refused[uid] = str(error)
    except BaseException:
        for _, body in came:
            if isinstance(body, Path):
                body.unlink(missing_ok=True)
        raise
    return came, refused


async def _note(context: Context, place: tuple[int, int], failed: Sequence[tuple[int, str]]) -> None:
    if failed:
        async with context.desk.mailbox.write() as tx:
            for uid, reason in failed:
                await folders.add_failure(tx, *place, uid, reason)


def _pieces(arrivals: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """Cut arrivals into batches that fit into memory."""
    piece: list[Arrival] = []
    octets = 0
    for arrival in arrivals:
        if piece and (len(piece) >= BATCH or octets + arrival.size > BATCH_OCTETS):
            yield piece
            piece, octets = [], 0
        piece.append(arrival)
        octets += arrival.size
    if piece:
        yield piece
