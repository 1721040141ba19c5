"""The matrix: a fault at each line of each work's dialogue with each kind of server, and what it came to."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.conftest import fresh_user
from tests.engine.faults import places, victim
from tests.engine.faults.field import Field, Lines, do
from tests.engine.faults.listening import ARRIVED, hurried, listen, settled
from tests.engine.faults.places import Fault
from tests.engine.faults.works import KINDS, MORE, NEWS, OTHERS, WORKS, server_of
from tests.servers.dialogue import Dialogue, Piece
from tests.servers.mailserver import in_memory
from tui.engine.core import Engine

DELAY_MS, OCTETS_A_SECOND = 10.0, 20_000.0
"""A slow line: each way so much later, and half as wide as one of 40 kB a second."""
CHANCES = 3
"""How often a fault is tried whose place chance passes by."""
RENEWED = 10.0
"""Seconds within which IDLE is renewed for sure: it is each second."""
SHORT = 1.0
"""Seconds after which a silent server is given up, where silence is what is tried."""


HOWS = {
    "": "",
    "listening": ", listening",
    "octets": ", octet by octet",
    "slow": " over a slow line",
    "beside": " on two connections",
}
"""How the faults of a cell are tried, and how it is said."""


@dataclass(frozen=True)
class Cell:
    """One work with one kind of server.

    Args:
        named: the message has a Message-ID.
        how: "" cuts at each line of one pass; "listening" does it while the account is in push mode; "octets" cuts
            after each octet of what changes the server; "slow" does the first over a slow, narrow line; "beside" cuts
            a first sync with a second connection.
    """

    kind: str
    work: str
    named: bool = True
    how: str = ""

    def __str__(self) -> str:
        return f"{self.kind} | {self.work}{'' if self.named else ' without Message-ID'}{HOWS[self.how]}"

    @property
    def server(self) -> str:
        """Which program serves it."""
        return self.kind if self.kind in OTHERS else "dovecot"


def _cells() -> Iterator[Cell]:
    """A message of ours always has a Message-ID, and its SMTP line knows nothing of the IMAP server."""
    everything = [work for work in WORKS.values() if work.command is not None]
    for kind in KINDS:
        for work in everything:
            if (work.name == "send" and kind != "full") or (
                work.of_folders and kind.startswith("no ") and "," not in kind
            ):
                continue
            yield from (
                Cell(kind, work.name, named) for named in (True, False) if named or not (work.sends or work.of_folders)
            )
    for kind in OTHERS:
        yield from (Cell(kind, work.name) for work in everything if work.name not in ("send", "copy", "archive"))
        yield Cell(kind, "move", named=False)
    yield from (Cell("full", work, how="listening") for work in LISTENING)
    yield from (Cell(kind, "move", how="listening") for kind in ("bare", *OTHERS))
    yield from (
        Cell("full", work, how="octets") for work in ("send", "append", "move", "delete forever", "rename folder")
    )
    yield from (Cell("full", work, how="slow") for work in ("move", "append"))
    yield from (Cell(kind, "first sync", how="beside") for kind in ("full", "bare"))


LISTENING = ("hear", "append", "move", "delete forever", "flag", "restore", "rename folder", "delete folder")
CELLS = tuple(_cells())


@dataclass
class Tally:
    """What trials came to; ``missed`` are the faults whose place chance passed by each time: they never happened."""

    cuts: int = 0
    kills: int = 0
    asked: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another tally too."""
        self.cuts += other.cuts
        self.kills += other.kills
        self.asked += other.asked
        self.missed += other.missed
        self.wrong += other.wrong

    def __str__(self) -> str:
        lost, doubled = (sum(word in line for line in self.wrong) for word in ("LOST", "DOUBLED"))
        other = len(self.wrong) - lost - doubled
        return (
            f"cuts tried {self.cuts}, kills tried {self.kills}, lost {lost}, doubled {doubled},"
            f" other faults {other}, asked {self.asked}, missed {self.missed}"
        )


class Missed(Exception):
    """Several connections spoke at once, and what was to be disturbed didn't happen this time."""


