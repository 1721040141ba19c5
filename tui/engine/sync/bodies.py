"""Bodies after headers: newest first, in batches small enough that nothing waits long; what is opened comes first."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from tui.engine import events
from tui.engine.errors import DealdeskError, Refused
from tui.engine.imap.facts import Fetched
from tui.engine.imap.fetching import drop
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Account
from tui.engine.store import bodies, folders
from tui.engine.sync.belonging import FOREIGN
from tui.engine.sync.beside import Beside
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.intake import BATCH_OCTETS, Intake, Told, intake

FIRST, MOST, MOST_OCTETS = 250, 4000, 24_000_000
"""Bodies that are asked for at once: few at first, so that the newest come first, then more, up to so many octets."""
MANY = 400
"""Where so many bodies are asked for at once, they are read in a process of its own."""
PIECE, SINGLY = 60, 5
"""Where a server refuses many bodies at once it is asked for so many; and one by one, until so many in a row fail."""

_log = logging.getLogger(__name__)


async def fetch_wanted(
    session: Session,
    account: Account,
    context: Context,
    tally: Tally,
    checkpoint: Callable[[], Awaitable[None]],
    limit: int | None = None,
    headers: Beside | None = None,
) -> None:
    """Fetch the bodies that are not here yet, newest first, until none is left or ``limit`` were asked for.

    Args:
        headers: bring more messages meanwhile; theirs are fetched too, and what ends them is raised. As long as they
            come it is they who tell how far a folder is (R40).
    """
    asked: dict[int, tuple[int, int, int]] = {}
    size = FIRST

    async def told(done: Sequence[int]) -> None:
        if headers is None or not headers.running:
            await _tell_progress(account, context, [asked[number][0] for number in done])

    async def foreign(numbers: Sequence[int]) -> None:
        await _note_failed(context, [asked[number] for number in numbers], FOREIGN)

    async with intake(context, told, foreign) as taking:
        while limit is None or len(asked) < limit:
            # What was asked for and is not stored is on its way, or the server did not give it: the next pass asks.
            skip = [number for number in asked if number not in taking.stored]
            most = size if limit is None else min(size, limit - len(asked))
            window = _cut(await bodies.wanted(context.desk.mailbox.reads, account.id, most, skip))
            if not window:
                if headers is not None and await headers.more():
                    continue
                return
            if len(window) >= MANY:
                await taking.many()
            asked.update((item[0], item[1:4]) for item in window)
            for folder_id, validity in dict.fromkeys((item[1], item[2]) for item in window):
                wanted = {item[3]: item[0] for item in window if (item[1], item[2]) == (folder_id, validity)}
                await _fetch_folder(session, context, folder_id, validity, wanted, taking)
            await checkpoint()
            if headers is not None:
                headers.check()
            size = min(2 * size, MOST)


def _cut(items: list[tuple[int, int, int, int, int]]) -> list[tuple[int, int, int, int, int]]:
    """Return the first items, as many as fit into a window; at least one."""
    octets = 0
    for at, item in enumerate(items):
        octets += item[4]
        if at and octets > MOST_OCTETS:
            return items[:at]
    return items


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

    One that the server doesn't give, or another's in its place, is noted with the reason (R42, R47); the others come.
    """
    async with intake(context, foreign=_foreign(context, folder_id, validity, wanted)) as taking:
        await _fetch_folder(session, context, folder_id, validity, wanted, taking)
    return len(taking.stored)


async def fetch_news(session: Session, fresh: Sequence[tuple[int, int]]) -> dict[int, bytes | Path]:
    """Fetch the sources of messages of the open folder that are about to be stored.

    What the server refuses, and what is too much for one go, is left out: it comes with the other bodies.

    Args:
        fresh: their (uid, size).

    Returns:
        uid -> source; see ``store_news``.
    """
    sizes = accumulate(size for _, size in fresh)
    wanted = {uid for (uid, _), octets in zip(fresh, sizes, strict=True) if octets <= BATCH_OCTETS}
    came: dict[int, bytes | Path] = {}

    def keep(fetched: Fetched) -> None:
        if fetched.uid in wanted and fetched.body is not None:
            wanted.remove(fetched.uid)
            came[fetched.uid] = fetched.body
        else:
            drop(fetched)

    try:
        await session.fetch(sorted(wanted), body=True, on_fetched=keep)
    except Refused as error:
        _log.info("The texts of what is new are asked for later: %s", error)
    except BaseException:
        _discard(came.values())
        raise
    return came


async def store_news(
    context: Context, folder_id: int, validity: int, came: Mapping[int, bytes | Path], new: Mapping[int, int]
) -> None:
    """Store what ``fetch_news`` returned as the bodies of new messages, uid -> message id; others are left."""
    _discard(source for uid, source in came.items() if uid not in new)
    wanted = {uid: number for uid, number in new.items() if uid in came}
    if not wanted:
        return
    async with intake(context, foreign=_foreign(context, folder_id, validity, wanted)) as taking:
        for uid, number in wanted.items():
            await taking.take(number, came[uid])


def _discard(sources: Iterable[bytes | Path]) -> None:
    """Remove the files of sources that nobody takes."""
    for source in sources:
        if isinstance(source, Path):
            source.unlink(missing_ok=True)


def _foreign(context: Context, folder_id: int, validity: int, wanted: Mapping[int, int]) -> Told:
    uids = {number: uid for uid, number in wanted.items()}

    async def foreign(numbers: Sequence[int]) -> None:
        await _note_failed(context, [(folder_id, validity, uids[number]) for number in numbers], FOREIGN)

    return foreign


async def _fetch_folder(
    session: Session, context: Context, folder_id: int, validity: int, wanted: dict[int, int], taking: Intake
) -> None:
    folder = await folders.get(context.desk.mailbox.reads, folder_id)
    if folder is None or not folder.on_server:
        return
    if session.selected != folder.wire:
        selected = await session.select(folder.wire)
        if selected.uidvalidity != validity:
            return
    left = dict(wanted)
    if await _ask(session, left, taking) is None:
        return
    for piece in _pieces(left, PIECE):
        if await _ask(session, piece, taking) is None:
            continue
        refusals: list[Refused] = []
        for single in _pieces(piece, 1):
            error = refusals[-1] if len(refusals) >= SINGLY else await _ask(session, single, taking)
            if error is None:
                refusals.clear()
            else:
                refusals.append(error)
                await _note_failed(context, [(folder_id, validity, uid) for uid in single], str(error))


async def _ask(session: Session, wanted: dict[int, int], taking: Intake) -> Refused | None:
    """Ask for bodies, uid -> message id, taking out what comes; returns the refusal when there was one."""

    async def came(fetched: Fetched) -> None:
        number = wanted.pop(fetched.uid, None)
        if number is not None and fetched.body is not None:
            await taking.take(number, fetched.body)

    try:
        await session.fetch(list(wanted), body=True, on_fetched=came)
    except Refused as error:
        return error
    return None


def _pieces(wanted: dict[int, int], size: int) -> list[dict[int, int]]:
    items = list(wanted.items())
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]


async def _note_failed(context: Context, spots: Sequence[tuple[int, int, int]], reason: str) -> None:
    """Remember why the texts at (folder, UIDVALIDITY, UID) are not here; ``verify`` tells it (R47)."""
    async with context.desk.mailbox.write() as tx:
        for spot in spots:
            await folders.add_failure(tx, *spot, reason)


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
