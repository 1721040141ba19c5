"""What a mail server holds, and what it did: every copy that the engine added or removed is counted."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

TOKEN = re.compile(rb"token-(\d+)-")
"""Each different mail of a run carries one of these in its body."""


def token_of(raw: bytes) -> int:
    """Return which mail a source is."""
    found = TOKEN.search(raw)
    assert found is not None, raw[-200:]
    return int(found[1])


@dataclass
class Copy:
    """One message in a folder."""

    uid: int
    raw: bytes
    flags: set[str]
    modseq: int
    date: int

    @property
    def token(self) -> int:
        """Which mail it is."""
        return token_of(self.raw)


@dataclass
class Box:
    """One folder."""

    name: str
    validity: int
    role: str = ""
    uidnext: int = 1
    modseq: int = 1
    copies: dict[int, Copy] = field(default_factory=dict)
    ever: dict[tuple[int, int], int] = field(default_factory=dict)
    expunged: list[tuple[int, int]] = field(default_factory=list)
    watchers: set[Callable[[], None]] = field(default_factory=set)

    def change(self) -> int:
        """Count a change and return its modseq."""
        self.modseq += 1
        for told in self.watchers:
            told()
        return self.modseq

    def put(self, raw: bytes, flags: set[str], date: int) -> Copy:
        """Add a message."""
        copy = Copy(self.uidnext, raw, set(flags), self.change(), date)
        self.copies[copy.uid] = copy
        self.ever[self.validity, copy.uid] = copy.token
        self.uidnext += 1
        return copy

    def drop(self, uid: int) -> Copy:
        """Take a message out."""
        copy = self.copies.pop(uid)
        self.expunged.append((self.change(), uid))
        return copy

    def flag(self, uid: int, add: set[str], remove: set[str]) -> None:
        """Change flags."""
        copy = self.copies[uid]
        wanted = (copy.flags | add) - remove
        if wanted != copy.flags:
            copy.flags = wanted
            copy.modseq = self.change()


SPECIAL = {"Sent": "\\Sent", "Trash": "\\Trash", "Archive": "\\Archive", "Drafts": "\\Drafts"}


class Store:
    """A user's folders.

    Attributes:
        ever: (UIDVALIDITY, UID) -> token, of every copy that there ever was; no two folders share a UIDVALIDITY.
        added, removed: token -> how many copies the engine's own commands added and removed.
        watchers: called at every change; they must be cheap.
    """

    def __init__(self, special_use: bool = True) -> None:
        self._validities = itertools.count(1000)
        self._clock = itertools.count(1_760_000_000, 60)
        self.boxes: dict[str, Box] = {}
        self.special_use = special_use
        self.ever: dict[tuple[int, int], int] = {}
        self.added: Counter[int] = Counter()
        self.removed: Counter[int] = Counter()
        self.watchers: set[Callable[[], None]] = set()
        for name in ("INBOX", "Work", "Play", *SPECIAL):
            self.create(name)

    # --- what any client does

    def create(self, name: str) -> Box:
        """Make a folder."""
        role = SPECIAL.get(name, "") if self.special_use else ""
        self.boxes[name] = Box(name, next(self._validities), role, ever=self.ever, watchers=self.watchers)
        return self.boxes[name]

    def deliver(self, name: str, raw: bytes, flags: set[str] | None = None) -> Copy:
        """Add a new message."""
        return self.boxes[name].put(raw, flags or set(), next(self._clock))

    def copy(self, source: str, uid: int, target: str) -> Copy:
        """Copy a message."""
        old = self.boxes[source].copies[uid]
        return self.boxes[target].put(old.raw, old.flags, old.date)

    def move(self, source: str, uid: int, target: str) -> Copy:
        """Move a message."""
        new = self.copy(source, uid, target)
        self.boxes[source].drop(uid)
        return new

    def rename(self, old: str, new: str) -> None:
        """Rename a folder; UIDVALIDITY and UIDs stay, as with Dovecot."""
        box = self.boxes.pop(old)
        box.name = new
        self.boxes[new] = box

    def renumber(self, name: str, gap: int) -> None:
        """Give a folder a new UIDVALIDITY and its messages new UIDs."""
        box = self.boxes[name]
        kept = list(box.copies.values())
        box.validity, box.uidnext, box.copies, box.expunged = next(self._validities), 1 + gap, {}, []
        for copy in kept:
            box.put(copy.raw, copy.flags, copy.date)

    # --- looking

    def sent(self) -> str:
        """Return the folder that sent mail goes to, "" when there is none."""
        return next(
            (box.name for box in self.boxes.values() if box.role == SPECIAL["Sent"]), "Sent" * ("Sent" in self.boxes)
        )

    def where(self, token: int) -> list[str]:
        """Return the folders that hold a mail, one entry a copy, sorted."""
        return sorted(box.name for box in self.boxes.values() for c in box.copies.values() if c.token == token)

    def copies_of(self, token: int) -> list[tuple[Box, Copy]]:
        """Return the copies of a mail."""
        return [(box, copy) for box in self.boxes.values() for copy in box.copies.values() if copy.token == token]
