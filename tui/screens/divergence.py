"""Messages that a server has otherwise than this workspace: what differs, and three answers for one or for the marked.

The line above the keys says what each answer would do with the message under the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.strip import Strip

from tui import cells, look
from tui.engine import events
from tui.engine.commands import Command, FollowServer, LeaveAlone, PushMine
from tui.engine.model import Difference, Divergence
from tui.engine.reads import divergences
from tui.screens.dealing import Dealing
from tui.screens.dialogs import Confirm, Panel
from tui.widgets.plain import Plain
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine

_MARKS: dict[Difference, look.Piece] = {
    Difference.GONE: ("⌫", "warn"),
    Difference.MOVED: ("→", "warn"),
    Difference.FLAGS: ("≠", "warn"),
    Difference.DELETED: ("×", "bad"),
    Difference.UNFILED: ("!", "bad"),
}


def answers(row: Divergence) -> tuple[str, str]:
    """Return what following the server and pushing mine would do with a message, in a few words each."""
    match row.difference:
        case Difference.GONE:
            return "takes it away here, a deal keeps it", f"puts it back into {row.here}"
        case Difference.MOVED:
            return f"moves it to {row.there} here", f"moves it to {row.here} there"
        case Difference.FLAGS:
            return f"makes it {row.there} here", f"makes it {row.here} there"
        case Difference.DELETED:
            return f"shows it again in {row.there}", "deletes it there for ever"
        case _:
            return "takes it away here", f"puts it into {row.here} there"


class DivergenceList(RowList[Divergence]):
    """Messages that differ, the newest first."""

    read = False

    def line_count(self) -> int:
        """Return the number of messages, or one line that says that there are none."""
        return len(self.ids) or 1

    def draw_title(self, width: int) -> look.Line:
        """``Servers differ · 12 · 3 marked``."""
        left: list[look.Piece] = [(" ", ""), ("Servers differ", "title"), (f" · {look.count(len(self.ids))}", "dim")]
        if self.marks:
            left.append((f" · {look.count(len(self.marks))} marked", "accent"))
        return look.spread(left, [("↓ newest ", "dim")] if width > 60 else [], width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw a message, or the words of an empty list."""
        if not self.ids:
            words = "  Every message is as its server has it." if self.read else "  Comparing …"
            return self.strip(((words, "dim"),), width)
        return super().draw_line(index, width)

    def draw_row(self, row: Divergence, width: int) -> look.Line:
        """Draw what differs, where it is here and there, who and what, and the server's refusal."""
        both = f"{row.here or '–'} → {row.there or '–'}"
        place = max(22, min(40, width // 4))
        date = look.date(row.date, look.now(), short=True)
        line: list[look.Piece] = [_MARKS[row.difference], (f" {cells.fit(row.difference.value, 13)}", "dim")]
        line.append((cells.fit(both, place) + " ", ""))
        line.append((cells.fit(row.sender, 18 if width >= 100 else 12) + " ", "dim"))
        room = width - sum(cells.width(text) for text, _ in line) - 8
        what = f"{row.subject}  ! {row.refused}" if row.refused else row.subject
        return look.spread([*line, (cells.fit(what, max(4, room)), "")], [(f"{date} ", "dim")], width)


class DivergenceScreen(Dealing):
    """Settle what differs: follow the server, push mine, or leave it."""

    where = "divergence"
    watched = (events.MessagesChanged, events.MessagesAdded, events.MessagesRemoved, events.OperationsChanged)

    DEFAULT_CSS = """
    DivergenceScreen #about { dock: bottom; height: 1; margin: 0 0 1 0; padding: 0 1; color: $text-muted;
                              text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[int, Divergence] = {}

    def compose(self) -> ComposeResult:
        """The list, what the answers do, its keys."""
        yield DivergenceList(self._fetch, id="rows")
        yield Plain(id="about")
        yield StatusLine(id="status")

    def _fetch(self, ids: Sequence[int]) -> Sequence[Divergence]:
        return [self._found[one] for one in ids if one in self._found]

    async def read_rows(self) -> None:
        """Read what differs."""
        found = await self.dealdesk.host.read(divergences)
        self._found = {one.id: one for one in found}
        rows = self.query_one("#rows", DivergenceList)
        rows.read = True
        rows.invalidate()
        rows.set_ids(list(self._found))
        self._show_about()

    @on(RowList.CursorMoved, "#rows")
    def _moved(self) -> None:
        self._show_about()

    @on(RowList.MarksChanged, "#rows")
    def _marked(self) -> None:
        self.rows.refresh_title()
        self.show_hints()

    def _show_about(self) -> None:
        row = self._found.get(self.rows.cursor_id or 0)
        key = self.dealdesk.keymap.first_key
        words = ""
        if row is not None:
            follow, push = answers(row)
            words = f"{key('divergence.follow')} {follow} · {key('divergence.push')} {push}"
        self.query_one("#about", Plain).update(Content(words))

    # Answers

    def do_divergence_follow(self) -> None:
        """Take over what the server has."""
        self._answer(FollowServer)

    def do_divergence_push(self) -> None:
        """Have the server become what is here; a deletion is asked about first."""
        ids = self.rows.targets
        deleting = sum(self._found[one].difference is Difference.DELETED for one in ids if one in self._found)
        if not deleting:
            self._answer(PushMine)
            return

        def answered(answer: object) -> None:
            if answer is True:
                self._answer(PushMine, ids)

        self.over(Confirm(Content(f"Delete {look.counted(deleting, 'message')} on the server for ever?")), answered)

    def do_divergence_leave(self) -> None:
        """Leave both sides as they are."""
        self._answer(LeaveAlone)

    def _answer(self, kind: Callable[[Sequence[int]], Command], ids: Sequence[int] = ()) -> None:
        targets = ids or self.rows.targets
        if not targets:
            self.tell("Nothing differs here.")
            return
        self.rows.clear_marks()
        self.command(kind(targets))

    def do_divergence_open(self) -> None:
        """Read the message."""
        number = self.rows.cursor_id
        if number is None:
            self.tell("Nothing differs here.")
            return
        row = self._found[number]
        panel = Panel(Content(f"{row.subject or '(no subject)'} · {row.sender}"))
        self.over(panel)
        self.work(self._open(number, panel))

    async def _open(self, number: int, panel: Panel) -> None:
        body = await self.dealdesk.host.read(lambda reader: reader.body(number))
        panel.show(Content(body.text or "Its text is not here."))

    # Marks

    def do_mark_step(self) -> None:
        """Mark this one and step down."""
        self.rows.mark_and_step()

    def do_mark_range(self) -> None:
        """Begin or end a range."""
        self.rows.toggle_range()

    def do_mark_all(self) -> None:
        """Mark all, or none."""
        self.rows.mark_all()

    def do_sync_now(self) -> None:
        """Ask the servers now."""
        self.work(self.dealdesk.ask(lambda engine: engine.sync_now()))
