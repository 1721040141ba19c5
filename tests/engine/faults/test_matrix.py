"""R36: whatever line is cut and whenever the process dies, everything happens once, in the right place.

Some of the cells try a sixtieth of their faults here, chosen evenly; ``DEALDESK_FAULTS=1`` tries them all one
after another, and ``python -m tests.engine.faults`` does that side by side and prints the counts.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.faults.field import Field, Lines
from tests.engine.faults.matrix import CELLS, HOWS, Cell, faults, run
from tests.engine.faults.places import Fault, alike, octets
from tests.engine.faults.works import OTHERS, WORKS
from tests.servers.dialogue import Piece, Trap

ONE_IN = int(os.environ.get("DEALDESK_FAULTS", "60"))
QUICK = [cell for cell in CELLS if cell.server == "dovecot" and not cell.how][::8]
CHOSEN = (
    CELLS
    if "DEALDESK_FAULTS" in os.environ
    else (*QUICK, Cell("full", "move", how="listening"), Cell("full", "first sync", how="beside"))
)


@pytest.mark.timeout(180 if ONE_IN > 10 else 3600)
@pytest.mark.parametrize("cell", CHOSEN, ids=str)
async def test_R36_a_fault_at_any_line_loses_nothing_and_doubles_nothing(
    cell: Cell, tmp_path: Path, mailbox: Mailbox
) -> None:
    tally = await run(cell, tmp_path, (CELLS.index(cell) * 37 % ONE_IN, ONE_IN))
    assert tally.cuts + tally.kills > 0
    assert not tally.wrong, "\n".join(tally.wrong)


async def test_the_faults_of_a_cell_are_at_every_line_each_way_and_before_every_commit(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    with Lines.open(mailbox.server) as lines:
        prepared = await Field.prepare("move", mailbox, tmp_path / "home", lines)
        imap, _ = await (await prepared.copy(1)).listened()
        found = await faults(Cell("full", "move"), prepared)
    assert any(b"UID MOVE" in piece.raw for piece in imap.pieces)
    lost = {(fault.trap.way, fault.trap.number) for fault in found if fault.trap and fault.trap.how == "lose"}
    begun = next(at for at, piece in enumerate(imap.pieces) if b" SELECT " in piece.raw)
    assert lost == {(piece.way, piece.number) for piece in imap.pieces[begun:]}
    halved = [fault for fault in found if fault.trap and fault.trap.how == "half"]
    assert len(halved) >= sum(piece.way == "up" for piece in imap.pieces[begun:])
    assert {fault.trap.how for fault in found if fault.trap} == {"lose", "half", "silent", "deaf", "stall"}
    assert sum(fault.commit > 0 for fault in found) >= 5


def test_every_way_to_break_a_line_is_tried_on_some_cell() -> None:
    """At a line, after any octet, slow and narrow, silent both ways or one; also listening, and on two connections."""
    assert {cell.how for cell in CELLS} == HOWS.keys()
    assert {cell.server for cell in CELLS} == {"dovecot", *OTHERS}
    assert {cell.work for cell in CELLS} == WORKS.keys()
    piece = Piece("up", 3, b"ABCD1 UID MOVE 1 Projects\r\n")
    assert [fault.trap.keep for fault in octets([piece]) if fault.trap] == [*range(len(piece.raw) + 1)]
    assert {fault.trap.how for fault in alike([piece]) if fault.trap} == {"lose", "half", "silent", "deaf", "stall"}


async def test_a_verdict_sees_what_was_lost_and_what_was_doubled(mailbox: Mailbox, tmp_path: Path) -> None:
    with Lines.open(mailbox.server) as lines:
        prepared = await Field.prepare("move", mailbox, tmp_path / "home", lines)
        lost, doubled = await prepared.copy(1), await prepared.copy(2)
        assert await lost.come_to_rest() == ([], False)
        with lost.mailbox.client() as client:
            client.select("Projects")
            client.store("1", "+FLAGS", r"(\Deleted)")
            client.expunge()
        wrong, _ = await lost.come_to_rest()
        assert any(line.startswith("LOST") for line in wrong)
        with doubled.mailbox.client() as client:
            client.select("INBOX")
            client.copy("2", "Projects")
        wrong, _ = await doubled.come_to_rest()
        assert any(line.startswith("DOUBLED") for line in wrong)


@pytest.mark.parametrize("how", ["silent", "deaf"])
@pytest.mark.parametrize("way", ["up", "down"])
async def test_R36_a_line_that_goes_silent_is_given_up_and_the_move_happens_once(
    mailbox: Mailbox, tmp_path: Path, how: str, way: str
) -> None:
    with Lines.open(mailbox.server) as lines:
        prepared = await Field.prepare("move", mailbox, tmp_path / "home", lines)
        imap, _ = await (await prepared.copy(1)).listened()
        moving = next(at for at, piece in enumerate(imap.pieces) if b"UID MOVE" in piece.raw)
        at = next(piece for piece in imap.pieces[moving:] if piece.way == way)
        trial = await prepared.copy(2)
        said, _ = trial.lines.listen(Trap.at(at, how))  # type: ignore[arg-type]
        async with trial.opened(stall=0.3) as engine:
            [report] = await engine.sync()
        assert said.sprung.is_set()
        assert "has said nothing for" in report.error
        assert await trial.come_to_rest() == ([], False)


def test_a_fault_says_what_it_is() -> None:
    assert str(Fault(Trap("up", 3, "lose"), says="X")) == "lost: up 3 X"
    assert str(Fault(commit=2)) == "killed before commit 2"
