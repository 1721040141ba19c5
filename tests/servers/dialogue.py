"""The lines that go through a proxy, one by one: recorded, and lost, halved or held where a trap lies.

A line is what ends in CR LF; an IMAP literal and the text of an SMTP message are pieces of their own.

    proxy.listen_in(Dialogue("imap"))                            # an undisturbed run
    for piece in proxy.dialogue.pieces:
        proxy.listen_in(Dialogue("imap", Trap.at(piece, "lose")))
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["up", "down"]
How = Literal["lose", "half", "part", "silent", "deaf", "stall", "answer"]
STALL = 0.2
"""Seconds that a stalled line holds everything back before it goes on."""
_TAG = re.compile(rb"^[A-Z]{4}\d+ ")
_BEGINS = re.compile(rb"\* OK \[\w+|(?:\* )?(?:\d+ )?(?:UID )?[\w+.]+(?: \w+ completed)?")
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

    @property
    def shape(self) -> bytes:
        """What it says, without tag, numbers and arguments, whichever connection it is on."""
        if self.kind != "line":
            return self.kind.encode()
        begins = _BEGINS.match(_TAG.sub(b"", self.raw))
        return re.sub(rb"\d+ ", b"", begins[0]) if begins else b""


@dataclass(frozen=True)
class Trap:
    """What happens to one piece.

    Args:
        way, number: which.
        how: "lose" resets the connection before the piece goes on, "half" after its first half, "part" after so many
            octets as ``keep`` says; "silent" swallows it and everything behind it, both ways, and keeps the connection
            open, as a line does whose router has died; "deaf" swallows this way alone; "stall" holds every connection
            back for a moment; "answer" keeps a command from the server and answers it with ``words``.
        words: what the client hears instead, behind the command's tag in IMAP, unless they begin with a star.
        keep: octets that still go on.
        shape: where it is given, ``number`` counts the pieces of that shape alone: where several connections speak at
            once, it is chance who is first.
    """

    way: Direction
    number: int
    how: How
    words: bytes = b""
    keep: int = 0
    shape: bytes = b""

    def kept(self, raw: bytes) -> bytes | None:
        """Return what of a piece goes on before the connection is reset; None where it isn't reset."""
        ends = {"lose": 0, "half": len(raw) // 2, "part": self.keep}
        return raw[: ends[self.how]] if self.how in ends else None

    @classmethod
    def at(cls, piece: Piece, how: How, words: bytes = b"", keep: int = 0) -> Trap:
        """Return a trap at the place of a recorded piece."""
        return cls(piece.way, piece.number, how, words, keep)

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
    _counts: Counter[object] = field(default_factory=Counter)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, said: Callable[[Sequence[Piece]], bool], seconds: float) -> None:
        """Wait, in a thread, until what was said fulfils a condition.

        Raises:
            TimeoutError: it did not within so many seconds.
        """
        with self._news:
            if not self._news.wait_for(lambda: said(self.pieces), seconds):
                raise TimeoutError(f"What was waited for was not said within {seconds:.0f} s.")

    def arm(self, trap: Trap | None) -> None:
        """Begin anew on the connections that there are: what was said is forgotten, and from now on a trap lies."""
        self.trap = None
        self.pieces.clear()
        self._counts.clear()
        self.trap = trap

    def take(self, way: Direction, raw: bytes, kind: str) -> Trap | None:
        """Note a piece; return the trap that it springs, None to let it through."""
        piece = Piece(way, self._counts[way], raw, kind)
        alike, shape = self._counts[way, piece.shape], piece.shape
        self._counts.update((way, (way, shape)))
        with self._news:
            self.pieces.append(piece)
            self._news.notify_all()
        trap = self.trap
        if trap is None or trap.way != way or trap.shape not in (b"", shape):
            return None
        if trap.number != (alike if trap.shape else piece.number):
            return None
        self.sprung.set()
        return trap


class Line:
    """One connection's share of a dialogue: cuts both ways into pieces and knows which of them is swallowed."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.silent: set[Direction] = set()
        self.back = b""
        """What goes back to the client instead of on to the server, until it is taken."""
        self.stalled = False
        """Whether everything is to be held back for a moment; who does that takes it back."""
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
            trap = self.dialogue.take(way, raw, kind)
            if trap is not None and (kept := trap.kept(raw)) is not None:
                return bytes(out + kept), True
            if trap is not None and trap.how == "answer":
                self.back += trap.answer(raw, self.dialogue.protocol)
                continue
            if trap is not None and trap.how == "stall":
                self.stalled = True
            elif trap is not None:
                self.silent |= {"up", "down"} if trap.how == "silent" else {way}
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
