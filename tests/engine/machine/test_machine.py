"""Random commands here, random changes by others, and every fault between: nothing is lost, nothing is doubled.

``DEALDESK_STEPS`` runs that many examples instead of the few of an ordinary run; ``make check`` stays short.
"""

from __future__ import annotations

import os

import pytest

from tests.engine.machine.machine import Machine, settings_of

EXAMPLES = int(os.environ.get("DEALDESK_STEPS", "12"))
Machine.TestCase.settings = settings_of(EXAMPLES)
TestMachine = pytest.mark.timeout(0)(Machine.TestCase)
