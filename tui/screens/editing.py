"""A text in the person's own editor, while the engine's loop goes on beside it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from tui.engine.errors import InvalidInput


async def edit(app: App[Any], text: str, fallback: str) -> str:
    """Open ``text`` in ``$VISUAL``, ``$EDITOR`` or ``fallback`` and return what was saved.

    The file is the person's alone (0600 in a folder 0700) and gone afterwards.

    Raises:
        InvalidInput: the editor can't be started, or there is no terminal to give it.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or fallback
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="dealdesk-"))
    path = folder / "message.txt"
    try:
        await asyncio.to_thread(_write_private, path, text)
        try:
            words = shlex.split(command)
            with app.suspend():
                process = await asyncio.create_subprocess_exec(*words, str(path))
                await process.wait()
        except SuspendNotSupported as error:
            raise InvalidInput("An editor can't be opened here; write the text in this window.") from error
        except (OSError, ValueError, TypeError) as error:
            raise InvalidInput(
                f'The editor "{command}" can\'t be started; set EDITOR to one that is installed.'
            ) from error
        edited = await asyncio.to_thread(path.read_text, "utf-8", "replace")
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)
    return edited if text.endswith("\n") else edited.removesuffix("\n")


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
