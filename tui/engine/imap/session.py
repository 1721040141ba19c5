"""A logged-in session: the typed commands that sync and the journal use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tui.engine.errors import ConfigError, DealdeskError, NetworkError, Refused
from tui.engine.imap import changes, connect, fetching, idling, listing, names, searching
from tui.engine.imap.facts import Fact, Fetched, FolderStatus, Other
from tui.engine.imap.folders import ListedFolder, display_name
from tui.engine.imap.framing import Limits
from tui.engine.imap.opening import Opener, Selected
from tui.engine.imap.protocol import Connection
from tui.engine.imap.quirks import Quirks, choose
from tui.engine.imap.response import data_of
from tui.engine.imap.selected import Facts, SelectedFolder
from tui.engine.imap.uidset import UidSet, as_set
from tui.engine.model import Role, Server

DONE_WAIT = 15.0
"""Seconds that a server gets to end IDLE after DONE."""
GOODBYE = 2.0
"""Seconds that LOGOUT and close may take."""


async def open_session(
    server: Server,
    user: str,
    secret: str,
    *,
    auth: str = "password",
    spool: Path,
    timeout: float = 30,
    stall: float = 60,
    limits: Limits | None = None,
) -> Session:
    """Connect, log in and learn what the server is.

    Args:
        server: host, port and protection; the certificate is always checked.
        user: the login name.
        secret: the password or access token.
        auth: ``password``, ``oauth2``, ``xoauth2`` or ``oauthbearer``.
        spool: a folder for big messages on their way; made when missing.
        timeout: seconds for connecting, and again for logging in.
        stall: after so many seconds of silence while something is asked the connection counts as lost.
        limits: what the server may send.

    Raises:
        NetworkError: the server can't be reached, or not now.
        CertificateError: its certificate can't be trusted.
        AuthError: it refused the login.
    """
    _make(spool)
    connection, greeting = await connect.connect(server, spool, timeout=timeout, stall=stall, limits=limits)
    try:
        if greeting.status != "PREAUTH":
            await connect.login(connection, server, user, secret, auth=auth, timeout=timeout)
        elif not connection.capabilities:
            await connect.ask_capabilities(connection)
        async with asyncio.timeout(timeout):
            # Asked together: what a pass needs to know costs one round trip, and the folders' states a second one.
            identity, spaces = await asyncio.gather(_identify(connection), listing.told_namespace(connection))
    except TimeoutError as error:
        connection.fail(NetworkError(f"{connection.where} was too slow."))
        raise NetworkError(f"{connection.where} didn't answer in {timeout:.0f} s; it will be tried again.") from error
    except BaseException:
        connection.fail(NetworkError(f"The login at {connection.where} was given up."))
        raise
    return Session(connection, choose(server.host, greeting.text, identity, connection.capabilities), spaces)


async def _identify(connection: Connection) -> str:
    if "ID" not in connection.capabilities:
        return ""
    said: list[str] = []

    def collect(fact: Fact) -> bool:
        if not isinstance(fact, Other) or fact.kind != "ID":
            return False
        for value in fact.values:
            for word in value if isinstance(value, list) else [value]:
                if len(said) >= 60:
                    break
                said.append(data_of(word)[:200].decode("utf-8", "replace"))
        return True

    try:
        await connection.run("tell its name", b'ID ("name" "dealdesk")', collect=collect)
    except Refused:
        return ""
    return " ".join(said)


class Session:
    """A logged-in connection; every method may be called while others run, the order on the wire is kept.

    Every method raises ``Refused`` in the server's own words when it answers NO or BAD, and ``NetworkError`` when the
    connection is lost, at once for everything under way. A cancelled call leaves the session usable.
    """

    def __init__(self, connection: Connection, quirks: Quirks, namespace: tuple[str, str] | None = None) -> None:
        self._connection = connection
        self._folder = SelectedFolder()
        self._opener = Opener(connection, self._folder, quirks)
        self._namespace: tuple[str, str] | None = namespace
        self.quirks = quirks
        connection.lane.depth = quirks.depth
        connection.witness = self._folder.witness
        connection.unasked = self._folder.unasked

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server offers, upper case."""
        return frozenset(self._connection.capabilities)

    def has(self, *wanted: str) -> bool:
        """Return whether every one of these capabilities is offered."""
        return all(name.upper() in self._connection.capabilities for name in wanted)

    @property
    def alive(self) -> bool:
        """Whether the connection still stands."""
        return self._connection.lost is None

    @property
    def alerts(self) -> list[str]:
        """The server's ALERT texts, cleaned, oldest first (RFC 9051, section 7.1: they must be shown)."""
        return list(self._connection.alerts)

    @property
    def malformed(self) -> int:
        """How many responses could not be read and were skipped."""
        return self._connection.malformed

    @property
    def selected(self) -> str:
        """The wire name of the open folder, "" when none is."""
        return self._folder.wire

    @property
    def pushed(self) -> Callable[[], None] | None:
        """Called when something arrives that nobody asked for; it must be cheap."""
        return self._folder.pushed

    @pushed.setter
    def pushed(self, callback: Callable[[], None] | None) -> None:
        self._folder.pushed = callback

    def take_facts(self) -> Facts:
        """Return what came unasked about the open folder since the last call."""
        return self._folder.take()

    # --- folders

    async def namespace(self) -> tuple[str, str]:
        """Return the personal namespace's prefix and delimiter (RFC 2342), asked once."""
        if self._namespace is None:
            self._namespace = await listing.namespace(self._connection)
        return self._namespace

    async def list_folders(self, *, status: bool = True) -> list[ListedFolder]:
        """Return the account's folders with their roles, and their STATUS where asked; see ``folders``."""
        prefix, _ = await self.namespace()
        return await listing.list_folders(self._connection, self.quirks, prefix, status)

    async def status(self, wire: str) -> FolderStatus:
        """Return a folder's counts without opening it; not for the open folder (RFC 9051, section 6.3.11)."""
        return await listing.status(self._connection, self.quirks, wire)

    async def create(self, wire: str, *, role: Role | None = None) -> None:
        """Create a folder, with its role where the server takes that (RFC 6154, section 3)."""
        await listing.create(self._connection, wire, role)

    async def rename(self, wire: str, to: str) -> None:
        """Rename a folder; those inside it go with it (RFC 9051, section 6.3.6)."""
        await listing.rename(self._connection, wire, to)

    async def delete(self, wire: str) -> None:
        """Delete a folder with whatever it holds (RFC 9051, section 6.3.5)."""
        await listing.delete(self._connection, wire)

    async def subscribe(self, wire: str) -> None:
        """Subscribe to a folder."""
        await self._connection.run(f"subscribe to {_shown(wire)}", b"SUBSCRIBE", names.argument(wire))

    async def select(self, wire: str, *, readonly: bool = False, qresync: tuple[int, int] | None = None) -> Selected:
        """Open a folder.

        Args:
            wire: its wire name.
            readonly: EXAMINE, so that nothing changes.
            qresync: (uidvalidity, modseq) known here: the server says what happened since, where it can (RFC 7162).

        Raises:
            Refused: the server won't open it, or gives it no UIDVALIDITY.
        """
        return await self._opener.select(wire, readonly, qresync)

    async def unselect(self) -> None:
        """Leave the open folder without expunging anything."""
        await self._opener.unselect()

    # --- reading

    async def fetch(
        self,
        uids: UidSet | Sequence[int],
        *,
        flags: bool = False,
        header: bool = False,
        body: bool = False,
        size: bool = False,
        date: bool = False,
        guid: bool | None = None,
        changed_since: int | None = None,
        on_fetched: fetching.OnFetched | None = None,
    ) -> list[Fetched]:
        """Fetch messages of the open folder by UID; nothing is marked seen.

        Args:
            uids: which; those that are gone are left out of the answer.
            flags: with FLAGS. header: the fields of ``facts.HEADER_FIELDS``. body: the whole source.
            size: with RFC822.SIZE. date: with INTERNALDATE.
            guid: the server's own identity of the message; None: with the header, where the server has one.
            changed_since: only those whose modseq is higher, with flags (CONDSTORE).
            on_fetched: given every answer as it comes; then nothing is collected. It may return an awaitable, and
                must not use this session. A spooled body belongs to it.

        Returns:
            The answers, in the server's order; empty with ``on_fetched``.
        """
        item = self.quirks.guid if guid or (guid is None and header) else ""
        wanted = fetching.Wanted(flags, header, body, size, date, item, changed_since)
        collected: list[Fetched] = []
        chosen = as_set(uids)
        if chosen:
            await fetching.fetch(self._connection, chosen, wanted, on_fetched or collected.append)
        return collected

    async def uids(self, criteria: str = "ALL", *, since: int | None = None, range: UidSet | None = None) -> UidSet:
        """Return the UIDs of the open folder's messages that match.

        Args:
            criteria: ASCII search keys written by this program, never text of others.
            since: only what arrived at or after this moment (INTERNALDATE), reaching back a day for time zones.
            range: only these UIDs.
        """
        return await searching.uids(self._connection, criteria, since, range)

    async def find(self, message_id: str) -> list[int]:
        """Return the UIDs of the messages with this Message-ID in the open folder, ascending."""
        return await searching.find(self._connection, message_id)

    # --- changing

    async def store(self, uids: UidSet | Sequence[int], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Add and remove flags; ``seen`` and the like without backslash, ``forwarded`` for ``$Forwarded``."""
        await changes.store(self._connection, as_set(uids), add, remove)

    async def move(self, uids: UidSet | Sequence[int], wire: str, validity: int | None = None) -> dict[int, int] | None:
        """Move messages (R32): UID MOVE, else COPY, ``\\Deleted`` and UID EXPUNGE of exactly these.

        Args:
            validity: the target's UIDVALIDITY where known; what the server says of another isn't believed.

        Returns:
            Source UID -> UID in the target where the server says credibly (COPYUID), else None.
        """
        return await changes.move(self._connection, as_set(uids), wire, validity)

    async def copy(self, uids: UidSet | Sequence[int], wire: str, validity: int | None = None) -> dict[int, int] | None:
        """Copy messages; see ``move``."""
        return await changes.copy(self._connection, as_set(uids), wire, validity)

    async def expunge(self, uids: UidSet | Sequence[int]) -> None:
        """Remove exactly these messages for good (R32, R33).

        Raises:
            Refused: without UIDPLUS, when other messages of the folder are marked deleted too.
        """
        await changes.expunge(self._connection, as_set(uids))

    async def append(
        self,
        wire: str,
        raw: bytes,
        flags: Iterable[str] = ("seen",),
        date: int | None = None,
        validity: int | None = None,
    ) -> int | None:
        """Add a message to a folder; return its UID where the server says (APPENDUID); ``validity`` as in ``move``."""
        return await changes.append(self._connection, wire, raw, flags, date, validity)

    # --- the connection

    async def notify(self) -> bool:
        """Ask to be told of changes in every personal folder, not only the open one (NOTIFY, RFC 5465).

        They come as ``take_facts().folders`` and end ``idle``. Call it after ``select``; it lasts with the session.

        Returns:
            Whether the server does; where not, other folders have to be asked for their status. It may give up later:
            see ``overflowed``.
        """
        return self.has("NOTIFY") and await listing.notify(self._connection)

    @property
    def overflowed(self) -> bool:
        """Whether the server has given up telling of other folders (RFC 5465, section 5.8)."""
        return self._folder.overflowed

    async def noop(self) -> None:
        """Let the server tell what is new."""
        await self._connection.run("answer", b"NOOP")

    @property
    def pushes(self) -> bool:
        """Whether IDLE can be expected to tell anything."""
        return self.has("IDLE") and self.quirks.idle_pushes

    async def check(self, seconds: float) -> bool:
        """Ask for a sign of life; a connection that gives none in so many seconds is dropped.

        Returns:
            Whether it stands. Any octet is a sign: a long answer may be on its way.
        """
        connection, before = self._connection, self._connection.received
        try:
            async with asyncio.timeout(seconds):
                await connection.run("answer", b"NOOP")
        except TimeoutError:
            if connection.received == before and not connection.paused:
                connection.fail(NetworkError(f"{connection.where} gives no sign of life; it is connected again."))
        except DealdeskError:
            # Refused is an answer; a lost connection shows below.
            return self.alive
        return self.alive

    async def idle(self, *, seconds: float, until: asyncio.Event | None = None, ask_every: float | None = None) -> bool:
        """Wait until something arrives.

        Ends at once when it does, when facts wait for ``take_facts``, or when another command wants the line. A server
        that can't push is asked by NOOP at the beginning and every minute.

        Args:
            seconds: how long to wait; renewing is the caller's (at most 29 minutes, RFC 2177; under 5 is wise).
            until: ends the wait too when it is set.
            ask_every: ask by NOOP every so many seconds instead of trusting IDLE.

        Returns:
            Whether something arrived.

        Raises:
            NetworkError: the connection was lost.
        """
        if ask_every is not None or not self.pushes:
            return await idling.ask(self._connection, self._folder, seconds, ask_every or idling.POLL, until)
        return await idling.idle(self._connection, self._folder, seconds, DONE_WAIT, until)

    async def close(self) -> None:
        """Say goodbye and close; never longer than 2 s."""
        connection = self._connection
        connection.closing = True
        try:
            async with asyncio.timeout(GOODBYE):
                await connection.finish(await connection.start("log out", b"LOGOUT", in_lane=False))
        except (TimeoutError, DealdeskError):
            # Whatever the server does, the connection ends here.
            return
        finally:
            self.abort()
            async with asyncio.timeout(GOODBYE):
                await connection.closed.wait()

    def abort(self) -> None:
        """Drop the connection now; everything under way fails with NetworkError."""
        self._connection.fail(NetworkError(f"The connection to {self._connection.where} was closed here."))


def _make(spool: Path) -> None:
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The folder {spool} for big messages can't be made: {error}; check its owner.") from error


def _shown(wire: str) -> str:
    return display_name(wire, "")
