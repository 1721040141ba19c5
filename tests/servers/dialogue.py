"""The lines that go through a proxy, one by one: recorded, and lost, halved or held where a trap lies.

A line is what ends in CR LF; an IMAP literal and the text of an SMTP message are pieces of their own.

    proxy.listen_in(Dialogue("imap"))                            # an undisturbed run
    for piece in proxy.dialogue.pieces:
        proxy.listen_in(Dialogue("imap", Trap.at(piece, "lose")))
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["up", "down"]
How = Literal["lose", "half", "silent", "deaf", "answer"]
_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}\r\n$")


@dataclass(frozen=True)
class Piece:
    """One line, literal or message text.

    Args:
        way: "up" from client to server, "down" back.
        number: counts the pieces of that way, on all connections, from 0.
        raw: its octets, line end included.
        kind: "line", "literal" or "text".
    """

    way: Direction
    number: int
    raw: bytes
    kind: str = "line"


@dataclass(frozen=True)
class Trap:
    """What happens to one piece.

    Args:
        way, number: which.
        how: "lose" resets the connection before the piece goes on, "half" after its first half; "silent" swallows it
            and everything behind it, both ways, and keeps the connection open, as a line does whose router has died;
            "deaf" swallows this way alone; "answer" keeps a command from the server and answers it with ``words``.
        words: what the client hears instead, behind the command's tag in IMAP, unless they begin with a star.
    """

    way: Direction
    number: int
    how: How
    words: bytes = b""

    @classmethod
    def at(cls, piece: Piece, how: How, words: bytes = b"") -> Trap:
        """Return a trap at the place of a recorded piece."""
        return cls(piece.way, piece.number, how, words)

    def answer(self, command: bytes, protocol: str) -> bytes:
        """Return the line that answers a command."""
        tagged = protocol == "imap" and not self.words.startswith(b"*")
        return (command.split()[0] + b" " if tagged else b"") + self.words + b"\r\n"


@dataclass
class Dialogue:
    """What is said on all connections of a proxy from now on.

    Attributes:
        protocol: "imap" or "smtp".
        trap: what is to happen where; None lets everything through.
        hide: is cut out of every line that comes down, such as the COPYUID of a server that has no UIDPLUS.
        pieces: what went through, in order.
        sprung: set when the trap was reached.
    """

    protocol: Literal["imap", "smtp"]
    trap: Trap | None = None
    hide: re.Pattern[bytes] | None = None
    pieces: list[Piece] = field(default_factory=list)
    sprung: threading.Event = field(default_factory=threading.Event)
    _counts: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})

    def take(self, way: Direction, raw: bytes, kind: str) -> How | None:
        """Note a piece; return what is to happen to it, None to let it through."""
        number = self._counts[way]
        self._counts[way] += 1
        self.pieces.append(Piece(way, number, raw, kind))
        if self.trap is None or (self.trap.way, self.trap.number) != (way, number):
            return None
        self.sprung.set()
        return self.trap.how


class Line:
    """One connection's share of a dialogue: cuts both ways into pieces and knows which of them is swallowed."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.silent: set[Direction] = set()
        self.back = b""
        """What goes back to the client instead of on to the server, until it is taken."""
        self._held: dict[Direction, bytes] = {"up": b"", "down": b""}
        self._need = {"up": 0, "down": 0}
        self._text = False

    def feed(self, way: Direction, data: bytes) -> tuple[bytes, bool]:
        """Take what came one way; return what goes on, and whether the connection is reset behind it."""
        self._held[way] += data
        out = bytearray()
        while (found := self._piece(way)) is not None:
            raw, kind = found
            if way == "down" and kind == "line" and self.dialogue.hide is not None:
                raw = self.dialogue.hide.sub(b"", raw)
            how = self.dialogue.take(way, raw, kind)
            if how in ("lose", "half"):
                return bytes(out + (raw[: len(raw) // 2] if how == "half" else b"")), True
            if how == "answer" and self.dialogue.trap is not None:
                self.back += self.dialogue.trap.answer(raw, self.dialogue.protocol)
                continue
            if how is not None:
                self.silent |= {"up", "down"} if how == "silent" else {way}
            if way not in self.silent:
                out += raw
        return bytes(out), False

    def rest(self, way: Direction) -> bytes:
        """Return what came without a line end before the end of the connection."""
        left, self._held[way] = self._held[way], b""
        return b"" if way in self.silent else left

    def _piece(self, way: Direction) -> tuple[bytes, str] | None:
        held = self._held[way]
        if self._need[way]:
            end, kind = self._need[way], "literal"
            if len(held) < end:
                return None
            self._need[way] = 0
        elif way == "up" and self._text and held != b".\r\n":
            end, kind = held.find(b"\r\n.\r\n") + 2, "text"
        else:
            end, kind = held.find(b"\r\n") + 2, "line"
            if end >= 2 and held[:end] == b".\r\n":
                self._text = False
        if end < 2 and kind != "literal":
            return None
        raw, self._held[way] = held[:end], held[end:]
        if kind == "line":
            self._note(way, raw)
        return raw, kind

    def _note(self, way: Direction, raw: bytes) -> None:
        size = _LITERAL.search(raw) if self.dialogue.protocol == "imap" else None
        if size is not None:
            self._need[way] = int(size[1])
        elif self.dialogue.protocol == "smtp" and way == "down" and raw.startswith(b"354"):
            self._text = True
