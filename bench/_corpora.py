"""The two big mailboxes of the sync bench, written once and kept in the system's temporary folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.servers.dovecot import DovecotServer
from tests.servers.mailgen import fill, mailbox

KEPT = Path(tempfile.gettempdir()) / "dealdesk-bench"
VERSION = 1


@dataclass(frozen=True)
class Corpus:
    """A mailbox: ``count`` messages, spread over ``folders``, a share of them with attachments."""

    name: str
    count: int
    folders: tuple[str, ...]
    attachments: float


TEN = Corpus("ten", 10_000, ("INBOX",), 0.0822)
"""10,000 messages of 310 MB in one folder."""
FIFTY = Corpus("fifty", 50_000, ("INBOX", "Sent", "Customers", "Projects", "Lists", "Old"), 0.0101)
"""50,000 messages of 412 MB in six folders."""


class _Place:
    """What ``fill`` needs of a server: where its mail lies."""

    def __init__(self, root: Path) -> None:
        self.root = root


def written(corpus: Corpus) -> Path:
    """Return the Maildir of a corpus, written now if it is not there yet."""
    base = KEPT / f"{corpus.name}-{VERSION}"
    if not (base / "done").exists():
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        place = _Place(base)
        each = -(-corpus.count // len(corpus.folders))
        mails = mailbox(corpus.count, attachments=corpus.attachments)
        for at, folder in enumerate(corpus.folders):
            size = min(each, corpus.count - at * each)
            part = [next(mails) for _ in range(size)]
            fill(place, "it", part, folder)  # type: ignore[arg-type]
        (base / "done").touch()
    return base / "mail" / "it" / "Maildir"


def install(server: DovecotServer, corpus: Corpus) -> None:
    """Give the server's user of the corpus's name its mail, by hard links; what the server renames stays its own."""
    source, target = written(corpus), server.root / "mail" / corpus.name / "Maildir"
    shutil.copytree(source, target, copy_function=os.link)
    if os.geteuid() == 0:
        owner = server.root.stat()
        for path in [target.parent, target, *target.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)


def octets(corpus: Corpus) -> int:
    """Return how many octets of mail a corpus has."""
    return sum(path.stat().st_size for path in written(corpus).rglob("cur/*"))
