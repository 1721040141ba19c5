"""One pass over one folder: what is new is ingested, flags are followed, vanished copies are noted (R1-R8, R29-R31).

``plan.py`` says what to do; here the server is asked and small transactions are committed, each with what it brought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from tui.engine import events
from tui.engine.errors import ProtocolError
from tui.engine.imap.facts import Fetched, FolderStatus
from tui.engine.imap.opening import Selected
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Account
from tui.engine.store import bodies as store_bodies
from tui.engine.store import folders, messages, placements
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import Arrival, Ingested, header_key
from tui.engine.sync import arriving, bodies, plan
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.plan import Mode, Remote
from tui.engine.sync.twins import tell_apart

HEADERS = 2 << 20
"""Octets of headers that one window takes; what is beyond, several times the usual, waits for the next pass."""
NEWS = 400_000
"""Octets up to which the text of a new message is fetched with the folder's other news; a bigger one waits its turn."""
TOUCHED = 2000
"""Ranges of changed UIDs that are looked up one by one; where there are more, the whole folder is read."""
Checkpoint = Callable[[], Awaitable[None]]


class FolderPull:
    """A pass over one folder on a session.

    Args:
        checkpoint: awaited between batches, so that what a person waits for goes first.
    """

    def __init__(
        self,
        session: Session,
        account: Account,
        folder: FolderState,
        context: Context,
        tally: Tally,
        checkpoint: Checkpoint,
    ) -> None:
        self._session = session
        self._account = account
        self._folder = folder
        self._context = context
        self._tally = tally
        self._checkpoint = checkpoint
        self._validity = 0
        self._held = 0
        self._done = 0
        self._total = 0
        self._undecided = 0
        self._opening: asyncio.Task[tuple[Mode, Selected]] | None = None

    def unchanged(self, status: FolderStatus | None) -> bool:
        """Return whether the server's STATUS says that there is nothing to do."""
        return status is not None and plan.unchanged(self._folder, _remote(status), self._account.since)

    async def run(self, *, only_first: bool = False, then: FolderPull | None = None) -> bool:
        """Do the pass.

        Args:
            only_first: stop after the first window of new messages.
            then: the pull after this one, whose folder may be opened as soon as the session has nothing to do.

        Returns:
            True when the folder is complete.

        Raises:
            ServerError: the session or the folder failed; what was committed stays.
        """
        folder = self._folder
        how, selected = await self._opened()
        self._validity = selected.uidvalidity
        if selected.uidvalidity != folder.uidvalidity:
            how = Mode.COMPARE
            async with self._context.desk.mailbox.write() as tx:
                await folders.start_over(tx, folder.id, selected.uidvalidity, selected.exists)
        placed, failed = await self._local(_touched(folder, selected) if how is Mode.QRESYNC else None)
        window = await self._window(how, selected, placed)
        await self._vanished(how, selected, placed, window)
        await self._flags(how, selected, placed)
        todo = plan.missing(window, placed.keys(), failed)
        self._total, self._done = self._held + len(todo), self._held
        batches = plan.windows(todo)
        if folder.complete and len(batches) == 1:
            await self._news(batches[0], then)
        else:
            await self._windows(batches[:1] if only_first else batches)
        complete = (not only_first or len(batches) <= 1) and not self._undecided
        await self._finish(selected, complete, len(window) if how is not Mode.QRESYNC else None)
        return complete

    def open_soon(self, before: asyncio.Future[Any]) -> asyncio.Future[Any]:
        """Open the folder once ``before`` is over; whoever uses the session must wait for what is returned."""

        async def soon() -> tuple[Mode, Selected]:
            await asyncio.wait([before])
            return await self._open()

        self._opening = asyncio.create_task(soon())
        return self._opening

    async def forget(self) -> None:
        """End what ``open_soon`` began, where ``run`` was never called."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)

    async def _opened(self) -> tuple[Mode, Selected]:
        """Return how to look at the folder and what opening it said, which must still be open."""
        opening, self._opening = self._opening, None
        early = await opening if opening is not None else None
        return early if early is not None and self._session.selected == self._folder.wire else await self._open()

    async def _open(self) -> tuple[Mode, Selected]:
        """Open the folder, with what happened since where something is known; see ``Session.select``.

        More than a connection takes may have happened, or the server answers that with nonsense: the next pass asks
        without, and compares.
        """
        folder = self._folder
        how = plan.mode(folder, self._account.since, self._session.capabilities, self._session.quirks.qresync)
        anchor = (folder.uidvalidity, folder.highestmodseq)
        known = (anchor[0], anchor[1]) if how is Mode.QRESYNC and anchor[0] and anchor[1] else None
        try:
            return how, await self._session.select(folder.wire, qresync=known)
        except ProtocolError:
            if known is not None:
                async with self._context.desk.mailbox.write() as tx:
                    await folders.look_anew(tx, self._folder.id)
            raise

    async def _local(self, among: UidSet | None) -> tuple[dict[int, tuple[int, str]], frozenset[int]]:
        """Return what is here of the folder, ``among`` these UIDs where that is enough, and what failed before."""
        reads = self._context.desk.mailbox.reads
        spot = (self._folder.id, self._validity)
        placed = await placements.in_folder(reads, *spot, *([among.ranges] if among is not None else []))
        self._held = len(placed) if among is None else await placements.count(reads, *spot)
        failed = await folders.failures(reads, self._folder.id, self._validity)
        return placed, frozenset(failed)

    async def _window(self, how: Mode, selected: Selected, placed: dict[int, tuple[int, str]]) -> UidSet:
        """Return the UIDs that the window holds: all of them, or with QRESYNC those that came since."""
        since = self._account.since
        if how is Mode.QRESYNC and self._folder.uidnext:
            if selected.uidnext is not None and selected.uidnext <= self._folder.uidnext:
                return UidSet()
            if since is None and (every := self._each_since(selected, placed)):
                return every
            later = UidSet.span(self._folder.uidnext)
            return self._credible(await self._session.uids(since=since, range=later) & later, selected)
        if selected.exists == 0:
            return UidSet()
        return self._credible(await self._session.uids(since=since), selected)

    def _each_since(self, selected: Selected, placed: Mapping[int, object]) -> UidSet:
        """Return the UIDs from UIDNEXT to UIDNEXT where the counts say that each of them is there, else none."""
        first, end = self._folder.uidnext or 1, selected.uidnext or 1
        if selected.more or not 0 < end - first <= plan.FIRST_WINDOW:
            return UidSet()
        left = self._held - sum(uid in selected.vanished for uid in placed)
        return UidSet.span(first, end - 1) if left + end - first == selected.exists else UidSet()

    def _credible(self, found: UidSet, selected: Selected) -> UidSet:
        """Return the UIDs that a server listed, where it has as many messages."""
        if len(found) > selected.exists + 1000:
            raise ProtocolError(
                f'The server lists {len(found):,} messages in "{self._folder.name}" but counts {selected.exists:,};'
                " the folder is tried again later."
            )
        return found

    async def _vanished(
        self, how: Mode, selected: Selected, placed: dict[int, tuple[int, str]], window: UidSet
    ) -> None:
        """Note which copies vanished; a large set is checked before it is believed."""
        if not selected.exists:
            gone = set(placed)
        elif how is Mode.QRESYNC:
            told = selected.vanished
            # Mostly a few of many; but a server may name more than there ever were.
            gone = (
                {uid for uid in told if uid in placed} if len(told) < len(placed) else {u for u in placed if u in told}
            )
        else:
            gone = {uid for uid in placed if uid not in window}
            if gone and self._account.since is not None:
                older = await self._session.uids(range=UidSet(gone))
                gone = {uid for uid in gone if uid not in older}
        left = self._held - len(gone) + (len(window) if how is Mode.QRESYNC else 0)
        odd = not selected.exists or (how is Mode.QRESYNC and left != selected.exists)
        if plan.suspicious(len(gone), self._held) or (gone and odd):
            there = await self._session.uids(range=UidSet(gone))
            gone = {uid for uid in gone if uid not in there}
        if not gone:
            return
        async with self._context.desk.mailbox.write() as tx:
            await placements.mark_missing(tx, self._folder.id, self._validity, gone)
        self._held -= len(gone)
        for uid in gone:
            placed.pop(uid, None)
        if plan.emptied(len(gone), selected.exists, self._folder.role):
            sentence = (
                f'{self._account.email}: "{self._folder.name}" is suddenly empty on the server; its {len(gone):,}'
                " messages stay here. If nobody moved or deleted them, ask who keeps the server."
            )
            self._tally.errors.append(sentence)
            self._context.bus.publish(events.Notified(sentence, "warning"))

    async def _flags(self, how: Mode, selected: Selected, placed: dict[int, tuple[int, str]]) -> None:
        """Follow flags that changed on the server (R38)."""
        if not placed:
            return
        told: dict[int, frozenset[str]] = {}
        if how is Mode.QRESYNC and not selected.more:
            told = {f.uid: f.flags for f in selected.changed if f.flags is not None}
        else:
            floor = self._folder.highestmodseq if how is not Mode.COMPARE and self._folder.complete else None
            if floor is None or selected.highestmodseq is None or selected.highestmodseq > floor:

                def keep(fetched: Fetched) -> None:
                    # Of hundreds of thousands only those that differ are held.
                    if fetched.flags is not None and plan.changed_flags({fetched.uid: fetched.flags}, placed):
                        told[fetched.uid] = fetched.flags

                await self._session.fetch(UidSet(placed), flags=True, changed_since=floor, on_fetched=keep)
        await arriving.follow(self._context, self._folder.id, self._validity, placed, told, self._tally)

    async def _windows(self, batches: Sequence[Sequence[int]]) -> None:
        """Ingest windows, the next one already on its way while one is stored."""
        coming: asyncio.Task[list[Arrival]] | None = None
        try:
            for at, batch in enumerate(batches):
                arrivals = await (coming or self._headers(batch))
                coming = asyncio.create_task(self._headers(batches[at + 1])) if at + 1 < len(batches) else None
                await self._ingest(arrivals, coming)
                await self._checkpoint()
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _news(self, uids: Sequence[int], then: FolderPull | None) -> None:
        """Ingest what little came since, with its texts; while it is stored the session opens the next folder.

        No other folder waits long for them, and this one need not be opened again.
        """
        arrivals = await self._headers(uids)
        await self._checkpoint()
        known = await messages.known_keys(self._context.desk.mailbox.reads, [header_key(a.facts) for a in arrivals])
        fresh = [(a.uid, a.size) for a in arrivals if a.uid and a.size <= NEWS and header_key(a.facts) not in known]
        texts = asyncio.create_task(self._texts(fresh))
        try:
            new = await self._ingest(arrivals, then.open_soon(texts) if then is not None else texts)
            await bodies.store_news(self._context, self._folder.id, self._validity, await texts, new)
        finally:
            texts.cancel()
            await asyncio.gather(texts, return_exceptions=True)

    async def _texts(self, fresh: Sequence[tuple[int, int]]) -> dict[int, bytes | Path]:
        """Fetch the texts of new messages, (uid, size), as many as are stored in one go."""
        await self._select()
        return await bodies.fetch_news(self._session, fresh)

    async def _headers(self, uids: Sequence[int]) -> list[Arrival]:
        """Fetch one window and read its headers."""
        await self._select()
        found: list[Fetched] = []
        octets = 0

        def keep(fetched: Fetched) -> None:
            nonlocal octets
            octets += len(fetched.header or b"")
            if octets <= HEADERS or not found:
                found.append(fetched)
            else:
                self._undecided += 1

        await self._session.fetch(UidSet(uids), flags=True, header=True, size=True, date=True, on_fetched=keep)
        wanted = set(uids)
        usable = [f for f in found if f.uid in wanted and f.header is not None]
        await self._context.pace.rest()
        return await asyncio.to_thread(arriving.read, usable, self._context.pace)

    async def _ingest(self, arrivals: Sequence[Arrival], coming: asyncio.Future[Any] | None) -> dict[int, int]:
        """Store one window: identities, link decisions, placements, in one transaction.

        Args:
            coming: what else uses the session; it is over before bodies are fetched to tell mails apart.

        Returns:
            uid -> message id of what was new at once.
        """
        done = await arriving.take(self._context, self._folder, self._validity, arrivals, self._tally)
        if done.unsure:
            if coming is not None:
                await asyncio.wait([coming])
            await self._by_content(done.unsure)
        self._done += len(arrivals)
        oldest = min((a.facts.date or a.received or 0 for a in arrivals), default=None)
        self._context.bus.publish(
            events.SyncProgressed(self._account.id, self._folder.id, self._folder.name, self._done, self._total, oldest)
        )
        return done.new

    async def _by_content(self, unsure: Sequence[Arrival]) -> None:
        """Tell by their bodies whether arrivals are, or were, here or only share a header with known mail (R8, R46).

        One that resembles a message whose body another account has yet to fetch waits for the next pass.
        """
        await self._bodies_of_known({header_key(arrival.facts) for arrival in unsure})

        async def ingest_(arrivals: Sequence[Arrival]) -> Ingested:
            return await arriving.take(self._context, self._folder, self._validity, arrivals, self._tally)

        async def checkpoint() -> None:
            await self._checkpoint()
            await self._select()

        place = self._folder.id, self._validity
        self._undecided += await tell_apart(self._session, self._context, place, unsure, ingest_, checkpoint)

    async def _bodies_of_known(self, keys: Set[str]) -> None:
        """Fetch the bodies of this account's messages that arrivals are to be compared with, then come back here."""
        lacking = await store_bodies.lacking(self._context.desk.mailbox.reads, sorted(keys), self._account.id)
        for number, folder_id, validity, uid in lacking:
            await bodies.fetch_some(self._session, self._context, folder_id, validity, {uid: number}, self._tally)
        await self._select()

    async def _select(self) -> None:
        if self._session.selected == self._folder.wire:
            return
        again = await self._session.select(self._folder.wire)
        if again.uidvalidity != self._validity:
            raise ProtocolError(f'"{self._folder.name}" was renumbered during the sync; it is tried again.')

    async def _finish(self, selected: Selected, complete: bool, expected: int | None) -> None:
        """Store how far the folder is; HIGHESTMODSEQ only counts when nothing is left to fetch."""
        async with self._context.desk.mailbox.write() as tx:
            await folders.set_cursor(
                tx,
                self._folder.id,
                uidvalidity=self._validity,
                uidnext=selected.uidnext if complete else None,
                highestmodseq=selected.highestmodseq if complete else None,
                messages=selected.exists,
                complete=complete,
                since=self._account.since,
                expected=expected if expected is not None else self._total,
            )
        self._context.bus.publish(events.FoldersChanged(frozenset({self._folder.id})))


def _touched(folder: FolderState, selected: Selected) -> UidSet | None:
    """Return the UIDs that a pass with QRESYNC can be about, however many the folder has; None: any of them.

    They are what vanished, what changed, and what came since.
    """
    few = selected.vanished.pieces_count + len(selected.changed) <= TOUCHED
    if not few or selected.more or not selected.exists or not folder.uidnext:
        return None
    changed = UidSet(fetched.uid for fetched in selected.changed)
    return selected.vanished | changed | UidSet.span(folder.uidnext)


def _remote(status: FolderStatus) -> Remote:
    return Remote(status.uidvalidity, status.uidnext, status.messages, status.highestmodseq)
