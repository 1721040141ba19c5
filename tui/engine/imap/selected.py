"""The selected folder as the server tells of it: message numbers to UIDs, and what came unasked."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.engine.imap.facts import Fact, Fetched, FolderStatus, Number, StatusOf, Vanished
from tui.engine.imap.response import Condition
from tui.engine.imap.uidset import Gathering, UidSet

NUMBERS = 2_000_000
"""Message numbers beyond this are not mapped."""
KEPT = 100_000
"""At most so many unasked facts are kept between two ``take``; more count as unknown."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What came unasked since the last look.

    ``exists``: the folder's new count, None when nothing was said. ``unknown``: how many changes could not be tied
    to a UID; when not 0 the folder has to be compared. ``folders``: STATUS of other folders, by wire name.
    """

    exists: int | None = None
    fetched: list[Fetched] = field(default_factory=list)
    vanished: UidSet = field(default_factory=UidSet)
    unknown: int = 0
    folders: dict[str, FolderStatus] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.exists is not None or self.fetched or self.vanished or self.unknown or self.folders)


class SelectedFolder:
    """Follows one connection's selected folder, none at first."""

    def __init__(self) -> None:
        self.wire = ""
        self.exists = 0
        self.pushed: Callable[[], None] | None = None
        self._uids = array("I")
        self._told: int | None = None
        self._fetched: dict[int, Fetched] = {}
        self._vanished = Gathering()
        self._unknown = 0
        self._folders: dict[str, FolderStatus] = {}
        self.overflowed = False
        """Whether the server said NOTIFICATIONOVERFLOW: it tells of nothing any more (RFC 5465, section 5.8)."""

    def begin(self, wire: str) -> None:
        """Forget the folder before; ``wire`` is "" for none."""
        self.wire, self.exists = wire, 0
        self._uids = array("I")
        self._told, self._unknown = None, 0
        self._fetched, self._vanished = {}, Gathering()

    def witness(self, fact: Fact) -> Fact:
        """See a fact in the order of the wire; return it with the UID that the server left out, where known."""
        if isinstance(fact, Fetched):
            return self._number(fact)
        if isinstance(fact, Vanished):
            if not fact.earlier:
                self._forget(fact.uids)
        elif isinstance(fact, Number) and fact.kind == "EXPUNGE" and fact.number:
            self.exists = max(0, self.exists - 1)
            if fact.number <= len(self._uids):
                uid = self._uids.pop(fact.number - 1)
                if uid:
                    return Vanished(UidSet([uid]), False)
        return fact

    def unasked(self, fact: Fact) -> None:
        """Keep a fact that no command was waiting for, and tell of it."""
        if isinstance(fact, StatusOf):
            if len(self._folders) < KEPT:
                self._folders[fact.wire] = fact.status
        elif isinstance(fact, Number) and fact.kind == "EXISTS":
            if fact.number == self.exists:
                return
            self.exists = self._told = fact.number
        elif isinstance(fact, Number) and fact.kind == "EXPUNGE":
            self._unknown += 1
        elif isinstance(fact, Vanished):
            self._vanished.add(fact.uids)
        elif isinstance(fact, Fetched):
            if fact.flags is None and fact.modseq is None:
                return
            if fact.uid and len(self._fetched) < KEPT:
                self._fetched[fact.uid] = fact._replace(header=None, body=None, present=fact.present & {"flags"})
            else:
                self._unknown += 1
        elif isinstance(fact, Condition) and fact.code == "NOTIFICATIONOVERFLOW":
            self.overflowed = True
        else:
            return
        if self.pushed is not None:
            self.pushed()

    @property
    def has_news(self) -> bool:
        """Whether ``take`` would return anything."""
        return bool(self._told is not None or self._fetched or self._vanished or self._unknown or self._folders)

    def take(self) -> Facts:
        """Return what came unasked and forget it."""
        facts = Facts(self._told, list(self._fetched.values()), self._vanished.take(), self._unknown, self._folders)
        self._told, self._unknown = None, 0
        self._fetched, self._folders = {}, {}
        return facts

    def _number(self, fact: Fetched) -> Fetched:
        at = fact.seq - 1
        if fact.uid:
            if 0 <= at < NUMBERS:
                if at >= len(self._uids):
                    self._uids.extend([0] * (at + 1 - len(self._uids)))
                self._uids[at] = fact.uid
        elif 0 <= at < len(self._uids) and not fact.present & {"header", "body"}:
            # Content is never filed under a guessed UID; flags may be.
            return fact._replace(uid=self._uids[at])
        return fact

    def _forget(self, gone: UidSet) -> None:
        self.exists = max(0, self.exists - len(gone))
        if len(gone) > 1000:
            self._uids = array("I")
            return
        for uid in gone:
            try:
                self._uids.remove(uid)
            except ValueError:
                # A message whose number was never told: the numbers above it are no longer known.
                self._uids = array("I")
                return
