"""Fields of one's own, declared, renamed and removed by keys; a page's ``e`` and files fill them."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content

from tui import look
from tui.engine.core import Engine
from tui.engine.model import Field
from tui.screens.dialogs import Choice, Confirm, Picker, Prompt, among
from tui.screens.lined import LinesScreen
from tui.widgets.lines import Item

KINDS = {"deal": "deals", "person": "people", "organization": "organizations"}
TYPES = {
    "text": "any text",
    "number": "a number",
    "money": "an amount with its currency",
    "date": "a day",
    "choice": "one of some values",
}
"""What each type of field holds."""


class FieldLine(NamedTuple):
    """A line that stands for a field."""

    kind: str
    name: str


class Declaring(LinesScreen):
    """The part of a screen that lists fields and changes them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[Field, int]] = []

    def field_items(self, width: int) -> list[Item]:
        """Return the lines of the fields."""
        lines = [Item((("Fields of your own", "strong"), (f" · {len(self.fields):,}", "dim")))]
        for one, used in self.fields:
            of = ", ".join(one.choices) if one.choices else TYPES[one.type]
            left: list[look.Piece] = [(f"  {one.name}", ""), (f"  {KINDS[one.kind]} · {of}", "dim")]
            values = [(look.counted(used, "value"), "dim")]
            lines.append(Item(look.spread(left, values, width), FieldLine(one.kind, one.name)))
        if not self.fields:
            lines.append(Item((("  none; A declares one of deals, people or organizations", "dim"),)))
        return lines

    def _meant(self) -> tuple[Field, int] | None:
        key = self.lines.cursor_key
        return next((each for each in self.fields if (each[0].kind, each[0].name) == key), None)

    def do_field_add(self) -> None:
        """Ask what has the field, its name and its type, and declare it."""
        kinds = [Choice(kind, Content(f"of {many}")) for kind, many in KINDS.items()]
        self.over(
            Picker(Content("A new field"), among(kinds), numbered=True),
            lambda kind: self._ask_name(str(kind)) if kind else None,
        )

    def _ask_name(self, kind: str) -> None:
        self.over(
            Prompt(Content(f"A new field of {KINDS[kind]}"), placeholder="Region"),
            lambda name: self._ask_type(kind, str(name).strip()) if name else None,
        )

    def _ask_type(self, kind: str, name: str) -> None:
        types = [Choice(type, Content(f"{type} · {what}")) for type, what in TYPES.items()]

        def chosen(type: object) -> None:
            if type == "choice":
                self.over(
                    Prompt(Content(f"What {name} can be"), placeholder="North, East, South, West"),
                    lambda said: self._declare(kind, name, "choice", str(said)) if said else None,
                )
            elif type:
                self._declare(kind, name, str(type), "")

        self.over(Picker(Content(f"What is {name}?"), among(types), numbered=True), chosen)

    def _declare(self, kind: str, name: str, type: str, choices: str) -> None:
        async def add(engine: Engine) -> str:
            return (await engine.record(await engine.fields.add(kind, name, type, choices.split(",")))).title

        self.work(self.told(add))

    def do_field_edit(self) -> None:
        """Ask for another name, then, of a choice, for what it can be; an empty answer leaves it as it is."""
        if (meant := self._meant()) is None:
            self.tell("This line is no field; A declares one.")
            return
        one, _ = meant

        def named(name: object) -> None:
            if name is None:
                return
            if one.type != "choice":
                self._change(one, str(name), None)
                return
            self.over(
                Prompt(Content(f"What {str(name) or one.name} can be"), ", ".join(one.choices)),
                lambda said: self._change(one, str(name), str(said)) if said is not None else None,
            )

        self.over(Prompt(Content(f"Another name for {one.name}"), one.name), named)

    def _change(self, one: Field, name: str, choices: str | None) -> None:
        async def edit(engine: Engine) -> str:
            new = name.strip() if name.strip() not in ("", one.name) else None
            listed = choices.split(",") if choices else None
            return (await engine.record(await engine.fields.edit(one.kind, one.name, name=new, choices=listed))).title

        self.work(self.told(edit))

    def remove_field(self) -> bool:
        """Remove the field under the cursor, after saying how many values go with it; False where there is none."""
        if (meant := self._meant()) is None:
            return False
        one, used = meant

        async def remove(engine: Engine) -> str:
            return (await engine.record(await engine.fields.remove(one.kind, one.name))).title

        words = f"{look.counted(used, 'value')} of {KINDS[one.kind]} would go with it; undo brings both back."
        self.over(
            Confirm(Content(f"Remove the field {one.name}?"), Content(words)),
            lambda yes: self.work(self.told(remove)) if yes is True else None,
        )
        return True
