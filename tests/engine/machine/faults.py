"""Where a run is disturbed: at the n-th time that something happens, before it or after it, something else does too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

LOOKING = ("*", "SELECT", "FETCH", "SEARCH", "LIST", "STATUS")
WORKING = {
    "move": ("MOVE", "MOVE", "COPY", "STORE", "EXPUNGE", "SEARCH", "SELECT"),
    "copy": ("COPY", "COPY", "SEARCH", "SELECT"),
    "delete": ("STORE", "EXPUNGE", "EXPUNGE", "SEARCH", "SELECT"),
    "flag": ("STORE", "STORE", "SELECT"),
    "send": ("DATA", "DATA", "RCPT", "APPEND", "APPEND", "SEARCH", "CREATE"),
    "create-folder": ("CREATE", "CREATE", "LIST"),
    "rename-folder": ("RENAME", "RENAME", "LIST"),
    "delete-folder": ("DELETE", "DELETE", "MOVE", "COPY", "STORE", "EXPUNGE", "SELECT"),
    "append": ("APPEND", "APPEND", "SEARCH", "SELECT", "CREATE"),
}
"""What is worth disturbing while an operation of a kind is open."""
LISTENING = ("IDLE", "DONE")
"""What an account says that listens."""
WORDS = (
    "[NOPERM] not allowed",
    "[OVERQUOTA] full",
    "[UNAVAILABLE] later",
    "[INUSE] busy",
    "just no",
    "[SERVERBUG] oops",
)


@dataclass
class Trap:
    """One disturbance.

    Args:
        verb: what it waits for: an IMAP command without UID, MAIL, RCPT, DATA, COMMIT, or "*" for anything but COMMIT,
            LIST and STATUS.
        nth: how often that passes undisturbed before.
        after: once it was done and before the engine hears of it, instead of before it.
        act: ``cut``, ``kill``, ``stall`` (no answer ever), the words of a refusal, or what somebody else does then.
    """

    verb: str
    nth: int
    after: bool
    act: str | Callable[[], Awaitable[None]]

    def __repr__(self) -> str:
        act = self.act if isinstance(self.act, str) else getattr(self.act, "__name__", "act")
        return f"<{act} {'after' if self.after else 'before'} {self.verb} {self.nth}>"


class Faults:
    """The traps of a run, and what was sprung."""

    def __init__(self, tried: Counter[str]) -> None:
        self.traps: list[Trap] = []
        self.killed = asyncio.Event()
        self.buried = False
        """Whether the files of the killed engine were taken: what it still writes while it is put away is nobody's."""
        self.offline = False
        self.quiet = False
        self.beside: list[asyncio.Task[None]] = []
        self._tried = tried
        self.heard: list[str] = []

    async def gate(self, verb: str, after: bool) -> str:
        """Do what is to happen at this point; see ``imap.Gate``."""
        if self.buried:
            return ""
        if self.killed.is_set():
            await asyncio.Event().wait()
        self.heard.append(f"{verb}{' done' if after else ''}")
        if self.offline and verb != "COMMIT":
            return "cut"
        trap = self._sprung(verb, after)
        if trap is None:
            return ""
        self.heard.append(repr(trap))
        if not isinstance(trap.act, str):
            await self._beside(trap.act, verb)
            return ""
        if trap.act == "kill":
            self._tried["kills"] += 1
            self.killed.set()
            await asyncio.Event().wait()
        if trap.act == "stall":
            self._tried["stalls"] += 1
            await asyncio.Event().wait()
        if trap.act == "cut":
            self._tried["cuts"] += 1
            return "cut"
        self._tried["refusals"] += 1
        return trap.act

    def _sprung(self, verb: str, after: bool) -> Trap | None:
        for trap in self.traps:
            anything = trap.verb == "*" and verb not in ("COMMIT", "LIST", "STATUS")
            if not (trap.verb == verb or anything) or trap.after is not after:
                continue
            if verb == "COMMIT" and trap.act != "kill" and isinstance(trap.act, str):
                continue
            if trap.nth > 0:
                trap.nth -= 1
                continue
            self.traps.remove(trap)
            return trap
        return None

    async def _beside(self, act: Callable[[], Awaitable[None]], verb: str) -> None:
        """Somebody acts meanwhile; whoever waits for a commit may hold what they need, so they go on beside it."""
        self._tried["interruptions"] += 1
        task = asyncio.ensure_future(act())
        if verb == "COMMIT":
            self.beside.append(task)  # type: ignore[arg-type]
        else:
            await asyncio.wait_for(task, 20)
