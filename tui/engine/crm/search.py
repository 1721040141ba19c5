"""What the pickers offer for what was typed: what has it somewhere, then near misses for a typo, best first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from tui.engine.crm import fetch
from tui.engine.crm.rows import Query, Row, fold
from tui.engine.model import Deal, Person

_PEOPLE = (
    "SELECT p.id, p.key, 0, coalesce(o.key, ''), coalesce(e.norm, '') FROM persons p"
    " LEFT JOIN organizations o ON o.id = p.organization_id AND o.deleted_at IS NULL"
    " LEFT JOIN person_emails e ON e.person_id = p.id AND e.live = 1 WHERE p.deleted_at IS NULL"
)
_DEALS = (
    "SELECT d.id, d.key, CASE d.status WHEN 'open' THEN 0 ELSE 1 END, coalesce(o.key, ''), coalesce(p.key, '')"
    " FROM deals d LEFT JOIN organizations o ON o.id = d.organization_id AND o.deleted_at IS NULL"
    " LEFT JOIN deal_persons dp ON dp.deal_id = d.id"
    " LEFT JOIN persons p ON p.id = dp.person_id AND p.deleted_at IS NULL WHERE d.deleted_at IS NULL"
)
NEAR = 75
"""How alike, of 100, the beginning of a word must be to what was typed."""
SOME = 5000
"""Hits that are put in order."""


class Entry(NamedTuple):
    """A person or a deal: all that is searched, folded, the folded name, the id, and whether it is over."""

    searched: str
    name: str
    id: int
    over: bool


class Names:
    """All people, or all deals, kept between two keystrokes."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._words: dict[str, list[int]] = {}
        self._near: dict[str, set[int]] = {}

    def having(self, words: Sequence[str], limit: int) -> list[int]:
        """Return the ids of what has every word somewhere, what isn't over and begins with the first of them first."""
        hits: Iterable[Entry] = self._entries
        for word in words:
            hits = [one for one in hits if word in one.searched]
        some = list(islice(hits, SOME))
        first = words[0] if words else ""
        some.sort(key=lambda e: (e.over, not e.name.startswith(first), f" {first}" not in f" {e.name}", e.name, e.id))
        return [one.id for one in some[:limit]]

    def like(self, words: Sequence[str], limit: int) -> list[int]:
        """Return the ids of names that have for every word one that begins nearly so, the most alike first."""
        from rapidfuzz import fuzz

        found = set.intersection(*[self._like(word) for word in words])
        some = [self._entries[at] for at in islice(sorted(found), SOME)]
        text = " ".join(words)
        some.sort(key=lambda one: (-fuzz.ratio(text, one.name[: len(text)]), one.over, one.name, one.id))
        return [one.id for one in some[:limit]]

    def _like(self, word: str) -> set[int]:
        """Return where names have a word that begins nearly as one; what was asked for at the last key is known."""
        from rapidfuzz import fuzz, process

        if word not in self._near:
            if not self._words:
                for at, one in enumerate(self._entries):
                    for part in one.name.split():
                        self._words.setdefault(part, []).append(at)
            beginnings = list({part[: len(word)] for part in self._words})
            close = {
                one[0] for one in process.extract(word, beginnings, scorer=fuzz.ratio, score_cutoff=NEAR, limit=50)
            }
            parts = [places for part, places in self._words.items() if part[: len(word)] in close] if close else []
            self._near[word] = {at for places in parts for at in places}
        return self._near[word]


class Index(NamedTuple):
    """Everybody and every deal."""

    people: Names
    deals: Names


def index() -> Query[Index]:
    """Return the index: people by name, organization and addresses, deals by title, organization and people."""
    people = yield _PEOPLE, ()
    deals = yield _DEALS, ()
    return Index(Names(list(_entries(people))), Names(list(_entries(deals))))


def _entries(rows: Iterable[Row]) -> Iterator[Entry]:
    """Make one entry of the rows of each person or deal."""
    found: dict[int, list[str]] = {}
    kept: dict[int, tuple[str, bool]] = {}
    for id, key, over, organization, more in rows:
        found.setdefault(id, [key, organization]).append(more)
        kept[id] = key, bool(over)
    for id, parts in found.items():
        name, over = kept[id]
        yield Entry("\n".join(parts), name, id, over)


def pick(text: str, limit: int, known: Index) -> Query[tuple[list[Person], list[Deal]]]:
    """Return at most ``limit`` people and as many deals for what was typed; every word has to be found.

    Words are looked for in names, titles, addresses and organizations. Open deals come before closed ones, beginnings
    before middles. Where that finds nothing, names that are nearly the same are offered.

    Args:
        text: what was typed.
        limit: at most so many of each.
        known: ``index()``, as long as the CRM has not changed since.
    """
    words = fold(text).split()[:8]
    people, deals = known.people.having(words, limit), known.deals.having(words, limit)
    if words and not people and not deals:
        people, deals = known.people.like(words, limit), known.deals.like(words, limit)
    persons_by_id = {one.id: one for one in (yield from fetch.persons_by_ids(people))}
    deals_by_id = {one.id: one for one in (yield from fetch.deals_by_ids(deals))}
    return [persons_by_id[id] for id in people], [deals_by_id[id] for id in deals]
