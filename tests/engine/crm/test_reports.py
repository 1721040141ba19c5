"""Reports and who waits for whom, over a CRM whose every date is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.crm.desk import Crm
from tui.cells import bar
from tui.cli.bars import bars
from tui.engine.crm import reports, waiting
from tui.engine.crm.mails import PublishedMail
from tui.engine.crm.rows import Query
from tui.engine.model import Address, Direction, ForecastSum, Outcome, StageFlow, StageSum, Waiting

DAY = 86_400
NOW = 1_790_000_000  # 2026-09-21
US = Address("Me", "me@home.example")
ANN = Address("Ann", "ann@acme.io")


@dataclass
class Clock:
    """The time that the CRM writes down."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(crm: Crm) -> Clock:
    crm.db.clock = found = Clock()
    return found


async def mail(
    crm: Crm,
    deal: int,
    days_ago: float,
    way: str,
    who: Address = ANN,
    *,
    owner_only: bool = False,
    automatic: bool = False,
    persons: tuple[int, ...] = (),
) -> None:
    number = f"{deal}-{days_ago}-{way}-{who.email}"
    from_, to = (who, US) if way == "in" else (US, who)
    await crm.publisher.publish(
        PublishedMail(
            *(number, f"{number}@x", US.email, Direction(way), int(NOW - days_ago * DAY), from_, (to,), ()),
            *(f"About {days_ago}", "text", None),
            automatic=automatic,
            persons=dict.fromkeys(persons, "auto"),
            deals={deal: "auto"},
            owner_only_deals=frozenset({deal} if owner_only else ()),
        )
    )


async def test_the_pipeline_is_summed_by_stage_and_never_across_currencies(crm: Crm) -> None:
    for title, value, currency, stage in (
        ("a", 100_00, "EUR", "Offer"),
        ("b", 50_01, "EUR", "Offer"),
        ("c", 7000, "JPY", "Offer"),
        ("gone", 9, "EUR", "Lead"),
        ("won", 9, "EUR", "Lead"),
    ):
        await crm.deals.add(title, value=value, currency=currency, stage=stage)
    await crm.deals.delete("gone")
    await crm.deals.won("won")
    assert crm.reader.ask(reports.pipeline()) == [
        StageSum("Sales", "Lead", 10, "", 0, 0, 0),
        StageSum("Sales", "Offer", 30, "EUR", 2, 150_01, 45_00),
        StageSum("Sales", "Offer", 30, "JPY", 1, 7000, 2100),
        StageSum("Sales", "Negotiation", 60, "", 0, 0, 0),
        StageSum("Sales", "Verbal", 90, "", 0, 0, 0),
    ]
    await crm.pipelines.edit("Sales", archived=True)
    assert crm.reader.ask(reports.pipeline()) == []


async def test_the_forecast_goes_by_month_with_late_first_and_undated_last(crm: Crm) -> None:
    for title, close in (
        ("a", "2026-09-20"),
        ("b", "2026-09-21"),
        ("c", "2026-11-30"),
        ("d", None),
        ("e", "2026-11-01"),
    ):
        await crm.deals.add(title, value=1000, close=close)
    assert crm.reader.ask(reports.forecast(NOW)) == [
        ForecastSum("late", "EUR", 1, 1000, 100),
        ForecastSum("2026-09", "EUR", 1, 1000, 100),
        ForecastSum("2026-11", "EUR", 2, 2000, 200),
        ForecastSum("none", "EUR", 1, 1000, 100),
    ]


async def test_conversion_and_time_in_stage_follow_the_history(crm: Crm, clock: Clock) -> None:
    for title in ("a", "b", "c"):
        await crm.deals.add(title, value=100)
    clock.now += 2 * DAY
    await crm.deals.move("a", "Offer")
    clock.now += 2 * DAY
    await crm.deals.move("b", "Offer")
    await crm.deals.lost("b", "price")
    clock.now += 4 * DAY
    await crm.deals.won("a")
    flow = {one.stage: one for one in crm.reader.ask(reports.flow())}
    assert flow["Lead"] == StageFlow("Sales", "Lead", 3, 2, 0, 1, 3.0)
    assert flow["Offer"] == StageFlow("Sales", "Offer", 2, 1, 1, 0, 3.0)
    assert flow["Verbal"] == StageFlow("Sales", "Verbal", 0, 0, 0, 0, None)
    assert crm.reader.ask(reports.outcomes()) == [
        Outcome("won", "", "EUR", 1, 100),
        Outcome("lost", "price", "EUR", 1, 100),
    ]
    assert crm.reader.ask(reports.outcomes(int(clock.now) + 1)) == []


