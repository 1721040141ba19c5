from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.mail.samples import UNSAFE, message, multipart
from tui.engine import errors
from tui.engine.mail.filenames import safe_name
from tui.engine.mail.flowed import unflow
from tui.engine.mail.mime import MAX_TEXT, attachment_bytes, files, parse
from tui.engine.mail.preview import preview

PLAIN = b"Content-Type: text/plain; charset=utf-8\n\nPlain w\xc3\xb6rds"
HTML = b"Content-Type: text/html\n\n<p>Rich words"


def test_a_plain_message() -> None:
    parsed = parse(message(b"Hello\r\nyou\r\n", Content_Type="text/plain"))
    assert (parsed.text, parsed.html, parsed.attachments, parsed.state) == ("Hello\nyou", None, (), "full")
    assert parsed.headers[1] == ("Subject", "Offer")
    assert parsed.has_text
    assert not parsed.warnings


def test_of_two_alternatives_the_plain_one_is_read_and_the_other_kept() -> None:
    parsed = parse(multipart(PLAIN, HTML, kind="alternative"))
    assert (parsed.text, parsed.html, parsed.shown) == ("Plain wörds", "<p>Rich words", "plain")


def test_a_plain_part_that_only_says_there_is_html_is_not_the_text() -> None:
    letter = b"Content-Type: text/html\n\n" + b"<p>Many real words stand in here. </p>" * 20
    parsed = parse(multipart(b"Content-Type: text/plain\n\nUse an HTML viewer.", letter, kind="alternative"))
    assert parsed.shown == "html"
    assert parse(multipart(b"Content-Type: text/plain\n\n \n", HTML, kind="alternative")).text == "Rich words"


def test_attachments_are_numbered_named_and_sized() -> None:
    raw = multipart(
        PLAIN,
        b'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERg==',
        b"Content-Type: image/png\nContent-ID: <x>\nContent-Disposition: inline; filename*=utf-8''b%C3%BC.png\n\nPNG",
        b"Content-Type: message/rfc822\nContent-Disposition: attachment\n\nSubject: Inner/x\n\ninner",
    )
    parsed = parse(raw)
    assert [(one.part, one.name, one.type, one.size, one.inline) for one in parsed.attachments] == [
        (1, "a.pdf", "application/pdf", 4, False),
        (2, "bü.png", "image/png", 3, True),
        (3, "Inner_x.eml", "message/rfc822", 25, False),
    ]
    assert [data for _, data in files(raw)][:1] == [b"%PDF"]
    assert [info for info, _ in files(raw)] == list(parse(raw).attachments)
    assert attachment_bytes(raw, 1)[1] == b"%PDF"
    assert attachment_bytes(raw, 3)[1] == b"Subject: Inner/x\r\n\r\ninner"
    with pytest.raises(errors.NotFound):
        attachment_bytes(raw, 4)


def test_a_forwarded_message_is_read_inline_under_its_own_header() -> None:
    parsed = parse(multipart(PLAIN, b"Content-Type: message/rfc822\n\nFrom: eve@x.example\nSubject: S\n\ninner words"))
    assert "Forwarded message" in parsed.text
    assert "From: eve@x.example" in parsed.text
    assert parsed.text.endswith("inner words")
    assert parsed.facts.from_[0].email == "ann@example.org"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "8bit", "nonsense", "BASE64"])
def test_transfer_encodings_never_lose_the_message(encoding: str) -> None:
    parsed = parse(
        message(b"!!! not =ZZ really encoded \xff", Content_Type="text/plain", Content_Transfer_Encoding=encoding)
    )
    assert parsed.state == "full"


def test_broken_structure_costs_the_part_and_not_the_message() -> None:
    whole = multipart(PLAIN, b"Content-Type: application/x-y; name=x.bin\n\ndata")
    cut = parse(whole[: whole.rindex(b"ta\r\n")])
    assert cut.text == "Plain wörds"
    assert "not complete" in " ".join(cut.warnings)
    assert parse(whole.replace(b'boundary="B"', b'boundary="wrong"')).text == "Plain wörds"
    assert "Plain" in parse(whole.replace(b'; boundary="B"', b"")).text
    assert "words" in parse(message(b"words\r\n", Content_Type='multipart/mixed; boundary="B"')).text


def test_a_boundary_that_begins_another_is_not_mistaken_for_it() -> None:
    inner = b'Content-Type: multipart/alternative; boundary="B2"\n\n--B2\nContent-Type: text/plain\n\nin\n--B2--'
    parsed = parse(multipart(inner, b"Content-Type: application/x; name=y\n\nz"))
    assert (parsed.text, len(parsed.attachments)) == ("in", 1)


def test_nesting_without_end_is_closed_not_followed() -> None:
    raw = (
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)) + b"\nMARK"
    )
    start = time.process_time()
    parsed = parse(message(raw))
    assert time.process_time() - start < 1
    assert parsed.state == "full"
    onion = b"Content-Type: message/rfc822\n\n" * 3000 + b"\nMARK"
    assert parse(message(onion)).state == "full"


