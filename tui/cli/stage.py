"""``dealdesk stage``: the stages of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import records
from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out, table
from tui.engine.model import Pipeline

if TYPE_CHECKING:
    from tui.engine.core import Engine

stage = Noun("stage", help="List, add and edit the stages of a pipeline.")
HEAD = ("id", "pipeline", "stage", "per cent")


@stage.command("list")
@click.option("--pipeline", "pipeline_ref", metavar="P", help="One pipeline; all by default.")
@engine_command
async def list_stages(engine: Engine, out: Out, pipeline_ref: str | None) -> None:
    """List the stages, in order."""
    found = [await engine.pipelines.get(pipeline_ref)] if pipeline_ref else engine.reader.crm.pipelines()
    out.give([one for pipeline in found for one in records.stages(pipeline)], table(HEAD, _rows(found)))


@stage.command("add")
@click.option("--name", required=True, help="The stage's name.")
@click.option("--pipeline", "pipeline_ref", metavar="P", help="Its pipeline; the first by default.")
@click.option("--position", type=click.IntRange(0), help="Its place, 0 the first; the end by default.")
@click.option("--probability", type=int, default=0, help="How likely a deal here is won, in per cent.")
@engine_command
async def add_stage(
    engine: Engine, out: Out, name: str, pipeline_ref: str | None, position: int | None, probability: int
) -> None:
    """Add a stage to a pipeline."""
    changed = await engine.record(await engine.pipelines.add_stage(pipeline_ref, name, position, probability))
    _give(engine, out, changed.id)


@stage.command("edit")
@click.argument("stage_ref", metavar="S")
@click.option("--pipeline", "pipeline_ref", metavar="P", help="Its pipeline; the first by default.")
@click.option("--name", help="A new name.")
@click.option("--position", type=click.IntRange(0), help="Its place, 0 the first.")
@click.option("--probability", type=int, help="How likely a deal here is won, in per cent.")
@click.option("--archive/--unarchive", "archived", default=None, help="An archived stage is offered no more.")
@engine_command
async def edit_stage(
    engine: Engine,
    out: Out,
    stage_ref: str,
    pipeline_ref: str | None,
    name: str | None,
    position: int | None,
    probability: int | None,
    archived: bool | None,
) -> None:
    """Change what is given of a stage."""
    changed = await engine.pipelines.edit_stage(
        pipeline_ref, stage_ref, name=name, position=position, probability=probability, archived=archived
    )
    await engine.record(changed)
    _give(engine, out, changed.id)


def _give(engine: Engine, out: Out, stage_id: int) -> None:
    """Print one stage; an archived one is in no list any more and gives its id alone."""
    found = engine.reader.crm.pipelines()
    data = next(
        (one for pipeline in found for one in records.stages(pipeline) if one["id"] == stage_id), {"id": stage_id}
    )
    out.give(data, table(HEAD, [row for row in _rows(found) if row[0] == stage_id]) or f"Archived stage {stage_id}.")


def _rows(pipelines: list[Pipeline]) -> list[tuple[object, ...]]:
    return [(one.id, pipeline.name, one.name, one.probability) for pipeline in pipelines for one in pipeline.stages]
