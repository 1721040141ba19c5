"""The journal's IMAP work on the server: move, copy, delete, flag, each on the copy that is there now (R32 to R36).

Every step is repeatable: what to act on is looked up anew, so that a crash at any point leads to the same end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tui.engine import events
from tui.engine.errors import NetworkError, Refused
from tui.engine.imap.opening import Selected
from tui.engine.imap.session import Session
from tui.engine.model import Account, OperationState
from tui.engine.store import folders, messages, operations, placements
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.store.operations import Entry
from tui.engine.sync import bodies
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.copied import copies, credible, mark, take_back
from tui.engine.sync.discover import make
from tui.engine.sync.finding import passes, still_known
from tui.engine.sync.locating import Act, Locator

MARKED = "It is marked deleted on the server and hidden here; it goes when that folder is expunged."
LEFT = "The original is marked deleted on the server; it goes when that folder is expunged."
NO_COPY = "No copy is left on the server; it was done here only."
_SYSTEM = frozenset({"seen", "answered", "flagged", "deleted"})
"""Flags that mean something to the person; a keyword that is not kept is no loss."""


class Replay:
    """Does batches of like operations of one account on one session."""

    def __init__(self, session: Session, account: Account, context: Context, tally: Tally) -> None:
        self._session = session
        self._account = account
        self._context = context
        self._tally = tally
        self._opened: dict[str, Selected] = {}
        self._locator = Locator(session, account, context, self._select)

    async def run(self, batch: Sequence[Entry]) -> None:
        """Do a batch of operations of one kind with one payload; refusals end in the journal, each folder's alone.

        Raises:
            NetworkError: the connection failed; what is left of the batch stays queued and is looked up again.
        """
        async with self._context.desk.mailbox.write() as tx:
            batch = await operations.still_open(tx, batch)
            await operations.set_state(tx, [entry.id for entry in batch], OperationState.RUNNING)
        if not batch:
            return
        try:
            await self._run(batch)
        except Refused as error:
            await self._refuse(batch, error)

    async def _refuse(self, entries: Sequence[Entry], error: Refused) -> None:
        if passes(error, max((entry.attempts for entry in entries), default=0)):
            raise NetworkError(f"{self._account.email}: {error}") from error
        self._tally.refused += await self._context.journal.refuse(entries, error.text or str(error))

    async def _run(self, batch: Sequence[Entry]) -> None:
        payload = batch[0].payload
        acts, deleted, nowhere = await self._locator.locate(batch, payload.get("copy_in"))
        await self._deleted(deleted)
        if nowhere:
            await self._local_only(nowhere)
        target = await self._target(payload["to"]) if acts and "to" in payload else None
        for folder_id in dict.fromkeys(act.placement.folder_id for act in acts):
            here = [act for act in acts if act.placement.folder_id == folder_id]
            try:
                await self._do(here, folder_id, target)
            except Refused as error:
                await self._refuse([act.entry for act in here], error)

    async def _do(self, acts: Sequence[Act], folder_id: int, target: FolderState | None) -> None:
        """Do what the operations say with copies that all lie in one folder."""
        kind = acts[0].entry.kind
        if target is not None and target.id == folder_id:
            await self._finish(acts)
            return
        await self._open(folder_id, acts)
        if kind == "delete":
            await self._delete(acts)
        elif kind == "flag":
            await self._flag(acts)
        elif target is not None:
            await (self._move(acts, target) if kind == "move" else self._copy(acts, target))

    async def _open(self, folder_id: int, acts: Sequence[Act]) -> None:
        """Select the folder whose UIDs are to be acted on; in any other they would name other messages."""
        folder = await still_known(self._context.desk.mailbox.reads, folder_id)
        if self._session.selected == folder.wire:
            return
        selected = await self._select(folder.wire)
        if any(act.placement.uidvalidity != selected.uidvalidity for act in acts):
            raise NetworkError(f'"{folder.name}" was renumbered meanwhile; its operations are tried again.')

    async def _select(self, wire: str) -> Selected:
        selected = self._opened[wire] = await self._session.select(wire)
        return selected

    async def _return_to(self, wire: str) -> None:
        if self._session.selected != wire:
            await self._session.select(wire)

    def _permit(self, what: str, flags: Iterable[str]) -> None:
        """Refuse what the server would answer with OK and not do: flags that the open folder doesn't keep.

        What PERMANENTFLAGS leaves out can't be changed for good (RFC 9051, section 7.1); keywords are only marks, and a
        server that keeps none changes nothing that matters.
        """
        opened = self._opened.get(self._session.selected)
        if opened is None:
            return
        if opened.readonly:
            raise Refused(what, "the folder is read-only")
        denied = sorted(set(flags) & _SYSTEM - opened.permanent_flags) if opened.permanent_flags else []
        if denied:
            raise Refused(what, f"the folder keeps no change of {', '.join(denied)} (PERMANENTFLAGS)")

    async def _target(self, folder_id: int) -> FolderState:
        target = await still_known(self._context.desk.mailbox.reads, folder_id)
        return target if target.on_server else await make(self._session, self._account, target, self._context)

    async def _move(self, acts: Sequence[Act], target: FolderState) -> None:
        uids = [act.placement.uid for act in acts]
        wire = self._session.selected
        if not self._session.has("MOVE"):
            self._permit("move it", ("deleted",))
        mapping, removed = await self._to(acts, target, "MOVE" if self._session.has("MOVE") else "COPY"), True
        if not self._session.has("MOVE"):
            await self._return_to(wire)
            try:
                removed = await self._remove(uids)
            except Refused:
                await take_back(self._session, target, mapping.values())
                raise
        validity = await self._validity(target) if mapping else None
        async with self._context.desk.mailbox.write() as tx:
            for act in acts:
                await placements.moved(tx, act.placement, target.id, validity, mapping.get(act.placement.uid), removed)
            await self._context.journal.finish(tx, [act.entry for act in acts], note="" if removed else LEFT)
        self._done(acts)

    async def _copy(self, acts: Sequence[Act], target: FolderState) -> None:
        mapping = await self._to(acts, target, "COPY")
        validity = await self._validity(target) if mapping else None
        async with self._context.desk.mailbox.write() as tx:
            for act in acts:
                uid = mapping.get(act.placement.uid)
                if uid is not None and validity is not None:
                    await placements.add(tx, act.placement.message_id, target.id, validity, uid, origin="copy")
            await self._context.journal.finish(tx, [act.entry for act in acts])
        self._done(acts)

    async def _to(self, acts: Sequence[Act], target: FolderState, verb: str) -> dict[int, int]:
        """MOVE or COPY to a folder, made first when the server says that it is missing; COPYUID's mapping or {}.

        A COPY that a crash or a lost connection may have hidden is looked for before it is repeated.
        """
        done: dict[int, int] = {}
        if verb == "COPY":
            done = await self._copied_already([act for act in acts if act.entry.progress], target)
            acts = [act for act in acts if act.placement.uid not in done]
        uids = [act.placement.uid for act in acts]
        if not uids:
            return done
        if any(not act.entry.progress for act in acts):
            begun = {"began": verb, **(await mark(self._session, target) if verb == "COPY" else {})}
            await self._intend({act.entry.id: begun for act in acts if not act.entry.progress})
        act_on = self._session.move if verb == "MOVE" else self._session.copy
        try:
            said = await act_on(uids, target.wire, target.uidvalidity)
            of = {act.placement.uid: act.placement.message_id for act in acts}
            return done | await credible(self._context.desk.mailbox.reads, target, said or {}, of)
        except Refused as error:
            if error.code not in ("TRYCREATE", "NONEXISTENT"):
                raise
        if (await still_known(self._context.desk.mailbox.reads, target.id)).wire != target.wire:
            raise NetworkError(f'"{target.name}" was renamed meanwhile; its operations are tried again.')
        source = self._session.selected
        made = await make(self._session, self._account, replace(target, on_server=False), self._context)
        await self._return_to(source)
        # What is said of UIDs is of a folder that has its UIDVALIDITY only since now: the next pass sees the copies.
        await act_on(uids, made.wire)
        return done

    async def _validity(self, target: FolderState) -> int | None:
        """Return the target's UIDVALIDITY, asked once for a folder that is not synced."""
        known = await folders.get(self._context.desk.mailbox.reads, target.id)
        if known is not None and known.uidvalidity is not None:
            return known.uidvalidity
        status = await self._session.status(target.wire)
        async with self._context.desk.mailbox.write() as tx:
            await folders.observe(tx, target.id, status.uidvalidity, status.uidnext, status.messages)
        return status.uidvalidity

    async def _copied_already(self, acts: Sequence[Act], target: FolderState) -> dict[int, int]:
        """Return source UID -> UID in the target for those of the begun copies that the server has made."""
        if not acts:
            return {}
        source = self._session.selected
        begun = {act.placement.uid: (act.placement.message_id, act.entry.progress) for act in acts}
        found = await copies(self._session, self._context.desk.mailbox.reads, target, begun)
        await self._return_to(source)
        return found

    async def _intend(self, progress: Mapping[int, dict[str, object]]) -> None:
        async with self._context.desk.mailbox.write() as tx:
            for operation_id, begun in progress.items():
                await operations.set_progress(tx, operation_id, begun)

    async def _remove(self, uids: Sequence[int]) -> bool:
        """Mark copies deleted and expunge exactly these (R32).

        Returns:
            False where the server can't do it without taking others along: they stay marked then.
        """
        self._permit("delete it", ("deleted",))
        await self._session.store(uids, add=("deleted",))
        try:
            await self._session.expunge(uids)
        except Refused as error:
            if self._session.has("UIDPLUS"):
                await self._session.store(uids, remove=("deleted",))
                raise
            self._context.bus.publish(events.Notified(f"{self._account.email}: {error}", "warning"))
            return False
        return True

    async def _delete(self, acts: Sequence[Act]) -> None:
        await self._keep_for_deals(acts)
        await self._intend({act.entry.id: {"began": "DELETE", "placement": act.placement.id} for act in acts})
        expunged = await self._remove([act.placement.uid for act in acts])
        if not expunged:
            async with self._context.desk.mailbox.write() as tx:
                await self._context.journal.finish(tx, [act.entry for act in acts], note=MARKED)
                for act in acts:
                    await operations.forget_undo(tx, act.entry.action_id)
            self._done(acts)
            return
        async with self._context.desk.mailbox.write() as tx:
            for act in acts:
                spot = act.placement
                await placements.mark_gone(tx, spot.folder_id, spot.uidvalidity, [spot.uid])
        await self._deleted([act.entry for act in acts])

    async def _deleted(self, entries: Sequence[Entry]) -> None:
        """The server's copies are gone: end the operations and let go of the messages."""
        if not entries:
            return
        async with self._context.desk.mailbox.write() as tx:
            await self._context.journal.finish(tx, entries)
            gone = await self._leave(tx, [entry for entry in entries if "copy_in" not in entry.payload])
            # The one copy that is left may have other flags than the one that went (R38).
            left = await placements.alone(tx, [entry.message_id for entry in entries if entry.message_id is not None])
            await messages.follow_flags(tx, left)
        self._tally.pushed += len(entries)
        self._context.journal.told(entries)
        self._context.bus.publish(events.MessagesRemoved(frozenset(gone)))

    async def _keep_for_deals(self, acts: Sequence[Act]) -> None:
        """Give the CRM its whole copy of linked messages before the mailbox lets go of them (R37)."""
        reads = self._context.desk.mailbox.reads
        bare = [act for act in acts if await messages.linked_without_body(reads, act.placement.message_id)]
        if bare:
            spot = bare[0].placement
            wanted = {act.placement.uid: act.placement.message_id for act in bare}
            await bodies.fetch_some(self._session, self._context, spot.folder_id, spot.uidvalidity, wanted, self._tally)
            if any([await messages.linked_without_body(reads, number) for number in wanted.values()]):
                raise Refused("delete it", "the text that its deal or person is to keep can't be fetched")
        await self._context.publish()

    async def _leave(self, tx: Tx, entries: Iterable[Entry]) -> list[int]:
        """Purge messages of which no copy is left; one that lies elsewhere too is shown there."""
        gone: list[int] = []
        for entry in entries:
            if entry.message_id is None:
                continue
            elsewhere = await messages.elsewhere(tx, entry.message_id)
            if elsewhere is None:
                gone.append(entry.message_id)
            else:
                await messages.move_local(tx, [entry.message_id], elsewhere)
                await messages.set_gone(tx, [entry.message_id], False)
            await operations.forget_undo(tx, entry.action_id)
        await messages.purge(tx, gone)
        return gone

    async def _flag(self, acts: Sequence[Act]) -> None:
        payload = acts[0].entry.payload
        uids = [act.placement.uid for act in acts]
        self._permit("change flags", (*payload["add"], *payload["remove"]))
        await self._session.store(uids, add=payload["add"], remove=payload["remove"])
        async with self._context.desk.mailbox.write() as tx:
            await placements.change_flags(
                tx, [act.placement.id for act in acts], add=payload["add"], remove=payload["remove"]
            )
            await self._context.journal.finish(tx, [act.entry for act in acts])
        self._done(acts)

    async def _local_only(self, entries: Sequence[Entry]) -> None:
        """Nothing is left on the server: the change is local and the person is told (R34), not of flags and drafts."""
        async with self._context.desk.mailbox.write() as tx:
            await self._context.journal.finish(tx, entries, note=NO_COPY)
            gone = await self._leave(tx, [e for e in entries if e.kind == "delete" and "copy_in" not in e.payload])
        self._context.journal.told(entries)
        if any(entry.kind != "flag" and "draft" not in entry.payload for entry in entries):
            self._context.bus.publish(events.Notified(NO_COPY))
        self._context.bus.publish(events.MessagesRemoved(frozenset(gone)))

    async def _finish(self, acts: Sequence[Act]) -> None:
        async with self._context.desk.mailbox.write() as tx:
            await self._context.journal.finish(tx, [act.entry for act in acts])
        self._done(acts)

    def _done(self, acts: Sequence[Act]) -> None:
        self._tally.pushed += len(acts)
        self._context.journal.told([act.entry for act in acts])
