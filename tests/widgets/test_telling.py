"""Twelve telling messages as they are read, 80 cells wide: goldens that a person would like to read.

Some lie in the corpus, where the test needs it; the kinds that it has none of were written for ``tests/letters``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.widgets.goldens import assert_text
from tests.widgets.stage import on_stage
from tests.widgets.test_corpus_reading import OWN, drawn, fill
from tui import look
from tui.engine.findings import findings
from tui.engine.paths import Paths
from tui.engine.reads import body_of
from tui.engine.store.reader import Reader as Reads
from tui.widgets.reader import Reader

LETTERS = Path(__file__).parent.parent / "letters"
WRAPPER = (
    b"From: Sunday <news@shop.example>\r\nTo: me@our.example\r\nSubject: %s\r\n"
    b"Date: Sat, 22 Nov 2025 10:00:00 +0000\r\nList-Unsubscribe: <https://shop.example/leave?u=12>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
)
"""What pages of the corpus that are the HTML of a mail without its header are sent with."""

OURS = ("chain", "arabic", "invitation", "patch", "order", "newsletter")
OTHERS = {
    "marketing": "real/html-colorlib/14/index.html",
    "receipt": "real/html-sendwithus/airmail/invoice.html",
    "japanese": "real/mailcore2/summary/input/4925-japanese.eml",
    "bounce": "real/sisimai-bounces/maildir/bsd/rhost-google-03.eml",
    "signed": "real/mimekit/UnitTests/TestData/openpgp/_Announce__GnuPG_2.1.20_released.eml",
    "hostile": "hostile/html-link-mismatch.eml",
}


NOON = 1_763_985_600
"""24 November 2025, 12:00 UTC."""
LINES = 56
"""Lines of each that are kept: enough to see how it reads."""


@pytest.fixture(autouse=True)
def in_utc() -> Iterator[None]:
    """Dates are shown in the reader's own zone: here UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


async def read(tmp_path: Path, raw: bytes, *, unfolded: bool = False) -> str:
    """Return what the reader shows of a message that was ingested, its title above it."""
    paths = Paths.of(tmp_path)
    await fill(paths, [raw])
    reads, widget = Reads(paths), Reader()
    try:
        async with on_stage(widget, 80, 24):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(look, "now", lambda: NOON)
                widget.show(reads.row(1), body_of(reads, 1, False), (OWN,))
                widget.add(findings(reads, 1))
                widget.open_quotes(unfolded)
                lines = [widget.render_line(0).text, *drawn(widget, 80).split("\n")]
    finally:
        reads.close()
    return "".join(f"{line.rstrip()}\n" for line in lines[:LINES])


@pytest.mark.parametrize("name", OURS)
async def test_letters_of_our_own_read_well(tmp_path: Path, name: str) -> None:
    assert_text(await read(tmp_path, (LETTERS / f"{name}.eml").read_bytes()), f"read-{name}")


@pytest.mark.parametrize("name", OTHERS)
async def test_mail_of_the_corpus_reads_well(corpus: Path, tmp_path: Path, name: str) -> None:
    path = corpus / OTHERS[name]
    raw = path.read_bytes()
    if path.suffix == ".html":
        raw = WRAPPER % f"The {name} of {path.parent.name}".encode() + raw
    assert_text(await read(tmp_path, raw), f"read-{name}")


async def test_the_older_messages_below_an_answer_unfold(tmp_path: Path) -> None:
    raw = (LETTERS / "chain.eml").read_bytes()
    assert "▏ We would like to begin" in await read(tmp_path / "a", raw, unfolded=True)
    passed_on = raw.replace(b"Subject: RE:", b"Subject: FW:").replace(b"<chain@", b"<passed@")
    assert "Would Tuesday the 2nd suit you?" in await read(tmp_path / "b", passed_on), "it is what the mail is about"
