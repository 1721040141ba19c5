"""Runs a pass of the engine and stands still at one step, so that the test can kill it there.

    python -m tests.engine.rules.victim move after      # in the environment of the test's home

The real step is done (``after``) or about to be (``before``); "here" on standard output says that it stands.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tui.engine.core import Engine
from tui.engine.crm.publish import Publisher
from tui.engine.imap.session import Session
from tui.engine.paths import Paths
from tui.engine.sync import sent


def standing(step: Callable[..., Awaitable[Any]], when: str) -> Callable[..., Awaitable[Any]]:
    """Return the step with a halt before or after it."""

    async def halted(*args: Any, **named: Any) -> Any:
        if when == "after":
            await step(*args, **named)
        print("here", flush=True)
        await asyncio.Event().wait()

    return halted


def intending(submit: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return the submission with a halt between the committed intent and DATA."""

    async def halted(*args: Any, before_text: Callable[[], Awaitable[None]], **named: Any) -> Any:
        return await submit(*args, before_text=standing(before_text, "after"), **named)

    return halted


async def main(step: str, when: str) -> None:
    """Open the home of the environment, halt at the step, and do a pass."""
    if step == "send":
        sent.submit = intending(sent.submit) if when == "intended" else standing(sent.submit, when)  # type: ignore[assignment, attr-defined]
    elif step == "publish":
        Publisher.publish_all = standing(Publisher.publish_all, when)  # type: ignore[method-assign]
    else:
        setattr(Session, step, standing(getattr(Session, step), when))
    engine = await Engine.open(Paths.of())
    await engine.sync()
    print("never stood", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
