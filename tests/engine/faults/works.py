"""What a person does, and what the server must hold afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.conftest import Mailbox
from tests.servers.kinds import mailbox_on, server
from tests.servers.mailserver import in_memory
from tui.engine.commands import (
    Archive,
    Command,
    Copy,
    CreateFolder,
    Delete,
    DeleteFolder,
    DeleteForever,
    KeepDraft,
    Move,
    PushMine,
    RenameFolder,
    Send,
    SetFlags,
)
from tui.engine.core import Engine
from tui.engine.model import Draft, Folder
from tui.engine.sync.plan import FIRST_WINDOW

SUBJECT = "Contract"
BYSTANDER = "Bystander"
"""Lies beside the message that is worked on and must never be touched."""
LATECOMER = "Latecomer"
"""Comes to where a work is about to be done, once it was done here."""
NEWS = "News"
"""Comes while the account listens."""
MORE = "More"
"""Comes once all is settled again: who still listens hears of it."""

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
"""Dovecots by what they lack: options of ``DovecotServer.start``. The bare one has no folder but INBOX either."""
OTHERS = ("cyrus", "courier")
"""Servers of other makers; see ``tests/servers/kinds.py``."""
SERVED = "service imap {\n  service_count = 1000\n}\n"
"""Dovecot's processes serve one user after another: every trial logs in a few times, and a start costs most of that."""
UIDPLUS_CODES = re.compile(rb"\[(?:COPYUID|APPENDUID) [^\]]*\] ")
"""Dovecot gives these also where it is told not to offer UIDPLUS; the proxy takes them out there."""


@contextmanager
def server_of(kind: str) -> Iterator[Mailbox]:
    """Give a fresh mailbox on a server of a kind: a key of ``KINDS``, or one of ``OTHERS``."""
    with mailbox_on(kind) if kind in OTHERS else server(inside=in_memory(), extra=SERVED, **KINDS[kind]) as mailbox:
        yield mailbox


@dataclass(frozen=True)
class Work:
    """One thing that a person does.

    Args:
        name: as the matrix shows it.
        command: makes it, of the open engine and the message's id; None: nothing is done.
        leaves: folder -> how many copies of the message the server must hold at the end; 0 everywhere else.
        at: the folder in which the message lies before; "" for a message of ours.
        flagged: whether those copies carry ``\\Flagged``.
        shown: whether it is still shown here at the end.
        twin: an older copy of the message lies in Projects all the time.
        lost: another client deletes the message before the work.
        late: another message comes to Projects, after the work where it was done before; it must end in Trash.
        folders: which folders must, and which must not be there at the end.
        fillers: how many other messages lie in each of INBOX and Projects, all of which are still to come here.
    """

    name: str
    command: Callable[[Engine, int], Command] | None
    leaves: Mapping[str, int]
    at: str = "INBOX"
    flagged: bool = False
    shown: bool = True
    twin: bool = False
    lost: bool = False
    late: bool = False
    folders: Mapping[str, bool] = field(default_factory=dict)
    fillers: int = 0

    @property
    def sends(self) -> bool:
        """Whether the message is one of ours."""
        return not self.at

    @property
    def of_folders(self) -> bool:
        """Whether it is a folder that something is done with."""
        return bool(self.folders)

    @property
    def others(self) -> dict[str, str]:
        """What else lies on the server: subject -> folder."""
        return {f"{folder} {number}": folder for folder in ("INBOX", "Projects") for number in range(self.fillers)}


def _projects(engine: Engine) -> Folder:
    [account] = engine.reader.accounts()
    return next(one for one in engine.reader.folders(account.id) if one.name.endswith("Projects"))


def _rename(engine: Engine, _: int) -> Command:
    folder = _projects(engine)
    return RenameFolder(folder.id, folder.name.removesuffix("Projects") + "Clients")


def _letter(engine: Engine, _: int) -> Command:
    account = engine.reader.accounts()[0]
    return Send(Draft(account.id, to="ann@acme.example", subject=SUBJECT, body="Dear Ann, here it is."))


def _draft(engine: Engine, number: int) -> Command:
    row = engine.reader.row(number)
    text = "What another client began, gone on with."
    return KeepDraft(Draft(row.account_id, subject=SUBJECT, body=text, name=row.message_id, version=number))


_RENAMED = {"Clients": True, "Clients/Deep": True, "Projects": False, "Projects/Deep": False}
WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        Work("hear", None, {"INBOX": 1}),
        Work("first sync", None, {"INBOX": 1}, fillers=FIRST_WINDOW + 3),
        Work("send", _letter, {"Sent": 1}, at=""),
        Work("append", _letter, {"Sent": 1}, at=""),
        Work("move", lambda engine, number: Move([number], _projects(engine).id), {"Projects": 1}),
        Work("copy", lambda engine, number: Copy([number], _projects(engine).id), {"INBOX": 1, "Projects": 1}),
        Work("move beside a twin", lambda e, number: Move([number], _projects(e).id), {"Projects": 2}, twin=True),
        Work(
            "copy beside a twin",
            lambda e, number: Copy([number], _projects(e).id),
            {"INBOX": 1, "Projects": 2},
            twin=True,
        ),
        Work("delete", lambda _, number: Delete([number]), {"Trash": 1}),
        Work("delete forever", lambda _, number: DeleteForever([number]), {}, shown=False),
        Work("archive", lambda _, number: Archive([number]), {"Archive": 1}),
        Work("flag", lambda _, number: SetFlags([number], frozenset({"flagged"})), {"INBOX": 1}, flagged=True),
        Work("replace a draft", _draft, {"Drafts": 1}, at="Drafts"),
        Work("restore", lambda _, number: PushMine([number]), {"INBOX": 1}, lost=True),
        Work(
            "create folder",
            lambda engine, _: CreateFolder(engine.reader.accounts()[0].id, "Clients"),
            {"INBOX": 1},
            folders={"Clients": True},
        ),
        Work("rename folder", _rename, {"Clients": 1}, at="Projects", folders=_RENAMED),
        Work(
            "delete folder",
            lambda engine, _: DeleteFolder(_projects(engine).id, messages=2),
            {"Trash": 1},
            at="Projects",
            late=True,
            folders={"Projects": False},
        ),
    )
}
"""``send`` is cut on its SMTP line, ``append`` is the same message cut on its IMAP line."""


def letter(subject: str, to: str, *, named: bool = True) -> bytes:
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
