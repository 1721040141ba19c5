"""Commands about folders that are not open: NAMESPACE, LIST with or without STATUS, STATUS."""

from __future__ import annotations

import asyncio

from tui.engine.errors import ProtocolError, Refused
from tui.engine.imap import names
from tui.engine.imap.facts import Fact, FolderStatus, Listing, Other, StatusOf
from tui.engine.imap.folders import FOLDERS, NAME_OCTETS, ListedFolder, display_name, folders
from tui.engine.imap.protocol import Connection
from tui.engine.imap.quirks import Quirks
from tui.engine.imap.response import data_of
from tui.engine.model import Role


def _items(connection: Connection, quirks: Quirks) -> bytes:
    modseq = " HIGHESTMODSEQ" if "CONDSTORE" in connection.capabilities else ""
    named = " MAILBOXID" if quirks.mailbox_id and "OBJECTID" in connection.capabilities else ""
    return f"(MESSAGES UIDNEXT UIDVALIDITY UNSEEN{modseq}{named})".encode("ascii")


async def namespace(connection: Connection) -> tuple[str, str]:
    """Return the personal namespace's prefix and delimiter; without NAMESPACE "" and what LIST "" "" says."""
    found: list[tuple[str, str]] = []

    def collect(fact: Fact) -> bool:
        if isinstance(fact, Listing):
            found.extend([] if found else [("", fact.delimiter)])
            return True
        if not isinstance(fact, Other) or fact.kind != "NAMESPACE":
            return False
        personal = fact.values[0] if fact.values else None
        for entry in personal[:1] if isinstance(personal, list) and not found else ():
            if isinstance(entry, list) and len(entry) >= 2:
                found.append((data_of(entry[0]).decode("latin-1"), data_of(entry[1])[:1].decode("latin-1")))
        return True

    if "NAMESPACE" in connection.capabilities:
        await connection.run("tell its namespaces", b"NAMESPACE", collect=collect)
    if not found:
        await connection.run("tell its delimiter", b'LIST "" ""', collect=collect, alone=True)
    return found[0] if found else ("", "/")


async def told_namespace(connection: Connection) -> tuple[str, str] | None:
    """Return the same where the server has NAMESPACE and tells it, else None: nothing else is asked."""
    if "NAMESPACE" not in connection.capabilities:
        return None
    try:
        return await namespace(connection)
    except Refused:
        return None


async def list_folders(connection: Connection, quirks: Quirks, prefix: str, with_status: bool) -> list[ListedFolder]:
    """Return every folder; in one round trip where the server can (RFC 5819, RFC 6154), else LIST, LSUB, STATUS."""
    found = _Collected()
    counted = with_status and quirks.list_status
    extended = "LIST-EXTENDED" in connection.capabilities and await _list_extended(connection, quirks, found, counted)
    if not extended:
        await _list_plainly(connection, found)
    listed = folders(found.listings, found.subscribed, found.status, prefix)
    if with_status and not (extended and counted):
        await _ask_each(connection, quirks, listed, found)
        listed = folders(found.listings, found.subscribed, found.status, prefix)
    return listed


async def _list_extended(connection: Connection, quirks: Quirks, found: _Collected, counted: bool) -> bool:
    returned = [b"SUBSCRIBED"]
    returned += [b"SPECIAL-USE"] if "SPECIAL-USE" in connection.capabilities else []
    returned += [b"STATUS " + _items(connection, quirks)] if counted else []
    command = b'LIST "" "*" RETURN (' + b" ".join(returned) + b")"
    try:
        await connection.run("list its folders", command, collect=found, alone=True)
    except Refused:
        # Some servers offer what they then refuse; the plain way works everywhere.
        found.clear()
        return False
    return True


