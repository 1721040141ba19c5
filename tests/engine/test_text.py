"""The gate for text that others wrote."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.engine.text import clean, normalize_address

MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]")


def test_a_flood_of_any_combining_mark_is_cut_to_four() -> None:
    marks = [mark for mark in map(chr, range(0x10000)) if MARKS.match(mark)]
    assert len(marks) > 250
    assert [hex(ord(mark)) for mark in marks if clean(f"e{mark * 9}!") != f"e{mark * 4}!"] == []


def test_marks_that_are_no_flood_stay() -> None:
    assert clean("Ёлка, café, ѐ̄̂ and € 5\n") == "Ёлка, café, ѐ̄̂ and € 5\n"


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ('"Ann"@Acme.io', "ann@acme.io"),
        (r'"a\n\n.archer"@acme.io', "ann.archer@acme.io"),
        ('"jörg"@müller.example', "jörg@xn--mller-kva.example"),
        ('"ann archer"@acme.io', '"ann archer"@acme.io'),
        ('"a..b"@acme.io', '"a..b"@acme.io'),
        ('"a@b"@acme.io', '"a@b"@acme.io'),
        ('""@acme.io', '""@acme.io'),
    ],
)
def test_quotes_that_a_local_part_does_not_need_mean_nothing(written: str, same: str) -> None:
    """RFC 5321 section 4.1.2."""
    assert normalize_address(written) == same


@given(st.text(st.sampled_from('ab.@"\\ <>ü'), max_size=12))
@example("< <@")
def test_a_normalised_address_is_its_own_normal_form(written: str) -> None:
    assert normalize_address(normalize_address(written)) == normalize_address(written)
