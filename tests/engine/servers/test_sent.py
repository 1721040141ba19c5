"""The scenarios of tests/engine/rules/test_sent.py on every other server."""

from __future__ import annotations

from tests.engine.rules import test_sent
from tests.engine.servers.sharing import scenarios

globals().update(scenarios(test_sent))
