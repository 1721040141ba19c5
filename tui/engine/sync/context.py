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
class Context:
    """The parts of the engine that sync uses.

    Args:
        secret: returns an account's secret (keyring, command or file).
        publish: tells the CRM about linked messages that it doesn't know yet.
        spool: folder for literals too big for memory.
        pace: bulk work rests by it while a person types.
    """

    desk: Desk
    bus: EventBus
    journal: Journal
    secret: Callable[[Account], Awaitable[str]]
    publish: Callable[[], Awaitable[None]]
    spool: Path
    pace: Pace

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
    errors: list[str] = field(default_factory=list)
