"""Where a message here and its server disagree, as the engine tells of it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Difference(StrEnum):
    """How the server's state of a message differs from ours, while nothing is on its way to mend it."""

    GONE = "gone"
    """The server has no copy any more (R29)."""
    MOVED = "moved"
    """The server has it in another folder (R30), or refused our move (R35)."""
    FLAGS = "flags"
    """The server's flags are others."""
    DELETED = "deleted here"
    """It was deleted here alone; the server still has it."""
    UNFILED = "only here"
    """The server refused its copy (R13)."""


class Divergence(NamedTuple):
    """One message that differs. ``id`` is the message's; ``here`` and ``there`` name folders and flags as people read
    them; ``refused`` are the server's words where it refused our change; ``left``: a person said to leave it so."""

    id: int
    account_id: int
    account: str
    difference: Difference
    date: int
    sender: str
    subject: str
    here: str
    there: str
    refused: str
    left: bool
