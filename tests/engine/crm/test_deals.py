from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.engine.crm.desk import Crm
from tui.engine.crm import opendeals
from tui.engine.crm.db import Changed
from tui.engine.errors import Ambiguous, InvalidInput, NotFound
from tui.engine.model import TimelineEntry


async def furnish(crm: Crm) -> int:
    await crm.people.add("Ann Archer", ["ann@acme.io"])
    await crm.people.add("Bo Chen", ["bo@beta.example"])
    changed = await crm.deals.add("Acme licences", ["ann@acme.io", "Bo Chen"], "Acme GmbH", 1_200_000, stage="Offer")
    return changed.id


def changes(crm: Crm, deal: int) -> list[str]:
    found: list[TimelineEntry] = crm.reader.timeline(deal_id=deal)
    return [entry.title for entry in found if entry.kind == "change"]


async def test_add_uses_the_first_pipeline_and_stage(crm: Crm) -> None:
    deal = await crm.deals.get((await crm.deals.add("Plain")).id)
    assert (deal.pipeline, deal.stage, deal.status, deal.value, deal.currency) == ("Sales", "Lead", "open", 0, "EUR")


async def test_add_with_everything(crm: Crm) -> None:
    deal = await crm.deals.get(await furnish(crm))
    assert [person.name for person in deal.persons] == ["Ann Archer", "Bo Chen"]
    assert deal.organization is not None
    assert (deal.organization.name, deal.stage, deal.value) == ("Acme GmbH", "Offer", 1_200_000)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"title": " "}, InvalidInput),
        ({"title": "x", "persons": ["nobody@x.y"]}, NotFound),
        ({"title": "x", "stage": "Nowhere"}, NotFound),
        ({"title": "x", "pipeline": "Nowhere"}, NotFound),
        ({"title": "x", "value": -1}, InvalidInput),
        ({"title": "x", "currency": "EURO"}, InvalidInput),
    ],
)
async def test_add_refuses_and_leaves_nothing(crm: Crm, options: dict[str, object], error: type[Exception]) -> None:
    before = await crm.rows()
    with pytest.raises(error):
        await crm.deals.add(**options)  # type: ignore[arg-type]
    assert await crm.rows() == before


async def test_a_new_stage_is_made_only_when_asked_for(crm: Crm) -> None:
    deal = await furnish(crm)
    await crm.deals.move(deal, "Proof", create_stage=True)
    assert crm.reader.deal(deal).stage == "Proof"
    assert [stage.name for stage in crm.reader.pipelines()[0].stages][-1] == "Proof"


async def test_every_change_is_in_the_history(crm: Crm) -> None:
    deal = await furnish(crm)
    await crm.deals.move(deal, "Negotiation")
    await crm.deals.edit(deal, value=1_500_000, remove_persons=["Bo Chen"])
    await crm.deals.lost(deal, "too dear")
    await crm.deals.reopen(deal)
    await crm.deals.won(deal)
    assert changes(crm, deal) == [
        "status open ▸ won",
        "status lost ▸ open",
        "status open ▸ lost: too dear",
        "person removed: Bo Chen",
        "value 12000.00 EUR ▸ 15000.00 EUR",
        "stage Offer ▸ Negotiation",
        "created: Offer",
    ]


async def test_lost_keeps_the_reason_and_reopen_forgets_it(crm: Crm) -> None:
    deal = await furnish(crm)
    await crm.deals.lost("acme licences", "too dear")
    lost = crm.reader.deal(deal)
    assert (lost.status, lost.lost_reason, lost.closed is not None) == ("lost", "too dear", True)
    await crm.deals.reopen(deal)
    again = crm.reader.deal(deal)
    assert (again.status, again.lost_reason, again.closed) == ("open", "", None)


async def test_a_closed_deal_is_not_moved_or_closed_again(crm: Crm) -> None:
    deal = await furnish(crm)
    await crm.deals.won(deal)
    with pytest.raises(InvalidInput, match="reopen it"):
        await crm.deals.move(deal, "Verbal")
    with pytest.raises(InvalidInput, match="is won already"):
        await crm.deals.lost(deal)
    await crm.deals.reopen(deal)
    with pytest.raises(InvalidInput, match="is open already"):
        await crm.deals.reopen(deal)


