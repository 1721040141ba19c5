"""The real command, started as a script would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "tui")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Program:
    """dealdesk with one home.

    Args:
        home: its folder, handed over in DEALDESK_HOME.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DEALDESK_HOME": str(self.home), "PYTHONWARNINGS": "default"}

    def run(self, *words: object, given: str = "") -> Ended:
        """Run a command without a terminal and return how it ended."""
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            input=given.encode(),
            capture_output=True,
            cwd=ROOT,
            env=self.environment,
            timeout=50,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *words: object, given: str = "") -> str:
        """Run a command that must end well; return what it printed."""
        ended = self.run(*words, given=given)
        assert ended.code == 0, (words, ended)
        return ended.out

    def json(self, *words: object, given: str = "") -> Any:
        """Run a command with --json that must end well and print one document; return it."""
        printed = self.ok(*words, "--json", given=given)
        assert printed.count("\n") == 1, printed
        return json.loads(printed)

    def fails(self, *words: object, given: str = "", code: int = 1) -> str:
        """Run a command that must fail; return its one sentence."""
        ended = self.run(*words, given=given)
        assert ended.code == code, (words, ended)
        if code == 1:
            assert ended.out == "", ended.out
            assert ended.err.count("\n") == 1, ended.err
            assert "Traceback" not in ended.err
            assert ended.err[0].isupper() or ended.err[0] == '"' or ended.err.startswith("dealdesk"), ended.err
        return ended.err
