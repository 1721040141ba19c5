"""Where a big literal goes while it arrives: a private file in the spool folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


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
