"""Which copy on the server an operation of the journal acts on: looked up anew each time it is tried (R34)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tui.engine.errors import Refused
from tui.engine.imap.opening import Selected
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Account
from tui.engine.store import folders, messages, placements
from tui.engine.store.operations import Entry
from tui.engine.store.placements import Placement
from tui.engine.sync.context import Context
from tui.engine.sync.discover import discover
from tui.engine.sync.finding import find_anywhere


@dataclass(frozen=True, slots=True)
class Act:
    """One operation with the copy that it acts on."""

    entry: Entry
    placement: Placement


class Located(NamedTuple):
    """What became of a batch: what can be done, the deletions that were done before, and what has no copy any more."""

    acts: list[Act]
    deleted: list[Entry]
    nowhere: list[Entry]


class Locator:
    """Finds copies on one session.

    Args:
        select: opens a folder by its name on the server.
    """

    def __init__(
        self, session: Session, account: Account, context: Context, select: Callable[[str], Awaitable[Selected]]
    ) -> None:
        self._session = session
        self._account = account
        self._context = context
        self._select = select
        self._listed = False

    async def locate(self, batch: Sequence[Entry], copy_in: int | None) -> Located:
        """Find for each operation the copy that it acts on; the UIDs of each are checked in its folder.

        Args:
            batch: operations of one kind with one payload.
            copy_in: the folder that alone counts, None for any.

        Raises:
            NetworkError: the connection failed.
            Refused: a folder where a message may be couldn't be looked through.
        """
        acts, lost = await self._placed(batch, copy_in)
        if lost and not self._listed:
            # Its folder may bear another name by now, under which it would be taken for gone.
            self._listed = True
            await discover(self._session, self._account, self._context)
            again, lost = await self._placed(lost, copy_in)
            acts += again
        found = Located(acts, [entry for entry in lost if "placement" in entry.progress], [])
        for entry in lost:
            if "placement" in entry.progress:
                continue
            spot = await find_anywhere(self._session, self._account, self._context, entry) if copy_in is None else None
            if spot is None:
                found.nowhere.append(entry)
            else:
                found.acts.append(Act(entry, spot))
        return found

    async def _placed(self, batch: Sequence[Entry], copy_in: int | None) -> tuple[list[Act], list[Entry]]:
        """Return the operations whose copies are where they are known to be, and the others."""
        known = await placements.of_messages(
            self._context.desk.mailbox.reads, [e.message_id for e in batch if e.message_id], self._account.id
        )
        chosen: dict[int, list[Act]] = {}
        lost: list[Entry] = []
        for entry in batch:
            spot = _preferred(entry, known.get(entry.message_id or 0, []), copy_in)
            if spot is None:
                lost.append(entry)
            else:
                chosen.setdefault(spot.folder_id, []).append(Act(entry, spot))
        acts: list[Act] = []
        for folder_id, found in chosen.items():
            there = await self._present(folder_id, found)
            acts += there
            placed = {act.entry.id for act in there}
            lost += [act.entry for act in found if act.entry.id not in placed]
        return acts, lost

    async def _present(self, folder_id: int, found: Sequence[Act]) -> list[Act]:
        """Select a folder and return the acts whose UIDs are really there; copies that it has no more are gone.

        One that was renumbered, or is another folder of that name, says nothing about the UIDs that are known.
        """
        folder = await folders.get(self._context.desk.mailbox.reads, folder_id)
        if folder is None or not folder.on_server:
            return []
        try:
            selected = await self._select(folder.wire)
        except Refused as error:
            if error.code not in ("NONEXISTENT", "CANNOT", ""):
                raise
            return []
        valid = [act for act in found if act.placement.uidvalidity == selected.uidvalidity]
        if not valid:
            return []
        there = await self._session.uids(range=UidSet(act.placement.uid for act in valid))
        missing = [act.placement for act in valid if act.placement.uid not in there]
        if missing:
            async with self._context.desk.mailbox.write() as tx:
                for spot in missing:
                    touched = await placements.mark_gone(tx, spot.folder_id, spot.uidvalidity, [spot.uid])
                    await messages.follow_flags(tx, await placements.alone(tx, touched))
        return [act for act in valid if act.placement.uid in there]


def _preferred(entry: Entry, spots: Sequence[Placement], copy_in: int | None) -> Placement | None:
    """The copy that lay where the message was when the person acted, else wherever the server has one (R34).

    A deletion that had begun is about that copy and no other.
    """
    if "placement" in entry.progress:
        return next((spot for spot in spots if spot.id == entry.progress["placement"]), None)
    if copy_in is not None:
        return next((spot for spot in spots if spot.folder_id == copy_in), None)
    source = entry.payload.get("from")
    return next((spot for spot in spots if spot.folder_id == source), spots[0] if spots else None)
