"""The lines of a text that may be long, cut apart only as far as somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

CUT = 100_000
"""Characters that are cut into lines in one go."""


class LongText(Sequence[str]):
    """What ``text.split("\\n")`` holds, without the blank lines at its end.

    Asking for a line cuts all before it, some thousand at once; counting them costs a sixth of cutting them.
    """

    def __init__(self, text: str = "") -> None:
        self._text = text
        end = text.find("\n", len(text.rstrip()))
        self._end = end if end >= 0 else len(text)
        self._count = 0 if not text or text.isspace() else text.count("\n", 0, self._end) + 1
        self._done = 0
        self._cut: list[str] = []

    def __len__(self) -> int:
        """Return how many lines there are."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return a line, or a list of some."""
        if isinstance(index, int) and 0 <= index < len(self._cut):
            return self._cut[index]
        wanted = range(self._count)[index]
        last = max(wanted, default=-1) if isinstance(wanted, range) else wanted
        while len(self._cut) <= last:
            stop = self._text.find("\n", self._done + CUT, self._end)
            stop = stop if stop >= 0 else self._end
            self._cut += self._text[self._done : stop].split("\n")
            self._done = stop + 1
        return [self._cut[one] for one in wanted] if isinstance(wanted, range) else self._cut[wanted]
