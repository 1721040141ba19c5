"""What a person does, what the server must hold afterwards, and how that is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.conftest import Mailbox
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, Command, Copy, Delete, DeleteForever, Move, Send, SetFlags
from tui.engine.core import Engine
from tui.engine.model import Draft, OperationState, View
from tui.engine.store import folders, placements

SUBJECT = "Contract"
BYSTANDER = "Bystander"
"""Lies beside the message that is worked on and must never be touched."""

NO_MOVE = "IMAP4rev1 IDLE UIDPLUS NAMESPACE ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH"
NEITHER = "IMAP4rev1 IDLE NAMESPACE ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH LITERAL+"
NO_MODSEQ = "IMAP4rev1 IDLE UIDPLUS MOVE NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH LITERAL+"
BARE = "IMAP4rev1 IDLE"

KINDS: dict[str, dict[str, object]] = {
    "full": {},
    "no MOVE": {"capability": NO_MOVE},
    "no MOVE, UIDPLUS": {"capability": NEITHER},
    "no CONDSTORE": {"capability": NO_MODSEQ},
    "bare": {"capability": BARE, "special_use": False},
}
"""Servers by what they lack: options of ``DovecotServer.start``. The bare one has no folder but INBOX either."""
UIDPLUS_CODES = re.compile(rb"\[(?:COPYUID|APPENDUID) [^\]]*\] ")
"""Dovecot gives these also where it is told not to offer UIDPLUS; the proxy takes them out there."""


@dataclass(frozen=True)
class Work:
    """One thing that a person does.

    Args:
        name: as the matrix shows it.
        command: makes it, of the open engine and the message's id.
        leaves: folder -> how many copies of the message the server must hold at the end; 0 everywhere else.
        flagged: whether those copies carry ``\\Flagged``.
        sends: it is a message of ours; else one that lies in the inbox.
        shown: whether it is still shown here at the end.
        twin: an older copy of the message lies in Projects all the time.
    """

    name: str
    command: Callable[[Engine, int], Command]
    leaves: Mapping[str, int]
    flagged: bool = False
    sends: bool = False
    shown: bool = True
    twin: bool = False


def _projects(engine: Engine) -> int:
    account = engine.reader.accounts()[0]
    return engine.reader.folder("Projects", account.id).id


def _letter(engine: Engine, _: int) -> Command:
    account = engine.reader.accounts()[0]
    return Send(Draft(account.id, to="ann@acme.example", subject=SUBJECT, body="Dear Ann, here it is."))


WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        Work("send", _letter, {"Sent": 1}, sends=True),
        Work("append", _letter, {"Sent": 1}, sends=True),
        Work("move", lambda engine, number: Move([number], _projects(engine)), {"Projects": 1}),
        Work("copy", lambda engine, number: Copy([number], _projects(engine)), {"INBOX": 1, "Projects": 1}),
        Work("move beside a twin", lambda e, number: Move([number], _projects(e)), {"Projects": 2}, twin=True),
        Work(
            "copy beside a twin", lambda e, number: Copy([number], _projects(e)), {"INBOX": 1, "Projects": 2}, twin=True
        ),
        Work("delete", lambda _, number: Delete([number]), {"Trash": 1}),
        Work("delete forever", lambda _, number: DeleteForever([number]), {}, shown=False),
        Work("archive", lambda _, number: Archive([number]), {"Archive": 1}),
        Work("flag", lambda _, number: SetFlags([number], frozenset({"flagged"})), {"INBOX": 1}, flagged=True),
    )
}
"""``send`` is cut on its SMTP line, ``append`` is the same message cut on its IMAP line."""


def letter(subject: str, to: str, *, named: bool) -> bytes:
    """Return a message; not ``named`` has no Message-ID."""
    lines = [
        "From: Ann Archer <ann@acme.example>",
        f"To: {to}",
        f"Subject: {subject}",
        f"Date: {format_datetime(datetime.now(UTC))}",
        *([f"Message-ID: <{subject.lower()}.{datetime.now(UTC).timestamp()}@acme.example>"] if named else []),
        "",
        f"This is the text of the {subject}, long enough to be recognised.",
        "",
    ]
    return "\r\n".join(lines).encode()


@dataclass(frozen=True)
class Held:
    """What a server holds: folder -> subject -> UIDs, and the UIDs that are flagged, by folder."""

    uids: dict[str, dict[str, list[int]]]
    flagged: dict[str, set[int]]

    def count(self, subject: str) -> dict[str, int]:
        """Return folder -> how many copies, without the folders that hold none."""
        return {folder: len(found[subject]) for folder, found in self.uids.items() if found.get(subject)}


def held_by(mailbox: Mailbox) -> Held:
    """Look at every folder as another client does."""
    uids: dict[str, dict[str, list[int]]] = {}
    flagged: dict[str, set[int]] = {}
    with mailbox.client() as client:
        _, listed = client.list()
        names = [
            re.sub(rb'^\([^)]*\) "." ', b"", line).decode().strip('"') for line in listed if isinstance(line, bytes)
        ]
        for name in names:
            if client.select(f'"{name}"', readonly=True)[0] != "OK":
                continue
            _, found = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            for part in found:
                if not isinstance(part, tuple):
                    continue
                uid = int(re.search(rb"UID (\d+)", part[0])[1])  # type: ignore[index]
                subject = part[1].decode().removeprefix("Subject: ").strip()
                uids.setdefault(name, {}).setdefault(subject, []).append(uid)
                if rb"\Flagged" in part[0]:
                    flagged.setdefault(name, set()).add(uid)
    return Held(uids, flagged)


async def verdict(engine: Engine, mailbox: Mailbox, smtp: SmtpSink, work: Work) -> tuple[list[str], bool]:
    """Count what became of a work after rest.

    Returns:
        What is wrong, nothing when all is well; and whether a person is asked about it.
    """
    wrong: list[str] = []
    held = held_by(mailbox)
    asked = [op for op in engine.reader.operations(OperationState.FAILED) if op.kind == "send"]
    there = held.count(SUBJECT)
    expected = dict(work.leaves) if not asked else {}
    if there != expected:
        wrong.append(f"{_what(there, expected)}: the server holds {there or 'none'} instead of {expected or 'none'}")
    sent = sum(f"Subject: {SUBJECT}".encode() in got.raw for got in smtp.messages)
    if work.sends and (sent > 1 or (sent < 1 and not asked)):
        wrong.append(f"{'DOUBLED' if sent else 'LOST'}: it was delivered {sent} times")
    if held.count(BYSTANDER) != {"INBOX": 1}:
        wrong.append(f"LOST: the bystander is in {held.count(BYSTANDER)}")
    for folder, number in expected.items():
        marked = len(set(held.uids[folder][SUBJECT]) & held.flagged.get(folder, set())) if there == expected else number
        if work.flagged and marked != number:
            wrong.append(f"the flag was set on {marked} copies in {folder}")
    return wrong + await _here(engine, held, work, bool(asked)), bool(asked)


def _what(there: Mapping[str, int], expected: Mapping[str, int]) -> str:
    difference = Counter(there)
    difference.subtract(expected)
    if sum(there.values()) > sum(expected.values()):
        return "DOUBLED"
    return "LOST" if sum(there.values()) < sum(expected.values()) else "ASTRAY"


async def _here(engine: Engine, held: Held, work: Work, asked: bool) -> list[str]:
    """Compare what is shown here, and what is believed of the server, with what it holds."""
    wrong: list[str] = []
    rows = [row for row in engine.reader.rows(engine.reader.ids(View("all"))) if row.subject == SUBJECT]
    if len(rows) != int(work.shown):
        wrong.append(f"here it is shown {len(rows)} times")
    for row in rows:
        if asked:
            continue
        home = next(iter(folder for folder in work.leaves), "")
        if row.folder != home or not row.on_server or row.flagged != work.flagged or row.pending:
            wrong.append(f"here it is in {row.folder}, on_server={row.on_server}, pending={row.pending}")
    for op in engine.reader.operations():
        if op.state not in (OperationState.DONE, OperationState.CANCELLED) and not (asked and op.kind == "send"):
            wrong.append(f"the journal has {op.kind} {op.state.value}: {op.error}")
        if op.error and op.state is OperationState.DONE:
            wrong.append(f"{op.kind} is done with a caution: {op.error}")
    reads = engine.mailbox.reads
    for folder in await folders.of_account(reads, engine.reader.accounts()[0].id):
        if not folder.selected or not folder.on_server:
            continue
        known = await placements.in_folder(reads, folder.id, folder.uidvalidity or 0)
        really = {uid for uids in held.uids.get(folder.wire, {}).values() for uid in uids}
        if set(known) != really:
            wrong.append(f"{folder.wire} holds UIDs {sorted(really)}, here {sorted(known)} are known")
    return wrong
