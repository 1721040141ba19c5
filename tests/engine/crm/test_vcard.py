"""vCards of every version, and what is none."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.crm.files import counts, people
from tui.engine.commands.imports import import_cards
from tui.engine.core import Engine
from tui.engine.errors import InvalidInput
from tui.engine.text import line

CARDS = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\n"
    b"TEL;WORK;VOICE:+49 30 1\r\nEMAIL;INTERNET:joerg@x.example\r\n"
    b"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:erste Zeile=0D=0A=\r\nzweite =E4\r\nEND:VCARD\r\n"
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Archer\r\nN:Archer;Ann;;;\r\nORG:Acme\\, Inc.;Sales\r\nTITLE:Head\r\n"
    b"item1.EMAIL;TYPE=INTERNET:ann@home.example\r\nitem1.X-ABLabel:Home\r\nEMAIL;TYPE=INTERNET,PREF:ann@acme.io\r\n"
    b"TEL;TYPE=CELL:+49 170\r\n  2\r\nCATEGORIES:vip,a\\,b\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n AAAA\r\nEND:VCARD\r\n"
    b"BEGIN:VCARD\nVERSION:4.0\nFN:Bo Chen\nTEL;VALUE=uri;PREF=1:tel:+1-555\nEMAIL;PREF=2:b2@b.example\n"
    b"EMAIL;PREF=1:bo@b.example\nKIND:individual\nEND:VCARD\n"
    b"BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Friends\nMEMBER:urn:uuid:1\nEND:VCARD\n"
    b"BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Acme\nEND:VCARD\n"
    b"BEGIN:VCARD\nFN:No end\n"
    b"BEGIN:VCARD\nEMAIL:not an address\nEND:VCARD\n"
)


async def test_vcards_of_every_version(engine: Engine) -> None:
    report = await import_cards(engine, io.BytesIO(CARDS), "all.vcf")
    assert counts(report) == (4, 0, 1, 2), report
    by_name = {one.name: one for one in people(engine)}
    assert set(by_name) == {"Jörg Müller", "Ann Archer", "Bo Chen", "No end"}
    assert (by_name["Jörg Müller"].note, by_name["Jörg Müller"].phones) == ("erste Zeile\nzweite ä", ("+49 30 1",))
    ann = by_name["Ann Archer"]
    assert ann.organization is not None
    assert (ann.organization.name, ann.emails, ann.phones) == (
        "Acme, Inc.",
        ("ann@acme.io", "ann@home.example"),
        ("+49 170 2",),
    )
    assert ann.tags == ("a,b", "vip")
    assert by_name["Bo Chen"].emails == ("bo@b.example", "b2@b.example")
    assert by_name["Bo Chen"].phones == ("+1-555",)
    assert counts(await import_cards(engine, io.BytesIO(CARDS), "all.vcf")) == (0, 0, 5, 2)
    assert await engine.undo() == "Imported 4 people from all.vcf"
    assert people(engine) == []


async def test_no_vcard_is_one_sentence(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="There is no vCard"):
        await import_cards(engine, io.BytesIO(b"hello"), "x.vcf")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60), max_size=6), st.binary(max_size=60))
async def test_any_bytes_in_a_card_are_read_or_told_of(engine: Engine, lines: list[bytes], name: bytes) -> None:
    text = b"BEGIN:VCARD\r\nFN:" + name + b"\r\n" + b"\r\n".join(lines) + b"\r\nEND:VCARD\r\n"
    report = await import_cards(engine, io.BytesIO(text), "x.vcf", dry_run=True)
    assert all(one.why == line(one.why) for one in report.errors)
