"""Random commands here, random changes by others, and every fault between: nothing is lost, nothing is doubled.

An ordinary run makes the same 25 lives each time; ``DEALDESK_STEPS=2000`` makes that many, others each time.
"""

from __future__ import annotations

import os

import pytest

from tests.engine.machine.machine import settings_of
from tests.engine.machine.watching import Watching

EXAMPLES = int(os.environ.get("DEALDESK_STEPS", "0"))
Watching.TestCase.settings = settings_of(EXAMPLES or 25, the_same=not EXAMPLES)
TestMachine = pytest.mark.timeout(0)(Watching.TestCase)
