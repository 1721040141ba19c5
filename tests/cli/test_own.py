"""Fields of one's own, tags, owners, roles, shared addresses, repeats, a whole CRM in one file: by commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_crm import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "home")
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "config.toml").write_text('[crm]\nuser = "Kim"\n')
    desk.json("field", "add", "deal", "Size", "--type", "choice", "--choice", "Small", "--choice", "Large")
    desk.json("field", "add", "deal", "Budget", "--type", "money")
    desk.json("field", "add", "org", "Industry")
    desk.json("person", "add", "--name", "Ann", "--email", "ann@acme.io")
    desk.json("person", "add", "--name", "Bo")
    return desk


def test_a_deal_has_owner_tags_roles_and_fields(desk: Desk) -> None:
    made = desk.json(
        *("deal", "add", "--title", "Rollout", "--person", "Ann", "--person", "Bo", "--role", "Bo=decision maker"),
        *("--tag", "big", "--field", "size=large", "--field", "Budget=1 200,50 USD"),
    )
    assert made["owner"] == "Kim"
    assert made["tags"] == ["big"]
    assert made["fields"] == {"Size": "Large", "Budget": "1200.50 USD"}
    assert [(one["name"], one["role"]) for one in made["persons"]] == [("Ann", ""), ("Bo", "decision maker")]
    edited = desk.json(
        *("deal", "edit", "Rollout", "--primary", "Bo", "--owner", "", "--add-tag", "eu", "--remove-tag", "BIG"),
        *("--role", "Bo=", "--field", "Size="),
    )
    assert (edited["owner"], edited["tags"], edited["fields"]) == ("", ["eu"], {"Budget": "1200.50 USD"})
    assert [(one["name"], one["role"]) for one in edited["persons"]] == [("Bo", ""), ("Ann", "")]
    desk.json("undo")
    shown = desk.json("deal", "show", "Rollout", "--history")
    assert (shown["owner"], shown["fields"]) == ("Kim", made["fields"])
    assert {one["actor"] for one in shown["history"]} == {"Kim"}
    out, _ = desk.run("deal", "show", "Rollout")
    for part in ("people: Ann, Bo (decision maker)", "owner: Kim", "tags: big", "Budget: 1200.50 USD", "Size: Large"):
        assert part in out
    assert [one["title"] for one in desk.json("deal", "list", "owner:me tag:big field:size=large")] == ["Rollout"]
    assert desk.json("deal", "list", "owner:none") == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("deal", "add", "--title", "x", "--field", "Size=Huge"), 'Size: "Huge" is none of Small, Large'),
        (("deal", "add", "--title", "x", "--field", "Colour=red"), "Colour"),
        (("deal", "add", "--title", "x", "--role", "Ann=buyer"), "Ann is not of this deal"),
        (("field", "add", "deal", "Value"), "every deal has already"),
        (("activity", "add", "--subject", "x", "--due", "fri", "--repeat", "often"), '"often" is no repeat'),
    ],
)
def test_what_can_t_be_is_refused_in_one_sentence_and_nothing_is_written(
    desk: Desk, words: tuple[str, ...], why: str
) -> None:
    before = desk.json("deal", "list"), desk.json("activity", "list"), desk.json("field", "list")
    error = desk.fails(*words)
    assert why in error
    assert error.count("\n") == 1
    assert (desk.json("deal", "list"), desk.json("activity", "list"), desk.json("field", "list")) == before


def test_an_option_without_a_value_is_wrong_usage(desk: Desk) -> None:
    assert '--field "Size=large"' in desk.fails("deal", "add", "--title", "x", "--field", "Size", code=2)


def test_fields_are_listed_changed_and_removed_with_their_values(desk: Desk) -> None:
    desk.json("deal", "add", "--title", "Rollout", "--field", "Size=small")
    assert [(one["kind"], one["name"], one["used"]) for one in desk.json("field", "list")] == [
        ("deal", "Size", 1),
        ("deal", "Budget", 0),
        ("organization", "Industry", 0),
    ]
    edited = desk.json("field", "edit", "deal", "size", "--name", "Company size", "--position", "1")
    assert (edited["name"], edited["choices"]) == ("Company size", ["Small", "Large"])
    assert [one["name"] for one in desk.json("field", "list", "deal")] == ["Budget", "Company size"]
    desk.json("field", "remove", "deal", "company size", "--yes")
    assert desk.json("deal", "show", "Rollout")["fields"] == {}
    desk.json("undo")
    assert desk.json("deal", "show", "Rollout")["fields"] == {"Company size": "Small"}


def test_an_organization_has_shared_addresses_tags_fields_and_notes(desk: Desk) -> None:
    acme = desk.json(
        *("org", "add", "--name", "Acme", "--email", "info@acme.io", "--email", "sales@acme.io", "--tag", "key"),
        *("--field", "Industry=Steel"),
    )
    assert (acme["emails"], acme["tags"], acme["fields"]) == (
        ["info@acme.io", "sales@acme.io"],
        ["key"],
        {"Industry": "Steel"},
    )
    assert "shared by Acme" in desk.fails("person", "add", "--name", "Info", "--email", "info@acme.io")
    desk.json("note", "add", "# Hello", "--org", "Acme")
    desk.json("org", "edit", "Acme", "--remove-email", "info@acme.io", "--field", "Industry=")
    shown = desk.json("org", "show", "Acme")
    assert (shown["emails"], shown["fields"], shown["notes"][0]["body"]) == (["sales@acme.io"], {}, "# Hello")
    assert [one["name"] for one in desk.json("org", "list", "tag:key")] == ["Acme"]
    gone = desk.json("org", "delete", "Acme", "--yes")
    assert gone["goes"] == {"shared address": 1, "tag": 1, "note": 1}


def test_people_merge_in_one_go_and_come_apart_by_one_undo(desk: Desk) -> None:
    desk.json("person", "add", "--name", "A. Archer", "--email", "a@home.example", "--tag", "vip", "--phone", "1")
    merged = desk.json("person", "merge", "Ann", "Bo", "a@home.example")
    assert (merged["emails"], merged["tags"], merged["phones"]) == (["ann@acme.io", "a@home.example"], ["vip"], ["1"])
    desk.json("undo")
    assert len(desk.json("person", "list")) == 3
    edited = desk.json("person", "edit", "Ann", "--add-tag", "x", "--add-phone", "2", "--tag", "y")
    assert (edited["tags"], edited["phones"]) == (["x", "y"], ["2"])


def test_a_repeat_makes_the_next_one_and_undo_takes_it_back(desk: Desk) -> None:
    made = desk.json(
        "activity", "add", "--subject", "Report", "--due", "2099-01-31", "--kind", "call", "--repeat", "+1m"
    )
    assert made["repeat"] == "every month"
    done = desk.json("activity", "done", str(made["id"]))
    assert (done["done"], done["repeat"]) == (True, None)
    assert (done["next"]["due"], done["next"]["kind"], done["next"]["repeat"]) == ("2099-02-28", "call", "every month")
    desk.json("undo")
    [again] = desk.json("activity", "list")
    assert again == made


def test_a_whole_crm_is_taken_in_from_the_folder_of_its_export(desk: Desk, tmp_path: Path) -> None:
    desk.json("deal", "add", "--title", "Rollout", "--person", "Ann", "--tag", "big", "--field", "Size=small")
    desk.json("note", "add", "# Hello", "--deal", "Rollout")
    desk.run("export", "all", "--to", str(tmp_path / "out"))
    assert desk.json("import", "all", str(tmp_path / "out"))["created"] == 0
    other = Desk(tmp_path / "other")
    tried = other.json("import", "all", str(tmp_path / "out" / "crm.json"), "--dry-run")
    assert (tried["errors"], other.json("deal", "list")) == ([], [])
    assert other.json("import", "all", str(tmp_path / "out"))["created"] == tried["created"]
    [deal] = other.json("deal", "list", "tag:big owner:kim")
    assert (deal["fields"], deal["owner"]) == ({"Size": "Small"}, "Kim")
    other.json("undo")
    assert (other.json("deal", "list"), other.json("field", "list")) == ([], [])
