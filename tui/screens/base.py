"""What the workspace's parts share: the four panes, the view that is shown, and how it follows the engine.

The engine owns the truth: a view is a vector of ids read beside the loop, rows are read by id, and every event says
only which ids changed. What a command takes out of the list goes at once (``leaving``), so that the next key means the
next message; if the engine says no it comes back with the reason.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.timer import Timer

from tui.engine.errors import InvalidInput
from tui.engine.model import Body, DealPane, Folder, Order, Role, Row, View
from tui.engine.reads import AWAITED, OWED, Frame, body_of, findings_of, read_frame, read_whole_frame
from tui.screens.panes import Panes
from tui.screens.refreshing import Refresh
from tui.screens.vectors import unfold, without
from tui.widgets.folders import Place, Saved, saved_views
from tui.widgets.lines import LinePane
from tui.widgets.messages import ORDERS
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import Progress

if TYPE_CHECKING:
    from tui.engine.events import Event, SyncProgressed
    from tui.engine.findings import Findings
    from tui.engine.reads import Reader as Reads

FOLLOW = 0.04
"""Seconds that the cursor rests before the deal and the reading pane follow it."""

RELOAD = 0.25
"""Seconds at least between two readings of a view that grows under a sync."""


SEARCH = "Search"
"""The heading of what was searched by hand."""

FIRST_PAGE = 200
"""Messages that are read for the first frame; more than any screen is high."""


class Shown(NamedTuple):
    """A view with its heading, as it is kept for going back to it."""

    view: View
    heading: str
    cursor: int | None = None
    order: Order = Order.NEWEST


def _inboxes(frame: Frame) -> list[Folder]:
    return [folder for folder in frame.folders if folder.role is Role.INBOX and folder.selected]


class WorkspaceBase(Panes):
    """The panes and their data; what keys do is in the classes over it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = Shown(View("inbox"), "Inbox")
        self.back: list[Shown] = []
        self.orders: dict[View, Order] = {}
        """The order that was chosen for each view."""
        self.frame: Frame | None = None
        self.deal: DealPane | None = None
        self.leaving: set[int] = set()
        self.opened_threads: set[int] = set()
        self.hits: frozenset[int] = frozenset()
        self.own: frozenset[str] = frozenset()
        self.cursor_wanted: int | None = None
        self.thread_wanted: int | None = None
        self._follow_timer: Timer | None = None
        self._started = False
        self.unread = 0
        self._mistake = ""
        self._other_view = False
        self.list_again = Refresh(self, self._read_view, RELOAD)
        self.frame_again = Refresh(self, self._read_frame, RELOAD)

    # Starting, and following the engine

    def on_mount(self) -> None:
        """Take the focus; the engine opens after the first paint."""
        self.go_to_pane("messages")
        self.messages.show_as(self.dealdesk.config.columns, self.dealdesk.config.density)
        self.messages.describe("Inbox", 0, empty="Opening …")
        if self.dealdesk.readable:
            self.data_readable()

    def data_readable(self) -> None:
        """Fill the panes from what is kept here; called once, before the engine is open.

        The first page is read at once, so that it is in the first frame painted; the rest follows beside the loop.
        """
        self.dealdesk.news.subscribe(self, self.on_news)
        self._started = True
        reader = self.dealdesk.host.reader
        frame = read_frame(reader)
        inboxes = _inboxes(frame)
        view = View("folder", folder_id=inboxes[0].id) if len(inboxes) == 1 else View("inbox")
        heading = "Inbox" if len(inboxes) == 1 else "All inboxes"
        self.shown = Shown(view, heading, order=self.order_of(view))
        self.unread = sum(one.unread for one in inboxes)
        if self.shown.order in (Order.NEWEST, Order.OLDEST):  # others have to be sorted first, beside the loop
            self.messages.set_ids(reader.ids(view, FIRST_PAGE, self.shown.order), reset=True)
        self._show_frame(frame)
        self.call_after_refresh(self.list_again.now)
        self.call_after_refresh(self.frame_again.now)

    def _rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return self.dealdesk.host.reader.rows(ids) if self._started else []

    def on_news(self, batch: Sequence[Event]) -> None:
        """Bring what is shown up to date with a merged batch of events."""
        from tui.engine import events

        frame = False
        for event in batch:
            match event:
                case events.MessagesAdded() | events.MessagesRemoved():
                    self.list_again.soon()
                    frame = True
                case events.MessagesChanged(ids):
                    self.messages.invalidate(ids or None)
                    self.list_again.soon()
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
                case events.Notified(text, severity):
                    self.tell(text, severity)
                case _:
                    pass
        if frame:
            self.frame_again.soon()

    def progress(self, event: SyncProgressed) -> None:
        """Say how far a folder's download has got."""
        self.status_line.show_progress(Progress(event.account_id, event.folder, event.done, event.total, event.oldest))

    async def _read_frame(self) -> None:
        """Read accounts, folders and status again, and show them."""
        self._show_frame(await self.dealdesk.host.read(read_whole_frame))

    def _show_frame(self, frame: Frame) -> None:
        had = self.frame is not None and _inboxes(self.frame)
        self.frame, inboxes = frame, _inboxes(frame)
        if not had and len(inboxes) == 1 and self.shown.view == View("inbox"):
            # The first account came while the program runs: what is shown is what will be after the next start.
            self.show_view(View("folder", folder_id=inboxes[0].id), "Inbox")
        self.own = frozenset(one.lower() for account in frame.accounts for one in (account.email, *account.aliases))
        waits = [
            Saved(Place("view", "to answer", OWED), frame.owed or 0),
            Saved(Place("view", "awaiting reply", AWAITED), frame.awaited or 0),
        ]
        saved = saved_views(frame.status.needs_deal, frame.status.outbox + frame.status.pending, waits)
        self.folders.show(frame.accounts, frame.folders, saved)
        self.folders.show_current(self.shown.view)
        self.status_line.undo_key = self.dealdesk.keymap.first_key("action.undo")
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
            self.back.append(self.shown._replace(cursor=self.messages.cursor_id))
        elif not keep:
            self.back.clear()
        self.shown = Shown(view, heading, order=self.order_of(view))
        self.opened_threads.clear()
        self.folders.show_current(view)
        self.change_view()
        if view.folder_id is not None:
            folder_id = view.folder_id
            self.work(self.dealdesk.ask(lambda engine: engine.look(folder_id)))

    def order_of(self, view: View) -> Order:
        """Return what a view is sorted by: as was chosen for it, else as the config says."""
        return self.orders.get(view._replace(query="", threads=False), self.dealdesk.config.order)

    def change_view(self) -> None:
        """Read another view, with the cursor on its first message; keys wait for it, for they mean its messages."""
        self._other_view = True
        self.cursor_wanted = None
        if not self.typing():
            self.hold()
        self.list_again.now()

    async def _read_view(self) -> None:
        shown = self.shown
        try:
            await self._fill_list(shown)
        finally:
            if shown is self.shown:
                self.release()

    async def _fill_list(self, shown: Shown) -> None:
        opened, folded = sorted(self.opened_threads), self.thread_wanted
        self.thread_wanted = None

        def read(reader: Reads) -> tuple[array[int], int, list[array[int]], Sequence[int]]:
            threads = [reader.thread(one) for one in opened]
            family = reader.thread(folded) if folded is not None else ()
            return reader.ids(shown.view, order=shown.order), reader.counts(shown.view)[1], threads, family

        self._mistake = ""
        try:
            ids, unread, threads, family = await self.dealdesk.host.read(read)
        except InvalidInput as error:
            self._mistake = str(error)
            ids, unread, threads, family = array("q"), 0, [], ()
        if shown is not self.shown:
            return
        reset, self._other_view = self._other_view, False
        self.unread = unread
        before = self.messages.cursor_id
        self.messages.set_ids(without(unfold(ids, threads), self.leaving), reset=reset)
        found = self.cursor_wanted is not None and self.messages.go_to(self.cursor_wanted)
        if reset and not found and shown.cursor is not None:
            self.messages.go_to(shown.cursor)
        elif before in family and self.messages.cursor_id != before:
            any(self.messages.go_to(one) for one in family)
        if reset or found:
            self.cursor_wanted = None
        self.describe()
        self.follow()
        self.call_after_refresh(self.dealdesk.open_engine)

    def to_unread(self, step: int, otherwise: str, then: Callable[[], object] | None) -> None:
        """Go to the next (``step`` -1: previous) unread line; keys wait for it, for they mean its message.

        Args:
            step: 1 or -1.
            otherwise: what is said where there is none.
            then: what is done there; None for nothing.
        """
        self.hold()
        self.work(self._go_to_unread(step, otherwise, then))

    async def _go_to_unread(self, step: int, otherwise: str, then: Callable[[], object] | None) -> None:
        view = self.shown.view
        try:
            unread = await self.dealdesk.host.read(lambda reader: reader.unread(view))
            if not self.messages.go_to_next(unread, step):
                self.tell(otherwise)
            elif then is not None:
                then()
        finally:
            self.release()

    def describe(self) -> None:
        """Write the list's title and what it says when it is empty."""
        view = self.shown.view
        typed = view.query and (view.kind != "all" or self.shown.heading == SEARCH)  # else a person's or a deal's mail
        heading = f'{self.shown.heading} · "{view.query}"' if typed else self.shown.heading
        self.messages.describe(
            heading,
            0 if view.query else self.unread,
            empty=self._empty(),
            with_folders=view.kind not in ("folder", "inbox"),
            order=self._order(),
        )

    def _order(self) -> str:
        order = ORDERS[self.shown.order]
        if not self.shown.view.threads:
            return order
        return "threads" if self.shown.order is Order.NEWEST else f"threads · {order}"

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
        self.list_again.now()

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

    @property
    def rests(self) -> bool:
        """Whether all panes show what is so: nothing is being read or about to be."""
        return self._follow_timer is None and self.list_again.idle and self.frame_again.idle

    def follow(self) -> None:
        """Let deal and reading pane follow the cursor when it rests."""
        if self._follow_timer is not None:
            self._follow_timer.stop()
        self._follow_timer = self.set_timer(FOLLOW, self._follow_now)

    def _follow_now(self) -> None:
        self._follow_timer = None
        self.work(lambda: self._read_message(self.messages.cursor_id), "follow")

    async def _read_message(self, message_id: int | None) -> None:
        if message_id is None:
            self.deal = None
            self.deal_pane.show(None)
            self.reader.show(None)
            return
        reading, every, other = self.reader_visible, self.reader.all_headers, self.reader.other

        def read(reader: Reads) -> tuple[DealPane, list[Row], Body | None]:
            body = body_of(reader, message_id, every, other) if reading else None
            return reader.deal_pane(message_id), reader.rows([message_id]), body

        pane, rows, body = await self.dealdesk.host.read(read)
        if message_id != self.messages.cursor_id:
            return
        self.deal = pane
        self.deal_pane.show(pane)
        if reading and rows:
            self.reader.show(rows[0], body, self.own)
            if body is not None and body.state == "header":
                await self.dealdesk.ask(lambda engine: engine.want(message_id))
            else:
                found = await self.dealdesk.host.read(lambda reader: findings_of(reader, message_id))
                self.reader.add(found, self._hint(found))

    def _hint(self, found: Findings) -> str:
        """Return what can be done about a message, with its key."""
        key = self.dealdesk.keymap.first_key
        if found.answerable:
            return f"{key('invitation.answer')} answers it"
        return f"{key('list.leave')} leaves this list" if found.unsubscribing is not None else ""
