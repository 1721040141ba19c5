"""The link picker over 100,000 people and 20,000 deals, from a keystroke to its result: ``python -m bench.picker``

Names, addresses and titles are typed letter by letter, a tenth of them with a letter wrong; the first key of all also
reads who there is. Processor seconds of the thread, which is that of the screen.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path

from bench._desk import fill
from bench.keys import quantile
from tui.engine.core import Engine
from tui.engine.paths import Paths
from tui.engine.store import candidates

PEOPLE, DEALS, WORDS = 100_000, 20_000, 60


def typed() -> list[str]:
    """Return what stands in the picker's field after each key."""
    chance, texts = random.Random(7), list[str]()
    for number in range(WORDS):
        who = chance.randrange(PEOPLE)
        word = (f"zoë{who} müller", f"person{who}@company", f"deal {who % DEALS} of comp", f"müller-{who % 997}")[
            number % 4
        ]
        if number % 10 == 9:
            at = chance.randrange(1, len(word))
            word = word[:at] + "x" + word[at + 1 :]
        texts += [word[:end] for end in range(1, len(word) + 1)]
    return texts


async def main() -> None:
    """Print the first key and the quantiles of the others."""
    with tempfile.TemporaryDirectory() as root:
        engine = await Engine.open(Paths.of(Path(root)))
        try:
            await fill(engine, PEOPLE, DEALS, mails=False)
            taken = []
            for text in typed():
                began = time.thread_time()
                candidates.found(engine.reader, text)
                taken.append((time.thread_time() - began) * 1000)
            half, most, worst = (quantile(taken[1:], one) for one in (0.5, 0.95, 1.0))
            print(f"first key {taken[0]:.0f} ms; {len(taken) - 1} more: half of them {half:.1f} ms, 95 of 100", end=" ")
            print(f"{most:.1f} (at most 30), the slowest {worst:.1f}")
        finally:
            await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
