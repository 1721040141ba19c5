"""The tokenizer: one framed response in, nested lists out; no recursion, and tolerant where servers are known to stray.

Atoms and strings become ``bytes``, literals ``bytes`` or the ``Path`` they were spooled to, NIL ``None``,
parenthesised lists ``list``. What can't be read raises ``Malformed`` and costs that one response.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tui.engine import text
from tui.engine.errors import ProtocolError
from tui.engine.imap.framing import Frame

DEPTH = 100
"""Deeper nesting than this is an attack or a fault."""

LONGEST = 2 << 20
"""Octets of text; only sets of numbers are longer, and those aren't tokenized."""

Value: TypeAlias = "bytes | Path | list[Value] | None"

_TOKEN = re.compile(
    rb"""
      [()]
    | "[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)
    | ~?\{\d+\+?\}\n
    | [A-Za-z0-9.]+\[[^\]\n]{0,600}\](?:<\d+>)?
    | [^\s()"]+
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSED = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OPEN, _CLOSE, _QUOTE, _LINE_END = b'()"\n'
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_STATUS = re.compile(rb"(OK|NO|BAD|BYE|PREAUTH)(?:\s+|\Z)", re.IGNORECASE)
_CODE = re.compile(
    rb"\[\s*([A-Za-z0-9_.-]+)(?:\s+((?:\([^)]*\)|\"(?:[^\"\\]|\\.)*+\"|[^\]\"(]++)*+))?\s*\]\s*", re.DOTALL
)


class Malformed(ProtocolError):
    """One response that can't be read; the connection goes on."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An OK, NO, BAD, BYE or PREAUTH (RFC 9051, section 7.1): ``code`` upper case or "", its arguments as bytes,
    and the words for a person, cleaned."""

    status: str
    code: str
    arguments: bytes
    text: str


def tokens(source: bytes, literals: list[bytes | Path]) -> list[Value]:
    """Return the values of a response's text.

    Raises:
        Malformed: unbalanced parentheses, a quotation mark without its pair, nesting beyond ``DEPTH``, or more text
            than ``LONGEST``.
    """
    if len(source) > LONGEST:
        raise Malformed(f"The server sent {len(source):,} octets of words: {shown(source)}; they were skipped.")
    top: list[Value] = []
    current = top
    above: list[list[Value]] = []
    taken = iter(literals)
    words_ = _TOKEN.findall(source)
    if words_ and words_[-1][0] == _QUOTE and not _CLOSED.fullmatch(words_[-1]):
        raise Malformed(f"The server left a string open: {shown(source)}; that response was skipped.")
    for word in words_:
        first = word[0]
        if first == _OPEN:
            if len(above) >= DEPTH:
                raise Malformed(f"The server nested a response deeper than {DEPTH}; that response was skipped.")
            inner: list[Value] = []
            current.append(inner)
            above.append(current)
            current = inner
        elif first == _CLOSE:
            if not above:
                raise Malformed(f"The server closed a list that it never opened: {shown(source)}; it was skipped.")
            current = above.pop()
        elif first == _QUOTE:
            current.append(_ESCAPED.sub(rb"\1", word[1:-1]) if b"\\" in word else word[1:-1])
        elif word[-1] == _LINE_END:
            current.append(next(taken, b""))
        else:
            current.append(None if len(word) == 3 and word.upper() == b"NIL" else word)
    if above:
        raise Malformed(f"The server left a list open: {shown(source)}; that response was skipped.")
    return top


def condition(line: bytes) -> Condition | None:
    """Return the status response that ``line`` (without tag or ``*``) is, or None when it is none."""
    match = _STATUS.match(line)
    if not match:
        return None
    code, arguments, rest = "", b"", line[match.end() :]
    found = _CODE.match(rest)
    if found:
        code, arguments, rest = found[1].decode("ascii").upper(), (found[2] or b"").strip(), rest[found.end() :]
    return Condition(match[1].decode("ascii").upper(), code, arguments, words(rest))


def words(data: bytes) -> str:
    """Return a server's words for a person: UTF-8 or latin-1, one clean line."""
    try:
        return text.line(data[:4000].decode("utf-8"))
    except UnicodeDecodeError:
        return text.line(data[:4000].decode("utf-8", "ignore") or data[:4000].decode("latin-1"))


def shown(source: bytes) -> str:
    """Return the beginning of a response for an error sentence."""
    return repr(text.line(source[:60].decode("latin-1")))


def number(value: Value, low: int = 0, high: int = (1 << 63) - 1) -> int | None:
    """Return a number token in its range, or None for whatever else it is."""
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 20:
        return None
    found = int(value)
    return found if low <= found <= high else None


def data_of(value: Value) -> bytes:
    """Return a string token that is small by nature; a list or a file is no such thing and gives b""."""
    return value if isinstance(value, bytes) else b""


def values(frame: Frame, skip: int = 0) -> list[Value]:
    """Return the tokens of a frame behind its first ``skip`` octets."""
    return tokens(frame.text[skip:] if skip else frame.text, frame.literals)
