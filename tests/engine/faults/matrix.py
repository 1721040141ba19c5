"""The matrix: a fault at each line of each work's dialogue with each kind of server, and what it came to."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import fresh_user
from tests.engine.faults import victim
from tests.engine.faults.field import Field, Lines
from tests.engine.faults.works import KINDS, WORKS
from tests.servers.dialogue import Dialogue, Piece, Trap
from tests.servers.kinds import server, stop_servers

_OPENING = re.compile(rb" (SELECT|CREATE) ")
_TAGGED = re.compile(rb"[A-Z]{4}\d+ ")


@dataclass(frozen=True)
class Cell:
    """One work with one kind of server; ``named``: the message has a Message-ID."""

    kind: str
    work: str
    named: bool = True

    def __str__(self) -> str:
        return f"{self.kind} | {self.work}{'' if self.named else ' without Message-ID'}"


CELLS = tuple(
    Cell(kind, work, named)
    for kind in KINDS
    for work in WORKS
    for named in (True, False)
    if (named or not WORKS[work].sends) and (work != "send" or kind == "full")
)
"""A message of ours always has a Message-ID, and its SMTP line knows nothing of the IMAP server."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong where: a cut at a ``trap``, a process ``killed`` there, or killed before a ``commit``."""

    trap: Trap | None = None
    killed: bool = False
    commit: int = 0
    says: str = ""

    def __str__(self) -> str:
        if self.trap is None:
            return f"killed before commit {self.commit}"
        how = (
            "killed while held" if self.killed else {"lose": "lost", "half": "halved"}.get(self.trap.how, self.trap.how)
        )
        return f"{how}: {self.trap.way} {self.trap.number} {self.says}"


@dataclass
class Tally:
    """What trials came to."""

    cuts: int = 0
    kills: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another tally too."""
        self.cuts += other.cuts
        self.kills += other.kills
        self.asked += other.asked
        self.wrong += other.wrong

    def __str__(self) -> str:
        lost, doubled = (sum(word in line for line in self.wrong) for word in ("LOST", "DOUBLED"))
        other = len(self.wrong) - lost - doubled
        return (
            f"cuts tried {self.cuts}, kills tried {self.kills}, lost {lost}, doubled {doubled},"
            f" other faults {other}, asked {self.asked}"
        )


async def run(cell: Cell, folder: Path, share: tuple[int, int] = (0, 1)) -> Tally:
    """Try the faults of a cell.

    Args:
        folder: an empty one for the homes.
        share: (which, of how many): only every n-th fault, from this one on.
    """
    tally = Tally()
    uidplus = "UIDPLUS" in str(KINDS[cell.kind].get("capability", "UIDPLUS"))
    with server(**KINDS[cell.kind]) as mailbox, Lines.open(mailbox.server, uidplus=uidplus) as lines:
        home = folder / f"home-{fresh_user()}"
        prepared = await Field.prepare(cell.work, mailbox, home, lines, named=cell.named)
        for number, fault in enumerate(await faults(cell, prepared)):
            if number % share[1] != share[0]:
                continue
            trial = await prepared.copy(number)
            try:
                wrong, asked = await _try(trial, fault)
            except Exception as error:
                wrong, asked = [f"{type(error).__name__}: {error}"], False
            finally:
                trial.forget()
            tally.add(Tally(not _kills(fault), _kills(fault), asked, [f"{cell} | {fault} | {one}" for one in wrong]))
        prepared.forget()
    return tally


def alone(cell: Cell, share: tuple[int, int]) -> tuple[Cell, Tally, float]:
    """Try the faults of one cell in a process of its own; return the seconds that it took too."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dd-faults-") as folder:
        try:
            tally = asyncio.run(run(cell, Path(folder), share))
        except Exception as error:
            tally = Tally(wrong=[f"{cell} | undisturbed | {type(error).__name__}: {error}"])
        finally:
            stop_servers()
    return cell, tally, time.monotonic() - began


def _kills(fault: Fault) -> bool:
    return fault.killed or fault.trap is None


async def faults(cell: Cell, prepared: Field) -> list[Fault]:
    """Find the faults to try by listening to an undisturbed pass."""
    trial = await prepared.copy(-1)
    process, line = await asyncio.to_thread(victim.start, trial.home)
    dialogues = trial.lines.listen()
    said = await asyncio.to_thread(line.recv)
    victim.kill(process, line)
    wrong, _ = await trial.come_to_rest()
    assert not wrong, f"{cell}, undisturbed: {wrong}"
    trial.forget()
    pieces = dialogues[cell.work == "send"].pieces
    found = list(_on(pieces if cell.work in ("send", "flag") else _own(pieces)))
    return [*found, *(Fault(commit=number) for number in range(1, int(said.split()[1]) + 1))]


def _own(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Leave out the login and the list of folders, which every work begins with; ``flag`` alone is cut there."""
    opening = (at for at, piece in enumerate(pieces) if piece.way == "up" and _OPENING.search(piece.raw))
    return pieces[next(opening, 0) :]


def _on(pieces: Sequence[Piece]) -> Iterator[Fault]:
    for piece in pieces:
        says = piece.raw[:60].decode("ascii", "replace").strip()
        yield Fault(Trap.at(piece, "lose"), says=says)
        answers = piece.way == "down" and (piece.kind == "literal" or _TAGGED.match(piece.raw) is not None)
        if piece.way == "up" or answers:
            yield Fault(Trap.at(piece, "half"), says=says)
            yield Fault(Trap.at(piece, "silent"), killed=True, says=says)


async def _try(trial: Field, fault: Fault) -> tuple[list[str], bool]:
    smtp = trial.work.name == "send"
    imap_said, smtp_said = trial.lines.listen(None if smtp else fault.trap, fault.trap if smtp else None)
    if _kills(fault):
        reached = await asyncio.to_thread(_kill, trial, fault, smtp_said if smtp else imap_said)
    else:
        async with trial.opened() as engine:
            await engine.sync()
        reached = (smtp_said if smtp else imap_said).sprung.is_set()
    if not reached:
        return ["the place was never reached"], False
    return await trial.come_to_rest()


def _kill(trial: Field, fault: Fault, dialogue: Dialogue) -> bool:
    process, line = victim.start(trial.home, fault.commit)
    try:
        if fault.trap is not None:
            return dialogue.sprung.wait(victim.SECONDS)
        return line.poll(victim.SECONDS) and line.recv() == "here"
    finally:
        victim.kill(process, line)
