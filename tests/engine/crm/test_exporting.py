"""Exports: nothing of them calculates or is private, nothing is written over, and all of it comes back."""

from __future__ import annotations

import csv
import io
import json
import mailbox
import os
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.crm.files import counts, people, rows, take
from tui.engine.commands.imports import import_all, import_cards
from tui.engine.core import Engine
from tui.engine.crm.mails import PublishedMail
from tui.engine.crm.publish import Publisher
from tui.engine.crm.records import FORMULA, armed, defused
from tui.engine.errors import DealdeskError, InvalidInput
from tui.engine.exporting import export, export_deal
from tui.engine.model import Address, Direction
from tui.engine.paths import Paths

LETTER = (
    b"From: Ann Archer <ann@acme.io>\r\nTo: me@home.example\r\nBcc: secret@boss.example\r\nSubject: Offer\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n'
    b"From here it goes on.\r\n>From there too.\r\n--x\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="../../etc/evil.pdf"\r\n\r\nPDF\r\n--x--\r\n'
)


async def publish(engine: Engine, deal: int, identity: str = "m1", owner_only: bool = False) -> None:
    await Publisher(engine.crm).publish(
        PublishedMail(
            *(identity, f"{identity}@x", "me@home.example", Direction.IN, 1_790_000_000),
            *(Address("Ann Archer", "ann@acme.io"), (Address("", "me@home.example"),), ()),
            *(f"Offer {identity}", "From here it goes on.", LETTER, 1),
            deals={deal: "auto"},
            owner_only_deals=frozenset({deal} if owner_only else ()),
        )
    )


async def declare(engine: Engine) -> None:
    await engine.fields.add("person", "Birthday", "date")
    await engine.fields.add("deal", "Budget", "money")
    await engine.fields.add("deal", "Seats", "number")
    await engine.fields.add("deal", "Size", "choice", ["Small", "Large"])
    await engine.fields.add("organization", "Industry")


async def furnish(engine: Engine) -> int:
    await declare(engine)
    await engine.people.add(
        *("Ann Archer", ["ann@acme.io", "a@home.example"], ["+49 30 1"], "=Acme\tGmbH", "-Head", ["vip", "@x"]),
        *("a\nb; c", {"Birthday": "1980-02-29"}),
    )
    await engine.people.add("Bo Chen")
    await engine.people.add("Bo Chen")
    await engine.organizations.add(
        "Beta", "b.example", "big", ["info@b.example"], ["key", "a;b"], {"Industry": "=x\ny"}
    )
    made = await engine.deals.add(
        *("Acme / licences", ["ann@acme.io", 3], "=Acme GmbH", 123_450, "JPY"),
        **{"stage": "Offer", "close": "2026-12-01", "tags": ["big", "+x"], "owner": "Kim"},
        roles={"ann@acme.io": "decision maker: final", 3: "technical"},
        fields={"Budget": "1.234,567 KWD", "Seats": "-1.5", "Size": "Large"},
    )
    await engine.deals.add("Gone", ["ann@acme.io"], value=1_234, currency="KWD", owner="")
    await engine.deals.lost("Gone", "too dear")
    await engine.notes.add("# Call\n\nThey *want* it.", deal=made.id, person=1)
    await engine.notes.add("A note", org="Beta")
    await engine.activities.add("Send offer", 1_794_960_000, deal=made.id, kind="call", repeat="every 2 weeks")
    await engine.activities.add("Send offer", 1_795_000_060, all_day=False, person=3)
    return made.id


async def test_everything_comes_back_and_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    await furnish(engine)
    export(engine.reader.crm, "all", tmp_path / "out")
    before = await rows(engine)
    for kind, expected in (("orgs", (0, 0, 2, 0)), ("people", (0, 0, 3, 0)), ("deals", (0, 0, 2, 0))):
        report = await take(engine, (tmp_path / "out" / f"{kind}.csv").read_bytes(), kind)
        assert counts(report) == expected, (kind, report)
        assert report.kept == ()
        assert report.unused == ()
    cards = await import_cards(engine, io.BytesIO((tmp_path / "out" / "people.vcf").read_bytes()), "people.vcf")
    assert counts(cards) == (0, 0, 3, 0)
    everything = await import_all(engine, io.BytesIO((tmp_path / "out" / "crm.json").read_bytes()), "crm.json")
    assert (everything.created, everything.updated, everything.errors, everything.kept) == (0, 0, (), ())
    assert await rows(engine) == before


