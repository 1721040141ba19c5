"""Addresses as they are typed into a recipient field."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.model import Address
from tui.engine.text import line

_SPECIAL = frozenset('()<>[]:;@\\,."')


def listed(addresses: Iterable[Address]) -> str:
    """Return addresses as they are typed into a recipient field."""
    return ", ".join(written(one) for one in addresses)


def written(address: Address) -> str:
    """Return ``Ann Archer <ann@acme.io>``, the name in quotes where it needs them; a name with an @ is left out."""
    name = line(address.name, 80)
    if not name or "@" in name:
        return address.email
    if _SPECIAL & set(name):
        name = '"' + name.replace("\\", "").replace('"', "") + '"'
    return f"{name} <{address.email}>"
