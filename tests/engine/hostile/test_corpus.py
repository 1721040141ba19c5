"""Each hostile answer of the corpus through the whole engine, against what its INDEX says must happen."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.hostile.conftest import beset
from tests.engine.hostile.server import Hostile, Said, running
from tests.engine.imap.scripted import Scripted, scripted
from tests.engine.rules.desk import Desk
from tui.engine.errors import AuthError, DealdeskError
from tui.engine.imap.session import open_session
from tui.engine.model import Security, Server

CASES: dict[str, tuple[str, bool]] = {
    "alert-esc.txt": ("UID FETCH", False),
    "counts-absurd.txt": ("SELECT", True),
    "list-hostile-names.txt": ("LIST", False),
    "literal-huge.txt": ("UID FETCH", False),
    "mixed-line-ends.txt": ("LIST", False),
    "never-ending-line.txt": ("UID FETCH", False),
    "uid-confusion.txt": ("UID FETCH", True),
}
"""File -> the command that it answers, and whether the pass ends without an error that a person is told."""
MAILS = [f"Mail {at}" for at in range(7)]


def index(corpus: Path) -> dict[str, str]:
    """Return name -> what must happen, of the hostile IMAP answers."""
    lines = (corpus / "hostile/INDEX.tsv").read_text("utf-8").splitlines()
    found = [line.split("\t") for line in lines if line.startswith("imap/")]
    return {name.removeprefix("imap/"): must for name, must, _ in found}


def test_every_hostile_answer_of_the_corpus_is_tried(corpus: Path) -> None:
    """A new file of the INDEX needs a case here."""
    assert set(index(corpus)) == {*CASES, "capability-flip.txt"}


def _told(data: bytes) -> Callable[[Said], bytes]:
    """Say what the file says, with the tag of the command; what it doesn't end stays open."""

    def lie(said: Said) -> bytes:
        words = data.replace(b"A1 ", said.tag + b" ")
        return words.replace(said.tag + b" OK done", said.honest.rstrip(b"\r\n"), 1)

    return lie


async def _whole(d: Desk) -> None:
    """Everything is here once, each message with its own text."""
    assert d.subjects() == MAILS
    for subject in MAILS:
        assert f"text of mail {subject.split()[1]}." in d.reader.body(d.id(subject)).text
    [proof] = [one for one in await d.engine.verify(d.account.id) if one.folder == "INBOX"]
    assert (proof.on_server, proof.here, proof.complete) == (7, 7, True)


@pytest.mark.parametrize("name", CASES)
async def test_R42_a_hostile_answer_does_what_the_index_says(
    home: Path, tmp_path: Path, corpus: Path, name: str
) -> None:
    verb, goes_on = CASES[name]
    data = (corpus / "hostile/imap" / name).read_bytes()
    async with running(Hostile(mails=6)) as server, beset(server) as d:
        d.engine.network.times = replace(d.engine.network.times, stall=0.5)
        await d.sync()
        server.boxes[b"INBOX"].add(
            server.boxes[b"INBOX"].mails[1].raw.replace(b"<0@", b"<6@").replace(b"ail 0", b"ail 6")
        )
        server.lies[verb] = _told(data)
        report = await d.sync(ok=False)
        assert bool(report.error) != goes_on, report.error
        assert report.error.isprintable()
        assert all(folder.name.isprintable() for folder in d.reader.folders())
        assert set(MAILS[:6]) <= set(d.subjects())
        server.lies.clear()
        await d.sync()
        # What was kept out is asked for again by the comparison.
        await d.engine.verify(d.account.id)
        await d.sync()
        await _whole(d)
    assert os.listdir(tmp_path) == [home.name]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.NONE])
async def test_R35_capabilities_that_flip_get_no_password(tmp_path: Path, corpus: Path, security: Security) -> None:
    """capability-flip.txt: nothing that is said in the clear makes a password go without TLS where TLS was asked for,
    nor where the server itself forbids it."""
    disabled, flipped, refused, preauth = (corpus / "hostile/imap/capability-flip.txt").read_bytes().splitlines(True)
    answers = {b"CAPABILITY": disabled + b"%TAG% OK done\r\n", b"STARTTLS": b"%TAG% BAD no\r\n", b"LOGIN": refused}
    greetings = [b"* OK ready\r\n"] + ([flipped, preauth] if security is Security.STARTTLS else [])
    for greeting in greetings:
        async with scripted(Scripted(answers, greeting=greeting)) as server:
            where = Server("127.0.0.1", server.port, security)
            with pytest.raises(DealdeskError if security is Security.STARTTLS else AuthError) as raised:
                await open_session(where, "ann", "s3cret-canary", spool=tmp_path, timeout=5)
            assert str(raised.value).isprintable()
            assert not any(b"AUTHENTICATE" in line or b"LOGIN" in line.upper() for line in server.lines)
