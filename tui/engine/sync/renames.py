"""Which folders another client renamed: the server's list against ours, decided by what no rename changes; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tui.engine.imap.folders import ListedFolder
from tui.engine.model import Role
from tui.engine.store.folders import LOCAL, FolderState


def renamed(known: Sequence[FolderState], listed: Sequence[ListedFolder]) -> dict[int, ListedFolder]:
    """Return folder id -> how the server lists it now, for folders that seem to go by another name (R7).

    A folder that the server lists as it was is not renamed, whatever else it says. Another is the same when it has
    its MAILBOXID (RFC 8474), else when it alone has its UIDVALIDITY and its UIDNEXT did not go back (RFC 9051, section
    2.3.1.1), or where the names differ in case alone: to some servers Archive and ARCHIVE are one (5.1). The inbox is
    never renamed: its mail is moved out instead (6.3.6).

    Args:
        known: all folders of the account.
        listed: the server's whole list, with STATUS.
    """
    there = {item.wire: item for item in listed}
    ours = [f for f in known if f.on_server and f.role is not Role.INBOX and not f.wire.startswith(LOCAL)]
    by_id = {_id_of(item): item for item in listed if _id_of(item) and item.role is not Role.INBOX}
    found = {
        folder.id: by_id[folder.mailbox_id]
        for folder in ours
        if folder.mailbox_id in by_id and by_id[folder.mailbox_id].wire != folder.wire and _differs(folder, there)
    }
    lost = [f for f in ours if f.id not in found and not f.mailbox_id and _differs(f, there)]
    taken = {item.wire for item in found.values()}
    wires = {folder.wire: folder for folder in known}
    free = [
        item
        for item in listed
        if item.wire not in taken
        and item.role is not Role.INBOX
        and (item.wire not in wires or _differs(wires[item.wire], there))
    ]
    of_validity: Mapping[int | None, int] = Counter(_validity(item) for item in free)
    of_ours: Mapping[int | None, int] = Counter(folder.uidvalidity for folder in lost if folder.uidvalidity)
    by_name = {item.name.casefold(): item for item in free}
    by_validity = {_validity(item): item for item in free if of_validity[_validity(item)] == 1}
    for folder in lost:
        item = by_validity.get(folder.uidvalidity) if of_ours[folder.uidvalidity] == 1 else None
        if item is None and (alike := by_name.get(folder.name.casefold())) is not None:
            item = alike if folder.uidvalidity in (None, _validity(alike)) else None
        if item is not None and not _went_back(folder, item):
            found[folder.id] = item
    claimed = Counter(item.wire for item in found.values())
    return {number: item for number, item in found.items() if claimed[item.wire] == 1}


def _differs(folder: FolderState, there: Mapping[str, ListedFolder]) -> bool:
    """True when the server has nothing, or another folder, under a folder's name."""
    item = there.get(folder.wire)
    if item is None or not folder.on_server:
        return True
    return _validity(item) is not None and _validity(item) != folder.uidvalidity


def _validity(item: ListedFolder) -> int | None:
    return item.status.uidvalidity if item.status is not None else None


def _id_of(item: ListedFolder) -> str:
    return item.status.mailbox_id if item.status is not None else ""


def _went_back(folder: FolderState, item: ListedFolder) -> bool:
    said = item.status.uidnext if item.status is not None else None
    return said is not None and folder.uidnext is not None and said < folder.uidnext
