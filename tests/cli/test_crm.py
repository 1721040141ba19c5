"""The CRM's nouns, as a script drives them: JSON in the shapes of CLI.md, exit codes, one sentence for a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tui.cli.root import root


class Desk:
    """Runs commands on one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str, code: int = 0, stdin: str | None = None) -> tuple[str, str]:
        result = CliRunner().invoke(root, ["--home", str(self.home), *words], input=stdin)
        assert result.exit_code == code, (words, result.output, result.exception)
        return result.stdout, result.stderr

    def json(self, *words: str, stdin: str | None = None) -> Any:
        out, error = self.run(*words, "--json", stdin=stdin)
        assert error == ""
        return json.loads(out)

    def fails(self, *words: str, code: int = 1) -> str:
        out, error = self.run(*words, "--json", code=code)
        assert out == ""
        return error


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


def add_ann(desk: Desk) -> Any:
    return desk.json("person", "add", "--name", "Ann Archer", "--email", "ann@acme.io", "--org", "Acme GmbH")


def test_person_add_gives_the_person(desk: Desk) -> None:
    added = desk.json(
        *("person", "add", "--name", "Ann Archer", "--email", "ann@acme.io", "--email", "ann@home.example"),
        *("--phone", "+49 30 1", "--org", "Acme GmbH", "--title", "Head of IT", "--tag", "vip"),
    )
    assert added == {
        "id": 1,
        "name": "Ann Archer",
        "emails": ["ann@acme.io", "ann@home.example"],
        "phones": ["+49 30 1"],
        "organization": {"id": 1, "name": "Acme GmbH"},
        "title": "Head of IT",
        "tags": ["vip"],
        "note": "",
        "fields": {},
        "earlier_mails": 0,
    }
    assert [one["id"] for one in desk.json("person", "list")] == [1]
    assert desk.json("person", "list", "nobody") == []


def test_empty_lists_are_arrays(desk: Desk) -> None:
    for words in (("person", "list"), ("org", "list"), ("deal", "list"), ("note", "list"), ("activity", "list")):
        assert desk.json(*words) == []
        assert desk.run(*words)[0].startswith("There is no")


def test_person_edit_merge_delete_and_undo(desk: Desk) -> None:
    add_ann(desk)
    edited = desk.json("person", "edit", "ann@acme.io", "--title", "CEO", "--add-email", "ceo@acme.io", "--org", "")
    assert (edited["title"], edited["emails"], edited["organization"]) == ("CEO", ["ann@acme.io", "ceo@acme.io"], None)
    desk.json("person", "add", "--name", "A. Archer", "--email", "a@acme.io")
    merged = desk.json("person", "merge", "Ann Archer", "a@acme.io")
    assert merged["emails"] == ["ann@acme.io", "ceo@acme.io", "a@acme.io"]
    assert desk.json("person", "delete", "1")["id"] == 1
    assert desk.json("person", "list") == []
    desk.run("undo")
    assert [one["name"] for one in desk.json("person", "list")] == ["Ann Archer"]


def test_deal_add_and_show(desk: Desk) -> None:
    add_ann(desk)
    added = desk.json(
        *(
            "deal",
            "add",
            "--title",
            "Acme licences",
            "--person",
            "ann@acme.io",
            "--org",
            "Acme GmbH",
            "--value",
            "1200",
        ),
        *("--currency", "EUR", "--stage", "Proof", "--close", "2026-12-01"),
    )
    wanted = {
        "title": "Acme licences",
        "status": "open",
        "pipeline": "Sales",
        "stage": "Proof",
        "value": 1200,
        "value_minor": 120000,
        "currency": "EUR",
        "persons": [{"id": 1, "name": "Ann Archer", "role": ""}],
        "organization": {"id": 1, "name": "Acme GmbH"},
        "close": "2026-12-01",
        "closed": None,
    }
    assert {key: added[key] for key in wanted} == wanted
    shown = desk.json("deal", "show", "acme licences")
    assert [entry["kind"] for entry in shown["timeline"]] == ["change"]
    assert shown["timeline"][0]["at"].endswith("Z")
    assert desk.json("person", "show", "1")["deals"][0]["title"] == "Acme licences"
    assert desk.json("org", "show", "acme gmbh")["persons"][0]["name"] == "Ann Archer"


def test_deal_life(desk: Desk) -> None:
    add_ann(desk)
    desk.run("deal", "add", "--title", "D", "--person", "Ann Archer", "--value", "1.200,50")
    assert desk.json("deal", "list")[0]["value"] == 1200.5
    assert desk.json("deal", "move", "D", "--stage", "negotiation")["stage"] == "Negotiation"
    lost = desk.json("deal", "lost", "D", "--reason", "too dear")
    assert (lost["status"], lost["lost_reason"]) == ("lost", "too dear")
    assert desk.json("deal", "list", "--status", "open") == []
    assert desk.json("deal", "reopen", "D")["status"] == "open"
    assert desk.json("deal", "won", "D")["status"] == "won"
    assert desk.json("deal", "edit", "D", "--title", "E", "--value", "7", "--close", "")["title"] == "E"
    assert desk.json("deal", "delete", "E")["id"] == 1
    assert desk.json("deal", "list") == []


