"""What the pickers offer for what was typed: LIKE first, then near misses for a typo, best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeAlias

from tui.engine.crm import fetch
from tui.engine.crm.rows import Query, Row, fold, like
from tui.engine.model import Deal, Person

_PEOPLE = (
    "SELECT p.id, p.key, coalesce(o.key, ''), coalesce(e.norm, '') FROM persons p"
    " LEFT JOIN organizations o ON o.id = p.organization_id AND o.deleted_at IS NULL"
    " LEFT JOIN person_emails e ON e.person_id = p.id AND e.live = 1 WHERE p.deleted_at IS NULL"
)
_DEALS = (
    "SELECT d.id, d.key, coalesce(o.key, ''), coalesce(p.key, ''), d.status <> 'open' FROM deals d"
    " LEFT JOIN organizations o ON o.id = d.organization_id AND o.deleted_at IS NULL"
    " LEFT JOIN deal_persons dp ON dp.deal_id = d.id"
    " LEFT JOIN persons p ON p.id = dp.person_id AND p.deleted_at IS NULL"
    " WHERE d.deleted_at IS NULL"
)


Index: TypeAlias = "list[tuple[str, str, int]]"
"""Everybody as (what is searched, folded name, id), kept between two keystrokes."""


def index() -> Query[Index]:
    """Return the index of people: names, organizations and addresses, folded, a line for each person."""
    found: dict[int, list[str]] = {}
    names: dict[int, str] = {}
    for id, key, organization, address in (yield _PEOPLE, ()):
        found.setdefault(id, [key, organization]).append(address)
        names[id] = key
    return [("\n".join(parts), names[id], id) for id, parts in found.items()]


def _indexed(known: Index, words: Sequence[str], limit: int) -> list[int]:
    hits: Iterable[tuple[str, str, int]] = known
    for word in words:
        hits = [one for one in hits if word in one[0]]
    first = words[0] if words else ""
    some = list(islice(hits, 5000))
    some.sort(key=lambda one: (not one[1].startswith(first), f" {first}" not in f" {one[1]}", one[1], one[2]))
    return [one[2] for one in some[:limit]]


def pick(text: str, limit: int, known: Index | None = None) -> Query[tuple[list[Person], list[Deal]]]:
    """Return at most ``limit`` people and as many deals for what was typed; every word has to be found.

    Words are looked for in names, titles, addresses and organizations. Open deals come before closed ones, beginnings
    before middles. Where that finds nothing, names that are nearly the same are offered.

    Args:
        text: what was typed.
        limit: at most so many of each.
        known: the index of people, where one is kept; else the database is searched.
    """
    words = fold(text).split()[:8]
    if known is None:
        people = yield from _matches(_PEOPLE, ("p.key", "o.key", "e.norm"), words, limit)
    else:
        people = _indexed(known, words, limit)
    deals = yield from _matches(_DEALS, ("d.key", "o.key", "p.key"), words, limit)
    if words and not people and not deals:
        people = _near((yield "SELECT id, key FROM persons WHERE deleted_at IS NULL", ()), " ".join(words), limit)
        deals = _near((yield "SELECT id, key FROM deals WHERE deleted_at IS NULL", ()), " ".join(words), limit)
    persons_by_id = {one.id: one for one in (yield from fetch.persons_by_ids(people))}
    deals_by_id = {one.id: one for one in (yield from fetch.deals_by_ids(deals))}
    return [persons_by_id[id] for id in people], [deals_by_id[id] for id in deals]


def _matches(source: str, columns: Sequence[str], words: Sequence[str], limit: int) -> Query[list[int]]:
    one = "(" + " OR ".join(f"coalesce({column}, '') LIKE ? ESCAPE '\\'" for column in columns) + ")"
    values = [like(word) for word in words for _ in columns]
    rows = yield f"{source}{''.join(f' AND {one}' for _ in words)} LIMIT 5000", values
    first = words[0] if words else ""

    def rank(row: Row) -> tuple[object, ...]:
        return (*row[4:], not row[1].startswith(first), f" {first}" not in f" {row[1]}", row[1], row[0])

    return list(dict.fromkeys(row[0] for row in sorted(rows, key=rank)))[:limit]


def _near(rows: Iterable[Row], text: str, limit: int) -> list[int]:
    from rapidfuzz import fuzz, process

    names = {id: key for id, key in rows}
    return [id for _, _, id in process.extract(text, names, scorer=fuzz.WRatio, score_cutoff=75, limit=limit)]
