"""Other parsers as a second opinion: where a message is well formed, they and we must agree."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.mail.samples import real_mail
from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.html import html_to_text
from tui.engine.mail.mime import parse
from tui.engine.mail.parts import parse_tree


def test_structure_agrees_with_the_rust_parser(corpus: Path) -> None:
    """The kinds of all parts, in order, are the same for nearly all well-formed messages."""
    rust = pytest.importorskip("fast_mail_parser", reason="FAST-MAIL-PARSER IS MISSING: install it to compare")
    same = other = 0
    for path in real_mail(corpus):
        raw = path.read_bytes()
        header, body, clean = split_message(raw)
        if path.suffix not in (".eml", ".msg") or not clean:
            continue
        root, warnings = parse_tree(values_of(parse_fields(header)), body)
        try:
            theirs = [part.content_type for part in rust.walk(rust.parse_email_tree(raw, mode="metadata"))]
        except rust.ParseError:
            continue
        if warnings:
            continue
        same += [part.type for part in root.walk()] == theirs
        other += 1
    assert other > 800
    assert same / other > 0.97, f"{same} of {other}"


def test_subjects_and_texts_agree_with_the_standard_library(corpus: Path) -> None:
    agreed = texts = count = compared = 0
    for path in real_mail(corpus):
        if path.suffix != ".eml":
            continue
        raw = path.read_bytes()
        parsed = parse(raw)
        if parsed.warnings:
            continue
        try:
            other = email.message_from_bytes(raw, policy=email.policy.default)
            subject = " ".join(str(other["subject"] or "").split())
            body = other.get_body(("plain",))
            words = re.findall(r"\w+", body.get_content()) if body is not None else []
        except (LookupError, ValueError, AttributeError, TypeError):
            continue
        if "\ufffd" in subject or "=?" in subject:
            continue
        count += 1
        agreed += subject == " ".join(parsed.facts.subject.split())
        if words and parsed.shown == "plain":
            compared += 1
            texts += re.findall(r"\w+", parsed.text)[: len(words)] == words
    assert count > 600
    assert agreed / count > 0.99, f"{agreed} of {count} subjects"
    assert texts / compared > 0.97, f"{texts} of {compared} texts"


def test_no_words_of_real_html_are_lost(corpus: Path) -> None:
    """Nearly every document keeps 98 % of the words that a browser's parser finds outside of hidden elements."""
    lexbor = pytest.importorskip("selectolax.lexbor", reason="SELECTOLAX IS MISSING: install it to compare")
    kept = count = 0
    for path in sorted((corpus / "real").rglob("*.html")):
        document = path.read_text("utf-8", "replace")
        tree = lexbor.LexborHTMLParser(document)
        for node in tree.css("script,style,title,head,noframes,template,textarea,iframe,svg,select,object,[hidden]"):
            node.decompose()
        for node in tree.css('[style*="display:none"],[style*="display: none"]'):
            node.decompose()
        words = Counter(re.findall(r"\w+", tree.body.text(separator=" ") if tree.body else ""))
        lost = words - Counter(re.findall(r"\w+", html_to_text(document)))
        count += 1
        kept += sum(lost.values()) <= 0.02 * sum(words.values())
    assert count > 200
    assert kept / count > 0.93, f"{kept} of {count}"
