"""The gate for text that others wrote."""

from __future__ import annotations

import re

from tui.engine.text import clean

MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]")


def test_a_flood_of_any_combining_mark_is_cut_to_four() -> None:
    marks = [mark for mark in map(chr, range(0x10000)) if MARKS.match(mark)]
    assert len(marks) > 250
    assert [hex(ord(mark)) for mark in marks if clean(f"e{mark * 9}!") != f"e{mark * 4}!"] == []


def test_marks_that_are_no_flood_stay() -> None:
    assert clean("Ёлка, café, ѐ̄̂ and € 5\n") == "Ёлка, café, ѐ̄̂ and € 5\n"
