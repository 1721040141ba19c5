"""The header block of a message as a list of fields, wherever it begins and however it ends (RFC 5322 section 2.2).

Stated rules for broken blocks: junk before the first field (byte order mark, empty lines, ``From `` lines of
mboxes) is skipped; bare CR ends a line; a line that is no field is skipped when a field follows within the next three
lines (before the first field: a well-known one within twelve), else the body begins there, empty line or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import repeat

Values = dict[str, list[bytes]]
"""What the fields of a name say, in their order; names in small letters, empty values left out."""

MAX_HEADER = 4 * 1024 * 1024
"""Bytes of a header block that are looked at; what follows counts as body."""
MAX_FIELDS = 20_000

_FIELD = re.compile(rb"([!-9;-~\x80-\xff]{1,4000})[ \t]*:")
_KNOWN = re.compile(
    rb"(?i)(?:from|to|cc|subject|date|received|return-path|message-id|mime-version|content-type|delivered-to|sender|"
    rb"reply-to|x-[!-9;-~]{1,80})[ \t]*:"
)
_CLEAN = re.compile(rb"(?:[!-9;-~\x80-\xff]{1,4000}[ \t]*:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)++\Z")
_FIELDS = re.compile(rb"([!-9;-~]{1,4000})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_READ = frozenset(
    ("from", "sender", "reply-to", "to", "cc", "bcc", "mail-followup-to", "message-id", "date", "subject",
     "in-reply-to", "references", "list-id", "list-unsubscribe", "list-post", "precedence", "auto-submitted",
     "authentication-results", "content-type", "content-disposition", "content-transfer-encoding", "content-id")
)  # fmt: skip
_SAFE_NAME = re.compile(r"[^!-9;-~]")
_JUNK = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\n|>?From [^\n]*\n)*")


class _Names(dict[bytes, str]):
    """Names of fields as text: a mailbox has a few hundred."""

    def __missing__(self, name: bytes) -> str:
        if len(self) >= 2000:
            self.clear()
        shown = self[name] = name.rstrip().decode("ascii")[:200]
        return shown


class _Keys(dict[str, str]):
    """The names of fields in small letters, "" for those that nothing is read from; a mailbox has a few hundred."""

    def __missing__(self, name: str) -> str:
        if len(self) >= 2000:
            self.clear()
        key = self[name] = name.lower() if name.lower() in _READ else ""
        return key


_NAMES = _Names()
_KEYS = _Keys()


def unix_lines(raw: bytes) -> bytes:
    """Return ``raw`` with every CR LF and bare CR as LF."""
    if b"\r" not in raw:
        return raw
    raw = raw.replace(b"\r\n", b"\n")
    return raw.replace(b"\r", b"\n") if b"\r" in raw else raw


def split_message(raw: bytes) -> tuple[bytes, bytes, bool]:
    """Return (header block, body, clean) of a whole message; lines end in LF in the block, as they came in the body.

    ``clean`` is False when the message needed a repair, so that a strict reader of ``raw`` would see something else.
    """
    header, source, start, clean = split_at(raw)
    return header, source[start:], clean


def split_at(raw: bytes) -> tuple[bytes, bytes, int, bool]:
    """Return the same without copying the body: (header block, what holds the body, where it begins there, clean)."""
    stop, separator = _first_blank(raw)
    if stop >= 0:
        lines = raw[:stop].replace(b"\r\n", b"\n") + b"\n"
        if b"\r" not in lines and _CLEAN.match(lines):
            return lines, raw, stop + separator, True
    whole = unix_lines(raw)
    junk = _JUNK.match(whole)
    start = junk.end() if junk else 0
    end = start + _end_of_fields(whole[start : start + MAX_HEADER])[0]
    return whole[start:end], whole, end + whole.startswith(b"\n", end), False


def _first_blank(raw: bytes) -> tuple[int, int]:
    """Return where the line before the first empty line ends, and the octets up to the body; (-1, 0) without one.

    What the first line ends in is looked for first, so that the other is not looked for in all of a big body.
    """
    usual, other = b"\n\n", b"\r\n\r\n"
    first = raw.find(b"\n")
    if raw[first - 1 : first] == b"\r":
        usual, other = other, usual
    stop = raw.find(usual, 0, MAX_HEADER)
    before = raw.find(other, 0, MAX_HEADER if stop < 0 else stop + len(other) - 1)  # so it begins before that
    return (stop, len(usual)) if before < 0 else (before, len(other))


def _end_of_fields(block: bytes) -> tuple[int, bool]:
    """Return where the fields of ``block`` (LF lines) end, and whether lines that are no fields were skipped."""
    position, seen, skipped = 0, False, False
    length = len(block)
    while position < length:
        if block[position] == 10:
            return position, skipped
        if block[position] in b" \t" and seen:
            pass
        elif not _FIELD.match(block, position):
            if not _field_follows(block, position, *((_FIELD, 3) if seen else (_KNOWN, 12))):
                return (position, skipped) if seen else (0, False)
            skipped = True
        else:
            seen = True
        stop = block.find(b"\n", position)
        position = length if stop < 0 else stop + 1
    return length, skipped


def _field_follows(block: bytes, position: int, pattern: re.Pattern[bytes], lines: int) -> bool:
    """Tell whether one of the next ``lines`` lines, before an empty one, is a field."""
    for _ in range(lines):
        position = block.find(b"\n", position) + 1
        if not position or position >= len(block) or block[position] == 10:
            return False
        if pattern.match(block, position):
            return True
    return False


def values_of(fields: Iterable[tuple[str, bytes]]) -> Values:
    """Return the values of the fields that the program reads something from, for all who read them."""
    values: Values = {}
    for name, value in fields:
        if value and (key := _KEYS[name]):
            if key in values:
                values[key].append(value)
            else:
                values[key] = [value]
    return values


def content_fields(block: bytes) -> list[tuple[str, bytes]]:
    """Return what ``parse_fields`` returns of the Content fields of a clean block: all that a part's place needs.

    Args:
        block: as ``split_message`` returns it with ``clean``.
    """
    if not block.isascii():
        return [field for field in parse_fields(block) if field[0][:8].lower() == "content-"]
    found = []
    lowered, at = b"\n" + block.lower(), 0
    while (at := lowered.find(b"\ncontent-", at)) >= 0:
        match = _FIELDS.match(block, at)
        if match:
            found.append((match[1].decode("ascii")[:200], match[2].replace(b"\n", b"").strip()))
        at += 1
    return found


def parse_fields(block: bytes) -> list[tuple[str, bytes]]:
    """Return (name as written, unfolded raw value) of every field, in order, at most ``MAX_FIELDS``.

    Args:
        block: the header lines, with any line ends; what follows the first empty line is ignored.
    """
    head, clean = _head(block)
    return clean_fields(head) if clean else _repaired(head)


def parse_content_fields(block: bytes) -> list[tuple[str, bytes]]:
    """Return the same of the Content fields at least: all that is read of a part that is not the whole message."""
    head, clean = _head(block)
    return content_fields(head) if clean else _repaired(head)


def _head(block: bytes) -> tuple[bytes, bool]:
    """Return the lines of a header with LF at their ends, and whether all of them are fields."""
    block = unix_lines(block[:MAX_HEADER])
    end = block.find(b"\n\n") + 1
    head = block[:end] if end else block if block.endswith(b"\n") else block + b"\n"
    return (head, True) if _CLEAN.match(head) else (block, False)


def clean_fields(block: bytes) -> list[tuple[str, bytes]]:
    """Return the same of a clean block, as ``split_message`` returns it."""
    if not block.isascii():
        return _repaired(block)
    lines = block[:-1].replace(b"\n ", b" ").replace(b"\n\t", b"\t").split(b"\n", MAX_FIELDS)[:MAX_FIELDS]
    return [(_NAMES[name], value.strip()) for name, _, value in map(bytes.partition, lines, repeat(b":"))]


def _repaired(block: bytes) -> list[tuple[str, bytes]]:
    junk = _JUNK.match(block)
    fields: list[tuple[str, bytes]] = []
    name, parts = "", [b""]
    for line in block[junk.end() if junk else 0 :].split(b"\n"):
        if not line:
            break
        if line[0] in b" \t":
            parts.append(line)
            continue
        before, colon, value = line.partition(b":")
        if name:
            fields.append((name, b"".join(parts).strip() if len(parts) > 1 else parts[0].strip()))
            if len(fields) >= MAX_FIELDS:
                return fields
        name = before.rstrip().decode("latin-1") if colon else ""
        if not name.isascii() or not name.isprintable() or " " in name:
            name = _SAFE_NAME.sub("", name)
        name = name[:200]
        parts = [value]
    if name:
        fields.append((name, b"".join(parts).strip()))
    return fields
