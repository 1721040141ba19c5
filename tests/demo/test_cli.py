"""``dealdesk demo`` as it is started: the story without a terminal, a picture, and homes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tui.demo.picture import take
from tui.engine.errors import ConfigError
from tui.engine.paths import Paths

ROOT = Path(__file__).resolve().parent.parent.parent


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the demo without a terminal, its temporary folders below ``tmp_path``."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "DEALDESK_HOME": str(tmp_path / "mine")}
    return subprocess.run(
        [sys.executable, "-m", "tui", "demo", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_without_a_terminal_the_story_is_told(tmp_path: Path) -> None:
    """Plain sentences on stdout and nothing on stderr, or one document with --json; the person's home is untouched,
    a temporary one is gone, one that was named is kept and not used twice."""
    plain_folder, json_folder, kept = tmp_path / "plain", tmp_path / "json", tmp_path / "kept"
    plain_folder.mkdir()
    json_folder.mkdir()
    with ThreadPoolExecutor(2) as both:  # at the same time, because the customer takes his time in each
        plain = both.submit(run, plain_folder).result
        document = both.submit(run, json_folder, "--json", "--home", str(kept)).result
        told, as_json = plain(), document()
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines()[-1].startswith("Everything was as it should be")
    assert "\x1b" not in told.stdout
    assert list(plain_folder.iterdir()) == []
    assert (as_json.returncode, as_json.stderr) == (0, "")
    assert any("linked by hand" in sentence for sentence in json.loads(as_json.stdout)["told"])
    assert (kept / "data" / "mailbox.db").exists()
    again = run(json_folder, "--home", str(kept))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.strip().endswith("the demo wants an empty one, or none at all.")


async def test_picture_shows_the_filled_workspace(tmp_path: Path) -> None:
    """The screenshot is an SVG in which mail, deal and person of the demo can be read."""
    file = tmp_path / "shot.svg"
    await take(Paths.of(tmp_path / "home"), file)
    svg = await asyncio.to_thread(file.read_text, "utf-8")
    text = "".join(ElementTree.fromstring(svg).itertext()).replace("\xa0", " ")
    for part in ("Ann Archer", "Acme licences", "40 seats is right", "Contract question", "Folders", "needs a deal"):
        assert part in text, part


async def test_picture_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that isn't there is one sentence."""
    with pytest.raises(ConfigError, match="can't be written"):
        await take(Paths.of(tmp_path / "home"), tmp_path / "no" / "shot.svg", (100, 30))
