"""Senders who pretend to be somebody else: what is odd about a From, in one sentence each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from tui.engine.model import Address, Person
from tui.engine.text import line, normalize_address

_ADDRESS = re.compile(r"[^\s@<>,;:\"()'\[\]]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТХУІЈЅοαεικνρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ01",
    "aeopcyxijshdqwABEKMHOPCTXYIJSoaeikvptuxABEZHIKMNOPTYXol",
)
"""Cyrillic, Greek and digits that pass for Latin letters (Unicode UTS 39, those that names are forged with)."""


def plain_name(name: str) -> str:
    """Return a name as the eye takes it: lookalike letters, marks, case and order of words don't count."""
    folded = unicodedata.normalize("NFKD", name.translate(_LOOKALIKES))
    kept = "".join(char if char.isalnum() else " " for char in folded if not unicodedata.combining(char))
    return " ".join(sorted(kept.casefold().split()))


def doubts(
    senders: Iterable[Address], own: Collection[str], own_names: Iterable[str], known: Iterable[Person]
) -> list[str]:
    """Return what is odd about the From of a received mail.

    Args:
        senders: every address of its From lines.
        own: own addresses, normalised.
        own_names: the names of own accounts.
        known: people of the CRM whose names may be meant.
    """
    found = []
    addressed = [one for one in senders if one.email]
    if len(addressed) > 1:
        found.append(f"It names {len(addressed)} senders: {line(', '.join(one.email for one in addressed[:4]), 200)}.")
    for one in addressed[:1]:
        email, name = normalize_address(one.email), plain_name(one.name)
        shown = _ADDRESS.search(one.name)
        if shown is not None and normalize_address(shown[0]) != email:
            found.append(f"The name says {line(shown[0], 100)}, but it is from {one.email}.")
        if email in own or " " not in name:
            continue
        if any(plain_name(mine) == name for mine in own_names):
            found.append(f"It bears your own name, but {one.email} is no address of yours.")
            continue
        for person in known:
            addresses = {normalize_address(address) for address in person.emails}
            if addresses and email not in addresses and plain_name(person.name) == name:
                found.append(f"{person.name} is known by {person.emails[0]}; {one.email} is not an address of theirs.")
                break
    return found
