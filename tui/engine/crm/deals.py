"""Deals, written: each change leaves an entry with the old and the new value in the history, and can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.engine.crm import attached, fetch, money, resolve
from tui.engine.crm import fields as field_rows
from tui.engine.crm import tags as tag_rows
from tui.engine.crm.attached import event
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.names import valid_name
from tui.engine.crm.organizations import organization_named
from tui.engine.crm.pipelines import new_stage
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Deal
from tui.engine.text import line


class Deals:
    """Adds, edits, moves, closes and deletes deals."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def get(self, ref: Ref) -> Deal:
        """Return a deal by id or title.

        Raises:
            NotFound: there is none.
            Ambiguous: several have that title.
        """
        id = await self._db.read(resolve.deal(ref))
        return (await self._db.read(fetch.deals_by_ids([id])))[0]

    async def list(self, status: str | None = None) -> Sequence[Deal]:
        """Return the deals of a status (open, won, lost), or all, newest first."""
        if status is None:
            return await self._db.read(fetch.deals())
        return await self._db.read(fetch.deals("d.deleted_at IS NULL AND d.status = ?", (status,)))

    async def add(
        self,
        title: str,
        persons: Sequence[Ref] = (),
        org: Ref | None = None,
        value: int = 0,
        currency: str = "EUR",
        pipeline: Ref | None = None,
        stage: Ref | None = None,
        close: str | None = None,
        create_stage: bool = False,
        owner: str | None = None,
        tags: Sequence[str] = (),
        roles: Mapping[Ref, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Changed:
        """Add an open deal; the first person is the primary one.

        Args:
            org: an organization; one new by name is added too.
            value: minor units of ``currency``, 0 or more.
            pipeline: None for the first one; ``stage`` None for its first stage.
            close: the expected close, ISO 8601.
            create_stage: whether a stage new by name is added to the pipeline.
            owner: the name or address of a user; None for who adds it, "" for nobody.
            roles: person of the deal -> what they are in it.
            fields: name of a declared field -> its value, as it is typed.

        Raises:
            InvalidInput: the title is empty, the value negative, the currency unknown, a field's value none of its
                type; or a role is of somebody who is not of the deal.
            NotFound, Ambiguous: a person, pipeline, stage or field.
        """
        async with self._db.transaction() as tx:
            pipeline_id = await tx.read(resolve.pipeline(pipeline))
            stage_id = await _stage(tx, stage, pipeline_id, create_stage)
            deal_id = await tx.insert(
                "deals",
                {
                    "title": valid_name(title, "title"),
                    "key": fold(title),
                    "pipeline_id": pipeline_id,
                    "stage_id": stage_id,
                    "value": money.checked(value),
                    "currency": money.currency(currency),
                    "organization_id": await organization_named(tx, org),
                    "owner": tx.actor if owner is None else line(owner, 200),
                    "expected_close": close,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                    "stage_entered_at": tx.now,
                },
            )
            await event(tx, deal_id, "created", "", await _stage_name(tx, stage_id))
            people = await attached.put(tx, deal_id, persons, tell=False)
            await attached.give_roles(tx, deal_id, roles or {}, tell=False)
            await tag_rows.put(tx, "deal", deal_id, tags)
            await field_rows.write(tx, "deal", deal_id, fields or {}, money.currency(currency))
            return tx.changed(deal_id, f"Added {line(title, 80)}", people, [deal_id])

    async def edit(
        self,
        ref: Ref,
        *,
        title: str | None = None,
        persons: Sequence[Ref] | None = None,
        org: Ref | None = None,
        value: int | None = None,
        currency: str | None = None,
        close: str | None = None,
        add_persons: Sequence[Ref] = (),
        remove_persons: Sequence[Ref] = (),
        primary: Ref | None = None,
        roles: Mapping[Ref, str] | None = None,
        owner: str | None = None,
        tags: Sequence[str] | None = None,
        add_tags: Sequence[str] = (),
        remove_tags: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
    ) -> Changed:
        """Change what is given and leave what is None; ``org=""``, ``close=""`` and ``owner=""`` take those away.

        Args:
            primary: a person who becomes the first of the deal, added where not there yet.

        Raises:
            NotFound, Ambiguous: the deal, a person or a field.
            InvalidInput: as ``add``.
        """
        async with self._db.transaction() as tx:
            deal_id = await tx.read(resolve.deal(ref))
            before = (await tx.read(fetch.deals_by_ids([deal_id])))[0]
            values: dict[str, object] = {"updated_at": tx.now}
            if title is not None:
                values |= {"title": valid_name(title, "title"), "key": fold(title)}
            if org is not None:
                values["organization_id"] = await organization_named(tx, org)
            if value is not None or currency is not None:
                new = (
                    money.checked(before.value if value is None else value),
                    money.currency(currency or before.currency),
                )
                values |= {"value": new[0], "currency": new[1]}
                if new != (before.value, before.currency):
                    await event(tx, deal_id, "value", money.show(before.value, before.currency), money.show(*new))
            if close is not None:
                values["expected_close"] = close or None
            if owner is not None and line(owner, 200) != before.owner:
                values["owner"] = line(owner, 200)
                await event(tx, deal_id, "owner", before.owner, line(owner, 200))
            await tx.update("deals", deal_id, values)
            people = [one.id for one in before.persons]
            if persons is not None or add_persons or remove_persons or primary is not None:
                removed = {await tx.read(resolve.person(one)) for one in remove_persons}
                first: Sequence[Ref] = [] if primary is None else [primary]
                base: Sequence[Ref] = people if persons is None else persons
                added = [await tx.read(resolve.person(one)) for one in (*first, *base, *add_persons)]
                people += await attached.put(tx, deal_id, [one for one in added if one not in removed])
            await attached.give_roles(tx, deal_id, roles or {})
            await tag_rows.change(tx, "deal", deal_id, tags, add_tags, remove_tags)
            await field_rows.write(tx, "deal", deal_id, fields or {}, currency or before.currency)
            return tx.changed(deal_id, f"Edited {before.title}", people, [deal_id])

    async def move(self, ref: Ref, stage: Ref, create_stage: bool = False) -> Changed:
        """Move an open deal to another stage of its pipeline, or, given a stage's id, of any pipeline.

        Raises:
            NotFound, Ambiguous: the deal or the stage.
            InvalidInput: the deal is closed.
        """
        async with self._db.transaction() as tx:
            deal = await _deal(tx, ref)
            if deal.status != "open":
                raise InvalidInput(f'"{deal.title}" is {deal.status}; reopen it before moving it.')
            pipeline_id, stage_id = deal.pipeline_id, 0
            if isinstance(stage, int):
                rows = await tx.execute("SELECT pipeline_id, id FROM stages WHERE id = ?", (stage,))
                if not rows:
                    raise NotFound("stage", stage)
                pipeline_id, stage_id = rows[0]
            else:
                stage_id = await _stage(tx, stage, pipeline_id, create_stage)
            if stage_id != deal.stage_id:
                values = {"pipeline_id": pipeline_id, "stage_id": stage_id, "stage_entered_at": tx.now}
                await tx.update("deals", deal.id, {**values, "updated_at": tx.now})
                await event(tx, deal.id, "stage", deal.stage, await _stage_name(tx, stage_id))
            title = f"Moved {deal.title} to {await _stage_name(tx, stage_id)}"
            return tx.changed(deal.id, title, [one.id for one in deal.persons], [deal.id])

    async def won(self, ref: Ref) -> Changed:
        """Close an open deal as won; its links stay, later mail links to it no more (R21).

        Raises:
            NotFound, Ambiguous: the deal.
            InvalidInput: it is closed already.
        """
        return await self._status(ref, "won")

    async def lost(self, ref: Ref, reason: str = "") -> Changed:
        """Close an open deal as lost, with the reason; else as ``won``."""
        return await self._status(ref, "lost", reason)

    async def reopen(self, ref: Ref) -> Changed:
        """Open a closed deal again; mail that came in between stays as it is (R19).

        Raises:
            NotFound, Ambiguous: the deal.
            InvalidInput: it is open.
        """
        return await self._status(ref, "open")

    async def delete(self, ref: Ref) -> Changed:
        """Delete a deal: it and its timeline are shown no more; undo brings it back.

        Raises:
            NotFound, Ambiguous: the deal.
        """
        async with self._db.transaction() as tx:
            deal = await _deal(tx, ref)
            await tx.update("deals", deal.id, {"deleted_at": tx.now})
            await event(tx, deal.id, "status", deal.status, "deleted")
            return tx.changed(deal.id, f"Deleted {deal.title}", [one.id for one in deal.persons], [deal.id])

    async def _status(self, ref: Ref, status: str, reason: str = "") -> Changed:
        async with self._db.transaction() as tx:
            deal = await _deal(tx, ref)
            if (deal.status == "open") == (status == "open"):
                raise InvalidInput(f'"{deal.title}" is {deal.status} already; nothing was changed.')
            closed = None if status == "open" else tx.now
            values = {"status": status, "closed_at": closed, "lost_reason": line(reason, 500), "updated_at": tx.now}
            await tx.update("deals", deal.id, values)
            await event(tx, deal.id, "status", deal.status, f"{status}: {line(reason, 500)}" if reason else status)
            verb = "Reopened" if status == "open" else f"Marked as {status}:"
            return tx.changed(deal.id, f"{verb} {deal.title}", [one.id for one in deal.persons], [deal.id])


async def _deal(tx: Transaction, ref: Ref) -> Deal:
    id = await tx.read(resolve.deal(ref))
    return (await tx.read(fetch.deals_by_ids([id])))[0]


async def _stage(tx: Transaction, ref: Ref | None, pipeline_id: int, create: bool) -> int:
    try:
        return await tx.read(resolve.stage(ref, pipeline_id))
    except NotFound:
        if not create or not isinstance(ref, str) or ref.strip().isdecimal():
            raise
    return await new_stage(tx, pipeline_id, ref)


async def _stage_name(tx: Transaction, stage_id: int) -> str:
    return str((await tx.execute("SELECT name FROM stages WHERE id = ?", (stage_id,)))[0][0])
