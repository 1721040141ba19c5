"""Opening and leaving folders: SELECT, EXAMINE, UNSELECT, and the extensions that are enabled before the first."""

from __future__ import annotations

from dataclasses import dataclass, field

from aioimaplib.aioimaplib import AUTH, SELECTED

from tui.engine.errors import ProtocolError, Refused
from tui.engine.imap import names
from tui.engine.imap.facts import Fact, Fetched, Number, Other, Vanished, flag_set
from tui.engine.imap.fetching import drop
from tui.engine.imap.folders import display_name
from tui.engine.imap.protocol import Connection
from tui.engine.imap.quirks import Quirks
from tui.engine.imap.response import Condition, data_of, number, tokens
from tui.engine.imap.selected import SelectedFolder
from tui.engine.imap.uidset import MAX_UID, Gathering, UidSet


@dataclass(frozen=True, slots=True)
class Selected:
    """An opened folder. ``vanished`` and ``changed`` only with QRESYNC: what happened since the modseq given.

    ``more``: messages have changed that ``changed`` doesn't name.
    """

    exists: int
    uidvalidity: int
    uidnext: int | None = None
    highestmodseq: int | None = None
    readonly: bool = False
    permanent_flags: frozenset[str] = frozenset()
    vanished: UidSet = field(default_factory=UidSet)
    changed: list[Fetched] = field(default_factory=list)
    more: bool = False


class Opener:
    """Opens and leaves folders on one connection.

    Args:
        connection: logged in.
        folder: follows the open folder.
        quirks: of this server.
    """

    def __init__(self, connection: Connection, folder: SelectedFolder, quirks: Quirks) -> None:
        self._connection = connection
        self._folder = folder
        self._quirks = quirks
        self._enabled: frozenset[str] | None = None

    async def select(self, wire: str, readonly: bool, qresync: tuple[int, int] | None) -> Selected:
        """See ``Session.select``."""
        enabled = await self._enable()
        what = f"open {display_name(wire, '')}"
        parts = [b"EXAMINE" if readonly else b"SELECT", names.argument(wire)]
        if qresync and "QRESYNC" in enabled:
            parts.append(b"(QRESYNC (%d %d))" % qresync)
        elif "CONDSTORE" in enabled:
            parts.append(b"(CONDSTORE)")
        said = _Said(self._folder)
        pending = await self._connection.start(what, *parts, collect=said, alone=True)
        self._folder.begin("")
        self._connection.state = AUTH
        ended = await self._connection.finish(pending)
        if not said.uidvalidity:
            raise Refused(what, "it gives the folder no UIDVALIDITY, so it can't be synced")
        self._folder.wire = wire
        self._connection.state = SELECTED
        return said.selected(readonly or ended.code == "READ-ONLY")

    async def unselect(self) -> None:
        """See ``Session.unselect``."""
        if not self._folder.wire:
            return
        if self._quirks.unselect:
            await self._connection.run("leave the folder", b"UNSELECT", alone=True)
        else:
            try:
                # Without UNSELECT: failing to open one folder leaves the other (RFC 3501, section 6.3.1).
                await self._connection.run("leave the folder", b'EXAMINE "dealdesk no such folder"', alone=True)
            except Refused:
                self._folder.wire = ""
        self._folder.begin("")
        self._connection.state = AUTH

    async def _enable(self) -> frozenset[str]:
        if self._enabled is None:
            offered = self._connection.capabilities
            enabled = {"CONDSTORE"} & offered
            if self._quirks.qresync and "ENABLE" in offered:
                enabled |= await self._ask({"QRESYNC", "CONDSTORE"})
            self._enabled = frozenset(enabled)
        return self._enabled

    async def _ask(self, wanted: set[str]) -> set[str]:
        enabled: set[str] = set()

        def collect(fact: Fact) -> bool:
            if not isinstance(fact, Other) or fact.kind != "ENABLED":
                return False
            enabled.update(wanted & {data_of(value)[:100].decode("ascii", "replace").upper() for value in fact.values})
            return True

        try:
            await self._connection.run("enable QRESYNC", b"ENABLE QRESYNC", collect=collect, alone=True)
        except Refused:
            return set()
        # QRESYNC brings CONDSTORE with it (RFC 7162, section 3.2.3).
        return wanted if "QRESYNC" in enabled else enabled & wanted


CHANGED = 100_000
"""So many messages with changed flags are taken from one SELECT."""


class _Said:
    """Collects what SELECT says; forgets what was still about the folder before."""

    def __init__(self, folder: SelectedFolder) -> None:
        self._folder = folder
        self._exists = 0
        self.uidvalidity = 0
        self._uidnext: int | None = None
        self._modseq: int | None = None
        self._flags: frozenset[str] = frozenset()
        self._vanished = Gathering()
        self._changed: list[Fetched] = []
        self._more = False

    def __call__(self, fact: Fact) -> bool:
        """See ``Pending.collect``."""
        if isinstance(fact, Condition):
            self._condition(fact)
        elif isinstance(fact, Number):
            if fact.kind == "EXISTS":
                self._exists = self._folder.exists = fact.number
        elif isinstance(fact, Vanished):
            self._vanished.add(fact.uids)
        elif isinstance(fact, Fetched):
            if fact.uid and fact.body is None and len(self._changed) < CHANGED:
                self._changed.append(fact._replace(header=None))
            else:
                self._more = True
                drop(fact)
        elif not isinstance(fact, Other):
            return False
        return True

    def _condition(self, said: Condition) -> None:
        if said.code == "CLOSED":
            self._vanished, self._changed = Gathering(), []
            self._folder.begin("")
        elif said.code == "UIDVALIDITY":
            self.uidvalidity = number(said.arguments, 1, MAX_UID) or 0
        elif said.code == "UIDNEXT":
            self._uidnext = number(said.arguments, 1, MAX_UID)
        elif said.code == "HIGHESTMODSEQ":
            self._modseq = number(said.arguments, 1)
        elif said.code == "NOMODSEQ":
            self._modseq = None
        elif said.code == "PERMANENTFLAGS":
            try:
                listed = tokens(said.arguments, [])
            except ProtocolError:
                return
            self._flags = flag_set(listed[0] if listed else None)

    def selected(self, readonly: bool) -> Selected:
        """Return what was collected."""
        return Selected(
            self._exists,
            self.uidvalidity,
            self._uidnext,
            self._modseq,
            readonly,
            self._flags,
            self._vanished.take(),
            self._changed,
            self._more,
        )
