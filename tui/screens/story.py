"""A deal, a person or an organization with its whole story: what is known at the left, what happened at the right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import events as ui
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from tui import look
from tui.engine import events, oneline
from tui.engine.model import Activity, TimelineEntry, View, Waiting
from tui.screens.dealing import Dealing
from tui.screens.dialogs import Confirm, Panel
from tui.screens.noting import CHANGE, DELETE, NoteForm, NotePanel, told
from tui.screens.reasons import history_text
from tui.widgets.lines import Item, LinePane
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine
from tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.reads import Reader

LONGEST = 20_000
"""Entries of a story that are read at most."""

FIRST = 200
"""Entries that are shown at once; the others follow."""

KINDS = ("", "mail", "note", "activity", "change", "file")
"""What a story can be narrowed to, as the key goes through them; "" is everything."""

KIND_NAMES = {"mail": "mail", "note": "notes", "activity": "tasks", "change": "changes", "file": "files"}


def first_page(story: Sequence[TimelineEntry], longest: int) -> bool:
    """Return whether this is the first page of a longer story: what has to be computed from all of it comes later."""
    return longest == FIRST == len(story)


class Unlinked(NamedTuple):
    """The line "in your mailbox, not linked": counted when it is shown and kept nowhere (R27)."""

    query: str
    messages: int


NOTHING = Unlinked("", 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a story screen shows at the left, and the story.

    Args:
        heading: the name, and ``detail`` what stands right of it.
        items: the lines for a width in cells and the present.
        entries: the story, newest first.
        removal: what goes and what stays when it is deleted.
        emails: whom mail from here is to.
        fields: what can be changed, with what it says.
        amend: changes a field into what was typed; returns what was done.
        choices: the fields for which there is something to choose from, with that.
        unlinked: their mail that is linked to nothing.
    """

    heading: str
    detail: str
    items: Callable[[int, float], list[Item]]
    entries: Sequence[TimelineEntry]
    removal: str = ""
    emails: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    amend: Callable[[Engine, str, str], Awaitable[str]] | None = None
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unlinked: Unlinked = NOTHING


class FactsPane(LinePane):
    """Lines about one thing; some of them lead to other things."""

    def show(self, facts: Facts, now: float) -> None:
        """Show these facts."""
        self.heading = (((facts.heading, ""),), ((facts.detail, ""),) if facts.detail else ())
        self.set_items(facts.items(max(10, self.size.width - 2), now))
        self.refresh_title()