async def _list_plainly(connection: Connection, found: _Collected) -> None:
    marked = "XLIST" in connection.capabilities and "SPECIAL-USE" not in connection.capabilities
    command = b'XLIST "" "*"' if marked else b'LIST "" "*"'
    await connection.run("list its folders", command, collect=found, alone=True)
    try:
        await connection.run("list subscribed folders", b'LSUB "" "*"', collect=found, alone=True)
    except Refused:
        # Subscriptions are only shown; a server without them still syncs.
        found.subscribed.clear()


class _Collected:
    """What LIST, LSUB and STATUS say, in order."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start again."""
        self.listings: list[Listing] = []
        self.subscribed: list[str] = []
        self.status: dict[str, FolderStatus] = {}
        self._octets = 0

    def __call__(self, fact: Fact) -> bool:
        """See ``Pending.collect``."""
        if isinstance(fact, Listing | StatusOf):
            self._octets += len(fact.wire)
            if self._octets > NAME_OCTETS:
                raise ProtocolError("The server lists folders without end; the connection was dropped.")
        if isinstance(fact, Listing):
            if fact.kind == "LSUB":
                self.subscribed += [fact.wire] if len(self.subscribed) < FOLDERS else []
            else:
                self.listings += [fact] if len(self.listings) < FOLDERS else []
            return True
        if isinstance(fact, StatusOf):
            if len(self.status) < FOLDERS:
                self.status[fact.wire] = fact.status
            return True
        return False


async def _ask_each(connection: Connection, quirks: Quirks, listed: list[ListedFolder], found: _Collected) -> None:
    async def ask(wire: str) -> None:
        try:
            found.status[wire] = await status(connection, quirks, wire)
        except Refused:
            # A folder that can't be counted is listed without counts; opening it says why (R42).
            found.status.pop(wire, None)

    await asyncio.gather(*(ask(folder.wire) for folder in listed if folder.selectable))


async def status(connection: Connection, quirks: Quirks, wire: str) -> FolderStatus:
    """Return a folder's counts."""
    found: list[FolderStatus] = []

    def collect(fact: Fact) -> bool:
        if not isinstance(fact, StatusOf) or found or not _same(fact.wire, wire):
            return False
        found.append(fact.status)
        return True

    shown = display_name(wire, "")
    await connection.run(f"count {shown}", b"STATUS", names.argument(wire), _items(connection, quirks), collect=collect)
    if not found:
        raise Refused(f"count {shown}", "it gave no counts")
    return found[0]


def _same(said: str, asked: str) -> bool:
    return said == asked or said.upper() == asked.upper() == "INBOX" or names.decode(said) == names.decode(asked)


async def create(connection: Connection, wire: str, role: Role | None) -> None:
    """Create a folder, with its role where the server takes that (RFC 6154, section 3)."""
    use = names.role_flag(role) if role and "CREATE-SPECIAL-USE" in connection.capabilities else None
    parts = [b"CREATE", names.argument(wire)] + ([b"(USE (" + use + b"))"] if use else [])
    await connection.run(f"create {display_name(wire, '')}", *parts)


async def rename(connection: Connection, wire: str, to: str) -> None:
    """See ``Session.rename``."""
    what = f"rename {display_name(wire, '')} to {display_name(to, '')}"
    await connection.run(what, b"RENAME", names.argument(wire), names.argument(to))


async def delete(connection: Connection, wire: str) -> None:
    """See ``Session.delete``."""
    await connection.run(f"delete the folder {display_name(wire, '')}", b"DELETE", names.argument(wire))


async def notify(connection: Connection) -> bool:
    """See ``Session.notify``; a server that knows fewer events ([BADEVENT]) is asked for the two that matter."""
    for events in (b"(MessageNew MessageExpunge FlagChange)", b"(MessageNew MessageExpunge)"):
        try:
            await connection.run(
                "tell of other folders", b"NOTIFY SET (selected " + events + b") (personal " + events + b")", alone=True
            )
        except Refused as error:
            if error.code != "BADEVENT":
                return False
        else:
            return True
    return False
