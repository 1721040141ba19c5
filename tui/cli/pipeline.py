"""``dealdesk pipeline``: the pipelines that deals go through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import records
from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out, table
from tui.engine.model import Pipeline

if TYPE_CHECKING:
    from tui.engine.core import Engine

pipeline = Noun("pipeline", help="List, add and edit pipelines.")


@pipeline.command("list")
@engine_command
async def list_pipelines(engine: Engine, out: Out) -> None:
    """List the pipelines with their stages."""
    found = engine.reader.crm.pipelines()
    out.give(
        [records.pipeline(one) for one in found], table(("id", "pipeline", "stages"), [_row(one) for one in found])
    )


@pipeline.command("add")
@click.option("--name", required=True, help="The pipeline's name.")
@click.option("--stage", "stages", multiple=True, metavar="S", help="A stage; give them in order.")
@engine_command
async def add_pipeline(engine: Engine, out: Out, name: str, stages: tuple[str, ...]) -> None:
    """Add a pipeline."""
    changed = await engine.record(await engine.pipelines.add(name, stages))
    added = await engine.pipelines.get(changed.id)
    out.give(records.pipeline(added), f"Added {added.name} (id {added.id}).")


@pipeline.command("edit")
@click.argument("pipeline_ref", metavar="P")
@click.option("--name", help="A new name.")
@click.option("--archive/--unarchive", "archived", default=None, help="Deals of an archived pipeline are not open.")
@click.option("--position", type=click.IntRange(0), help="Its place among the pipelines, 0 the first.")
@engine_command
async def edit_pipeline(
    engine: Engine, out: Out, pipeline_ref: str, name: str | None, archived: bool | None, position: int | None
) -> None:
    """Change what is given of a pipeline."""
    changed = await engine.pipelines.edit(pipeline_ref, name=name, archived=archived, position=position)
    await engine.record(changed)
    edited = await engine.pipelines.get(changed.id)
    out.give(records.pipeline(edited), table(("id", "pipeline", "stages"), [_row(edited)]))


def _row(one: Pipeline) -> list[str]:
    name = f"{one.name} (archived)" if one.archived else one.name
    return [str(one.id), name, " ▸ ".join(stage.name for stage in one.stages)]
