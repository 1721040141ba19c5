"""Pipelines and their stages, written."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm import fetch, resolve
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.names import valid_name
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.model import Pipeline


class Pipelines:
    """Adds, edits and archives pipelines and stages."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def list(self) -> Sequence[Pipeline]:
        """Return every pipeline with its stages."""
        return await self._db.read(fetch.pipelines())

    async def get(self, ref: Ref) -> Pipeline:
        """Return a pipeline by id or name.

        Raises:
            NotFound: there is none.
        """
        id = await self._db.read(resolve.pipeline(ref))
        return next(one for one in await self.list() if one.id == id)

    async def add(self, name: str, stages: Sequence[str] = ()) -> Changed:
        """Add a pipeline with its stages, in order.

        Raises:
            InvalidInput: a name is empty or taken.
        """
        async with self._db.transaction() as tx:
            await _free_name(tx, name, 0)
            rows = await tx.execute("SELECT coalesce(max(position), -1) + 1 FROM pipelines")
            row = {"name": valid_name(name, "name"), "key": fold(name), "position": rows[0][0]}
            pipeline_id = await tx.insert("pipelines", row)
            for stage in stages:
                await new_stage(tx, pipeline_id, stage)
            return tx.changed(pipeline_id, f"Added the pipeline {row['name']}")

    async def edit(
        self, ref: Ref, *, name: str | None = None, archived: bool | None = None, position: int | None = None
    ) -> Changed:
        """Change what is given; deals of an archived pipeline do not count as open (RULES.md, Words).

        Raises:
            NotFound: the pipeline.
            InvalidInput: the new name is empty or taken.
        """
        async with self._db.transaction() as tx:
            id = await tx.read(resolve.pipeline(ref))
            values: dict[str, object] = {}
            if name is not None:
                await _free_name(tx, name, id)
                values |= {"name": valid_name(name, "name"), "key": fold(name)}
            if archived is not None:
                values["archived"] = int(archived)
            if position is not None:
                values["position"] = position
            if values:
                await tx.update("pipelines", id, values)
            deals = await tx.execute("SELECT id FROM deals WHERE pipeline_id = ? AND deleted_at IS NULL", (id,))
            return tx.changed(id, "Edited a pipeline", deals=[row[0] for row in deals])

    async def add_stage(
        self, pipeline: Ref | None, name: str, position: int | None = None, probability: int = 0
    ) -> Changed:
        """Add a stage, at the end or at a position (0 the first); ``probability`` in per cent.

        Raises:
            NotFound: the pipeline.
            InvalidInput: the name is empty or taken, the probability not 0 to 100.
        """
        async with self._db.transaction() as tx:
            pipeline_id = await tx.read(resolve.pipeline(pipeline))
            id = await new_stage(tx, pipeline_id, name, probability)
            if position is not None:
                await _place(tx, pipeline_id, id, position)
            return tx.changed(id, f"Added the stage {name}")

    async def edit_stage(
        self,
        pipeline: Ref | None,
        stage: Ref,
        *,
        name: str | None = None,
        position: int | None = None,
        probability: int | None = None,
        archived: bool | None = None,
    ) -> Changed:
        """Change what is given of a stage.

        Raises:
            NotFound: the pipeline or the stage.
            InvalidInput: as ``add_stage``; or open deals stand in a stage to archive.
        """
        async with self._db.transaction() as tx:
            pipeline_id = await tx.read(resolve.pipeline(pipeline))
            id = await tx.read(resolve.stage(stage, pipeline_id))
            values: dict[str, object] = {}
            if name is not None:
                await _free_stage(tx, pipeline_id, name, id)
                values |= {"name": valid_name(name, "name"), "key": fold(name)}
            if probability is not None:
                values["probability"] = _percent(probability)
            if archived is not None:
                await _unused(tx, id, archived)
                values["archived"] = int(archived)
            if values:
                await tx.update("stages", id, values)
            if position is not None:
                await _place(tx, pipeline_id, id, position)
            deals = await tx.execute("SELECT id FROM deals WHERE stage_id = ? AND deleted_at IS NULL", (id,))
            return tx.changed(id, "Edited a stage", deals=[row[0] for row in deals])


async def new_stage(tx: Transaction, pipeline_id: int, name: str, probability: int = 0) -> int:
    """Add a stage at the end of a pipeline and return its id.

    Raises:
        InvalidInput: the name is empty or taken, the probability not 0 to 100.
    """
    await _free_stage(tx, pipeline_id, name, 0)
    sql = "SELECT coalesce(max(position), -1) + 1 FROM stages WHERE pipeline_id = ?"
    row: dict[str, object] = {
        "pipeline_id": pipeline_id,
        "name": valid_name(name, "name"),
        "key": fold(name),
        "position": (await tx.execute(sql, (pipeline_id,)))[0][0],
        "probability": _percent(probability),
    }
    return await tx.insert("stages", row)


def _percent(probability: int) -> int:
    if not 0 <= probability <= 100:
        raise InvalidInput(f"The probability {probability} is not a per cent from 0 to 100; correct it.")
    return probability


async def _place(tx: Transaction, pipeline_id: int, stage_id: int, position: int) -> None:
    """Put the stage at a position and number the others around it."""
    sql = "SELECT id, position FROM stages WHERE pipeline_id = ? ORDER BY position, id"
    present: dict[int, int] = {id: at for id, at in await tx.execute(sql, (pipeline_id,))}
    order = [id for id in present if id != stage_id]
    order.insert(max(0, position), stage_id)
    for at, id in enumerate(order):
        if present[id] != at:
            await tx.update("stages", id, {"position": at})


async def _unused(tx: Transaction, stage_id: int, archived: bool) -> None:
    sql = "SELECT count(*) FROM deals WHERE stage_id = ? AND status = 'open' AND deleted_at IS NULL"
    open_here = (await tx.execute(sql, (stage_id,)))[0][0]
    if archived and open_here:
        raise InvalidInput(f"The stage can't be archived: {open_here} open deals stand in it; move them first.")


async def _free_name(tx: Transaction, name: str, own: int) -> None:
    for id, taken in await tx.execute("SELECT id, name FROM pipelines WHERE key = ? AND id <> ?", (fold(name), own)):
        raise InvalidInput(f'There is already a pipeline "{taken}" (id {id}); edit that one.')


async def _free_stage(tx: Transaction, pipeline_id: int, name: str, own: int) -> None:
    sql = "SELECT id, name FROM stages WHERE pipeline_id = ? AND key = ? AND id <> ?"
    for id, taken in await tx.execute(sql, (pipeline_id, fold(name), own)):
        raise InvalidInput(f'The pipeline already has a stage "{taken}" (id {id}); edit that one.')
