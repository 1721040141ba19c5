"""What a pass over a folder has to do: pure, remote facts and local state in, actions out.

Nothing here waits or stores. ``pull.py`` asks the server what these functions need, and carries out what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from tui.engine.model import Role, short_name
from tui.engine.store.folders import FolderState

FIRST_WINDOW = 50
"""Headers in the first batch of a folder: a screen is readable after it (R39)."""
WINDOW = 1000
"""Headers in every later batch; each is committed."""
SUSPICIOUS_COUNT, SUSPICIOUS_SHARE = 50, 0.05
"""A set of vanished messages larger than both is checked against the server before it is believed."""

EMPTIED = 20
"""A folder that held so many messages and is suddenly empty is told of: it may be a mistake of somebody, or a fault."""


class Mode(Enum):
    """How to find what changed in a folder since the last pass."""

    SKIP = "nothing changed, by STATUS"
    QRESYNC = "the server tells flags and vanished UIDs (RFC 7162)"
    CONDSTORE = "the server tells flags; UIDs are compared"
    COMPARE = "UIDs and flags are compared"


@dataclass(frozen=True, slots=True)
class Remote:
    """What STATUS or SELECT told of a folder; None where the server doesn't say."""

    uidvalidity: int | None
    uidnext: int | None
    messages: int | None
    highestmodseq: int | None


def unchanged(folder: FolderState, remote: Remote, since: int | None) -> bool:
    """True when STATUS proves that nothing happened in a folder since its last complete pass.

    Without HIGHESTMODSEQ flags may have changed unseen, so such a folder is always visited.
    """
    return (
        folder.complete
        and _covers(folder.since, since)
        and remote.highestmodseq is not None
        and remote.uidnext is not None
        and (remote.uidvalidity, remote.uidnext, remote.messages, remote.highestmodseq)
        == (folder.uidvalidity, folder.uidnext, folder.messages, folder.highestmodseq)
    )


def grew(folder: FolderState, uidnext: int | None) -> bool:
    """True unless a server's UIDNEXT proves that nothing came into a folder since it was pulled."""
    return uidnext is None or folder.uidnext is None or uidnext > folder.uidnext


def turned_back(folder: FolderState, status: Remote) -> bool:
    """True when a server's counters went back: it was restored, and what it tells of changes means nothing. Pure."""
    if status.uidvalidity is not None and status.uidvalidity != folder.uidvalidity:
        return False
    pairs = ((status.highestmodseq, folder.highestmodseq), (status.uidnext, folder.uidnext))
    return any(said is not None and known is not None and said < known for said, known in pairs)


def mode(folder: FolderState, since: int | None, capabilities: Set[str], qresync_trusted: bool = True) -> Mode:
    """Return how to look at a folder whose UIDVALIDITY has not changed."""
    known = folder.complete and folder.highestmodseq and folder.uidnext and _covers(folder.since, since)
    if known and "QRESYNC" in capabilities and qresync_trusted:
        return Mode.QRESYNC
    if folder.highestmodseq and ("CONDSTORE" in capabilities or "QRESYNC" in capabilities):
        return Mode.CONDSTORE
    return Mode.COMPARE


def _covers(have: int | None, want: int | None) -> bool:
    """True when the window that was synced holds the window that is wanted (R41); None is everything."""
    return have is None or (want is not None and have <= want)


def missing(in_window: Iterable[int], placed: Set[int], failed: Set[int]) -> list[int]:
    """Return the UIDs to fetch, newest first."""
    return sorted((uid for uid in in_window if uid not in placed and uid not in failed), reverse=True)


def windows(uids: Sequence[int], first: int = FIRST_WINDOW, size: int = WINDOW) -> list[list[int]]:
    """Cut UIDs, newest first, into batches: a small one, so that a screen is soon readable, then larger ones."""
    batches = [list(uids[:first])] if uids else []
    return batches + [list(uids[start : start + size]) for start in range(first, len(uids), size)]


def suspicious(vanished: int, placed: int) -> bool:
    """True when so many messages went at once that the server is asked again before it is believed."""
    return vanished > max(SUSPICIOUS_COUNT, placed * SUSPICIOUS_SHARE)


def emptied(vanished: int, exists: int, role: Role) -> bool:
    """True when a folder whose content matters lost all its messages, and not just a few, between two passes."""
    return not exists and vanished >= EMPTIED and role not in (Role.JUNK, Role.TRASH, Role.DRAFTS)


def changed_flags(told: Mapping[int, frozenset[str]], placed: Mapping[int, tuple[int, str]]) -> dict[int, str]:
    """Return uid -> flags (sorted, space between) where the server's flags differ from what it last told."""
    result = {}
    for uid, flags in told.items():
        text = " ".join(sorted(flags))
        if uid in placed and placed[uid][1] != text:
            result[uid] = text
    return result


_ORDER = {Role.INBOX: 0, Role.SENT: 1, Role.NONE: 2, Role.DRAFTS: 3, Role.ARCHIVE: 4}
NOT_SYNCED = frozenset({Role.JUNK, Role.TRASH, Role.ALL})
"""Roles that are not selected unless a person asks for them."""


def in_order(folders: Iterable[FolderState]) -> list[FolderState]:
    """Return the folders to sync, the ones that people wait for first."""
    wanted = [folder for folder in folders if folder.selected and folder.selectable and folder.on_server]
    return sorted(wanted, key=lambda folder: (_ORDER.get(folder.role, 5), folder.name))


def select_by_default(role: Role, name: str, asked: Sequence[str] | None) -> bool:
    """True when a folder seen for the first time is to be synced: one of those asked for, else the usual ones."""
    if asked is None:
        return role not in NOT_SYNCED
    named = {short_name(wanted) for wanted in asked}
    return short_name(name) in named or (role is not Role.NONE and role.value in named)
