"""Filters and orders of the pipeline, as pure functions of cards."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.core import Engine
from tui.engine.model import Card, Pipeline, Stage
from tui.engine.paths import Paths
from tui.screens.arranging import ORDERS, amounts, arrange, asks_for, fitting, sums
from tui.widgets.board import card_line

NOW = 1_764_000_000.0
"""24 November 2025."""
DAY = 86400
SALES = Pipeline(1, "Sales", False, (Stage(1, 1, "Lead", 0, 10), Stage(2, 1, "Offer", 1, 50)))


def card(id: int, title: str = "", **more: object) -> Card:
    """A card with what a test is about."""
    usual: dict[str, object] = {
        **{"id": id, "title": title or f"Deal {id}", "stage_id": 1, "value": 0, "currency": "EUR", "who": "Bo"},
        **{"organization": "", "owner": "", "entered": 0, "close": None, "due": None, "todo": "", "late_from": None},
        **{"mail_at": None, "mail_direction": ""},
    }
    return Card(**{**usual, **more})  # type: ignore[arg-type]


CARDS = [
    card(1, "Beta", due=int(NOW) - 2 * DAY, late_from=int(NOW) - DAY, owner="ann"),
    card(2, "Acme", due=int(NOW) + DAY, late_from=int(NOW) + 2 * DAY, close="2025-12-01"),
    card(3, "Zürich", close="2026-02-20", who="Łukasz"),
    card(4, "Old", close="2026-02-24"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [1, 2, 3, 4]),
        ("late", [1]),
        ("planned", [2]),
        ("unplanned", [3, 4]),
        ("closing", [2]),
        ("next 90 days", [2, 3]),
        ("90d", [2, 3]),
        ("next 7 days", [2]),
        ("unplanned 90 d", [3]),
        ("stale", [1, 4]),
        ("stale unplanned", [4]),
        ("ZURICH", [3]),
        ("ann", [1]),
        ("mine late", [1]),
        ("90", []),
    ],
)
def test_a_filter_leaves_what_matches_every_word(text: str, found: list[int]) -> None:
    assert [one.id for one in fitting(CARDS, text, NOW, {1, 4}, "Ann")] == found
    assert asks_for("stale", text) == ("stale" in text)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 2), st.integers(0, 10**9)), max_size=30),
    st.sampled_from(sorted(ORDERS)),
    st.booleans(),
)
def test_every_order_keeps_every_deal_once_and_its_sums(
    some: list[tuple[int, int, int]], order: str, backwards: bool
) -> None:
    cards = [card(at, stage_id=stage, value=value, entered=age) for at, (age, stage, value) in enumerate(some)]
    found = arrange(cards, SALES, order, backwards)
    assert sorted(one.id for one in found.cards) == [one.id for one in cards]
    assert found.total == amounts(sums(cards))
    for stage, column in found.columns.items():
        assert column == [one for one in found.cards if one.stage_id == stage]
        assert found.sums[stage] == amounts(sums(column))


def test_a_card_says_tags_fields_and_whose_it_is_where_there_is_room() -> None:
    """Owners are named only where there are several; a field's value is one line, whatever it holds."""
    said = card(1, tags=("vip",), fields=(("Region", "North\nEast"), ("Budget", "")), owner="ann@our.example")

    def third(width: int, owners: bool) -> str:
        return "".join(text for text, _ in card_line(said, 2, width, NOW, owners))

    assert third(30, False).rstrip() == " #vip · North East"
    assert third(30, True) == " #vip · North East        ann "
    assert third(16, True) == " #vip · No… ann "
    assert third(8, True).rstrip() == " #vip ·…"


async def test_the_board_reads_tags_and_fields_of_open_deals(tmp_path: Path) -> None:
    """What people declared is there with its name, in the fields' order; a removed field is not."""
    engine = await Engine.open(Paths.of(tmp_path))
    try:
        for name in ("Region", "Gone"):
            await engine.fields.add("deal", name, "text")
        deal = (await engine.deals.add("Rollout")).id
        await engine.deals.edit(deal, tags=["vip", "eu"], fields={"Region": "North", "Gone": "x"})
        await engine.fields.remove("deal", "Gone")
        [shown] = engine.reader.crm.cards(1)
        assert (shown.tags, shown.fields) == (("eu", "vip"), (("Region", "North"),))
    finally:
        await engine.close()