def test_thousands_of_parts_open_at_once() -> None:
    raw = multipart(
        PLAIN, *([b"Content-Type: application/x; name=a.bin\nContent-Transfer-Encoding: base64\n\nAAAA"] * 5000)
    )
    start = time.process_time()
    parsed = parse(raw)
    assert time.process_time() - start < 2
    assert len(parsed.attachments) == 5000


def test_R43_what_cannot_be_parsed_is_shown_as_it_came() -> None:
    parsed = parse(b"\x00\x01 no header at all \x1b[2J")
    assert (parsed.state, parsed.text) == ("raw", " no header at all [2J")
    assert parsed.warnings


def test_the_receiving_servers_verdicts_are_taken_and_not_the_senders() -> None:
    forged = message(Authentication_Results="evil; spf=pass; dkim=pass; dmarc=pass")
    raw = b"Authentication-Results: mx.our.example; spf=pass smtp.mailfrom=x;\r\n dkim=fail\r\n" + forged
    assert parse(raw).auth == "spf=pass dkim=fail"
    assert parse(message()).auth == ""


def test_the_charset_of_the_mime_header_wins_over_the_documents() -> None:
    body = "<meta charset=utf-8><p>grüße".encode("cp1252")
    assert parse(message(body, Content_Type="text/html; charset=iso-8859-1")).text == "grüße"
    assert parse(message("<meta charset=koi8-r><p>да".encode("koi8-r"), Content_Type="text/html")).text == "да"


@pytest.mark.parametrize(
    ("declared", "safe"),
    [
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("C:\\temp\\x.exe", "x.exe"),
        ("a\x00b\x1b[2J.pdf", "ab[2J.pdf"),
        ("gpj\u202e.exe", "gpj.exe"),
        ("", "part-7.pdf"),
        ("...", "part-7.pdf"),
        ("CON", "_CON"),
        ("com1.txt", "_com1.txt"),
        ("-rf", "_-rf"),
        ("a:b|c?.pdf", "a_b_c_.pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_of_attachments_are_made_safe_once(declared: str, safe: str) -> None:
    assert safe_name(declared, "application/pdf", 7) == safe


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder_or_hides_its_end(declared: str) -> None:
    name = safe_name(declared, "application/pdf", 1)
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0")
    assert len(name.encode()) <= 151
    assert not UNSAFE.search(name)
    assert not any(unicodedata.category(char) == "Cc" for char in name)


def test_flowed_paragraphs_are_joined_per_quote_level() -> None:
    assert unflow("one \ntwo\n> q \n> r\n >stuffed\n-- \nsig", False) == "one two\n> q r\n>stuffed\n-- \nsig"
    assert unflow("ab \ncd", True) == "abcd"


def test_a_preview_is_the_first_real_text() -> None:
    assert (
        preview("\n-----\nOn 3 Mar 2026, Bob wrote:\n> old\n\nHello there,\nthis is new\n-- \nAnn")
        == "Hello there, this is new"
    )
    assert preview("# Offer\n\nSee it here [1], or call [2].\n\n[1] https://x.example/") == (
        "Offer See it here, or call."
    )
    assert preview("> only\n> quoted") == "only quoted"
    assert len(preview("word " * 1000)) <= 141
    assert preview("") == ""


@given(st.binary(max_size=600))
def test_no_bytes_raise_or_yield_control_characters(raw: bytes) -> None:
    for whole in (raw, message(raw, Content_Type="text/html"), b"Content-Type: " + raw, multipart(raw, raw)):
        parsed = parse(whole)
        shown = [parsed.text, *(one.name + one.type for one in parsed.attachments), *(n + v for n, v in parsed.headers)]
        assert not UNSAFE.search("\n".join(shown))
        assert not any("could not be parsed" in warning for warning in parsed.warnings)


def test_the_parts_of_an_inner_multipart_without_its_boundary_are_found() -> None:
    inner = (
        b"Content-Type: multipart/alternative;\nboundary=inner\n\n"  # not folded, as some bounces come
        b"--inner\nContent-Type: text/plain\n\nNo such user here.\n--inner--\n"
    )
    parsed = parse(multipart(inner))
    assert parsed.text == "No such user here."
    assert any("first line of dashes" in warning for warning in parsed.warnings)


def test_a_text_that_is_too_long_to_be_read_to_its_end_says_so() -> None:
    table = b"<table>" + b"<tr><td>x</td></tr>" * 40_000 + b"</table>"
    cut = parse(message(table, Content_Type="text/html"))
    assert cut.warnings == ("The text is very long; its end is only in the raw source.",)
    assert parse(message(table[:1000], Content_Type="text/html")).warnings == ()
    assert parse(message(b"0123456789\n" * (MAX_TEXT // 10))).warnings == cut.warnings
    assert parse(message(b"0123456789\n" * 1000)).warnings == ()
