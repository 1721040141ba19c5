"""UidSet against Python's own sets, and against servers that name four billion messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.errors import ProtocolError
from tui.engine.imap.uidset import MAX_UID, UidSet, paired

UIDS = st.sets(st.integers(1, 60) | st.integers(MAX_UID - 20, MAX_UID), max_size=40)


@given(UIDS, UIDS)
def test_it_is_a_set(left: set[int], right: set[int]) -> None:
    a, b = UidSet(left), UidSet(right)
    assert list(a) == sorted(left)
    assert len(a) == len(left)
    assert set(a | b) == left | right
    assert set(a & b) == left & right
    assert set(a - b) == left - right
    assert (a == b) == (left == right)
    assert all((uid in a) == (uid in left) for uid in range(1, 62))
    assert UidSet.parse(str(a)) == a
    assert (a.first, a.last) == (min(left, default=0), max(left, default=0))


@given(UIDS, st.integers(1, 60))
def test_newest(uids: set[int], count: int) -> None:
    assert list(UidSet(uids).newest(count)) == sorted(uids)[-count:]


@given(UIDS, st.integers(12, 60), st.integers(1, 70))
def test_pieces_cover_everything_once(uids: set[int], octets: int, most: int) -> None:
    pieces = list(UidSet(uids).pieces(octets, most))
    assert [uid for piece in pieces for uid in piece] == sorted(uids)
    assert all(len(str(piece)) <= max(octets, 21) and len(piece) <= most for piece in pieces)


def test_four_billion_cost_nothing() -> None:
    everything = UidSet.parse("1:4294967295")
    assert len(everything) == MAX_UID
    assert 77 in everything
    assert str(everything - UidSet([5])) == "1:4,6:4294967295"
    assert str(everything) == "1:4294967295"
    with pytest.raises(ProtocolError, match="4294967295 messages"):
        everything.limited(1000)


@pytest.mark.parametrize("text", ["0", "1,,2", "a", "1:", "4294967296", "1;2", "-1", "1:*", " 1"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        UidSet.parse(text)


def test_copyuid_pairs_in_the_order_written() -> None:
    """RFC 4315: source and target sets correspond one by one, and ranges may run backwards."""
    assert paired("304,319:320", "3956:3958") == {304: 3956, 319: 3957, 320: 3958}
    assert paired(b"5,2", b"10:11") == {5: 10, 2: 11}
    with pytest.raises(ProtocolError):
        paired("1:3", "5:6")
    with pytest.raises(ProtocolError):
        paired("1:4294967295", "1:4294967295")