def test_pipelines_and_stages(desk: Desk) -> None:
    assert [one["name"] for one in desk.json("pipeline", "list")[0]["stages"]] == [
        *("Lead", "Offer", "Negotiation", "Verbal")
    ]
    added = desk.json("pipeline", "add", "--name", "Renewals", "--stage", "Due", "--stage", "Asked")
    assert [one["name"] for one in added["stages"]] == ["Due", "Asked"]
    stage = desk.json(
        "stage", "add", "--name", "First", "--pipeline", "Renewals", "--position", "0", "--probability", "5"
    )
    assert (stage["name"], stage["position"], stage["probability"]) == ("First", 0, 5)
    assert desk.json("stage", "edit", "First", "--pipeline", "Renewals", "--name", "Start")["name"] == "Start"
    assert [one["name"] for one in desk.json("stage", "list", "--pipeline", "renewals")] == ["Start", "Due", "Asked"]
    assert desk.json("pipeline", "edit", "Renewals", "--archive")["archived"] is True
    assert "Renewals (archived)" in desk.run("pipeline", "list")[0]


def test_notes_and_activities(desk: Desk) -> None:
    add_ann(desk)
    desk.run("deal", "add", "--title", "D", "--person", "1")
    note = desk.json("note", "add", "budget until March", "--deal", "D")
    assert (note["body"], note["deal"]["title"]) == ("budget until March", "D")
    assert desk.json("note", "add", "--body-file", "-", "--person", "1", stdin="from a pipe\n")["body"] == "from a pipe"
    assert len(desk.json("note", "list", "--deal", "D")) == 1
    assert desk.json("note", "edit", str(note["id"]), "--text", "until May")["body"] == "until May"
    task = desk.json("activity", "add", "--subject", "call", "--due", "2026-12-01", "--deal", "D", "--kind", "call")
    assert (task["due"], task["done"], task["all_day"]) == ("2026-12-01", False, True)
    assert desk.json("activity", "edit", "1", "--due", "2026-12-01T14:00Z")["due"] == "2026-12-01T14:00:00Z"
    assert desk.json("activity", "done", "1")["done"] is True
    assert desk.json("activity", "list") == []
    assert len(desk.json("activity", "list", "--done")) == 1
    kinds = {entry["kind"] for entry in desk.json("deal", "show", "D")["timeline"]}
    assert kinds == {"note", "activity", "change"}


def test_org_life(desk: Desk) -> None:
    assert desk.json("org", "add", "--name", "Acme", "--website", "https://acme.io")["website"] == "https://acme.io"
    assert desk.json("org", "edit", "acme", "--name", "Acme SE")["name"] == "Acme SE"
    assert desk.json("org", "delete", "Acme SE")["name"] == "Acme SE"
    assert desk.json("org", "list") == []


def test_every_failure_is_one_sentence_and_exit_1(desk: Desk) -> None:
    add_ann(desk)
    for words, sentence in (
        (("person", "add", "--name", "X", "--email", "ann@acme.io"), "already belongs to Ann Archer (id 1)"),
        (("person", "add", "--name", "X", "--email", "nope"), "is not an e-mail address"),
        (("person", "show", "nobody"), 'There is no person "nobody"'),
        (("deal", "add", "--title", "D", "--person", "nobody@x.y"), "There is no person"),
        (("deal", "add", "--title", "D", "--value", "1.200"), "could mean"),
        (("deal", "add", "--title", "D", "--currency", "XYZ"), "ISO 4217"),
        (("deal", "add", "--title", "D", "--close", "someday"), "is not a date"),
        (("deal", "show", "7"), "There is no deal"),
        (("org", "add", "--name", "acme gmbh"), "already an organization"),
        (("note", "add", "x"), "belongs to a deal, a person or an organization"),
        (("activity", "done", "9"), "There is no activity"),
        (("activity", "add", "--subject", "x", "--due", "today", "--message", "99"), "There is no message"),
        (("stage", "edit", "Nowhere"), "There is no stage"),
    ):
        error = desk.fails(*words)
        assert sentence in error, words
        assert error.count("\n") == 1
        assert "Traceback" not in error


def test_wrong_usage_is_exit_2(desk: Desk) -> None:
    for words in (("person", "add"), ("deal", "move", "1"), ("deal", "list", "--status", "odd"), ("note", "add")):
        desk.fails(*words, code=2)


def test_what_others_wrote_cannot_reach_the_terminal(desk: Desk) -> None:
    desk.run("person", "add", "--name", "Ann\x1b]0;x\x07\u202e", "--email", "ann@acme.io", "--note", "\x1b[31m")
    out = desk.run("person", "show", "1")[0] + desk.run("person", "list", "--json")[0]
    assert "\x1b" not in out
    assert "\u202e" not in out