async def test_an_empty_home_becomes_the_same(engine: Engine, tmp_path: Path) -> None:
    await furnish(engine)
    export(engine.reader.crm, "all", tmp_path / "out")
    other = await Engine.open(Paths.of(tmp_path / "other"))
    other.crm.actor = "me@home.example"
    try:
        await declare(other)
        for kind in ("orgs", "people", "deals"):
            report = await take(other, (tmp_path / "out" / f"{kind}.csv").read_bytes(), kind)
            assert not report.errors, report
        export(other.reader.crm, "all", tmp_path / "again")
        for name in ("people.csv", "orgs.csv", "deals.csv"):
            first, second = ((tmp_path / one / name).read_text("utf-8-sig") for one in ("out", "again"))
            assert first == second
    finally:
        await other.close()


async def test_a_whole_crm_moves_with_one_file_and_leaves_with_one_undo(engine: Engine, tmp_path: Path) -> None:
    await furnish(engine)
    await engine.pipelines.add("Partners", ["Talk", "Sign"])
    await engine.pipelines.edit_stage("Partners", "Sign", probability=80)
    export(engine.reader.crm, "all", tmp_path / "out")
    first = (tmp_path / "out" / "crm.json").read_bytes()
    other = await Engine.open(Paths.of(tmp_path / "other"))
    try:
        for _ in range(5):  # so that no number there is the same as here
            for gone in (await other.people.add("X"), await other.organizations.add("X"), await other.deals.add("X")):
                await other.crm.revert(gone.undo)
        before = await rows(other)
        report = await import_all(other, io.BytesIO(first), "crm.json")
        assert not report.errors, report
        export(other.reader.crm, "all", tmp_path / "again")
        for there, document in ((other, first), (engine, (tmp_path / "again" / "crm.json").read_bytes())):
            again = await import_all(there, io.BytesIO(document), "crm.json")
            assert (again.created, again.updated, again.errors, again.kept) == (0, 0, (), ()), again
        assert [(s.name, s.probability) for s in other.reader.crm.pipelines()[1].stages] == [("Talk", 0), ("Sign", 80)]
        assert other.reader.crm.deal("Acme / licences").id != engine.reader.crm.deal("Acme / licences").id
        assert str(await other.undo()).endswith(" things from crm.json")
        assert await rows(other) == before
    finally:
        await other.close()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no JSON"),
        ("[1]", "not what export all writes"),
        ('{"people": {}}', "not what export all writes"),
        ('{"people": [' + "[" * 100_000, "is no JSON"),
    ],
)
async def test_a_file_that_is_no_export_is_refused_with_one_sentence(engine: Engine, text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await import_all(engine, io.BytesIO(text.encode()), "crm.json")


async def test_each_thing_of_a_whole_crm_that_can_t_be_read_is_told_and_leaves_the_others_alone(engine: Engine) -> None:
    document = {
        "fields": [
            {"kind": "deal", "name": "Size", "type": "colour"},
            {"kind": "deal", "name": "Seats", "type": "number"},
        ],
        "people": [{"id": 1, "name": "Ann", "emails": ["no address"]}, "x", {"id": 2, "name": "Bo"}],
        "deals": [{"id": 1, "title": "D", "value": "1", "currency": "EUR", "fields": {"Seats": "many"}}],
        "notes": [{"body": "n", "person": 1}, {"body": "kept", "person": 2}, {"body": "x", "person": "²"}],
        "activities": [{"subject": "s", "due": "soon"}, {"subject": "s", "due": "2026-12-01", "repeat": "now"}],
    }
    report = await import_all(engine, io.BytesIO(json.dumps(document).encode()), "crm.json")
    assert [(one.row, one.why.partition(":")[0]) for one in report.errors] == [
        (1, "activities"),
        (1, "deals"),
        (1, "fields"),
        (1, "notes"),
        (1, "people"),
        (2, "activities"),
        (2, "people"),
        (3, "notes"),
    ]
    assert [one.name for one in people(engine)] == ["Bo"]
    assert [one.body for one in engine.reader.crm.notes()] == ["kept"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CELL = st.one_of(
    TEXT, st.sampled_from(["=1+1", "'=x", "''@a", "+49", "-", "@", "\t=", "a;b", "a ::: b", "x,y", '"q"', "'"])
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL, CELL, st.lists(CELL, max_size=3), st.lists(CELL, max_size=2)), max_size=4))
async def test_any_person_survives_the_round_trip(
    engine: Engine, found: list[tuple[str, str, str, list[str], list[str]]]
) -> None:
    for at, (name, title, note, phones, tags) in enumerate(found):
        try:
            await engine.people.add(name, [f"p{at}@x{len(people(engine))}.example"], phones, name, title, tags, note)
        except DealdeskError:
            continue
    before = await rows(engine)
    with tempfile.TemporaryDirectory() as folder:
        made = {path.name: path.read_bytes() for path in export(engine.reader.crm, "people", Path(folder) / "x")}
    report = await take(engine, made["people.csv"])
    assert (report.created, report.updated, report.errors) == (0, 0, ())
    assert report.kept == ()
    if people(engine):
        cards = await import_cards(engine, io.BytesIO(made["people.vcf"]), "people.vcf")
        assert (cards.created, cards.updated, cards.errors) == (0, 0, ())
    assert await rows(engine) == before