class StoryScreen(Dealing):
    """The facts and the story of one thing; subclasses read them."""

    where = "page"
    entity = ""
    """What it is: ``deal``, ``person`` or ``organization``."""
    number: int
    """The id of the thing."""
    watched = (events.DealsChanged, events.PersonsChanged, events.MessagesChanged)

    DEFAULT_CSS = """
    StoryScreen #story { height: 1fr; }
    StoryScreen #facts { width: 38%; min-width: 30; max-width: 56; border-right: solid $border; }
    StoryScreen #rows { width: 1fr; }
    StoryScreen.-narrow #story { layout: vertical; }
    StoryScreen.-narrow #facts { width: 1fr; max-width: 999; height: 12; border-right: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium")]  # noqa: RUF012 Textual's own shape

    def __init__(self) -> None:
        super().__init__()
        self.facts: Facts | None = None
        self.kind = ""

    def compose(self) -> ComposeResult:
        """Facts, story, keys."""
        with Horizontal(id="story"):
            yield FactsPane(id="facts")
            yield Timeline(id="rows")
        yield StatusLine(id="status")

    @property
    def timeline(self) -> Timeline:
        """The story."""
        return self.query_one("#rows", Timeline)

    @property
    def facts_pane(self) -> FactsPane:
        """What is known."""
        return self.query_one("#facts", FactsPane)

    @property
    def steps(self) -> Any:
        """What the cursor keys move: the pane with the focus."""
        return self.facts_pane if self.facts_pane.has_focus else self.timeline

    def read_facts(self, reader: Reader, longest: int) -> Facts:
        """Read what is shown, of the story at most ``longest`` entries; run beside the screen."""
        return Facts("", "", lambda width, now: [], ())

    async def read_rows(self) -> None:
        """Read facts and story."""
        if self.facts is None:
            self.facts = await self.dealdesk.host.read(lambda reader: self.read_facts(reader, FIRST))
            self.show_facts(reset=True)
            if len(self.facts.entries) < FIRST:
                return
            self.release()
        self.facts = await self.dealdesk.host.read(lambda reader: self.read_facts(reader, LONGEST))
        self.show_facts()

    def show_facts(self, *, reset: bool = False) -> None:
        """Show what was read, as far as the kind chosen lets it through."""
        from tui import look

        if self.facts is None:
            return
        self.facts_pane.show(self.facts, look.now())
        shown = [one for one in self.facts.entries if not self.kind or one.kind == self.kind]
        self.timeline.note = f"only {KIND_NAMES[self.kind]}" if self.kind else ""
        self.timeline.show(shown, reset=reset)

    def on_resize(self, event: ui.Resize) -> None:
        """Lay the facts out for the new width."""
        self.call_after_refresh(self.show_facts)

    # Moving and opening

    def do_pane_next(self) -> None:
        """To the other pane."""
        other = self.timeline if self.facts_pane.has_focus else self.facts_pane
        self.set_focus(other)

    def do_pane_previous(self) -> None:
        """To the other pane."""
        self.do_pane_next()

    def do_story_open(self) -> None:
        """Open what the cursor is on."""
        if self.facts_pane.has_focus:
            self.facts_pane.open()
        elif self.timeline.cursor_entry is not None:
            self.open_entry(self.timeline.cursor_entry)

    @on(RowList.Opened, "#rows")
    def _opened(self, event: RowList.Opened) -> None:
        event.stop()
        self.do_story_open()

    @on(LinePane.Chosen, "#facts")
    def _chosen_fact(self, event: LinePane.Chosen) -> None:
        event.stop()
        self.open_fact(event.key)

    def open_fact(self, key: Hashable) -> None:
        """Open what a line of the facts stands for."""
        from tui.screens.stories import screen_of

        match key:
            case Unlinked(query, _):
                view = View("all", query=query)
                self.to_workspace(lambda workspace: workspace.show_view(view, "Not linked", keep=True))
            case Activity(id=number):
                self.finish(number)
            case Waiting(mail=number) if self.facts is not None:
                for entry in self.facts.entries:
                    if entry.kind == "mail" and entry.id == number:
                        self.open_entry(entry)
            case _:
                screen = screen_of(key)
                if screen is not None and (type(screen), screen.number) != (type(self), self.number):
                    self.over(screen)

    def open_entry(self, entry: TimelineEntry) -> None:
        """Open an entry: a mail where it is, an activity to be finished, else its text."""
        if entry.kind in ("mail", "file") and entry.message is not None:
            message = entry.message
            self.to_workspace(lambda workspace: workspace.work(workspace.open_elsewhere(message)))
        elif entry.kind in ("mail", "file") and entry.id is not None:
            self.work(self._kept(entry.id, entry.title))
        elif entry.kind == "activity" and entry.id is not None and entry.detail == "planned":
            self.finish(entry.id)
        elif entry.kind == "note" and entry.id is not None:
            self._open_note(entry, entry.id)
        else:
            self.over(told(entry, self.app.size.width))

    def _open_note(self, entry: TimelineEntry, note_id: int) -> None:
        """Show a note as it is read, and change or delete it when that is asked."""

        def answered(answer: object) -> None:
            if answer == DELETE:
                self.work(self.told(lambda engine: oneline.delete_note(engine, note_id)))
            elif answer == CHANGE:
                self.over(NoteForm(Content("Change the note"), entry.detail), changed)

        def changed(text: object) -> None:
            if text is not None:
                self.work(self.told(lambda engine: oneline.change_note(engine, note_id, str(text))))

        self.over(NotePanel(entry, self.app.size.width), answered)

    async def _kept(self, mail_id: int, title: str) -> None:
        mail = await self.dealdesk.host.read(lambda reader: reader.crm.mail(mail_id))
        whose = (f"from the mailbox of {mail.mailbox}\n\n", "$text-muted")
        self.over(Panel(Content(title), Content.assemble(whose, mail.text)))

    def do_story_kind(self) -> None:
        """Show only mail, notes, tasks, changes or files; then everything again."""
        there = {one.kind for one in self.facts.entries} if self.facts is not None else set()
        kinds = [one for one in KINDS if not one or one in there]
        at = kinds.index(self.kind) if self.kind in kinds else 0
        self.kind = kinds[(at + 1) % len(kinds)]
        self.show_facts(reset=True)

    # Changing

    def finish(self, activity_id: int) -> None:
        """Mark an activity as done."""

        async def done(engine: Engine) -> str:
            return (await engine.record(await engine.activities.done(activity_id))).title

        self.work(self.told(done))

    def do_activity_done(self) -> None:
        """Mark the task under the cursor as done."""
        entry, key = self.timeline.cursor_entry, self.facts_pane.cursor_key
        if self.facts_pane.has_focus and isinstance(key, Activity):
            self.finish(key.id)
        elif entry is not None and entry.kind == "activity" and entry.id is not None and entry.detail == "planned":
            self.finish(entry.id)
        else:
            self.tell("There is no task to finish here.")

    def do_story_link(self) -> None:
        """List their mail that is linked to nothing, to be linked there."""
        if self.facts is None or not self.facts.unlinked.messages:
            self.tell("All their mail that is here is linked.")
        else:
            self.open_fact(self.facts.unlinked)

    def do_story_history(self) -> None:
        """Say who changed what and when, with what it was before."""
        panel = Panel(Content("History"))
        self.over(panel)
        self.work(self._history(panel))

    async def _history(self, panel: Panel) -> None:
        found = await self.dealdesk.host.read(lambda reader: reader.crm.history(self.entity, self.number))
        panel.show(history_text(found, look.now()))

    def do_story_edit(self) -> None:
        """Change one of the fields."""
        if self.facts is None or self.facts.amend is None:
            return
        self.ask_change(self.facts.fields, self.facts.choices, self.facts.amend)

    def do_mail_compose(self) -> None:
        """Write to the people of this story."""
        self.write_to(self.facts.emails if self.facts is not None else (), self.deal_id())

    def deal_id(self) -> int | None:
        """Return the deal that mail written here belongs to."""
        return None

    def ask_removal(self, question: str, detail: str, remove: Callable[[Engine], Awaitable[str]]) -> None:
        """Ask, say what goes and what stays, remove, and leave."""

        async def done() -> None:
            said = await self.dealdesk.ask(remove)
            self.dismiss(None)
            self.app.notify(said, markup=False)

        self.over(
            Confirm(Content(question), Content(f"{detail} u takes it back.")),
            lambda yes: self.work(done()) if yes is True else None,
        )
