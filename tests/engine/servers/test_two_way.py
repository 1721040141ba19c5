"""The scenarios of tests/engine/rules/test_two_way.py on every other server."""

from __future__ import annotations

from tests.engine.rules import test_two_way
from tests.engine.servers.sharing import scenarios

globals().update(scenarios(test_two_way))
