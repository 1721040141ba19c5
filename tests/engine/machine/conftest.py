"""Prints what the random runs tried, also where workers did the running."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.machine.tried import COUNTED, TRIED

_KEY = "machine_tried"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over its counts."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_KEY] = dict(TRIED), dict(COUNTED)


class _Workers:
    """Adds up what workers hand over."""

    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's counts."""
        tried, counted = getattr(node, "workeroutput", {}).get(_KEY, ({}, {}))
        TRIED.update(tried)
        COUNTED.update(counted)


def pytest_configure(config: pytest.Config) -> None:
    """Listen to workers where there are any."""
    if config.pluginmanager.hasplugin("dsession"):
        config.pluginmanager.register(_Workers())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts."""
    if TRIED:
        listed = ", ".join(f"{TRIED[what]:,} {what}" for what in sorted(TRIED, key=lambda one: -TRIED[one]))
        terminalreporter.write_line(
            f"random runs of the machine: {listed}; of {COUNTED['asked']:,} mails"
            f" asked for: lost {COUNTED['lost']:,}, doubled {COUNTED['doubled']:,}"
        )
