"""import, export, report, backup and restore, as a script drives them."""

from __future__ import annotations

import csv
import io
import json
import mailbox as boxes
import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Inside, Program, connect, letter
from tests.conftest import Mailbox

PEOPLE = "Name,E-mail,Phone,Company,Shoe size\nAnn Archer,ann@acme.example,+49 30 1,=Acme,41\nBo,nonsense,,,\n"
DEALS = "Title,Value,Currency,Person,Stage,Close\nRollout,1200.50,EUR,ann@acme.example,Offer,2026-12-01\n"


@pytest.fixture
def desk(tmp_path: Path) -> Inside:
    return Inside(tmp_path / "home")


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_import_people_tells_per_row_and_is_undone_whole(desk: Inside, tmp_path: Path) -> None:
    file = written(tmp_path, "people.csv", PEOPLE)
    ended = desk.run("import", "people", file, "--json")
    assert ended.code == 0
    report = json.loads(ended.out)
    assert (report["created"], report["updated"], report["skipped"]) == (1, 0, 0)
    [error] = report["errors"]
    assert error["row"] == 3
    assert error["why"].startswith('E-mail: "nonsense" is not an e-mail address')
    assert report["unused_columns"] == ["Shoe size"]
    assert "Row 3 was left out" in ended.err
    assert [one["organization"]["name"] for one in desk.json("person", "list")] == ["=Acme"]
    assert desk.json("undo")["undone"] == "Imported 1 person from people.csv"
    assert desk.json("person", "list") == []
    assert desk.json("org", "list") == []


def test_import_reads_standard_input_maps_previews_and_rehearses(desk: Inside) -> None:
    text = "who,how\nAnn,ann@acme.example\n"
    shown = desk.json("import", "people", "-", "--preview", given=text)
    assert [column["field"] for column in shown["columns"]] == [None, None]
    assert desk.run("import", "people", "-", given=text).code == 1
    words = ("import", "people", "-", "--map", "who=name", "--map", "how=email")
    rehearsed = desk.json(*words, "--dry-run", given=text)
    assert (rehearsed["created"], rehearsed["dry_run"]) == (1, True)
    assert desk.json("person", "list") == []
    assert desk.json(*words, given=text)["created"] == 1
    assert desk.json(*words, given=text)["skipped"] == 1


def test_import_vcard_and_deals_and_orgs(desk: Inside, tmp_path: Path) -> None:
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Archer\r\nEMAIL:ann@acme.example\r\nEND:VCARD\r\n"
    assert desk.json("import", "vcard", written(tmp_path, "a.vcf", card))["created"] == 1
    assert desk.json("import", "deals", written(tmp_path, "deals.csv", DEALS))["created"] == 1
    assert desk.json("import", "orgs", "-", given="Name,Website\nBeta,b.example\n")["created"] == 1
    deal = desk.json("deal", "show", "Rollout")
    assert (deal["value"], deal["stage"], deal["close"]) == (1200.5, "Offer", "2026-12-01")
    assert [one["name"] for one in deal["persons"]] == ["Ann Archer"]


@pytest.mark.parametrize(
    ("words", "given", "why"),
    [
        (("people", "/nowhere/x.csv"), "", "can't be read"),
        (("people", "-"), "", "is empty"),
        (("people", "-", "--map", "a=name"), "b\n1\n", 'no column "a"'),
        (("vcard", "-"), "x", "no vCard"),
        (("deals", "-", "--currency", "XXQ"), "Title\nA\n", "no ISO 4217"),
        (("people", "-"), "Name,Email\nA,b\n", "Row 2"),
    ],
)
def test_what_can_not_be_imported_is_one_sentence(desk: Inside, words: tuple[str, ...], given: str, why: str) -> None:
    ended = desk.run("import", *words, "--json", given=given)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert why.replace("no ISO", "not an ISO") in ended.err


def test_export_all_comes_back_into_another_home(desk: Inside, tmp_path: Path) -> None:
    desk.json("import", "people", "-", given="Name,Email,Company\nAnn,ann@acme.example,=Acme\n")
    desk.json("import", "deals", "-", given=DEALS)
    told = desk.json("export", "all", "--to", tmp_path / "out")
    assert {"people.csv", "deals.csv", "orgs.csv", "crm.json", "people.vcf", "deals/1 Rollout/deal.md"} <= set(
        told["files"]
    )
    other = Inside(tmp_path / "other")
    for kind in ("orgs", "people", "deals"):
        assert other.json("import", kind, tmp_path / "out" / f"{kind}.csv")["errors"] == []
    for noun in ("person", "deal", "org"):
        mine, theirs = desk.json(noun, "list"), other.json(noun, "list")
        for one in (*mine, *theirs):
            one.pop("created", None)
        assert mine == theirs
    assert "already" in desk.fails("export", "all", "--to", tmp_path / "out")
    made = desk.json("deal", "export", "Rollout", "--to", tmp_path / "deal")
    assert made["files"] == ["deal.md", "mails.mbox"]


