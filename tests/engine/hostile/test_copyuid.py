"""What a server says of new UIDs (COPYUID, APPENDUID) is believed only where it can be true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.hostile.conftest import beset
from tests.engine.hostile.server import Box, Hostile, Said, mail, running
from tests.engine.imap.scripted import Scripted, scripted
from tui.engine.commands import DeleteForever, Move
from tui.engine.imap.session import open_session

SAID: dict[str, tuple[bytes, dict[int, int] | None]] = {
    "honest": (b"7 1:3 11:13", {1: 11, 2: 12, 3: 13}),
    "ranges backwards": (b"7 3:1 13:11", {1: 11, 2: 12, 3: 13}),
    "sets in another order": (b"7 3,1:2 20,4:5", {3: 20, 1: 4, 2: 5}),
    "fewer than asked": (b"7 1 11", {1: 11}),
    "another UIDVALIDITY": (b"8 1:3 11:13", None),
    "UIDVALIDITY 0": (b"0 1:3 11:13", None),
    "too few targets": (b"7 1:3 11:12", None),
    "too many targets": (b"7 1:3 1:4294967295", None),
    "messages never asked for": (b"7 1:4 11:14", None),
    "one target for all": (b"7 1,2,3 11,11,11", None),
    "UID 0": (b"7 1:3 0:2", None),
    "a star": (b"7 1:3 11:*", None),
    "words": (b"x y z", None),
    "half of it": (b"7 1:3", None),
}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("verb", [b"UID MOVE", b"UID COPY"])
async def test_R32_copyuid_is_believed_where_it_can_be_true(tmp_path: Path, verb: bytes, name: str) -> None:
    said, believed = SAID[name]
    answer = b"* OK [COPYUID " + said + b"] done\r\n%TAG% OK done\r\n"
    async with scripted(Scripted({verb: answer})) as server:
        session = await open_session(server.server, "ann", "x", spool=tmp_path)
        await session.select("INBOX")
        act = session.move if verb == b"UID MOVE" else session.copy
        assert await act([1, 2, 3], "Archive", 7) == believed
        await session.close()


@pytest.mark.parametrize(
    ("said", "believed"), [(b"7 5", 5), (b"8 5", None), (b"7 0", None), (b"7", None), (b"x", None)]
)
async def test_R4_appenduid_is_believed_where_it_can_be_true(tmp_path: Path, said: bytes, believed: int | None) -> None:
    async with scripted(Scripted({b"APPEND": b"%TAG% OK [APPENDUID " + said + b"] done\r\n"})) as server:
        session = await open_session(server.server, "ann", "x", spool=tmp_path)
        assert await session.append("Sent", mail(1), validity=7) == believed
        await session.close()


@pytest.mark.parametrize("offered", ["MOVE ", ""])
async def test_R33_a_lying_copyuid_costs_no_other_message(home: Path, offered: str) -> None:
    """It names the UID of a message that lay in the target before: that one is neither taken for ours nor deleted."""
    async with running(Hostile(mails=2)) as server, beset(server) as d:
        server.offered = server.offered.replace("MOVE ", offered)
        server.boxes[b"Work"] = Box()
        server.boxes[b"Work"].add(mail(50))
        await d.sync()

        def stranger(said: Said) -> bytes:
            return said.honest.replace(b"[COPYUID 7 1 2]", b"[COPYUID 7 1 1]")

        server.lies.update({"UID MOVE": stranger, "UID COPY": stranger})
        await d.do(Move([d.id("Mail 0")], d.folder("Work").id))
        await d.sync()
        assert d.subjects("Work") == ["Mail 0", "Mail 50"]
        assert sorted(server.boxes[b"Work"].mails) == [1, 2]
        await d.do(DeleteForever([d.id("Mail 0")]))
        await d.sync()
        assert [held.raw for held in server.boxes[b"Work"].mails.values()] == [mail(50)]
        assert (d.subjects("Work"), d.row("Mail 50").on_server) == (["Mail 50"], True)
        assert d.open_operations() == []
