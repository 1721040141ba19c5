"""The App's driver: Textual's for this terminal, which writes fewer bytes and outlasts the terminal."""

from __future__ import annotations

from typing import Any

from textual.driver import Driver

from tui.hangup import Lasting, is_there
from tui.thrift import slim


def ours(driver: type[Driver]) -> type[Driver]:
    """Return a driver like ``driver`` that writes through ``slim`` and is not held up by a terminal that is gone."""

    class Ours(driver):  # type: ignore[misc, valid-type]
        """Textual's driver with both."""

        def __init__(self, *args: Any, **kinds: Any) -> None:
            super().__init__(*args, **kinds)
            file: Any = getattr(self, "_file", None)
            if file is not None:
                self._file = Lasting(file)

        def write(self, data: str) -> None:
            """Write ``data`` to the terminal."""
            super().write(slim(data))

        def _sigcont_application(self, *_: object) -> None:
            # A system that closes a terminal lets its programs go on so that they hear of it (POSIX, 11.1.10); Textual
            # would set up the terminal again, which is gone.
            if is_there(self.fileno):
                super()._sigcont_application()

    return Ours
