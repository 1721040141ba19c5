"""Captures of real and hostile servers with their octets changed, and the cost of what is long: always linear."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.imap.captures import captures, facts, frames
from tui.engine.errors import ProtocolError
from tui.engine.imap.facts import read
from tui.engine.imap.framing import Frame, Framer, Limits
from tui.engine.imap.spool import SpoolFile

SMALL = Limits(line=4000, numbers=8000, response=20_000, memory=2000, literal=50_000, literals=50)
EDITS = st.lists(
    st.tuples(
        st.integers(0, 1 << 16),
        st.integers(0, 20),
        st.sampled_from(
            [b"", b"(", b")", b'"', b"\\", b"\r\n", b"\n", b"\x00", b"{3}\r\n", b"{99999}\r\n", b"* ", b"NIL", b"\xff"]
        ),
    ),
    max_size=8,
)


@lru_cache
def said(corpus: Path) -> list[bytes]:
    """Everything that servers say in the corpus, each capture's beginning."""
    return [data[:8000] for _, data in captures(corpus)]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 1 << 16), edits=EDITS, cuts=st.lists(st.integers(0, 8000), max_size=12))
def test_a_mutated_capture_is_read_or_refused(
    corpus: Path, number: int, edits: list[tuple[int, int, bytes]], cuts: list[int]
) -> None:
    """Nothing but ProtocolError, and the same whatever the chunking."""
    every = said(corpus)
    data = every[number % len(every)]
    for at, length, by in edits:
        start = at % (len(data) + 1)
        data = data[:start] + by + data[start + length :]
    whole, stopped = frames(data, limits=SMALL)
    pieces, stopped_too = frames(data, cuts, limits=SMALL)
    assert pieces == whole
    assert bool(stopped) == bool(stopped_too)
    facts(whole)


def _cost(work: Callable[[int], None], size: int) -> float:
    """Return the quickest of three runs, in seconds of this process."""
    runs = []
    for _ in range(3):
        began = time.process_time()
        work(size)
        runs.append(time.process_time() - began)
    return min(runs)


def _long_line(size: int) -> None:
    frames(b"* OK " + b"x" * size, list(range(0, size, 1000)), Limits(line=1 << 30))


def _literals(size: int) -> None:
    frames(
        b"* 1 FETCH (" + b"{2}\r\nab " * (size // 8) + b")\r\n",
        limits=Limits(line=1 << 30, response=1 << 30, literals=1 << 30),
    )


def _tokens(size: int) -> None:
    with suppress(ProtocolError):
        read(Frame(b"* 1 FETCH (" + b'a "b" (c) ' * (size // 10) + b")", []))


def _numbers(size: int) -> None:
    read(Frame(b"* VANISHED " + b",".join(b"%d" % uid for uid in range(1_000_001, 1_000_001 + size // 4, 2)), []))


def _code(size: int) -> None:
    read(Frame(b"* OK [CAPABILITY " + b"ab " * (size // 3), []))


@pytest.mark.parametrize("work", [_long_line, _literals, _tokens, _numbers, _code])
def test_the_cost_of_an_octet_is_the_same_however_long_the_line(work: Callable[[int], None]) -> None:
    """Eight times the octets cost at most twenty times as much; a quadratic reader takes sixty-four."""
    small, big = 50_000, 400_000
    work(small)
    assert _cost(work, big) < 20 * max(_cost(work, small), 0.001)


def test_a_spooled_literal_is_gone_when_the_connection_is(tmp_path: Path) -> None:
    """Nothing half-written stays, wherever the octets stop."""
    framer = Framer(lambda frame: frame.discard(), lambda size: SpoolFile(tmp_path, size))
    framer.feed(b"* 1 FETCH (BODY[] {3000000}\r\n" + b"x" * 3_000_000 + b" BODY[] {2000000}\r\nyy")
    assert len(os.listdir(tmp_path)) == 2
    framer.discard()
    assert os.listdir(tmp_path) == []
