"""Text fields that do what is typed in the order in which it was typed, however fast it came.

Textual types a letter where the field gets the key, but deletes or moves by a binding, which it looks up only after the
key came up through the screen to the app. In a burst, as a slow line brings it, a later letter is then typed before an
earlier Backspace is done, and another text stands there than was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from textual import events
from textual.binding import Binding
from textual.widgets import Input

from tui.turns import before_others

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    # Styles and their parts are inherited from the first base that is a widget; that has to be the field's own class.
    Widget = object


@cache
def _edits(kind: type[InTurn]) -> Mapping[str, str]:
    """Return which keys a field edits or moves by, with the action of each; Enter is its screen's."""
    found = [one for one in kind.BINDINGS if isinstance(one, Binding) and one.action != "submit"]
    return {key.strip(): one.action for one in found for key in one.key.split(",")}


class InTurn(Widget):
    """What such fields have in common; stands before the field's own class.

    Attributes:
        before: takes a key before the field does and returns whether it did; None for fields that have all keys.
    """

    before: Callable[[events.Key], bool] | None = None

    def type_key(self, key: str) -> bool:
        """Delete or move as Textual's key ``key`` does in this field; return whether it is such a key."""
        action = _edits(type(self)).get(key)
        if action is None:
            return False
        name, _, rest = action.partition("(")
        getattr(self, f"action_{name}")(*([rest == "True)"] if rest else []))
        return True

    def on_key(self, event: events.Key) -> None:
        """Do an editing key when its turn comes; type no letter with Alt, nor one that another field should have."""
        screen = self.screen
        if screen is self.app.screen and screen.focused is not self:
            # A key before it in the same burst has moved the focus.
            before_others(self.app, event)
            taken = True
        else:
            taken = (self.before is not None and self.before(event)) or self.type_key(event.key)
        if taken:
            event.stop()
        if taken or event.key.startswith("alt+"):
            event.prevent_default()


class Entry(InTurn, Input):
    """One line to type into.

    Args:
        value: what stands there already.
        placeholder: an example, shown while empty.
        password: True to hide what is typed.
        id: the widget's id.
        before: see ``InTurn``.
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        id: str | None = None,
        before: Callable[[events.Key], bool] | None = None,
    ) -> None:
        super().__init__(value, placeholder=placeholder, password=password, id=id, select_on_focus=False)
        self.before = before
