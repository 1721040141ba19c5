"""Changes the CRM in a process of its own and stands still at one step, so that the test can kill it there.

    python -m tests.engine.crm.victim delete between      # in the environment of the test's home

``between``: the CRM has committed, the journal has not. ``after``: both have, and the CRM was not told. "here" on
standard output says that it stands.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from tui.engine.commands import CloseDeal, DeleteDeal, DeletePerson
from tui.engine.core import Engine
from tui.engine.crm.db import CrmDb
from tui.engine.paths import Paths
from tui.engine.store import operations


async def _stand(*args: Any, **named: Any) -> None:
    del args, named
    print("here", flush=True)
    await asyncio.Event().wait()


async def main(what: str, when: str) -> None:
    """Open the home of the environment, and do it until the step is reached."""
    engine = await Engine.open(Paths.of())
    if when == "after":
        CrmDb.journalled = _stand
    else:
        operations.add_action = _stand
        operations.set_undone = _stand
    match what:
        case "add":
            await engine.record(await engine.deals.add("Second", [1]))
        case "close":
            await engine.do(CloseDeal(1, "won"))
        case "delete":
            await engine.do(DeleteDeal(1))
        case "delete person":
            await engine.do(DeletePerson(1))
        case "undo":
            await engine.undo()
        case "redo":
            await engine.redo()
    print("never stood", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
