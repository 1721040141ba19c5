"""What the sync of an account works with, and what it counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tui.engine import linking
from tui.engine.bus import EventBus
from tui.engine.commands.base import Desk
from tui.engine.journal import Journal
from tui.engine.model import Account
from tui.engine.pace import Pace


@dataclass(frozen=True, slots=True)
class Times:
    """How long things last at most, and how often they are repeated, in seconds; tests shorten them.

    Args:
        first_wait, longest_wait: between attempts after a fault: doubling from the first to the longest, with jitter.
        person_wait: between attempts after a fault that only a person can mend.
        stall: a server that says nothing for so long while it is asked something is given up.
        idle: IDLE is renewed after this; RFC 2177 allows 29 minutes, some servers and NATs forget after 5.
        shortest_idle: no lesson makes IDLE shorter than this.
        ask: how often the inbox is looked at where nothing is pushed.
        grace: how long after a message was found an announcement of it may still come.
        check: how long a connection has for a sign of life after the machine slept or its network changed.
        glance: how often the clocks and the network are looked at.
        few: how long an account makes do with fewer connections before it tries all of them again.
        lesson: how long what was learned of a server's push is believed.
        files_own, files_none, unknown: before each look for the copy that a provider may file in Sent itself (R12):
            where it does, where it does not, and where that isn't known yet; at least one look.
    """

    first_wait: float = 2.0
    longest_wait: float = 120.0
    person_wait: float = 300.0
    stall: float = 60.0
    idle: float = 285.0
    shortest_idle: float = 60.0
    ask: float = 15.0
    grace: float = 10.0
    check: float = 4.0
    glance: float = 2.0
    few: float = 900.0
    lesson: float = 30 * 86_400.0
    files_own: tuple[int, ...] = (0, 1, 2, 3, 5)
    files_none: tuple[int, ...] = (0,)
    unknown: tuple[int, ...] = (0, 1, 1, 2)


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of the engine that sync uses.

    Args:
        secret: returns an account's secret (keyring, command or file).
        publish: tells the CRM about linked messages that it doesn't know yet.
        spool: folder for literals too big for memory.
        pace: bulk work rests by it while a person types.
        times: how patient it is.
    """

    desk: Desk
    bus: EventBus
    journal: Journal
    secret: Callable[[Account], Awaitable[str]]
    publish: Callable[[], Awaitable[None]]
    spool: Path
    pace: Pace
    times: Times = Times()

    @property
    def settings(self) -> linking.Settings:
        """The settings of the link rules."""
        return linking.Settings(self.desk.config.contact_link, self.desk.config.multi_deal)


@dataclass(slots=True)
class Tally:
    """What one pass did."""

    new: int = 0
    updated: int = 0
    gone: int = 0
    pushed: int = 0
    refused: int = 0
    linked: int = 0
    needs_deal: int = 0
    inbox: int = 0
    """How many of the new ones came into the inbox."""
    errors: list[str] = field(default_factory=list)
