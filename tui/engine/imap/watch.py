"""Whether a connection still serves: octets within the time allowed, and something of what was asked for among them."""

from __future__ import annotations

import time

from tui.engine.imap.framing import Framer

PATIENCE = 10
"""A command ends, or something of what it asks for comes, within so many times ``stall``."""
PROGRESS = 64 << 10
"""So many octets of a literal are progress."""
SLOWEST = 16 << 10
"""An outgoing message gets time at so many octets a second."""


class Watch:
    """The clock and the counters of one connection.

    Args:
        framer: cuts what comes, and counts it.
        stall: seconds of silence allowed while something is asked.
        flood: how much may come that nobody asked for; see ``Limits``.
    """

    def __init__(self, framer: Framer, stall: float, flood: int) -> None:
        self.stall = stall
        self.received = 0
        """Octets that came so far."""
        self._framer = framer
        self._flood = flood
        self._unsent = 0
        self.start()

    def start(self) -> None:
        """Something is asked after nothing was: count from here."""
        self.heard()
        self.progress()

    def heard(self, octets: int = 0) -> None:
        """So many octets came, or whatever else excuses the silence before."""
        self.received += octets
        self._heard = time.monotonic()

    def progress(self) -> None:
        """Something came that was asked for."""
        self._spoken, self._served, self._taken = self._framer.spoken, time.monotonic(), self.received

    def wasted(self, octets: int) -> None:
        """A literal came that nobody asked for."""
        self._spoken -= octets

    def sending(self, left: int) -> None:
        """A message is on its way out; what the system holds back for a slow line doesn't show."""
        self._heard = self._served = time.monotonic() + min(left, 4 << 20) / SLOWEST

    @property
    def flooded(self) -> bool:
        """Whether the server talks and talks and answers nothing."""
        return self._framer.spoken - self._spoken > self._flood

    def verdict(self, paused: bool, unsent: int, what: str) -> str:
        """Look at the clock; return what the server failed to do, "" while all is well.

        Args:
            paused: reading is stopped by us. unsent: octets that wait to go out.
            what: the oldest command that waits.
        """
        now = time.monotonic()
        if paused or unsent < self._unsent:
            self._heard = self._served = now
        elif self._framer.in_literal and self.received - self._taken > PROGRESS:
            self._served, self._taken = now, self.received
        self._unsent = unsent
        if now - self._heard >= self.stall:
            return f"has said nothing for {now - self._heard:.0f} s"
        if now - self._served >= PATIENCE * self.stall:
            return f"didn't {what} in {now - self._served:.0f} s"
        return ""