async def test_the_mail_of_each_deal_is_counted(crm: Crm) -> None:
    deal = (await crm.deals.add("a")).id
    await crm.deals.add("silent")
    for days, way in ((3, "in"), (2, "out"), (1, "in")):
        await mail(crm, deal, days, way)
    [found] = crm.reader.ask(reports.mail_volume())
    assert (found.deal.id, found.received, found.sent, found.first, found.last) == (
        deal,
        2,
        1,
        NOW - 3 * DAY,
        NOW - DAY,
    )


async def test_who_wrote_last_is_owed_an_answer(crm: Crm) -> None:
    await crm.people.add("Ann Archer", ["ann@acme.io", "ann@home.example"])
    ours, theirs, closed = [(await crm.deals.add(title)).id for title in ("ours", "theirs", "closed")]
    await mail(crm, ours, 5, "in", persons=(1,))
    await mail(crm, ours, 4, "in")
    await mail(crm, theirs, 4, "in", persons=(1,))
    await mail(crm, theirs, 1, "out", Address("", "ann@home.example"))
    await mail(crm, theirs, 0.5, "out", Address("Stranger", "s@x.example"))
    await mail(crm, closed, 9, "in")
    await mail(crm, theirs, 30, "in", Address("Hidden", "h@x.example"), owner_only=True)
    await crm.deals.lost("closed")
    found = crm.reader.ask(waiting.waiting(NOW))
    assert [(w.who, w.owed_by, w.deal and w.deal.title, w.days, w.late) for w in found] == [
        ("Ann Archer", "us", "ours", 4.0, True),
        ("Ann Archer", "them", "theirs", 1.0, False),
        ("Stranger", "them", "theirs", 0.5, False),
    ]
    assert found[0].subject == "About 4"
    _owed_alike(crm, found)
    assert [w.who for w in crm.reader.ask(waiting.waiting(NOW, person_id=1))] == ["Ann Archer"] * 2
    assert [w.who for w in crm.reader.ask(waiting.waiting(NOW, deal_id=ours))] == ["Ann Archer"]


async def test_what_no_person_wrote_is_no_answer_and_awaits_none(crm: Crm) -> None:
    """An out of office comes; the answer is still theirs to give. A second publication can take that back."""
    await crm.people.add("Ann Archer", ["ann@acme.io"])
    deal = (await crm.deals.add("a", ["Ann Archer"])).id

    def owed() -> list[tuple[str, float]]:
        everywhere = crm.reader.ask(waiting.waiting(NOW))
        assert crm.reader.ask(waiting.waiting(NOW, deal)) == everywhere
        assert crm.reader.ask(waiting.waiting(NOW, person_id=1)) == everywhere
        _owed_alike(crm, everywhere)
        return [(one.owed_by, one.days) for one in everywhere]

    await mail(crm, deal, 9, "in", automatic=True)
    assert owed() == []
    await mail(crm, deal, 5, "out")
    await mail(crm, deal, 4, "in", automatic=True)
    assert owed() == [("them", 5.0)]
    [number] = [row[0] for row in await crm.db.fetch("SELECT id FROM mails WHERE subject = 'About 4'")]
    assert crm.reader.mail(number).automatic
    await mail(crm, deal, 4, "in")
    assert owed() == [("us", 4.0)]
    assert not crm.reader.mail(number).automatic
    await mail(crm, deal, 4, "in", automatic=True)
    assert await crm.publisher.withdraw(f"{deal}-4-in-ann@acme.io") == 1
    assert len(await crm.db.fetch("SELECT mail_id FROM automatic_mails")) == 1, "it goes with its mail"


