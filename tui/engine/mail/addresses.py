"""Address lists of headers (RFC 5322 section 3.4) as a single pass over tokens: no recursion, no back-tracking.

Never raises. Groups are flattened, comments skipped (the first one names an address that has no name), source
routes dropped, missing brackets and quotes tolerated. ``a@b@c`` stays as written, so that it equals only itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tui.engine import text
from tui.engine.mail import words
from tui.engine.model import Address

MAX_ADDRESSES = 5_000
_LONGEST_KEPT = 200
"""Octets of a value whose reading is kept: the same few people write most of a mailbox."""

_SIMPLE = re.compile(
    r'(?:"([^"\\<>]*)"\s?|([^"\\<>@,;:()]*))<([^\s"\\<>@,;:()\[\]]{1,200}@[^\s"\\<>@,;:()\[\]]{1,255})>'
)
_BARE = re.compile(r'[^\s"\\<>@,;:()\[\]]{1,200}@[^\s"\\<>@,;:()\[\]]{1,255}')
_TOKEN = re.compile(r'=|[^"()<>,;:\\\[\s=]+|\s+|\\.|.', re.S)
_WORD = re.compile(r'=\?[^?\s<>@"]{1,60}\?[bBqQ]\?[^?<>@"]{0,3000}\?=')
"""An encoded word is one token, whatever separators it holds against the standard."""
_PARENS = re.compile(r"\\.|[()]", re.S)


def parse_addresses(value: bytes, *, keep_nameless: bool = False, fallback: str = "") -> tuple[Address, ...]:
    """Return the mailboxes of a raw header value, in order, at most 5,000.

    Args:
        value: the unfolded raw value; encoded words are decoded after the structure is read, as RFC 2047 asks.
        keep_nameless: also return entries without any ``@`` as ``Address(text, "")``, to show them (From).
        fallback: charset label for raw 8-bit bytes.
    """
    if len(value) <= _LONGEST_KEPT:
        return _kept(value, keep_nameless, fallback)
    return _parsed(value, keep_nameless, fallback)


@lru_cache(maxsize=2048)
def _kept(value: bytes, keep_nameless: bool, fallback: str) -> tuple[Address, ...]:
    return _parsed(value, keep_nameless, fallback)


def _parsed(value: bytes, keep_nameless: bool, fallback: str) -> tuple[Address, ...]:
    chars = value.decode("latin-1").strip()
    if len(chars) < 600:
        simple = _SIMPLE.fullmatch(chars)
        if simple:
            return (Address(_name(simple[1] or simple[2] or "", fallback), _email(simple[3])),)
        if _BARE.fullmatch(chars):
            return (Address("", _email(chars)),)
    found = _Scan(chars, fallback).run()
    if "=?" in chars and not any(address.email for address in found):
        # Some mailers encode the whole field, address included; the reply would go where this shows.
        again = words.decode_words(value, fallback)
        if "@" in again:
            found = _Scan(again.encode("utf-8").decode("latin-1"), "utf-8").run()
    if not keep_nameless:
        return tuple(address for address in found if address.email)
    if not found and chars:
        shown = text.line(words.decode_words(value[:2000], fallback), 200)
        return (Address(shown, ""),) if shown and shown != "<>" and not chars.endswith(":;") else ()
    return tuple(found)


def _name(chars: str, fallback: str) -> str:
    stripped = chars.strip()
    if not stripped:
        return ""
    if stripped.isascii() and "=?" not in stripped and stripped.isprintable():
        decoded = stripped
    else:
        decoded = text.line(words.decode_words(stripped.encode("latin-1"), fallback), 300)
    shown = decoded.strip()
    if len(shown) > 1 and shown[0] in "\"'" and shown[0] == shown[-1]:
        shown = shown[1:-1].strip()
    elif shown.count('"') == 1:
        shown = shown.replace('"', "").strip()
    return shown[:300]


def _email(chars: str) -> str:
    """Return an address without white space and controls; raw 8-bit is taken as UTF-8 (RFC 6532)."""
    if chars.isascii() and chars.isprintable() and " " not in chars:
        return chars[:512]
    decoded = words.visible(chars.encode("latin-1").decode("utf-8", "replace"))
    return (text.line(decoded, 512) if decoded.startswith('"') else "".join(decoded.split()))[:512]


class _Scan:
    """One pass over the characters of an address list."""

    def __init__(self, chars: str, fallback: str) -> None:
        self.chars = chars
        self.fallback = fallback
        self.found: list[Address] = []
        self.reset()

    def reset(self) -> None:
        self.phrase: list[str] = []
        self.comment = ""
        self.angle: str | None = None

    def run(self) -> list[Address]:
        length, position = len(self.chars), 0
        while position < length and len(self.found) < MAX_ADDRESSES:
            chars = self.chars  # an unclosed quote rewrites its rest, at the same length
            char = chars[position]
            if char == '"':
                position = self.quoted(position)
            elif char == "=" and (word := _WORD.match(chars, position)):
                self.phrase.append(word[0])
                position = word.end()
            elif char == "(":
                position = self.commented(position)
            elif char == "<":
                position = self.bracketed(position)
            elif char in ",;":
                self.flush()
                position += 1
            elif char == ":":
                self.phrase.clear()
                position += 1
            elif char == "[":
                close = chars.find("]", position, position + 300)
                close = position if close < 0 else close
                self.phrase.append(chars[position : close + 1])
                position = close + 1
            else:
                token = _TOKEN.match(chars, position)
                self.phrase.append(token[0] if token else char)
                position = token.end() if token else position + 1
        self.flush()
        return self.found

    def quoted(self, position: int) -> int:
        """Take a quoted string; an unclosed quote is an ordinary character."""
        chars, cursor = self.chars, position + 1
        out: list[str] = []
        while True:
            close, escape = chars.find('"', cursor), chars.find("\\", cursor)
            if close < 0:
                self.chars = chars[:position] + chars[position:].replace('"', " ").replace("\\", " ")
                return position
            if escape < 0 or close < escape:
                out.append(chars[cursor:close])
                break
            out.append(chars[cursor:escape] + chars[escape + 1 : escape + 2])
            cursor = escape + 2
        content = "".join(out)
        after = chars[close + 1 : close + 2]
        self.phrase.append(f'"{content}"' if after == "@" else content)
        return close + 1

    def commented(self, position: int) -> int:
        """Skip a comment of any depth; keep the first one's text as a name for a nameless address."""
        depth, cursor = 0, position
        for match in _PARENS.finditer(self.chars, position):
            char = match[0]
            depth += 1 if char == "(" else -1 if char == ")" else 0
            if depth == 0:
                cursor = match.end()
                break
        else:
            cursor = len(self.chars)
        if not self.comment:
            self.comment = self.chars[position + 1 : min(cursor - 1, position + 400)].strip("() ")
        return cursor

    def bracketed(self, position: int) -> int:
        """Take ``<address>``; the bracket may be doubled or never close. The first one of an entry counts."""
        chars = self.chars
        begin = position + 1
        while chars[begin : begin + 1] in ("<", " "):
            begin += 1
        close = chars.find(">", begin, begin + 4000)
        comma = -1 if chars[begin : begin + 1] in ("@", '"') else chars.find(",", begin, begin + 4000)
        stop = close if close >= 0 and (comma < 0 or close < comma) else comma
        stop = min(len(chars), begin + 4000) if stop < 0 else stop
        content = chars[begin:stop].strip()
        if content.startswith("@") and ":" in content:
            content = content.rpartition(":")[2]
        if self.angle is None and content:
            self.angle = content
        cursor = stop
        while chars[cursor : cursor + 1] == ">":
            cursor += 1
        return cursor

    def flush(self) -> None:
        """Make an address of what was collected since the last separator."""
        phrase, comment, angle = "".join(self.phrase).strip(), self.comment, self.angle
        self.reset()
        if angle is not None and "@" in angle:
            self.found.append(Address(_name(phrase or comment, self.fallback), _email(angle)))
            return
        if "@" in phrase:
            email, name = _unbracketed(phrase)
            self.found.append(Address(_name(name or comment, self.fallback), _email(email)))
            return
        name = _name(phrase or comment, self.fallback)
        if angle:
            self.found.append(Address(name or _name(angle, self.fallback), ""))
        elif name:
            self.found.append(Address(name, ""))


def _unbracketed(phrase: str) -> tuple[str, str]:
    """Return (address, name) of a text without brackets: the first word with an ``@`` is the address."""
    if phrase.startswith('"') and '"@' in phrase:
        local, _, rest = phrase.partition('"@')
        domain, _, name = rest.partition(" ")
        return f'{local}"@{domain}', name
    pieces = phrase.split()
    at = next(index for index, piece in enumerate(pieces) if "@" in piece)
    return pieces[at].strip("'\""), " ".join(pieces[:at] + pieces[at + 1 :])