def test_reports_are_text_json_and_csv(desk: Inside) -> None:
    desk.json("import", "people", "-", given="Name,Email\nAnn,ann@acme.example\n")
    desk.json("import", "deals", "-", given=DEALS + "Yen,7000,JPY,,Offer,\n")
    stages = desk.json("report", "pipeline")
    assert [(one["stage"], one["currency"], one["deals"], one["value"], one["weighted"]) for one in stages][:3] == [
        ("Lead", None, 0, 0, 0),
        ("Offer", "EUR", 1, 1200.5, 360.15),
        ("Offer", "JPY", 1, 7000, 2100),
    ]
    assert "█" in desk.ok("report", "pipeline")
    assert "In all 7000 JPY" in desk.ok("report", "pipeline")
    forecast = list(csv.DictReader(io.StringIO(desk.ok("report", "forecast", "--csv"))))
    assert {one["month"] for one in forecast} >= {"none"}
    desk.ok("deal", "lost", "Yen", "--reason", "=too far")
    ends = desk.json("report", "conversion")
    assert [(one["status"], one["reason"]) for one in ends["outcomes"]] == [("lost", "=too far")]
    assert {one["stage"]: one["entered"] for one in ends["stages"]}["Offer"] == 2
    desk.ok("activity", "add", "--subject", "Call", "--due", "yesterday", "--deal", "Rollout")
    waits = desk.json("report", "waiting")
    assert (waits["waiting"], waits["stale"]) == ([], [])
    assert [one["subject"] for one in waits["agenda"]] == ["Call"]
    lines = list(csv.DictReader(io.StringIO(desk.ok("report", "waiting", "--csv"))))
    assert [(one["kind"], one["deal"], one["about"], one["late"]) for one in lines] == [
        ("to do", "Rollout", "Call", "yes")
    ]
    assert desk.json("report", "mail") == []


def test_report_waiting_and_export_mbox_of_a_real_mailbox(desk: Inside, mailbox: Mailbox, tmp_path: Path) -> None:
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example")
    desk.ok("deal", "add", "--title", "Rollout", "--person", "Ann")
    mailbox.deliver(letter(1))
    mailbox.deliver(letter(2, "Stranger <s@x.example>", body="From the beginning"))
    connect(desk, mailbox)
    desk.ok("sync")
    [owed] = desk.json("report", "waiting")["waiting"]
    assert (owed["who"], owed["owed_by"], owed["deal"]["title"], owed["subject"]) == (
        "Ann",
        "us",
        "Rollout",
        "Letter 1",
    )
    assert "We owe an answer" in desk.ok("report", "waiting")
    made = desk.json("export", "mbox", "--folder", "INBOX", "--to", tmp_path / "inbox.mbox")
    assert made["messages"] == 2
    with closing(boxes.mbox(made["path"])) as box:
        assert [one["Subject"] for one in box] == ["Letter 1", "Letter 2"]
    assert "already" in desk.fails("export", "mbox", "--folder", "INBOX", "--to", tmp_path / "inbox.mbox")


def test_backup_and_restore(desk: Inside, tmp_path: Path) -> None:
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example")
    made = desk.json("backup", "--to", tmp_path / "x.backup")
    assert made["files"][:2] == ["mailbox.db", "crm.db"]
    other = Program(tmp_path / "other")
    assert other.json("restore", tmp_path / "x.backup")["files"] == made["files"]
    assert [one["name"] for one in other.json("person", "list")] == ["Ann"]
    assert "--replace" in other.fails("restore", tmp_path / "x.backup")
    assert "no whole backup" in other.fails("restore", "/dev/null", "--replace")


def test_history_and_what_a_deletion_takes_along(desk: Inside) -> None:
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example", "--org", "Acme")
    desk.ok("person", "edit", "Ann", "--title", "Head")
    desk.ok("deal", "add", "--title", "Rollout", "--person", "Ann", "--value", "10")
    desk.ok("deal", "edit", "Rollout", "--value", "20")
    [newest, *_] = desk.json("person", "show", "Ann", "--history")["history"]
    assert (newest["field"], newest["old"], newest["new"]) == ("title", "", "Head")
    assert ("value", "10.00", "20.00") in [
        (one["field"], one["old"], one["new"]) for one in desk.json("deal", "show", "Rollout", "--history")["history"]
    ]
    assert desk.json("org", "show", "Acme", "--history")["history"][0]["field"] == "created"
    assert "history" not in desk.json("person", "show", "Ann")
    out = desk.run("person", "show", "Ann", "--history").out
    assert re.search(r"\d\d:\d\d +you +title +Head", out)
    deleted = desk.json("person", "delete", "Ann", "--yes")
    assert (deleted["goes"], deleted["stays"]) == ({"address": 1}, {"deal": 1})
    assert desk.json("undo")["undone"] == "Deleted Ann"
    assert "With it: nothing else. Stays: 1 person" in desk.ok("deal", "delete", "Rollout")
