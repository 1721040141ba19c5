"""The whole workspace in a real terminal: what mail says is only ever text, and a key costs few bytes."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, desk, put
from tests.screens.home import account, make
from tests.servers.mailgen import make_mail
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine
from tui.engine.mail.headers import parse_header
from tui.engine.model import Role
from tui.engine.paths import Paths
from tui.engine.store import accounts, folders
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival
from tui.engine.sync.arriving import take
from tui.engine.sync.context import Tally
from tui.engine.sync.intake import store

EVIL = "\x1b]0;PWNED\x07\x1b]52;c;UFdORUQ=\x07\x1b[31m\x9b31m\u202e[/x][@click=app.quit]"


async def _hostile(paths: Paths) -> None:
    """Store one message whose every field wants something of the terminal."""
    engine = await Engine.open(paths)
    fields = {
        "From": f"{EVIL} <{EVIL}@x.y>",
        "To": f"{EVIL} <a@b>",
        "Subject": f"{EVIL} MARK",
        "Message-ID": f"<{EVIL}@x>",
    }
    head = "".join(f"{name}: {value}\n" for name, value in fields.items()) + "Date: Mon, 1 Jan 2035 10:00:00 +0000\n"
    raw = f"{head}\n{EVIL} BODY\nhttps://evil.example/{EVIL}\n".encode()
    try:
        async with engine.mailbox.write() as tx:
            number = await accounts.add(tx, account("a@b.example"))
            await folders.add(tx, number, "INBOX", f"INBOX {EVIL}", role=Role.INBOX, selected=True)
        folder = (await folders.of_account(engine.mailbox.reads, number))[0]
        context = engine.context()
        arrival = Arrival(1, parse_header(head.encode()), frozenset(), len(raw), 2_051_258_400)
        done = await take(context, folder, 1, [arrival], Tally())
        await store(context, [derive(done.new[1], raw)])
    finally:
        await engine.close()


def test_hostile_mail_is_only_text_wherever_it_is_shown(tmp_path: Path) -> None:
    """List, reader, headers, pickers, why, composer and outbox show it; the terminal is not told anything by it."""
    paths = Paths.of(tmp_path / "home")
    asyncio.run(_hostile(paths))
    with Terminal("tests.screens.terminal_app", str(tmp_path / "home"), columns=160, lines=40) as terminal:
        terminal.wait_for("MARK")
        terminal.settle()
        for keys, shown in (("\r", "BODY"), ("h", "Message-ID"), ("h", "BODY")):
            terminal.press(keys)
            terminal.wait_for(shown)
        for opens, shown, closes in (
            ("l", "type to search deals", "\x1b"),
            ("O", "Open a link", "\x1b"),
            ("s", "Move", "\x1b"),
            ("w", "Why", "q"),
            ("a", "Subject", "\x1b"),
        ):
            terminal.press(opens)
            terminal.wait_for(shown)
            terminal.press(closes)
            # An escape and what is typed right behind it would be another key.
            terminal.wait(lambda shown=shown: not any(shown in line for line in terminal.screen.display))
        terminal.settle()
        raw = bytes(terminal.raw)
    assert not re.search(rb"\x1b\](?:0;P|52;c;UFd)", raw)
    assert b"\xc2\x9b" not in raw
    assert "\u202e".encode() not in raw


def test_a_step_of_the_cursor_costs_few_bytes(tmp_path: Path) -> None:
    """At most 1.5 kB for the list, and as much again for a deal that changes with it: fit for SSH."""
    asyncio.run(make(tmp_path / "home"))
    with Terminal("tests.screens.terminal_app", str(tmp_path / "home"), columns=120, lines=40) as terminal:
        terminal.wait_for("Ann Archer")
        terminal.settle(1.0)
        steps = [terminal.press("j") for _ in range(12)]
    print(steps)
    assert sorted(steps)[len(steps) // 2] <= 5000, steps


async def test_mail_goes_on_being_synced_while_the_text_is_in_an_editor(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """C-o gives the terminal to $EDITOR; the engine has its own thread, and what was saved is in the composer."""
    async with desk(mailbox) as d:
        d.deliver(d.mail("Before"))
        await d.sync()
        paths = d.engine.paths
    saved = tmp_path / "saved"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho EDITING\nwhile ! [ -e {saved} ]; do sleep 0.05; done\necho Edited >> "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    with Terminal("tui", columns=100, lines=30) as terminal:
        terminal.wait_for("Before")
        terminal.press("m")
        terminal.wait_for("Subject")
        terminal.type("\x0f")
        terminal.wait_for_bytes("EDITING")
        put(mailbox, make_mail(ANN, "me@desk.example", "Meanwhile", "News."))
        with closing(sqlite3.connect(paths.mailbox)) as database:
            found = "SELECT count(*) FROM messages WHERE subject = 'Meanwhile'"
            terminal.wait(lambda: database.execute(found).fetchone()[0] == 1)
        saved.touch()
        terminal.wait_for("Edited")
