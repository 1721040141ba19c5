"""Markdown beside itself as HTML: nothing remote, nothing that acts, the same words in both."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

import fast_mail_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.mail.compose import Outgoing, build
from tui.engine.mail.flowed import flow
from tui.engine.mail.html import html_to_text
from tui.engine.mail.markdown import to_html
from tui.engine.model import Address

ANN = Address("Ann", "ann@acme.example")


def test_markdown_is_read_as_it_is_meant() -> None:
    shown = html_to_text(
        to_html("# Offer\n\n* **40** seats\n* [terms](https://our.example/t)\n\n> quoted\n\n-- \nMia\nSales")
    )
    assert "Offer" in shown
    assert "40 seats" in shown
    assert "https://our.example/t" in shown
    assert "-- \nMia\nSales" in shown.replace("--\n", "-- \n")


def test_lines_stay_lines_and_a_signature_makes_no_heading() -> None:
    document = to_html("one\ntwo\n-- \nMia")
    assert "one<br />\ntwo" in document
    assert "<h2>" not in document


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=https://evil.example/pixel.png>",
        "![logo](https://evil.example/pixel.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="x" onclick="y()">z</a>',
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "-- \n<b>Mia</b>",
    ],
)
def test_nothing_remote_and_nothing_that_acts_is_made(text: str) -> None:
    document = to_html(text).partition("<body>")[2]
    tags = re.findall(r"<(\w+)([^>]*)>", document)
    assert not {"script", "img", "b", "iframe"} & {name for name, _ in tags}
    assert not re.search(r'(?:href|src)="(?!https?:|mailto:)', document)


@given(st.text(max_size=200))
def test_any_text_is_a_document_without_remote_content(text: str) -> None:
    document = to_html(text)
    assert "url(" not in document.partition("<body>")[0]
    assert "<script" not in document.lower()
    assert "<img" not in document.lower()


def test_both_halves_are_read_by_two_other_parsers() -> None:
    """text/plain first, text/html second, beside the attachments (RFC 2046 section 5.1.4)."""
    body = "Grüße, **Ann**\n\nFrom here\n" + "x" * 3000
    raw = build(
        Outgoing(
            ANN,
            (ANN,),
            subject="S",
            body=body,
            html=to_html(body),
            attachments=(("a.bin", "application/zip", b"\0\xff"),),
        )
    )
    message = email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)  # type: ignore[arg-type]
    assert message.get_content_type() == "multipart/mixed"
    alternative, attached = message.iter_parts()
    plain, html = alternative.iter_parts()  # type: ignore[attr-defined]
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n") == flow(body) + "\n"
    assert html.get_content().replace("\r\n", "\n") == to_html(body)
    assert attached.get_content() == b"\0\xff"
    other = fast_mail_parser.parse_email(raw)
    assert other.text_plain[0].replace("\r\n", "\n") == flow(body) + "\n"
    assert other.text_html[0].replace("\r\n", "\n") == to_html(body)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
