"""Bytes of a message as text: which charset is believed, in which order, and which are never used.

A label is only looked up in a closed table, never handed to Python's codec search: labels such as
``unicode_escape``, ``hex``, ``zlib`` or ``utf-7`` would turn harmless bytes into control characters.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases
from functools import lru_cache
from string import ascii_letters

_NAMES = """
    utf_8 utf_16 utf_16_le utf_16_be utf_32 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 iso8859_2
    iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13
    iso8859_14 iso8859_15 iso8859_16 koi8_r koi8_u koi8_t kz1048 ptcp154 cp437 cp737 cp775 cp850 cp852 cp855
    cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 tis_620 mac_roman mac_cyrillic mac_greek
    mac_latin2 mac_turkish gb18030 big5hkscs cp932 shift_jis_2004 euc_jp euc_jis_2004 cp949 johab hz iso2022_jp
    iso2022_jp_1 iso2022_jp_2 iso2022_jp_3 iso2022_jp_2004 iso2022_jp_ext iso2022_kr
"""
_CODECS = frozenset(_NAMES.split())
_WIDER = {
    # What is written on the label is often the smaller sibling of what was used (WHATWG Encoding Standard).
    "usascii": "utf_8",
    "ascii": "utf_8",
    "ansix341968": "utf_8",
    "iso646us": "utf_8",
    "unicode11utf8": "utf_8",
    "8bit": "",
    "latin1": "cp1252",
    "iso88591": "cp1252",
    "iso8859": "cp1252",
    "88591": "cp1252",
    "l1": "cp1252",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "windows936": "gb18030",
    "euccn": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "big5tw": "big5hkscs",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "euckr": "cp949",
    "uhc": "cp949",
    "windows949": "cp949",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "mskanji": "cp932",
    "windows31j": "cp932",
    "iso885911": "cp874",
    "tis620": "cp874",
    "iso88599": "cp1254",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso2022jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "macintosh": "mac_roman",
    "unicode": "utf_16",
    "ucs2": "utf_16",
}
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]")
_MULTIBYTE = ("gb18030", "big5hkscs", "cp932", "cp949", "euc_", "johab", "shift_jis", "iso2022", "utf_16", "utf_32")
_JAPANESE_SHIFT = re.compile(rb"\x1b\$[@B(]")
_SHIFTS = re.compile("\x1b(?:\\$[@AB]|\\$\\([A-D@]|\\([ABIJ])|[\x0e\x0f]")
_LETTERS = (ascii_letters.encode("ascii"), bytes(range(0xC0, 0xE0)), bytes(range(0xE0, 0x100)))
_BROKEN_UTF8 = re.compile(rb"[\xc0-\xff][\x80-\xbf]")


def _table() -> dict[str, str]:
    table = {_NOT_IN_LABEL.sub("", alias): codec for alias, codec in aliases.items() if codec in _CODECS}
    table.update({_NOT_IN_LABEL.sub("", codec): codec for codec in _CODECS})
    table.update({f"windows{number}": f"cp{number}" for number in range(1250, 1259)})
    table.update(_WIDER)
    return table


_TABLE = _table()


def codec(label: str) -> str:
    """Return the Python codec that a charset label stands for, or "" when it is unknown or not a charset."""
    return _codec(label[:80])


@lru_cache(maxsize=256)
def _codec(label: str) -> str:
    plain = _NOT_IN_LABEL.sub("", label.lower().partition("*")[0])
    found = _TABLE.get(plain)
    if found is None and plain.startswith("x"):
        found = _TABLE.get(plain[1:])
    return found or ""


def decode(data: bytes, declared: str = "") -> str:
    """Return ``data`` as text; never raises, never returns lone surrogates.

    The ladder: the declared charset through the alias table; UTF-8 if the bytes are strictly that; a Cyrillic
    8-bit set where nearly all letters are high; else cp1252, with U+FFFD for what has no meaning.

    Args:
        data: bytes after transfer decoding.
        declared: the label of the message, any text.
    """
    name = codec(declared)
    if name.startswith(("utf_16", "utf_32")) and b"\0" not in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = ""
    if name.startswith(("iso2022", "hz")) or (b"\x1b" in data and _JAPANESE_SHIFT.search(data)):
        return _shifted(data, name or "iso2022_jp_ext")
    if name and name != "utf_8":
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            pass  # the next rungs are for exactly this
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        pass
    if name.startswith(_MULTIBYTE):
        return _without_surrogates(data.decode(name, "replace"))
    if declared and name == "utf_8" and _BROKEN_UTF8.search(data):
        return data.decode("utf-8", "replace")
    if name in ("", "utf_8"):
        name = _guess(data)
    return data.decode(name or "cp1252", "replace")


def _shifted(data: bytes, name: str) -> str:
    """Decode a charset that shifts by escapes; whatever happens, no shift is left in the text."""
    if not name.startswith(("iso2022", "hz")):
        name = "iso2022_jp_ext"
    try:
        return _SHIFTS.sub("", data.decode(name))
    except UnicodeDecodeError:
        pass
    if data.isascii():
        return _SHIFTS.sub("", data.decode(name, "replace"))
    try:
        return _SHIFTS.sub("", data.decode("utf-8"))
    except UnicodeDecodeError:
        return _SHIFTS.sub("", data.decode("cp1252", "replace"))


def _guess(data: bytes) -> str:
    """Return koi8_r or cp1251 when nearly all letters are in the Cyrillic half, else "".

    In KOI8-R small letters are C0-DF and capitals E0-FF, in cp1251 it is the other way round.
    """
    sample = data[:4000]
    low, first, second = (len(sample) - len(sample.translate(None, letters)) for letters in _LETTERS)
    if first + second < 4 or first + second < 2 * low:
        return ""
    return "koi8_r" if first > second else "cp1251"


def _without_surrogates(decoded: str) -> str:
    return decoded.encode("utf-8", "replace").decode("utf-8")
