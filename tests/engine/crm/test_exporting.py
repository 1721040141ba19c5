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
from tui.engine.commands.imports import import_cards
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


async def furnish(engine: Engine) -> int:
    await engine.people.add(
        "Ann Archer", ["ann@acme.io", "a@home.example"], ["+49 30 1"], "=Acme\tGmbH", "-Head", ["vip", "@x"], "a\nb; c"
    )
    await engine.people.add("Bo Chen")
    await engine.people.add("Bo Chen")
    await engine.organizations.add("Beta", "b.example", "big")
    made = await engine.deals.add(
        "Acme / licences", ["ann@acme.io", 3], "=Acme GmbH", 123_450, "JPY", stage="Offer", close="2026-12-01"
    )
    await engine.deals.add("Gone", ["ann@acme.io"])
    await engine.deals.lost("Gone", "too dear")
    await engine.notes.add("# Call\n\nThey *want* it.", deal=made.id)
    await engine.activities.add("Send offer", 1_795_000_000, deal=made.id)
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
    assert await rows(engine) == before


async def test_an_empty_home_becomes_the_same(engine: Engine, tmp_path: Path) -> None:
    await furnish(engine)
    export(engine.reader.crm, "all", tmp_path / "out")
    other = await Engine.open(Paths.of(tmp_path / "other"))
    try:
        for kind in ("orgs", "people", "deals"):
            report = await take(other, (tmp_path / "out" / f"{kind}.csv").read_bytes(), kind)
            assert not report.errors, report
        export(other.reader.crm, "all", tmp_path / "again")
        for name in ("people.csv", "orgs.csv", "deals.csv"):
            first, second = ((tmp_path / one / name).read_text("utf-8-sig") for one in ("out", "again"))
            assert first == second
    finally:
        await other.close()


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
