"""What is typed as a name or an address, checked."""

from __future__ import annotations

import re

from tui.engine.errors import InvalidInput
from tui.engine.text import line, normalize_address

_LOCAL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")


def valid_address(address: str) -> tuple[str, str]:
    """Return an address as written and as compared.

    Raises:
        InvalidInput: it is not one bare address.
    """
    written, norm = line(address, 320), normalize_address(address)
    local, _, domain = norm.rpartition("@")
    if not _LOCAL.fullmatch(local) or len(domain) > 253 or not all(map(_LABEL.fullmatch, domain.split("."))):
        raise InvalidInput(f'"{written}" is not an e-mail address; write it like ann@acme.io.')
    return written, norm


def valid_name(name: str, what: str) -> str:
    """Return a name as one clean line.

    Raises:
        InvalidInput: nothing is left of it.
    """
    written = line(name, 300)
    if not written:
        raise InvalidInput(f"The {what} is empty; give one.")
    return written
