"""The deals of a pipeline as a list: a line each, in columns, of which the one that orders them is marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from textual.strip import Strip

from tui import cells, look
from tui.engine.model import Card
from tui.widgets.board import DAY, next_step
from tui.widgets.rowlist import RowList

TITLE = 24
"""Cells that the title has at least; columns that leave it less are not shown."""

LONGEST = 60
"""Cells that it has at most."""


class Column(NamedTuple):
    """A column of the list.

    Args:
        name: its heading, and the order that it stands for.
        width: its cells.
        right: whether it is set flush right.
        rank: the greater, the earlier it goes where there is no room.
        draw: what it shows of a deal.
    """

    name: str
    width: int
    right: bool
    rank: int
    draw: Callable[[Card, DealList, float], look.Piece]


class DealList(RowList[Card]):
    """The deals of a pipeline, one a line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(self._known, id=id)
        self.order = ""
        self.backwards = False
        self.stage_names: Mapping[int, str] = {}
        self.empty = ""
        self._cards: dict[int, Card] = {}

    def _known(self, ids: Sequence[int]) -> Sequence[Card]:
        return [self._cards[one] for one in ids if one in self._cards]

    def show(self, cards: Sequence[Card], stage_names: Mapping[int, str], order: str, backwards: bool) -> None:
        """Show these deals; the cursor stays on its deal.

        Args:
            cards: in their order.
            stage_names: stage id -> name.
            order: the column that they are ordered by; ``backwards`` from its other end.
        """
        self.stage_names, self.order, self.backwards = stage_names, order, backwards
        self._cards = {card.id: card for card in cards}
        self.invalidate()
        self.set_ids(list(self._cards))
        self.refresh_title()

    def columns(self, width: int) -> list[Column]:
        """Return the columns that fit; the one that orders the list is always among them."""
        shown = list(COLUMNS)
        for one in sorted(COLUMNS, key=lambda column: -column.rank):
            if width - sum(column.width + 1 for column in shown) >= TITLE:
                break
            if one.name != self.order:
                shown.remove(one)
        return shown

    def _title_width(self, width: int, columns: Sequence[Column]) -> int:
        return max(8, min(LONGEST, width - sum(column.width + 1 for column in columns)))

    def draw_title(self, width: int) -> look.Line:
        """Draw the headings."""
        columns = self.columns(width - 1)
        line: list[look.Piece] = [(" ", ""), self._head("deal", self._title_width(width - 1, columns), False)]
        line += [piece for one in columns for piece in ((" ", ""), self._head(one.name, one.width, one.right))]
        return tuple(line)

    def _head(self, name: str, width: int, right: bool) -> look.Piece:
        here = name == self.order
        text = f"{name} {'↑' if self.backwards else '↓'}" if here else name
        return (_set(text, width, right), "accent" if here else "dim")

    def line_count(self) -> int:
        """Return the number of deals, or one line that says that there are none."""
        return len(self.ids) or 1

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw a deal, or that there is none."""
        if not self.ids:
            return self.strip(((f"  {self.empty}", "dim"),), width)
        return super().draw_line(index, width)

    def draw_row(self, row: Card, width: int) -> look.Line:
        """Draw title, person, stage, value and what the other columns say."""
        columns, now = self.columns(width), look.now()
        line: list[look.Piece] = [(cells.fit(row.title, self._title_width(width, columns)), "")]
        for one in columns:
            text, ink = one.draw(row, self, now)
            line += [(" ", ""), (_set(text, one.width, one.right), ink)]
        return tuple(line)


def _set(text: str, width: int, right: bool) -> str:
    cut = cells.cut(text, width)
    return " " * (width - cells.width(cut)) + cut if right else cells.fit(cut, width)


def _mail(card: Card, now: float) -> look.Piece:
    if card.mail_at is None:
        return ("", "")
    return (f"{'←' if card.mail_direction == 'in' else '→'} {look.date(card.mail_at, now, short=True)}", "dim")


COLUMNS = (
    Column("person", 18, False, 3, lambda card, _, now: (card.who or card.organization or "nobody yet", "dim")),
    Column("stage", 12, False, 0, lambda card, deals, now: (deals.stage_names.get(card.stage_id, ""), "")),
    Column("value", 10, True, 0, lambda card, _, now: (_value(card), "strong")),
    Column("age", 6, True, 0, lambda card, _, now: (f"{max(0, int(now) - card.entered) // DAY} d", "dim")),
    Column("closes", 11, True, 2, lambda card, _, now: (look.iso_day(card.close, now) if card.close else "", "dim")),
    Column("last mail", 11, False, 1, lambda card, _, now: _mail(card, now)),
    Column("next step", 11, False, 0, lambda card, _, now: next_step(card, now)),
    Column("owner", 14, False, 4, lambda card, _, now: (card.owner, "dim")),
)
"""The columns from left to right, beside the title."""


def _value(card: Card) -> str:
    return look.money(card.value, card.currency) if card.value else ""
