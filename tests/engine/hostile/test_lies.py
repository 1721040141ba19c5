"""Whatever a server says: memory stays bounded, its account says what is wrong, the neighbour goes on, nothing is lost.

Each lie is told in one pass in which a new message waits on the server. In the next pass the server is honest again,
and then everything must be here exactly once.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.hostile.conftest import BAD, HONEST, Siege
from tests.engine.hostile.lies import FATAL, HARMLESS, NUMBERS, RENUMBERING
from tests.engine.hostile.server import Lie, Pieces, Said, mail

NEW = "Mail 6"


async def lied(siege: Siege, verb: str, lie: Lie) -> dict[str, Any]:
    """Do one pass with the lie and one without; return what the first one left."""
    box = siege.server.boxes[b"INBOX"]
    box.add(mail(6))
    if verb == "UID SEARCH":
        box.uidnext += 1  # what came and went: the counts alone don't tell which UIDs are there
    siege.server.lies[verb] = lie
    during = await siege.sync()
    siege.server.lies.clear()
    assert set(HONEST) <= set(during["subjects"])
    after = await siege.sync()
    assert after["errors"][BAD] == ""
    mine = [subject for subject in after["subjects"] if subject != "Neighbour"]
    assert mine == [*HONEST, NEW]
    assert len(after["subjects"]) == len(mine) + 3
    proofs = await siege.victim.ask("verify", account=siege.account)
    assert [proof for proof in proofs if proof[0] == "INBOX"] == [("INBOX", 7, 7, True, "")]
    return during


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_lie_costs_nothing(siege: Siege, name: str) -> None:
    """R42, R43: what can't be true is skipped and the pass goes on."""
    during = await lied(siege, *HARMLESS[name])
    assert during["errors"][BAD] == ""


@pytest.mark.parametrize("name", FATAL)
async def test_a_lie_is_an_error_of_one_account(siege: Siege, name: str) -> None:
    """What breaks a bound is said in one sentence, and the next pass is whole again."""
    during = await lied(siege, *FATAL[name])
    assert during["errors"][BAD] != ""


@pytest.mark.parametrize("name", {**NUMBERS, **RENUMBERING})
async def test_a_lie_is_survived(siege: Siege, name: str) -> None:
    await lied(siege, *{**NUMBERS, **RENUMBERING}[name])


async def test_a_hundred_thousand_folders_are_bounded(siege: Siege) -> None:
    """More than the flood allowed here ends the pass, and no folder is taken for gone."""

    def many(said: Said) -> bytes:
        return said.untagged + b"".join(b'* LIST (\\Noselect) "/" f%d\r\n' % at for at in range(100_000)) + said.tagged

    siege.server.lies["LIST"] = many
    got = await siege.sync()
    assert "without end" in got["errors"][BAD]
    assert got["gone"] == 0


async def test_headers_of_a_megabyte_are_bounded(siege: Siege) -> None:
    """What one window of headers takes is bounded; the rest comes in the next passes, none is lost."""
    flood = b", ".join(b"a%d@flood.example" % at for at in range(9_000))
    for at in range(20):
        raw = mail(100 + at)
        siege.server.boxes[b"INBOX"].add(raw.replace(b"\r\nSubject:", b"\r\nCc: " + flood + b"\r\nSubject:", 1))
    for _ in range(9):
        got = await siege.sync()
        assert got["errors"][BAD] == ""
        if len(got["subjects"]) >= 20 + len(HONEST):
            break
    assert {f"Mail {100 + at}" for at in range(20)} <= set(got["subjects"])


async def test_R38_more_changes_than_one_answer_may_hold_are_compared(siege: Siege) -> None:
    """An honest server may have more to tell than a connection takes: the folder is synced without QRESYNC then."""
    box = siege.server.boxes[b"INBOX"]
    changes = b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen) MODSEQ (9))\r\n" % (at, at) for at in range(1, 1000))

    def much(said: Said) -> Pieces:
        return (changes for _ in range(80)) if b"QRESYNC (" in said.line else said.honest

    siege.server.lies["SELECT"] = much
    box.add(mail(6))
    box.mails[1].flags.add(b"\\Flagged")
    first = await siege.sync()
    assert "without end" in first["errors"][BAD]
    second = await siege.sync()
    assert second["errors"][BAD] == ""
    assert second["flagged"] == ["Mail 0"]
    assert NEW in second["subjects"]
