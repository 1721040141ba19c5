"""The folder list: what LIST says, named for a person, with the role of each (RFC 6154, else well-known names, R10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui.engine import text
from tui.engine.imap import names
from tui.engine.imap.facts import FolderStatus, Listing
from tui.engine.imap.wellknown import NAMES
from tui.engine.model import Role

FOLDERS = 50_000
"""More folders than this in one account are not listed."""
NAME_OCTETS = 16 << 20
"""Octets of all folder names together, each counted whenever the server says it."""

_FLAGGED = {
    "\\sent": Role.SENT,
    "\\drafts": Role.DRAFTS,
    "\\archive": Role.ARCHIVE,
    "\\trash": Role.TRASH,
    "\\junk": Role.JUNK,
    "\\spam": Role.JUNK,
    "\\all": Role.ALL,
    "\\allmail": Role.ALL,
}


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


_RANK = {role: {_key(name): rank for rank, name in enumerate(known)} for role, known in NAMES.items()}


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder of the server.

    ``wire`` is its exact name there, one latin-1 character a byte; ``name`` is for people, with ``/`` between its
    parts. ``flags`` are lower case with their backslash. ``status`` is None where it wasn't asked or can't be.
    """

    wire: str
    name: str
    delimiter: str
    flags: frozenset[str]
    role: Role
    selectable: bool
    subscribed: bool
    status: FolderStatus | None = None


def display_name(wire: str, delimiter: str) -> str:
    """Return what a person reads for a wire name: decoded, harmless, parts joined by ``/``, INBOX in capitals."""
    parts = names.decode(wire).split(names.decode(delimiter)) if delimiter else [names.decode(wire)]
    if parts[0].upper() == "INBOX":
        parts[0] = "INBOX"
    if delimiter != "/":
        # A slash inside a part would look like a level of its own.
        parts = [part.replace("/", "\u2215") for part in parts]
    shown = "/".join(cleaned for part in parts if (cleaned := text.line(part, 200)))
    return text.line(shown, 500) or f"unnamed folder {wire.encode('latin-1', 'replace')[:8].hex()}"


def folders(
    listings: Sequence[Listing], subscribed: Iterable[str], status: dict[str, FolderStatus], prefix: str
) -> list[ListedFolder]:
    """Return the folders of an account, each once, at most one a role.

    Args:
        listings: the LIST lines, in the server's order.
        subscribed: wire names that LSUB gave, where LIST didn't say.
        status: wire name -> STATUS.
        prefix: the personal namespace's prefix; names are well known directly below it.
    """
    held = set(subscribed)
    found: dict[str, ListedFolder] = {}
    for listing in listings[:FOLDERS]:
        wire = listing.wire
        if not wire or "\x00" in wire:
            continue
        key = "INBOX" if wire.upper() == "INBOX" else wire
        before = found.get(key)
        flags = listing.flags | (before.flags if before else frozenset())
        found[key] = ListedFolder(
            before.wire if before and wire != "INBOX" else wire,
            display_name(wire, listing.delimiter),
            listing.delimiter,
            flags,
            Role.INBOX if key == "INBOX" else Role.NONE,
            flags.isdisjoint(("\\noselect", "\\nonexistent")),
            "\\subscribed" in flags or wire in held or key in held,
            status.get(wire) or status.get(key),
        )
    return _with_roles(list(found.values()), prefix)


def _with_roles(listed: list[ListedFolder], prefix: str) -> list[ListedFolder]:
    taken: dict[Role, str] = {}
    for folder in listed:
        role = next((_FLAGGED[flag] for flag in folder.flags if flag in _FLAGGED), Role.NONE)
        if role and folder.selectable and folder.role is Role.NONE:
            taken.setdefault(role, folder.wire)
    by_flag = set(taken.values())
    for role, ranks in _RANK.items():
        if role in taken:
            continue
        named = [
            (rank, folder.wire)
            for folder in listed
            if folder.selectable
            and folder.role is Role.NONE
            and folder.wire not in by_flag
            and (rank := _rank(folder, ranks, prefix)) is not None
        ]
        if named:
            taken[role] = min(named)[1]
    roles = {wire: role for role, wire in taken.items()}
    return [replace(folder, role=roles.get(folder.wire, folder.role)) for folder in listed]


def _rank(folder: ListedFolder, ranks: dict[str, int], prefix: str) -> int | None:
    wire = folder.wire
    below = False
    for before in (
        prefix,
        f"INBOX{folder.delimiter}",
        f"[Gmail]{folder.delimiter}",
        f"[Google Mail]{folder.delimiter}",
    ):
        if folder.delimiter and len(before) > 1 and wire.upper().startswith(before.upper()):
            wire, below = wire[len(before) :], True
            break
    rank = ranks.get(_key(names.decode(wire)))
    if rank is None:
        return None
    return 2 * rank + below
