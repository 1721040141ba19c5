"""A program in a real pty with a terminal (pyte) at the other end: what is asserted is what reaches a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0
"""Seconds that something is waited for, which only a broken program needs."""


class Terminal:
    """Runs ``python -m module args`` in a pty of ``columns`` x ``lines`` and keeps every byte it wrote in ``raw``."""

    def __init__(self, module: str, *args: str, columns: int = 120, lines: int = 40) -> None:
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0
        self._master, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        # An installed program is compiled; neither this tree nor its clock should be burdened with that.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / f"dealdesk-pycache-{os.getuid()}")
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *args],
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )
        os.close(child)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(5)
        self.hang_up()

    def hang_up(self) -> None:
        """Go away, as a terminal does whose line drops, without a signal; safe to call twice."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def resize(self, columns: int, lines: int) -> None:
        """Change the size, as a person does who drags the window's corner."""
        self._stream.feed(bytes(self.raw[self._drawn :]))
        self._drawn = len(self.raw)
        self._screen.resize(lines, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.killpg(self.process.pid, signal.SIGWINCH)

    def read(self, seconds: float) -> bytes:
        """Return what came within ``seconds``, at once when something did; b"" for silence."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return b""
        self.raw += data
        return data

    @property
    def screen(self) -> pyte.Screen:
        """What the terminal shows; drawn only when asked for, because that is slower than the program."""
        self._stream.feed(bytes(self.raw[self._drawn :]))
        self._drawn = len(self.raw)
        return self._screen

    def wait(self, condition: Callable[[], bool]) -> None:
        """Read until ``condition`` holds; fail with the screen when it doesn't in time."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end or (self.process.poll() is not None and not self.read(0.1)):
                if condition():  # the program has ended between the two looks
                    return
                raise AssertionError("The terminal shows:\n" + "\n".join(self.screen.display))
            self.read(0.1)

    def wait_for(self, text: str) -> None:
        """Read until ``text`` is on the screen."""
        self.wait(lambda: any(text in line for line in self.screen.display))

    def wait_until_gone(self, text: str) -> None:
        """Read until ``text`` is no more on the screen."""
        self.wait(lambda: not any(text in line for line in self.screen.display))

    def wait_for_bytes(self, text: str) -> None:
        """Read until ``text`` was written; quicker than ``wait_for``."""
        self.wait(lambda: text.encode() in self.raw)

    def wait_for_the_end(self) -> int:
        """Read until the program has ended, for it may write until then; return its status."""
        self.wait(lambda: self.process.poll() is not None)
        return int(self.process.returncode)

    def settle(self, quiet: float = 0.25) -> int:
        """Read until nothing came for ``quiet`` seconds; return how many bytes came."""
        before = len(self.raw)
        while self.read(quiet):
            pass
        return len(self.raw) - before

    def type(self, keys: str) -> None:
        """Type ``keys`` and wait for nothing."""
        os.write(self._master, keys.encode())

    def press(self, keys: str) -> int:
        """Type ``keys``, wait for an answer (2 s at most) until it pauses; return how many bytes it had."""
        before = len(self.raw)
        os.write(self._master, keys.encode())
        if self.read(2):
            self.settle(0.06)
        return len(self.raw) - before
