"""The MIME structure of a message as a tree of parts (RFC 2045, 2046), read leniently and in bounded time.

Nothing is copied or decoded until it is asked for: a part is a stretch of the raw bytes. Broken structure costs the
part, never the message: a missing boundary shows the body as text, a truncated part ends where the bytes end, nesting
deeper than 40 stays closed (and can be saved).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tui.engine.mail.fields import MAX_HEADER, Values, parse_content_fields, values_of
from tui.engine.mail.words import parameters

MAX_DEPTH = 40
MAX_PARTS = 10_000

_INNER_JUNK = re.compile(rb"(?:[ \t]*\r?\n|>?From [^\r\n]*\r?\n)*+")
_FIELD_START = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_FIRST_BOUNDARY = re.compile(rb"(?m)^--([^\r\n]{1,200})\r?\n")
_BOUNDARY = re.compile(rb"""(?i)[;\s]boundary\s*=\s*(?:"((?:[^"\\\\]|\\\\.){0,4000})"?|([^\s;"]{1,4000}))""", re.S)
_ONLY_BOUNDARY = re.compile(rb"""(?i)(multipart/[a-z-]{1,40});\s*boundary="([!#-;>@-\[\]-~]{1,100})\"""")
_TYPE = re.compile(r"[!#$&^_.+a-z0-9-]{1,100}/[!#$&^_.+a-z0-9-]{1,100}")
_LONGEST_KEPT = 600
"""Octets of a part's header whose reading is kept for the next part that says the same; most parts do."""
_QUOTED_PAIR = re.compile(rb"\\(.)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


_Description = tuple[str, dict[str, str], str, dict[str, str], str, str, bytes]
"""The first seven fields of a ``Part``; its dictionaries belong to many parts and are never changed."""


@dataclass(slots=True)
class Part:
    """One node; ``source[start:end]`` is its body before transfer decoding."""

    type: str
    params: dict[str, str]
    disposition: str
    disposition_params: dict[str, str]
    encoding: str
    content_id: str
    boundary: bytes
    source: bytes
    start: int
    end: int
    children: list[Part] = field(default_factory=list)
    truncated: bool = False

    def body(self) -> bytes:
        """Return the body after transfer decoding; never raises."""
        return decode_transfer(self.source[self.start : self.end], self.encoding)

    def size(self) -> int:
        """Return the bytes of the decoded body, without decoding base64 (exact when it is well formed)."""
        if self.encoding != "base64":
            return len(self.body()) if self.encoding in ("quoted-printable", "uuencode") else self.end - self.start
        length = self.end - self.start
        # Lines of equal length, as nearly all write, are counted by looking at their ends alone.
        line = self.source.find(b"\n", self.start, self.end) + 1 - self.start
        ends = self.source[self.start + line - 1 : self.end : line] if line > 1 else b""
        same = len(ends) if ends.count(b"\n") == len(ends) else 0
        breaks = same + self.source.count(b"\n", self.start + same * line, self.end)
        if self.source.find(b"\r", self.start, self.start + 1000) >= 0:
            breaks *= 2
        padding = self.source.count(b"=", max(self.start, self.end - 6), self.end)
        return max(0, (length - breaks) * 3 // 4 - padding)

    def walk(self) -> Iterator[Part]:
        """Yield this part and all beneath it, in message order."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Return ``data`` without its Content-Transfer-Encoding; what can't be decoded stays as it is."""
    if encoding == "base64":
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            digits = _NOT_BASE64.sub(b"", data)
            digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
            return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "uuencode":
        return _uudecode(data)
    return data


def _uudecode(data: bytes) -> bytes:
    lines = data.splitlines()
    begin = next((index for index, row in enumerate(lines) if row.startswith(b"begin ")), -1)
    if begin < 0:
        return data
    out = bytearray()
    for row in lines[begin + 1 :]:
        if not row or row == b"end":
            break
        try:
            out += binascii.a2b_uu(row)
        except binascii.Error:
            try:  # some encoders count one byte too few (RFC has none; this is what their readers do)
                out += binascii.a2b_uu(row[: ((row[0] - 32) & 63) * 4 // 3 + 5])
            except binascii.Error:
                continue
    return bytes(out)


def parse_tree(values: Values, body: bytes, start: int = 0) -> tuple[Part, list[str]]:
    """Return the tree of a message, with what had to be repaired in words.

    Args:
        values: of the fields of its header.
        body: what holds its body, up to the end.
        start: where the body begins in that.
    """
    reader = _Reader()
    root = Part(*_described(values, "text/plain"), body, start, len(body))
    reader.open(root, 0)
    return root, reader.warnings


def _said(header: bytes, default: str) -> _Description:
    return _described(values_of(parse_content_fields(header)), default)


_kept = lru_cache(maxsize=512)(_said)


def _described(values: Values, default: str) -> _Description:
    given = values["content-type"][0] if "content-type" in values else b""
    plain = _ONLY_BOUNDARY.fullmatch(given) if given[:5] in (b"multi", b"Multi") else None
    if plain:  # what most messages have, and no two alike
        boundary = plain[2]
        kind, params = plain[1].decode("ascii").lower(), {"boundary": boundary.decode("ascii")}
    else:
        kind, params = parameters(given) if given else (default, {})
        boundary = _boundary(given, params) if "boundary" in params or b"oundary" in given else b""
    if "/" not in kind and "name" not in params:
        kind = default if kind == "" else "text/plain"  # RFC 2045 section 5.2: what can't be understood is plain text
    disposed = values["content-disposition"][0] if "content-disposition" in values else b""
    disposition, disposition_params = parameters(disposed) if disposed else ("", {})
    encoding = _encoding(values["content-transfer-encoding"][0]) if "content-transfer-encoding" in values else ""
    content_id = values["content-id"][0].decode("latin-1").strip("<> \t")[:500] if "content-id" in values else ""
    kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
    return kind, params, disposition, disposition_params, encoding, content_id, boundary


def _encoding(value: bytes) -> str:
    name = parameters(value.partition(b" ")[0])[0].strip("\"'")
    return {"x-uuencode": "uuencode", "x-uue": "uuencode", "uue": "uuencode", "qp": "quoted-printable"}.get(name, name)


def _boundary(content_type: bytes, params: dict[str, str]) -> bytes:
    """Return the boundary byte for byte: it is compared with the body, never shown."""
    match = _BOUNDARY.search(content_type, max(0, content_type.lower().find(b"boundary") - 1))
    if match is None:
        return params.get("boundary", "").encode("utf-8", "replace")[:1000].rstrip()
    return _QUOTED_PAIR.sub(rb"\1", match[1]).rstrip() if match[1] is not None else match[2]


class _Reader:
    """Opens containers, counting what it has opened."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.count = 0

    def open(self, part: Part, depth: int) -> None:
        if depth >= MAX_DEPTH:
            if part.type.startswith(("multipart/", "message/rfc822")):
                self.warn(f"Parts nested deeper than {MAX_DEPTH} stay closed.")
            return
        if part.type.startswith("multipart/"):
            self.open_multipart(part, depth)
        elif part.type in ("message/rfc822", "message/global"):
            if part.encoding in ("base64", "quoted-printable"):
                part.source = part.body()
                part.start, part.end, part.encoding = 0, len(part.source), ""
            junk = _INNER_JUNK.match(part.source, part.start, part.end)
            inner = self.child(part, junk.end() if junk else part.start, part.end, "text/plain")
            part.children.append(inner)
            self.open(inner, depth + 1)

    def open_multipart(self, part: Part, depth: int) -> None:
        boundary = part.boundary
        stretches, closed = _split(part.source, part.start, part.end, boundary) if boundary else ([], False)
        if not stretches and part.encoding in ("base64", "quoted-printable") and boundary:
            decoded = part.body()
            stretches, closed = _split(decoded, 0, len(decoded), boundary)
            if stretches:
                part.source, part.start, part.end, part.encoding = decoded, 0, len(decoded), ""
        if not stretches:
            guess = _FIRST_BOUNDARY.search(part.source, part.start, min(part.end, part.start + 65_536))
            if guess:
                stretches, closed = _split(part.source, part.start, part.end, guess[1].rstrip())
                self.warn("The boundary of a multipart was missing or wrong; the first line of dashes was taken.")
        if not stretches:
            self.warn("A multipart without its boundary is shown as text.")
            looks_html = part.source[part.start : part.start + 300].lstrip()[:1] == b"<"
            part.type, part.params = ("text/html" if looks_html else "text/plain"), {}
            return
        if not closed:
            self.warn("The message ends in the middle of a part.")
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in stretches:
            if self.count >= MAX_PARTS:
                self.warn(f"Only the first {MAX_PARTS} parts are listed.")
                break
            child = self.child(part, start, end, default)
            part.children.append(child)
            self.open(child, depth + 1)
        if not closed and part.children:
            part.children[-1].truncated = True

    def child(self, parent: Part, start: int, end: int, default: str) -> Part:
        """Make the part whose header and body lie between two offsets of the parent's bytes."""
        self.count += 1
        source = parent.source
        if source[start : start + 2] == b"\r\n" or source[start : start + 1] == b"\n":
            return Part(*_kept(b"", default), source, start + (2 if source[start] == 13 else 1), end)
        if not _FIELD_START.match(source, start, end):
            return Part(*_kept(b"", default), source, start, end)
        head_end, body_start = _blank_line(source, start, end)
        header = source[start:head_end]
        said = _kept if len(header) <= _LONGEST_KEPT else _said
        return Part(*said(header, default), source, body_start, end)

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def _blank_line(source: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the first empty line begins and ends, with the line break before it; ``end`` where there is none."""
    limit = min(end, start + MAX_HEADER)
    first = source.find(b"\n", start, limit)
    usual, other = (b"\n\r\n", b"\n\n") if source[first - 1] == 13 else (b"\n\n", b"\n\r\n")
    found = source.find(usual, first, limit) if first >= 0 else -1
    before = source.find(other, first, limit if found < 0 else found + 1) if first >= 0 else -1
    found = found if before < 0 else before
    if found < 0:
        return end, end
    stop = found + (2 if source[found + 1] == 10 else 3)
    return (found - 1 if source[found - 1] == 13 and found > start else found), stop


def _split(source: bytes, start: int, end: int, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Return the stretches between the delimiter lines of a multipart, and whether it was closed."""
    delimiter = b"--" + boundary
    length = len(delimiter)
    stretches: list[tuple[int, int]] = []
    opened = -1
    position = source.find(delimiter, start, end)
    while position >= 0:
        after = position + length
        stop = source.find(b"\n", after, end)
        stop = end if stop < 0 else stop
        tail = source[after : min(stop, after + 80)].strip()
        at_line_start = position == start or source[position - 1] in b"\r\n"
        if at_line_start and (not tail or tail.startswith(b"--")):
            if opened >= 0:
                stretches.append((opened, _before_line_break(source, opened, position)))
                if len(stretches) > MAX_PARTS:
                    return stretches, True
            if tail:
                if opened >= 0:
                    return stretches, True
            else:
                opened = min(stop + 1, end)
        position = source.find(delimiter, max(after, stop if at_line_start else after), end)
    if opened >= 0:
        stretches.append((opened, end))
    return stretches, False


def _before_line_break(source: bytes, start: int, end: int) -> int:
    """Return ``end`` without the line break that belongs to the delimiter (RFC 2046 section 5.1.1)."""
    if end > start and source[end - 1] == 10:
        end -= 1
    if end > start and source[end - 1] == 13:
        end -= 1
    return end
