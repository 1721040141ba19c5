"""Notes: one line at once, or many in a form; read as Markdown, changed and deleted where they are read."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import TextArea

from tui import look, markdown
from tui.engine.model import TimelineEntry
from tui.keymaps import token
from tui.screens.dialogs import Dialog, Panel, Prompt
from tui.widgets.entry import Entry, InTurn
from tui.widgets.plain import Plain

CHANGE, DELETE = "change", "delete"
"""What a note that is read may be asked to become."""
_SAVES = ("C-s", "F9", "C-Enter")


class NotePrompt(Prompt):
    """Ask for a note in one line; ``C-o`` goes on with it in a form. The answer is the text, or None."""

    def __init__(self, title: Content) -> None:
        super().__init__(
            title, placeholder="Markdown, if you like", foot="Enter writes it · C-o more lines · Esc leaves"
        )
        self._named = title

    def handle(self, pressed: str) -> bool:
        """Go on in the form."""
        if pressed != "C-o":
            return super().handle(pressed)
        self.app.push_screen(NoteForm(self._named, self.query_one(Entry).value), self._written)
        return True

    def _written(self, text: object) -> None:
        if text is not None:
            self.dismiss(text)


class NoteArea(InTurn, TextArea):
    """The text of a note."""


class NoteForm(Dialog):
    """Write a note of many lines; the answer is the text, or None.

    Args:
        title: the first line.
        text: what stands there already.
    """

    DEFAULT_CSS = """
    NoteForm TextArea { height: 16; max-height: 70vh; border: none; background: $boost; padding: 0; }
    NoteForm TextArea:focus { border: none; }
    """

    def __init__(self, title: Content, text: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._warned = False

    def compose(self) -> ComposeResult:
        """Title, text, foot."""
        with Vertical():
            yield Plain(self._title, classes="title")
            area = NoteArea(self._text, id="text")
            area.before = self.claim
            yield area
            yield Plain(Content("Markdown · C-s saves · Esc leaves"), classes="foot")

    def on_mount(self) -> None:
        """Begin behind what stands there."""
        area = self.query_one(NoteArea)
        self.set_focus(area)
        area.move_cursor(area.document.end)

    def take(self, pressed: str) -> bool:
        """Save, or leave; what was changed is lost only by leaving twice."""
        text = next((area.text for area in self.query(NoteArea)), self._text)
        if pressed in _SAVES:
            self.dismiss(text if text.strip() else None)
        elif pressed in ("Esc", "C-q") and (self._warned or text == self._text):
            self.dismiss(None)
        elif pressed in ("Esc", "C-q"):
            self._warned = True
            self.query_one(".foot", Plain).update(Content("It is not saved: C-s saves · Esc again throws it away"))
        else:
            self._warned = False
            return False
        return True

    def handle(self, pressed: str) -> bool:
        """Begin a line, where Enter came before the text had the focus."""
        if pressed != "Enter":
            return False
        for area in self.query(NoteArea):
            area.insert("\n")
        return True

    def before_field(self, event: events.Key) -> bool:
        """Take the form's keys, also when the text has not the focus yet."""
        return self.take(token(event.key, event.character))


class NotePanel(Panel):
    """A note as it is read; ``e`` and ``D`` answer ``CHANGE`` and ``DELETE``."""

    def __init__(self, entry: TimelineEntry, width: int) -> None:
        super().__init__(Content(f"Note of {look.full_date(entry.at, look.now())}"), rendered(entry.detail, width))

    def on_mount(self) -> None:
        """Say what the keys do."""
        self.query_one(".foot", Plain).update(Content("j k scroll · e changes it · D deletes it · q closes"))

    def handle(self, pressed: str) -> bool:
        """Answer, scroll or close."""
        if pressed in ("e", "D"):
            self.dismiss(CHANGE if pressed == "e" else DELETE)
            return True
        return super().handle(pressed)


def rendered(text: str, width: int) -> Content:
    """Return a note as Content for a dialog on a screen of that width."""
    room = min(110, width * 9 // 10) - 5
    return Content("\n").join([look.content(line) for line in markdown.lines(text, room)])


def told(entry: TimelineEntry, width: int) -> Panel:
    """Return the panel that tells an entry of a story whole: a note as it is read, a change with who made it."""
    if entry.kind == "note":
        return Panel(Content(f"Note of {look.full_date(entry.at, look.now())}"), rendered(entry.detail, width))
    by = Content.assemble(("\n\nby ", "$text-muted"), entry.detail) if entry.detail else Content("")
    when = Content.assemble((f"\n\n{look.full_date(entry.at, look.now())}", "$text-muted"))
    return Panel(Content(entry.title.partition(":")[0].capitalize()), Content(entry.title) + when + by)
