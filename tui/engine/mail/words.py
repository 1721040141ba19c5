"""Encoded words (RFC 2047) and parameters (RFC 2231) as safe text, in linear time.

Adjacent words of one charset are joined as bytes before they are decoded, because mailers cut multi-byte
characters between two words.
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from tui.engine import text
from tui.engine.mail import charset

_FILLERS = "\u00ad\u034f\u180e\u200b\u2060-\u2064\u206a-\u206f\ufff0-\ufff8"
_INVISIBLE = re.compile(f"[{_FILLERS}\u200c\u200d]{{2,}}|[{_FILLERS}]")
_BLANK = re.compile("[\\s\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\uffa0\ufe00-\ufe0f]*")
_WORD = re.compile(rb"=\?([^?]{0,77})\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_SPACE = re.compile(r"[\r\n\t\x0b\x0c\u2028\u2029]+[ \t]*")
_PARAMETER = re.compile(rb'([^\s=;"]{1,200}+)\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;]*+)[^;]*+;?', re.S)
_ORDINARY = re.compile(rb'(?:\s*+[a-zA-Z-]++=(?:"[ !#->@-\[\]-~]*+"|[!#-:<>@-\[\]-~]++)\s*+(?:;|\Z))*+')
"""Parameters as nearly all are written: ASCII, nothing escaped, continued or encoded."""
_ORDINARY_ONE = re.compile(rb'([a-zA-Z-]+)=(?:"([^"]*)"|([^\s;]+))')
_QUOTED_PAIR = re.compile(rb"\\(.)", re.S)
MAX_CONTINUATIONS = 200

Word = tuple[bytes, bytes, bytes]
"""What stands before an encoded word, its charset's label, its bytes."""

_LONGEST_KEPT = 200
"""Octets of a structured value whose reading is kept: most parts say one of a few."""

_LONGEST_RECENT = 2000
"""Octets of encoded words whose reading is kept for a moment."""


def decode_words(value: bytes, fallback: str = "") -> str:
    """Return a raw header value as one line of safe text: encoded words decoded, 8-bit tolerated, no controls.

    Args:
        value: the unfolded raw value.
        fallback: charset label for raw 8-bit bytes that are not UTF-8 (the message's own, when it names one).
    """
    if b"=?" not in value:
        if value.isascii():
            plain = value.decode("ascii")
            return plain if plain.isprintable() else visible(plain)
        return visible(charset.decode(value, fallback))
    return _recent(value, fallback) if len(value) <= _LONGEST_RECENT else visible("".join(_decoded(value, fallback)))


@lru_cache(maxsize=64)
def _recent(value: bytes, fallback: str) -> str:
    """Return the same of encoded words; a message's fields are read for its facts and again to be shown."""
    return visible("".join(_decoded(value, fallback)))


def visible(decoded: str) -> str:
    """Return decoded text as one safe line: no controls, no zero-width fillers, "" when nothing would be seen."""
    if decoded.isascii():
        if decoded.isprintable():
            return decoded
        plain = _SPACE.sub(" ", decoded)
        if plain.isprintable():  # all that folding leaves
            return "" if plain.isspace() else plain
    if not decoded.isprintable() or "\u034f" in decoded:  # of what is not to be seen all else is not printable
        plain = text.clean(_SPACE.sub(" ", decoded)).replace("\n", " ").replace("\t", " ")
        plain = _INVISIBLE.sub("", plain)
    else:
        plain = text.clean(decoded)
    return "" if _BLANK.fullmatch(plain) else plain


def _decoded(value: bytes, fallback: str) -> list[str]:
    """Return the pieces of ``value`` decoded."""
    words, rest = _words(value)
    out: list[str] = []
    pending, pending_label = bytearray(), b""
    for number, (between, label, data) in enumerate(words):
        apart = bool(between) and not between.isspace()
        if pending and (apart or label.lower() != pending_label):
            out.append(charset.decode(bytes(pending), pending_label.decode("ascii", "replace")))
            pending.clear()
        elif not pending:
            apart = bool(between) and (apart or bool(out) or not number)
        if apart:
            out.append(charset.decode(between, fallback))
        pending += data
        pending_label = label.lower()
    if pending:
        out.append(charset.decode(bytes(pending), pending_label.decode("ascii", "replace")))
    if rest:
        out.append(charset.decode(rest, fallback))
    return out


