"""The app on a home, without the network, for a real terminal: ``python -m tests.screens.terminal_app HOME``."""

from __future__ import annotations

import sys

from tui.app import DealdeskApp
from tui.engine.paths import Paths

if __name__ == "__main__":
    DealdeskApp(Paths.of(sys.argv[1]), network=False).run()
