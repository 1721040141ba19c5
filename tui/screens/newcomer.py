"""One form for a new person and a new deal, filled from the message that they come from."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from tui.engine.newcomers import Newcomer, wrong
from tui.screens.dialogs import Dialog
from tui.widgets.entry import Entry
from tui.widgets.plain import Plain

DEAL: Mapping[str, tuple[str, str]] = {
    "deal": ("Deal", "its title; empty for none"),
    "value": ("Value", "7,500 EUR"),
}
PERSON: Mapping[str, tuple[str, str]] = {
    "name": ("Name", "empty for nobody"),
    "email": ("Address", ""),
    "phone": ("Phone", ""),
    "title": ("Title", ""),
    "organization": ("Organization", ""),
}
"""The fields: what they are called, and an example."""


class NewcomerForm(Dialog):
    """Ask for all of it at once; the answer is a ``Newcomer``, or None.

    Args:
        title: the first line.
        what: what is known already.
        with_deal: False for a person alone.
    """

    DEFAULT_CSS = """
    NewcomerForm Horizontal { height: 1; }
    NewcomerForm .label { width: 14; color: $text-muted; }
    NewcomerForm Input { width: 1fr; }
    NewcomerForm #wrong { color: $error; height: auto; display: none; }
    """

    def __init__(self, title: Content, what: Newcomer, *, with_deal: bool = True) -> None:
        super().__init__()
        self._title = title
        self._what = what
        self._fields = {**(DEAL if with_deal else {}), **(PERSON if what.person is None else {})}

    def compose(self) -> ComposeResult:
        """Title, the fields with their names, foot."""
        with Vertical():
            yield Plain(self._title, classes="title")
            for name, (label, example) in self._fields.items():
                with Horizontal():
                    yield Plain(Content(label), classes="label")
                    yield Entry(getattr(self._what, name), placeholder=example, id=name, before=self.claim)
            yield Plain(id="wrong")
            yield Plain(Content("Tab next field · Enter adds · Esc leaves"), classes="foot")

    def on_mount(self) -> None:
        """Begin in the first field, behind what stands there."""
        self._go(0)

    def _go(self, at: int) -> None:
        fields = list(self.query(Entry))
        field = fields[at % len(fields)]
        self.set_focus(field)
        field.cursor_position = len(field.value)

    def handle(self, pressed: str) -> bool:
        """Move between the fields, or answer with what they say."""
        if pressed == "Enter":
            self._entered()
            return True
        steps = {"Tab": 1, "Down": 1, "S-Tab": -1, "Up": -1}
        if pressed not in steps:
            return False
        fields = list(self.query(Entry))
        at = next((index for index, one in enumerate(fields) if one is self.focused), 0)
        self._go(at + steps[pressed])
        return True

    def _entered(self) -> None:
        said = {field.id: field.value.strip() for field in self.query(Entry)}
        known = self._what

        def of(name: str) -> str:
            return said.get(name, str(getattr(known, name)))

        person = (of("name"), of("email"), of("phone"), of("title"), of("organization"))
        answer = Newcomer(known.person, *person, of("deal"), of("value"))
        found = wrong(answer)
        if found is None:
            self.dismiss(answer)
            return
        name, why = found
        line = self.query_one("#wrong", Plain)
        line.update(Content(why))
        line.display = True
        self._go([field.id for field in self.query(Entry)].index(name))
