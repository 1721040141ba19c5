"""Reading many bodies in a process of its own, so that neither the screen nor the connections wait for the interpreter.

A first sync is one half reading mail and one half everything else, and Python's threads do only one of them at a time.
``python -P -m tui.engine.sync.aside`` is that process. Batches come on its standard input and go back on its standard
output: what is told, pickled, behind its length, then the sources. It ends when its input does, so it never outlives
who started it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import tui
from tui.engine.pace import Pace
from tui.engine.store.bodies import StoredBody
from tui.engine.store.derive import derive
from tui.engine.store.messages import Headline
from tui.engine.sync.belonging import belongs

Came = tuple[int, bytes | Path]
"""A message's id and its source, in memory or spooled."""
PIPE = 1 << 20
"""Octets that a pipe to the process holds, so that neither side waits for each 64 KiB."""
BEHIND = 5
"""How much the process gives way to the screen where processors are scarce (nice)."""
_LENGTH = struct.Struct(">Q")
_log = logging.getLogger(__name__)


def derive_all(batch: Sequence[Came], known: Mapping[int, Headline], pace: Pace) -> list[StoredBody]:
    """Read bodies, resting between two of them while a person types; for a thread.

    Args:
        known: what the headers told; a source that doesn't belong to its header is left out and its file removed.
    """
    result = []
    for message_id, body in batch:
        pace.rest_here()
        told = known.get(message_id)
        if told is None or belongs(body, told):
            result.append(derive(message_id, body))
        elif isinstance(body, Path):
            body.unlink()
    return result


def worthwhile() -> bool:
    """Return whether this machine has a processor to spare and can start another Python."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return count > 1 and bool(sys.executable)


class Aside:
    """The process, started at once; where it fails, the work is done here instead."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Keys that interrupt a terminal's programs are for us, not for it.
                start_new_session=True,
                cwd="/",
                env={**os.environ, "PYTHONPATH": str(Path(tui.__file__).resolve().parent.parent)},
                pipesize=PIPE if sys.platform == "linux" else -1,
            )
        except OSError:
            _log.warning("No process for reading mail could be started; it is read here", exc_info=True)

    @property
    def alive(self) -> bool:
        """Whether the process does the work."""
        return self._process is not None and self._process.poll() is None

    def derive(self, batch: Sequence[Came], known: Mapping[int, Headline]) -> list[StoredBody]:
        """Do what ``derive_all`` does, in their order; call it in a thread, one at a time."""
        raws = {number: body for number, body in batch if isinstance(body, bytes)}
        process = self._process
        if process is None:
            return derive_all(batch, known, self._pace)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told = [(number, len(raw), known.get(number)) for number, raw in raws.items()]
            _put(process.stdin, told, *raws.values())
            found: dict[int, StoredBody] = _get(process.stdout)
        except (OSError, EOFError, ValueError):
            if self._process is None:
                return []  # closed meanwhile: nobody waits for them any more
            _log.warning("The process for reading mail ended; mail is read here instead", exc_info=True)
            self.close()
            return derive_all(batch, known, self._pace)
        spooled = [(number, body) for number, body in batch if isinstance(body, Path)]
        here = {body.message_id: body for body in derive_all(spooled, known, self._pace)}
        there = {number: replace(body, raw=raws[number]) for number, body in found.items()}
        both = {**here, **there}
        return [both[number] for number, _ in batch if number in both]

    def close(self) -> None:
        """End the process; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        process.wait()


def _put(pipe: IO[bytes], what: object, *raws: bytes) -> None:
    data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    for piece in (_LENGTH.pack(len(data)), data, *raws):
        pipe.write(piece)
    pipe.flush()


def _get(pipe: IO[bytes]) -> Any:
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    return pickle.loads(_exactly(pipe, length))


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError("the other side has ended")
    return data


def main() -> None:
    """Read batches until there are no more, behind whatever a person waits for."""
    os.nice(BEHIND)
    come, go = sys.stdin.buffer, sys.stdout.buffer
    pace = Pace()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            told = _get(come)
            batch = [(number, _exactly(come, length)) for number, length, _ in told]
            known = {number: headline for number, _, headline in told if headline is not None}
            done = derive_all(batch, known, pace)
            _put(go, {body.message_id: replace(body, raw=b"") for body in done})


if __name__ == "__main__":
    main()
