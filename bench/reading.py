"""Opening messages in a real pty: key to painted beside a step of the cursor, and keys while a table of 5 MB is read.

Three messages lie on top of the list: 300 lines, 20,000 lines, an HTML table of 5 MB. Each is opened again and again;
then the cursor goes to and fro over the table where its text follows beside the list.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.keys import MARK, USER, _account, arrive, latencies, quantile, shown
from tests.servers.dovecot import DovecotServer
from tests.servers.mailgen import fill, make_mail
from tests.widgets.terminal import Terminal

OPENED = 20
KEYS = 40
BACK = "\x1b"
ROW = "<tr><td>cell one</td><td>cell <b>two</b></td></tr>\n"


def main() -> None:
    """Print the figures and what they may be at most."""
    made = []
    for age, (name, count) in enumerate((("LONG", 20_000), ("SHORT", 300)), 1):
        text = "".join(f"{name} line {n} of a letter that was written long ago\n" for n in range(count))
        made.append(make_mail("ann@x.example", USER, name, text, date=_at(age)))
    made.append(
        make_mail(
            "ann@x.example", USER, "TABLE", "", html=f"<p>TABLE text</p><table>{ROW * 100_000}</table>", date=_at(3)
        )
    )
    server = DovecotServer.start()
    try:
        fill(server, USER, 50)
        fill(server, USER, made, seen=1)
        with tempfile.TemporaryDirectory() as root:
            asyncio.run(_account(Path(root), server))
            with Terminal("tui", "--home", root, columns=100, lines=30) as terminal:
                arrive(terminal, Path(root), 53)
                terminal.settle(2)
                step = latencies(terminal, 60)
                print("a step of the cursor:", shown(step))
                terminal.press("gg")
                for name, moves in (("TABLE", ""), ("SHORT", "j"), ("LONG", "j")):
                    terminal.press(moves)
                    told(name, [opening(terminal, name) for _ in range(OPENED)], step)
            with Terminal("tui", "--home", root, columns=200, lines=50) as terminal:
                terminal.wait_for_bytes("▌")
                terminal.settle(2)
                terminal.press("gg")
                during = passing(terminal)
                print("a step of the cursor while the table is read:", shown(during), f"most {max(during):.1f}")
    finally:
        server.stop()


def opening(terminal: Terminal, name: str) -> float:
    """Open the message under the cursor; return the milliseconds until its text was written. Go back to the list."""
    terminal.settle(0.3)
    began, seen = time.perf_counter(), len(terminal.raw)
    terminal.type("\r")
    while f"{name} ".encode() not in terminal.raw[seen:] and time.perf_counter() - began < 20:
        terminal.read(0.5)
    took = (time.perf_counter() - began) * 1000
    terminal.settle(0.3)
    terminal.press(BACK)
    return took


def passing(terminal: Terminal) -> list[float]:
    """Step off the table and back on it, so that it is read anew each time; return the milliseconds of each step."""
    found = []
    for number in range(KEYS):
        terminal.settle(0.05)
        began, seen = time.perf_counter(), len(terminal.raw)
        terminal.type("k" if number % 2 else "j")
        while MARK not in terminal.raw[seen:] and time.perf_counter() - began < 5:
            terminal.read(0.5)
        found.append((time.perf_counter() - began) * 1000)
        # The next key comes while what lies under the cursor is being read: at once, then later and later.
        until = time.monotonic() + number / 40 * 0.4
        while (left := until - time.monotonic()) > 0:
            terminal.read(left)
    assert b"TABLE text" in terminal.raw, "the text of the table follows the cursor"
    return found


def _at(age: int) -> datetime:
    return datetime(2026, 11, 1, age, tzinfo=UTC)


def told(name: str, found: list[float], step: list[float]) -> None:
    """Print what opening took, and how often that is a step of the cursor."""
    print(f"opening {name}: {shown(found)}; p95 ratio {quantile(found, 0.95) / quantile(step, 0.95):.2f} (at most 3)")


if __name__ == "__main__":
    sys.exit(main())
