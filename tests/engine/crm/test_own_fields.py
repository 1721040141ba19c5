"""Fields that people declare, tags, owners and roles: checked, told in the history, taken back, merged and searched."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from tests.engine.crm.desk import Crm
from tests.engine.crm.test_history import told
from tui.engine.crm.db import Changed
from tui.engine.crm.fields import Fields
from tui.engine.errors import DealdeskError, InvalidInput, NotFound
from tui.engine.model import Deal, Organization, Person


async def declare(crm: Crm) -> Fields:
    own = Fields(crm.db)
    await own.add("deal", "Budget", "money")
    await own.add("deal", "Seats", "number")
    await own.add("deal", "Size", "choice", ["Small", "Large"])
    await own.add("deal", "Renewal", "date")
    await own.add("person", "Birthday", "date")
    await own.add("organization", "Industry")
    return own


async def deal(crm: Crm, **more: object) -> Deal:
    changed = await crm.deals.add("Rollout", **more)  # type: ignore[arg-type]
    return crm.reader.deal(changed.id)


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("budget", "12 000,50 USD", "12000.50 USD"),
        ("Budget", "1200", "1200.00 EUR"),
        ("Seats", "1 200.50", "1200.5"),
        ("seats", "-3", "-3"),
        ("SIZE", "large", "Large"),
        ("Renewal", "2027-03-01", "2027-03-01"),
    ],
)
async def test_a_value_is_checked_and_kept_as_it_can_be_typed_back(crm: Crm, name: str, typed: str, kept: str) -> None:
    await declare(crm)
    made = await deal(crm, fields={name: typed})
    [(shown, value)] = made.fields
    assert value == kept
    await crm.deals.edit(made.id, fields={shown: value})
    assert crm.reader.deal(made.id).fields == made.fields
    await crm.deals.edit(made.id, fields={shown: ""})
    assert crm.reader.deal(made.id).fields == ()


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("Budget", "1.200", r"Budget: .*could mean 1200 or 1.200"),
        ("Budget", "12 XXQ", r"Budget: \"XXQ\" in .* is not an ISO 4217"),
        ("Seats", "many", "Seats: .*not a number"),
        ("Seats", "1,200", "Seats: .*could mean"),
        ("Size", "medium", "none of Small, Large"),
        ("Renewal", "31.12.2027", "Renewal: .*not a date"),
        ("Colour", "red", 'no deal field "Colour"'),
    ],
)
async def test_a_value_that_is_none_of_its_field_is_refused_and_nothing_is_written(
    crm: Crm, name: str, typed: str, why: str
) -> None:
    await declare(crm)
    before = await crm.rows()
    with pytest.raises(DealdeskError, match=why):
        await crm.deals.add("Rollout", fields={name: typed})
    assert await crm.rows() == before


@pytest.mark.parametrize(
    ("kind", "name", "type", "choices", "why"),
    [
        ("deal", "Value", "text", [], "every deal has already"),
        ("person", "E-Mail", "text", [], "every person has already"),
        ("deal", "BUDGET", "text", [], "already a deal field"),
        ("deal", "=1+1", "text", [], "begin with a letter"),
        ("deal", "a=b", "text", [], 'without "="'),
        ("deal", " ", "text", [], "name is empty"),
        ("deal", "New", "colour", [], "no type of field"),
        ("deal", "New", "choice", [], "needs the values"),
        ("deal", "New", "text", ["a"], "no other type"),
        ("mail", "New", "text", [], "has no fields"),
    ],
)
async def test_a_field_that_can_t_be_is_refused(
    crm: Crm, kind: str, name: str, type: str, choices: list[str], why: str
) -> None:
    own = await declare(crm)
    with pytest.raises(InvalidInput, match=why):
        await own.add(kind, name, type, choices)


async def test_a_field_is_renamed_moved_and_removed_and_all_of_it_is_taken_back(crm: Crm) -> None:
    own = await declare(crm)
    made = await deal(crm, fields={"Size": "small", "Seats": "5", "Budget": "1"})
    steps = [
        await own.edit("deal", "size", name="Company size", choices=["Small", "Large", "Huge"], position=0),
        await own.remove("deal", "Seats"),
    ]
    assert crm.reader.deal(made.id).fields == (("Company size", "Small"), ("Budget", "1.00 EUR"))
    with pytest.raises(InvalidInput, match='"Small" is the Company size of 1'):
        await own.edit("deal", "Company size", choices=["Large"])
    assert crm.reader.field("deal", "company SIZE")[1] == 1
    for step in reversed(steps):
        await crm.db.revert(step.undo)
    assert crm.reader.deal(made.id).fields == made.fields
    with pytest.raises(NotFound):
        await own.edit("deal", "Company size")


async def test_each_change_of_tags_owner_roles_and_fields_is_told_and_taken_back(crm: Crm) -> None:
    await declare(crm)
    crm.db.actor = "me@home.example"
    ann = (await crm.people.add("Ann", ["ann@acme.io"])).id
    bo = (await crm.people.add("Bo")).id
    made = await deal(crm, persons=[ann, bo], roles={ann: "technical"}, tags=["Big", "EU"], fields={"Size": "small"})
    assert (made.owner, made.tags) == ("me@home.example", ("Big", "EU"))
    assert [(one.name, one.role) for one in made.persons] == [("Ann", "technical"), ("Bo", "")]
    before, history = await crm.rows(), len(told(crm, "deal", made.id))
    changed = await crm.deals.edit(
        made.id,
        primary="Bo",
        roles={"Bo": "decision maker", "ann@acme.io": ""},
        owner="Kim",
        add_tags=["eu", "rush"],
        remove_tags=["BIG"],
        fields={"Size": "Large", "Seats": "7"},
    )
    after = crm.reader.deal(made.id)
    assert (after.owner, after.tags, dict(after.fields)) == ("Kim", ("EU", "rush"), {"Size": "Large", "Seats": "7"})
    assert [(one.name, one.role) for one in after.persons] == [("Bo", "decision maker"), ("Ann", "")]
    assert sorted(told(crm, "deal", made.id)[history:]) == sorted(
        [
            ("owner", "me@home.example", "Kim"),
            ("first person", "", "Bo"),
            ("role of Bo", "", "decision maker"),
            ("role of Ann", "technical", ""),
            ("tag", "", "rush"),
            ("tag", "Big", ""),
            ("Size", "Small", "Large"),
            ("Seats", "", "7"),
        ]
    )
    assert ("role in Rollout", "", "decision maker") in told(crm, "person", bo)
    titles = [entry.title for entry in crm.reader.timeline(deal_id=made.id)]
    assert {"owner me@home.example ▸ Kim", "role of Bo: decision maker"} <= set(titles)
    await crm.db.revert(changed.undo)
    assert await crm.rows() == before


async def test_a_role_is_given_only_to_somebody_of_the_deal(crm: Crm) -> None:
    await crm.people.add("Ann")
    await crm.people.add("Bo")
    with pytest.raises(InvalidInput, match="Bo is not of this deal"):
        await crm.deals.add("Rollout", ["Ann"], roles={"Bo": "technical"})
    assert crm.reader.deals() == []


async def test_R15_an_address_that_an_organization_shares_is_never_a_person_s_and_so_never_links(crm: Crm) -> None:
    acme = (await crm.organizations.add("Acme", emails=["Info@Acme.io", "sales@acme.io"], tags=["key"])).id
    ann = (await crm.people.add("Ann", ["ann@acme.io"], org="Acme")).id
    refused: list[Awaitable[Changed]] = [
        crm.people.add("Info", ["info@acme.io"]),
        crm.people.edit(ann, add_emails=["INFO@acme.io"]),
        crm.organizations.edit(acme, add_emails=["ann@acme.io"]),
        crm.organizations.add("Beta", emails=["sales@acme.io"]),
    ]
    for one in refused:
        with pytest.raises(InvalidInput, match=r"is shared by Acme|already belongs to Ann"):
            await one
    assert crm.reader.by_address(["info@acme.io", "sales@acme.io"]) == {}
    assert crm.reader.organization("Acme").emails == ("Info@Acme.io", "sales@acme.io")
    gone = await crm.organizations.edit(acme, remove_emails=["info@acme.io"])
    await crm.people.edit(ann, add_emails=["info@acme.io"])
    with pytest.raises(InvalidInput, match="would be a person's and shared"):
        await crm.db.revert(gone.undo)
    deleted = await crm.organizations.delete(acme)
    await crm.people.add("Sales", ["sales@acme.io"])
    with pytest.raises(InvalidInput, match="can't be undone"):
        await crm.db.revert(deleted.undo)


async def test_a_merge_of_several_keeps_every_field_tag_phone_and_role_and_is_one_undo(crm: Crm) -> None:
    own = await declare(crm)
    await own.add("person", "Size", "choice", ["S", "M"])
    ann = (await crm.people.add("Ann", ["a@x.io"], ["1"], tags=["vip"], fields={"Size": "S"})).id
    two = (await crm.people.add("A. Archer", ["b@x.io"], ["2"], tags=["eu"], fields={"Size": "M"})).id
    three = (await crm.people.add("Ann A", ["c@x.io"], fields={"Birthday": "1980-02-29"})).id
    made = await deal(crm, persons=[three, ann, two], roles={three: "technical", two: "buyer"})
    before = await crm.rows()
    changed = await crm.people.merge(ann, two, three)
    kept = crm.reader.person(ann)
    assert (kept.emails, kept.phones, kept.tags) == (("a@x.io", "b@x.io", "c@x.io"), ("1", "2"), ("eu", "vip"))
    assert dict(kept.fields) == {"Birthday": "1980-02-29", "Size": "S"}
    assert [(one.name, one.role) for one in crm.reader.deal(made.id).persons] == [("Ann", "buyer")]
    await crm.db.revert(changed.undo)
    assert await crm.rows() == before
    with pytest.raises(InvalidInput, match="Ann is alone"):
        await crm.people.merge(ann)


async def test_phones_are_added_and_taken_away_one_by_one_however_they_are_written(crm: Crm) -> None:
    ann = (await crm.people.add("Ann", phones=["+49 30 1", "2"])).id
    await crm.people.edit(ann, add_phones=["3"], remove_phones=["+49-30 1"])
    assert crm.reader.person(ann).phones == ("2", "3")
    with pytest.raises(InvalidInput, match="9 is no phone number"):
        await crm.people.edit(ann, remove_phones=["9"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tag:big", ["Rollout"]),
        ("tag:b*", ["Rollout"]),
        ("-tag:big", ["Other"]),
        ("owner:me", ["Rollout"]),
        ("owner:kim", ["Other"]),
        ("owner:none", []),
        ('field:"size=large"', ["Rollout"]),
        ("field:size", ["Rollout"]),
        ("stage:lead status:open tag:big roll", ["Rollout"]),
        ("tag:big other", []),
        ("http://x", []),
        ("org:acme", ["Rollout"]),
    ],
)
async def test_deals_are_found_by_tag_owner_and_field(crm: Crm, text: str, found: list[str]) -> None:
    await declare(crm)
    crm.db.actor = crm.reader.user = "me@home.example"
    await deal(crm, tags=["Big"], fields={"Size": "Large"}, org="Acme")
    await crm.deals.add("Other", owner="Kim")
    assert [one.title for one in crm.reader.deals(text=text)] == found


async def test_people_and_organizations_are_found_by_tag_field_title_and_role(crm: Crm) -> None:
    await declare(crm)
    await crm.organizations.add("Acme", emails=["info@acme.io"], tags=["key"], fields={"Industry": "Steel"})
    ann = (
        await crm.people.add("Ann", org="Acme", title="Head of IT", tags=["vip"], fields={"Birthday": "1980-02-29"})
    ).id
    await crm.people.add("Bo")
    made = await deal(crm, persons=[ann], roles={ann: "Decision maker"})

    def names(found: list[Person] | list[Organization]) -> list[str]:
        return [one.name for one in found]

    for text in ("tag:vip", "title:head", "role:decision", "field:birthday=1980", "org:acme", "tag:vip ann"):
        assert names(crm.reader.persons(text)) == ["Ann"], text
    for text in ("tag:key", "field:industry=steel", "info@acme", "acme"):
        assert names(crm.reader.organizations(text)) == ["Acme"], text
    assert crm.reader.about("tag:key") == ([], [ann])
    assert crm.reader.about("tag:vip") == ([], [ann])
    assert made.persons[0].role == "Decision maker"


async def test_what_goes_and_what_stays_names_tags_fields_phones_and_shared_addresses(crm: Crm) -> None:
    await declare(crm)
    acme = (await crm.organizations.add("Acme", emails=["i@acme.io"], tags=["a", "b"], fields={"Industry": "x"})).id
    ann = (await crm.people.add("Ann", ["a@x.io"], ["1"], "Acme", tags=["vip"], fields={"Birthday": "2000-01-01"})).id
    await crm.notes.add("n", org=acme)
    made = await deal(crm, persons=[ann], tags=["Big"], fields={"Seats": "1"})
    assert crm.reader.removal("organization", acme) == (
        {"shared address": 1, "tag": 2, "field": 1, "note": 1},
        {"person": 1},
    )
    assert crm.reader.removal("person", ann) == ({"address": 1, "phone": 1, "tag": 1, "field": 1}, {"deal": 1})
    assert crm.reader.removal("deal", made.id) == ({"tag": 1, "field": 1}, {"person": 1})
