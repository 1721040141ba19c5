"""``dealdesk queue``: the journal of what is still to reach a server, or was refused there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import ID, Noun, engine_command
from tui.cli.output import Out, table
from tui.engine.model import Operation, OperationState

if TYPE_CHECKING:
    from tui.engine.core import Engine

queue = Noun("queue", help="List, retry and cancel operations.")

_operation = click.argument("operation_id", metavar="ID", type=ID)


@queue.command("list")
@click.option("--state", type=click.Choice([one.value for one in OperationState]), help="Only those in this state.")
@engine_command
async def list_operations(engine: Engine, out: Out, state: str | None) -> None:
    """List the operations, newest first."""
    found = engine.reader.operations(None if state is None else OperationState(state))
    out.give([shapes.operation(one) for one in found], _lines(found) or "There is no such operation.")


@queue.command("retry")
@_operation
@engine_command
async def retry(engine: Engine, out: Out, operation_id: int) -> None:
    """Try a refused or failed operation again."""
    await _change(engine, out, operation_id, engine.retry)


@queue.command("cancel")
@_operation
@engine_command
async def cancel(engine: Engine, out: Out, operation_id: int) -> None:
    """Cancel an operation that has not begun; its message goes back to where it was."""
    await _change(engine, out, operation_id, engine.cancel)


@queue.command("keep-local")
@_operation
@engine_command
async def keep_local(engine: Engine, out: Out, operation_id: int) -> None:
    """Do a refused operation here alone (R35)."""
    await _change(engine, out, operation_id, engine.keep_local)


async def _change(engine: Engine, out: Out, operation_id: int, change: Callable[[int], Awaitable[None]]) -> None:
    await change(operation_id)
    found = [one for one in engine.reader.operations() if one.id == operation_id]
    out.give(shapes.operation(found[0]), _lines(found))


def _lines(found: list[Operation]) -> list[str]:
    return table(
        ("id", "state", "kind", "message", "action", "error"),
        [(one.id, one.state.value, one.kind, one.message or "", one.title, one.error) for one in found],
        right=(0,),
    )
