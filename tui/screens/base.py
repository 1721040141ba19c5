"""What the workspace's parts share: the four panes, the view that is shown, and how it follows the engine.

The engine owns the truth: a view is a vector of ids read beside the loop, rows are read by id, and every event says
only which ids changed. What a command takes out of the list goes at once (``leaving``), so that the next key means the
next message; if the engine says no it comes back with the reason.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.timer import Timer
from textual.widgets import Input

from tui.engine import events
from tui.engine.errors import InvalidInput
from tui.engine.model import Account, Body, DealPane, DealRef, Folder, Role, Row, Status, View
from tui.screens.keyed import KeyedScreen, with_help
from tui.screens.vectors import unfold, without
from tui.widgets.dealpane import DealPane as DealWidget
from tui.widgets.folders import FolderPane, Place, saved_views
from tui.widgets.lines import LinePane
from tui.widgets.messages import MessageList
from tui.widgets.reader import Reader
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import Progress, StatusLine

FOLLOW = 0.04
"""Seconds that the cursor rests before the deal and the reading pane follow it."""

RELOAD = 0.25
"""Seconds at least between two readings of a view that grows under a sync."""

NOTICE = 4.0
"""Seconds that a notice stays in the status line."""

PANES = ("folders", "messages", "reader", "deal")


@dataclass(frozen=True, slots=True)
class Shown:
    """A view with its heading, as it is kept for going back to it."""

    view: View
    heading: str
    cursor: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds the list: accounts, folders, status; read together."""

    accounts: tuple[Account, ...]
    folders: tuple[Folder, ...]
    status: Status


