"""Pictures that came by mail: decoded within bounds of pixels, memory and time, in a process that can do no harm."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from tui.engine.errors import InvalidInput
from tui.engine.pictures import SECONDS, is_picture, picture


def made(kind: str, width: int, height: int, colour: object = (200, 30, 40), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), colour).save(file, kind)  # type: ignore[arg-type]
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of few octets that says it has so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_becomes_a_raster_that_fits(kind: str) -> None:
    found = picture("a", made(kind, 800, 300), 80, 48)
    assert (found.width, found.height, found.of) == (80, 30, (800, 300))
    assert len(found.pixels) == 3 * 80 * 30
    red, green, blue = found.pixels[:3]
    assert red > 180
    assert max(green, blue) < 60


def test_a_small_picture_is_not_enlarged_and_what_is_transparent_shows_the_ground() -> None:
    found = picture("a", made("PNG", 16, 16, (255, 255, 255, 0), "RGBA"), 80, 48)
    assert (found.width, found.height) == (16, 16)
    assert set(found.pixels) == {24}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bomb(60_000, 60_000), "too many"),
        (bomb(9_000, 9_000), "too many"),
        (made("PNG", 40, 40)[:60], "can't be read"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 1000, "can't be read"),
        (b"", "can't be read"),
        (b"P6 1 1 255\nabc", "can't be read"),
        (bytes(40_000_001), "octets"),
    ],
)
def test_what_can_not_or_should_not_be_decoded_is_refused_in_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as raised:
        picture("evil\x1b[31m.png", data, 80, 48)
    assert "\x1b" not in str(raised.value)


def test_a_decoder_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.engine.pictures.SECONDS", 0.001)
    with pytest.raises(InvalidInput, match="takes longer"):
        picture("a", made("PNG", 4000, 4000), 80, 48)
    assert SECONDS == 15


def test_pictures_are_known_by_their_content() -> None:
    assert is_picture(made("PNG", 2, 2))
    assert not is_picture(b"%PDF-1.7")
    assert not is_picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
