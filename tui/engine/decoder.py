"""A program of its own that turns a picture from a mail into a small raster: whatever is in the file harms nobody else.

Started by ``pictures.py`` in a fresh interpreter: the file on standard input, the greatest width and height in pixels
as arguments. It writes ``ok WIDTH HEIGHT OF-WIDTH OF-HEIGHT`` and a newline, then three octets a pixel; or ``no`` and
why. It may use 1 GB and ten seconds of processor, write no file and open no more of them than it needs.
"""

from __future__ import annotations

import io
import sys
import warnings

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What is read; other decoders are rarely used and often wrong."""
MAX_PIXELS = 50_000_000
"""Pixels of the picture itself (a photo of today has 12 to 48 million); more is refused before any is decoded."""
MEMORY, SECONDS = 1 << 30, 10
GROUND = (24, 24, 24)
"""What shows through where a picture is transparent."""


def confine() -> None:
    """Bound what this process may use, where the system can."""
    try:
        import resource
    except ImportError:  # not on this system; the caller's time limit still holds
        return
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        if sys.platform != "darwin" or what != resource.RLIMIT_AS:  # macOS has no such limit
            resource.setrlimit(what, (limit if hard < 0 else min(limit, hard), hard))


def raster(data: bytes, width: int, height: int) -> bytes:
    """Return what is written for a picture that fits into ``width`` times ``height`` pixels; never enlarges it."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        found = Image.open(io.BytesIO(data), formats=FORMATS)
        of = found.size
        if of[0] * of[1] > MAX_PIXELS:
            return f"no it has {of[0]} x {of[1]} pixels, too many to be shown".encode()
        found.draft("RGB", (width, height))
        image = found.convert("RGBA")
        image.thumbnail((width, height))
        ground = Image.new("RGBA", image.size, (*GROUND, 255))
        ground.alpha_composite(image)
        return f"ok {image.width} {image.height} {of[0]} {of[1]}\n".encode() + ground.convert("RGB").tobytes()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return b"no it has too many pixels to be shown"
    except MemoryError:
        return b"no it needs too much memory"
    except Exception as error:  # whatever a decoder stumbles over is the file's fault and is told
        return f"no it can't be read as a picture ({type(error).__name__})".encode()


if __name__ == "__main__":
    confine()
    sys.stdout.buffer.write(raster(sys.stdin.buffer.read(), int(sys.argv[1]), int(sys.argv[2])))
