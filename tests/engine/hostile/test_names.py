"""Folder names that attack: no file is touched outside the home, no command is smuggled in, and their mail is here."""

from __future__ import annotations

import os
from pathlib import Path

from tests.engine.hostile.conftest import beset
from tests.engine.hostile.server import Box, Hostile, mail, running
from tui.engine.commands import Move
from tui.engine.imap.names import encode
from tui.engine.saving import save_attachment

NAMES = (
    b"../../x",
    b"/etc/dealdesk",
    b"..",
    b"~root",
    b"C:\\Windows\\x",
    b"a\r\nX1 DELETE INBOX\r\nb",
    b'q" "INBOX',
    b"{5}",
    b"x\x1b]0;owned\x07",
    encode("re\u202egpj.exe").encode("ascii"),
    b"&2D3eqQ-",
    b"%*",
    b"INBOX/../../y",
    b"\xff\xfe",
    b"con.txt:stream",
)
SKIPPED = (b"n\x00ul", b"", b"." * 3000)
"""What can't be a folder's name at all."""


def tree(root: Path) -> set[str]:
    """Return every path below a folder."""
    return {os.path.join(where, one) for where, folders, files in os.walk(root) for one in folders + files}


def _subject(raw: bytes) -> str:
    return raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode("ascii")


async def test_R42_hostile_folder_names_go_through_the_whole_engine(home: Path, tmp_path: Path) -> None:
    around = tree(tmp_path)
    async with running(Hostile(mails=1)) as server, beset(server) as d:
        for at, name in enumerate((*NAMES, *SKIPPED)):
            server.boxes[name] = Box()
            server.boxes[name].add(mail(100 + at))
        await d.sync()
        await d.sync()
        wanted = sorted(["Mail 0", *(f"Mail {100 + at}" for at in range(len(NAMES)))])
        assert d.subjects() == wanted
        shown = [folder.name for folder in d.reader.folders()]
        assert all(name.isprintable() and name == name.strip() and 0 < len(name) <= 500 for name in shown), shown
        assert len(set(shown)) == len(shown) == len(NAMES) + 3
        proofs = await d.engine.verify(d.account.id)
        assert all(proof.complete for proof in proofs), proofs
        for at in range(len(NAMES)):
            row = d.row(f"Mail {100 + at}")
            assert f"text of mail {100 + at}." in d.reader.body(row.id).text
            await d.do(Move([row.id], d.folder("INBOX").id))
        await d.sync()
        assert sorted(_subject(held.raw) for held in server.boxes[b"INBOX"].mails.values()) == wanted
        assert not any(line.split(b" ")[1:2] == [b"DELETE"] for line in server.lines)
        for name in shown:
            saved = save_attachment(name, b"x", tmp_path / "saved")
            assert saved.parent == tmp_path / "saved"
    new = tree(tmp_path) - around
    assert all(Path(one).is_relative_to(home) or Path(one).is_relative_to(tmp_path / "saved") for one in new), new
