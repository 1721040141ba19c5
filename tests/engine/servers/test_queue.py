"""The scenarios of tests/engine/rules/test_queue.py on every other server."""

from __future__ import annotations

from tests.engine.rules import test_queue
from tests.engine.servers.sharing import scenarios

globals().update(scenarios(test_queue))
