"""The demo without a terminal, played by the real engine against the real embedded servers."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tui.demo.live import Live
from tui.demo.play import play
from tui.demo.setup import rows
from tui.engine.core import Engine
from tui.engine.errors import ConfigError
from tui.engine.model import LinkState
from tui.engine.paths import Paths

PACE = 0.01


@dataclass
class Played:
    home: Path
    told: list[str]


@pytest.fixture
async def played(tmp_path: Path) -> Played:
    """The whole scenario, played once."""
    told: list[str] = []
    await play(Paths.of(tmp_path / "home"), told.append, pace=PACE)
    return Played(tmp_path / "home", told)


async def test_headless_demo_plays_through(played: Played) -> None:
    """Sync, links, needs-a-deal, moves, undo, sending, the reply and the proof are right, and no password leaks."""
    text = "\n".join(played.told)
    for part in (
        "messages of 2 accounts arrived",
        "need a deal",
        "was linked by hand",
        "on the server too; undone",
        "exactly one copy",
        "pushed and linked to Acme licences",
        "waits for a choice of deal",
        "linked to nothing",
        "only suggested",
        "here it stays in the INBOX",
        "folders are complete",
        "Everything was as it should be",
    ):
        assert part in text
    secrets = {path.read_text().strip() for path in (played.home / "data" / "secrets").iterdir()}
    assert secrets
    for path in played.home.rglob("*"):
        if path.is_file() and path.parent.name != "secrets":
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], path
    assert not [secret for secret in secrets if secret in text]


async def test_a_damaged_home_is_one_sentence(tmp_path: Path) -> None:
    """A home whose CRM can't be read ends the demo with one plain sentence and leaves no server behind."""
    paths = Paths.of(tmp_path / "home")
    paths.create()
    paths.crm.write_bytes(b"this is no database" * 100)
    with pytest.raises(ConfigError, match=r"crm\.db"):
        await play(paths, lambda _: None, pace=PACE)
    assert "demo-world" not in {thread.name for thread in threading.enumerate()}


async def test_live_world_fills_the_workspace_and_ends(tmp_path: Path) -> None:
    """Under the screen: mail and deals are there when fill returns, the past is decided, and stop ends the servers."""
    engine = await Engine.open(Paths.of(tmp_path / "home"))
    live = Live()
    try:
        await live.fill(engine)
        assert live.filled.is_set()
        assert live.error == ""
        states = [row.link_state for row in rows(engine).values()]
        assert states.count(LinkState.NEEDS_DEAL) == 4
        assert states.count(LinkState.PRIVATE) == 3
        assert {deal.status for deal in await engine.deals.list()} == {"open", "won", "lost"}
    finally:
        await engine.close()
        live.stop()
    assert live.world.faults == []
    assert "demo-world" not in {thread.name for thread in threading.enumerate()}


async def test_live_world_tells_why_it_could_not_fill(tmp_path: Path) -> None:
    """A workspace that is filled already is told as one sentence instead of a crash under the screen."""
    engine = await Engine.open(Paths.of(tmp_path / "home"))
    first, second = Live(), Live()
    try:
        await first.fill(engine)
        await second.fill(engine)
        assert "ann@acme.example" in second.error
    finally:
        await engine.close()
        first.stop()
        second.stop()
