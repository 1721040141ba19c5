"""The history tells every change of a person, organization and deal; deletions say what goes, and come back whole."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.crm.desk import Crm
from tests.engine.crm.files import rows, take
from tests.engine.rules.desk import ANN, desk
from tui.engine.commands import DeleteDeal, DeletePerson
from tui.engine.core import Engine
from tui.engine.crm import history, removal
from tui.engine.crm.fields import Fields
from tui.engine.errors import InvalidInput


def told(crm: Crm | Engine, entity: str, id: int) -> list[tuple[str, str, str]]:
    """Return (field, old, new), oldest first."""
    reader = crm.reader if isinstance(crm, Crm) else crm.reader.crm
    return [(one.field, one.old, one.new) for one in reversed(reader.ask(history.of(entity, id)))]


async def test_every_change_is_told_with_old_and_new(crm: Crm) -> None:
    crm.db.actor = "bo"
    ann = (await crm.people.add("Ann", ["ann@acme.io"], ["1"], "Acme", tags=["vip"])).id
    await crm.people.edit(ann, name="Ann Archer", org="Beta", emails=["a@new.example"], tags=[])
    deal = (await crm.deals.add("Rollout", [ann], value=100_00)).id
    await crm.deals.edit(deal, value=250_50, close="2026-12-01")
    await crm.deals.move(deal, "Offer")
    note = (await crm.notes.add("Called her", deal=deal, person=ann)).id
    await crm.notes.edit(note, "Called her twice")
    todo = (await crm.activities.add("Send it", 1, deal=deal)).id
    await crm.activities.done(todo)
    await crm.deals.lost(deal, "price")
    assert told(crm, "person", ann) == [
        ("created", "", "Ann"),
        ("address", "", "ann@acme.io"),
        ("phone", "", "1"),
        ("tag", "", "vip"),
        ("name", "Ann", "Ann Archer"),
        ("organization", "Acme", "Beta"),
        ("address", "ann@acme.io", ""),
        ("address", "", "a@new.example"),
        ("tag", "vip", ""),
        ("note", "", "Called her"),
        ("note", "Called her", "Called her twice"),
    ]
    assert told(crm, "deal", deal) == [
        ("created", "", "Rollout"),
        ("person", "", "Ann Archer"),
        ("value", "100.00", "250.50"),
        ("expected close", "", "2026-12-01"),
        ("stage", "Lead", "Offer"),
        ("note", "", "Called her"),
        ("note", "Called her", "Called her twice"),
        ("activity", "", "Send it"),
        ("activity done", "", "Send it"),
        ("status", "open", "lost"),
        ("lost reason", "", "price"),
    ]
    entries = crm.reader.ask(history.of("deal", deal))
    assert {one.actor for one in entries} == {"bo"}
    assert all(one.at > 1_700_000_000 for one in entries)


async def test_what_changes_of_an_activity_a_stage_and_a_field_is_told_too(crm: Crm) -> None:
    crm.db.actor = "bo"
    deal = (await crm.deals.add("Rollout")).id
    todo = (await crm.activities.add("Send {it}", 0, deal=deal, repeat="every week")).id
    await crm.activities.edit(todo, due=86_400, kind="call", repeat="")
    await crm.activities.done(todo)
    assert told(crm, "deal", deal)[1:] == [
        ("activity", "", "Send {it}"),
        ("due of Send {it}", "1970-01-01", "1970-01-02"),
        ("kind of Send {it}", "task", "call"),
        ("repeat of Send {it}", "every week", ""),
        ("activity done", "", "Send {it}"),
    ]
    await crm.pipelines.edit_stage(None, "Lead", name="First", probability=20)
    assert told(crm, "stage", 1) == [("name", "Lead", "First"), ("probability", "10", "20")]
    field = (await Fields(crm.db).add("deal", "Size")).id
    await Fields(crm.db).remove("deal", "Size")
    assert told(crm, "field", field) == [("created", "", "Size"), ("deleted", "", "yes")]
    assert {one.actor for one in crm.reader.history("field", field)} == {"bo"}


async def test_a_merge_and_its_undo_are_told_of_both(crm: Crm) -> None:
    keep = (await crm.people.add("Ann", ["ann@acme.io"])).id
    other = (await crm.people.add("A. Archer", ["a@acme.io"])).id
    merged = await crm.people.merge(keep, other)
    assert ("merged into", "", "Ann") in told(crm, "person", other)
    await crm.db.revert(merged.undo)
    assert {("merged into", "Ann", ""), ("deleted", "yes", "")} <= set(told(crm, "person", other))


async def test_an_import_is_told_of_everybody_it_brought(engine: Engine) -> None:
    await engine.people.add("Ann", ["ann@acme.io"])
    await take(engine, "Name,Email,Title,Company\nAnn,ann@acme.io,Head,Acme\nBo,bo@b.example,,\nCat,c@c.example,,\n")
    assert told(engine, "person", 1)[-2:] == [("organization", "", "Acme"), ("title", "", "Head")]
    assert told(engine, "person", 3) == [("imported", "", "")]
    await engine.undo()
    assert told(engine, "person", 3) == [("imported", "", ""), ("removed", "", "")]
    assert told(engine, "person", 1)[-2:] == [("organization", "#1", ""), ("title", "Head", "")]  # gone by then


async def test_a_change_that_failed_leaves_no_history(crm: Crm) -> None:
    before = await crm.db.fetch("SELECT * FROM history")
    with pytest.raises(InvalidInput, match="e-mail"):
        await crm.people.add("Ann", ["no address"])
    assert await crm.db.fetch("SELECT * FROM history") == before


async def test_deleting_a_deal_or_a_person_says_what_goes_and_comes_back_with_its_links(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann = await d.person()
        deal = await d.deal("Rollout", [ann])
        await d.engine.notes.add("n", deal=deal, person=ann)
        d.deliver(d.mail("Offer", from_=ANN, body="A word like Pfifferling."))
        await d.sync()
        await d.engine.publish()
        crm = d.reader.crm
        assert crm.ask(removal.of_deal(deal)) == ({"link to a mail": 1, "note": 1}, {"person": 1})
        assert crm.ask(removal.of_person(ann)) == ({"address": 1, "link to a mail": 1}, {"deal": 1, "note": 1})
        before, links = await rows(d.engine), d.row("Offer")
        for command, gone in ((DeleteDeal(deal), [DeletePerson(ann)]), (DeletePerson(ann), [])):
            await d.do(command)
            await d.engine.publish()
            assert d.row("Offer").link_state == "linked"  # to the other one
            for more in gone:
                await d.do(more)
                await d.engine.publish()
                assert d.row("Offer").link_state == "none"
                assert await d.engine.crm.fetch("SELECT * FROM mails") == []
            for _ in (command, *gone):
                await d.engine.undo()
            await d.engine.publish()
            assert d.row("Offer") == links
            after = await rows(d.engine)
            stable = ("persons", "deals", "person_emails", "deal_persons", "notes", "deal_events")
            assert {name: after[name] for name in stable} == {name: before[name] for name in stable}
            assert [entry.title for entry in crm.timeline(deal_id=deal) if entry.kind == "mail"] == ["Offer"]
