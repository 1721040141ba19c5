from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.mail import charset


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "hex",
        "rot13",
        "zlib",
        "idna",
        "punycode",
        "../../etc/passwd",
        "\0",
        "",
    ],
)
def test_codecs_that_are_no_charsets_are_never_used(label: str) -> None:
    assert charset.codec(label) == ""
    assert charset.decode(rb"\x1b[2J +ADw-", label) == r"\x1b[2J +ADw-"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("GB2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("iso-8859-1", "cp1252"),
        ("us-ascii", "utf_8"),
        ("x-sjis", "cp932"),
        ("UTF8", "utf_8"),
        ("utf-8*en", "utf_8"),
        ("latin-9", "iso8859_15"),
    ],
)
def test_labels_mean_what_mailers_mean_by_them(label: str, codec: str) -> None:
    assert charset.codec(label) == codec


def test_the_ladder_goes_from_declared_to_utf8_to_cp1252() -> None:
    assert charset.decode("grüße".encode(), "us-ascii") == "grüße"
    assert charset.decode("grüße".encode("cp1252"), "utf-8") == "grüße"
    assert charset.decode("grüße".encode(), "no-such-charset") == "grüße"
    assert charset.decode("Привет, мир".encode("koi8-r"), "") == "Привет, мир"
    assert charset.decode(b"cut \xe2\x82\xac and \xe2\x82", "utf-8") == "cut € and \ufffd"


def test_escapes_of_iso_2022_jp_never_reach_the_text() -> None:
    shifted = "日本語".encode("iso2022_jp")
    for label in ("iso-2022-jp", "", "utf-8", "us-ascii"):
        assert charset.decode(shifted, label) == "日本語"
    assert "\x1b" not in charset.decode(shifted + b"\x1b$B\xff\xff", "iso-2022-jp").replace("\x1b[", "")


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "gb2312", "utf-16", "hz", "big5", "johab", "utf-32", "x"]),
)
def test_decoding_never_raises_and_never_makes_lone_surrogates(data: bytes, label: str) -> None:
    charset.decode(data, label).encode("utf-8")
