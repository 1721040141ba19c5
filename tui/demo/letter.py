"""The two values of the demo's mail: a letter to be filed on the server, and a message that was submitted to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to file.

    Args:
        user: whose mailbox.
        folder: which folder, as the server names it.
        raw: the whole source.
        at: INTERNALDATE, seconds since the epoch; None for now.
        flags: system flags with their backslash.
    """

    user: str
    folder: str
    raw: bytes
    at: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the SMTP server accepted: the envelope and the source."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
