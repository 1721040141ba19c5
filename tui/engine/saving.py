"""Attachments as files: inside the chosen folder, under a harmless name, never over a file that is there."""

from __future__ import annotations

import os
from pathlib import Path

from tui.engine.errors import InvalidInput
from tui.engine.mail.filenames import safe_name


def save_attachment(name: str, data: bytes, folder: str | os.PathLike[str]) -> Path:
    """Write ``data`` into ``folder`` (made where missing) under a name like ``name``; return the path.

    A file that is there already is never touched: ``report.pdf`` becomes ``report (2).pdf``.

    Raises:
        InvalidInput: the folder can't be used, or the file can't be written.
    """
    target = Path(folder).expanduser()
    wanted = safe_name(name, "", 1)
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
