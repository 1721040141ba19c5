"""A picture of a message, seen inside."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.engine.mail.samples import message
from tests.screens.driving import press, until
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tests.widgets.test_corpus_reading import fill
from tui.engine.paths import Paths
from tui.screens.picturing import PictureDialog


def with_picture(data: bytes) -> bytes:
    head = b'--b\r\nContent-Type: text/plain\r\n\r\nSee.\r\n--b\r\nContent-Type: image/png; name="plan.png"\r\n'
    whole = (
        head + b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: binary\r\n\r\n" + data + b"\r\n--b--\r\n"
    )
    return message(whole, Content_Type='multipart/mixed; boundary="b"')


@pytest.fixture
def plan() -> bytes:
    image = Image.new("RGB", (200, 100), (10, 60, 200))
    image.paste((250, 240, 30), (100, 0, 200, 100))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


async def test_a_picture_is_shown_in_half_blocks_and_follows_the_size(tmp_path: Path, plan: bytes) -> None:
    paths = Paths.of(tmp_path / "desk")
    await fill(paths, [with_picture(plan)])
    async with workspace(paths, 100, 30) as (pilot, _):
        await press(pilot, "alt+o", "1")
        dialog = pilot.app.screen
        assert isinstance(dialog, PictureDialog)
        await until(pilot, lambda: "200 x 100" in screen_text(pilot.app))
        await until(pilot, lambda: screen_text(pilot.app).count("▀") > 0)
        line = next(text for text in screen_text(pilot.app).splitlines() if "▀" in text)
        assert line.count("▀") in range(90, 99)
        strip = dialog.view.render_line(dialog.view.size.height // 2)
        colours = [one.style.color.triplet for one in strip if one.style and "▀" in one.text and one.style.color]
        assert colours[0] == (10, 60, 200)
        assert colours[-1] == (250, 240, 30)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: 0 < max(t.count("▀") for t in screen_text(pilot.app).splitlines()) <= 58)
        await press(pilot, "q")
        assert not isinstance(pilot.app.screen, PictureDialog)


async def test_a_picture_that_is_refused_says_why(tmp_path: Path, plan: bytes) -> None:
    paths = Paths.of(tmp_path / "desk")
    await fill(paths, [with_picture(plan[:80])])
    async with workspace(paths, 100, 30) as (pilot, _):
        await press(pilot, "alt+o", "1")
        await until(pilot, lambda: pilot.app._notifications)
        assert "can't be read as a picture" in next(iter(pilot.app._notifications)).message
