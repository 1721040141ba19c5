"""A pane of a text that is wrapped only as far as it is looked at, however long it is.

What must go further, to its end or to a line in the middle, goes there in slices between which keys are read.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import chain

from textual.strip import Strip

from tui import look
from tui.widgets.longtext import LongText
from tui.widgets.pane import Pane

SLICE = 150
"""Lines that are wrapped in one go."""

SOUGHT = 2_000
"""Lines that are looked through in one go."""

Job = Iterator[None]
"""Work on a long text; each step of it takes under two milliseconds."""

Written = Iterator[look.Line | None]
"""Wrapped lines one after another; None is a step of work, as short as a job's, that brought no line yet."""


_END: look.Line = (("", "end"),)
"""Stands for the end of what is written."""


class Wrapped(Pane):
    """A text of source lines, each wrapped to some lines of the pane. Subclasses write them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sought = ""
        self._source = LongText()
        self._lines: list[look.Line] = []
        self._origins: list[int] = []
        """Per wrapped line its source line, -1 for those before the text."""
        self._at = -1
        self._pending: Written = iter(())
        self._done = True
        self._job: Job | None = None
        self._paused = False
        """A step brought no line; the next one is taken by the job."""

    # What a subclass gives

    def written(self) -> Written:
        """Yield all wrapped lines, ``_at`` being the source line of each."""
        yield from ()

    def unfold(self) -> None:
        """Let the next ``written`` leave nothing out."""

    # Wrapping

    def write_again(self) -> None:
        """Begin writing anew, and go on to the source line that was at the top."""
        reached = self._begin()
        if reached >= 0:
            self._start(self._reach(reached))
        self.refresh_changed()

    def _begin(self) -> int:
        """Forget what was wrapped; return the source line that was at the top, -1 at the beginning."""
        reached = self._origins[self.top] if 0 < self.top < len(self._origins) else -1
        self._lines, self._origins, self._at = [], [], -1
        self._pending, self._done, self._job, self._paused = self.written(), False, None, False
        self.top = 0 if reached >= 0 else self.top
        return reached

    def line_count(self) -> int:
        """Return how many lines are wrapped so far; wraps a page more than is looked at."""
        self._wrap_to(self.top + 2 * self.body_height)
        return len(self._lines)

    def _wrap_to(self, count: int) -> None:
        """Wrap until there are ``count`` lines; after a step that brought none the rest is done behind the keys."""
        while not self._done and not self._paused and len(self._lines) < count:
            line = next(self._pending, _END)
            if line is None:
                self._paused = True
            elif line is _END:
                self._done = True
            else:
                self._lines.append(line)
                self._origins.append(self._at)
        if self._paused and self._job is None:
            self._job = self._catching_up(count)
            asyncio.get_running_loop().call_soon(self._go_on, self._job)

    def _catching_up(self, count: int) -> Job:
        """Wrap what was asked for while it could not be had at once, and show it."""
        while not self._done and len(self._lines) < count:
            self._wrap_to(count)
            yield
        self.refresh_changed()

    def how_far(self) -> str:
        """Return how far one has read, in percent or "end"; "" where all is in view."""
        count = self.line_count()
        if self._done and count <= self.body_height:
            return ""
        if self.at_end:
            return "end"
        # By lines where all are wrapped, else by source lines, which is near.
        total = count if self._done else max(count, len(self._source))
        return f"{min(99, 100 * (self.top + self.body_height) // max(1, total))} %"

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw one wrapped line."""
        self._wrap_to(index + 1)
        return self.strip(self._lines[index] if index < len(self._lines) else (), width)

    # Long ways, in slices

    def _start(self, job: Job) -> None:
        """Do the first step of a job at once, the others behind the keys that come meanwhile."""
        self._job = job
        self._go_on(job)

    def _go_on(self, job: Job) -> None:
        if self._job is not job or not self.is_attached:
            return  # somebody went elsewhere meanwhile
        self._paused = False
        if next(job, job) is job:
            self._job = None if self._job is job else self._job
        else:
            # Not call_later: a widget handles all that it gave itself before the loop reads a key.
            asyncio.get_running_loop().call_soon(self._go_on, job)

    def _reach(self, wanted: int) -> Job:
        """Wrap until a source line is there, and bring it to the top."""
        while not self._done and (not self._origins or self._origins[-1] < wanted):
            self._wrap_to(len(self._lines) + SLICE)
            if not self._done and self._origins[-1] < wanted:
                yield
        self._wrap_to(len(self._lines) + self.body_height)
        self.top = min(bisect_left(self._origins, wanted), max(0, len(self._lines) - 1))
        self.refresh_changed()

    def seek(self, text: str, step: int = 1, missing: Callable[[], None] | None = None) -> None:
        """Go to the next line of the text, after the one at the top, that has ``text``, whatever its case; begin anew
        where there is none. What is folded is unfolded for it.

        Args:
            text: what is sought; "" seeks nothing.
            step: 1 for the next line, -1 for the one before.
            missing: called where it is nowhere.
        """
        self.sought = text.casefold()
        self._start(self._seeking(step, missing))

    def _seeking(self, step: int, missing: Callable[[], None] | None) -> Job:
        count, source, sought = len(self._source), self._source, self.sought
        here = self._origins[self.top] if self.top < len(self._origins) else -1
        if step > 0:
            ways = chain(range(here + 1, count), range(min(here + 1, count)))
        else:
            ways = chain(range(here - 1, -1, -1), range(count - 1, max(here, 0) - 1, -1))
            for number in range(max(here, 0), count, SOUGHT):
                source[number]  # what lies behind is cut apart before it is sought through from its end
                if number + SOUGHT < count:
                    yield
        for passed, number in enumerate(ways, 1):
            if sought and sought in source[number].casefold():
                self.unfold()
                self._lines_anew()
                yield from self._reach(number)
                return
            if not passed % SOUGHT:
                yield
        self.refresh_changed()
        if missing is not None:
            missing()

    def _lines_anew(self) -> None:
        """Forget what was wrapped, for the job that is at work."""
        job = self._job
        self._begin()
        self._job = job

    # Scrolling

    @property
    def at_end(self) -> bool:
        """Whether the last line is in view."""
        count = self.line_count()
        return self._done and self.top + self.body_height >= count

    def scroll_lines(self, lines: int) -> bool:
        """Scroll by ``lines``, wrapping what comes into view; return whether anything moved."""
        self._job = None
        self._wrap_to(self.top + lines + 2 * self.body_height)
        moved = super().scroll_lines(lines)
        if moved:
            self.refresh_title()
        return moved

    def read_on(self) -> bool:
        """Scroll a page (``Space``); return False at the end, where the next unread message should follow."""
        if self.at_end:
            return False
        return self.scroll_lines(max(1, self.body_height - 2)) or not self._done

    def move(self, lines: int) -> bool:
        """Scroll by lines, as the cursor keys do here."""
        return self.scroll_lines(lines)

    def page(self, pages: int = 1) -> bool:
        """Scroll by pages, two lines kept."""
        return self.scroll_lines(pages * max(1, self.body_height - 2))

    def half_page(self, halves: int = 1) -> bool:
        """Scroll by half pages."""
        return self.scroll_lines(halves * max(1, self.body_height // 2))

    def first(self) -> bool:
        """Go to the beginning."""
        return self.scroll_lines(-self.top)

    def last(self) -> bool:
        """Go to the end; return whether the way there began."""
        top = self.top
        self._start(self._ending())
        return self.top != top or self._job is not None

    def _ending(self) -> Job:
        self._wrap_to(len(self._lines) + SLICE)
        while not self._done:
            yield
            self._wrap_to(len(self._lines) + SLICE)
        self.scroll_lines(len(self._lines))
