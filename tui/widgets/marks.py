"""Which rows of a list are meant: marked ids, a range that grows and shrinks with the cursor, the cursor itself.

All is held by id, so that new mail or another order moves nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence


class Marks:
    """Marked ids. A range marks what lies between its anchor and the cursor, besides what was marked before."""

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self._anchor: int | None = None
        self._swept: set[int] = set()

    @property
    def ranging(self) -> bool:
        """Whether a range is open."""
        return self._anchor is not None

    def toggle(self, id: int) -> None:
        """Mark or unmark one."""
        self.ids.symmetric_difference_update({id})
        self._swept.discard(id)

    def begin_range(self, id: int) -> None:
        """Open a range at ``id``."""
        self._anchor, self._swept = id, set()

    def end_range(self) -> None:
        """Close the range; what it marked stays marked."""
        self._anchor, self._swept = None, set()

    def clear(self) -> bool:
        """Unmark all and close the range; return whether there was anything."""
        had = bool(self.ids) or self.ranging
        self.ids = set()
        self.end_range()
        return had

    def sweep(self, ids: Sequence[int], cursor: int) -> bool:
        """Bring the range up to row ``cursor`` of ``ids``; return False where none is open."""
        if self._anchor is None:
            return False
        low, high = sorted((ids.index(self._anchor), cursor))
        now = set(ids[low : high + 1])
        self.ids -= self._swept - now
        fresh = now - self.ids
        self._swept = (self._swept & now) | fresh
        self.ids |= fresh
        return True

    def keep(self, ids: Iterable[int]) -> bool:
        """Forget what is not among ``ids`` any more; return whether anything was."""
        if not self.ids and self._anchor is None:
            return False
        here = set(ids)
        gone = not self.ids <= here
        self.ids &= here
        self._swept &= here
        if self._anchor is not None and self._anchor not in here:
            self.end_range()
        return gone


def follow(old: array[int], new: array[int], cursor: int) -> int:
    """Return where the row at ``cursor`` of ``old``, or else its nearest survivor, is in ``new``; -1 when empty."""
    if not new:
        return -1
    if not 0 <= cursor < len(old):
        return 0
    for id in old[cursor : cursor + 64]:
        try:
            return new.index(id)
        except ValueError:
            continue
    for id in reversed(old[max(0, cursor - 64) : cursor]):
        try:
            return new.index(id)
        except ValueError:
            continue
    return min(cursor, len(new) - 1)
