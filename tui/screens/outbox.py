"""The outbox and everything that is still on its way to a server, or that a server refused, in its own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.strip import Strip

from tui import cells, look
from tui.engine import events
from tui.engine.model import Operation, OperationState
from tui.engine.text import age
from tui.screens.rows import RowsScreen
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine

OPEN = (OperationState.QUEUED, OperationState.RUNNING, OperationState.REFUSED, OperationState.FAILED)
"""States that a person may want to know of."""

_MARKS = {
    OperationState.QUEUED: ("↑", "warn"),
    OperationState.RUNNING: ("↻", "warn"),
    OperationState.REFUSED: ("!", "bad"),
    OperationState.FAILED: ("?", "bad"),
}


_COUNT = re.compile(r"\b[\d,]+ messages?\b")


class OperationList(RowList[Operation]):
    """Operations, the oldest first, as they are replayed."""

    def line_count(self) -> int:
        """Return the number of operations, or one line that says that there are none."""
        return len(self.ids) or 1

    def draw_title(self, width: int) -> look.Line:
        """``Outbox · 3 on their way · 1 refused``."""
        rows = [row for row in map(self.row, self.ids[:1000]) if row is not None]
        refused = sum(1 for row in rows if row.state in (OperationState.REFUSED, OperationState.FAILED))
        left: list[look.Piece] = [(" ", ""), ("Outbox", "title")]
        left.append((f" · {look.count(len(self.ids) - refused)} on their way", "dim"))
        if refused:
            left.append((f" · {look.count(refused)} need you", "bad"))
        return look.spread(left, [], width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw an operation, or the words of an empty list."""
        if not self.ids:
            return self.strip((("  Nothing waits: everything is on the servers.", "dim"),), width)
        return super().draw_line(index, width)

    def draw_row(self, row: Operation, width: int) -> look.Line:
        """Draw mark, kind, what, state with its age, and the reason."""
        mark = _MARKS.get(row.state, (" ", ""))
        since = age(look.now() - row.created)
        state = f"{row.state.value} {since}"
        if row.state is OperationState.QUEUED and row.next_try:
            when = row.next_try - look.now()
            state = f"next try in {age(when)}" if row.attempts or row.kind != "send" else f"leaves {_leaves(row)}"
        what = max(16, min(48, width // 2 - 16))
        line: list[look.Piece] = [mark, (" " + cells.fit(row.kind, 8), "dim"), (cells.fit(row.title, what) + "  ", "")]
        line.append((cells.fit(state, 22), "dim"))
        tries = f"{row.attempts} tries  " if row.attempts > 1 else ""
        line.append(
            (tries + row.error, "bad" if row.state in (OperationState.REFUSED, OperationState.FAILED) else "warn")
        )
        return look.shorten(line, width)


def _leaves(row: Operation) -> str:
    """Return when a message that waits for its time is sent."""
    at, now = row.next_try or 0, look.now()
    return f"in {age(at - now)}" if at - now < 600 else look.full_date(at, now)


def _named(title: str, subject: str) -> str:
    """Return an action's title as it is for one message: ``Moved "Offer" to Trash`` for ``Moved 3 messages …``."""
    return _COUNT.sub(lambda _: f'"{subject}"', title, count=1) if subject else title


class OutboxScreen(RowsScreen):
    """Look through what waits; retry, cancel, or keep it local."""

    where = "outbox"
    watched = (events.OperationsChanged, events.OperationRefused)

    def __init__(self) -> None:
        super().__init__()
        self._operations: dict[int, Operation] = {}

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        yield OperationList(self._fetch, id="rows")
        yield StatusLine(id="status")

    def _fetch(self, ids: Sequence[int]) -> Sequence[Operation]:
        return [self._operations[one] for one in ids if one in self._operations]

    async def read_rows(self) -> None:
        """Read the operations that are not done."""
        found = await self.dealdesk.host.read(lambda reader: reader.operations())
        shown = sorted((one for one in found if one.state in OPEN), key=lambda one: one.id)
        subjects = await self._subjects([one.message for one in shown if one.message is not None])
        self._operations = {
            one.id: one._replace(title=_named(one.title, subjects.get(one.message or 0, ""))) for one in shown
        }
        self.rows.invalidate()
        self.rows.set_ids([one.id for one in shown])
        self.rows.refresh_title()

    async def _subjects(self, messages: list[int]) -> dict[int, str]:
        rows = await self.dealdesk.host.read(lambda reader: reader.rows(messages))
        return {row.id: row.subject for row in rows}

    def _operation(self) -> int | None:
        if self.rows.cursor_id is None:
            self.tell("There is no operation here.")
        return self.rows.cursor_id

    def do_operation_retry(self) -> None:
        """Try it again now."""
        number = self._operation()
        if number is not None:
            self.work(self.dealdesk.ask(lambda engine: engine.retry(number)))

    def do_operation_cancel(self) -> None:
        """Cancel it; what it did here is taken back."""
        number = self._operation()
        if number is not None:
            self.work(self.dealdesk.ask(lambda engine: engine.cancel(number)))

    def do_operation_keep(self) -> None:
        """Keep it done here only."""
        number = self._operation()
        if number is not None:
            self.work(self.dealdesk.ask(lambda engine: engine.keep_local(number)))

    def do_sync_now(self) -> None:
        """Ask the servers now."""
        self.work(self.dealdesk.ask(lambda engine: engine.sync_now()))
