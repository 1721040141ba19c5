"""Asking for delivery reports when a message is handed over, and the name that a report gives back (RFC 3461)."""

from __future__ import annotations

import re

LONGEST = 100
"""Characters of an ENVID as it is written (section 4.4)."""

_ESCAPE = re.compile(r"\+([0-9A-F]{2})")


def of_message(name: str) -> tuple[str, ...]:
    """Return the parameters of MAIL: reports carry the header alone, and ``name``, by which they are recognised."""
    envid = xtext(name)
    return ("RET=HDRS", *([f"ENVID={envid}"] if 0 < len(envid) <= LONGEST else []))


def of_recipient(address: str) -> tuple[str, ...]:
    """Return the parameters of RCPT: a report of success, failure and delay, that names the address as it was written.

    An address with letters outside ASCII is written as RFC 6533, section 3, has it.
    """
    kind = f"rfc822;{xtext(address)}" if address.isascii() else f"utf-8;{_unicode(address)}"
    return ("NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT={kind}")


def xtext(value: str) -> str:
    """Return a text as it may stand in a parameter (section 4): ``+``, ``=`` and what is no printable ASCII as +HH."""
    return "".join(
        chr(one) if 33 <= one <= 126 and one not in b"+=" else f"+{one:02X}" for one in value.encode("utf-8")
    )


def from_xtext(value: str) -> str:
    """Return the text that ``xtext`` wrote; what is no such text stays as it is."""
    octets = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
    return octets.encode("latin-1", "replace").decode("utf-8", "replace")


def _unicode(address: str) -> str:
    kept = (char if "!" <= char <= "~" and char not in "+=\\" else f"\\x{{{ord(char):X}}}" for char in address)
    return "".join(kept)
