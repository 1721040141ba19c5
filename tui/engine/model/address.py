"""One mailbox of a header."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: display name (may be "") and address as written."""

    name: str
    email: str
