"""Reading mail against the standard library: the same messages, parsed to headers, text and attachment names; and HTML
against inscriptis.

The contestants take turns; the best of several runs counts, in CPU seconds. A ratio over 1 means that dealdesk is
that many times as fast. The samples are those of the corpus, and messages of the size that people get every day.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import tui.engine.mail.html
from tests.engine.mail.samples import real_mail
from tests.servers.mailgen import mailbox
from tui.engine.mail.fields import split_message
from tui.engine.mail.headers import parse_header
from tui.engine.mail.html import html_to_text
from tui.engine.mail.mime import parse

Item = TypeVar("Item")
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
CORPUS = Path(os.environ.get("DEALDESK_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))


def main() -> int:
    """Print one line per kind of work; end with 1 when the corpus is missing."""
    if not CORPUS.is_dir():
        print(f"There is no corpus at {CORPUS}; set DEALDESK_CORPUS.", file=sys.stderr)
        return 1
    real = [path.read_bytes() for path in real_mail(CORPUS) if path.suffix in (".eml", ".msg")]
    made = list(mailbox(1000))
    for name, messages in (("corpus messages", real), ("everyday messages", made)):
        compare(name, messages, parse, stdlib_read)
    # The standard library turns no HTML into text: this is what both of them do. The HTML is measured below.
    with patch.object(tui.engine.mail.html, "render", return_value=tui.engine.mail.html.render("")):
        compare("corpus, HTML unread", real, parse, stdlib_read)
    compare("headers", [split_message(raw)[0] for raw in real], parse_header, stdlib_header)
    rows = "<tr><td>cell one</td><td>cell <b>two</b></td></tr>\n" * 100_000
    one = best(lambda: html_to_text(f"<table>{rows}</table>"))
    print(f"{'HTML table of 5 MB':22}{one:>10.2f} s")
    documents = [path.read_text("utf-8", "replace") for path in sorted((CORPUS / "real").rglob("*.html"))]
    html("HTML documents", documents)
    return 0


def html(name: str, documents: list[str]) -> None:
    """Print how many documents a second become text, and how often inscriptis takes that time, where it is there."""
    size = sum(map(len, documents)) / 1e6
    mine = best(lambda: each(html_to_text, documents))
    line = f"{name:22}{len(documents) / mine:>10,.0f}/s {size / mine:>8.1f} MB/s"
    try:
        from inscriptis import get_text
    except ImportError:
        print(f"{line}   NOT INSTALLED, left out: inscriptis (.venv/bin/pip install inscriptis)")
        return

    def theirs(document: str) -> None:
        with contextlib.suppress(ValueError, AssertionError):  # it refuses a few; they count as done
            get_text(document)

    other = best(lambda: each(theirs, documents))
    print(f"{line}   inscriptis {len(documents) / other:>6,.0f}/s {size / other:>5.1f} MB/s   {other / mine:>6.1f} x")


def each(work: Callable[[Item], object], items: list[Item]) -> None:
    """Do a work for every item and keep nothing of it, as a sync does."""
    for item in items:
        work(item)


def compare(
    name: str, messages: list[bytes], ours: Callable[[bytes], object], theirs: Callable[[bytes], object]
) -> None:
    """Print the messages and megabytes a second of both, and the ratio."""
    size = sum(map(len, messages)) / 1e6
    mine = best(lambda: each(ours, messages))
    other = best(lambda: each(theirs, messages))
    print(
        f"{name:22}{len(messages) / mine:>10,.0f}/s {size / mine:>8.1f} MB/s   stdlib {len(messages) / other:>8,.0f}/s"
        f" {size / other:>7.1f} MB/s   {other / mine:>6.1f} x"
    )


def best(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of several runs."""
    found = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def stdlib_read(raw: bytes) -> object:
    """Read a message as far as ``parse`` does, with what Python brings; its failures count as done."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain", "html"))
        names = [part.get_filename() for part in message.walk()]
        return [str(value) for value in message.values()], body.get_content() if body is not None else "", names
    except (LookupError, ValueError, AttributeError, TypeError, RecursionError) as fault:
        return fault


def stdlib_header(raw: bytes) -> object:
    """Read the fields that ``parse_header`` reads."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        return [str(message[name]) for name in ("From", "To", "Cc", "Subject", "Date", "Message-ID", "References")]
    except (LookupError, ValueError, AttributeError, TypeError, RecursionError) as fault:
        return fault


if __name__ == "__main__":
    sys.exit(main())
