"""format=flowed as it is written here, read back by us and by another implementation of RFC 3676."""

from __future__ import annotations

import re

from formatflowed import FormatFlowedDecoder
from hypothesis import example, given
from hypothesis import strategies as st

from tui.engine.mail.compose import Outgoing, build
from tui.engine.mail.flowed import WIDTH, flow, unflow
from tui.engine.mail.mime import parse
from tui.engine.model import Address

words = st.sampled_from(["a", "word", "--", ">", "From", "x" * 90, "grüße", "日本語", "-", "", "\t", "> >"])
lines = st.lists(words, max_size=40).map(" ".join) | st.sampled_from(["-- ", "> -- ", ">> deep", "> ", ">", "    code"])
texts = st.lists(lines, max_size=8).map("\n".join)


def meant(body: str) -> list[tuple[int, str]]:
    """Each line as its quote depth and text, without the spaces at its end, which say nothing."""
    found = []
    for line in body.split("\n"):
        marks = re.match(r"(?:> ?)*", line)
        assert marks is not None
        text = line[marks.end() :]
        found.append((marks[0].count(">"), text if text == "-- " else text.rstrip(" ")))
    return found


def by_another_program(flowed: str) -> list[tuple[int, str]]:
    """Each paragraph as ``formatflowed`` reads it."""
    decoder = FormatFlowedDecoder(character_set="utf-8")
    wire = flowed.replace("\n", "\r\n").encode()
    return [(info["quotedepth"], text) for info, text in decoder.decode(wire)]


@given(texts)
@example("-- " + "x" * 90 + " end")
@example("before\n-- \nMia Berg\n  Sales")
def test_what_is_written_is_read_back_by_us_and_by_another_program(body: str) -> None:
    flowed = flow(body)
    assert meant(unflow(flowed, False)) == meant(body)
    assert by_another_program(flowed) == meant(body)


@given(texts)
def test_no_line_is_longer_than_it_must_be(body: str) -> None:
    """A longer one has no space at which it could be broken; nothing that begins a line is misread."""
    for row in flow(body).split("\n"):
        assert len(row) <= WIDTH or " " not in row.lstrip("> ").removeprefix("-- ").rstrip()
        assert not row.startswith("From ")


def test_a_message_says_that_it_is_flowed_and_reads_as_it_was_typed() -> None:
    typed = (
        "A paragraph that is much longer than one line of a terminal is and goes on for a while, as people type it.\n"
    )
    typed += (
        "\n> Quoted words that are much longer than one line of a terminal too, and that go on for quite a while.\n"
    )
    typed += "    indented\nFrom here\n\n-- \nMia Berg"
    raw = build(Outgoing(Address("", "me@our.example"), (Address("", "ann@x.example"),), body=typed, message_id="m@x"))
    assert b"Content-Type: text/plain; format=flowed; delsp=no; charset=us-ascii\r\n" in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert parse(raw).text == typed
