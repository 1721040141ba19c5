"""Where a big literal goes while it arrives: a private file in the spool folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

ABANDONED = 3600
"""Seconds after which a file that nobody writes to belongs to nobody: no literal takes so long."""


class SpoolFile:
    """A literal on its way into a file of its own, readable by the owner alone."""

    def __init__(self, folder: Path, size: int) -> None:
        handle, name = tempfile.mkstemp(prefix="literal-", suffix=".part", dir=folder)
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._path = Path(name)

    def write(self, data: bytes) -> object:
        """Append octets."""
        return self._file.write(data)

    def finish(self) -> Path:
        """Close the file and return where it is."""
        self._file.close()
        return self._path

    def discard(self) -> None:
        """Close and remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def size_of(literal: bytes | Path) -> int:
    """Return the octets of a literal, wherever it is."""
    return len(literal) if isinstance(literal, bytes) else literal.stat().st_size


def sweep(folder: Path) -> None:
    """Delete what a process that was killed left in the spool: files that nobody has written to for an hour."""
    for left in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - ABANDONED:
                left.unlink()
