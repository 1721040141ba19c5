"""The pipeline: every open deal as a card in the column of its stage, or all of them as a list, worked by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from tui import cells, look
from tui.engine import events, oneline
from tui.engine.model import Card, Pipeline
from tui.engine.reads import Reader
from tui.screens.arranging import COLUMN_ORDERS, ORDERS, WORDS, Arranged, arrange, asks_for, fitting
from tui.screens.dealing import OneDeal, Target
from tui.screens.dialogs import Choice, Picker, Prompt, among
from tui.screens.filtering import Filtered
from tui.screens.templating import template_picker
from tui.widgets.board import Board
from tui.widgets.deallist import COLUMNS, DealList
from tui.widgets.pane import Heading
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine

if TYPE_CHECKING:
    from tui.engine.core import Engine

LIST_ORDERS = ("deal", *(column.name for column in COLUMNS if column.name in ORDERS))
"""The orders of the list, from left to right."""


class PipelineScreen(Filtered, OneDeal):
    """The open deals of one pipeline, as a board or as a list."""

    where = "pipeline"

    DEFAULT_CSS = """
    PipelineScreen #list { display: none; }
    """
    watched = (events.DealsChanged, events.PersonsChanged, events.MessagesChanged)

    def __init__(self) -> None:
        super().__init__()
        self.pipeline: Pipeline | None = None
        self.order = COLUMN_ORDERS[0]
        self.backwards = False
        self.listed = False
        self.arranged = Arranged((), {}, {}, "", "")
        self._cards: Sequence[Card] = ()
        self._pipelines: Sequence[Pipeline] = ()

    def compose(self) -> ComposeResult:
        """What there is, the board or the list, the line to filter by, the keys."""
        yield Heading(id="heading")
        yield Board(id="rows")
        yield DealList(id="list")
        yield self.filter_line(f"a name, a title, an owner · {WORDS}")
        yield StatusLine(id="status")

    @property
    def board(self) -> Board:
        """The board."""
        return self.query_one("#rows", Board)

    @property
    def deals(self) -> DealList:
        """The list."""
        return self.query_one("#list", DealList)

    @property
    def steps(self) -> Board | DealList:
        """What the cursor keys move."""
        return self.deals if self.listed else self.board

    async def read_rows(self) -> None:
        """Read the pipelines and the deals of the one shown."""
        wanted = self.pipeline.id if self.pipeline is not None else None
        me = await self._me()

        def read(reader: Reader) -> tuple[Sequence[Pipeline], Pipeline | None, Sequence[Card], Arranged]:
            there = [one for one in reader.crm.pipelines() if not one.archived]
            shown = next((one for one in there if one.id == wanted), next(iter(there), None))
            cards = reader.crm.cards(shown.id) if shown is not None else ()
            return there, shown, cards, self._arrange(reader, cards, shown, me)

        self._pipelines, self.pipeline, self._cards, self.arranged = await self.dealdesk.host.read(read)
        self.show_deals()

    async def _me(self) -> str:
        """Return who works here, when the filter asks for it."""

        async def user(engine: Engine) -> str:
            return engine.user

        return await self.dealdesk.ask(user) if asks_for("mine", self.filter) else ""

    def _arrange(self, reader: Reader, cards: Sequence[Card], pipeline: Pipeline | None, me: str) -> Arranged:
        """Find out what the filter leaves, in which order; beside the screen, for there may be thousands."""
        if pipeline is None:
            return Arranged((), {}, {}, "", "")
        now = look.now()
        stale = {one.deal.id for one in reader.crm.stale(int(now))} if asks_for("stale", self.filter) else ()
        return arrange(fitting(cards, self.filter, now, stale, me), pipeline, self.order, self.backwards)

    async def narrow(self) -> None:
        """Show what the filter leaves, in the present order."""
        cards, pipeline, me = self._cards, self.pipeline, await self._me()
        self.arranged = await self.dealdesk.host.read(lambda reader: self._arrange(reader, cards, pipeline, me))
        self.show_deals()

    def rearrange(self, deal_id: int | None = None) -> None:
        """Show the deals in another order, with the cursor where it is or on a deal; keys wait for it."""
        self.hold()

        async def arranged() -> None:
            try:
                await self.narrow()
                if deal_id is not None:
                    self.steps.go_to(deal_id)
                    self.call_after_refresh(self.steps.go_to, deal_id)  # which has its height only then
            finally:
                self.release()

        self.work(arranged())

    def show_deals(self) -> None:
        """Show what was arranged."""
        pipeline, found = self.pipeline, self.arranged
        heading = self.query_one("#heading", Heading)
        if pipeline is None:
            heading.show([("No pipeline", "")], [])
            return
        left: list[look.Piece] = [(pipeline.name, ""), (f" · {len(found.cards):,} open", "dim")]
        left += [(f" · {text}", "dim") for text in (found.total,) if text]
        left += [(f" · weighted {text}", "dim") for text in (found.weighted,) if text]
        right: list[look.Piece] = [(f"filter: {self.filter}  ", "accent")] if self.filter else []
        right.append((f"{'↑' if self.backwards else '↓'} {self.order}", "dim"))
        heading.show(left, right)
        if self.listed:
            self.deals.empty = "No open deal has that." if self.filter else "No open deal; n adds one."
            names = {stage.id: stage.name for stage in pipeline.stages}
            self.deals.show(found.cards, names, self.order, self.backwards)
        else:
            self.board.show(pipeline.stages, found.columns, found.sums)

    # Moving

    def do_board_view(self) -> None:
        """Show the deals as a list, or as a board again; the cursor stays on its deal."""
        card = self._card()
        self.listed = not self.listed
        if not self.listed and self.order not in COLUMN_ORDERS:
            self.order, self.backwards = COLUMN_ORDERS[0], False
        self.board.display, self.deals.display = not self.listed, self.listed
        self.set_focus(self.steps)
        self.rearrange(card.id if card is not None else None)

    def do_column_next(self) -> None:
        """To the next stage; in the list, order by the next column."""
        self._sideways(1)

    def do_column_previous(self) -> None:
        """To the previous stage; in the list, order by the previous column."""
        self._sideways(-1)

    def _sideways(self, step: int) -> None:
        if self.listed:
            self._order_by(LIST_ORDERS, step)
        else:
            self.board.move_sideways(step)

    def do_deal_show(self) -> None:
        """Show the deal under the cursor."""
        deal = self.target()
        if deal is not None:
            self._open(deal.id)

    @on(Board.Opened)
    def _opened(self, event: Board.Opened) -> None:
        event.stop()
        self._open(event.deal_id)

    @on(RowList.Opened, "#list")
    def _opened_row(self, event: RowList.Opened) -> None:
        event.stop()
        self._open(event.id)

    def _open(self, deal_id: int) -> None:
        from tui.screens.stories import DealScreen

        self.over(DealScreen(deal_id))

    # Changing

    def _card(self) -> Card | None:
        return self.deals.cursor_row if self.listed else self.board.cursor_card

    def target(self) -> Target | None:
        """Return the deal under the cursor."""
        card = self._card()
        if card is None or self.pipeline is None:
            self.tell("There is no deal here.")
            return None
        return Target(card.id, card.title, "open", card.stage_id, self.pipeline.stages)

    def moved(self, deal_id: int, stage_id: int) -> None:
        """Show the deal in its new stage at once."""
        now = int(look.now())
        self._cards = [
            one._replace(stage_id=stage_id, entered=now) if one.id == deal_id else one for one in self._cards
        ]
        self.rearrange()

    @on(Board.Dropped)
    def _dropped(self, event: Board.Dropped) -> None:
        event.stop()
        self.move_deal(event.deal_id, event.stage_id)

    def do_deal_add(self) -> None:
        """Add a deal to this pipeline."""
        self.over(
            Prompt(Content("Title of the new deal")),
            lambda text: self.work(self._add(str(text))) if text else None,
        )

    async def _add(self, title: str) -> None:
        pipeline = self.pipeline.id if self.pipeline is not None else None
        deal = await self.dealdesk.ask(lambda engine: oneline.new_deal(engine, title, pipeline=pipeline))
        await self.read_rows()
        self.steps.go_to(deal.id)

    def do_mail_merge(self) -> None:
        """Write to the people of all deals that are shown."""
        account = self.workspace.account_id()
        if account is None:
            self.tell("There is no account to send from.")
            return
        shown = [one.id for one in self.arranged.cards]

        def chosen(template: object) -> None:
            from tui.engine.templates import Template
            from tui.screens.merge import MergeScreen

            if isinstance(template, Template):
                self.over(MergeScreen(template, shown, account))

        self.over(template_picker(self.dealdesk.paths, f"To the people of {len(shown)} deals, by the template"), chosen)

    # Choosing what is shown

    def do_board_order(self) -> None:
        """Order the deals by something else."""
        self._order_by(LIST_ORDERS if self.listed else COLUMN_ORDERS, 1)

    def _order_by(self, names: Sequence[str], step: int) -> None:
        self.order = names[(names.index(self.order) + step) % len(names)]
        self.backwards = False
        self.rearrange()

    def do_board_reverse(self) -> None:
        """Begin at the other end of the order."""
        self.backwards = not self.backwards
        self.rearrange()

    def do_board_pipeline(self) -> None:
        """Show another pipeline."""
        choices = [Choice(one, Content(cells.fit(one.name, 30))) for one in self._pipelines]

        def chosen(pipeline: object) -> None:
            if isinstance(pipeline, Pipeline):
                self.pipeline = pipeline
                self.again.now()

        self.over(Picker(Content("Pipelines"), among(choices), numbered=True), chosen)
