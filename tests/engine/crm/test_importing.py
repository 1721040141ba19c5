"""Imports of tables: what is recognised, what is left alone, what one bad row does, and that undo takes it all back."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.crm.files import counts, people, rows, take
from tui.engine.commands.imports import Reading, preview
from tui.engine.core import Engine
from tui.engine.crm import columns, tablefile
from tui.engine.crm.tablefile import Table
from tui.engine.errors import InvalidInput
from tui.engine.text import line

ANN = ("Ann Archer", ("ann@acme.io", "ann@home.example"), ("+49 30 1", "+49 170 2"), "Acme GmbH", "Head of IT")
EXPORTS = {
    "Google Contacts": (
        "First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,"
        "Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,"
        "E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value\n"
        "Ann,,Archer,,Dr.,,,Archer Ann,Acme GmbH,Head of IT,,,,,* myContacts ::: vip,* Work,ann@acme.io,Home,"
        "ann@home.example,Work,+49 30 1 ::: +49 170 2\n"
    ),
    "Outlook": (
        "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business Phone,"
        "Mobile Phone,Categories,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address,Notes\n"
        "Dr.,Ann,,Archer,,Acme GmbH,,Head of IT,,+49 30 1,+49 170 2,vip,ann@acme.io,SMTP,Ann (x),ann@home.example,\n"
    ),
    "Thunderbird": (
        "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Mobile Number,"
        "Job Title,Department,Organization,Notes,Categories\n"
        "Ann,Archer,Ann Archer,,ann@acme.io,ann@home.example,,+49 30 1,+49 170 2,Head of IT,,Acme GmbH,,vip\n"
    ),
    "Pipedrive": (
        "Person - ID,Person - Name,Person - Label,Person - Organization,Person - Email - Work,Person - Email - Home,"
        "Person - Phone - Work,Person - Phone - Mobile,Person - Job title,Person - Owner\n"
        "77,Ann Archer,vip,Acme GmbH,ann@acme.io,ann@home.example,+49 30 1,+49 170 2,Head of IT,Bo\n"
    ),
    "HubSpot": (
        "Record ID,First Name,Last Name,Email,Additional email addresses,Phone Number,Mobile Phone Number,Job Title,"
        "Company Name,Tags,Lead Status\n"
        "901,Ann,Archer,ann@acme.io,ann@home.example,+49 30 1,+49 170 2,Head of IT,Acme GmbH,vip,New\n"
    ),
}


@pytest.mark.parametrize("source", EXPORTS)
async def test_what_other_programs_export_is_recognised(engine: Engine, source: str) -> None:
    text = EXPORTS[source]
    assert preview(io.BytesIO(text.encode()), "x.csv", Reading("people")).source == source
    report = await take(engine, text)
    assert counts(report) == (1, 0, 0, 0), report
    [ann] = people(engine)
    assert ann.organization is not None
    assert (ann.name, ann.emails, ann.phones, ann.organization.name, ann.title) == ANN
    assert ann.tags == ("vip",)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
async def test_any_delimiter_and_encoding(engine: Engine, mark: str, encoding: str) -> None:
    text = f"Name{mark}Email{mark}Note\r\nJörg Müller{mark}j@x.example{mark}€ 5, später; ja\r\n"
    if mark in ",;":
        text = text.replace("€ 5, später; ja", '"€ 5, später; ja"')
    report = await take(engine, text.encode(encoding))
    assert counts(report) == (1, 0, 0, 0), report
    assert [(one.name, one.note) for one in people(engine)] == [("Jörg Müller", "€ 5, später; ja")]


async def test_encodings_that_are_mixed_in_one_file_are_read_as_meant(engine: Engine) -> None:
    text = b"Name,Email\n" + "Jörg,j@x.example\n".encode() + "Zoë,z@x.example\n".encode("cp1252")
    await take(engine, text)
    assert [one.name for one in people(engine)] == ["Jörg", "Zoë"]


async def test_an_encoding_that_was_named(engine: Engine) -> None:
    await take(engine, "Name,Email\nИван,i@x.example\n".encode("cp1251"), encoding="windows-1251")
    assert [one.name for one in people(engine)] == ["Иван"]
    with pytest.raises(InvalidInput, match="is no encoding"):
        await take(engine, b"Name\nX\n", encoding="zlib")


async def test_the_same_file_twice_changes_nothing(engine: Engine) -> None:
    text = (
        "Name,Email,Phone,Company,Tags\nAnn,ann@acme.io,1,Acme,a;b\nBo,,2,,\nCat,,,Acme,\nDan,,,,\nDan,,,,\n"
        "Bo,bo@b.example,2,,\nEve,eve@e.example;e2@e.example,,,\n"
    )
    first = await take(engine, text)
    assert first.created == 6
    before = await rows(engine)
    second = await take(engine, text)
    assert counts(second) == (0, 0, 7, 0)
    assert await rows(engine) == before


async def test_the_whole_import_is_one_action_that_undo_takes_back(engine: Engine) -> None:
    await engine.record(await engine.people.add("Ann", ["ann@acme.io"], tags=["old"]))
    before = await rows(engine)
    report = await take(
        engine, "Name,Email,Phone,Company,Tags\nAnn,ann@acme.io;a2@acme.io,1,Acme,new\nBo,bo@b.example,2,Acme,new;old\n"
    )
    assert counts(report) == (1, 1, 0, 0)
    assert len(people(engine)) == 2
    assert await engine.undo() == "Imported 2 people from people.csv"
    assert await rows(engine) == before


async def test_undo_refuses_when_an_imported_person_was_changed_since(engine: Engine) -> None:
    await take(engine, "Name,Email\nAnn,ann@acme.io\n")
    await engine.people.edit("ann@acme.io", title="CEO")  # not written down: as another process would
    with pytest.raises(InvalidInput, match="changed since"):
        await engine.undo()
    assert people(engine)[0].title == "CEO"


async def test_a_dry_run_tells_the_same_and_changes_nothing(engine: Engine) -> None:
    text = "Name,Email\nAnn,ann@acme.io\nBo,nonsense\n"
    before = await rows(engine)
    rehearsed = await take(engine, text, dry_run=True)
    assert await rows(engine) == before
    assert await engine.undo() is None
    assert (await take(engine, text)) == rehearsed._replace(dry_run=False)


async def test_known_people_are_filled_and_never_overwritten(engine: Engine) -> None:
    await engine.people.add("Ann Archer", ["ann@acme.io"], ["1"], title="Head")
    report = await take(engine, "Name,Email,Phone,Title,Company\nA. Archer,ANN@acme.io,2,Boss,Acme\n")
    assert counts(report) == (0, 1, 0, 0)
    [ann] = people(engine)
    assert ann.organization is not None
    assert (ann.name, ann.title, ann.phones, ann.organization.name) == ("Ann Archer", "Head", ("1", "2"), "Acme")
    assert [one.why for one in report.kept] == [
        'The name of Ann Archer stays "Ann Archer", the file says "A. Archer".',
        'The title of Ann Archer stays "Head", the file says "Boss".',
    ]


async def test_one_address_one_person_within_the_file_and_against_the_crm(engine: Engine) -> None:
    await engine.people.add("Ann", ["ann@acme.io"])
    await engine.people.add("Bo", ["bo@b.example"])
    report = await take(
        engine, "Name,Email\nX,ann@acme.io;bo@b.example\nCat,cat@c.example\nCat,Cat@C.example;c2@c.example\n"
    )
    assert counts(report) == (1, 1, 0, 1)
    assert report.errors[0] == (2, "Email: The addresses belong to Ann (id 1) and Bo (id 2); merge the two first.")
    assert engine.reader.crm.person("c2@c.example").emails == ("cat@c.example", "c2@c.example")


async def test_one_bad_row_leaves_the_others_alone(engine: Engine) -> None:
    text = (
        'Name,Email\nAnn,ann@acme.io\nBo,not an address\n,\nCat,cat@c.example,too,many\n"Dan,dan@d.example\n'
        "Eve,eve@e.example\n,,,\n"
    )
    report = await take(engine, text)
    assert [one.name for one in people(engine)] == ["Ann", "Eve"]
    assert [one.row for one in report.errors] == [3, 5, 6]
    assert report.errors[0].why == 'Email: "not an address" is not an e-mail address; write it like ann@acme.io.'
    assert "quote" in report.errors[2].why
    assert report.skipped == 2


async def test_columns_can_be_mapped_by_hand(engine: Engine) -> None:
    text = "Wer,Womit,Rolle,Geburtstag\nAnn,ann@acme.io,Chef,1970-01-01\n"
    report = await take(engine, text, mapping={"Wer": "name", "2": "email", "rolle": "title", "Geburtstag": "note"})
    assert counts(report) == (1, 0, 0, 0)
    [ann] = people(engine)
    assert (ann.emails, ann.title, ann.note) == (("ann@acme.io",), "Chef", "Geburtstag: 1970-01-01")
    for mapping, why in (
        ({"Nix": "name"}, 'There is no column "Nix"; there are Wer, Womit'),
        ({"Wer": "shoe"}, '"shoe" is no field of people; choose one of id, name'),
        ({"Wer": "name", "Womit": "name"}, "Two columns are to be the name"),
    ):
        with pytest.raises(InvalidInput, match=why):
            await take(engine, text, mapping=mapping)


async def test_a_file_whose_columns_say_nothing_is_refused_with_one_sentence(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match=r'No column says the name of the people \("foo", "bar"\); map one to it'):
        await take(engine, "foo,bar\n1,2\n")
    with pytest.raises(InvalidInput, match="is empty"):
        await take(engine, "")


async def test_R19_an_import_links_no_mail(engine: Engine) -> None:
    """What was ingested before stays unlinked: an import touches no table of the mailbox but its own action."""
    async with engine.mailbox.write() as tx:
        await tx.execute(
            "INSERT INTO messages (identity, header_key, thread_id, direction, date, from_name, from_email, recipients,"
            " subject, ingested_at) VALUES ('i', 'h', 1, 'in', 1, 'Ann', 'ann@acme.io', '{}', 'Old', 1)"
        )
    await take(engine, "Name,Email\nAnn,ann@acme.io\n")
    await take(engine, "Title,Person\nRollout,ann@acme.io\n", "deals")
    found = await engine.mailbox.reads.execute_fetchall(
        "SELECT link_state, publish, (SELECT count(*) FROM links) FROM messages"
    )
    assert [tuple(one) for one in found] == [("none", "", 0)]


# --- deals and organizations


DEALS = (
    "Deal - Title,Deal - Value,Deal - Currency,Deal - Pipeline,Deal - Stage,Deal - Status,Deal - Expected close date,"
    "Deal - Organization,Deal - Contact person,Deal - Lost reason\n"
    'Rollout,"1.234,50",EUR,Sales,Offer,Open,30.11.2026,Acme GmbH,Ann Archer,\n'
    "Renewal,1200,USD,Partners,First talk,Won,2026-01-31,Acme GmbH,ann@acme.io,\n"
    "Renewal,1200,USD,Partners,First talk,Lost,2026-01-31,Acme GmbH,ann@acme.io,Too dear\n"
    "Odd,12x,EUR,,,Open,,,,\nStranger,1,EUR,,,Open,,,nobody@x.example,\n"
)


async def test_deals_with_their_places_amounts_and_ends(engine: Engine) -> None:
    await engine.people.add("Ann Archer", ["ann@acme.io"])
    before = await rows(engine)
    report = await take(engine, DEALS, "deals")
    assert counts(report) == (3, 0, 0, 2)
    assert [one.why for one in report.errors] == [
        'Deal - Value: "12x" is not an amount; write it like 1200, 1200.50 or 12k.',
        'Deal - Contact person: there is no person "nobody@x.example"; import the people first.',
    ]
    rollout = engine.reader.crm.deal("Rollout")
    assert (rollout.value, rollout.currency, rollout.stage, rollout.expected_close) == (
        123_450,
        "EUR",
        "Offer",
        "2026-11-30",
    )
    assert [person.name for person in rollout.persons] == ["Ann Archer"]
    ended = {one.status: one for one in engine.reader.crm.deals() if one.title == "Renewal"}
    assert ended["lost"].lost_reason == "Too dear"
    assert (ended["won"].pipeline, ended["won"].stage, ended["won"].value) == ("Partners", "First talk", 120_000)
    assert counts(await take(engine, DEALS, "deals")) == (0, 0, 3, 2)
    assert await engine.undo() == "Imported 3 deals from deals.csv"
    assert await rows(engine) == before


async def test_deals_of_hubspot(engine: Engine) -> None:
    await engine.people.add("Ann Archer", ["ann@acme.io"])
    text = (
        "Record ID,Deal Name,Amount,Currency,Deal Stage,Close Date,Pipeline,Deal owner,Associated Contact,"
        "Associated Company,Closed Lost Reason\n"
        "1,Rollout,1200.5,EUR,Closed Won,2026-11-30 10:15,Sales,Bo,Ann Archer (ann@acme.io),Acme,\n"
        "2,Renewal,99,USD,Contract sent,,Sales,Bo,,,\n"
    )
    assert preview(io.BytesIO(text.encode()), "x.csv", Reading("deals")).source == "HubSpot"
    assert counts(await take(engine, text, "deals")) == (2, 0, 0, 0)
    rollout = engine.reader.crm.deal("Rollout")
    assert (rollout.status, rollout.expected_close, rollout.persons[0].name) == ("won", "2026-11-30", "Ann Archer")
    assert engine.reader.crm.deal("Renewal").stage == "Contract sent"


async def test_amounts_and_dates_follow_the_files_own_evidence_and_are_asked_else(engine: Engine) -> None:
    text = "Title;Value;Close\nA;1.200;03/04/2026\nB;7,50;31/12/2026\n"
    assert counts(await take(engine, text, "deals")) == (2, 0, 0, 0)
    one = engine.reader.crm.deal("A")
    assert (one.value, one.expected_close) == (120_000, "2026-04-03")
    report = await take(engine, "Title;Value;Close\nC;1.200;\nD;;03/04/2026\nE;;29.02.2026\n", "deals")
    assert [error.why.partition(";")[0] for error in report.errors] == [
        'Value: "1.200" could mean 1200 or 1.200',
        'Close: "03/04/2026" could mean 2026-04-03 or 2026-03-04',
        'Close: "29.02.2026" is no day of the calendar',
    ]
    said = await take(engine, "Title;Value;Close\nC;1.200;03/04/2026\n", "deals", decimal=",", dates="mdy")
    assert counts(said) == (1, 0, 0, 0)
    assert engine.reader.crm.deal("C").expected_close == "2026-03-04"


async def test_currencies_are_those_that_exist(engine: Engine) -> None:
    report = await take(engine, "Title,Value,Currency\nA,1,XYZ\nB,$5,\nC,¥9,JPY\n", "deals", currency="CHF")
    assert report.errors[0].why.startswith('Currency: "XYZ" is not an ISO 4217 currency code')
    assert engine.reader.crm.deal("B").currency == "USD"


async def test_organizations_are_named_by_their_name(engine: Engine) -> None:
    await engine.organizations.add("Acme GmbH")
    text = "Company name,Website URL,Description\nACME gmbh,acme.io,big\nBeta,,\nbeta,b.example,\n,x.example,\n"
    report = await take(engine, text, "orgs")
    assert counts(report) == (1, 1, 1, 1)
    acme, beta = engine.reader.crm.organizations()
    assert (acme.name, acme.website, acme.note, beta.website) == ("Acme GmbH", "acme.io", "big", "b.example")


# --- hostile files


async def test_controls_formulas_and_nul_come_in_as_harmless_text(engine: Engine) -> None:
    text = b"Name,Email,Note\nA\x00nn\x1b]0;x\x07,ann@acme.io,'=HYPERLINK(1)\n\xe2\x80\xaeBo,bo@b.example,=1+1\n"
    assert counts(await take(engine, text)) == (2, 0, 0, 0)
    assert [(one.name, one.note) for one in people(engine)] == [("Ann]0;x", "=HYPERLINK(1)"), ("Bo", "=1+1")]


async def test_a_line_without_end_is_one_error_and_costs_no_memory(engine: Engine) -> None:
    text = b"Name,Email\nAnn,ann@acme.io\n" + b"x" * 3_000_000 + b"\nBo,bo@b.example\n"
    report = await take(engine, text)
    assert [one.name for one in people(engine)] == ["Ann", "Bo"]
    assert report.errors == ((3, "The row is longer than 1,000,000 characters; shorten it."),)


async def test_a_table_that_is_too_long_is_refused_before_anything_of_it_is_taken(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tablefile, "MOST_ROWS", 5)
    began: list[int] = []
    monkeypatch.setattr(engine.crm, "transaction", lambda: began.append(1))
    many = "".join(f"P{at},p{at}@acme.io,x\n" for at in range(6))
    with pytest.raises(InvalidInput, match="has more than 5 rows; import it in parts"):
        await take(engine, "Name,Email,Note\n" + many)
    assert not began
    monkeypatch.undo()
    monkeypatch.setattr(tablefile, "MOST_ROWS", 5)
    long = "".join(f'P{at},p{at}@acme.io,"a\nb\nc"\n' for at in range(4))
    assert counts(await take(engine, "Name,Email,Note\n" + long))[0] == 4, "lines within a value are no rows"


async def test_a_million_columns_and_a_file_of_nonsense_are_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match=r"columns; at most 1,000"):
        await take(engine, "Name," + "," * 200_000 + "\n")
    with pytest.raises(InvalidInput, match="no CSV file"):
        await take(engine, b"Name" * 500_000)
    with pytest.raises(InvalidInput, match="More than 1,000 rows"):
        await take(engine, "Name,Email\n" + 'a,"b\n' + "c,d,e\n" * 1_200)
    assert people(engine) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"Name,Email\n", b"Title;Value\n", b"\xff\xfeN\x00"]))
async def test_any_bytes_are_rows_or_one_sentence(engine: Engine, data: bytes, head: bytes) -> None:
    for kind in columns.KINDS:
        told: list[str] = []
        try:
            told += [one.why for one in (await take(engine, head + data, kind, dry_run=True)).errors]
        except InvalidInput as error:
            told.append(str(error))
        assert all(one == line(one) and one.endswith((".", "?")) for one in told), told


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=2, max_size=2), max_size=8
    )
)
def test_what_is_quoted_comes_back(cells: Sequence[tuple[str, str]]) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["a", "b"], *cells]]
    with Table(io.BytesIO("\r\n".join(quoted).encode()), "x.csv") as table:
        read = [row.cells for row in table.rows()]
    assert read == [list(row) for row in cells]
