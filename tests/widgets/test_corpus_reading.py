"""The whole corpus through parser, store, list row, reader, what is found besides, reply and forward, with a table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.engine.mail.samples import UNSAFE, messages_in, real_mail
from tests.screens.home import account
from tests.widgets.stage import on_stage
from tui.engine.core import Engine
from tui.engine.findings import Findings, findings
from tui.engine.mail.headers import parse_header
from tui.engine.mail.mime import ParsedMail, parse
from tui.engine.mail.replies import forward, reply
from tui.engine.model import Body, Role, Row
from tui.engine.paths import Paths
from tui.engine.store import accounts, folders
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival
from tui.engine.store.reader import Reader as Reads
from tui.engine.sync.arriving import take
from tui.engine.sync.context import Tally
from tui.engine.sync.intake import store
from tui.widgets.messages import MessageList
from tui.widgets.reader import Reader

OWN = "me@our.example"
LIMIT = 22
"""How much longer than adding up a million squares a message may take, from its bytes to its lines: about a second."""
LINES = 300
"""Lines of each message that are drawn."""


async def fill(paths: Paths, mails: list[bytes]) -> None:
    """Put the mails into an INBOX, as a sync would."""
    engine = await Engine.open(paths)
    try:
        async with engine.mailbox.write() as tx:
            number = await accounts.add(tx, account(OWN))
            await folders.add(tx, number, "INBOX", "INBOX", role=Role.INBOX, selected=True)
        folder = (await folders.of_account(engine.mailbox.reads, number))[0]
        arrivals = [
            Arrival(uid, parse_header(raw), frozenset(), len(raw), 1_700_000_000) for uid, raw in enumerate(mails, 1)
        ]
        done = await take(engine.context(), folder, 1, arrivals, Tally())
        derived = [derive(done.new[uid], raw) for uid, raw in enumerate(mails, 1) if uid in done.new]
        await store(engine.context(), derived)
    finally:
        await engine.close()


def drawn(widget: Reader, width: int) -> str:
    """Return what the reader shows of its message, its first lines."""
    widget._wrap_to(LINES)
    count = min(LINES, len(widget._lines))
    return "\n".join(widget.draw_line(index, width).text for index in range(count))


def answered(parsed: ParsedMail) -> str:
    """Return what a reply to everybody and a forward of the message would hold."""
    to_all = reply(parsed.facts, parsed.text, {OWN}, everyone=True)
    passed = forward(parsed)
    return "\n".join((to_all.subject, to_all.body, passed.subject, passed.body))


def cpu(work: Callable[[], object]) -> float:
    """Return the seconds of CPU that something takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def a_million_squares() -> int:
    return sum(number * number for number in range(1_000_000))


def read_whole(
    reads: Reads, number: int, widget: Reader, listed: MessageList
) -> tuple[Row, Body, ParsedMail, str, str]:
    """Read a message and show it; return what it is, what is shown and what answers to it would hold."""
    row: Row = reads.row(number)
    body: Body = reads.body(number)
    found: Findings = findings(reads, number)
    widget.show(row, body, (OWN,))
    widget.add(found)
    shown = drawn(widget, 100) + "".join(text for text, _ in listed.draw_row(row, 100))
    parsed = parse(reads.raw(number) or b"")
    return row, body, parsed, shown, answered(parsed)


async def test_the_whole_corpus_is_read_without_harm(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = [one for one in sorted((corpus / "hostile").iterdir()) if one.suffix in (".eml", ".mbox")]
    mails = [raw for path in (*hostile, *real_mail(corpus)) for raw in messages_in(path)[:5] if raw.strip()]
    await fill(Paths.of(tmp_path), mails)
    reads = Reads(Paths.of(tmp_path))
    table: Counter[str] = Counter(raised=0, hung=0, empty=0, leaked=0)
    faults: list[str] = []
    ids = [record["id"] for record in reads.mailbox.execute("SELECT id FROM messages ORDER BY id")]
    widget, listed = Reader(), MessageList(reads.rows)
    try:
        async with on_stage(widget, 100, 40):
            unit = cpu(a_million_squares)
            for number in ids:
                table["messages"] += 1
                began = time.process_time()
                try:
                    row, body, parsed, shown, said = read_whole(reads, number, widget, listed)
                except Exception as error:
                    table["raised"] += 1
                    faults.append(f"{number}: {type(error).__name__}: {error}")
                    continue
                took = time.process_time() - began
                if took > LIMIT * unit:  # once more: others may have kept it from its caches
                    again = cpu(partial(read_whole, reads, number, widget, listed))
                    if min(took, again) > LIMIT * max(unit, cpu(a_million_squares)):
                        table["hung"] += 1
                        faults.append(f"{number} {row.subject}: {again:.1f} s")
                if parsed.has_text and not any(char.isalnum() for char in body.text):
                    table["empty"] += 1
                    faults.append(f"{number} {row.subject}: empty")
                if match := UNSAFE.search(f"{shown}\n{said}\n{row.subject}{row.sender.name}{row.preview}"):
                    table["leaked"] += 1
                    faults.append(f"{number} {row.subject}: {match[0]!r}")
    finally:
        reads.close()
    with capsys.disabled():
        print(f"\ncorpus: {len(mails)} mails, " + ", ".join(f"{name} {many}" for name, many in table.items()))
    assert faults == []
    assert table["messages"] > 1_300, "the rest are the same mail twice, or parts without a header"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dsn-forged.eml", "may be forged"),
        ("cal-cancel-by-stranger.eml", "do not believe it"),
        ("cal-truncated.eml", "An invitation that can't be read"),
        ("cal-hostile.eml", "is unknown · every second"),
        ("id-two-from.eml", "It names 2 senders"),
        ("id-display-spoof-padding.eml", "Replies go to boss@evil.example"),
        ("auto-receipt-requests.eml", "none is sent"),
        ("att-type-lies.eml", "pretends to be"),
        ("uni-bidi-filename.eml", "runs a program"),
    ],
)
async def test_what_the_index_asks_of_single_messages(corpus: Path, tmp_path: Path, name: str, said: str) -> None:
    paths = Paths.of(tmp_path)
    await fill(paths, [(corpus / "hostile" / name).read_bytes()])
    reads = Reads(paths)
    try:
        found = findings(reads, 1)
    finally:
        reads.close()
    assert said in " ".join([*(text for text, _ in found.lines), *found.lies.values()])
    assert found.returned is None, "nothing of the kind was sent from here"
