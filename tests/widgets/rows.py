"""Rows to draw: plain data, the same on every run."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tui.engine.model import Address, DealRef, Direction, LinkState, PersonRef, Row

NOW = int(datetime(2025, 11, 24, 15, 0).timestamp())
"""A Monday afternoon, local time."""

ME = Address("Me", "me@our.example")
ANN = Address("Ann Archer", "ann@acme.example")
HOUR, DAY = 3600, 86400


def row(id: int, **changes: object) -> Row:
    """Return a plain read message of an hour ago, with ``changes``."""
    plain = Row(
        id=id,
        account_id=1,
        account="me@our.example",
        folder_id=1,
        folder="INBOX",
        message_id=f"{id}@acme.example",
        thread=id,
        date=NOW - HOUR,
        sender=ANN,
        to=(ME,),
        cc=(),
        subject=f"Message {id}",
        preview="",
        seen=True,
        flagged=False,
        answered=False,
        forwarded=False,
        has_attachments=False,
        attachments=0,
        direction=Direction.IN,
        on_server=True,
        pending=False,
        refused=False,
        thread_size=1,
        link_state=LinkState.NONE,
        persons=(),
        deals=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def deal(stage: str, status: str = "open") -> dict[str, object]:
    """Return the changes that link a row to a deal."""
    return {
        "link_state": LinkState.LINKED,
        "persons": (PersonRef(1, "Ann Archer"),),
        "deals": (DealRef(1, "Acme licences", stage, status),),
    }


WORKSPACE = [
    row(1, seen=False, subject="Re: offer for 40 seats", preview="Hello, 40 seats is right. Can you do net 60?",
        thread_size=3, date=NOW - 3480, **deal("Offer")),
    row(2, seen=False, sender=Address("Bo Chen", "bo@beta.example"), subject="Contract question",
        preview="Hi, one question about clause 4", link_state=LinkState.NEEDS_DEAL, date=NOW - 4800),
    row(3, sender=Address("Carla Díaz", "carla@our.example"), subject="Invoice 2291", date=NOW - 3 * HOUR - 2700,
        flagged=True, **deal("Closing", "won")),
    row(4, sender=Address("", "newsletter@storage-weekly.example"), subject="This week in storage",
        preview="Seven things about erasure coding that you never wanted to know", date=NOW - 4 * HOUR),
    row(5, direction=Direction.OUT, sender=ME, to=(ANN,), subject="Offer for 40 seats", attachments=2,
        has_attachments=True, pending=True, date=NOW - 3 * DAY, **deal("Offer")),
    row(6, answered=True, subject="First question", attachments=1, date=NOW - 4 * DAY, **deal("Lead")),
    row(7, sender=Address("Dmitri", "dmitri@home.example"), subject="lunch?", link_state=LinkState.PRIVATE,
        date=NOW - 4 * DAY),
    row(8, sender=Address("Eve", "eve@delta.example"), subject="Old quote", on_server=False, date=NOW - 90 * DAY,
        **deal("Verbal", "lost")),
    row(9, sender=Address("王小明 👨‍👩‍👧", "wang@cn.example"), subject="报价单 for ❤️ 40 個席位 🇩🇪", refused=True,
        link_state=LinkState.SUGGESTED, date=NOW - 500 * DAY),
    row(10, sender=Address("ceo@bank.example", "x@evil.example"), subject="[/nope] \x1b]52;c;AAAA\x07 \u202eevil",
        forwarded=True, date=NOW - 400 * DAY),
]  # fmt: skip
"""One of each mark of SCREENS.md, and some hostile ones."""


class Mailbox:
    """Messages by id, made when asked for, as a list widget wants them."""

    def __init__(self, size: int, first: Sequence[Row] = WORKSPACE) -> None:
        self.rows = {one.id: one for one in first}
        self.size = size
        self.asked: list[int] = []

    def ids(self) -> array[int]:
        """Return all ids, newest first."""
        return array("q", range(1, self.size + 1))

    def fetch(self, ids: Sequence[int]) -> list[Row]:
        """Return rows by id, noting how many were asked for."""
        self.asked.append(len(ids))
        return [self.get(id) for id in ids if 1 <= id <= self.size or id in self.rows]

    def get(self, id: int) -> Row:
        """Return one row."""
        made = self.rows.get(id)
        if made is not None:
            return made
        like = WORKSPACE[id % 8]
        return replace(like, id=id, subject=f"{like.subject} ({id})", date=NOW - id * 1800, seen=id % 5 != 0)
