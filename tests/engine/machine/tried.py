"""What the random runs of this process tried."""

from __future__ import annotations

from collections import Counter

TRIED: Counter[str] = Counter()
"""Steps, syncs, quiets, kills, cuts, refusals, interruptions."""
