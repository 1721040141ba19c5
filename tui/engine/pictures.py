"""Pictures that came by mail, as rasters small enough for a terminal, decoded in a process that may do nothing else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tui.engine.errors import InvalidInput
from tui.engine.mail import magic
from tui.engine.text import line

MAX_OCTETS = 40_000_000
"""Octets of a file that is tried."""
SECONDS = 15
"""How long it may take, by the clock."""
LARGEST = 400
"""Pixels at most along each side; no terminal has more cells."""
EXTRA = "pip install 'dealdesk[images]'"


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster: ``pixels`` holds three octets (red, green, blue) for each of ``width`` times ``height``; ``of`` is the
    size of the whole picture."""

    width: int
    height: int
    pixels: bytes
    of: tuple[int, int]


def is_picture(data: bytes) -> bool:
    """Tell by its content whether a file is a picture of a common kind."""
    return magic.sniff(data[: magic.LOOKED_AT])[0].startswith("image/") and b"<svg" not in data[:1000].lower()


def can_show() -> bool:
    """Tell whether what decodes pictures is installed (the extra ``images``)."""
    return importlib.util.find_spec("PIL") is not None


def picture(name: str, data: bytes, width: int, height: int) -> Picture:
    """Return a picture in at most ``width`` times ``height`` pixels. Blocks; call it in a thread.

    Raises:
        InvalidInput: it can't be decoded, or not within bounds of pixels, memory and time.
    """
    if len(data) > MAX_OCTETS:
        raise _refused(name, f"it has {len(data):,} octets, too many to be shown")
    size = [str(max(1, min(LARGEST, side))) for side in (width, height)]
    program = [sys.executable, "-I", str(Path(__file__).with_name("decoder.py")), *size]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=SECONDS, check=False, env={})
    except subprocess.TimeoutExpired as error:
        raise _refused(name, f"it takes longer than {SECONDS} s") from error
    except OSError as error:
        raise _refused(name, f"its decoder can't be started ({error.strerror})") from error
    said, _, pixels = done.stdout.partition(b"\n")
    words = said.split()
    if words[:1] == [b"no"]:
        raise _refused(name, said[3:].decode("utf-8", "replace"))
    if len(words) != 5 or words[0] != b"ok":
        raise _refused(name, "its decoder gave up on it, as on one that needs too much memory or time")
    found = [int(word) for word in words[1:]]
    if len(pixels) != 3 * found[0] * found[1]:
        raise _refused(name, "it is not complete")
    return Picture(found[0], found[1], pixels, (found[2], found[3]))


def _refused(name: str, why: str) -> InvalidInput:
    return InvalidInput(f'"{line(name, 80)}" can\'t be shown here: {line(why, 120)}; save it or open it elsewhere.')
