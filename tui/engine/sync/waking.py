"""Noticing that the machine slept or that its network changed, without asking anyone.

Sleep shows as a step of the wall clock against the monotonic one, which stands still meanwhile, or as a tick that comes
far too late. A change of network shows in the local address that the system would use: connecting a UDP socket asks the
routing table and sends nothing.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

STEP = 5.0
"""Seconds that the clocks may drift apart, or a tick may be late, before it counts as sleep."""
ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses for documentation (RFC 5737, RFC 3849): whatever way leads out leads there."""

Route = tuple[str, ...]


def route() -> Route:
    """Return the local addresses of the ways out, "" for one that isn't there."""
    return tuple(_local(host, family) for host, family in ELSEWHERE)


def _local(host: str, family: socket.AddressFamily) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


@dataclass(slots=True)
class Senses:
    """What is looked at; tests bring their own.

    Args:
        wall: the clock on the wall, in seconds. steady: the monotonic one.
        route: see ``route``.
    """

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    route: Callable[[], Route] = route


@dataclass(slots=True)
class Watch:
    """Compares each look with the one before.

    Args:
        senses: what is looked at.
        every: seconds between two looks.
    """

    senses: Senses
    every: float
    _wall: float = field(init=False)
    _steady: float = field(init=False)
    _route: Route = field(init=False)

    def __post_init__(self) -> None:
        self._wall, self._steady, self._route = self.senses.wall(), self.senses.steady(), self.senses.route()

    def look(self) -> str:
        """Return what happened since the last look in a few words, or "" for nothing."""
        wall, steady, route = self.senses.wall(), self.senses.steady(), self.senses.route()
        slept = (wall - self._wall) - (steady - self._steady)
        late = steady - self._steady - self.every
        changed = route != self._route and any(route)
        self._wall, self._steady, self._route = wall, steady, route
        if abs(slept) > STEP or late > STEP:
            return "the machine slept"
        return "the network changed" if changed else ""

    async def keep(self, happened: Callable[[str], Awaitable[None]]) -> None:
        """Look for ever, and tell ``happened`` in a few words what did."""
        while True:
            await asyncio.sleep(self.every)
            what = self.look()
            if what:
                await happened(what)
