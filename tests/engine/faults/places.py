"""The places of faults, found in what was said in an undisturbed run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.servers.dialogue import How, Piece, Trap

_OPENING = re.compile(rb" (SELECT|CREATE|RENAME) ")
_TAGGED = re.compile(rb"[A-Z]{4}\d+ ")
_CHANGING = re.compile(
    rb" (APPEND|UID MOVE|UID COPY|UID STORE|UID EXPUNGE|EXPUNGE|CREATE|RENAME|DELETE|SUBSCRIBE) |^(MAIL|RCPT|DATA|\.\r)"
)
EVERY = 40
"""Inside a literal only each so many-th octet is a place of its own."""
MAILS = 33
"""Of many mails that come only each so many-th line is a place of its own."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong where: a cut at a ``trap``, a process ``killed`` there, or killed before a ``commit``."""

    trap: Trap | None = None
    killed: bool = False
    commit: int = 0
    says: str = ""

    @property
    def kills(self) -> bool:
        """Whether a process dies."""
        return self.killed or self.trap is None

    def __str__(self) -> str:
        if self.trap is None:
            return f"killed before commit {self.commit}"
        words = {"lose": "lost", "half": "halved", "part": f"cut after {self.trap.keep}"}
        how = "killed while held" if self.killed else words.get(self.trap.how, self.trap.how)
        return f"{how}: {self.trap.way} {self.trap.number} {self.says}"


def own(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Leave out the login and the list of folders, which every work begins with; ``flag`` alone is cut there."""
    opening = (at for at, piece in enumerate(pieces) if piece.way == "up" and _OPENING.search(piece.raw))
    return pieces[next(opening, 0) :]


def lines(pieces: Sequence[Piece], *, silences: bool) -> Iterator[Fault]:
    """Each line lost; each command and each end of an answer halved, and the process killed there.

    Args:
        silences: a line that is silent in one direction, and one that is held back for a while, too.
    """
    for piece in pieces:
        yield Fault(Trap.at(piece, "lose"), says=_says(piece))
        if _weighs(piece):
            yield Fault(Trap.at(piece, "half"), says=_says(piece))
            yield Fault(Trap.at(piece, "silent"), killed=True, says=_says(piece))
            if silences:
                yield from (Fault(Trap.at(piece, how), says=_says(piece)) for how in ("deaf", "stall"))


def alike(pieces: Sequence[Piece]) -> Iterator[Fault]:
    """The same where several connections speak at once: one place for all lines that look alike."""
    for piece in {(piece.way, piece.shape): piece for piece in reversed(pieces)}.values():
        news = piece.way == "down" and piece.raw.startswith((b"* ", b"+ "))
        hows: tuple[How, ...] = ("lose", "half", "silent", "deaf", "stall") if _weighs(piece) else ("lose",)
        for how in (*hows, *(("silent", "deaf") if news and not _weighs(piece) else ())):
            yield Fault(Trap(piece.way, 0, how, shape=piece.shape), says=_says(piece))
        if _weighs(piece) or news:
            yield Fault(Trap(piece.way, 0, "silent", shape=piece.shape), killed=True, says=_says(piece))


def changing(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Only the commands that change something on the server, and their answers."""
    changes = False
    for piece in pieces:
        if piece.way == "up" and piece.kind == "line":
            changes = _CHANGING.search(piece.raw) is not None
        if changes:
            yield piece


def thinned(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Of all the mails that come only each so many-th."""
    mails = itertools.count()
    for piece in pieces:
        if (piece.kind != "literal" and piece.shape != b"* FETCH") or next(mails) % MAILS == 0:
            yield piece


def octets(pieces: Sequence[Piece]) -> Iterator[Fault]:
    """Cut after each octet of what changes the server, and of its answers."""
    for piece in changing(pieces):
        for keep in range(0, len(piece.raw) + 1, 1 if piece.kind == "line" else EVERY):
            yield Fault(Trap.at(piece, "part", keep=keep), says=_says(piece))


def _weighs(piece: Piece) -> bool:
    """Whether it is a command, or an answer that something follows from."""
    return piece.way == "up" or piece.kind == "literal" or _TAGGED.match(piece.raw) is not None


def _says(piece: Piece) -> str:
    return piece.raw[:60].decode("ascii", "replace").strip()
