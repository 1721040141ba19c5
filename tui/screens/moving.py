"""Keys that move: the cursor, the panes, the folders, unread ones, search hits, and one level back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, cast

from textual import events, on
from textual.content import Content
from textual.widgets import Input

from tui.engine.model import Order, Row, View
from tui.keymaps import token
from tui.screens.base import SEARCH, WorkspaceBase
from tui.screens.dialogs import Choice, Picker, among
from tui.screens.panes import PANES
from tui.turns import before_others
from tui.widgets.messages import ORDERS

TWICE = 0.8
"""Seconds after another screen was left in which Esc doesn't quit: it was pressed for the other one."""

NO_MORE = "No more unread messages here."

TYPED = 0.08
"""Seconds after a key in the search line until it is searched."""


class _Moves(Protocol):
    """What every pane can do with its cursor or its text."""

    def move(self, steps: int) -> bool: ...
    def page(self, pages: int = 1) -> bool: ...
    def half_page(self, halves: int = 1) -> bool: ...
    def first(self) -> bool: ...
    def last(self) -> bool: ...
    def open(self) -> None: ...


class Moving(WorkspaceBase):
    """Moving about in the workspace."""

    def __init__(self) -> None:
        super().__init__()
        self._bar_for = ""
        self._before_bar = self.shown

    @property
    def moved(self) -> _Moves:
        """The pane that the cursor keys move."""
        name = self.pane()
        return cast(_Moves, self.query_one(f"#{name}"))

    def do_cursor_down(self) -> None:
        """One line down."""
        self.moved.move(1)

    def do_cursor_up(self) -> None:
        """One line up."""
        self.moved.move(-1)

    def do_cursor_first(self) -> None:
        """To the first line."""
        self.moved.first()

    def do_cursor_last(self) -> None:
        """To the last line."""
        self.moved.last()

    def do_cursor_half_down(self) -> None:
        """Half a page down."""
        self.moved.half_page(1)

    def do_cursor_half_up(self) -> None:
        """Half a page up."""
        self.moved.half_page(-1)

    def do_cursor_page_down(self) -> None:
        """One page down."""
        self.moved.page(1)

    def do_cursor_page_up(self) -> None:
        """One page up."""
        self.moved.page(-1)

    # Panes

    def do_pane_next(self) -> None:
        """Go to the next pane that can be seen, or on a narrow screen the next one."""
        self._step_pane(1)

    def do_pane_previous(self) -> None:
        """Go to the previous pane."""
        self._step_pane(-1)

    def _step_pane(self, step: int) -> None:
        narrow = self.has_class("-narrow")
        there = [name for name in PANES if narrow or self.query_one(f"#{name}").display]
        at = there.index(self.pane()) if self.pane() in there else 0
        self.go_to_pane(there[(at + step) % len(there)])
        self.follow()

    def do_pane_folders(self) -> None:
        """Go to the folders."""
        self.go_to_pane("folders")

    def do_pane_messages(self) -> None:
        """Go to the list."""
        self.go_to_pane("messages")

    def do_pane_reader(self) -> None:
        """Go to the message being read."""
        self.go_to_pane("reader")
        self.follow()

    def do_pane_deal(self) -> None:
        """Go to the deal."""
        self.go_to_pane("deal")

    def do_folder_open(self) -> None:
        """Show the folder under the cursor."""
        self.folders.open()

    def do_folder_next(self) -> None:
        """Show the next folder."""
        self._step_folder(1)

    def do_folder_previous(self) -> None:
        """Show the previous folder."""
        self._step_folder(-1)

    def _step_folder(self, step: int) -> None:
        place = self.folders.step(step)
        if place is not None and place.view is not None:
            self.show_view(place.view, place.title)

    # Unread, hits, marks

    def do_unread_next(self) -> None:
        """To the next unread message; opens it where one is being read."""
        self.to_unread(1, NO_MORE, self._read_on())

    def do_unread_previous(self) -> None:
        """To the previous unread message."""
        self.to_unread(-1, NO_MORE, self._read_on())

    def _read_on(self) -> Callable[[], object] | None:
        """Return what opens the message that is gone to, where one is being read."""
        return (lambda: self.run_named("message.open")) if self.pane() == "reader" else None

    def do_hit_next(self) -> None:
        """To the next message that the last search found."""
        self._to_hit(1)

    def do_hit_previous(self) -> None:
        """To the previous one."""
        self._to_hit(-1)

    def _to_hit(self, step: int) -> None:
        if self.pane() == "reader" and self.reader.sought:
            sought = self.reader.sought
            self.reader.seek(sought, step, lambda: self.tell(f'"{sought}" is not in this message.'))
        elif not self.hits:
            self.tell(f"Nothing was searched yet; {self.dealdesk.keymap.first_key('search.all')} searches.")
        elif not self.messages.go_to_next(self.hits, step):
            self.tell("No more hits in this list.")

    def do_mark_step(self) -> None:
        """Mark and step down."""
        self.messages.mark_and_step()

    def do_mark_range(self) -> None:
        """Begin or end a range."""
        self.messages.toggle_range()

    def do_mark_all(self) -> None:
        """Mark all, or none."""
        self.messages.mark_all()

    def do_mark_thread(self) -> None:
        """Mark the whole thread, as far as it is in this list."""
        row = self.messages.cursor_row
        if row is not None:
            self.work(self._mark_thread(row))

    async def _mark_thread(self, row: Row) -> None:
        """Mark what the view has of a thread; one that is folded unfolds, so that what is marked is seen."""
        view = self.shown.view._replace(threads=False)
        family, here = await self.dealdesk.host.read(lambda reader: (reader.thread(row.thread), reader.ids(view)))
        if self.shown.view.threads and len(family) > 1 and row.thread not in self.opened_threads:
            self.opened_threads.add(row.thread)
            await self._fill_list(self.shown)
        self.messages.mark(set(family).intersection(here))

    # Threads

    def do_thread_toggle(self) -> None:
        """Group by thread, or show every message."""
        view = self.shown.view
        self.shown = self.shown._replace(view=view._replace(threads=not view.threads), cursor=self.messages.cursor_id)
        self.opened_threads.clear()
        self._keep_to_thread()
        self.list_again.now()

    def _keep_to_thread(self) -> None:
        """Leave the cursor on the line of its thread when its own message is no longer a line."""
        row = self.messages.cursor_row
        self.thread_wanted = row.thread if row is not None else None

    def do_thread_fold(self) -> None:
        """Fold or unfold the thread under the cursor."""
        row = self.messages.cursor_row
        if row is not None:
            self._fold(row, row.thread in self.opened_threads)

    def do_thread_open(self) -> None:
        """Unfold the thread."""
        if self.messages.cursor_row is not None:
            self._fold(self.messages.cursor_row, False)

    def do_thread_close(self) -> None:
        """Fold the thread up."""
        if self.messages.cursor_row is not None:
            self._fold(self.messages.cursor_row, True)

    def do_thread_open_all(self) -> None:
        """Unfold all: every message is shown."""
        self._threads(False)

    def do_thread_close_all(self) -> None:
        """Fold all: a line a thread."""
        self._threads(True)

    def _threads(self, threads: bool) -> None:
        if self.shown.view.threads != threads or self.opened_threads:
            self.shown = self.shown._replace(view=self.shown.view._replace(threads=threads))
            self.opened_threads.clear()
            self._keep_to_thread()
            self.list_again.now()

    def _fold(self, row: Row, fold: bool) -> None:
        if not self.shown.view.threads:
            self.shown = self.shown._replace(view=self.shown.view._replace(threads=True))
        if fold:
            self.opened_threads.discard(row.thread)
        else:
            self.opened_threads.add(row.thread)
        self._keep_to_thread()
        self.list_again.now()

    def do_list_sort(self) -> None:
        """Choose what the list is sorted by; the cursor stays on its message."""
        choices = [Choice(order, Content(name)) for order, name in ORDERS.items()]
        self.over(Picker(Content("Sort the list"), among(choices), numbered=True), self._sort)

    def _sort(self, order: object) -> None:
        if isinstance(order, Order) and order is not self.shown.order:
            self.orders[self.shown.view._replace(query="", threads=False)] = order
            self.shown = self.shown._replace(order=order)
            self.list_again.now()

    # Search and filter: one line to type into

    def do_search_all(self) -> None:
        """Search all mail of all accounts while typing."""
        self._open_bar("search", "/ ")

    def do_list_filter(self) -> None:
        """Narrow this list while typing."""
        self._open_bar("filter", "\\ ")

    def _open_bar(self, purpose: str, sign: str) -> None:
        self._bar_for = purpose
        self._before_bar = self.shown._replace(cursor=self.messages.cursor_id)
        bar = self.bar
        bar.placeholder = (
            "search all mail: words, from:ann, subject:offer …" if purpose == "search" else "filter this list"
        )
        bar.border_title = Content(sign)
        bar.value = self.shown.view.query if purpose == "filter" else ""
        bar.display = True
        self.set_focus(bar)

    @on(Input.Changed, "#bar")
    def _typed(self, event: Input.Changed) -> None:
        if self._bar_for and self.bar.display:
            self._type_timer = self.set_timer(TYPED, lambda: self._search(event.value))

    def _search(self, text: str) -> None:
        if text != self.bar.value or not self._bar_for:
            return
        if self._bar_for == "search":
            view, heading = View("all", query=text.strip()), SEARCH
            if not text.strip():
                view, heading = self._before_bar.view, self._before_bar.heading
        else:
            view, heading = self._before_bar.view._replace(query=text.strip()), self._before_bar.heading
        if view != self.shown.view:
            self.shown = self.shown._replace(view=view, heading=heading, cursor=None)
            self.change_view()

    def _searched(self) -> None:
        self._search(self.bar.value)
        if self.shown.view != self._before_bar.view:
            self.back.append(self._before_bar)
        self.work(self._keep_hits(self.shown.view))
        self._close_bar()

    async def _keep_hits(self, view: View) -> None:
        self.hits = (
            frozenset(await self.dealdesk.host.read(lambda reader: reader.ids(view))) if view.query else frozenset()
        )

    def _close_bar(self) -> None:
        self._bar_for = ""
        self.bar.display = False
        self.go_to_pane("messages")

    async def on_key(self, event: events.Key) -> None:
        """Take the keys of the line that were pressed before it had the focus; else as any screen."""
        if self.app.screen is self and self.pane() == "bar" and self.before_line(event):
            event.stop()
            event.prevent_default()
        else:
            await super().on_key(event)

    def before_line(self, event: events.Key) -> bool:
        """Leave the line, by Esc for what was shown before, or go through what it found; return whether it was that.

        A key that reaches the line after it was left was typed for the list.
        """
        pressed = token(event.key, event.character)
        if not self._bar_for:
            before_others(self.app, event)
        elif pressed == "Esc":
            self._close_bar()
            self.shown = self._before_bar
            self.change_view()
        elif pressed in ("Down", "Up", "C-n", "C-p"):
            self.messages.move(1 if pressed in ("Down", "C-n") else -1)
        elif pressed in ("Enter", "Tab", "PgDn"):
            self._searched()
        else:
            return False
        return True

    # One level back

    def do_view_back(self) -> None:
        """Go one level back: full headers, reading, marks, search; from the top it quits."""
        pane = self.pane()
        if self.reader_visible and self.reader.usual():
            self.follow()
        elif pane != "messages":
            if pane == "reader" and not self.has_class("-wide"):
                self.remove_class("-reading")
            self.go_to_pane("messages")
        elif self.messages.clear_marks():
            self.show_hints()
        elif self.has_class("-reading") and not self.has_class("-wide"):
            self.remove_class("-reading")
        elif self.back:
            self.shown = self.back.pop()
            self.folders.show_current(self.shown.view)
            self.change_view()
        elif self.shown.view.query:
            self.shown = self.shown._replace(view=self.shown.view._replace(query=""), cursor=self.messages.cursor_id)
            self.change_view()
        elif self.pressed != "Esc" or time.monotonic() - self.came_back > TWICE:
            self.run_named("app.quit")
