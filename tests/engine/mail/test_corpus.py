"""Every file of the corpus through everything that reads mail: no exception, no second, no control character.

Nothing here may open a connection: a socket that is opened fails the test.
"""

from __future__ import annotations

import csv
import re
import socket
import time
from pathlib import Path

import pytest

from tests.engine.mail.samples import UNSAFE, messages_in, real_mail
from tui.engine.mail.html import html_to_text
from tui.engine.mail.identity import content_digest, header_identity
from tui.engine.mail.mime import ParsedMail, attachment_bytes, parse
from tui.engine.mail.preview import preview
from tui.engine.mail.quotes import split_quotes
from tui.engine.mail.replies import forward, reply
from tui.engine.mail.threading import thread_keys

LIMIT = 1.0
"""Seconds of CPU for one file; the brief's own bound, measured without what other programs take."""
UNREADABLE = {"big-rfc822-recursion-300.eml": "the mark lies 300 messages deep; the outer forty are opened"}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail when anything opens a connection or asks the DNS."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reading mail opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def read_all(raw: bytes) -> tuple[ParsedMail, str]:
    """Return a message read, and everything that would be shown of it or of an answer to it."""
    parsed = parse(raw)
    answer = reply(parsed.facts, parsed.text, {"me@our.example"}, everyone=True)
    passed = forward(parsed)
    facts = parsed.facts
    shown = [parsed.text, preview(parsed.text), answer.subject, answer.body, passed.subject, passed.body, facts.subject]
    shown += [name + value for name, value in parsed.headers]
    shown += [one.name + one.type for one in parsed.attachments]
    shown += [one.name + one.email for one in (*facts.from_, *facts.to, *facts.cc, *facts.reply_to)]
    shown += [facts.date_text, facts.message_id, parsed.auth, *facts.references, *thread_keys(facts)]
    header_identity(facts)
    content_digest(parsed.text, [(one.part, one.name, one.type, one.size) for one in parsed.attachments])
    split_quotes(parsed.text)
    return parsed, "\n".join(shown)


def faults_of(path: Path, raw: bytes) -> list[str]:
    start = time.process_time()
    parsed, shown = read_all(raw)
    taken = time.process_time() - start
    for one in parsed.attachments[:5]:
        attachment_bytes(raw, one.part)
    found = []
    if taken > LIMIT:
        found.append(f"{path.name}: {taken:.2f} s")
    if match := UNSAFE.search(shown):
        found.append(f"{path.name}: shows {match[0]!r}")
    if any("could not be parsed" in warning for warning in parsed.warnings):
        found.append(f"{path.name}: {parsed.warnings}")
    return found


def test_all_hostile_mail_is_read_harmlessly(corpus: Path) -> None:
    paths = [path for path in sorted((corpus / "hostile").iterdir()) if path.suffix in (".eml", ".mbox")]
    assert len(paths) > 80
    assert [fault for path in paths for raw in messages_in(path) for fault in faults_of(path, raw)] == []


def test_all_real_mail_is_read_harmlessly(corpus: Path) -> None:
    paths = list(real_mail(corpus))
    assert len(paths) > 2_000
    assert [fault for path in paths for raw in messages_in(path)[:300] for fault in faults_of(path, raw)] == []


def test_all_html_of_the_corpus_becomes_text_without_markup(corpus: Path) -> None:
    paths = sorted((corpus / "real").rglob("*.html"))
    assert len(paths) > 200
    shows_code = "html-caniemail"  # these documents print their own source as text
    for path in paths:
        start = time.process_time()
        shown = html_to_text(path.read_text("utf-8", "replace"))
        assert time.process_time() - start < LIMIT, path
        assert not UNSAFE.search(shown), path
        if shows_code in path.parts:
            continue
        assert not re.search(r"</?(?:td|table|div|span|p|br)\b[^>]*>|\bfont-family:", shown), path


def test_what_a_hostile_message_says_is_still_readable(corpus: Path) -> None:
    """``MARK-<id>`` stands in every message whose index line asks for it."""
    with (corpus / "hostile" / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        promised = {
            row["file"] for row in csv.DictReader(file, delimiter="\t") if row["file"].endswith((".eml", ".mbox"))
        }
    missing = []
    for name in sorted(promised - set(UNREADABLE)):
        for raw in messages_in(corpus / "hostile" / name):
            marks = {mark.decode() for mark in re.findall(rb"MARK-[A-Z0-9-]+", raw)}
            text = parse(raw).text
            missing += [f"{name}: {mark}" for mark in marks if mark not in text]
    assert missing == []


def test_every_attachment_of_a_hostile_message_has_a_name_that_stays_in_its_folder(corpus: Path) -> None:
    for path in sorted((corpus / "hostile").glob("*.eml")):
        for one in parse(path.read_bytes()).attachments:
            assert Path(one.name).name == one.name, path.name
            assert one.name not in ("", ".", ".."), path.name


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("html-link-mismatch.eml", "goes to evil.invalid"),
        ("html-charset-conflict.eml", "grüße"),
        ("esc-iso2022jp-legit.eml", "日本語"),
        ("uni-invalid-utf8.eml", "\ufffd"),
        ("enc-broken-qp.eml", "€"),
        ("raw-nul-bytes.eml", "after"),
    ],
)
def test_what_the_index_asks_of_single_files(corpus: Path, name: str, wanted: str) -> None:
    assert wanted in parse((corpus / "hostile" / name).read_bytes()).text