class WorkspaceBase(KeyedScreen[None]):
    """The panes of the workspace and their data; what keys do is in the classes over it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = Shown(View("inbox"), "Inbox")
        self.back: list[Shown] = []
        self.frame: Frame | None = None
        self.deal: DealPane | None = None
        self.leaving: set[int] = set()
        self.opened_threads: set[int] = set()
        self.hits: frozenset[int] = frozenset()
        self.own: frozenset[str] = frozenset()
        self.cursor_wanted: int | None = None
        self._follow_timer: Timer | None = None
        self._reload_timer: Timer | None = None
        self._reloaded = 0.0
        self._cost = 0.0
        self._started = False
        self._notice_timer: Timer | None = None
        self.unread = 0
        self._mistake = ""

    # The panes

    def compose(self) -> ComposeResult:
        """Folders, messages over or beside reading, deal; the line to type into; status."""
        with Horizontal(id="panes"):
            yield FolderPane(id="folders")
            with Container(id="centre"):
                yield MessageList(self._rows, id="messages")
                yield Reader(id="reader")
            yield DealWidget(id="deal")
        yield Input(id="bar", select_on_focus=False)
        yield StatusLine(id="status")

    @property
    def messages(self) -> MessageList:
        """The message list."""
        return self.query_one("#messages", MessageList)

    @property
    def reader(self) -> Reader:
        """The reading pane."""
        return self.query_one("#reader", Reader)

    @property
    def folders(self) -> FolderPane:
        """The folder pane."""
        return self.query_one("#folders", FolderPane)

    @property
    def status_line(self) -> StatusLine:
        """The last line."""
        return self.query_one("#status", StatusLine)

    @property
    def bar(self) -> Input:
        """The line for search and filter, hidden while unused."""
        return self.query_one("#bar", Input)

    def pane(self) -> str:
        """Return the pane with the focus; ``bar`` while search or filter is typed."""
        name = self.focused.id if self.focused is not None else None
        return name if name in (*PANES, "bar") else "messages"

    def go_to_pane(self, name: str) -> None:
        """Give a pane the focus; on a narrow screen it is then the one that is seen."""
        for one in PANES:
            self.set_class(one == name, f"-at-{one}")
        if name == "reader":
            self.add_class("-reading")
        self.query_one(f"#{name}").focus(scroll_visible=False)

    @property
    def reader_visible(self) -> bool:
        """Whether the reading pane is on the screen now."""
        return self.reader.display and self.reader.size.height > 0

    def on_descendant_focus(self) -> None:
        """Show the keys of the pane that has the focus now; on a narrow screen it is the one that is seen."""
        name = self.pane()
        if name in PANES:
            for one in PANES:
                self.set_class(one == name, f"-at-{one}")
        self.show_hints()

    # Starting, and following the engine

    def on_mount(self) -> None:
        """Take the focus; the engine opens after the first paint."""
        self.go_to_pane("messages")
        self.messages.describe("Inbox", 0, empty="Opening …")

    def data_readable(self) -> None:
        """Fill the panes from what is kept here; called once, before the engine is open."""
        self.dealdesk.news.subscribe(self, self.on_news)
        self._started = True
        self.work(self._first_view(), "frame", exclusive=True)

    async def _first_view(self) -> None:
        await self.refresh_frame()
        assert self.frame is not None
        inboxes = [folder for folder in self.frame.folders if folder.role is Role.INBOX and folder.selected]
        if len(inboxes) == 1:
            self.show_view(View("folder", folder_id=inboxes[0].id), "Inbox")
        else:
            self.show_view(View("inbox"), "All inboxes")

    def _rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return self.dealdesk.host.reader.rows(ids) if self._started else []

    def on_news(self, batch: Sequence[events.Event]) -> None:
        """Bring what is shown up to date with a merged batch of events."""
        frame = False
        for event in batch:
            match event:
                case events.MessagesAdded() | events.MessagesRemoved():
                    self.reload_soon()
                    frame = True
                case events.MessagesChanged(ids):
                    self.messages.invalidate(ids or None)
                    self.reload_soon()
                    if (
                        not ids
                        or self.messages.cursor_id in ids
                        or (self.reader.row is not None and self.reader.row.id in ids)
                    ):
                        self.follow()
                case events.DealsChanged() | events.PersonsChanged():
                    self.messages.invalidate()
                    self.follow()
                    frame = True
                case events.FoldersChanged() | events.AccountsChanged() | events.OperationsChanged():
                    frame = True
                case events.SyncProgressed():
                    self.progress(event)
                case events.OperationRefused(_, text):
                    self.tell(text, "warning")
                case events.Notified(text, severity):
                    self.tell(text, severity)
                case _:
                    pass
        if frame:
            self.work(self.refresh_frame(), "frame", exclusive=True)

    def progress(self, event: events.SyncProgressed) -> None:
        """Say how far a folder's download has got."""
        self.status_line.show_progress(Progress(event.account_id, event.folder, event.done, event.total, event.oldest))

    async def refresh_frame(self) -> None:
        """Read accounts, folders and status again, and show them."""
        frame = await self.dealdesk.host.read(
            lambda reader: Frame(tuple(reader.accounts()), tuple(reader.folders()), reader.status())
        )
        self.frame = frame
        self.own = frozenset(one.lower() for account in frame.accounts for one in (account.email, *account.aliases))
        saved = saved_views(frame.status.needs_deal, frame.status.outbox + frame.status.pending)
        self.folders.show(frame.accounts, frame.folders, saved)
        self.folders.show_current(self.shown.view)
        self.status_line.show_status(frame.status)
        self.describe()

    # The view

    def show_view(self, view: View, heading: str, *, keep: bool = False) -> None:
        """Show another view from its first message.

        Args:
            view: what to list.
            heading: its name in the title.
            keep: True to come back to the present view by ``q``.
        """
        if keep and view != self.shown.view:
            self.back.append(replace(self.shown, cursor=self.messages.cursor_id))
        elif not keep:
            self.back.clear()
        self.shown = Shown(view, heading)
        self.opened_threads.clear()
        self.folders.show_current(view)
        self.work(self._read_view(reset=True), "view", exclusive=True)

    def reload_soon(self) -> None:
        """Read the view's ids again, soon, but not more often than the list can be read."""
        if self._reload_timer is None:
            wait = max(RELOAD, 8 * self._cost) - (time.monotonic() - self._reloaded)
            self._reload_timer = self.set_timer(max(0.005, wait), self.reload)

    def reload(self) -> None:
        """Read the view's ids again now."""
        if self._reload_timer is not None:
            self._reload_timer.stop()
            self._reload_timer = None
        self.work(self._read_view(reset=False), "view", exclusive=True)

    async def _read_view(self, *, reset: bool) -> None:
        shown, started = self.shown, time.monotonic()
        opened = sorted(self.opened_threads)

        def read(reader: Any) -> tuple[array[int], int, list[array[int]]]:
            return reader.ids(shown.view), reader.counts(shown.view)[1], [reader.thread(one) for one in opened]

        self._mistake = ""
        try:
            ids, unread, threads = await self.dealdesk.host.read(read)
        except InvalidInput as error:
            self._mistake = str(error)
            ids, unread, threads = array("q"), 0, []
        self._reloaded = time.monotonic()
        self._cost = self._reloaded - started
        if shown.view != self.shown.view:
            return
        self.unread = unread
        self.messages.set_ids(without(unfold(ids, threads), self.leaving), reset=reset)
        wanted = self.cursor_wanted if self.cursor_wanted is not None else shown.cursor if reset else None
        if wanted is not None and self.messages.go_to(wanted):
            self.cursor_wanted = None
        self.describe()
        self.follow()
        self.call_after_refresh(self.dealdesk.open_engine)

    def describe(self) -> None:
        """Write the list's title and what it says when it is empty."""
        view = self.shown.view
        heading = f'{self.shown.heading} · "{view.query}"' if view.query else self.shown.heading
        self.messages.describe(
            heading,
            0 if view.query else self.unread,
            empty=self._empty(),
            with_folders=view.kind not in ("folder", "inbox"),
            order="threads" if view.threads else "↓ newest",
        )

    def _empty(self) -> str:
        key = self.dealdesk.keymap.first_key
        if self.frame is None:
            return "Opening …"
        if not self.frame.accounts:
            return f"No account yet: {key('go.accounts')} adds one; `dealdesk demo` shows everything without one."
        view = self.shown.view
        if self._mistake:
            return self._mistake
        if view.query:
            return f"Nothing found; {key('view.back')} goes back."
        if view.kind == "needs_deal":
            return "Every message has its deal."
        return f"Nothing here; {key('sync.now')} asks the server, {key('go.folder')} shows another folder."

    def take_out(self, ids: Collection[int]) -> None:
        """Take messages out of the list before the engine has done it; they stay out until ``let_back``."""
        self.leaving.update(ids)
        self.messages.clear_marks()
        self.messages.set_ids(without(self.messages.ids, ids))

    def let_back(self, ids: Collection[int]) -> None:
        """What the engine says about these messages counts again."""
        self.leaving.difference_update(ids)
        self.reload()

    @on(RowList.CursorMoved, "#messages")
    def _moved(self) -> None:
        self.follow()

    @on(RowList.MarksChanged, "#messages")
    def _marks(self) -> None:
        self.show_hints()

    @on(LinePane.Chosen, "#folders")
    def _place(self, event: LinePane.Chosen) -> None:
        event.stop()
        if isinstance(event.key, Place):
            self.go_to_place(event.key)

    def go_to_place(self, place: Place) -> None:
        """Show what a line of the folder pane leads to."""
        if place.kind == "account" and place.account_id is not None:
            self.folders.toggle_account(place.account_id)
        elif place.kind == "outbox":
            self.run_named("go.outbox")
        elif place.view is not None:
            self.show_view(place.view, place.title)
            self.go_to_pane("messages")

    # The deal and the reading pane follow the cursor

    def follow(self) -> None:
        """Let deal and reading pane follow the cursor when it rests."""
        if self._follow_timer is not None:
            self._follow_timer.stop()
        self._follow_timer = self.set_timer(FOLLOW, self._follow_now)

    def _follow_now(self) -> None:
        self._follow_timer = None
        self.work(self._read_message(self.messages.cursor_id), "follow", exclusive=True)

    async def _read_message(self, message_id: int | None) -> None:
        if message_id is None:
            self.deal = None
            self.query_one("#deal", DealWidget).show(None)
            self.reader.show(None)
            return
        reading = self.reader_visible

        def read(reader: Any) -> tuple[DealPane, list[Row], Body | None]:
            return reader.deal_pane(message_id), reader.rows([message_id]), reader.body(message_id) if reading else None

        pane, rows, body = await self.dealdesk.host.read(read)
        if message_id != self.messages.cursor_id:
            return
        if rows and not rows[0].deals and pane.deals:
            # What it could be linked to is no deal of this message: it is offered, not shown as its own.
            offered = tuple(DealRef(one.id, one.title, one.stage, one.status) for one in pane.deals)
            pane = replace(pane, deals=(), timeline=(), suggestions=pane.suggestions or offered)
        self.deal = pane
        self.query_one("#deal", DealWidget).show(pane)
        if reading and rows:
            self.reader.show(rows[0], body, self.own)
            if body is not None and body.state == "header":
                await self.dealdesk.ask(lambda engine: engine.want(message_id))

    # What is said

    def tell(self, text: str, severity: str = "information") -> None:
        """Say something short in the status line; what went wrong is said over the panes."""
        if severity != "information":
            super().tell(text, severity)
            return
        self.status_line.show_notice(text)
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(NOTICE, lambda: self.status_line.show_notice(""))

    def show_hints(self) -> None:
        """Show the keys of the focused pane in the status line, with how many messages they act on."""
        pane, count = self.pane(), len(self.messages.marks)
        keymap = self.dealdesk.keymap
        hints = [
            (keymap.first_key(action.id), f"{action.footer} {count}" if action.counts and count else action.footer)
            for action in keymap.actions
            if action.footer and pane in action.where and self.can(action)
        ]
        self.status_line.show_hints(with_help(hints, keymap.first_key("help.open"), self.size.width))
