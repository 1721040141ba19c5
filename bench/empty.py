"""The smallest Textual app, to measure others against: ``python -m bench.empty``."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        """Say it."""
        yield Static("empty")


if __name__ == "__main__":
    Empty().run()
