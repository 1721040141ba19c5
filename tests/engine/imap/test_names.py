"""Names and arguments on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient import imap_utf7

from tui.engine.errors import InvalidInput
from tui.engine.imap import names
from tui.engine.imap.names import Literal

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXT)
def test_modified_utf7_comes_back(name: str) -> None:
    assert names.decode(names.encode(name)) == name
    assert names.encode(name).isascii()


@given(TEXT)
def test_imapclient_agrees(name: str) -> None:
    assert names.encode(name).encode() == imap_utf7.encode(name)


@given(st.binary(max_size=40))
def test_any_wire_name_decodes_and_is_sent_back_byte_for_byte(wire: bytes) -> None:
    name = wire.decode("latin-1")
    assert isinstance(names.decode(name), str)
    if b"\x00" not in wire:
        sent = names.argument(name)
        assert (sent.data if isinstance(sent, Literal) else unquoted(sent)) == wire


def unquoted(quoted: bytes) -> bytes:
    """Read a quoted string as a server does."""
    assert quoted[:1] == quoted[-1:] == b'"'
    out, escaped = bytearray(), False
    for octet in quoted[1:-1]:
        if not escaped and octet == ord("\\"):
            escaped = True
            continue
        assert escaped or octet != ord('"')
        out.append(octet)
        escaped = False
    return bytes(out)


@pytest.mark.parametrize("wire", ["&AAAA-bad&", "&", "&-&", "&@-", "&2D0-", "a&b"])
def test_what_cannot_be_decoded_stays_readable(wire: str) -> None:
    assert names.decode(wire)


@pytest.mark.parametrize("value", ["x\r\nA1 LOGOUT", "{5}\r\n", "ü", "\x01\n", "a\rb"])
def test_nothing_can_end_a_command_line(value: str) -> None:
    """Injection through a folder name or a Message-ID (CVE-2025-15366) ends in a literal."""
    sent = names.argument(value)
    assert isinstance(sent, Literal) or (b"\r" not in sent and b"\n" not in sent)


def test_nul_is_refused() -> None:
    with pytest.raises(InvalidInput):
        names.argument("a\x00b")


@pytest.mark.parametrize("flag", ["a b", "x\r\n", "(", "\\Seen)", "é", "", "a" * 101, "%", "*"])
def test_a_keyword_must_be_an_atom(flag: str) -> None:
    with pytest.raises(InvalidInput):
        names.keyword(flag)


def test_flags_both_ways() -> None:
    for flag in ("seen", "answered", "flagged", "deleted", "draft", "forwarded"):
        assert names.flag(names.keyword(flag)) == flag
    assert names.flag(b"$Junk") == "$junk"
