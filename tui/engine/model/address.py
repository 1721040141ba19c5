"""One mailbox of a header."""

from __future__ import annotations

from typing import NamedTuple


class Address(NamedTuple):
    """One mailbox of a header: display name (may be "") and address as written."""

    name: str
    email: str
