"""Vectors of ids: what a list shows, less what leaves it, with threads unfolded."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence


def unfold(ids: array[int], threads: Sequence[Sequence[int]]) -> array[int]:
    """Return ``ids`` with each thread's other messages after the one that stands for it."""
    if not threads:
        return ids
    rest = {member: thread for thread in threads for member in thread}
    inside = set(rest)
    found: array[int] = array("q")
    for one in ids:
        found.append(one)
        if one in inside:
            found.extend(other for other in rest[one] if other != one)
    return found


def without(ids: array[int], gone: Collection[int]) -> array[int]:
    """Return ``ids`` less ``gone``; quick for a few of many."""
    if not gone:
        return ids
    if len(gone) > 32:
        out = set(gone)
        return array("q", (one for one in ids if one not in out))
    kept = ids[:]
    for one in gone:
        if one in kept:
            kept.remove(one)
    return kept
