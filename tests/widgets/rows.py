"""Rows to draw: plain data, the same on every run."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime

from tui.engine.model import (
    Account,
    AccountState,
    Address,
    Attachment,
    Body,
    Deal,
    DealPane,
    DealRef,
    Direction,
    Folder,
    LinkState,
    Organization,
    Person,
    PersonRef,
    Role,
    Row,
    Security,
    Server,
    Stage,
    TimelineEntry,
    Why,
)

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
    return plain._replace(**changes)  # type: ignore[arg-type]


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
        return like._replace(id=id, subject=f"{like.subject} ({id})", date=NOW - id * 1800, seen=id % 5 != 0)


def accounts() -> list[Account]:
    """Return two accounts, one of them syncing."""
    server = Server("imap.our.example", 993, Security.TLS)
    mine = Account(1, "me@our.example", "Me", "me", server, None, state=AccountState.IDLE)
    return [mine, mine._replace(id=2, email="sales@our.example", state=AccountState.SYNCING)]


def folder(id: int, name: str, role: Role = Role.NONE, unread: int = 0, total: int = 100, **changes: object) -> Folder:
    """Return a folder of account 1."""
    plain = Folder(id, 1, "me@our.example", name, role, True, total, unread, total, total, None, True, True, "")
    return plain._replace(**changes)  # type: ignore[arg-type]


def folders() -> list[Folder]:
    """Return the folders of both accounts."""
    return [
        folder(1, "INBOX", Role.INBOX, 12, 1204),
        folder(2, "Sent", Role.SENT),
        folder(3, "Drafts", Role.DRAFTS, 0, 1),
        folder(4, "Archive", Role.ARCHIVE),
        folder(5, "Clients"),
        folder(6, "Clients/Acme", error="no such folder"),
        folder(7, "Trash", Role.TRASH),
        folder(8, "Old", on_server=False),
        folder(11, "INBOX", Role.INBOX, 3, account_id=2, account="sales@our.example"),
        folder(12, "Sent", Role.SENT, account_id=2, account="sales@our.example"),
    ]


def body_of(of: Row) -> Body:
    """Return a text of some length with quotes and a signature."""
    quoted = "\n".join(f"> line {n} of what was said before, with some words to make it long" for n in range(14))
    text = (
        "Hello,\n\n40 seats is right. Can you do net 60? "
        + "Our purchasing wants the paper by the end of the month, and I would rather not wait for the next round. " * 3
        + f"\n\nOn Monday Me wrote:\n{quoted}\n\n"
        + "\n\n".join(f"Point {n}. " + "Words that fill a paragraph. " * (n % 7) for n in range(1, 40))
        + "\n\n-- \nAnn Archer\nHead of IT, Acme GmbH\n"
    )
    files = tuple(Attachment(n, f"offer-{n}.pdf", "application/pdf", 48_213 * n) for n in range(1, of.attachments + 1))
    return Body(of.id, "full", text, (("From", "Ann"), ("Received", "from a by b " * 20)), files)


def pane_of(of: Row) -> DealPane:
    """Return the deal pane of a row."""
    if of.link_state is not LinkState.LINKED:
        choices = (DealRef(2, "Beta renewal", "Negotiation", "open"), DealRef(3, "Beta training", "Lead", "open"))
        asked = of.link_state is LinkState.NEEDS_DEAL
        return DealPane(of.id, of.link_state, suggestions=choices if asked else (), counterpart=of.sender)
    stages = tuple(
        Stage(n, 1, name, n) for n, name in enumerate(("Lead", "Offer", "Negotiation", "Verbal", "Closing"), 1)
    )
    stage = next(one for one in stages if one.name == of.deals[0].stage)
    status = of.deals[0].status
    acme = Organization(1, "Acme GmbH")
    ann = Person(1, "Ann Archer", ("ann@acme.example",), ("+49 30 1234",), acme, "Head of IT")
    licences = Deal(
        1, "Acme licences", 1, "Sales", stage.id, stage.name, status, 1_200_000, "EUR", of.persons, acme,
        "2025-12-20", "too dear" if status == "lost" else "", NOW - 18 * DAY, NOW - 6 * DAY, None,
    )  # fmt: skip
    story = (
        TimelineEntry("activity", NOW + 4 * DAY, "call Ann about seats"),
        TimelineEntry("mail", NOW - 3480, "Re: offer for 40 seats", direction="in", message=1),
        TimelineEntry("mail", NOW - 3 * DAY, "Offer for 40 seats", direction="out", message=5, attachments=2),
        TimelineEntry("change", NOW - 3 * DAY, "stage Lead ▸ Offer"),
        TimelineEntry("note", NOW - 4 * DAY, "budget until March"),
        TimelineEntry("mail", NOW - 40 * DAY, "First question", direction="in", message=6),
    )
    why = Why(
        "linked",
        "one open deal",
        (),
        of.deals,
        NOW,
        "auto",
        "ann@acme.example is Ann Archer, and this is her only open deal.",
    )
    return DealPane(of.id, of.link_state, (ann,), (licences,), {1: stages}, why, story if of.id < 100 else story[2:])


EVIL = "A\x1b]0;PWNED\x07B\x1b[31mC\x9b31mD\x00E\u202eF\rG\x1b]52;c;QUJD\x1b\\[bold]H[/nope][@click=app.quit]I[/]"
"""Title, colour, C1, NUL, bidi override, clipboard, markup that closes nothing, an action."""

HOSTILE_ROWS = [
    row(n, sender=Address(EVIL, EVIL), subject=f"MARK{n} {EVIL}", preview=EVIL, folder=EVIL, to=(Address(EVIL, EVIL),),
        seen=n % 2 == 0, attachments=n % 3, direction=Direction.OUT if n % 4 == 0 else Direction.IN,
        link_state=LinkState.LINKED, persons=(PersonRef(1, EVIL),), deals=(DealRef(1, EVIL, EVIL, "open"),))
    for n in range(1, 60)
]  # fmt: skip
"""Every text of a row is an attack."""


def hostile_folders() -> list[Folder]:
    """Return folders whose names are attacks."""
    return [one._replace(name=f"{EVIL} {one.id}", role=Role.NONE, error=EVIL) for one in folders()]


def hostile_body(of: Row) -> Body:
    """Return a body whose every text is an attack, uncleaned."""
    text = f"MARKBODY {EVIL}\n> {EVIL}\n> {EVIL}\n> {EVIL}\n{EVIL * 5}\n"
    return Body(of.id, "full", text, ((EVIL, EVIL),), (Attachment(1, EVIL, EVIL, 1),))


def hostile_pane(of: Row) -> DealPane:
    """Return a deal pane whose every text is an attack."""
    plain = pane_of(WORKSPACE[0])
    return plain._replace(
        message=of.id,
        persons=(plain.persons[0]._replace(name=EVIL, emails=(EVIL,), phones=(EVIL,), title=EVIL),),
        deals=(plain.deals[0]._replace(title=EVIL, stage=EVIL, currency=EVIL, expected_close=EVIL),),
        stages={1: tuple(stage._replace(name=EVIL) for stage in plain.stages[1])},
        why=None if plain.why is None else plain.why._replace(reason=EVIL),
        timeline=tuple(entry._replace(title=EVIL, mailbox=EVIL) for entry in plain.timeline),
    )
