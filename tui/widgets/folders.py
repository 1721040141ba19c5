"""The folder pane: accounts with their folders and counts, and the saved views below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui import cells, look
from tui.engine.model import Account, AccountState, Folder, Role, View
from tui.widgets.lines import Item, LinePane

ORDER = (Role.INBOX, Role.SENT, Role.DRAFTS, Role.ARCHIVE, Role.NONE, Role.ALL, Role.JUNK, Role.TRASH)
"""Folders by what they are for; plain ones by name between Archive and Junk."""

_COUNTED = frozenset({Role.INBOX, Role.NONE, Role.ARCHIVE, Role.ALL})


class Place(NamedTuple):
    """What a line of the pane leads to. ``kind``: ``view`` (with ``view``), ``outbox``, or ``account`` (fold it)."""

    kind: str
    title: str
    view: View | None = None
    account_id: int | None = None


class Saved(NamedTuple):
    """A saved view or queue below the folders, with its count."""

    place: Place
    number: int


def saved_views(needs_deal: int, outbox: int, others: Sequence[Saved] = ()) -> list[Saved]:
    """Return the views every workspace has: what needs a deal, ``others``, and the outbox."""
    return [
        Saved(Place("view", "needs a deal", View("needs_deal")), needs_deal),
        *others,
        Saved(Place("outbox", "outbox"), outbox),
    ]


class FolderPane(LinePane):
    """Accounts, folders and saved views; Enter posts ``Chosen`` with a ``Place``."""

    CURSOR_WHEN_BLURRED = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.heading = ((("Folders", ""),), ())
        self.shown: View | None = None
        self.folded: set[int] = set()
        self._accounts: tuple[Account, ...] = ()
        self._folders: tuple[Folder, ...] = ()
        self._saved: tuple[Saved, ...] = ()
        self.places: list[Place] = []

    def show(self, accounts: Sequence[Account], folders: Sequence[Folder], saved: Sequence[Saved] = ()) -> None:
        """Show accounts with their selected folders (others are left out), then the saved views."""
        self._accounts, self._folders, self._saved = tuple(accounts), tuple(folders), tuple(saved)
        self._build()

    def show_current(self, view: View | None) -> None:
        """Mark which view the message list shows."""
        self.shown = view
        self._build()

    def toggle_account(self, account_id: int) -> None:
        """Fold or unfold the folders of an account."""
        self.folded.symmetric_difference_update({account_id})
        self._build()

    def step(self, steps: int) -> Place | None:
        """Return the view ``steps`` from the one shown (``J`` ``K``) and put the cursor there; None at the end."""
        places = [place for place in self.places if place.view is not None]
        if not places:
            return None
        at = next((index for index, place in enumerate(places) if place.view == self.shown), -1)
        target = at + steps if at >= 0 else 0
        if not 0 <= target < len(places):
            return None
        self.go_to(places[target])
        return places[target]

    def resized(self) -> None:
        """Lay the lines out for the new width."""
        self._build()

    def _build(self) -> None:
        width = max(10, self.size.width - 1)
        items: list[Item] = []
        if len(self._accounts) > 1:
            unread = sum(folder.unread for folder in self._folders if folder.role is Role.INBOX and folder.selected)
            items.append(self._item(Place("view", "All inboxes", View("inbox")), unread, width, indent=0))
        for account in self._accounts:
            items.extend(self._account(account, width))
        if self._saved:
            items.append(Item(()))
            items.append(Item((("Saved", "dim"),)))
            items.extend(self._item(saved.place, saved.number, width) for saved in self._saved)
        self.places = [item.key for item in items if isinstance(item.key, Place)]
        self.set_items(items)

    def _account(self, account: Account, width: int) -> list[Item]:
        folders = [folder for folder in self._folders if folder.account_id == account.id and folder.selected]
        folders.sort(key=lambda folder: (ORDER.index(folder.role), folder.name.lower()))
        folded = account.id in self.folded
        unread = sum(folder.unread for folder in folders if folder.role is Role.INBOX)
        name = f"{'▸' if folded else '▾'} {account.email}"
        state = account_mark(account)
        right: list[look.Piece] = [state] if state[0] else []
        if unread:
            right.append((f" {look.count(unread)}" if right else look.count(unread), "strong"))
        place = Place("account", account.email, account_id=account.id)
        items = [Item(look.spread([(name, "dim")], [*right, (" ", "")], width), place)]
        if not folded:
            items.extend(self._folder(folder, width) for folder in folders)
        return items

    def _folder(self, folder: Folder, width: int) -> Item:
        title = "Inbox" if folder.role is Role.INBOX else folder.name.replace("/", " / ")
        place = Place("view", title, View("folder", folder_id=folder.id), folder.account_id)
        number = folder.unread if folder.role in _COUNTED else folder.total if folder.role is Role.DRAFTS else 0
        mark = "!" if folder.error else "" if folder.on_server else "⌫"
        return self._item(place, number, width, mark=mark)

    def _item(self, place: Place, number: int, width: int, *, indent: int = 2, mark: str = "") -> Item:
        current = place.view is not None and place.view == self.shown
        ink = "accent" if current else "strong" if number and place.kind == "view" else ""
        right: list[look.Piece] = []
        if mark:
            right.append((mark, "bad" if mark == "!" else "dim"))
        if number:
            right.append((" " + look.count(number), ink or "dim"))
        lead = ("› " if current else " " * 2)[-indent:] if indent else ""
        return Item(look.spread([(lead, ink), (cells.steady(place.title), ink)], [*right, (" ", "")], width), place)


def account_mark(account: Account) -> look.Piece:
    """Return the connection mark of an account: ``!`` error, ``…`` on its way, ``↻`` syncing, ``○`` offline, or ""."""
    return {
        AccountState.ERROR: ("!", "bad"),
        AccountState.CONNECTING: ("…", "dim"),
        AccountState.SYNCING: ("↻", "dim"),
        AccountState.OFFLINE: ("○", "dim"),
        AccountState.WAITING: ("…", "warn"),
    }.get(account.state, ("", ""))