def _words(value: bytes) -> tuple[list[Word], bytes]:
    """Return the encoded words of a value, and what follows the last one."""
    pieces = _WORD.split(value)
    if value.count(b"=?") != len(pieces) // 4:
        return _odd_words(value)
    *others, rest = pieces
    between, labels, encodings, data = others[::4], others[1::4], others[2::4], others[3::4]
    return list(zip(between, labels, map(_word, encodings, data), strict=True)), rest


def _odd_words(value: bytes) -> tuple[list[Word], bytes]:
    """Return the same where some ``=?`` begins no word; both cursors only move forward, so it is linear."""
    found: list[Word] = []
    position, done, closing = 0, 0, -1
    while (start := value.find(b"=?", position)) >= 0:
        position = start + 2
        label_end = value.find(b"?", start + 2, start + 80)
        encoding = value[label_end + 1 : label_end + 2]
        if label_end < 0 or value[label_end + 2 : label_end + 3] != b"?":
            continue
        begin = label_end + 3
        if closing < begin:
            closing = value.find(b"?=", begin)
            if closing < 0:
                break
        nested = value.find(b"=?", begin, min(closing, begin + 65_536))
        if encoding in b"BbQq" and (nested < 0 or nested >= closing - 1):
            found.append((value[done:start], value[start + 2 : label_end], _word(encoding, value[begin:closing])))
            position = done = closing + 2
    return found, value[done:]


def _word(encoding: bytes, data: bytes) -> bytes:
    """Return the bytes of one encoded word, Q or B."""
    if encoding in b"Qq":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except binascii.Error:
        digits = _NOT_BASE64.sub(b"", data)
        digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """Return (first token in lower case, parameters) of a structured value such as Content-Type (RFC 2045, 2231).

    Continuations are joined in the order of their numbers, at most 200 of them; the extended form of a name wins
    over the plain one; encoded words in values, which mailers write against the standard, are decoded. The dictionary
    belongs to all who ask for the same value and is not to be changed.
    """
    return _kept(value) if len(value) <= _LONGEST_KEPT else _parameters(value)


@lru_cache(maxsize=1024)
def _kept(value: bytes) -> tuple[str, dict[str, str]]:
    return _parameters(value)


def _parameters(value: bytes) -> tuple[str, dict[str, str]]:
    token, _, rest = value[:100_000].partition(b";")
    kind = visible(token.decode("latin-1")).strip().lower()
    if not rest or _ORDINARY.fullmatch(rest):
        pairs = _ORDINARY_ONE.findall(rest)
        return kind, {name.decode("ascii").lower(): (one or other).decode("ascii") for name, one, other in pairs[::-1]}
    return kind, _odd_parameters(rest)


def _odd_parameters(rest: bytes) -> dict[str, str]:
    """Return parameters that may be escaped, continued over several names (RFC 2231), encoded or broken."""
    plain: dict[str, bytes] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for match in _PARAMETER.finditer(rest):
        name = match[1].decode("latin-1").lower()
        data = match[2].strip()
        if data.startswith(b'"'):
            data = _QUOTED_PAIR.sub(rb"\1", data[1:-1] if data.endswith(b'"') and len(data) > 1 else data[1:])
        base, star, index = name.partition("*")
        if not star:
            plain.setdefault(name, data)
            continue
        extended = name.endswith("*")
        digits = index.rstrip("*")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else (0 if not digits else -1)
        if number >= 0 and len(pieces.setdefault(base, {})) < MAX_CONTINUATIONS:
            pieces[base].setdefault(number, (data, extended))
    found = {name: decode_words(data) for name, data in plain.items()}
    found.update({base: joined for base, parts in pieces.items() if (joined := _joined(parts))})
    return found


def _joined(parts: dict[int, tuple[bytes, bool]]) -> str:
    """Return the value of RFC 2231 continuations; only the first piece names the charset."""
    label = ""
    out = bytearray()
    for order, number in enumerate(sorted(parts)):
        data, extended = parts[number]
        if extended:
            if order == 0 and data.count(b"'") >= 2:
                name, _, rest = data.partition(b"'")
                label, data = name.decode("latin-1"), rest.partition(b"'")[2]
            data = unquote_to_bytes(data)
        out += data
    return visible(charset.decode(bytes(out), label))
