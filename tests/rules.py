"""Prints which tests prove each rule R1 to R47, per server; fails when a rule has none. `python -m tests.rules`

Nothing is listed by hand: pytest collects the tests, and a test names the rules that it proves, as
test_R30_moved_elsewhere or test_R13_and_R35_over_a_quota do.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest

RULES = tuple(f"R{number}" for number in range(1, 48))
SERVERS = ("dovecot", "dovecot, less", "cyrus", "courier", "pymap", "no server")
"""Columns: the full Dovecot, one that lacks something, the others, and tests of pure logic or of the screens."""
_RULE = re.compile(r"_(R[1-9][0-9]?)(?=_)")
_LESS = {"no QRESYNC", "no CONDSTORE", "no MOVE", "no UIDPLUS", "no SPECIAL-USE", "no LIST-STATUS", "prefix INBOX."}


class Collected:
    """A pytest plugin that keeps what was collected."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the items that are left after deselection."""
        self.items = list(session.items)


def rules_of(name: str) -> list[str]:
    """Return the rules that a test's name names: ["R13", "R35"] for test_R13_and_R35_over_a_quota."""
    return _RULE.findall(name + "_")


def server_of(item: pytest.Item) -> str:
    """Return the column of a test: the server that it runs against."""
    program = str(getattr(getattr(item, "callspec", None), "params", {}).get("program", ""))
    if program in SERVERS:
        return program
    if program in _LESS:
        return "dovecot, less"
    name = getattr(item, "originalname", item.name)
    if program == "" and (found := re.search(r"of_(cyrus|courier|pymap)_|on_(cyrus|courier|pymap)\b", name)):
        return found[1] or found[2]
    wants = set(getattr(item, "fixturenames", ()))
    source = getattr(getattr(item, "function", None), "__code__", None)
    calls = set(source.co_names) if source is not None else set()
    if calls & {"server", "started", "start", "mailbox_on"}:
        return "dovecot, less"
    return "dovecot" if wants & {"mailbox", "dovecot", "plain", "strict"} else "no server"


def table(items: list[pytest.Item]) -> tuple[Mapping[str, Counter[str]], Mapping[str, list[str]]]:
    """Return rule -> how many tests per server, and rule -> the names of its tests."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, list[str]] = defaultdict(list)
    for item in items:
        name = getattr(item, "originalname", None) or item.name
        for rule in rules_of(name):
            counts[rule][server_of(item)] += 1
            where = f"{item.path.relative_to(item.config.rootpath)}::{name}"
            if where not in names[rule]:
                names[rule].append(where)
    return counts, names


def main(arguments: list[str]) -> int:
    """Print the table, with the names of the tests after `--names`; return 1 when a rule has no test."""
    found = Collected()
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main(["--collect-only", "-q"], [found])
    if code != pytest.ExitCode.OK:
        print(f"pytest couldn't collect the tests (exit code {int(code)}); run pytest --collect-only to see why.")
        return 2
    counts, names = table(found.items)
    print("rule " + "".join(f"{server:>15}" for server in SERVERS))
    for rule in RULES:
        cells = "".join(f"{counts[rule][server] or '.':>15}" for server in SERVERS)
        print(f"{rule:<5}{cells}")
        if "--names" in arguments:
            print("".join(f"        {name}\n" for name in names[rule]), end="")
    missing = [rule for rule in RULES if not names[rule]]
    total = sum(sum(row.values()) for row in counts.values())
    print(f"{len(RULES) - len(missing)} of {len(RULES)} rules, {total} tests" + "; --names lists them")
    if missing:
        print(f"No test proves {', '.join(missing)}.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
