"""How each bad value of a file is told, and what comes in from columns of owners, tags and fields of one's own."""

from __future__ import annotations

import pytest

from tests.engine.crm.files import people, rows, take
from tui.engine.core import Engine


@pytest.mark.parametrize(
    ("kind", "text", "errors"),
    [
        (
            "deals",
            "title,value,close,owner\nA,12 XQX,,\nB,1,31.02.2026,\nC,1,1. Foo 2026,\nD,1,,Kim\n",
            [
                'value: "XQX" in "12 XQX" is not an ISO 4217 currency code; write one like EUR.',
                'close: "31.02.2026" is no day of the calendar; write it like 2026-11-30.',
                'close: "1. Foo 2026" is not a date; write it like 2026-11-30.',
            ],
        ),
        (
            "deals",
            "title,Budget,Seats,Size,Renewal\nA,12 XQX,,,\nB,,many,,\nC,,,XXL,\nD,,,,03/04/2026\nE,1.200,,,\n",
            [
                'Budget: "XQX" in "12 XQX" is not an ISO 4217 currency code; write one like EUR.',
                'Seats: "many" is not a number; write it like 1200 or 1200.5.',
                'Size: "XXL" is none of Small, Large; choose one of them.',
                'Renewal: "03/04/2026" could mean 2026-04-03 or 2026-03-04; say whether day or month comes first.',
                'Budget: "1.200" could mean 1200 or 1.200; write it without a mark or with both.'
                " Or say which decimal mark the file has.",
            ],
        ),
        (
            "people",
            'name,Mail\nX,info@acme.io\nY,"ann@acme.io,bo@acme.io"\n"unclosed,y@x.io',
            [
                "Mail: info@acme.io is shared by Acme, which never links mail; take it away there first.",
                "Mail: The addresses belong to Ann (id 1) and Bo (id 2); merge the two first.",
                "A quote that is opened in this row is never closed; close it.",
            ],
        ),
        (
            "orgs",
            "name,Mail\nBeta,ann@acme.io\nGamma,info@acme.io\nDelta,bad\n",
            [
                "Mail: ann@acme.io already belongs to Ann; take it away there first.",
                "Mail: info@acme.io already belongs to Acme; take it away there first.",
                'Mail: "bad" is not an e-mail address; write it like ann@acme.io.',
            ],
        ),
    ],
)
async def test_each_bad_value_is_one_sentence_with_row_and_column_and_nothing_of_its_row_is_written(
    engine: Engine, kind: str, text: str, errors: list[str]
) -> None:
    await _own_fields(engine)
    await engine.people.add("Ann", ["ann@acme.io"])
    await engine.people.add("Bo", ["bo@acme.io"])
    await engine.organizations.add("Acme", emails=["info@acme.io"])
    before = await rows(engine)
    report = await take(engine, text, kind)
    assert [(one.row, one.why) for one in report.errors] == list(enumerate(errors, 2))
    assert report.created == text.count("Kim")
    if not report.created:
        assert await rows(engine) == before


async def _own_fields(engine: Engine) -> None:
    await engine.fields.add("deal", "Budget", "money")
    await engine.fields.add("deal", "Seats", "number")
    await engine.fields.add("deal", "Size", "choice", ["Small", "Large"])
    await engine.fields.add("deal", "Renewal", "date")


async def test_owner_tags_roles_and_own_fields_come_from_the_columns_of_other_programs(engine: Engine) -> None:
    await _own_fields(engine)
    await engine.fields.add("person", "Lead status")
    await engine.people.add("Ann", ["ann@acme.io"])
    files = {
        "Deal - Title,Deal - Owner,Deal - Label,Deal - Contact person,Deal - Size\nP,Kim,HOT,Ann,large\n": "P",
        "Record ID,Deal Name,Deal owner,Deal Tags,Associated Contact,Budget,Renewal\n"
        "1,H,Kim,vip;eu,Ann (ann@acme.io),€1.200,1. März 2027\n2,H2,Kim,,,€2.50,Dec 1, 2026\n".replace(
            "Dec 1, 2026", '"Dec 1, 2026"'
        ).replace("€1.200,", '"€1,200.00",'): "H",
    }
    for text, title in files.items():
        report = await take(engine, text, "deals")
        assert report.errors == ()
        assert engine.reader.crm.deal(title).owner == "Kim"
        assert [one.name for one in engine.reader.crm.deal(title).persons] == ["Ann"]
        again = await take(engine, text, "deals")
        assert (again.created, again.updated, again.kept) == (0, 0, ())
    assert engine.reader.crm.deal("P").tags == ("HOT",)
    assert dict(engine.reader.crm.deal("P").fields) == {"Size": "Large"}
    assert engine.reader.crm.deal("H").tags == ("eu", "vip")
    assert dict(engine.reader.crm.deal("H").fields) == {"Budget": "1200.00 EUR", "Renewal": "2027-03-01"}
    assert dict(engine.reader.crm.deal("H2").fields) == {"Budget": "2.50 EUR", "Renewal": "2026-12-01"}
    report = await take(engine, "Name,Email,Lead Status,Labels\nAnn,ann@acme.io,New,a;b\n")
    assert (report.updated, report.unused) == (1, ())
    assert dict(engine.reader.crm.person("Ann").fields) == {"Lead status": "New"}
    told = await take(engine, "Name,Email,Lead Status\nAnn,ann@acme.io,Old\n")
    assert [one.why for one in told.kept] == ['Lead status of Ann stays "New", the file says "Old".']
    mapped = await take(engine, "Name,Email,X\nBo,bo@x.io,New\n", mapping={"X": "lead status"})
    assert mapped.created == 1
    assert dict(engine.reader.crm.person("Bo").fields) == {"Lead status": "New"}


async def test_somebody_new_is_filled_by_a_row_of_a_later_batch(engine: Engine) -> None:
    others = "".join(f"P{at},p{at}@x.io,\n" for at in range(600))
    await take(engine, f"Name,Email,Title\nAnn,ann@x.io,\n{others}Ann,ann@x.io,Head\n")
    assert engine.reader.crm.person("ann@x.io").title == "Head"
    names = "".join(f"O{at},\n" for at in range(600))
    await take(engine, f"Name,Website\nAcme,\n{names}Acme,acme.io\n", "orgs")
    assert engine.reader.crm.organization("Acme").website == "acme.io"
    assert await engine.undo()
    assert await engine.undo()
    assert people(engine) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1 Dec 2026", "2026-12-01"),
        ("Dec 1, 2026", "2026-12-01"),
        ("December 1st, 2026", "2026-12-01"),
        ("1. Dezember 2026", "2026-12-01"),
        ("1 août 2026", "2026-08-01"),
        ("3 de enero de 2026", "2026-01-03"),
        ("12-Mar-2026", "2026-03-12"),
        ("2 juillet 2026", "2026-07-02"),
        ("2 mei 2026", "2026-05-02"),
        ("2026/12/01", "2026-12-01"),
    ],
)
async def test_dates_with_the_names_of_months_are_read(engine: Engine, text: str, day: str) -> None:
    await take(engine, f'title,close\nA,"{text}"\n', "deals")
    assert engine.reader.crm.deal("A").expected_close == day
