"""Attachments as files: inside the chosen folder, under a harmless name, never over a file that is there."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from tui.engine.errors import InvalidInput
from tui.engine.text import line

_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f]+')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
)
LONGEST = 120
"""Characters of a name; its bytes stay under the 255 that file systems allow."""


def safe_name(name: str) -> str:
    """Return a file name that leads nowhere: one component, no controls, not hidden, at most 255 bytes."""
    text = unicodedata.normalize("NFC", line(name, 4 * LONGEST))
    text = _FORBIDDEN.sub("_", text).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 16 or not extension.isalnum():
        stem, extension = text, ""
    if stem.lower() in _DEVICES or not stem.strip("_ ."):
        stem = f"attachment{'-' + stem if stem.strip('_ .') else ''}"
    stem = stem[:LONGEST].strip(" .")
    while len(f"{stem}.{extension}".encode()) > 230:
        stem = stem[:-1]
    return f"{stem}.{extension}" if extension else stem


def save_attachment(name: str, data: bytes, folder: str | os.PathLike[str]) -> Path:
    """Write ``data`` into ``folder`` (made where missing) under a name like ``name``; return the path.

    A file that is there already is never touched: ``report.pdf`` becomes ``report (2).pdf``.

    Raises:
        InvalidInput: the folder can't be used, or the file can't be written.
    """
    target = Path(folder).expanduser()
    wanted = safe_name(name)
    stem, extension = os.path.splitext(wanted)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = target / (wanted if number == 1 else f"{stem} ({number}){extension}")
            try:
                handle = os.open(path, flags, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            return path
    except OSError as error:
        raise InvalidInput(
            f"The attachment can't be saved in {target} ({error.strerror}); choose another folder."
        ) from error
    raise InvalidInput(f'There are a thousand files called "{wanted}" in {target}; choose another folder.')
