"""The framing and the tokenizer, without a server: any chunking, real captures, hostile answers, an oracle."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from tests.engine.imap.captures import captures, facts, frames
from tui.engine.errors import ProtocolError
from tui.engine.imap.facts import Fetched, Found, Listing, StatusOf, Vanished, internaldate, read, wire_date
from tui.engine.imap.framing import Frame, Framer, Limits
from tui.engine.imap.response import Malformed, condition, tokens
from tui.engine.imap.uidset import UidSet

ATOM = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\\$.-]", min_size=1, max_size=12)
MISCOUNTED = "gmail/headers.1+unsolicited-info.txt"
"""The one real capture whose literal is longer than its octets, whichever way its lines end."""
MESSAGES = st.lists(
    st.tuples(
        st.integers(1, 4294967295),
        st.lists(ATOM, max_size=4),
        st.binary(max_size=60),
        st.one_of(st.none(), st.text('aé* ()"\\{}5%~', max_size=20)),
    ),
    max_size=6,
)


def written(messages: list[tuple[int, list[str], bytes, str | None]]) -> bytes:
    """FETCH responses with flags, a literal and a quoted string full of traps."""
    out = b""
    for at, (uid, flags, body, subject) in enumerate(messages, 1):
        quoted = (
            b"NIL" if subject is None else b'"' + subject.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
        )
        listed = " ".join(flags).encode()
        out += b"* %d FETCH (UID %d X-SUBJECT %s FLAGS (%s) BODY[] {%d}\r\n%s)\r\n" % (
            at, uid, quoted, listed, len(body), body,
        )  # fmt: skip
    return out + b"A1 OK {5}\r\n"


@given(MESSAGES, st.lists(st.integers(0, 10_000), max_size=30))
def test_framing_is_the_same_for_any_chunking(
    messages: list[tuple[int, list[str], bytes, str | None]], cuts: list[int]
) -> None:
    whole, stopped = frames(written(messages))
    pieces, _ = frames(written(messages), cuts)
    assert stopped == ""
    assert pieces == whole
    said, errors = facts(whole)
    assert errors == []
    for fact, (uid, flags, body, _) in zip(said, messages, strict=True):
        assert isinstance(fact, Fetched)
        assert (fact.uid, fact.body) == (uid, body)
        assert fact.flags is not None
        assert len(fact.flags) <= len(flags)
    assert whole[-1].text == b"A1 OK {5}"


@given(MESSAGES)
def test_imapclient_agrees_on_fetch_responses(messages: list[tuple[int, list[str], bytes, str | None]]) -> None:
    """IMAPClient's parser is the oracle."""
    found, _ = frames(written(messages))
    for frame, (uid, flags, body, subject) in zip(found, messages, strict=False):
        text = frame.text[2:].partition(b"FETCH ")
        head, tail = text[2].rsplit(b"\n", 1)
        theirs = parse_fetch_response([(text[0] + head, body), tail])[uid]
        ours = read(frame)
        assert isinstance(ours, Fetched)
        assert theirs[b"BODY[]"] == ours.body
        assert len(theirs[b"FLAGS"]) == len(flags)
        items = tokens(frame.text[frame.text.index(b"(") :], list(frame.literals))[0]
        assert isinstance(items, list)
        assert items[3] == theirs[b"X-SUBJECT"] == (subject.encode() if subject is not None else None)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_garbage_raises_nothing_but_our_own_error(data: bytes, cuts: list[int]) -> None:
    found, _ = frames(data, cuts, Limits(line=200, numbers=300, response=600, memory=100, literal=1000, literals=5))
    facts(found)


@given(st.text('()"\\{}[]<>* \n5aNIL', max_size=200))
def test_the_tokenizer_only_ever_raises_malformed(text: str) -> None:
    with suppress(Malformed):
        tokens(text.encode(), [b"x"] * 3)


def test_every_capture_goes_through(corpus: Path) -> None:
    """Real and hostile answers: no other error than ours, no hang, and what is read doesn't hang on the chunking."""
    unread: list[str] = []
    for name, data in captures(corpus):
        began = time.process_time()
        found, stopped = frames(data)
        pieces, stopped_too = frames(data, list(range(0, min(len(data), 3000), 7)))
        assert pieces == found, name
        assert bool(stopped) == bool(stopped_too), name
        _, errors = facts(found)
        unread += [name] if errors and "/" in name.partition(":")[0] else []
        assert time.process_time() - began < 5, name
    assert unread == [MISCOUNTED]


def test_nesting_is_bounded_and_needs_no_recursion() -> None:
    deep = b"* 1 FETCH (UID 1 " + b"(" * 20_000 + b")" * 20_000 + b")"
    with pytest.raises(Malformed, match="deeper than 100"):
        read(Frame(deep, []))
    assert tokens(b"(" * 100 + b")" * 100, [])