def _owed_alike(crm: Crm, found: Sequence[Waiting]) -> None:
    """What a frame counts is what the report tells of."""
    told = {who: sorted({one.mail for one in found if one.owed_by == who}) for who in ("us", "them")}
    assert {who: sorted(mails) for who, mails in crm.reader.ask(waiting.owed()).items()} == told


async def test_what_a_person_waits_for_reads_no_other_deals_mail(crm: Crm) -> None:
    """The page of a person costs what that person's deals cost, whatever else is in the CRM."""
    await crm.people.add("Ann Archer", ["ann@acme.io"])
    own = (await crm.deals.add("own", ["Ann Archer"])).id
    linked = (await crm.deals.add("linked")).id
    await mail(crm, own, 2, "in")
    await mail(crm, linked, 3, "in", persons=(1,))
    for number in range(20):
        await mail(crm, (await crm.deals.add(f"other {number}")).id, 4, "in", Address("", f"x{number}@y.example"))
    question = waiting.waiting(NOW, person_id=1)
    read = crm.reader.ask(_first(question))
    assert {row[0] for row in read} == {own, linked}
    assert [one.deal and one.deal.title for one in crm.reader.ask(waiting.waiting(NOW, person_id=1))] == [
        "linked",
        "own",
    ]


def _first(question: Query[list[Waiting]]) -> Query[list[tuple[Any, ...]]]:
    """What the first statement of a question reads."""
    rows = yield next(question)
    return rows


async def test_late_is_what_takes_longer_than_usual_with_this_person(crm: Crm) -> None:
    await crm.people.add("Ann", ["ann@acme.io"])
    deal = (await crm.deals.add("a")).id
    # Ann takes ten days, we one.
    for days, way in (
        (60, "out"),
        (50, "in"),
        (49, "out"),
        (39, "in"),
        (38, "out"),
        (28, "in"),
        (27, "out"),
        (17, "in"),
    ):
        await mail(crm, deal, days, way)
    [found] = crm.reader.ask(waiting.waiting(NOW - 16 * DAY))
    assert (found.owed_by, found.usual, found.late) == ("us", 1.0, False)
    [found] = crm.reader.ask(waiting.waiting(NOW - 15 * DAY))
    assert found.late
    await mail(crm, deal, 9, "out")
    [found] = crm.reader.ask(waiting.waiting(NOW))
    assert (found.owed_by, found.usual, found.late) == ("them", 10.0, False)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(["in", "out"]), st.just(""))))
def test_a_usual_time_is_always_one_that_can_be_waited(exchange: list[tuple[int, str, str]]) -> None:
    for direction in ("in", "out"):
        assert waiting.LEAST <= waiting.threshold(sorted(exchange), direction) <= waiting.MOST


async def test_stale_are_the_open_deals_that_nothing_touched(crm: Crm, clock: Clock) -> None:
    clock.now = NOW - 100 * DAY
    quiet, mailed, noted, done, moved = [
        (await crm.deals.add(title)).id for title in ("quiet", "mailed", "noted", "done", "moved")
    ]
    todo = (await crm.activities.add("x", NOW, deal=done)).id
    await crm.activities.add("next", NOW + DAY, deal=quiet)
    await mail(crm, mailed, 20, "in")
    clock.now = NOW - 2 * DAY
    await crm.notes.add("n", deal=noted)
    await crm.activities.done(todo)
    await crm.deals.move(moved, "Offer")
    found = crm.reader.ask(waiting.stale(NOW))
    assert [(one.deal.title, one.days, one.next_due) for one in found] == [
        ("quiet", 100, NOW + DAY),
        ("mailed", 20, None),
    ]


@given(st.lists(st.floats(0, 1e12), max_size=9), st.integers(1, 40))
def test_bars_are_as_wide_as_they_may_be_and_something_is_never_nothing(values: list[float], width: int) -> None:
    drawn = bars(values, width)
    assert all(len(one) <= width and (one != "") == (value > 0) for one, value in zip(drawn, values, strict=True))
    assert bar(1, 1, width) == "█" * width
