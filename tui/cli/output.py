"""What a command prints: one JSON document, JSON lines, or text for people that no mail can make unsafe."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from tui import cells
from tui.engine import text
from tui.engine.errors import DealdeskError

_RAW = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""What JSON allows unescaped in a string and a terminal may obey."""


def dumps(data: object) -> str:
    """Return ``data`` as one line of JSON that is readable and obeys nobody: controls of any kind are escaped."""
    return _RAW.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(data, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Out:
    """Where a command puts its result.

    Args:
        json: whether ``--json`` was given.
    """

    json: bool

    def give(self, data: object, human: str | Iterable[str]) -> None:
        """Print the whole result of a command: ``data`` as one document with ``--json``, else ``human``."""
        if self.json:
            _write(dumps(data), "utf-8")
        else:
            self.say(human)

    def say(self, human: str | Iterable[str]) -> None:
        """Print lines for people; nothing with ``--json``."""
        if self.json:
            return
        lines = [human] if isinstance(human, str) else list(human)
        if lines:
            _write("\n".join(text.clean(one) for one in lines), sys.stdout.encoding or "utf-8")


def _write(line: str, encoding: str) -> None:
    try:
        click.echo(line.encode(encoding, "replace") + b"\n", nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        # What lies in the buffer is lost; Python would try it once more at the end, and say so in two lines.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise DealdeskError(f"The output can't be written ({error.strerror}); make room where it goes.") from error


def table(head: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> list[str]:
    """Return rows as aligned lines under a head, or nothing when there are no rows.

    Args:
        head: the columns' titles.
        rows: the cells; anything, shown as one safe line.
        right: the columns that are aligned right, the first being 0.
    """
    shown = [[cells.steady(text.line(str(cell), 200)) for cell in row] for row in rows]
    if not shown:
        return []
    lines = [list(head), *shown]
    widths = [max(cells.width(line[column]) for line in lines) for column in range(len(head))]
    ends = set(right)
    return [
        "  ".join(
            " " * (widths[at] - cells.width(cell)) + cell
            if at in ends
            else cell + " " * (widths[at] - cells.width(cell))
            for at, cell in enumerate(line)
        ).rstrip()
        for line in lines
    ]
