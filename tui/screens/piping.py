"""A command that gets a message: no shell, its answer bounded in time and size, and cleaned."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal

from tui.engine.errors import InvalidInput
from tui.engine.text import clean

SECONDS = 30.0
"""How long a command may take."""

SHOWN = 200_000
"""Bytes of its answer that are kept; a command that writes more is stopped there."""


async def run(command: str, data: bytes, seconds: float = SECONDS) -> str:
    """Run a command, no shell, with ``data`` as its input; return what it wrote, cleaned, cut where it is long.

    Raises:
        InvalidInput: it can't be read or started, takes longer than ``seconds``, or fails.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidInput(f'The command "{command}" can\'t be read: {error}; close its quotes.') from error
    if not words:
        raise InvalidInput("There is no command; write the program's name and its options.")
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise InvalidInput(f'The program "{words[0]}" can\'t be started: {error.strerror}.') from error
    feeding = asyncio.create_task(_feed(process, data))
    try:
        async with asyncio.timeout(seconds):
            output = await _read(process)
            status = await process.wait()
    except TimeoutError as error:
        raise InvalidInput(f'"{command}" was stopped: it took longer than {seconds:g} s.') from error
    finally:
        feeding.cancel()
        await _end(process)
    text = clean(output.decode("utf-8", "replace"))
    if len(output) >= SHOWN:
        return f"{text}\n… and more, which is not shown."
    if status:
        last = text.strip().splitlines()[-1:] or ["it said nothing"]
        raise InvalidInput(f'"{command}" failed with status {status}: {last[0]}')
    return text


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return  # it did not want to read all of it


async def _read(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    output = b""
    while len(output) < SHOWN and (some := await process.stdout.read(SHOWN - len(output))):
        output += some
    if len(output) >= SHOWN:
        _kill(process)
        while await process.stdout.read(65536):
            pass
    return output


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what still runs, with its children, and let its pipes close."""
    assert process.stdout is not None
    _kill(process)
    try:
        async with asyncio.timeout(1.0):
            while await process.stdout.read(65536):
                pass
            await process.wait()
    except TimeoutError:
        return  # a child of it that left its group holds the pipe; it ends with that child


def _kill(process: asyncio.subprocess.Process) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
