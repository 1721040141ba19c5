"""The one main screen: folders | messages | reading | deal. Reading mail never pushes another screen.

The parts are classes over one another, each a family of keys: ``base`` the panes and how they follow the engine,
``moving``, ``acting`` (what changes messages), ``reading``, ``linking`` (deals), ``going`` (elsewhere), ``foldering``.
"""

from __future__ import annotations

from textual import events, on
from textual.content import Content

from tui.actions import Action
from tui.screens.dialogs import Confirm
from tui.screens.examining import Examining
from tui.screens.foldering import Foldering
from tui.screens.moving import Moving
from tui.screens.reminding import Reminding
from tui.widgets.rowlist import RowList

NOT_REPEATED = frozenset({"action.undo", "action.redo", "action.repeat"})


class Workspace(Moving, Examining, Reminding, Foldering):
    """Everything that a person does with mail and its deals."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]  # noqa: RUF012 Textual's own shape

    DEFAULT_CSS = """
    Workspace #bar { dock: bottom; height: 1; margin: 0 0 1 0; border: none; padding: 0 1; display: none;
                     background: $panel; }
    Workspace #bar:focus { border: none; background: $panel; }
    """

    @on(RowList.Opened, "#messages")
    def _opened(self, event: RowList.Opened) -> None:
        event.stop()
        self.do_message_open()

    def do_message_open(self) -> None:
        """Read the message under the cursor; a draft is gone on with."""
        if not self.edits_draft():
            self.read_message()

    def on_resize(self, event: events.Resize) -> None:
        """On a wide screen all four panes are seen."""
        if event.size.width >= 150:
            self.add_class("-reading")
        self.call_after_refresh(self.follow)

    def on_screen_resume(self) -> None:
        """Show what happened while another screen was open."""
        self.show_hints()

    def can(self, action: Action) -> bool:
        """Everything of the panes can be done here."""
        return hasattr(self, action.method)

    def do_app_quit(self) -> None:
        """Leave; asks only if something is unsent."""
        status = self.frame.status if self.frame is not None else None
        waiting = status.outbox if status is not None else 0
        if not waiting:
            self.app.exit()
            return
        what = "A message is unsent" if waiting == 1 else f"{waiting:,} messages are unsent"
        self.over(
            Confirm(Content(f"{what}. Leave now? It will be sent when dealdesk runs again.")),
            lambda answer: self.app.exit() if answer is True else None,
        )
