"""A set of UIDs as sorted ranges: small whatever it spans, never expanded by accident."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

from tui.engine.errors import ProtocolError

MAX_UID = 4_294_967_295
"""The biggest UID (RFC 9051, section 9, nz-number)."""
MAX_RANGES = 1_000_000
"""More ranges than this in one answer of a server is nonsense."""
SORTED_AT_ONCE = 100_000
"""So many ranges are sorted as Python's integers; more go through sorted runs, which take a tenth of the memory."""
_PIECE = re.compile(rb"([0-9]{1,20})(?::([0-9]{1,20}))?(,|\Z)")


class UidSet:
    """An immutable set of UIDs from 1 to 4294967295, held as disjoint ascending ranges of eight octets each.

    ``len`` and ``in`` cost nothing however much is spanned; iterating yields one UID after the other, so a set
    that a server gave must be iterated only through ``limited`` or after a look at ``len``.

    Args:
        uids: UIDs in any order, repeats allowed.

    Raises:
        ValueError: a UID is out of range.
    """

    __slots__ = ("_count", "_firsts", "_lasts")

    def __init__(self, uids: Iterable[int] = ()) -> None:
        self._hold((uid, uid) for uid in sorted(uids))

    def _hold(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Take ranges that ascend by their first."""
        self._firsts, self._lasts = array("I"), array("I")
        edge = -1
        for first, last in ranges:
            if first > edge + 1 or edge < 0:
                if not 1 <= first <= last <= MAX_UID:
                    raise ValueError(f"UIDs go from 1 to {MAX_UID}, not {first} to {last}")
                self._firsts.append(first)
                self._lasts.append(last)
                edge = last
            elif last > edge:
                if last > MAX_UID:
                    raise ValueError(f"UIDs go from 1 to {MAX_UID}, not to {last}")
                self._lasts[-1] = edge = last
        self._count = sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    @classmethod
    def _ascending(cls, ranges: Iterable[tuple[int, int]]) -> UidSet:
        made = cls.__new__(cls)
        made._hold(ranges)
        return made

    @classmethod
    def of_ranges(cls, ranges: Iterable[tuple[int, int]]) -> UidSet:
        """Return the union of ``(first, last)`` ranges, each in either order, overlaps allowed.

        Raises:
            ValueError: a UID is out of range.
        """
        return cls._ascending(_sorted((min(pair), max(pair)) for pair in ranges))

    @classmethod
    def span(cls, first: int, last: int = MAX_UID) -> UidSet:
        """Return every UID from ``first`` to ``last``; the default reaches whatever may come."""
        return cls.of_ranges([(first, last)])

    @classmethod
    def parse(cls, text: str | bytes) -> UidSet:
        """Read a sequence set as a server writes it: ``1:5,9`` (RFC 9051, section 9, sequence-set).

        Raises:
            ProtocolError: it is not one, or has more than ``MAX_RANGES`` ranges, or a UID out of range.
        """
        written = text.encode("latin-1", "replace") if isinstance(text, str) else text
        if not written:
            return cls()
        try:
            if written.count(b",") >= MAX_RANGES:
                raise ValueError("too many ranges")
            return cls.of_ranges(_pieces(written))
        except ValueError as error:
            shown = written[:60].decode("latin-1")
            raise ProtocolError(
                f"The server sent a UID set that is none or out of bounds: {shown!r}; try again later."
            ) from error

    @property
    def ranges(self) -> Iterator[tuple[int, int]]:
        """The disjoint ascending ``(first, last)`` ranges."""
        return zip(self._firsts, self._lasts, strict=True)

    @property
    def pieces_count(self) -> int:
        """How many ranges there are."""
        return len(self._firsts)

    @property
    def first(self) -> int:
        """The lowest UID, 0 when empty."""
        return self._firsts[0] if self._firsts else 0

    @property
    def last(self) -> int:
        """The highest UID, 0 when empty."""
        return self._lasts[-1] if self._lasts else 0

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        at = bisect_right(self._firsts, uid) - 1
        return at >= 0 and uid <= self._lasts[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UidSet):
            return NotImplemented
        return self._firsts == other._firsts and self._lasts == other._lasts

    def __hash__(self) -> int:
        return hash((self._firsts.tobytes(), self._lasts.tobytes()))

    def __str__(self) -> str:
        return ",".join(map(_written, self.ranges))

    def __repr__(self) -> str:
        shown = str(self)
        return f"UidSet({shown if len(shown) <= 60 else shown[:60] + '…'})"

    def __or__(self, other: UidSet) -> UidSet:
        return UidSet._ascending(merge(self.ranges, other.ranges))

    def __and__(self, other: UidSet) -> UidSet:
        return UidSet._ascending(_both(self.ranges, other.ranges))

    def __sub__(self, other: UidSet) -> UidSet:
        return UidSet._ascending(_both(self.ranges, other._gaps()))

    def _gaps(self) -> Iterator[tuple[int, int]]:
        start = 1
        for first, last in self.ranges:
            if first > start:
                yield start, first - 1
            start = last + 1
        if start <= MAX_UID:
            yield start, MAX_UID

    def limited(self, limit: int) -> list[int]:
        """Return the UIDs as a list.

        Raises:
            ProtocolError: there are more than ``limit``.
        """
        if self._count > limit:
            raise ProtocolError(f"The server named {self._count} messages where at most {limit} can be; try again.")
        return list(self)

    def newest(self, count: int) -> UidSet:
        """Return the ``count`` highest UIDs."""
        kept: list[tuple[int, int]] = []
        for first, last in zip(reversed(self._firsts), reversed(self._lasts), strict=True):
            if count <= 0:
                break
            kept.append((max(first, last - count + 1), last))
            count -= last - first + 1
        return UidSet.of_ranges(kept)

    def pieces(self, octets: int, most: int = MAX_UID) -> Iterator[UidSet]:
        """Cut into sets that take at most ``octets`` when written and name at most ``most`` UIDs, ascending."""
        taken: list[tuple[int, int]] = []
        length = count = 0
        for whole_first, whole_last in self.ranges:
            first = whole_first
            while first <= whole_last:
                last = min(whole_last, first + most - count - 1)
                size = len(_written((first, last))) + 1
                if taken and (last < first or length + size > octets):
                    yield UidSet.of_ranges(taken)
                    taken, length, count = [], 0, 0
                    continue
                taken.append((first, last))
                length, count, first = length + size, count + last - first + 1, last + 1
        if taken:
            yield UidSet.of_ranges(taken)


class Gathering:
    """UIDs that come piece by piece, in as little memory as their union takes."""

    def __init__(self) -> None:
        self._held = UidSet()
        self._loose: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._loose or self._held)

    def add(self, uids: UidSet) -> None:
        """Take more.

        Raises:
            ProtocolError: that makes more than ``MAX_RANGES`` ranges.
        """
        if uids.pieces_count > 1000:
            self._held |= uids
        else:
            self._loose.extend(uids.ranges)
        if len(self._loose) > 10_000:
            self._fold()
        if self._held.pieces_count > MAX_RANGES:
            raise ProtocolError("The server named more messages than there can be; the connection was dropped.")

    def take(self) -> UidSet:
        """Return everything and begin anew."""
        self._fold()
        taken, self._held = self._held, UidSet()
        return taken

    def _fold(self) -> None:
        loose, self._loose = self._loose, []
        self._held |= UidSet.of_ranges(loose)


def as_set(uids: UidSet | Iterable[int]) -> UidSet:
    """Return ``uids`` as a UidSet."""
    return uids if isinstance(uids, UidSet) else UidSet(uids)


def paired(sources: str | bytes, targets: str | bytes, limit: int = 1_000_000) -> dict[int, int]:
    """Return COPYUID's two sets as source -> target (RFC 4315, section 3), in the order they were written.

    Raises:
        ProtocolError: the sets are unreadable, of unequal size or bigger than ``limit``.
    """
    left, right = _in_order(sources, limit), _in_order(targets, limit)
    if len(left) != len(right):
        raise ProtocolError(f"The server moved {len(left)} messages but names {len(right)} new UIDs; sync again.")
    return dict(zip(left, right, strict=True))


def _in_order(text: str | bytes, limit: int) -> list[int]:
    written = text.decode("latin-1") if isinstance(text, bytes) else text
    UidSet.parse(written).limited(limit)
    found: list[int] = []
    for piece in written.split(",") if written else ():
        first, _, last = piece.partition(":")
        a, b = int(first), int(last or first)
        found.extend(islice(range(min(a, b), max(a, b) + 1), limit + 1 - len(found)))
    return found


def _pieces(written: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a sequence set in the order written; ValueError for what is none."""
    at, more = 0, True
    while more:
        found = _PIECE.match(written, at)
        if found is None:
            raise ValueError("not a UID set")
        first = int(found[1])
        yield first, int(found[2]) if found[2] else first
        at, more = found.end(), found[3] == b","


def _sorted(pairs: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    pairs = iter(pairs)
    loose = list(islice(pairs, SORTED_AT_ONCE))
    loose.sort()
    if len(loose) < SORTED_AT_ONCE:
        return loose
    runs = [_packed(loose)]
    del loose
    while run := sorted(islice(pairs, SORTED_AT_ONCE)):
        runs.append(_packed(run))
    return ((both >> 32, both & MAX_UID) for both in merge(*runs))


def _packed(pairs: list[tuple[int, int]]) -> array[int]:
    if pairs[0][0] < 1 or max(last for _, last in pairs) > MAX_UID:
        raise ValueError("a UID is out of range")
    return array("Q", ((first << 32) | last for first, last in pairs))


def _both(mine: Iterator[tuple[int, int]], theirs: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    a, b = next(mine, None), next(theirs, None)
    while a and b:
        first, last = max(a[0], b[0]), min(a[1], b[1])
        if first <= last:
            yield first, last
        if a[1] < b[1]:
            a = next(mine, None)
        else:
            b = next(theirs, None)


def _written(pair: tuple[int, int]) -> str:
    # Never "first:*": that names the newest message even where its UID is below first.
    first, last = pair
    return str(first) if first == last else f"{first}:{last}"
