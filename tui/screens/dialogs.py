"""The small screens that ask: a picker to type into, a prompt, a question with a count, a panel of text.

All are pushed at once when the key is pressed and fill themselves afterwards, so that what is typed next is theirs.
Everything shown is ``Content``; nothing of a message is ever markup.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from tui.engine.text import clean
from tui.keymaps import token
from tui.screens.keyed import sentence, type_into
from tui.screens.leaving import LeftOnce
from tui.turns import before_others
from tui.widgets.entry import Entry, InTurn
from tui.widgets.plain import Plain, harmless

_CSS = """
Dialog { align: center middle; background: $background 40%; }
Dialog > Vertical { width: 90%; max-width: 110; height: auto; max-height: 80%; background: $surface; padding: 0 1;
                    border-left: thick $accent; }
Dialog .title { width: 100%; color: $accent; text-wrap: nowrap; text-overflow: ellipsis; }
Dialog .foot { width: 100%; color: $text-muted; }
Dialog Input { border: none; height: 1; padding: 0; background: $surface; }
Dialog Input:focus { border: none; background: $boost; }
Dialog OptionList { border: none; height: auto; max-height: 16; background: $surface; padding: 0;
                    text-wrap: nowrap; text-overflow: ellipsis; }
Dialog.-whole OptionList { text-wrap: wrap; }
Dialog OptionList:focus { border: none; }
Dialog VerticalScroll { height: auto; max-height: 100%; }
"""


class Choice(NamedTuple):
    """One line of a picker: what is returned, what is shown, and the text that is searched (default: what is shown)."""

    value: object
    label: Content
    text: str = ""

    @property
    def searched(self) -> str:
        """The text that typing is matched with."""
        return self.text or self.label.plain


Find = Callable[[str], Awaitable[Sequence[Choice]]]


def fuzzy(choices: Sequence[Choice], text: str, limit: int = 50) -> list[Choice]:
    """Return the choices that match ``text``, best first; all, in their own order, when it is empty."""
    wanted = text.strip().lower()
    if not wanted:
        return list(choices[: max(limit, 200)])
    from rapidfuzz import fuzz, process

    texts = [choice.searched.lower() for choice in choices]
    places = {index: place for index, text in enumerate(texts) if (place := text.find(wanted)) >= 0}
    found = process.extract(wanted, texts, scorer=fuzz.WRatio, score_cutoff=60, limit=limit)
    alike = [index for _, _, index in found if index not in places]
    order = [*sorted(places, key=lambda index: (places[index], index)), *alike]
    return [choices[index] for index in order[:limit]]


def among(choices: Sequence[Choice]) -> Find:
    """Return a finder over choices that are known already."""

    async def find(text: str) -> Sequence[Choice]:
        return fuzzy(choices, text)

    return find


class Dialog(LeftOnce[object], ModalScreen[object], inherit_bindings=False):
    """A small screen over another; Esc leaves it with None."""

    DEFAULT_CSS = _CSS

    async def on_key(self, event: events.Key) -> None:
        """Handle the keys of the dialog; those typed before its field is there go into the field."""
        event.prevent_default()
        field = self.focused
        if self.claim(event) or type_into(field, event) or (isinstance(field, InTurn) and field.type_key(event.key)):
            event.stop()

    def claim(self, event: events.Key) -> bool:
        """Take a key that is not for the field, at once when it was pressed; return whether it was taken."""
        if self.passed_on(event) or self.before_field(event):
            return True
        if event.is_printable and self.focused is not None:
            return False
        pressed = token(event.key, event.character)
        if pressed in ("Esc", "C-q"):
            self.dismiss(None)
            return True
        return self.handle(pressed)

    def before_field(self, event: events.Key) -> bool:
        """Take a key before the text field does; return whether it was taken."""
        return False

    def handle(self, pressed: str) -> bool:
        """Do what the key ``pressed`` means here; return whether it meant anything."""
        return False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show the error of what was looked up."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.notify(clean(sentence(event.worker.error)), severity="error", markup=False)


class Picker(Dialog):
    """Choose one of many by typing, by the arrows, or, while nothing is typed, by number.

    Args:
        title: the first line.
        find: gives the choices for a text; awaited beside the screen, so that it may read the database.
        foot: the last line.
        numbered: True to number the first nine and let digits choose.
        shortcuts: what further keys do while nothing is typed; each gets the picker.
    """

    def __init__(
        self,
        title: Content,
        find: Find,
        *,
        foot: str = "type to search · Enter chooses · Esc",
        numbered: bool = False,
        shortcuts: Mapping[str, Callable[[Picker], None]] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._find = find
        self._foot = foot
        self._numbered = numbered
        self._shortcuts = dict(shortcuts or {})
        self._choices: list[Choice] | None = None
        self._waiting: str | None = None

    def compose(self) -> ComposeResult:
        """Title, field, choices, foot."""
        with Vertical():
            yield Plain(self._title, classes="title")
            yield Entry(id="text", before=self.claim)
            options = OptionList(id="choices")
            options.can_focus = False
            yield options
            yield Plain(Content(self._foot), classes="foot")

    def on_mount(self) -> None:
        """Look up the first choices."""
        self.set_focus(self.query_one("#text", Input))
        self._look("")

    def retitle(self, title: Content) -> None:
        """Change the first line."""
        self.query_one(".title", Plain).update(title)

    @on(Input.Changed, "#text")
    def _typed(self, event: Input.Changed) -> None:
        self._look(event.value)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def _look(self, text: str) -> None:
        self._choices = None

        async def fill() -> None:
            try:
                await self._fill(text)
            except Exception:
                self._choices, self._waiting = [], None
                before_others(self.app)
                raise

        latest: Any = fill
        self.run_worker(latest, group="find", exclusive=True, exit_on_error=False)

    async def _fill(self, text: str) -> None:
        choices = list(await self._find(text))
        self._choices = choices
        options = self.query_one("#choices", OptionList)
        options.clear_options()
        for index, one in enumerate(choices):
            number = (f"{index + 1}  " if index < 9 else "   ") if self._numbered and not text else ""
            options.add_option(Option(harmless(Content.assemble((number, "$accent"), one.label))))
        if choices:
            options.highlighted = 0
        else:
            options.add_option(Option(Content("nothing found"), disabled=True))
        if self._waiting is not None:
            pressed, self._waiting = self._waiting, None
            self.handle(pressed) if pressed == "Enter" else self.early(pressed)
            before_others(self.app)

    def _choose(self, index: int | None) -> None:
        if self._choices is not None and index is not None and index < len(self._choices):
            self.dismiss(self._choices[index].value)

    def before_field(self, event: events.Key) -> bool:
        """Take digits and shortcuts while nothing is typed."""
        return not self.text and self.early(token(event.key, event.character))

    @property
    def waits(self) -> bool:
        """Whether a choice waits for what there is to choose from; what follows it is meant for later."""
        return self._waiting is not None

    @property
    def text(self) -> str:
        """What is typed."""
        return next((field.value for field in self.query(Input)), "")

    def early(self, pressed: str) -> bool:
        """Take a digit or a shortcut while nothing is typed; return whether it was one."""
        if pressed in self._shortcuts:
            self._shortcuts[pressed](self)
            return True
        if not self._numbered or pressed not in "123456789":
            return False
        if self._choices is None:
            self._waiting = pressed
        else:
            self._choose(int(pressed) - 1)
        return True

    def handle(self, pressed: str) -> bool:
        """Move the cursor of the choices, or choose."""
        options = self.query_one("#choices", OptionList)
        moves: dict[str, Callable[[], object]] = {
            "Down": options.action_cursor_down,
            "C-n": options.action_cursor_down,
            "Up": options.action_cursor_up,
            "C-p": options.action_cursor_up,
            "PgDn": options.action_page_down,
            "PgUp": options.action_page_up,
        }
        if pressed in moves:
            moves[pressed]()
        elif pressed == "Enter" and self._choices is None:
            self._waiting = pressed
        elif pressed == "Enter":
            self._choose(options.highlighted)
        else:
            return False
        return True


class Prompt(Dialog):
    """Ask for one line; the answer is the text, or None.

    Args:
        title: what is asked.
        value: what stands there already.
        placeholder: an example, shown while empty.
        password: True to hide what is typed.
        foot: the last line.
    """

    def __init__(
        self,
        title: Content,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        foot: str = "Enter accepts · Esc leaves",
    ) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._placeholder = placeholder
        self._password = password
        self._foot = foot

    def compose(self) -> ComposeResult:
        """Title, field, foot."""
        with Vertical():
            yield Plain(self._title, classes="title")
            yield Entry(
                self._value,
                placeholder=self._placeholder,
                password=self._password,
                id="text",
                before=self.claim,
            )
            yield Plain(Content(self._foot), classes="foot")

    def on_mount(self) -> None:
        """Put the cursor behind what stands there."""
        field = self.query_one("#text", Input)
        self.set_focus(field)
        field.cursor_position = len(field.value)

    def handle(self, pressed: str) -> bool:
        """Answer with what is typed."""
        if pressed != "Enter":
            return False
        for field in self.query(Entry):
            self.dismiss(field.value)
        return True


class Confirm(Dialog):
    """Ask yes or no; ``y`` is True, anything that leaves is False or None.

    Args:
        question: what will happen, with its count.
        detail: more about it.
        keys: further answers, key -> (value, what it does).
    """

    def __init__(
        self,
        question: Content,
        detail: Content | None = None,
        keys: Mapping[str, tuple[object, str]] | None = None,
    ) -> None:
        super().__init__()
        self._question = question
        self._detail = detail
        self._keys: dict[str, tuple[object, str]] = {"y": (True, "yes"), "n": (False, "no"), **(keys or {})}

    def compose(self) -> ComposeResult:
        """Question, detail, the keys that answer."""
        with Vertical():
            yield Plain(self._question, classes="title")
            if self._detail is not None:
                yield Plain(self._detail)
            yield Plain(
                Content(" · ".join(f"{key} {words}" for key, (_, words) in self._keys.items()) + " · Esc"),
                classes="foot",
            )

    def handle(self, pressed: str) -> bool:
        """Answer."""
        if pressed in self._keys:
            self.dismiss(self._keys[pressed][0])
        return True


class Panel(Dialog):
    """Show a text until a key closes it.

    Args:
        title: the first line.
        text: what to read; may be filled later by ``show``.
    """

    def __init__(self, title: Content, text: Content | None = None) -> None:
        super().__init__()
        self._title = title
        self._text = text or Content("…")

    def compose(self) -> ComposeResult:
        """Title, text, foot."""
        with Vertical():
            yield Plain(self._title, classes="title")
            with VerticalScroll(can_focus=False, id="text"):
                yield Plain(self._text, id="panel")
            yield Plain(Content("j k scroll · q closes"), classes="foot")

    def show(self, text: Content) -> None:
        """Replace the text."""
        self._text = text
        for panel in self.query("#panel").results(Plain):
            panel.update(text)

    def handle(self, pressed: str) -> bool:
        """Scroll or close."""
        scroll = self.query_one("#text", VerticalScroll)
        if pressed in ("j", "Down"):
            scroll.scroll_down(animate=False)
        elif pressed in ("k", "Up"):
            scroll.scroll_up(animate=False)
        elif pressed in ("PgDn", "Space", "C-d"):
            scroll.scroll_page_down(animate=False)
        elif pressed in ("PgUp", "C-u"):
            scroll.scroll_page_up(animate=False)
        elif pressed in ("q", "Enter", "w", "?"):
            self.dismiss(None)
        return True
