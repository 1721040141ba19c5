"""What reaches a real terminal: few bytes a step, and nothing that mail put there."""

from __future__ import annotations

import re
from statistics import mean, median

import pytest

from tests.widgets.terminal import Terminal

SHOW = "tests.widgets.show"

OWN = rb"\x1b\]22;[a-z]*\x07"
"""Textual's own sequence for the shape of the mouse pointer."""

FORBIDDEN = {
    "a title": rb"\x1b\]0;",
    "the clipboard": rb"\x1b\]52",
    "BEL": rb"\x07",
    "NUL": rb"\x00",
    "a C1 control": rb"\xc2[\x80-\x9f]",
    "a bidi override": rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]",
    "a plain colour of the mail's": rb"\x1b\[31m",
}


@pytest.mark.parametrize("columns", [80, 120, 170])
def test_nothing_that_mail_brought_drives_the_terminal(columns: int) -> None:
    """Rows, folders, body, headers, attachments and deal full of ESC, OSC, C1, bidi and markup."""
    with Terminal(SHOW, "59", "hostile", columns=columns, lines=30) as terminal:
        terminal.wait_for("MARK1")
        for keys in ("j", "j", "\r", "h", "z", "4", "1", "2", "x", "t", "\x1b[6~"):
            terminal.press(keys)
        terminal.wait_for_bytes("MARKBODY")
        terminal.wait_for_bytes("[/nope]")
        assert terminal.process.poll() is None
        written = re.sub(OWN, b"", bytes(terminal.raw))
        found = {name for name, pattern in FORBIDDEN.items() if re.search(pattern, written)}
        assert not found
        for line in terminal.screen.display:
            assert "\x1b" not in line


def step(terminal: Terminal) -> int:
    """Press ``j`` and wait until the cursor is on another row; return how many bytes came."""

    def under() -> list[str]:
        return [line for line in terminal.screen.display if "▌" in line]

    was, before = under(), len(terminal.raw)
    terminal.type("j")
    terminal.wait(lambda: len(under()) == 1 and under() != was)
    while terminal.read(0):
        pass
    return len(terminal.raw) - before


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (160, 50), (200, 60)])
def test_a_step_of_the_cursor_sends_little(columns: int, lines: int) -> None:
    """At most 1.5 kB a step; a held key, with the half pages it scrolls, stays below that on average."""
    with Terminal(SHOW, "50000", "plain", columns=columns, lines=lines) as terminal:
        terminal.wait_for("INBOX")
        terminal.settle()
        sent = [step(terminal) for _ in range(lines + 10)]
        assert median(sent) <= 1500
        # The rest of a half page that scrolls may be read with the next step.
        assert sorted(sent)[len(sent) * 9 // 10 - len(sent) // (lines // 2 - 2)] <= 1500
        assert mean(sent) <= 1500
        shown = terminal.screen.display
        assert sum("▌" in line for line in shown) == 1