@given(st.one_of(TEXT, st.text(f"'{FORMULA}a", max_size=5)))
def test_a_defused_cell_never_calculates_and_comes_back(cell: str) -> None:
    assert armed(defused(cell)) == cell
    assert defused(cell)[:1] not in FORMULA or not cell


async def test_no_cell_of_an_export_makes_a_spreadsheet_calculate(engine: Engine, tmp_path: Path) -> None:
    await furnish(engine)
    for path in export(engine.reader.crm, "all", tmp_path / "out"):
        if path.suffix == ".csv":
            for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"))):
                assert not [cell for cell in row if cell and cell[0] in FORMULA]


async def test_a_deal_is_a_folder_with_its_story_its_mail_and_its_files(engine: Engine, tmp_path: Path) -> None:
    deal = await furnish(engine)
    await publish(engine, deal)
    await publish(engine, deal, "m2", owner_only=True)
    made = export_deal(engine.reader.crm, engine.reader.crm.deal(deal), tmp_path / "deal")
    assert sorted(str(path.relative_to(tmp_path / "deal")) for path in made) == [
        "deal.md",
        "files/evil.pdf",
        "mails.mbox",
    ]
    story = (tmp_path / "deal" / "deal.md").read_text("utf-8")
    for part in ("# Acme / licences", "123450 JPY", "They *want* it.", "Send offer", "Offer m1", "ann@acme.io"):
        assert part in story
    assert (tmp_path / "deal" / "files" / "evil.pdf").read_bytes() == b"PDF"
    with closing(mailbox.mbox(tmp_path / "deal" / "mails.mbox")) as box:
        [letter] = list(box)
    assert letter["Subject"] == "Offer"
    assert ">From here" in str(letter)
    everything = b"".join(path.read_bytes() for path in made)
    assert b"secret@boss" not in everything
    assert b"m2" not in everything
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)


async def test_an_export_is_never_written_over_what_is_there(engine: Engine, tmp_path: Path) -> None:
    deal = await furnish(engine)
    out = tmp_path / "out"
    out.mkdir()
    (out / "deals.csv").write_text("mine")
    with pytest.raises(InvalidInput, match=r"There is already a deals.csv"):
        export(engine.reader.crm, "all", out)
    assert os.listdir(out) == ["deals.csv"]
    (out / "deal.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="already"):
        export_deal(engine.reader.crm, engine.reader.crm.deal(deal), out)
    assert not (tmp_path / "elsewhere").exists()


async def test_hostile_titles_stay_inside_the_folder(engine: Engine, tmp_path: Path) -> None:
    for title in ("../../x", "/etc/passwd", "..", "a\\b", "con", ".hidden", "x" * 300, "\u202e=cmd"):
        made = await engine.deals.add(title)
        await publish(engine, made.id, f"m{made.id}")
    for path in export(engine.reader.crm, "all", tmp_path / "out"):
        assert path.resolve().is_relative_to((tmp_path / "out").resolve())
        assert path.exists()
    assert sorted(os.listdir(tmp_path)) == ["home", "out"]
    document = json.loads((tmp_path / "out" / "crm.json").read_text("utf-8"))
    assert len(document["deals"]) == 8