async def test_words_open_deal(crm: Crm) -> None:
    """Open: not won, not lost, not deleted, in a pipeline that is not archived; the stage does not matter."""
    deal = await furnish(crm)
    ann, bo = crm.reader.person("Ann Archer").id, crm.reader.person("Bo Chen").id

    async def open_now() -> dict[int, list[int]]:
        found = await crm.db.read(opendeals.open_for([ann, bo, 99]))
        alone = await crm.db.read(opendeals.open_deals([deal, 99]))
        assert set(alone) == {d.id for deals in found.values() for d in deals}
        return {person: [d.id for d in deals] for person, deals in found.items()}

    both = {ann: [deal], bo: [deal]}
    assert await open_now() == both
    await crm.deals.won(deal)
    assert await open_now() == {}
    await crm.deals.reopen(deal)
    assert await open_now() == both
    archived = await crm.pipelines.edit("Sales", archived=True)
    assert await open_now() == {}
    await crm.db.revert(archived.undo)
    await crm.deals.delete(deal)
    assert await open_now() == {}


async def test_R18_a_deal_of_the_organization_alone_is_nobodys(crm: Crm) -> None:
    await crm.people.add("Ann", ["ann@acme.io"], org="Acme")
    await crm.deals.add("No person", org="Acme")
    assert await crm.db.read(opendeals.open_for([1])) == {}


async def test_references_prefer_the_open_deal_of_a_title(crm: Crm) -> None:
    first = await furnish(crm)
    await crm.deals.won(first)
    second = (await crm.deals.add("ACME Licences")).id
    assert crm.reader.deal("acme licences").id == second
    await crm.deals.add("acme licences")
    with pytest.raises(Ambiguous):
        crm.reader.deal("acme licences")


async def test_every_change_of_deals_can_be_undone_and_redone(crm: Crm) -> None:
    deal = await furnish(crm)
    attempts: tuple[Callable[[], Awaitable[Changed]], ...] = (
        lambda: crm.deals.add("New", ["Ann Archer"], "New org", stage="New stage", create_stage=True),
        lambda: crm.deals.edit(deal, persons=["Bo Chen"], org="Other", value=5, currency="USD"),
        lambda: crm.deals.edit(deal, title="T", close="2026-12-01"),
        lambda: crm.deals.move(deal, "Verbal"),
        lambda: crm.deals.won(deal),
        lambda: crm.deals.lost(deal, "why"),
        lambda: crm.deals.delete(deal),
        lambda: crm.pipelines.add("Second", ["A", "B"]),
        lambda: crm.pipelines.edit("Sales", name="Selling", archived=True),
        lambda: crm.pipelines.add_stage("Sales", "First", position=0, probability=5),
        lambda: crm.pipelines.edit_stage("Sales", "Verbal", name="Spoken", position=0, probability=95),
        lambda: crm.activities.add("call", 1_800_000_000, deal=deal, person="Ann Archer", kind="call"),
        lambda: crm.notes.add("note", deal=deal),
    )
    for change in attempts:
        before = await crm.rows()
        changed = await change()
        after = await crm.rows()
        assert after != before
        undone = await crm.db.revert(changed.undo)
        assert (await crm.rows()) == before
        await crm.db.revert(undone.undo)
        assert (await crm.rows()) == after
        await crm.db.revert(changed.undo)


async def test_moving_to_the_same_stage_changes_nothing(crm: Crm) -> None:
    deal = await furnish(crm)
    assert (await crm.deals.move(deal, "offer")).undo == ()


async def test_move_by_a_stages_id_may_change_the_pipeline(crm: Crm) -> None:
    deal = await furnish(crm)
    await crm.pipelines.add("Renewals", ["Due", "Asked"])
    asked = crm.reader.pipelines()[1].stages[1]
    await crm.deals.move(deal, asked.id)
    moved = crm.reader.deal(deal)
    assert (moved.pipeline, moved.stage) == ("Renewals", "Asked")


