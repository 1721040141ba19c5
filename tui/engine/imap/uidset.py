"""A set of UIDs as sorted ranges: small whatever it spans, never expanded by accident."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice

from tui.engine.errors import ProtocolError

MAX_UID = 4_294_967_295
"""The biggest UID (RFC 9051, section 9, nz-number)."""
MAX_RANGES = 2_000_000
"""More ranges than this in one answer of a server is nonsense."""
_SET = re.compile(r"[0-9]+(?::[0-9]+)?(?:,[0-9]+(?::[0-9]+)?)*\Z")


class UidSet:
    """An immutable set of UIDs from 1 to 4294967295, held as disjoint ascending ranges.

    ``len`` and ``in`` cost nothing however much is spanned; iterating yields one UID after the other, so a set
    that a server gave must be iterated only through ``limited`` or after a look at ``len``.

    Args:
        uids: UIDs in any order, repeats allowed.

    Raises:
        ValueError: a UID is out of range.
    """

    __slots__ = ("_count", "_ranges", "_starts")

    def __init__(self, uids: Iterable[int] = ()) -> None:
        ranges: list[tuple[int, int]] = []
        first = last = 0
        for uid in sorted(uids):
            if uid == last + 1 and last:
                last = uid
            elif uid != last or not last:
                if last:
                    ranges.append((first, last))
                first = last = uid
        if last:
            ranges.append((first, last))
        self._hold(ranges)

    def _hold(self, ranges: list[tuple[int, int]]) -> None:
        if ranges and not 1 <= ranges[0][0] <= ranges[-1][1] <= MAX_UID:
            raise ValueError(f"UIDs go from 1 to {MAX_UID}, not {ranges[0][0]} to {ranges[-1][1]}")
        self._ranges = tuple(ranges)
        self._starts = [first for first, _ in ranges]
        self._count = sum(last - first + 1 for first, last in ranges)

    @classmethod
    def of_ranges(cls, ranges: Iterable[tuple[int, int]]) -> UidSet:
        """Return the union of ``(first, last)`` ranges, each in either order, overlaps allowed."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted((min(pair), max(pair)) for pair in ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        made = cls()
        made._hold(merged)
        return made

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
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        if not text:
            return cls()
        if not _SET.match(text):
            raise ProtocolError(f"The server sent a UID set that can't be read: {text[:60]!r}; try again later.")
        pieces = text.split(",", MAX_RANGES)
        try:
            if len(pieces) > MAX_RANGES:
                raise ValueError("too many ranges")
            pairs = []
            for piece in pieces:
                first, _, last = piece.partition(":")
                pairs.append((int(first), int(last or first)))
            return cls.of_ranges(pairs)
        except ValueError as error:
            raise ProtocolError(f"The server sent a UID set out of bounds: {text[:60]!r}; try again later.") from error

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The disjoint ascending ``(first, last)`` ranges."""
        return self._ranges

    @property
    def first(self) -> int:
        """The lowest UID, 0 when empty."""
        return self._ranges[0][0] if self._ranges else 0

    @property
    def last(self) -> int:
        """The highest UID, 0 when empty."""
        return self._ranges[-1][1] if self._ranges else 0

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self._ranges:
            yield from range(first, last + 1)

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        at = bisect_right(self._starts, uid) - 1
        return at >= 0 and uid <= self._ranges[at][1]

    def __eq__(self, other: object) -> bool:
        return self._ranges == other._ranges if isinstance(other, UidSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._ranges)

    def __str__(self) -> str:
        return ",".join(map(_written, self._ranges))

    def __repr__(self) -> str:
        shown = str(self)
        return f"UidSet({shown if len(shown) <= 60 else shown[:60] + '…'})"

    def __or__(self, other: UidSet) -> UidSet:
        return UidSet.of_ranges(self._ranges + other._ranges)

    def __and__(self, other: UidSet) -> UidSet:
        kept: list[tuple[int, int]] = []
        mine, theirs = iter(self._ranges), iter(other._ranges)
        a, b = next(mine, None), next(theirs, None)
        while a and b:
            first, last = max(a[0], b[0]), min(a[1], b[1])
            if first <= last:
                kept.append((first, last))
            if a[1] < b[1]:
                a = next(mine, None)
            else:
                b = next(theirs, None)
        return UidSet.of_ranges(kept)

    def __sub__(self, other: UidSet) -> UidSet:
        gaps, start = [], 1
        for first, last in other._ranges:
            if first > start:
                gaps.append((start, first - 1))
            start = last + 1
        if start <= MAX_UID:
            gaps.append((start, MAX_UID))
        return self & UidSet.of_ranges(gaps)

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
        for first, last in reversed(self._ranges):
            if count <= 0:
                break
            kept.append((max(first, last - count + 1), last))
            count -= last - first + 1
        return UidSet.of_ranges(kept)

    def pieces(self, octets: int, most: int = MAX_UID) -> Iterator[UidSet]:
        """Cut into sets that take at most ``octets`` when written and name at most ``most`` UIDs, ascending."""
        taken: list[tuple[int, int]] = []
        length = count = 0
        for whole_first, whole_last in self._ranges:
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


def _written(pair: tuple[int, int]) -> str:
    # Never "first:*": that names the newest message even where its UID is below first.
    first, last = pair
    return str(first) if first == last else f"{first}:{last}"
