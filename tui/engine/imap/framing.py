"""Cutting a server's bytes into responses: a state machine without I/O that takes any chunking.

A response is a line, or several with literals between them (RFC 9051, section 4.3). ``Framer.feed`` counts literals
down without looking into them, hands every whole response to its callback, and refuses what breaks a limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tui.engine.errors import ProtocolError

_LITERAL = re.compile(rb"(?<![^\s(~\]>])\{(\d{1,20})\+?\}\Z")
_TEXT = re.compile(rb"(?:\*\s+(?:OK|NO|BAD|BYE|PREAUTH)\b|[^*])", re.IGNORECASE)
_NUMBERS = re.compile(rb"\*\s+(?:E?SEARCH|VANISHED)\b", re.IGNORECASE)
_FETCH = re.compile(rb"\*\s+\d+\s+FETCH\b", re.IGNORECASE)
LINE_COST = 32
"""What reading a line costs besides its octets, in octets: an empty one isn't free."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server may send, in octets.

    ``line``: one line, and all lines of one response together. ``numbers``: a line of SEARCH, ESEARCH or VANISHED.
    ``response``: the lines and the literals in memory of one response. ``memory``: the biggest literal kept in memory;
    a bigger one inside a FETCH is spooled. ``literal``: the biggest literal at all. ``literals``: how many in one
    response. ``flood``: lines that nobody asked for, and answers to one command that isn't a FETCH; each line counts
    ``LINE_COST`` more than it has.
    """

    line: int = 1 << 20
    numbers: int = 8 << 20
    response: int = 8 << 20
    memory: int = 1 << 20
    literal: int = 256 << 20
    literals: int = 10_000
    flood: int = 32 << 20


class Sink(Protocol):
    """Where a big literal goes, octets in order; then ``finish`` or ``discard`` once."""

    def write(self, data: bytes) -> object:
        """Take more octets."""

    def finish(self) -> Path:
        """Everything came; return where it is."""

    def discard(self) -> None:
        """Throw away what came."""


@dataclass(slots=True)
class Frame:
    """One whole response: its text with ``{n}\\n`` where a literal stood, and the literals in order."""

    text: bytes
    literals: list[bytes | Path]

    def discard(self) -> None:
        """Remove the files of literals that nobody takes."""
        for literal in self.literals:
            if isinstance(literal, Path):
                literal.unlink(missing_ok=True)


class Framer:
    """The state machine.

    Args:
        deliver: called with every whole response, in order.
        open_sink: opens the place for a literal of that many octets.
        limits: what a server may send.
    """

    def __init__(
        self, deliver: Callable[[Frame], None], open_sink: Callable[[int], Sink], limits: Limits | None = None
    ) -> None:
        self._deliver = deliver
        self._open_sink = open_sink
        self._limits = limits or Limits()
        self._line = bytearray()
        self._lines: list[bytes] = []
        self._literals: list[bytes | Path] = []
        self._held = self._written = 0
        self._need = 0
        self._memory: bytearray | None = None
        self._sink: Sink | None = None
        self._is_text = False
        self._halted = False
        self.rest = bytearray()
        self.spoken = 0
        """What the lines so far have cost, in octets; literals are not counted."""

    @property
    def in_literal(self) -> bool:
        """Whether a literal is under way."""
        return self._need > 0

    def halt(self) -> None:
        """Stop at the end of the response now being delivered; what follows is kept in ``rest``, unread."""
        self._halted = True

    def resume(self) -> None:
        """Go on after ``halt``; whatever was held back is dropped."""
        self._halted = False
        self.rest.clear()

    @property
    def clean(self) -> bool:
        """Whether nothing is held: no part of a line, no open literal, nothing after a halt."""
        return not (self._line or self._lines or self._need or self.rest)

    def feed(self, data: bytes) -> None:
        """Take the next octets.

        Raises:
            ProtocolError: a limit is broken; the connection is of no more use.
        """
        at, end = 0, len(data)
        while at < end:
            if self._halted:
                self.rest += data[at : at + self._limits.memory]
                return
            at = self._literal(data, at) if self._need else self._text(data, at)

    def discard(self) -> None:
        """Throw away what is half done, files included."""
        if self._sink is not None:
            self._sink.discard()
            self._sink = None
        Frame(b"", self._literals).discard()
        self._line.clear()
        self._lines, self._literals, self._memory, self._need = [], [], None, 0

    def _text(self, data: bytes, at: int) -> int:
        stop = data.find(b"\n", at)
        if stop < 0:
            self._line += data[at:]
            self._check_line(len(self._line), self._line)
            return len(data)
        self.spoken += stop - at + LINE_COST
        if self._line:
            self._line += data[at:stop]
            line = bytes(self._line)
            self._line.clear()
        else:
            line = data[at:stop]
        if len(line) > self._limits.line:
            self._check_line(len(line), line)
        self._end_line(line.rstrip(b"\r"))
        return stop + 1

    def _check_line(self, length: int, line: bytes | bytearray) -> None:
        if length <= self._limits.line:
            return
        if length > self._limits.numbers or self._lines or not _NUMBERS.match(line):
            raise ProtocolError(f"The server sent a line of more than {length >> 10} KiB; the connection was dropped.")

    def _end_line(self, line: bytes) -> None:
        if not self._lines:
            if not line:
                return
            self._is_text = _TEXT.match(line) is not None
        if line[-1:] == b"}" and not self._is_text:
            spec = _LITERAL.search(line, line.rfind(b"{"))
            if spec:
                self._begin_literal(line, int(spec[1]))
                return
        if self._lines:
            self._check_response(len(line))
            self._lines.append(line)
            text, literals = b"".join(self._lines), self._literals
            self._lines, self._literals, self._held, self._written = [], [], 0, 0
            self._deliver(Frame(text, literals))
        else:
            self._deliver(Frame(line, []))

    def _begin_literal(self, line: bytes, size: int) -> None:
        limits = self._limits
        self._check_response(len(line))
        self._held += len(line)
        spooled = size > limits.memory and _FETCH.match(self._lines[0] if self._lines else line) is not None
        if size > limits.literal or (size > limits.memory and not spooled):
            raise ProtocolError(f"The server announced {size} octets at once; the connection was dropped.")
        if not spooled:
            self._held += size
        if self._held > limits.response or len(self._literals) >= limits.literals:
            raise ProtocolError("The server sent a response beyond every limit; the connection was dropped.")
        self._lines.append(line + b"\n")
        if not size:
            self._literals.append(b"")
            return
        self._need = size
        if spooled:
            self._sink = self._open_sink(size)

    def _check_response(self, length: int) -> None:
        self._written += length
        if self._written > self._limits.line:
            raise ProtocolError("The server sent a response beyond every limit; the connection was dropped.")

    def _literal(self, data: bytes, at: int) -> int:
        piece = data[at : at + self._need]
        at += len(piece)
        self._need -= len(piece)
        if self._sink is not None:
            self._sink.write(piece)
            if not self._need:
                self._literals.append(self._sink.finish())
                self._sink = None
        elif self._memory is not None:
            self._memory += piece
            if not self._need:
                self._literals.append(bytes(self._memory))
                self._memory = None
        elif self._need:
            self._memory = bytearray(piece)
        else:
            self._literals.append(piece)
        return at
