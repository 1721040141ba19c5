"""A workspace of the widgets alone, over made-up rows, to look at in a terminal: ``python -m tests.widgets.show``."""

from __future__ import annotations

import gc
import sys

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal
from textual.filter import LineFilter

from tests.widgets import rows
from tests.widgets.rows import HOSTILE_ROWS, NOW, WORKSPACE, Mailbox
from tui import look
from tui.engine.model import Status
from tui.theme import THEMES
from tui.widgets.dealpane import DealPane
from tui.widgets.folders import FolderPane, saved_views
from tui.widgets.messages import MessageList
from tui.widgets.reader import Reader
from tui.widgets.statusline import Progress, StatusLine


class Show(App[None]):
    """The four panes, moved by the usual keys."""

    CSS_PATH = "../../tui/tui.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("j,down", "each('move', 1)"),
        Binding("k,up", "each('move', -1)"),
        Binding("ctrl+d", "each('half_page', 1)"),
        Binding("ctrl+u", "each('half_page', -1)"),
        Binding("pagedown", "each('page', 1)"),
        Binding("pageup", "each('page', -1)"),
        Binding("g", "each('first')"),
        Binding("G", "each('last')"),
        Binding("enter", "each('open')"),
        Binding("x", "each('mark_and_step')"),
        Binding("v", "each('toggle_range')"),
        Binding("]", "each('next_unread', 1)"),
        Binding("z", "each('toggle_quotes')"),
        Binding("h", "each('toggle_headers')"),
        Binding("q,escape", "back"),
        Binding("t", "swap_theme"),
        *(Binding(str(n), f"pane('{name}')") for n, name in enumerate(("folders", "messages", "reader", "deal"), 1)),
    ]

    def __init__(self, size: int = 50_000, hostile: bool = False, plain: bool = False) -> None:
        super().__init__()
        self.plain = plain
        self.mailbox = Mailbox(size, HOSTILE_ROWS if hostile else WORKSPACE)
        self.body_of = rows.hostile_body if hostile else rows.body_of
        self.pane_of = rows.hostile_pane if hostile else rows.pane_of
        self.folders = rows.hostile_folders() if hostile else rows.folders()
        self.safe = look.SafeFilter()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "dealdesk"

    def get_line_filters(self) -> list[LineFilter]:
        """Add the gate."""
        return [*super().get_line_filters(), self.safe]

    def compose(self) -> ComposeResult:
        """The four panes and the status line."""
        with Horizontal(id="panes"):
            yield FolderPane(id="folders")
            with Container(id="centre"):
                yield MessageList(self.mailbox.fetch, id="messages")
                yield Reader(id="reader")
            yield DealPane(id="deal")
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        """Fill the panes."""
        look.now = lambda: NOW
        self.call_after_refresh(gc.freeze)
        self.call_after_refresh(gc.enable)
        self.screen.add_class("-at-messages")
        messages = self.query_one(MessageList)
        messages.describe("INBOX", 12)
        messages.set_ids(self.mailbox.ids(), reset=True)
        messages.focus()
        pane = self.query_one(FolderPane)
        pane.show(rows.accounts(), self.folders, saved_views(4, 2))
        pane.show_current(pane.places[2].view)
        line = self.query_one(StatusLine)
        line.show_status(Status(tuple(rows.accounts()), 2, 1, 2, 4, NOW - 3600))
        line.show_progress(Progress(2, "Archive", 5671, 9310, NOW - 250 * 86400))
        line.show_hints(
            [("r", "reply"), ("e", "archive"), ("d", "delete"), ("l", "link"), (">", "stage"), ("?", "keys")]
        )

    def on_row_list_cursor_moved(self, message: MessageList.CursorMoved) -> None:
        """The deal follows the cursor, and so does an open text."""
        if self.plain:
            return
        row = message.list.cursor_row
        self.query_one(DealPane).show(None if row is None else self.pane_of(row))
        if row is not None and self.screen.has_class("-reading"):
            self.query_one(Reader).show(row, self.body_of(row), {"me@our.example"})

    def on_row_list_opened(self, message: MessageList.Opened) -> None:
        """Read."""
        self.screen.add_class("-reading")
        row = self.mailbox.get(message.id)
        self.query_one(Reader).show(row, self.body_of(row), {"me@our.example"})
        self.action_pane("reader")

    def action_each(self, method: str, *args: int) -> None:
        """Call a method of the focused pane, if it has it."""
        call = getattr(self.focused, method, None)
        if call is not None:
            call(*args)

    def action_back(self) -> None:
        """Close the text, else leave."""
        if not self.screen.has_class("-reading"):
            self.exit()
        self.screen.remove_class("-reading")
        self.action_pane("messages")

    def action_swap_theme(self) -> None:
        """Dark, light."""
        self.theme = "dealdesk-light" if self.theme == "dealdesk" else "dealdesk"

    def action_pane(self, name: str) -> None:
        """Focus a pane."""
        if name == "reader":
            self.screen.add_class("-reading")
        for other in ("folders", "messages", "reader", "deal"):
            self.screen.set_class(other == name, f"-at-{other}")
        self.call_after_refresh(self.query_one(f"#{name}").focus)


if __name__ == "__main__":
    gc.disable()  # nothing made while starting is garbage; it is collected from the first paint on
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    Show(numbers[0] if numbers else 50_000, "hostile" in sys.argv, "plain" in sys.argv).run()
