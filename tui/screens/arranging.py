"""Which cards a board shows and in which order: pure, so that a filter typed or an order chosen is a small test."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from tui import look
from tui.engine.model import Card
from tui.widgets.board import is_late

SOON = 30 * 86400
"""What ``closing`` means, in seconds from now."""

FAR = 1 << 60

ORDERS: dict[str, Callable[[Card], tuple[object, ...]]] = {
    "oldest in stage": lambda card: (card.entered, card.title),
    "value": lambda card: (-look.units(card.value, card.currency), card.title),
    "next step": lambda card: (card.due if card.due is not None else FAR, card.title),
    "closes first": lambda card: (card.close or "9999", card.title),
    "last mail": lambda card: (-(card.mail_at or 0), card.title),
    "title": lambda card: (_plain(card.title),),
}
"""The orders of a column by name, as the key goes through them."""

WORDS = "late · planned · unplanned · closing"
"""Words that a filter knows besides what is written on the cards."""


def fitting(cards: Iterable[Card], text: str, now: float, closing: Callable[[str], float]) -> list[Card]:
    """Return the cards that match every word of ``text``.

    Args:
        cards: any.
        text: words of title, person, organization or owner; ``late``, ``planned``, ``unplanned`` for the next step,
            ``closing`` for those that are expected to close within 30 days.
        now: the present, in seconds since the epoch.
        closing: gives an ISO date as seconds since the epoch.
    """
    wanted = _plain(text).split()
    return [card for card in cards if all(_has(card, word, now, closing) for word in wanted)]


def _has(card: Card, word: str, now: float, closing: Callable[[str], float]) -> bool:
    match word:
        case "late":
            return is_late(card, now)
        case "planned":
            return card.due is not None and not is_late(card, now)
        case "unplanned":
            return card.due is None
        case "closing":
            return card.close is not None and closing(card.close) - now < SOON
    return word in _plain(f"{card.title} {card.who} {card.organization} {card.owner}")


def by_stage(cards: Sequence[Card], order: str) -> dict[int, list[Card]]:
    """Return stage id -> its cards in an order of ``ORDERS``."""
    found: dict[int, list[Card]] = {}
    for card in sorted(cards, key=ORDERS[order]):
        found.setdefault(card.stage_id, []).append(card)
    return found


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in folded if not unicodedata.combining(one))
