"""Who may be believed about a sender, and which senders and files pretend to be something else."""

from __future__ import annotations

import base64

import pytest

from tui.engine.mail.browsing import page
from tui.engine.mail.magic import is_text, lie, starts_something
from tui.engine.mail.senders import doubts, plain_name
from tui.engine.mail.verdicts import learn, topmost, verdict
from tui.engine.model import Address, Person

OURS = b"mx.our.example; dkim=fail (bad) header.d=a.example; dkim=pass header.d=b.example; spf=pass; dmarc=%s"


def header(value: bytes) -> list[tuple[str, bytes]]:
    return [("Authentication-Results", value), ("Authentication-Results", b"forged.example; dmarc=pass")]


def test_a_server_is_believed_once_it_wrote_on_mail_of_several_domains() -> None:
    fields = header(OURS % b"pass")
    assert learn([(fields, "a.example")] * 20) == frozenset()
    trusted = learn([(fields, f"{one}.example") for one in "abc"])
    assert trusted == {"mx.our.example"}
    found = verdict(fields, trusted)
    assert found is not None
    assert found.words == "sender verified (DMARC)"
    assert verdict([("Authentication-Results", b"forged.example; dmarc=pass")], trusted) is None
    assert verdict([], trusted) is None


def test_a_failed_dmarc_is_said_whatever_else_passed() -> None:
    found = verdict(header(OURS % b"fail"), frozenset({"mx.our.example"}))
    assert found is not None
    assert found.failed
    assert found.words == "DMARC failed!"


@pytest.mark.parametrize(
    "value", [b"", b";;;", b"((((", b"mx.our.example; none", b"\x1b[2J; spf=pass", b'x; reason="; dmarc=pass" spf=fail']
)
def test_a_nonsense_field_proves_nothing_good(value: bytes) -> None:
    found = topmost([("Authentication-Results", value)])
    assert found is None or found.words in ("", "SPF failed!")


def person(name: str, *emails: str) -> Person:
    return Person(1, name, emails)


def test_a_known_name_with_another_address_is_doubted() -> None:
    ann = person("Ann Archer", "ann@acme.example")
    cyrillic = "\u0410nn \u0410rcher"
    for name in ("Ann Archer", "ARCHER, Ann", cyrillic):
        assert plain_name(name) == plain_name("Ann Archer")
        found = doubts([Address(name, "ann@evil.example")], set(), [], [ann])
        assert found == ["Ann Archer is known by ann@acme.example; ann@evil.example is not an address of theirs."]
    assert doubts([Address("Ann Archer", "Ann@Acme.example")], set(), [], [ann]) == []
    assert doubts([Address("Ann", "ann@evil.example")], set(), [], [ann]) == []


def test_own_names_several_senders_and_addresses_as_names_are_doubted() -> None:
    assert doubts([Address("Mia Berg", "x@evil.example")], {"mia@our.example"}, ["Mia Berg"], []) != []
    assert doubts([Address("Mia Berg", "mia@our.example")], {"mia@our.example"}, ["Mia Berg"], []) == []
    assert "2 senders" in doubts([Address("", "a@b.example"), Address("", "c@d.example")], set(), [], [])[0]
    assert doubts([Address("ann@acme.example", "x@evil.example")], set(), [], [])[0].startswith("The name says ann@")
    assert doubts([Address("ann@acme.example", "ann@acme.example")], set(), [], []) == []


@pytest.mark.parametrize(
    ("name", "kind", "data", "wrong"),
    [
        ("invoice.pdf.exe", "application/pdf", b"MZ", "pretends"),
        ("invoice.pdf", "application/pdf", b"MZ\x90", "Windows program"),
        ("invoice\u202efdp.exe", "application/pdf", b"x", "backwards"),
        ("photo.jpg", "image/jpeg", b"%PDF-1.4", "PDF"),
        ("a.scr", "text/plain", b"x", "runs a program"),
        ("run", "text/plain", b"#!/bin/sh", "script"),
        ("invoice.pdf", "application/pdf", b"%PDF-1.4", ""),
        ("table.xlsx", "application/octet-stream", b"PK\x03\x04", ""),
        ("notes.txt", "text/plain", b"hello", ""),
    ],
)
def test_a_file_that_lies_about_itself_is_said(name: str, kind: str, data: bytes, wrong: str) -> None:
    said = lie(name, kind, data)
    assert (wrong in said) if wrong else said == ""


def test_what_could_run_is_never_opened_and_text_is_read_here() -> None:
    assert starts_something("x.exe", b"")
    assert starts_something("x.pdf", b"MZ")
    assert starts_something("x.txt", b"<html><script>")
    assert starts_something("x.docm", b"PK\x03\x04")
    assert not starts_something("x.pdf", b"%PDF-1.7")
    assert is_text("größe".encode())
    assert not is_text(b"\x00\x01")
    assert not is_text(b"%PDF-1.7")


def test_a_page_for_the_browser_keeps_words_and_drops_what_acts() -> None:
    image = base64.b64encode(b"\x89PNG").decode()
    made = page(
        '<base href="http://x.invalid"><h1 onclick="a()">Hi</h1><script>evil()</script><style>@import "x"</style>'
        '<img src="http://t.invalid/p.gif"><img src="cid:a"><img src="data:image/png;base64,' + image + '">'
        '<a href="javascript:x">no</a><a href="https://ok.example/">yes</a><form action="//x"><input name=p></form>'
        '<p style="color:red;background:url(//t.invalid)">red</p><iframe src="//x">in</iframe><svg><a/></svg></p>',
        "<Title>\x1b",
    )
    assert "default-src 'none'" in made.html
    for wrong in (
        "evil",
        "onclick",
        "t.invalid",
        "javascript",
        "<form",
        "<input",
        "<iframe",
        "<svg",
        "<base",
        "@import",
    ):
        assert wrong not in made.html
    for kept in ("Hi", "https://ok.example/", "color:red", "data:image/png", "&lt;Title&gt;</title>"):
        assert kept in made.html
    assert "2 scripts" in made.removed
    assert "1 remote image" in made.removed
