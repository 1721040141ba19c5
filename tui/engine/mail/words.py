"""Encoded words (RFC 2047) and parameters (RFC 2231) as safe text, in linear time.

Adjacent words of one charset are joined as bytes before they are decoded, because mailers cut multi-byte
characters between two words.
"""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from tui.engine import text
from tui.engine.mail import charset

_FILLERS = "\u00ad\u034f\u180e\u200b\u2060-\u2064\u206a-\u206f\ufff0-\ufff8"
_INVISIBLE = re.compile(f"[{_FILLERS}\u200c\u200d]{{2,}}|[{_FILLERS}]")
_BLANK = re.compile("[\\s\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\uffa0\ufe00-\ufe0f]*")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_SPACE = re.compile(r"[\r\n\t\x0b\x0c\u2028\u2029]+[ \t]*")
_PARAMETER = re.compile(rb'([^\s=;"]{1,200}+)\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;]*+)[^;]*+;?', re.S)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.S)
MAX_CONTINUATIONS = 200


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
    return visible("".join(_decoded(value, fallback)))


def visible(decoded: str) -> str:
    """Return decoded text as one safe line: no controls, no zero-width fillers, "" when nothing would be seen."""
    if decoded.isascii() and decoded.isprintable():
        return decoded
    plain = text.clean(_SPACE.sub(" ", decoded)).replace("\n", " ").replace("\t", " ")
    plain = _INVISIBLE.sub("", plain)
    return "" if _BLANK.fullmatch(plain) else plain


def _decoded(value: bytes, fallback: str) -> list[str]:
    """Return the pieces of ``value`` decoded; both cursors only move forward, so it is linear."""
    out: list[str] = []
    pending, pending_label = bytearray(), ""
    position, done, closing = 0, 0, -1
    while True:
        start = value.find(b"=?", position)
        if start < 0:
            break
        label_end = value.find(b"?", start + 2, start + 80)
        if label_end < 0 or value[label_end + 2 : label_end + 3] != b"?":
            position = start + 2
            continue
        begin = label_end + 3
        if closing < begin:
            closing = value.find(b"?=", begin)
            if closing < 0:
                break
        nested = value.find(b"=?", begin, min(closing, begin + 65_536))
        data = None
        if nested < 0 or nested >= closing - 1:
            data = _word(value[label_end + 1 : label_end + 2], value[begin:closing])
        if data is None:
            position = start + 2
            continue
        between, label = value[done:start], value[start + 2 : label_end].decode("ascii", "replace").lower()
        if pending and between.strip():
            out.append(charset.decode(bytes(pending), pending_label))
            pending.clear()
        elif pending and label != pending_label:
            out.append(charset.decode(bytes(pending), pending_label))
            pending.clear()
            between = b""
        if between.strip() or (not pending and done == 0 and between) or (not pending and out and between):
            out.append(charset.decode(between, fallback))
        pending += data
        pending_label = label
        position = done = closing + 2
    if pending:
        out.append(charset.decode(bytes(pending), pending_label))
    if done < len(value):
        out.append(charset.decode(value[done:], fallback))
    return out


def _word(encoding: bytes, data: bytes) -> bytes | None:
    """Return the bytes of one encoded word, or None when its encoding is neither B nor Q."""
    if encoding in b"Qq":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    if encoding in b"Bb":
        digits = _NOT_BASE64.sub(b"", data)
        digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    return None


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """Return (first token in lower case, parameters) of a structured value such as Content-Type (RFC 2045, 2231).

    Continuations are joined in the order of their numbers, at most 200 of them; the extended form of a name wins
    over the plain one; encoded words in values, which mailers write against the standard, are decoded.
    """
    token, _, rest = value[:100_000].partition(b";")
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
    return visible(token.decode("latin-1")).strip().lower(), found


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