async def test_stages_are_placed_and_not_archived_under_open_deals(crm: Crm) -> None:
    await furnish(crm)
    await crm.pipelines.add_stage(None, "Qualified", position=1, probability=20)
    assert [s.name for s in crm.reader.pipelines()[0].stages] == ["Lead", "Qualified", "Offer", "Negotiation", "Verbal"]
    with pytest.raises(InvalidInput, match="1 open deals"):
        await crm.pipelines.edit_stage("Sales", "Offer", archived=True)
    await crm.pipelines.edit_stage("Sales", "Verbal", archived=True)
    assert [s.name for s in crm.reader.pipelines()[0].stages][-1] == "Negotiation"
    with pytest.raises(InvalidInput, match="already has a stage"):
        await crm.pipelines.add_stage("Sales", "OFFER")
    with pytest.raises(InvalidInput, match="from 0 to 100"):
        await crm.pipelines.add_stage("Sales", "X", probability=101)
    with pytest.raises(InvalidInput, match="already a pipeline"):
        await crm.pipelines.add("SALES")


async def test_the_picker_finds_words_anywhere_and_forgives_a_typo(crm: Crm) -> None:
    await furnish(crm)
    closed = await crm.deals.add("Acme old", org="Acme GmbH")
    await crm.deals.lost(closed.id)
    people, deals = crm.reader.search("acme")
    assert ([p.name for p in people], [d.title for d in deals]) == (["Ann Archer"], ["Acme licences", "Acme old"])
    assert [d.title for d in crm.reader.search("ann lic")[1]] == ["Acme licences"]
    assert [p.name for p in crm.reader.search("archre")[0]] == ["Ann Archer"]
    assert [p.name for p in crm.reader.search("ann axch")[0]] == ["Ann Archer"], "half a word, and a letter wrong"
    assert crm.reader.search("bo axch") == ([], []), "every word counts"
    assert crm.reader.search("qqqqqq") == ([], [])
    assert len(crm.reader.search("")[0]) == 2


async def test_activities_and_notes(crm: Crm) -> None:
    deal = await furnish(crm)
    call = (await crm.activities.add("call Ann", 1_800_000_000, deal=deal, kind="call")).id
    await crm.activities.add("write Bo", 1_700_000_000, person="Bo Chen")
    assert [a.subject for a in crm.reader.activities()] == ["write Bo", "call Ann"]
    await crm.activities.done(call)
    assert [a.subject for a in crm.reader.activities()] == ["write Bo"]
    assert [a.id for a in crm.reader.activities(deal="Acme licences", done=True)] == [call]
    await crm.activities.edit(call, subject="rang Ann", due=5)
    assert (await crm.activities.get(call)).due == 5
    note = (await crm.notes.add("budget\nuntil March", deal=deal)).id
    await crm.notes.edit(note, "budget\nuntil May")
    entry = next(one for one in crm.reader.timeline(deal_id=deal) if one.kind == "note")
    assert (entry.title, entry.detail) == ("budget", "budget\nuntil May")
    await crm.notes.delete(note)
    await crm.activities.delete(call)
    assert {one.kind for one in crm.reader.timeline(deal_id=deal)} == {"change"}
    for refused in (crm.notes.add("x"), crm.notes.add(" ", deal=deal), crm.activities.add("x", 1, kind="dance")):
        with pytest.raises(InvalidInput):
            await refused
    with pytest.raises(NotFound):
        await crm.activities.done(99)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("**Legal decides.** Bo is on our side", "Legal decides. Bo is on our side"),
        ("call Ann - then Bo", "call Ann - then Bo"),
        ("40 seats * 12 EUR > 400. Done", "40 seats * 12 EUR > 400. Done"),
        ("- [ ] ask for `net 60`", "ask for net 60"),
        ("> ## 3. Terms", "Terms"),
        ("---", "---"),
    ],
)
async def test_a_note_is_told_by_its_first_line_without_the_marks_before_it(crm: Crm, body: str, shown: str) -> None:
    deal = await furnish(crm)
    await crm.notes.add(body, deal=deal)
    assert next(one.title for one in crm.reader.timeline(deal_id=deal) if one.kind == "note") == shown
