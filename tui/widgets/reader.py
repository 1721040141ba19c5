"""The reading pane: who, when, what hangs on it, then the text, wrapped only as far as it is looked at."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui import cells, look
from tui.engine.model import Address, Body, Row
from tui.widgets.longtext import LongText
from tui.widgets.passages import (
    is_linked,
    is_patch,
    is_quote,
    is_within_quote,
    linked,
    marked,
    named,
    patch_ink,
    quote_level,
    quoted,
    states,
)
from tui.widgets.wrapped import SOUGHT, Job, Wrapped, Written

if TYPE_CHECKING:
    from tui.engine.findings import Findings

FOLDED_QUOTE = 3
"""Quotes of at least this many lines are folded to one line."""

COUNTED = 250
"""Lines of a quote that are counted in one go."""

ALL_QUOTES = 99
"""More levels of quotes than anybody writes."""

SIGNATURE = 40
"""Lines that a signature has at most."""

MEASURE = 92
"""Text is wrapped at this many cells even in a wider pane: longer lines tire."""


class Reader(Wrapped):
    """One message. ``show`` gives it; keys are the screen's."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.row: Row | None = None
        self.body: Body | None = None
        self.own: frozenset[str] = frozenset()
        self.findings: Findings | None = None
        self.hint = ""
        self.all_headers = self.other = False
        self.quotes_shown = 0

    # Content

    def show(self, row: Row | None, body: Body | None = None, own: Collection[str] = ()) -> None:
        """Show a message; None empties the pane.

        Args:
            row: the message.
            body: its text; None or state ``header`` while it is still on its way.
            own: own addresses, lower case, which are written "me".

        The same message again (its body arrived, a flag changed) keeps the place of reading.
        """
        same = row is not None and self.row is not None and row.id == self.row.id
        if same and row == self.row and body == self.body:
            return
        self.row, self.body, self.own = row, body, frozenset(own)
        self._source = LongText(body.text if body is not None else "")
        if not same:
            self.top, self._job = 0, None
            self.all_headers = self.other = False
            self.quotes_shown = 0
            self.findings, self.hint, self.sought = None, "", ""
        self.write_again()

    def add(self, findings: Findings, hint: str = "") -> None:
        """Show what else was found of the message that is shown; what was found of another one is dropped.

        Args:
            findings: what was found.
            hint: what can be done about it, with its key.
        """
        if self.row is not None and findings.message == self.row.id and findings != self.findings:
            self.findings, self.hint = findings, hint
            self.write_again()

    @property
    def waiting(self) -> bool:
        """Whether the text of the message shown isn't here yet."""
        return self.row is not None and (self.body is None or self.body.state == "header")

    def toggle_headers(self) -> None:
        """Show all headers, or the few (``h``)."""
        self.all_headers = not self.all_headers
        self.top = 0
        self.write_again()

    def toggle_other(self) -> None:
        """Show the message's other version, or the usual one again; ``show`` brings its text."""
        self.other = not self.other
        self.top = 0

    def usual(self) -> bool:
        """Go back to the few headers and the usual version; return whether anything else was shown."""
        if not self.all_headers and not self.other:
            return False
        self.all_headers = self.other = False
        self.top = 0
        self.write_again()
        return True

    def toggle_quotes(self) -> None:
        """Unfold quoted lines by one more level, or fold all where all are shown (``z a``)."""
        self._start(self._toggling())

    def _toggling(self) -> Job:
        count = len(self._source)
        for start in range(0, count, SOUGHT):
            if any(map(self._deeper, range(start, min(start + SOUGHT, count)))):
                self._show_quotes(self.quotes_shown + 1)
                return
            yield
        self._show_quotes(0 if self.quotes_shown else 1)

    def open_quotes(self, show: bool) -> None:
        """Unfold (``z o``) or fold (``z c``) all quoted lines."""
        self._show_quotes(ALL_QUOTES if show else 0)

    def _show_quotes(self, levels: int) -> None:
        if levels != self.quotes_shown:
            self.quotes_shown = levels
            self.write_again()

    def resized(self) -> None:
        """Wrap anew for the new width; the line at the top stays there."""
        self.write_again()

    def unfold(self) -> None:
        """Show all quotes."""
        self.quotes_shown = ALL_QUOTES

    # Drawing

    def draw_title(self, width: int) -> look.Line:
        """Draw the subject, and how far one has read."""
        if self.row is None:
            return ((" Reading", "title" if self.has_focus else "dim"),)
        ink = "title" if self.has_focus else "strong"
        right = "" if self.waiting else self.how_far()
        return look.spread([(" ", ""), (self.row.subject or "(no subject)", ink)], [(right, "dim"), (" ", "")], width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw one wrapped line."""
        self._wrap_to(index + 1)
        line = self._lines[index] if index < len(self._lines) else ()
        if self.sought and index < len(self._origins) and self._origins[index] >= 0:
            line = tuple(piece for one in line for piece in marked(one, self.sought))
        return self.strip(((" ", ""), *line), width)

    # Writing: lines one after another, only as many as are asked for

    def written(self) -> Written:
        """Yield the lines of the message: who and when, what was found of it, its text."""
        if self.row is None:
            yield (("Enter opens a message here.", "dim"),)
            return
        room = max(10, self.size.width - 2)
        yield from self._head(self.row, room)
        yield ()
        if self.body is None or self.body.state == "header":
            yield (("The text is on its way …", "dim"),)
            return
        if self.body.state == "raw":
            yield (("This message could not be read as mail; here it is as it came.", "warn"),)
            yield ()
        yield from self._text(min(room, MEASURE))

    def _head(self, row: Row, room: int) -> Iterator[look.Line]:
        if cells.width(row.subject) > room - 6:
            for part in cells.wrap(row.subject, room)[:6]:
                yield ((part, "strong"),)
        yield look.spread(named(row.sender), [(look.full_date(row.date, look.now()), "dim")], room)
        recipients = f"to {self._people(row.to)}" if row.to else "to nobody"
        if row.cc:
            recipients += f" · cc {self._people(row.cc)}"
        yield look.spread([(recipients, "dim")], self._facts(row), room)
        for text, ink in states(row):
            yield ((text, ink),)
        if self.findings is not None:
            for text, ink in self.findings.lines:
                for part in cells.wrap(text, min(room, MEASURE)):
                    yield ((part, ink),)
            if self.hint:
                yield ((f"  {self.hint}", "accent"),)
        if self.body is None:
            return
        for attachment in self.body.attachments:
            about = f"{look.size(attachment.size)} · {attachment.type}"
            name = [(f"📎 {attachment.part} ", "dim"), (attachment.name or "(no name)", "")]
            yield look.spread(name, [(about, "dim")], min(room, MEASURE))
            lie = self.findings.lies.get(attachment.part) if self.findings is not None else None
            if lie:
                yield from (((part, "bad"),) for part in cells.wrap(f"  ! Careful: {lie}.", min(room, MEASURE)))
        if self.all_headers:
            yield ()
            for name_of, value in self.body.headers:
                parts = cells.wrap(value, max(10, room - cells.width(name_of) - 2))
                yield ((f"{name_of}: ", "dim"), (parts[0], ""))
                yield from ((("    " + part, ""),) for part in parts[1:])

    def _facts(self, row: Row) -> list[look.Piece]:
        """Return what the right end of the recipients' line says: the verdict on the sender, how long the thread is."""
        facts: list[look.Piece] = []
        if self.findings is not None and self.findings.verdict:
            facts.append((self.findings.verdict, "bad" if self.findings.doubtful else "dim"))
        if row.thread_size > 1:
            facts += [(" · ", "dim")] * bool(facts) + [(f"{row.thread_size} in thread", "dim")]
        return facts

    def _people(self, people: tuple[Address, ...]) -> str:
        names = ["me" if one.email.lower() in self.own else look.person(one.name, one.email) for one in people[:6]]
        return ", ".join(names) + (f" and {len(people) - 6} more" if len(people) > 6 else "")

    def _quotes(self, index: int, room: int) -> Generator[look.Line | None, None, int]:
        """Yield the quote at a line, runs of what is deeper than what is shown as one line each; return its end."""
        source = self._source
        while is_within_quote(source, index):
            self._at, stop = index, index + 1
            if self._deeper(index):
                while is_within_quote(source, stop) and (self._deeper(stop) or not source[stop].strip()):
                    stop += 1
                    if not (stop - index) % COUNTED:
                        yield None
            if stop - index >= FOLDED_QUOTE:
                bars = "▏" * self.quotes_shown + " " * bool(self.quotes_shown)
                yield ((bars, "faint"), (f"▸ {look.counted(stop - index, 'quoted line')}", "dim"))
            else:
                for self._at in range(index, stop):
                    yield from quoted(source[self._at], room)
            index = stop
        return index

    def _is_short(self, index: int) -> bool:
        """Tell whether what begins at a line ends soon, by a quote or the end, as a signature does."""
        near = self._source[index : index + SIGNATURE]
        return len(near) < SIGNATURE or any(map(is_quote, near))

    def _deeper(self, index: int) -> bool:
        return quote_level(self._source[index]) > self.quotes_shown

    def _text(self, room: int) -> Written:
        index, source = 0, self._source
        older = self.body.older if self.body is not None else -1
        patch = signed = False
        if not source:
            yield (("(no text)", "dim"),)
        while index < len(source):
            text = source[index]
            self._at = index
            if is_quote(text):
                index = yield from self._quotes(index, room)
                continue
            if index == older:
                if not self.quotes_shown:
                    yield ((f"▸ {look.counted(len(source) - index, 'line')} of earlier messages", "dim"),)
                    return
                for self._at in range(index, len(source)):
                    yield from quoted(source[self._at], room, least=1)
                return
            if is_linked(text):
                yield from linked(text, room)
                index += 1
                continue
            signed = signed or (text.rstrip() == "--" and self._is_short(index))
            patch = patch or is_patch(text)
            ink = "dim" if signed else patch_ink(text) if patch else ""
            yield from (((part, ink),) for part in cells.wrapping(text.expandtabs(), room))
            index += 1
