"""One template to the people of many deals: each letter is looked at, left out or sent, and sending says how many."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from tui import look
from tui.engine.identities import identities
from tui.engine.merging import Letter, letters
from tui.engine.reads import Reader
from tui.engine.templates import Template
from tui.engine.text import clean
from tui.screens.keyed import KeyedScreen
from tui.widgets.keyline import KeyLine
from tui.widgets.plain import Plain


class MergeScreen(KeyedScreen[None]):
    """Look through the letters that a template makes of deals.

    Args:
        template: what is written.
        deal_ids: to whose people.
        account_id: the account that it is sent from.
    """

    where = "merge"

    DEFAULT_CSS = """
    MergeScreen { layout: vertical; }
    MergeScreen #which { height: 1; padding: 0 1; color: $accent; }
    MergeScreen #letter { height: 1fr; padding: 1 1; border-top: solid $border; scrollbar-size-vertical: 1; }
    MergeScreen #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, template: Template, deal_ids: Sequence[int], account_id: int) -> None:
        super().__init__()
        self._template = template
        self._deals = tuple(deal_ids)
        self._account = account_id
        self.letters: list[Letter] = []
        self.left_out: set[int] = set()
        self.at = 0
        self._sending = False
        self.hold()

    def compose(self) -> ComposeResult:
        """Which letter, the letter, the keys."""
        yield Plain(id="which")
        with VerticalScroll(id="letter", can_focus=False):
            yield Plain(id="text")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Make the letters."""
        keymap = self.dealdesk.keymap
        shown = [action for action in keymap.actions if action.where == ("merge",)]
        self.query_one("#keys", KeyLine).show([f"{keymap.first_key(one.id)} {one.footer}" for one in shown])
        self.work(self._make())

    async def _make(self) -> None:
        def read(reader: Reader) -> list[Letter]:
            accounts = [one for one in reader.accounts() if one.id == self._account]
            writer = identities(accounts, self.dealdesk.config)
            return letters(reader, self._template, self._deals, writer[0]) if writer else []

        try:
            self.letters = await self.dealdesk.host.read(read)
            self.left_out = {place for place, letter in enumerate(self.letters) if letter.missing}
            self._show()
        finally:
            self.release()

    @property
    def chosen(self) -> list[int]:
        """The places of the letters that would be sent."""
        return [place for place in range(len(self.letters)) if place not in self.left_out]

    def _show(self) -> None:
        which, text = self.query_one("#which", Plain), self.query_one("#text", Plain)
        if not self.letters:
            which.update(Content("Nobody of these deals can be written to."))
            text.update(Content(""))
            return
        letter = self.letters[self.at]
        lacks = f"  lacks {', '.join(letter.missing)}" if letter.missing else ""
        state = "left out" if self.at in self.left_out else "will be sent"
        which.update(
            Content(
                f"{self.at + 1} of {len(self.letters)} · {len(self.chosen)} will be sent · {letter.person} · "
                f"◆ {letter.deal} · {state}{lacks}"
            )
        )
        draft = letter.draft
        to, subject = ("To       ", "$text-muted"), ("\nSubject  ", "$text-muted")
        text.update(Content.assemble(to, draft.to, subject, draft.subject, "\n\n", clean(draft.body)))
        self.query_one("#letter", VerticalScroll).scroll_home(animate=False)

    def do_merge_next(self) -> None:
        """To the next letter."""
        self.at = min(self.at + 1, max(0, len(self.letters) - 1))
        self._show()

    def do_merge_previous(self) -> None:
        """To the letter before."""
        self.at = max(self.at - 1, 0)
        self._show()

    def do_merge_skip(self) -> None:
        """Leave this letter out, or take it in again; one that lacks something stays out."""
        if not self.letters:
            return
        if self.letters[self.at].missing:
            self.tell(f"It lacks {self.letters[self.at].missing[0]}: it can't be sent.")
            return
        self.left_out ^= {self.at}
        self.do_merge_next()

    def do_merge_send(self) -> None:
        """Send those that are not left out."""
        if not self._sending:
            self._sending = True
            self.work(self._send())

    async def _send(self) -> None:
        from tui.engine.commands import SendAll

        places, hold = self.chosen, self.dealdesk.config.undo_seconds
        try:
            command = SendAll(tuple(self.letters[place].draft for place in places), hold)
            await self.dealdesk.ask(lambda engine: engine.do(command))
        finally:
            self._sending = False
            self._show()
        below = self.app.screen_stack[-2]
        self.dismiss(None)
        if isinstance(below, KeyedScreen):
            undo = self.dealdesk.keymap.first_key("action.undo")
            below.tell(f"{look.counted(len(places), 'letter')} leave in {hold} s; {undo} takes all back.")

    def do_merge_leave(self) -> None:
        """Leave without sending."""
        self.dismiss(None)
