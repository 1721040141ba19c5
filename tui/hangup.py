"""The terminal can go away: an SSH line drops, a window is closed, a machine asks its programs to end.

Most such terminals send SIGHUP; one that doesn't would be read for ever, at its end all the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from threading import Thread
from typing import IO


def watch(gone: Callable[[], None], asked: Callable[[], None]) -> None:
    """Have one of two functions called in the running loop, perhaps more than once.

    Args:
        gone: the terminal is gone.
        asked: the program is asked to end, and its terminal still shows it.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, gone)
    loop.add_signal_handler(signal.SIGTERM, asked)
    if sys.__stdin__ is not None and hasattr(select, "poll"):
        Thread(target=_wait, args=(sys.__stdin__.fileno(), loop, gone), name="hang-up", daemon=True).start()


class Lasting:
    """A terminal's stream that outlasts the terminal: what is written to one that is gone goes nowhere.

    Textual writes in a thread of its own behind a short queue; if that thread ended by an error, whoever wrote next
    would wait for ever, and the program would not end.

    Args:
        file: the stream.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text."""
        with contextlib.suppress(OSError):  # the hang-up itself is told by ``watch``
            self._file.write(text)

    def flush(self) -> None:
        """Hand over what was written."""
        with contextlib.suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """Return the number of the stream."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._file.isatty()


def is_there(terminal: int) -> bool:
    """Return whether a terminal, by the number of its stream, is still there."""
    try:
        termios.tcgetattr(terminal)
    except termios.error:
        return False
    return True


def let_go() -> None:
    """Point the standard streams nowhere, so that what is still written to a terminal that is gone is no error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _wait(terminal: int, loop: asyncio.AbstractEventLoop, gone: Callable[[], None]) -> None:
    """Wait for the terminal's end; a system that can't tell of it leaves that to the signals."""
    poll = select.poll()
    poll.register(terminal, 0)
    found = poll.poll()
    if any(mask & select.POLLHUP for _, mask in found) and not loop.is_closed():
        loop.call_soon_threadsafe(gone)
