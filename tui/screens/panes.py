"""The four panes of the workspace, their focus, and the line below that says what happens and which keys there are."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from tui.engine.model import Row
from tui.screens.keyed import KeyedScreen, with_help
from tui.widgets.dealpane import DealPane
from tui.widgets.entry import Entry
from tui.widgets.folders import FolderPane
from tui.widgets.messages import MessageList
from tui.widgets.reader import Reader
from tui.widgets.statusline import StatusLine

PANES = ("folders", "messages", "reader", "deal")


class Panes(KeyedScreen[None]):
    """Folders, messages over or beside reading, deal."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("-at-messages")  # where the focus goes first; before there are styles to work out again

    def compose(self) -> ComposeResult:
        """Folders, messages over or beside reading, deal; the line to type into; status."""
        with Horizontal(id="panes"):
            yield FolderPane(id="folders")
            with Container(id="centre"):
                yield MessageList(self._rows, id="messages")
                yield Reader(id="reader")
            yield DealPane(id="deal")
        yield Entry(id="bar", before=self.before_line)
        yield StatusLine(id="status")

    def _rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return ()

    @property
    def messages(self) -> MessageList:
        """The message list."""
        return self.query_one("#messages", MessageList)

    @property
    def reader(self) -> Reader:
        """The reading pane."""
        return self.query_one("#reader", Reader)

    @property
    def folders(self) -> FolderPane:
        """The folder pane."""
        return self.query_one("#folders", FolderPane)

    @property
    def deal_pane(self) -> DealPane:
        """The deal pane."""
        return self.query_one("#deal", DealPane)

    @property
    def status_line(self) -> StatusLine:
        """The last line."""
        return self.query_one("#status", StatusLine)

    @property
    def bar(self) -> Entry:
        """The line for search and filter, hidden while unused."""
        return self.query_one("#bar", Entry)

    def before_line(self, event: events.Key) -> bool:
        """Take a key before the line to type into does; return whether it was taken."""
        return False

    def pane(self) -> str:
        """Return the pane with the focus; ``bar`` while search or filter is typed."""
        name = self.focused.id if self.focused is not None else None
        return name if name in (*PANES, "bar") else "messages"

    def go_to_pane(self, name: str) -> None:
        """Give a pane the focus; on a narrow screen it is then the one that is seen."""
        for one in PANES:
            self.set_class(one == name, f"-at-{one}")
        if name == "reader":
            self.add_class("-reading")
        self.set_focus(self.query_one(f"#{name}"), scroll_visible=False)

    @property
    def reader_visible(self) -> bool:
        """Whether the reading pane is on the screen now."""
        return self.reader.display and self.reader.size.height > 0

    def on_descendant_focus(self) -> None:
        """Show the keys of the pane that has the focus now; on a narrow screen it is the one that is seen."""
        name = self.pane()
        if name in PANES:
            for one in PANES:
                self.set_class(one == name, f"-at-{one}")
        self.show_hints()

    def tell(self, text: str, severity: str = "information") -> None:
        """Say something short in the status line; what went wrong is said over the panes."""
        if severity != "information":
            super().tell(text, severity)
            return
        self.status_line.show_notice(text)

    def show_hints(self) -> None:
        """Show the keys of the focused pane in the status line, with how many messages they act on."""
        pane, count = self.pane(), len(self.messages.marks)
        keymap = self.dealdesk.keymap
        hints = [
            (keymap.first_key(action.id), f"{action.footer} {count}" if action.counts and count else action.footer)
            for action in keymap.actions
            if action.footer and pane in action.where and self.can(action)
        ]
        if pane == "bar":
            hints = [("Enter", "to the list"), ("Down Up", "move"), ("Esc", "leave it")]
        self.status_line.show_hints(with_help(hints, keymap.first_key("help.open"), self.size.width))
