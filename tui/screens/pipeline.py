"""The pipeline: every open deal as a card in the column of its stage, to be moved, won, lost and planned by key."""

from __future__ import annotations

from datetime import date

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from tui import cells, look
from tui.engine import events, oneline
from tui.engine.model import Card, Pipeline
from tui.screens.arranging import ORDERS, WORDS, by_stage, fitting
from tui.screens.dealing import OneDeal, Target
from tui.screens.dialogs import Choice, Picker, Prompt, among
from tui.screens.templating import template_picker
from tui.widgets.board import Board, totals
from tui.widgets.statusline import StatusLine


class PipelineScreen(OneDeal):
    """The board of one pipeline."""

    where = "pipeline"
    watched = (events.DealsChanged, events.PersonsChanged, events.MessagesChanged)

    def __init__(self) -> None:
        super().__init__()
        self.pipeline: Pipeline | None = None
        self.filter = ""
        self.order = next(iter(ORDERS))
        self._cards: list[Card] = []
        self._pipelines: list[Pipeline] = []

    def compose(self) -> ComposeResult:
        """The board and its keys."""
        yield Board(id="rows")
        yield StatusLine(id="status")

    @property
    def board(self) -> Board:
        """The board."""
        return self.query_one("#rows", Board)

    @property
    def steps(self) -> Board:
        """What the cursor keys move."""
        return self.board

    async def read_rows(self) -> None:
        """Read the pipelines and the cards of the one shown."""
        wanted = self.pipeline.id if self.pipeline is not None else None
        self._pipelines = [
            one for one in await self.dealdesk.host.read(lambda r: r.crm.pipelines()) if not one.archived
        ]
        self.pipeline = next((one for one in self._pipelines if one.id == wanted), next(iter(self._pipelines), None))
        shown = self.pipeline
        if shown is not None:
            self._cards = await self.dealdesk.host.read(lambda reader: reader.crm.cards(shown.id))
        self.show_cards()

    def show_cards(self) -> None:
        """Show what the filter leaves, in the chosen order."""
        pipeline, now = self.pipeline, look.now()
        if pipeline is None:
            self.board.heading = ([("No pipeline", "")], [])
            self.board.show((), {})
            return
        cards = fitting(self._cards, self.filter, now, _midnight)
        weights = {stage.id: stage.probability for stage in pipeline.stages}
        left: list[look.Piece] = [(pipeline.name, ""), (f" · {len(cards):,} open", "dim")]
        left += [(f" · {text}", "dim") for text in (totals(cards),) if text]
        left += [(f" · weighted {text}", "dim") for text in (totals(cards, weights),) if text]
        right: list[look.Piece] = [(f"filter: {self.filter}  ", "accent")] if self.filter else []
        right.append((f"↓ {self.order}", "dim"))
        self.board.heading = (left, right)
        self.board.show(pipeline.stages, by_stage(cards, self.order))

    # Moving

    def do_column_next(self) -> None:
        """To the next stage."""
        self.board.move_sideways(1)

    def do_column_previous(self) -> None:
        """To the previous stage."""
        self.board.move_sideways(-1)

    def do_deal_show(self) -> None:
        """Show the deal under the cursor."""
        deal = self.target()
        if deal is not None:
            self._open(deal.id)

    @on(Board.Opened)
    def _opened(self, event: Board.Opened) -> None:
        event.stop()
        self._open(event.deal_id)

    def _open(self, deal_id: int) -> None:
        from tui.screens.stories import DealScreen

        self.over(DealScreen(deal_id))

    # Changing

    def target(self) -> Target | None:
        """Return the deal under the cursor."""
        card = self.board.cursor_card
        if card is None:
            self.tell("There is no deal here.")
            return None
        return Target(card.id, card.title, "open", card.stage_id, self.board.stages)

    def moved(self, deal_id: int, stage_id: int) -> None:
        """Show the card in its new column at once."""
        now = int(look.now())
        self._cards = [
            one._replace(stage_id=stage_id, entered=now) if one.id == deal_id else one for one in self._cards
        ]
        self.show_cards()

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
        self.board.go_to(deal.id)

    def do_mail_merge(self) -> None:
        """Write to the people of all deals that are shown."""
        account = self.workspace.account_id()
        if account is None:
            self.tell("There is no account to send from.")
            return
        shown = [one.id for one in fitting(self._cards, self.filter, look.now(), _midnight)]

        def chosen(template: object) -> None:
            from tui.engine.templates import Template
            from tui.screens.merge import MergeScreen

            if isinstance(template, Template):
                self.over(MergeScreen(template, shown, account))

        self.over(template_picker(self.dealdesk.paths, f"To the people of {len(shown)} deals, by the template"), chosen)

    # Choosing what is shown

    def do_list_filter(self) -> None:
        """Narrow the board to some deals."""

        def chosen(text: object) -> None:
            if text is not None:
                self.filter = str(text).strip()
                self.show_cards()

        self.over(
            Prompt(Content("Show deals with"), self.filter, placeholder="a name, a title, an owner", foot=WORDS),
            chosen,
        )

    def do_board_order(self) -> None:
        """Order the columns by something else."""
        names = list(ORDERS)
        self.order = names[(names.index(self.order) + 1) % len(names)]
        self.show_cards()

    def do_board_pipeline(self) -> None:
        """Show another pipeline."""
        choices = [Choice(one, Content(cells.fit(one.name, 30))) for one in self._pipelines]

        def chosen(pipeline: object) -> None:
            if isinstance(pipeline, Pipeline):
                self.pipeline = pipeline
                self.again.now()

        self.over(Picker(Content("Pipelines"), among(choices), numbered=True), chosen)


def _midnight(day: str) -> float:
    """Return the seconds since the epoch at which an ISO date begins, in UTC."""
    return (date.fromisoformat(day) - date(1970, 1, 1)).total_seconds()
