"""A server that won't give some bodies costs only those (R42, R47); what it gave before it refused is kept."""

from __future__ import annotations

import re
from pathlib import Path

from tests.engine.hostile.conftest import beset
from tests.engine.hostile.server import Hostile, Said, running
from tui.engine.imap.uidset import UidSet
from tui.engine.sync.bodies import PIECE

COUNT, BEFORE, WORDS = 130, 20, b"this one is broken"


class Stingy:
    """Answers a FETCH of bodies that names a broken message with the first few of them and NO."""

    def __init__(self, *broken: int) -> None:
        self.broken = frozenset(broken)
        self.asked: list[list[int]] = []

    def __call__(self, said: Said) -> bytes:
        if b"BODY.PEEK[]" not in said.line:
            return said.honest
        uids = sorted(UidSet.parse(said.line.split(b" ")[3]))
        self.asked.append(uids)
        if not self.broken & set(uids):
            return said.honest
        answers = re.split(rb"(?m)^(?=\* \d+ FETCH )", said.untagged)[1:]
        kept = [a for a in answers if not any(b"(UID %d " % uid in a for uid in self.broken)]
        return b"".join(kept[:BEFORE]) + said.tag + b" NO " + WORDS + b"\r\n"


async def test_R42_a_refused_batch_keeps_what_came_and_loses_only_what_is_refused_alone(home: Path) -> None:
    """What came before the NO isn't asked again; the rest is, in pieces, then one by one; the reason is told."""
    lie = Stingy(77)
    async with running(Hostile({"UID FETCH": lie}, mails=COUNT)) as server, beset(server) as d:
        await d.sync()
        lacking = [row.subject for row in d.rows() if d.reader.body(row.id).state == "header"]
        assert lacking == ["Mail 76"]
        came: set[int] = set()
        for uids in lie.asked:
            assert not came & set(uids), "a body that came was asked for again"
            came |= set(uids) - lie.broken if not lie.broken & set(uids) else _first(uids, lie.broken)
        assert came == set(range(1, COUNT + 1)) - lie.broken
        assert [len(uids) for uids in lie.asked if 77 in uids][-1] == 1
        assert all(len(uids) <= PIECE for uids in lie.asked[lie.asked.index([77]) :])
        [proof] = [one for one in await d.engine.verify(d.account.id) if one.folder == "INBOX"]
        assert WORDS.decode() in str(proof)


async def test_R47_a_body_that_was_refused_is_not_asked_for_in_each_pass(home: Path) -> None:
    lie = Stingy(77)
    async with running(Hostile({"UID FETCH": lie}, mails=COUNT)) as server, beset(server) as d:
        await d.sync()
        lie.asked.clear()
        await d.sync()
        assert lie.asked == []


def _first(uids: list[int], broken: frozenset[int]) -> set[int]:
    return set([uid for uid in uids if uid not in broken][:BEFORE])
