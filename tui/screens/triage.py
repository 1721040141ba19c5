"""Triage: the messages that need a deal, one after the other, each beside the deals that it could belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from tui import cells, look
from tui.engine import events
from tui.engine.commands import LinkMessages, MarkPrivate
from tui.engine.model import Body, Deal, Row, TimelineEntry, View
from tui.engine.reads import Reader as Reads
from tui.engine.reads import body_of
from tui.screens.dealing import Dealing
from tui.screens.dialogs import Choice, Panel, Picker
from tui.screens.linking import counterpart
from tui.screens.reasons import why_text
from tui.widgets.lines import Item, LinePane
from tui.widgets.reader import Reader
from tui.widgets.statusline import StatusLine
from tui.widgets.timeline import entry_line

LAST_MAILS = 3
"""Mails of each deal that are shown beside the message."""

MOST = 9
"""Deals that digits reach."""

LOOKED_AT = 1000
"""Messages of the queue among which those of the same sender are looked for."""


class Candidate(NamedTuple):
    """A deal that a message could belong to, why, and its last mails."""

    deal: Deal
    reason: str
    mails: tuple[TimelineEntry, ...]


class Case(NamedTuple):
    """A message that needs a deal, with what is needed to decide.

    Args:
        row: the message, and ``body`` its text.
        candidates: the deals that it could belong to.
        alike: the messages of the queue with the same other side, this one first.
    """

    row: Row
    body: Body
    candidates: tuple[Candidate, ...]
    alike: tuple[int, ...]


def read_case(reader: Reads, queue: Sequence[int]) -> Case | None:
    """Read the first message of a queue with its candidates; None when it is gone."""
    message_id = queue[0]
    rows = reader.rows([message_id])
    if not rows:
        return None
    whose = counterpart(rows)
    alike = [one.id for one in reader.rows(queue[:LOOKED_AT]) if one.id != message_id and counterpart([one]) == whose]
    found = [one for one in reader.link_candidates([message_id]) if one.deal is not None and one.deal.status == "open"]
    reasons = {one.deal.id: one.reason for one in found[:MOST] if one.deal is not None}
    deals = {deal.id: deal for deal in reader.crm.deals_by_ids(reasons)}
    return Case(
        rows[0],
        body_of(reader, message_id, False),
        tuple(
            Candidate(deals[number], reason, tuple(_mails(reader.timeline(number, limit=LAST_MAILS * 8, files=False))))
            for number, reason in reasons.items()
            if number in deals
        ),
        (message_id, *sorted(alike, key=queue.index)),
    )


def _mails(story: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    return [one for one in story if one.kind == "mail"][:LAST_MAILS]


class TriageScreen(Dealing):
    """The queue of messages that need a deal."""

    where = "triage"
    watched = (events.MessagesChanged, events.MessagesAdded, events.DealsChanged)

    DEFAULT_CSS = """
    TriageScreen #case { height: 1fr; }
    TriageScreen #letter { width: 1fr; border-right: solid $border; }
    TriageScreen #rows { width: 1fr; }
    TriageScreen.-narrow #case { layout: vertical; }
    TriageScreen.-narrow #letter { border-right: none; border-bottom: solid $border; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium")]  # noqa: RUF012 Textual's own shape

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[int] = []
        self.skipped: set[int] = set()
        self.case: Case | None = None
        self.always = False
        self.reach = 1
        """How many messages of this sender the next digit counts for."""
        self.last: Deal | None = None
        self.linked: list[int] = []
        """What was decided here, the latest first."""

    def compose(self) -> ComposeResult:
        """The message, the deals, the keys."""
        with Horizontal(id="case"):
            yield Reader(id="letter")
            yield LinePane(id="rows")
        yield StatusLine(id="status")

    @property
    def reader(self) -> Reader:
        """The message."""
        return self.query_one("#letter", Reader)

    @property
    def candidates(self) -> LinePane:
        """The deals."""
        return self.query_one("#rows", LinePane)

    @property
    def steps(self) -> Reader:
        """What the cursor keys move: the text, for the deals have digits."""
        return self.reader

    # Showing

    async def read_rows(self) -> None:
        """Read the queue, and the message on top of it."""
        ids = await self.dealdesk.host.read(lambda reader: reader.ids(View("needs_deal")))
        waiting = [one for one in ids if one not in self.skipped]
        here = self.case.row.id if self.case is not None else None
        self.queue = [*waiting, *(one for one in ids if one in self.skipped)]
        back = next((one for one in self.linked if one in self.queue), here)  # what was undone is decided anew
        if back in self.queue:
            self.queue.sort(key=lambda one: one != back)
        self.linked = [one for one in self.linked if one not in self.queue]
        await self._show_first()

    async def _show_first(self) -> None:
        queue = list(self.queue)
        before = self.case.row.id if self.case is not None else None
        self.case = await self.dealdesk.host.read(lambda r: read_case(r, queue)) if queue else None
        if queue[:1] != [before]:
            self.always, self.reach = False, 1
        elif self.case is not None:
            self.reach = min(self.reach, len(self.case.alike))
        self.show_case()

    def show_case(self) -> None:
        """Show the message and its deals."""
        pane, case = self.candidates, self.case
        if case is None:
            self.reader.show(None)
            pane.heading = (
                (
                    ("Needs a deal", ""),
                    (f" · all done, {len(self.linked):,} linked" if len(self.linked) else "", "dim"),
                ),
                (),
            )
            pane.set_items([Item((("Every message has its deal.", "dim"),)), Item((("q goes back.", "faint"),))])
            pane.refresh_title()
            return
        self.reader.show(case.row, case.body, self.workspace.own)
        here = {one.id for one in case.row.persons}
        count = sum(any(one.id in here for one in found.deal.persons) for found in case.candidates)
        who = look.who(case.row).removeprefix("To: ")
        said = f"{who} has {count} open deals" if count != 1 else f"{who} has one open deal"
        done = f" · {len(self.linked):,} done" if len(self.linked) else ""
        pane.heading = (((f"Needs a deal · {len(self.queue):,} left", ""), (done, "dim")), ((said, "dim"),))
        pane.set_items(self._lines(case), to_top=True)
        pane.refresh_title()

    def _lines(self, case: Case) -> list[Item]:
        width, now = max(20, self.candidates.size.width - 2), look.now()
        lines: list[Item] = []
        for number, one in enumerate(case.candidates, 1):
            deal = one.deal
            value = f" {look.money(deal.value, deal.currency)}" if deal.value else ""
            again = " · last one" if self.last is not None and self.last.id == deal.id else ""
            lines.append(
                Item(
                    look.spread(
                        [(f"{number} ", "accent"), (deal.title, "strong"), (again, "accent")],
                        [(f"{deal.stage}{value}", "dim")],
                        width,
                    )
                )
            )
            lines.append(Item(look.shorten([("  " + one.reason, "dim")], width)))
            lines += [Item((("  ", ""), *entry_line(mail, width - 2, now))) for mail in one.mails]
            lines.append(Item(()))
        if not lines:
            lines = [Item((("No open deal of anybody in this message.", "dim"),)), Item(())]
        if len(case.alike) > self.reach == 1 and lines:
            key = self.dealdesk.keymap.first_key
            words = f"{len(case.alike):,} from {look.who(case.row)} wait"
            words += f": {key('triage.more')} takes one more along, {key('triage.all')} all"
            lines.append(Item(look.shorten([(words, "faint")], width)))
        elif self.reach > 1:
            words = f"The digit counts for {self.reach:,} of {len(case.alike):,} from {look.who(case.row)}."
            lines.append(Item(((words, "warn"),)))
        if self.always:
            thread = "The digit counts for the whole thread, and for what comes in it."
            lines += [Item(((part, "warn"),)) for part in cells.wrap(thread, width)]
        return lines

    def on_resize(self) -> None:
        """Lay the deals out for the new width."""
        self.call_after_refresh(self.show_case)

    # Deciding

    def do_triage_choose(self) -> None:
        """Link the message to the deal with the number pressed."""
        if self.case is None:
            return
        number = int(self.pressed) if self.pressed.isdecimal() else 1
        if number > len(self.case.candidates):
            self.tell(f"There is no deal {number} here; l looks for another.")
            return
        self._link(self.case.candidates[number - 1].deal)

    def _link(self, deal: Deal) -> None:
        case = self.case
        if case is None:
            return
        self.last = deal
        self.hold()
        self.work(self._linked(case, deal, case.alike[: self.reach], self.always))

    async def _linked(self, case: Case, deal: Deal, ids: Sequence[int], always: bool) -> None:
        try:
            if always:
                thread = await self.dealdesk.host.read(lambda reader: list(reader.thread(case.row.thread)))
                ids = list(dict.fromkeys((*ids, *(one for one in thread if one in self.queue))))
            command = LinkMessages(ids, deals=(deal.id,), remember=always)
            done = await self.dealdesk.ask(lambda engine: engine.do(command))
            self.tell(done.title)
            self.linked[:0] = ids
            self.queue = [one for one in self.queue if one not in ids]
            await self._show_first()
        finally:
            self.release()

    def do_triage_always(self) -> None:
        """Let the next digit count for the whole thread, and for what comes in it."""
        self.always = not self.always
        self.show_case()

    def do_triage_more(self) -> None:
        """Let the next digit count for one more message of this sender."""
        self._reach(self.reach + 1)

    def do_triage_fewer(self) -> None:
        """Let the next digit count for one message of this sender less."""
        self._reach(self.reach - 1)

    def do_triage_all(self) -> None:
        """Let the next digit count for all messages of this sender that wait, or for this one again."""
        count = len(self.case.alike) if self.case is not None else 1
        self._reach(count if self.reach < count else 1)

    def _reach(self, count: int) -> None:
        if self.case is None:
            return
        if len(self.case.alike) == 1:
            self.tell(f"Nothing else of {look.who(self.case.row)} waits for a deal.")
        self.reach = min(max(1, count), len(self.case.alike))
        self.show_case()

    def do_triage_skip(self) -> None:
        """Leave this one for later."""
        if self.case is not None:
            self.skipped.add(self.case.row.id)
            self.queue = [*self.queue[1:], self.queue[0]]
            self.hold()
            self.work(self._next())

    async def _next(self) -> None:
        try:
            await self._show_first()
        finally:
            self.release()

    def do_action_repeat(self) -> None:
        """Link this one to the deal that was chosen last."""
        if self.last is None:
            self.tell("No deal was chosen yet.")
        else:
            self._link(self.last)

    def do_message_private(self) -> None:
        """Never link this thread."""
        if self.case is not None:
            self.command(MarkPrivate((self.case.row.id,), True))

    def do_link_add(self) -> None:
        """Look for another deal."""

        async def find(text: str) -> Sequence[Choice]:
            deals = await self.dealdesk.host.read(lambda reader: reader.crm.deals("open", text))
            return [
                Choice(one, Content.assemble(f"◆ {one.title}  ", (f"{one.stage} {_people(one)}", "$text-muted")))
                for one in deals[:50]
            ]

        self.over(Picker(Content("Link to"), find), lambda one: self._link(one) if isinstance(one, Deal) else None)

    def do_link_why(self) -> None:
        """Say why the message has no deal yet."""
        if self.case is not None:
            number, panel = self.case.row.id, Panel(Content("Why"))
            self.over(panel)
            self.work(self._why(number, panel))

    async def _why(self, message_id: int, panel: Panel) -> None:
        panel.show(why_text(await self.dealdesk.host.read(lambda reader: reader.why(message_id))))

    def do_reader_scroll(self) -> None:
        """Scroll the message."""
        self.reader.read_on()

    def do_reader_scroll_back(self) -> None:
        """Scroll the message back."""
        self.reader.page(-1)


def _people(deal: Deal) -> str:
    return ", ".join(one.name for one in deal.persons)
