"""Takes the scenarios of tests/engine/rules over to other servers: the same functions, collected again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from types import ModuleType


def scenarios(*modules: ModuleType, rules: Collection[str] = ()) -> dict[str, Callable[..., object]]:
    """Return the tests of some modules that work on whatever server the fixtures ``mailbox`` and ``plain`` give.

    Args:
        modules: of tests/engine/rules.
        rules: only those of these rules, all when empty.
    """
    found = {}
    for module in modules:
        for name, test in inspect.getmembers(module, inspect.isfunction):
            wants = inspect.signature(test).parameters.keys() & {"mailbox", "plain"}
            if name.startswith("test_") and wants and (not rules or rule_of(name) in rules):
                found[name] = test
    return found


def rule_of(name: str) -> str:
    """Return the rule that a test names first: "R30" for test_R30_moved_elsewhere."""
    return name.split("_")[1]
