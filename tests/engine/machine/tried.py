"""What the random runs of this process tried, and what they found missing or twice."""

from __future__ import annotations

from collections import Counter

TRIED: Counter[str] = Counter()
"""Steps, syncs, quiets, kills, cuts, refusals, interruptions."""

COUNTED: Counter[str] = Counter()
"""``asked``: mails looked for at quiet, each time anew; ``lost`` and ``doubled``: of these, here or on a server."""
