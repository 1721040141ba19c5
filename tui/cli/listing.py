"""Pages of messages: what ``mail list``, ``search`` and ``triage`` print."""

from __future__ import annotations

import base64
import binascii
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from tui.cli import shapes
from tui.cli.output import Out, table
from tui.engine.crm.shapes import moment
from tui.engine.errors import InvalidInput
from tui.engine.model import LinkState, Row, View

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.store.reader import Reader

PAGE = 50


def paged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--limit`` and ``--before`` to a command."""
    function = click.option("--before", metavar="CURSOR", help='Go on after a page: its "next".')(function)
    return click.option(
        "--limit", type=click.IntRange(1, 100_000), default=PAGE, metavar="N", help=f"At most N; {PAGE} by default."
    )(function)


def give(engine: Engine, out: Out, view: View, limit: int, before: str | None) -> None:
    """Print a page of a view: {messages, next}."""
    reader = engine.reader
    ids = reader.ids(view)
    start = 0 if before is None else _after(reader, ids, before)
    rows = reader.rows(ids[start : start + limit])
    following = _cursor(rows[-1]) if rows and start + limit < len(ids) else None
    shown = lines(rows) or ["No messages."]
    if following is not None:
        shown.append(f"{len(ids) - start - limit:,} more: --before {following}")
    out.give({"messages": [shapes.message(row) for row in rows], "next": following}, shown)


def lines(rows: Sequence[Row]) -> list[str]:
    """Return messages as a table."""
    return table(
        ("id", "", "date", "from", "subject", "link"),
        [
            (
                row.id,
                _marks(row),
                (moment(row.date) or "")[:16].replace("T", " "),
                (row.sender.name or row.sender.email)[:30],
                row.subject[:70],
                link_words(row),
            )
            for row in rows
        ],
        right=(0,),
    )


def link_words(row: Row) -> str:
    """Return what a message is linked to, in words."""
    if row.link_state is LinkState.LINKED:
        names = [deal.title for deal in row.deals] or [person.name for person in row.persons]
        return ", ".join(names)
    return row.link_state.value.replace("_", " ") if row.link_state is not LinkState.NONE else "-"


def _marks(row: Row) -> str:
    marks = ("N" if not row.seen else ""), ("F" if row.flagged else ""), ("A" if row.answered else "")
    return "".join(marks) + ("+" if row.has_attachments else "") + ("^" if row.pending else "")


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(f"{row.date}:{row.id}".encode()).decode().rstrip("=")


def _after(reader: Reader, ids: array[int], cursor: str) -> int:
    """Return where the page after a cursor begins, also when the message that it names is gone."""
    try:
        date, number = map(int, base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(":"))
    except (ValueError, binascii.Error):
        raise InvalidInput(f'"{cursor[:60]}" is no cursor; give the "next" of the page before.') from None
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high) // 2
        row = reader.row(ids[middle])
        if (row.date, row.id) >= (date, number):
            low = middle + 1
        else:
            high = middle
    return low
