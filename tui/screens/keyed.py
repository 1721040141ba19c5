"""The screen that all others are: its keys come from the action table, sequences included, and nothing else does.

A key that arrives while another screen is being shown is passed on to that one, so that it reaches what it was
meant for; a key in a text field stays there; a paste is no key at all.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from tui import keymaps
from tui.actions import BY_ID, Action
from tui.engine.errors import DealdeskError
from tui.engine.text import clean
from tui.screens.leaving import LeftOnce
from tui.turns import before_others
from tui.widgets.entry import InTurn
from tui.widgets.plain import Plain

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from tui.app import DealdeskApp

Result = TypeVar("Result")

HINT_AFTER = 0.3
"""Seconds after the first key of a sequence until the keys that may follow are shown."""


def sentence(error: BaseException) -> str:
    """Return an error as the one sentence that a person reads."""
    if isinstance(error, DealdeskError):
        return str(error)
    return f"Something went wrong that should not: {type(error).__name__}: {error}. The log has the details."


def text_area(widget: Widget | None) -> TextArea | None:
    """Return the widget if it is a text area; their code is slow to import and no list needs it."""
    module = sys.modules.get("textual.widgets._text_area")
    return widget if module is not None and isinstance(widget, module.TextArea) else None


def type_into(field: Widget | None, event: events.Key) -> bool:
    """Type a letter into a text field that has the focus; return whether it was one.

    A letter reaches a screen only when it was pressed before the field had the focus, for a field keeps its letters.
    """
    area = text_area(field)
    if not event.is_printable or not event.character or "+" in event.key:
        return False
    if isinstance(field, Input):
        field.insert_text_at_cursor(event.character)
    elif area is not None:
        area.insert(event.character)
    else:
        return False
    event.stop()
    return True


class KeyedScreen(LeftOnce[Result], inherit_bindings=False):
    """A screen whose keys are those of the action table that are valid in ``where``."""

    where = ""
    """The pane or screen in which keys are looked up; a screen with panes overrides ``pane``."""

    DEFAULT_CSS = """
    #hint { layer: hint; dock: bottom; width: auto; height: auto; max-height: 12; margin: 0 0 1 2; padding: 0 1;
            background: $panel; color: $foreground; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._prefix: keymaps.Sequence = ()
        self._hint_timer: Timer | None = None
        self._holding = False
        self.came_back = float("-inf")
        self.pressed = ""
        """The key that is being done."""

    @property
    def dealdesk(self) -> DealdeskApp:
        """The app, typed."""
        from tui.app import DealdeskApp

        assert isinstance(self.app, DealdeskApp)
        return self.app

    def pane(self) -> str:
        """Return where keys are looked up now."""
        return self.where

    def typing(self) -> bool:
        """Return True while a text field has the focus."""
        return isinstance(self.focused, Input) or text_area(self.focused) is not None

    async def on_key(self, event: events.Key) -> None:
        """Run the action of the key or of the sequence that it ends."""
        event.prevent_default()
        if self.passed_on(event):
            return
        if type_into(self.focused, event):
            return
        if self._holding:
            event.stop()
            before_others(self.app, event)
            return
        pressed = self.pressed = keymaps.token(event.key, event.character)
        if self._prefix and pressed == "Esc":
            event.stop()
            self._forget()
            return
        sequence = (*self._prefix, pressed)
        keymap = self.dealdesk.keymap
        if action := keymap.find(self.pane(), sequence):
            event.stop()
            self._forget()
            self.run_named(action.id)
        elif keymap.following(self.pane(), sequence):
            event.stop()
            self._begin(sequence)
        elif self._prefix:
            event.stop()
            self._forget()
        elif isinstance(self.focused, InTurn) and self.focused.type_key(event.key):
            event.stop()

    def at_once(self, event: events.Key) -> bool:
        """Run the action of a key that a text field got, before the field does; return whether there was one."""
        if self._holding or event.is_printable:
            return False
        action = self.dealdesk.keymap.find(self.pane(), (keymaps.token(event.key, event.character),))
        if action is not None:
            self.run_named(action.id)
        return action is not None

    @property
    def waits(self) -> bool:
        """Whether keys wait for ``release``."""
        return self._holding

    def hold(self) -> None:
        """Let the keys that follow wait until ``release``: what they are meant for is still being read."""
        self._holding = True

    def release(self) -> None:
        """Let the keys that waited do what they mean now."""
        self._holding = False
        before_others(self.app)

    def over(self, screen: Screen[Any], then: Callable[[Any], object] | None = None) -> None:
        """Show another screen over this one, at once; ``then`` gets what it was left with.

        Keys that arrive here after it was left and before ``then`` ran are meant for what ``then`` shows; where that
        is still being read (``then`` holds the keys that follow), they wait for it too.
        """

        def left(answer: Any) -> None:
            self.came_back = time.monotonic()
            self._holding = False
            try:
                if then is not None:
                    then(answer)
            finally:
                if not self._holding:
                    self.release()

        self.hold()
        self.app.push_screen(screen, left)

    def run_named(self, action_id: str) -> None:
        """Do the action ``action_id`` now, as its key does."""
        action = BY_ID[action_id]
        method: Callable[[], object] = getattr(self, action.method)
        self._ran(action)
        result = method()
        if inspect.iscoroutine(result):
            self.work(result)

    def can(self, action: Action) -> bool:
        """Return whether this screen knows how to do ``action``."""
        return hasattr(self, action.method)

    def _ran(self, action: Action) -> None:
        """Take note of an action before it runs; for screens that show or repeat it."""

    def work(self, what: Coroutine[Any, Any, Any] | Callable[[], Awaitable[Any]], group: str = "action") -> None:
        """Run ``what`` beside the screen; an error of it is told as one sentence and ends nothing else.

        Args:
            what: a coroutine; or a function that makes one, then what ran before in ``group`` is given up for it.
            group: its kind.
        """
        if isinstance(what, Coroutine):
            self.run_worker(what, group=group, exit_on_error=False)
            return
        make = what

        async def latest() -> None:
            await make()

        # A function and not its coroutine: one that is given up before it began was then never made.
        late: Any = latest
        self.run_worker(late, group=group, exclusive=True, exit_on_error=False)

    async def put_away(self) -> None:
        """Keep what would be lost if the program ended now; most screens hold nothing of the kind."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell the error of a worker that failed."""
        event.stop()
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.tell_error(event.worker.error)

    def tell(self, text: str, severity: str = "information") -> None:
        """Show a short notice; ``text`` is never markup."""
        level: Any = severity if severity in ("information", "warning", "error") else "information"
        self.app.notify(clean(text), severity=level, markup=False, timeout=4 if level == "information" else 8)

    def tell_error(self, error: BaseException) -> None:
        """Show an error as one sentence and keep the rest of it in the log."""
        if not isinstance(error, DealdeskError):
            self.dealdesk.log_fault(error)
        self.tell(sentence(error), "error")

    def _begin(self, prefix: keymaps.Sequence) -> None:
        self._prefix = prefix
        if self._hint_timer is not None:
            self._hint_timer.stop()
        self._hint_timer = self.set_timer(HINT_AFTER, self._show_hint)

    def _forget(self) -> None:
        self._prefix = ()
        if self._hint_timer is not None:
            self._hint_timer.stop()
            self._hint_timer = None
        for hint in self.query("#hint"):
            hint.display = False

    def _show_hint(self) -> None:
        if not self._prefix:
            return
        lines = [
            Content.assemble((f"{keymaps.display(keys):>6} ", "$accent"), action.title)
            for keys, action in self.dealdesk.keymap.following(self.pane(), self._prefix)
            if self.can(action)
        ]
        text = Content("\n").join(_columns(lines, 2 if len(lines) > 10 else 1))
        found = self.query("#hint")
        if found:
            hint = found.only_one(Plain)
            hint.update(text)
            hint.display = True
        else:
            hint = Plain(text, id="hint")
            hint.styles.display = "block"
            self.mount(hint)

    def do_app_quit(self) -> None:
        """Leave the app."""
        self.app.exit()

    def do_palette_open(self) -> None:
        """Open the command palette over this screen."""
        from tui.palette import palette

        self.over(palette(self), self._chosen)

    def _chosen(self, action_id: object) -> None:
        if isinstance(action_id, str):
            self.run_named(action_id)

    def do_help_open(self) -> None:
        """Show the keys of this pane."""
        from tui.screens.help import HelpScreen

        self.over(HelpScreen(self.dealdesk.keymap, self.pane(), self.can, self.size.width))


def with_help(hints: list[tuple[str, str]], key: str, width: int) -> list[tuple[str, str]]:
    """Return footer hints with the help's key early enough that it is never what doesn't fit."""
    own = [hint for hint in hints if hint[0] == key]
    rest = [hint for hint in hints if hint[0] != key]
    place = 5 if width >= 100 else 2
    return [*rest[:place], *own, *rest[place:]]


def _columns(lines: list[Content], count: int) -> list[Content]:
    if count == 1:
        return lines
    half = (len(lines) + 1) // 2
    width = max(line.cell_length for line in lines[:half]) + 2
    right = [*lines[half:], *[Content("")] * (half - len(lines[half:]))]
    return [
        Content.assemble(left, " " * (width - left.cell_length), other)
        for left, other in zip(lines[:half], right, strict=True)
    ]
