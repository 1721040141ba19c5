"""The words of an IMAP command, and UID sets, for the server in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Cut(Exception):
    """The line is to be cut here."""


class No(Exception):
    """The command is refused; the words, with a response code perhaps."""


class Words:
    """A command read from left to right."""

    def __init__(self, raw: bytes) -> None:
        self.literals: list[bytes] = []
        self.line = self._without_literals(raw)
        self._at = 0
        self.tag = self.line.partition(b" ")[0].decode()

    def _without_literals(self, raw: bytes) -> bytes:
        line, at = b"", 0
        while literal := re.compile(rb"\{(\d+)\+?\}\r\n").search(raw, at):
            line += raw[at : literal.start()] + b"{%d}" % len(self.literals)
            at = literal.end() + int(literal[1])
            self.literals.append(raw[literal.end() : at])
        return line + raw[at:].rstrip(b"\r\n")

    def atom(self) -> str:
        """Return the next word up to a space."""
        end = self.line.find(b" ", self._at)
        end = len(self.line) if end < 0 else end
        word = self.line[self._at : end]
        self._at = end + 1
        return word.decode("latin-1")

    def string(self) -> str:
        """Return the next string: quoted, a literal, or an atom."""
        quoted_string = re.compile(rb'"((?:[^"\\]|\\.)*)" ?').match(self.line, self._at)
        if quoted_string:
            self._at = quoted_string.end()
            return re.sub(rb"\\(.)", rb"\1", quoted_string[1]).decode("latin-1")
        word = self.atom()
        literal = re.fullmatch(r"\{(\d+)\}", word)
        return self.literals[int(literal[1])].decode("latin-1") if literal else word

    def rest(self) -> str:
        """Return everything that is left."""
        return self.line[self._at :].decode("latin-1")


def parse(raw: bytes) -> Words:
    """Return the words of a command."""
    return Words(raw)


def quoted(name: str) -> str:
    """Return a quoted string."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_set(written: str, highest: int) -> set[int]:
    """Return the numbers of a set such as ``1:3,7,9:*``; ``*`` is the highest that there is; none is higher."""
    numbers: set[int] = set()
    for piece in written.split(","):
        low, _, high = piece.partition(":")
        ends = sorted(highest if end == "*" else int(end) for end in (low, high or low))
        numbers |= set(range(ends[0], min(ends[1], highest) + 1))
    return numbers


def write_set(uids: Iterable[int]) -> str:
    """Return numbers as a set, one by one."""
    return ",".join(str(uid) for uid in sorted(uids))


def listed(uids: list[int]) -> str:
    """Return UIDs in their order, as COPYUID gives them."""
    return ",".join(str(uid) for uid in uids)


def flag(name: str) -> str:
    """Return a flag as the stores keep it."""
    return name.lstrip("\\$").lower()


def wire_flags(flags: set[str]) -> str:
    """Return flags as the wire has them."""
    return " ".join(sorted("$Forwarded" if name == "forwarded" else "\\" + name.capitalize() for name in flags))


def message_id(raw: bytes) -> bytes:
    """Return the Message-ID of a source, empty where it has none."""
    found = re.search(rb"^Message-ID:(.*)$", raw.partition(b"\r\n\r\n")[0], re.I | re.M)
    return found[1].strip() if found else b""