async def run(cell: Cell, folder: Path, share: tuple[int, int] = (0, 1)) -> Tally:
    """Try the faults of a cell.

    Args:
        folder: an empty one for the homes.
        share: (which, of how many): only every n-th fault, from this one on.
    """
    tally = Tally()
    uidplus = "UIDPLUS" in str(KINDS.get(cell.kind, {}).get("capability", "UIDPLUS"))
    with server_of(cell.kind) as mailbox, Lines.open(mailbox.server, uidplus=uidplus) as lines:
        home = folder / f"home-{fresh_user()}"
        done = cell.how != "listening"
        prepared = await Field.prepare(cell.work, mailbox, home, lines, named=cell.named, done=done)
        if cell.how == "slow":
            for way in (lines.imap.up, lines.imap.down):
                way.delay_ms, way.bytes_per_second = DELAY_MS, OCTETS_A_SECOND
        for number, fault in enumerate(await faults(cell, prepared)):
            if number % share[1] != share[0]:
                continue
            for _ in range(CHANCES):
                if (ended := await _trial(prepared, number, fault)) is not None:
                    wrong = [f"{cell} | {fault} | {one}" for one in ended[0]]
                    tally.add(Tally(not fault.kills, fault.kills, ended[1], wrong=wrong))
                    break
            else:
                tally.missed += 1
        prepared.forget()
    return tally


