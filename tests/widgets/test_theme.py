"""What is written can be read: contrast of every ink on every ground, in both themes (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import pytest
from textual.color import Color

from tests.widgets.stage import on_stage
from tui.theme import THEMES
from tui.widgets.pane import Pane

LEAST = {
    "": 7,
    "strong": 7,
    "dim": 4.5,
    "accent": 4.5,
    "title": 4.5,
    "good": 4.5,
    "warn": 4.5,
    "bad": 4.5,
    "faint": 1.8,
}
"""Contrast that each ink has at least; faint is for previews and rules, which repeat what is said elsewhere."""


def luminance(color: Color) -> float:
    """Return the relative luminance of WCAG 2.1."""
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG 2.1, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_ink_can_be_read_on_every_ground(theme: str) -> None:
    widget = Pane()
    async with on_stage(widget, 20, 4) as (pilot, _):
        pilot.app.theme = theme
        await pilot.pause()
        poor = {}
        for ink, least in LEAST.items():
            for line in ("", "cursor", "cursor-blurred", "marked"):
                style = widget.ink(ink, line)
                assert style.color is not None
                assert style.bgcolor is not None
                ratio = contrast(Color.from_rich_color(style.bgcolor), Color.from_rich_color(style.color))
                wanted = least if line in ("", "cursor-blurred") else least * 0.8
                if ratio < wanted:
                    poor[ink, line] = round(ratio, 2)
        assert not poor
