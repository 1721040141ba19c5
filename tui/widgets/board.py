"""The pipeline board: a column for each stage, a card for each open deal, drawn O(viewport) for any number of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui import look
from tui.engine.model import Card, Stage
from tui.engine.text import line as line_of
from tui.widgets.pane import Pane

CARD_LINES = 3
"""Lines of a card: title and value; person, age, next step and last mail; a blank one. Where a card has more to say and
the board is high enough, tags, fields of one's own and the owner have a line before the blank one."""

ROOMY = 30
"""Lines of a board from which on cards have that line."""

MIN_COLUMN = 26
"""The narrowest column in cells; where they don't all fit, the board moves sideways with the cursor."""

DAY = 86400


class Board(Pane):
    """The cards of one pipeline. The cursor is a deal, so that a card which moves takes it along.

    Enter posts ``Opened``; a card dragged by the mouse into another column posts ``Dropped``.
    """

    class Opened(Message):
        """The user opened the deal ``deal_id``."""

        def __init__(self, deal_id: int) -> None:
            super().__init__()
            self.deal_id = deal_id

    class Dropped(Message):
        """The user dragged the deal ``deal_id`` into the column of ``stage_id``."""

        def __init__(self, deal_id: int, stage_id: int) -> None:
            super().__init__()
            self.deal_id = deal_id
            self.stage_id = stage_id

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.stages: Sequence[Stage] = ()
        self.columns: list[Sequence[Card]] = []
        self.column = 0
        self._sums: Mapping[int, str] = {}
        self._says_more = self._owners = False
        self._rows: list[int] = []
        self._tops: list[int] = []
        self._first = 0
        self._dragged: int | None = None
        self._target: int | None = None

    # Content

    def show(self, stages: Sequence[Stage], cards: Mapping[int, Sequence[Card]], sums: Mapping[int, str]) -> None:
        """Show these columns; the cursor stays on its deal, else on its place.

        Args:
            stages: the columns from left to right.
            cards: stage id -> its cards from top to bottom.
            sums: stage id -> what its deals are worth together, as it is written.
        """
        card = self.cursor_card
        self.stages, self._sums = stages, sums
        self.columns = [cards.get(stage.id, ()) for stage in stages]
        shown = [card for column in self.columns for card in column]
        # Whose a deal is says nothing where all are one person's.
        self._owners = len({card.owner for card in shown}) > 1
        self._says_more = self._owners or any([card.tags or card.fields for card in shown])
        self._rows = [*self._rows, *[0] * len(stages)][: len(stages)]
        self._tops = [*self._tops, *[0] * len(stages)][: len(stages)]
        self.column = min(self.column, max(0, len(stages) - 1))
        if card is None or not self.go_to(card.id):
            if card is not None and not self.columns[self.column]:
                self._to_nearest()
            self._settle()

    def _to_nearest(self) -> None:
        """Put the cursor into the nearest column that has a card: its own has none any more."""
        filled = [at for at, cards in enumerate(self.columns) if cards]
        self.column = min(filled, key=lambda at: abs(at - self.column), default=self.column)

    def go_to(self, deal_id: int) -> bool:
        """Put the cursor on a deal; False where the board doesn't have it."""
        for column, cards in enumerate(self.columns):
            for row, card in enumerate(cards):
                if card.id == deal_id:
                    self.column, self._rows[column] = column, row
                    self._settle()
                    return True
        return False

    @property
    def cursor_card(self) -> Card | None:
        """The card under the cursor, None in an empty column."""
        if not self.columns:
            return None
        cards = self.columns[self.column]
        return cards[self._rows[self.column]] if self._rows[self.column] < len(cards) else None

    # Moving

    def move(self, steps: int) -> None:
        """Move the cursor within its column."""
        if self.columns:
            self._rows[self.column] += steps
            self._settle()

    def move_sideways(self, steps: int) -> None:
        """Move the cursor to another column, at the same height of the screen."""
        if not self.columns:
            return
        height = self._rows[self.column] - self._tops[self.column]
        self.column = min(max(0, self.column + steps), len(self.columns) - 1)
        self._rows[self.column] = self._tops[self.column] + height
        self._settle()

    def half_page(self, halves: int) -> None:
        """Move by half pages."""
        self.move(halves * max(1, self._cards_high // 2))

    def page(self, pages: int) -> None:
        """Move by pages."""
        self.move(pages * self._cards_high)

    def first(self) -> None:
        """Go to the first card of the column."""
        self.move(-len(self.columns[self.column]) if self.columns else 0)

    def last(self) -> None:
        """Go to the last card of the column."""
        self.move(len(self.columns[self.column]) if self.columns else 0)

    def _settle(self) -> None:
        """Bring cursor, tops and the first column into what there is, and repaint what changed."""
        high = self._cards_high
        for column, cards in enumerate(self.columns):
            row = self._rows[column] = min(max(0, self._rows[column]), max(0, len(cards) - 1))
            top = min(self._tops[column], max(0, len(cards) - high))
            self._tops[column] = min(max(top, row - high + 1), row)
        seen = self._columns_wide
        self._first = min(max(self._first, self.column - seen + 1), self.column, max(0, len(self.columns) - seen))
        self.refresh_changed()

    # Drawing

    @property
    def _card_lines(self) -> int:
        return CARD_LINES + (self._says_more and self.body_height >= ROOMY)

    @property
    def _cards_high(self) -> int:
        return max(1, self.body_height // self._card_lines)

    @property
    def _columns_wide(self) -> int:
        return max(1, min(len(self.columns), (self.size.width + 1) // (MIN_COLUMN + 1)))

    @property
    def _left(self) -> int:
        """The first column in view, also before a new width was laid out."""
        return max(0, min(self._first, len(self.columns) - self._columns_wide))

    def line_count(self) -> int:
        """Return the lines in view: columns scroll for themselves."""
        return self.body_height

    def resized(self) -> None:
        """Keep the cursor in view."""
        self._settle()

    def _places(self, width: int) -> list[tuple[int, int]]:
        """Return the columns in view, each with its width in cells."""
        seen = self._columns_wide
        share, more = divmod(width - (seen - 1), seen)
        return [(self._left + place, share + (1 if place < more else 0)) for place in range(seen)]

    def draw_title(self, width: int) -> look.Line:
        """Draw the stages, each with its count and sum."""
        line: list[look.Piece] = []
        for column, share in self._places(width) if self.columns else ():
            line += [("│", "faint")] * bool(line) + list(self._header(column, share))
        return tuple(line)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw one line across the columns in view."""
        if not self.columns:
            return self.strip(((" This pipeline has no stages.", "dim"),) if index == 0 else (), width)
        parts: list[Strip] = []
        for column, share in self._places(width):
            if parts:
                parts.append(self.strip((("│", "faint"),), 1))
            parts.append(self._cell(column, index, share))
        return Strip.join(parts)

    def _cell(self, column: int, index: int, width: int) -> Strip:
        slot, line = divmod(index, self._card_lines)
        cards, row = self.columns[column], self._tops[column] + slot
        if slot >= self._cards_high or row >= len(cards):
            empty = not cards and index == 0
            here = empty and column == self.column
            return self.strip((("▌" if here else " ", "accent"), ("no deals" if empty else "", "faint")), width)
        card = cards[row]
        if line == self._card_lines - 1:
            return self.strip((), width)
        here = column == self.column and row == self._rows[column]
        kind = ("cursor" if self.has_focus else "cursor-blurred") if here else ""
        bar: look.Piece = ("▌" if here else " ", "accent")
        return self.strip((bar, *card_line(card, line, width - 1, look.now(), self._owners)), width, kind)

    def _header(self, column: int, width: int) -> look.Line:
        """Draw a stage; the one that a dragged card would go to is in the accent colour."""
        stage, count = self.stages[column], len(self.columns[column])
        hidden = [("‹ ", "dim")] if column == self._left and column else []
        last = self._left + self._columns_wide - 1
        beyond = [(" ›", "dim")] if column == last and last < len(self.columns) - 1 else []
        name = (stage.name, "title" if column == self._target else "strong")
        left: list[look.Piece] = [(" ", ""), *hidden, name, (f"  {count:,}", "dim")]
        right: list[look.Piece] = [(self._sums.get(stage.id, ""), "dim"), *beyond, (" ", "")]
        room = width - look.line_width(left) - look.line_width(right)
        return look.spread(left, right if room > 0 else [*beyond, (" ", "")], width)

    # The mouse

    def _at(self, x: int, y: int) -> tuple[int, int] | None:
        """Return the column and the card's row at a place of the widget, None beside the columns."""
        if not self.columns or y < 1:
            return None
        seen = self._columns_wide
        column = min(self._left + x * seen // max(1, self.size.width), self._left + seen - 1)
        return column, self._tops[column] + (y - 1) // self._card_lines

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor on a card and begin to drag it."""
        place = self._at(event.x, event.y)
        if place is None or place[1] >= len(self.columns[place[0]]):
            return
        self.column, self._rows[place[0]] = place
        card = self.cursor_card
        self._dragged = card.id if card is not None else None
        self.capture_mouse()
        self._settle()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the column into which the card would go."""
        if self._dragged is not None:
            place = self._at(event.x, event.y)
            self._target = place[0] if place is not None and place[0] != self.column else None
            self.refresh_changed()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Drop the card; in its own column that was a click."""
        self.release_mouse()
        dragged, self._dragged, self._target = self._dragged, None, None
        place = self._at(event.x, event.y)
        if dragged is not None and place is not None and place[0] != self.column:
            self.post_message(self.Dropped(dragged, self.stages[place[0]].id))
        self.refresh_changed()

    def on_click(self, event: events.Click) -> None:
        """Open a card by a second click."""
        card = self.cursor_card
        if event.chain >= 2 and card is not None:
            self.post_message(self.Opened(card.id))


def card_line(card: Card, line: int, width: int, now: float, owners: bool = False) -> look.Line:
    """Return line 0, 1 or 2 of a card: title and value; who, age, next step, last mail; tags, fields, owner.

    Args:
        owners: whether to say whose it is.
    """
    if line == 0:
        value = look.money(card.value, card.currency) if card.value else ""
        return look.spread([(card.title, "")], [(value, "strong"), (" ", "")], width)
    if line == 1:
        right: list[look.Piece] = [(f"{max(0, int(now) - card.entered) // DAY} d ", "dim")]
        right += [next_step(card, now), (" ", "")]
        if card.mail_at is not None and width >= 34:
            arrow = "←" if card.mail_direction == "in" else "→"
            right.insert(0, (f"{arrow} {look.date(card.mail_at, now, short=True)}  ", "dim"))
        return look.spread([(" " + (card.who or card.organization or "nobody yet"), "dim")], right, width)
    said = [f"#{tag}" for tag in card.tags] + [line_of(value, 60) for _, value in card.fields if value]
    owner = card.owner.partition("@")[0] if owners else ""
    return look.spread([(" " + " · ".join(said), "dim")], [(f"{owner} ", "dim")] if owner else [], width)


def next_step(card: Card, now: float) -> look.Piece:
    """Return the mark of a card's next activity: ``● Fri`` planned, ``! late``, ``○ none``."""
    if card.due is None:
        return ("○ none", "faint")
    if is_late(card, now):
        return ("! late", "bad")
    when = look.coming(card.due, now)
    return ("● today" if card.due <= now or when.startswith("today") else f"● {when}", "good")


def is_late(card: Card, now: float) -> bool:
    """Return whether a card's next activity is overdue."""
    return card.late_from is not None and card.late_from <= now
