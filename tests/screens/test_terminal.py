"""The whole workspace in a real terminal: what mail says is only ever text, and a key costs few bytes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.screens.home import account, make
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine
from tui.engine.mail.headers import parse_header
from tui.engine.model import Role
from tui.engine.paths import Paths
from tui.engine.store import accounts, folders
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival
from tui.engine.sync.context import Tally
from tui.engine.sync.intake import store
from tui.engine.sync.pull import take

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


@pytest.mark.timeout(120)
def test_hostile_mail_is_only_text_wherever_it_is_shown(tmp_path: Path) -> None:
    """List, reader, headers, pickers, why, composer and outbox show it; the terminal is not told anything by it."""
    paths = Paths.of(tmp_path / "home")
    asyncio.run(_hostile(paths))
    with Terminal("tests.screens.terminal_app", str(tmp_path / "home"), columns=160, lines=40) as terminal:
        terminal.wait_for("MARK")
        terminal.settle()
        before = ""
        for keys, shown in (
            ("\r", "BODY"),
            ("h", "Message-ID"),
            ("h", "BODY"),
            ("l", "Link"),
            ("\x1b", "BODY"),
            ("O", "Open a link"),
            ("\x1b", "BODY"),
            ("s", "Move"),
            ("\x1b", "BODY"),
            ("w", "Why"),
            ("q", "BODY"),
            ("a", "Subject"),
        ):
            terminal.press(keys)
            if keys == "\x1b":  # read together with the next key it would be another key
                terminal.wait_until_gone(before)
            terminal.wait_for(shown)
            before = shown
        terminal.press("\x1b")
        terminal.settle()
        raw = bytes(terminal.raw)
    assert not re.search(rb"\x1b\](?:0;P|52;c;UFd)", raw)
    assert b"\xc2\x9b" not in raw
    assert "\u202e".encode() not in raw


@pytest.mark.timeout(120)
def test_a_step_of_the_cursor_costs_few_bytes(tmp_path: Path) -> None:
    """At most 1.5 kB for the list, and as much again for a deal that changes with it: fit for SSH."""
    asyncio.run(make(tmp_path / "home"))
    with Terminal("tests.screens.terminal_app", str(tmp_path / "home"), columns=120, lines=40) as terminal:
        terminal.wait_for("Ann Archer")
        terminal.settle(1.0)
        steps = [terminal.press("j") for _ in range(12)]
    print(steps)
    assert sorted(steps)[len(steps) // 2] <= 5000, steps
