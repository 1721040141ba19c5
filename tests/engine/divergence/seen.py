"""What a person sees of differences."""

from __future__ import annotations

from tests.engine.rules.desk import Desk, arrive
from tui.engine.reads import divergences

NO_UIDS = "IMAP4rev1 IDLE"
"""A server that tells neither UIDPLUS nor anything newer."""


def differing(d: Desk, left: bool = False) -> dict[str, tuple[str, str, str]]:
    """Subject -> what differs, what is here, what is there."""
    found = divergences(d.reader, left=left)
    assert len({one.id for one in found}) == len(found)
    return {one.subject: (one.difference.value, one.here, one.there) for one in found}


async def gone(d: Desk, *subjects: str) -> list[int]:
    """Have messages arrive and another client delete them; return their ids."""
    await arrive(d, "Stays", *subjects)
    for subject in subjects:
        d.delete_elsewhere(subject)
    await d.sync()
    assert differing(d) == {subject: ("gone", "INBOX", "") for subject in subjects}
    return [d.id(subject) for subject in subjects]