def test_no_answer_makes_the_tokenizer_slow() -> None:
    """A megabyte of whatever is a regular expression's worst case costs well under a second."""
    for filler in (
        b'"',
        b"\\",
        b'"\\',
        b"{5}",
        b"[",
        b"a[",
        b"a[ ",
        b"a[b] ",
        b'"a',
        b'" "',
        b'\\"',
        b"(",
        b"<0>",
        b"~{",
        b"NIL ",
        b'"" ',
    ):
        line = b"* 1 FETCH (UID 1 " + filler * (60_000 // len(filler))
        began = time.process_time()
        for end in (b")", b"\\", b'"'):
            with suppress(ProtocolError):
                read(Frame(line + end, []))
        condition(b"OK [" + filler * (60_000 // len(filler)))
        assert time.process_time() - began < 1.0, filler


def test_a_response_beyond_the_limits_is_refused() -> None:
    small = Limits(line=50, numbers=100, response=130, memory=40, literal=80, literals=3)
    for data in (
        b"* OK " + b"x" * 100,
        b"* SEARCH " + b"1 " * 60 + b"\r\n",
        b"* 1 FETCH (BODY[] {81}\r\n",
        b"* LIST () NIL {41}\r\n",
        b"* LIST " + b"{1}\r\nx " * 4,
        b"* LIST " + b"{40}\r\n" + b"x" * 40 + b" {40}\r\n" + b"y" * 40 + b" {40}\r\n" * 3,
    ):
        assert frames(data, limits=small)[1], data
    assert frames(b"* SEARCH " + b"1 " * 40 + b"\r\n", limits=small)[1] == ""


def test_strange_line_ends_are_tolerated(corpus: Path) -> None:
    found, stopped = frames((corpus / "hostile/imap/mixed-line-ends.txt").read_bytes())
    said, errors = facts(found)
    assert (stopped, errors) == ("", [])
    assert [fact.wire for fact in said if isinstance(fact, Listing)] == ["A", "B", "C", "D"]


def test_halt_keeps_what_follows_unread() -> None:
    """STARTTLS: nothing behind the answer may be taken for something said over TLS."""
    found: list[Frame] = []

    def deliver(frame: Frame) -> None:
        found.append(frame)
        framer.halt()

    framer = Framer(deliver, lambda size: pytest.fail("no literal here"))
    framer.feed(b"A1 OK begin\r\n* CAPABILITY X\r\n")
    assert [frame.text for frame in found] == [b"A1 OK begin"]
    assert not framer.clean
    framer.resume()
    assert framer.clean


@pytest.mark.parametrize(
    ("line", "status", "code", "arguments", "text"),
    [
        (b"OK [UIDVALIDITY 7] fine", "OK", "UIDVALIDITY", b"7", "fine"),
        (b"ok done", "OK", "", b"", "done"),
        (b"NO", "NO", "", b"", ""),
        (b"OK [PERMANENTFLAGS (\\Seen foo] \\*)] Limited", "OK", "PERMANENTFLAGS", b"(\\Seen foo] \\*)", "Limited"),
        (b'NO [BADCHARSET ("a]b" utf-8)] x', "NO", "BADCHARSET", b'("a]b" utf-8)', "x"),
        (b"OK [ALERT]", "OK", "ALERT", b"", ""),
        (b"NO [not a code", "NO", "", b"", "[not a code"),
        (b"BAD \x1b[31mred\x07 \xff", "BAD", "", b"", "[31mred"),
    ],
)
def test_status_responses(line: bytes, status: str, code: str, arguments: bytes, text: str) -> None:
    said = condition(line)
    assert said is not None
    assert (said.status, said.code, said.arguments, said.text) == (status, code, arguments, text)


def test_other_data_responses() -> None:
    assert read(Frame(b"* SEARCH 3 1 2 (MODSEQ 917162500)", [])) == Found(uids_of(1, 3))
    searched = read(Frame(b'* ESEARCH (TAG "A2") UID COUNT 5 ALL 4:18,21 MODSEQ 5', []))
    assert isinstance(searched, Found)
    assert (str(searched.uids), searched.tag, searched.count) == ("4:18,21", b"A2", 5)
    assert read(Frame(b"* VANISHED (EARLIER) 41,43:116", [])) == Vanished(uids_of(41, 41) | uids_of(43, 116), True)
    status = read(Frame(b'* STATUS "a b" (MESSAGES 3 UIDNEXT 0 UNSEEN x)', []))
    assert isinstance(status, StatusOf)
    assert (status.wire, status.status.messages, status.status.uidnext, status.status.unseen) == ("a b", 3, None, None)


def uids_of(first: int, last: int) -> UidSet:
    return UidSet.span(first, last)


@given(st.integers(0, 4_000_000_000))
def test_dates_survive_the_wire(moment: int) -> None:
    assert internaldate(wire_date(moment).strip(b'"')) == moment


@pytest.mark.parametrize("data", [b"", b"31-Feb-2024 00:00:00 +0000", b"1-Foo-2024 00:00:00", b"01-Jan-0000 0:0:0"])
def test_what_is_no_date_is_none(data: bytes) -> None:
    assert internaldate(data) is None
