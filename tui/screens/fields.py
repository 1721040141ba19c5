"""Text fields of a form: a key acts on the field that it was meant for, however fast it was pressed.

The app gives a key to the field that has the focus when the key arrives. A key before it in the same burst may have
moved the focus or opened a dialog, but would do so only after it had come up through the form. So a field lets the
form act at once, and passes on what then is no longer its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.widgets import TextArea

from tui.screens.keyed import KeyedScreen
from tui.turns import before_others
from tui.widgets.entry import Entry, InTurn
from tui.widgets.recipients import Recipients

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    # Styles and their parts are inherited from the first base that is a widget; that has to be the field's own class.
    Widget = object


class Field(Widget):
    """What the fields have in common; stands before the field's own class."""

    def on_key(self, event: events.Key) -> None:
        """Let the form have its keys first."""
        screen = self.screen
        if isinstance(screen, KeyedScreen) and screen.passed_on(event):
            return
        if screen.focused is not self:
            before_others(self.app, event)
        elif not (isinstance(screen, KeyedScreen) and screen.at_once(event)):
            return
        event.stop()
        event.prevent_default()


class Line(Field, Entry):
    """One line."""


class AddressLine(Field, Recipients):
    """Addresses, with completion."""


class Text(Field, InTurn, TextArea):
    """Many lines."""
