"""The settings of the link rules and the never-link list, each with a preview on past mail; fields of one's own."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from textual.content import Content

from tui import look
from tui.engine import events
from tui.engine.commands import ChooseRule, NeverLink
from tui.engine.reads import LinkSettings, read_fields, read_link_settings
from tui.screens.declaring import Declaring
from tui.screens.dialogs import Confirm, Prompt
from tui.widgets.lines import Item

ABOUT = {
    "contact_link": "A person without an open deal (R17)",
    "multi_deal": "A person with several open deals",
    "with_open_deal": "links nothing",
    "always": "links to the person alone",
    "ask": "asks, in triage",
    "newest": "links to the newest deal",
    "last_active": "links to the deal with the last mail",
    "all": "links to all of them",
}
"""What settings and values mean."""


class Value(NamedTuple):
    """A line that gives a setting a value."""

    name: str
    value: str


class Pattern(NamedTuple):
    """A line of the never-link list."""

    pattern: str


class SettingsScreen(Declaring):
    """Choose what the rules do from now on; mail that is here stays as it is (R19)."""

    where = "settings"
    watched = (events.MessagesChanged, events.PersonsChanged)

    def __init__(self) -> None:
        super().__init__()
        self.found: LinkSettings | None = None
        self.now: dict[str, str] = {}

    async def read_rows(self) -> None:
        """Read the settings and their previews."""
        first = self.found is None
        self.found, self.fields = await self.dealdesk.host.read(
            lambda reader: (read_link_settings(reader), read_fields(reader))
        )
        config = self.dealdesk.config = self.dealdesk.host.engine.config  # what a composer foretells follows a change
        self.now = {"contact_link": config.contact_link, "multi_deal": config.multi_deal}
        self.show_lines(to_top=first)

    def items(self, width: int, now: float) -> list[Item]:
        """Return the values of each setting, then the never-link list."""
        self.lines.heading = ((("Link settings", ""),), (("for mail that comes from now on", "dim"),))
        if self.found is None:
            return []
        lines: list[Item] = []
        for name, values in self.found.values.items():
            lines.append(Item(((ABOUT[name], "strong"), (f"  {name}", "faint"))))
            lines += [self._value(name, value, words, width) for value, words in values.items()]
            lines.append(Item(()))
        lines.append(Item((("Never linked by a rule", "strong"), (f" · {len(self.found.patterns):,}", "dim"))))
        for pattern, words in self.found.patterns.items():
            lines.append(Item(look.spread([(f"  {pattern}", "")], [(words, "dim")], width), Pattern(pattern)))
        if not self.found.patterns:
            lines.append(Item((("  nobody; n puts an address, a domain or a pattern here", "dim"),)))
        return [*lines, Item(()), *self.field_items(width)]

    def _value(self, name: str, value: str, words: str, width: int) -> Item:
        chosen = self.now.get(name) == value
        left: list[look.Piece] = [("● " if chosen else "○ ", "accent" if chosen else "faint"), (ABOUT[value], "")]
        return Item(look.spread(left, [("is so" if chosen else words, "dim")], width), Value(name, value))

    def open_line(self, key: Hashable) -> None:
        """Choose a value, after saying what it would have done."""
        if not isinstance(key, Value) or self.found is None:
            return
        if self.now.get(key.name) == key.value:
            self.tell("It is so already.")
            return

        words = self.found.values[key.name][key.value]
        question = f"{ABOUT[key.name]}: {ABOUT[key.value]}?"
        self._confirm(question, words, lambda: self.command(ChooseRule(key.name, key.value)))

    def _confirm(self, question: str, words: str, do: Callable[[], object]) -> None:
        def answered(yes: object) -> None:
            if yes is True:
                do()

        detail = f"{words} Mail that is here stays as it is."
        self.over(Confirm(Content(question), Content(detail)), answered)

    def do_pattern_add(self) -> None:
        """Ask for a pattern, say what it would have done, and add it."""
        example = "ann@x.org · x.org · *@*.x.org"
        self.over(
            Prompt(Content("Never link by itself"), placeholder=example),
            lambda text: self.work(self._add(str(text).strip())) if text else None,
        )

    async def _add(self, pattern: str) -> None:
        words = (await self.dealdesk.host.read(lambda reader: reader.never_link_preview(pattern))).words
        self._confirm(f"Never link {pattern}?", words, lambda: self.command(NeverLink(pattern)))

    def do_pattern_remove(self) -> None:
        """Take the pattern off the never-link list, or remove the field."""
        if self.remove_field():
            return
        key = self.lines.cursor_key
        if not isinstance(key, Pattern):
            self.tell("This line is neither a pattern of the never-link list nor a field.")
            return
        self.command(NeverLink(key.pattern, listed=False))
