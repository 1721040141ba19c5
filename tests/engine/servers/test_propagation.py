"""The scenarios of tests/engine/rules/test_propagation.py on every other server."""

from __future__ import annotations

from tests.engine.rules import test_propagation
from tests.engine.servers.sharing import scenarios

globals().update(scenarios(test_propagation))
