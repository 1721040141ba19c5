"""What a setting of the link rules would have done with mail that is here: from the stored decisions, changing nothing.

The rules never run again over mail that was ingested (R19), so this is told before a setting is chosen.
"""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple

from tui.engine.config import CHOICES
from tui.engine.errors import InvalidInput
from tui.engine.linking import listed
from tui.engine.text import line


class Preview(NamedTuple):
    """The messages about which the rules would have decided otherwise, newest first.

    Args:
        linked: those that would have been linked by themselves.
        unlinked: those that would not have been.
        asked: those that would have waited in triage.
    """

    linked: tuple[int, ...] = ()
    unlinked: tuple[int, ...] = ()
    asked: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """It in one sentence."""
        parts = [
            f"{verb} {len(ids):,}"
            for verb, ids in (("linked", self.linked), ("left unlinked", self.unlinked), ("asked about", self.asked))
            if ids
        ]
        return f"This would have {' and '.join(parts)}." if parts else "This would have changed nothing so far."


def never_link(mailbox: sqlite3.Connection, pattern: str) -> Preview:
    """Return what a pattern on the never-link list would have kept from being linked.

    Args:
        mailbox: a connection whose rows have names.
        pattern: an address, a domain or a glob, as ``linking.Facts`` has it.
    """
    patterns = (pattern.strip().lower(),)
    found = mailbox.execute(
        "SELECT d.message_id, d.matched, m.from_email, m.direction FROM decisions d JOIN messages m"
        " ON m.id = d.message_id WHERE d.result IN ('linked', 'needs_deal') AND d.origin <> 'compose'"
        " ORDER BY m.date DESC, m.id DESC"
    )
    kept = []
    for number, matched, sender, direction in found:
        addresses = [address for address, _, _ in json.loads(matched)]
        from_listed = direction == "in" and listed(sender.lower(), patterns)
        if from_listed or (addresses and all(listed(one, patterns) for one in addresses)):
            kept.append(int(number))
    return Preview(unlinked=tuple(kept))


def setting(mailbox: sqlite3.Connection, name: str, value: str) -> Preview:
    """Return what another value of ``contact_link`` or ``multi_deal`` would have done.

    Raises:
        InvalidInput: there is no such setting, or no such value.
    """
    if name not in CHOICES:
        raise InvalidInput(f'"{line(name, 40)}" is no setting with a preview; choose one of {", ".join(CHOICES)}.')
    if value not in CHOICES[name]:
        raise InvalidInput(f'{name} can\'t be "{line(value, 40)}"; choose one of {", ".join(CHOICES[name])}.')
    if name == "contact_link":
        if value == "always":
            return Preview(linked=_decided(mailbox, "R17", "none"))
        return Preview(unlinked=_decided(mailbox, "R17", "linked"))
    if value == "ask":
        return Preview(asked=_decided(mailbox, "several-deals", "linked"))
    return Preview(linked=_decided(mailbox, "several-deals", "needs_deal"))


def _decided(mailbox: sqlite3.Connection, rule: str, result: str) -> tuple[int, ...]:
    found = mailbox.execute(
        "SELECT d.message_id FROM decisions d JOIN messages m ON m.id = d.message_id WHERE d.rule = ? AND d.result = ?"
        " ORDER BY m.date DESC, m.id DESC",
        (rule, result),
    )
    return tuple(int(record[0]) for record in found)
