"""Screens as text, kept in tests/goldens; ``UPDATE_GOLDENS=1 pytest`` writes them anew, and the diff is read."""

from __future__ import annotations

import os
from pathlib import Path

from textual.app import App

FOLDER = Path(__file__).resolve().parents[1] / "goldens"


def screen_text(app: App[object]) -> str:
    """Return what the screen shows, trailing blanks cut."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def assert_golden(app: App[object], name: str) -> None:
    """Compare the screen with the golden ``name``."""
    assert_text(screen_text(app), name)


def assert_text(shown: str, name: str) -> None:
    """Compare a text with the golden ``name``."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        path.write_text(shown)
    assert path.exists(), f"There is no golden {path.name}; UPDATE_GOLDENS=1 writes it."
    assert shown == path.read_text(), f"{path.name} looks different; UPDATE_GOLDENS=1 and read the diff."