def alone(cell: Cell, share: tuple[int, int]) -> tuple[Cell, Tally, float]:
    """Try the faults of one cell, on servers that are kept for the next; return the seconds that it took too."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dd-faults-", dir=in_memory()) as folder:
        try:
            tally = asyncio.run(run(cell, Path(folder), share))
        except (Exception, pytest.skip.Exception) as error:
            tally = Tally(wrong=[f"{cell} | undisturbed | {type(error).__name__}: {error}"])
    return cell, tally, time.monotonic() - began


async def faults(cell: Cell, prepared: Field) -> list[Fault]:
    """Find the faults to try by listening to an undisturbed run."""
    trial = await prepared.copy(-1)
    try:
        if cell.how == "listening":
            pieces, commits = await _overhear(trial, from_the_start=cell.work == "hear")
            wrong, _ = await trial.come_to_rest({NEWS: "INBOX"})
            found = list(places.alike(pieces))
        else:
            process, line = victim.start(trial.home)
            dialogues = trial.lines.listen()
            said = await asyncio.to_thread(line.recv)
            victim.kill(process, line)
            wrong, _ = await trial.come_to_rest()
            pieces, commits = dialogues[cell.work == "send"].pieces, int(said.split()[1])
            pieces = pieces if cell.work in ("send", "flag") else places.own(pieces)
            if cell.kind in OTHERS:
                # What only looks was tried on Dovecot; these servers are slow, and differ in what they do.
                pieces = list(places.changing(pieces))
            if cell.how == "octets":
                return list(places.octets(pieces))
            if cell.how == "beside":
                assert any(piece.shape in (b"LOGIN", b"AUTHENTICATE") for piece in pieces), "no second connection came"
                pieces = list(places.thinned(pieces))
            found = list(places.lines(pieces, silences=cell.kind == "full"))
    finally:
        trial.forget()
    assert not wrong, f"{cell}, undisturbed: {wrong}"
    return [*found, *(Fault(commit=number) for number in range(1, commits + 1))]


async def _trial(prepared: Field, number: int, fault: Fault) -> tuple[list[str], bool] | None:
    """Try one fault on a copy of everything; return what is wrong and whether a person is asked, None if it missed."""
    trial = await prepared.copy(number)
    try:
        return await (_try if prepared.done else _try_listening)(trial, fault)
    except Missed:
        return None
    except Exception as error:
        return [f"{type(error).__name__}: {error}"], False
    finally:
        trial.forget()


async def _try(trial: Field, fault: Fault) -> tuple[list[str], bool]:
    smtp = trial.work.name == "send"
    imap_said, smtp_said = trial.lines.listen(None if smtp else fault.trap, fault.trap if smtp else None)
    dialogue = smtp_said if smtp else imap_said
    if fault.kills:
        reached = await asyncio.to_thread(_kill, trial, fault, dialogue)
    else:
        deaf = fault.trap is not None and fault.trap.how == "deaf"
        async with trial.opened(**({"stall": SHORT} if deaf else {})) as engine:
            await engine.sync()
        reached = dialogue.sprung.is_set()
    if not reached:
        if trial.work.fillers:
            raise Missed
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


async def _overhear(trial: Field, *, from_the_start: bool) -> tuple[list[Piece], int]:
    """Let an account listen undisturbed; return what was said from when it listened, and the number of commits."""
    said, _ = trial.lines.listen()
    process, line = victim.start(trial.home, listens=trial.work.name)
    try:
        assert await _told(line) == "listens"
        if not from_the_start:
            said.arm(None)
        await asyncio.to_thread(trial.arrives, NEWS)
        line.send("go")
        assert await _told(line) == "did"
        commits = int((await _told(line)).split()[1])
        # IDLE is renewed once more, so that its end and its beginning are among what was heard.
        await asyncio.to_thread(_renewed, said)
        return list(said.pieces), commits
    finally:
        victim.kill(process, line)


async def _try_listening(trial: Field, fault: Fault) -> tuple[list[str], bool]:
    """Do the work while the account listens and mail arrives; after a fault it must mend itself and go on."""
    from_the_start = trial.work.name == "hear"
    said, _ = trial.lines.listen(fault.trap if from_the_start else None)
    if fault.kills:
        await _kill_listening(trial, fault, said)
        return await trial.come_to_rest({NEWS: "INBOX"})
    async with trial.opened() as engine:
        with hurried():
            await _live(trial, fault, said, engine, from_the_start)
    return await trial.come_to_rest(ARRIVED)


async def _live(trial: Field, fault: Fault, said: Dialogue, engine: Engine, armed: bool) -> None:
    """Listen, do the work while mail arrives, and hear of more once the fault is over; ``armed``: the trap lies."""
    await listen(engine)
    if not armed:
        said.arm(fault.trap)
    await asyncio.gather(asyncio.to_thread(trial.arrives, NEWS), do(engine, trial.work.name))
    await settled(engine, NEWS)
    await _sprung(said)
    await asyncio.to_thread(trial.arrives, MORE)
    await settled(engine, NEWS, MORE)


async def _sprung(said: Dialogue) -> None:
    """Return once the fault has happened: while everything is at rest IDLE is still renewed each second."""
    if not await asyncio.to_thread(said.sprung.wait, RENEWED):
        raise Missed


async def _kill_listening(trial: Field, fault: Fault, said: Dialogue) -> None:
    process, line = victim.start(trial.home, fault.commit, trial.work.name)
    try:
        if trial.work.name == "hear" and fault.trap is not None:
            # The trap lies from the first line on, so that it may never come to listening.
            await asyncio.to_thread(trial.arrives, NEWS)
            if not await asyncio.to_thread(said.sprung.wait, RENEWED):
                assert await _told(line) == "listens"
                line.send("go")
                await _sprung(said)
            return
        assert await _told(line) == "listens"
        said.arm(fault.trap)
        await asyncio.to_thread(trial.arrives, NEWS)
        line.send("go")
        assert await _told(line) == "did"
        if fault.trap is None:
            # Fewer commits than the last time are chance: then it is killed while it listens at rest.
            assert await _told(line)
        else:
            await _sprung(said)
    finally:
        victim.kill(process, line)


async def _told(line: Connection) -> str:
    """Return what a victim says, "" where it says nothing more in time."""
    if not await asyncio.to_thread(line.poll, victim.SECONDS):
        return ""
    return str(line.recv())


def _renewed(said: Dialogue) -> None:
    """Return once the account has begun to wait for news twice more."""

    def begun(pieces: Sequence[Piece]) -> int:
        return sum(piece.way == "up" and piece.shape.startswith((b"IDLE", b"NOOP")) for piece in pieces)

    before = begun(list(said.pieces))
    said.wait_for(lambda pieces: begun(pieces) >= before + 2, victim.SECONDS)
