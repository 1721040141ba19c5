"""Which deals a pipeline shows and in which order: pure, so that a filter typed or an order chosen is a small test."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tui import look
from tui.engine.model import Card, Pipeline
from tui.widgets.board import is_late

SOON = 30
"""What ``closing`` means, in days from now."""

FAR = 1 << 60

_Key = Callable[[Card, Mapping[int, int]], tuple[object, ...]]

ORDERS: dict[str, _Key] = {
    "age": lambda card, _: (card.entered, card.title),
    "value": lambda card, _: (-look.units(card.value, card.currency), card.title),
    "next step": lambda card, _: (card.due if card.due is not None else FAR, card.title),
    "closes": lambda card, _: (card.close or "9999", card.title),
    "last mail": lambda card, _: (-(card.mail_at or 0), card.title),
    "person": lambda card, _: (plain(card.who or card.organization) or "\uffff", card.title),
    "deal": lambda card, _: (plain(card.title),),
    "stage": lambda card, places: (places.get(card.stage_id, 0), card.entered),
}
"""The orders by name, each beginning with what one looks for first: the oldest, the largest, the next due."""

COLUMN_ORDERS = tuple(name for name in ORDERS if name != "stage")
"""The orders that make a difference within a stage."""

WORDS = "mine · late · planned · unplanned · stale · closing · next 90 days"
"""Words that a filter knows besides what is written on the cards."""

_DAYS = re.compile(r"\b(?:next )?(\d{1,4}) ?d(?:ays?)?\b")


class Arranged(NamedTuple):
    """What a pipeline shows: its deals in their order, all together and by stage, and their sums."""

    cards: Sequence[Card]
    columns: Mapping[int, Sequence[Card]]
    sums: Mapping[int, str]
    total: str
    weighted: str


def arrange(cards: Sequence[Card], pipeline: Pipeline, order: str, backwards: bool = False) -> Arranged:
    """Order deals and add up what they are worth.

    Args:
        cards: the deals that are shown.
        pipeline: whose they are.
        order: one of ``ORDERS``.
        backwards: True to begin at its other end.
    """
    places = {stage.id: stage.position for stage in pipeline.stages}
    ordered = sorted(cards, key=lambda card: ORDERS[order](card, places), reverse=backwards)
    columns: dict[int, list[Card]] = {}
    for card in ordered:
        columns.setdefault(card.stage_id, []).append(card)
    worth = {stage: sums(some) for stage, some in columns.items()}
    total, weighted = Counter[str](), Counter[str]()
    for stage in pipeline.stages:
        for currency, value in worth.get(stage.id, {}).items():
            total[currency] += value
            weighted[currency] += value * stage.probability // 100
    return Arranged(
        ordered, columns, {stage: amounts(one) for stage, one in worth.items()}, amounts(total), amounts(weighted)
    )


def sums(cards: Iterable[Card]) -> dict[str, int]:
    """Return currency -> what the deals are worth together, in minor units."""
    found: dict[str, int] = {}
    for card in cards:
        found[card.currency] = found.get(card.currency, 0) + card.value
    return found


def amounts(worth: Mapping[str, int]) -> str:
    """Return sums as they are written, the largest first: ``€61,000 + $2,000``; what is worth nothing is left out."""
    found = sorted(((value, currency) for currency, value in worth.items() if value), reverse=True)
    return " + ".join(look.money(value, currency) for value, currency in found)


def asks_for(word: str, text: str) -> bool:
    """Return whether a filter has a word that something must be known for: ``stale``, ``mine``."""
    return word in plain(text).split()


def fitting(cards: Sequence[Card], text: str, now: float, stale: Collection[int] = (), me: str = "") -> Sequence[Card]:
    """Return the deals that match every word of ``text``.

    Args:
        cards: any.
        text: words of title, person, organization or owner; ``mine`` for the deals of who works here; ``late``,
            ``planned``, ``unplanned`` for the next step; ``stale`` for those that nothing happens to; ``next 90 days``
            or ``90d`` for those that are expected to close until then, ``closing`` for the next 30.
        now: the present, in seconds since the epoch.
        stale: the deals that nothing happens to, when they are asked for.
        me: who works here, likewise.
    """
    wanted = _DAYS.sub(r"\1d", plain(text)).split()
    if not wanted:
        return cards
    tests = [_test(word, now, stale, me) for word in wanted]
    return [card for card in cards if all(test(card) for test in tests)]


def _test(word: str, now: float, stale: Collection[int], me: str) -> Callable[[Card], bool]:
    match word:
        case "mine":
            return lambda card: card.owner != "" and plain(card.owner) == plain(me)
        case "late":
            return lambda card: is_late(card, now)
        case "planned":
            return lambda card: card.due is not None and not is_late(card, now)
        case "unplanned":
            return lambda card: card.due is None
        case "stale":
            return lambda card: card.id in stale
        case "closing":
            return _closes_within(SOON, now)
        case _ if found := _DAYS.fullmatch(word):
            return _closes_within(int(found[1]), now)
    return lambda card: word in plain(f"{card.title} {card.who} {card.organization} {card.owner}")


def _closes_within(days: int, now: float) -> Callable[[Card], bool]:
    last = (date.fromtimestamp(now) + timedelta(days)).isoformat()
    return lambda card: card.close is not None and card.close <= last


def plain(text: str) -> str:
    """Return a text as it is searched and ordered: without case and accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in folded if not unicodedata.combining(one))
