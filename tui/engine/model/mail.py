"""Accounts, folders, messages and operations as the engine tells of them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tui.engine.model.address import Address
from tui.engine.model.crm import DealRef, LinkState, Organization, PersonRef


class Role(StrEnum):
    """What a folder is for (RFC 6154, else its name); NONE for a plain one."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    ARCHIVE = "archive"
    TRASH = "trash"
    JUNK = "junk"
    ALL = "all"
    NONE = ""


def short_name(name: str) -> str:
    """Return how other programs name a folder: in lower case, without the ``INBOX/`` that some servers put before all.

    Args:
        name: as it is shown, or as such a server spells it (``INBOX.Clients``).
    """
    folded = name.casefold()
    return (folded.replace(".", "/") if folded.startswith("inbox.") else folded).removeprefix("inbox/")


class Direction(StrEnum):
    """Decided by From being an own address, never by the folder (RULES.md, Linking)."""

    IN = "in"
    OUT = "out"


class Order(StrEnum):
    """What a message list is sorted by."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SENDER = "sender"
    SUBJECT = "subject"
    SIZE = "size"


class OperationState(StrEnum):
    """Where an operation of the journal stands (CLI.md, queue list)."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Security(StrEnum):
    """How a connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class AccountState(StrEnum):
    """What the account's connection is doing now."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    SYNCING = "syncing"
    IDLE = "idle"
    WAITING = "waiting"
    ERROR = "error"


class Server(NamedTuple):
    """Where a server listens."""

    host: str
    port: int
    security: Security


class Account(NamedTuple):
    """A connected mailbox. ``since`` is the window's first moment (None: everything); ``folders`` the names asked for
    at set-up (None: the usual ones); ``secret`` says where the password lives, never what it is:
    ``keyring``, ``file`` or ``command:…``. ``push`` says how news gets here, "" while that isn't known."""

    id: int
    email: str
    name: str
    user: str
    imap: Server
    smtp: Server | None
    auth: str = "password"
    secret: str = "keyring"
    kind: str = "personal"
    team: str = ""
    aliases: tuple[str, ...] = ()
    since: int | None = None
    folders: tuple[str, ...] | None = None
    state: AccountState = AccountState.OFFLINE
    error: str = ""
    push: str = ""


class Folder(NamedTuple):
    """A folder as the folder pane shows it; ``total``, ``unread`` and ``synced`` count messages here, ``expected``
    those that the window holds on the server, ``oldest`` is the oldest date reached (R40)."""

    id: int
    account_id: int
    account: str
    name: str
    role: Role
    selected: bool
    total: int
    unread: int
    synced: int
    expected: int
    oldest: int | None
    on_server: bool
    selectable: bool
    error: str


class Row(NamedTuple):
    """One message as a list draws it; everything a row shows, nothing it doesn't."""

    id: int
    account_id: int
    account: str
    folder_id: int | None
    folder: str
    message_id: str
    thread: int
    date: int
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    preview: str
    seen: bool
    flagged: bool
    answered: bool
    forwarded: bool
    has_attachments: bool
    attachments: int
    direction: Direction
    on_server: bool
    pending: bool
    refused: bool
    thread_size: int
    link_state: LinkState
    persons: tuple[PersonRef, ...]
    deals: tuple[DealRef, ...]
    size: int = 0
    """Octets of its source."""
    forged: bool = False
    """It fails its domain's DMARC, as the server that receives this account's mail found: From proves nothing."""


class Undelivered(NamedTuple):
    """An address that mail does not reach: ``at`` when the last report came, ``why`` in one clause, ``message`` the
    report's id in the mailbox."""

    address: str
    at: int
    why: str
    message: int


class Attachment(NamedTuple):
    """One attachment: ``part`` is its number for `mail save`, ``size`` the decoded bytes."""

    part: int
    name: str
    type: str
    size: int


class Body(NamedTuple):
    """A message opened for reading. ``text`` is safe to show. ``state``: ``full``, ``header`` (body not here yet),
    ``raw`` (could not be parsed, shown as it came, R43). ``older``: the line at which an older message stands whole
    below the new text, -1 where none does."""

    id: int
    state: str
    text: str
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]
    older: int = -1


class View(NamedTuple):
    """What a message list lists. ``kind``: ``folder`` (with ``folder_id``), ``inbox`` (all inboxes),
    ``needs_deal``, ``account``, ``all``. ``query`` narrows it; ``threads`` groups by thread."""

    kind: str
    folder_id: int | None = None
    account_id: int | None = None
    query: str = ""
    threads: bool = False


class Operation(NamedTuple):
    """One entry of the journal; ``error`` is in the server's words."""

    id: int
    action_id: int
    account_id: int
    kind: str
    message: int | None
    title: str
    state: OperationState
    attempts: int
    error: str
    created: int
    next_try: int | None


class Activity(NamedTuple):
    """Something to do. ``due`` in seconds since the epoch, the day's midnight in UTC when ``all_day``; ``done`` when it
    was done; ``message_id`` of the mail it came from; ``repeat`` how often it comes again: "every 2 weeks"."""

    id: int
    kind: str
    subject: str
    due: int
    all_day: bool
    done: int | None
    deal: DealRef | None
    person: PersonRef | None
    message_id: str
    created: int
    repeat: str = ""


class Note(NamedTuple):
    """A text in Markdown about a deal, a person, an organization, or several of them."""

    id: int
    body: str
    created: int
    author: str
    deal: DealRef | None
    person: PersonRef | None
    organization: Organization | None = None


class Status(NamedTuple):
    """What the status line says. ``next_send`` is when the first message that waits for its time leaves;
    ``unanswered`` counts the messages whose reminder is due."""

    accounts: tuple[Account, ...]
    pending: int
    refused: int
    outbox: int
    needs_deal: int
    last_sync: int | None
    next_send: int | None = None
    unanswered: int = 0


class Draft(NamedTuple):
    """A message being written. Addresses as typed (``Ann <ann@x.y>, b@x.y``); ``attachments`` are paths;
    ``reply_to`` the mailbox id that it answers, ``forward_of`` the one it forwards; ``deal_id`` the composer's choice
    (R25); ``at`` the moment to send it at (None: now)."""

    account_id: int
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    body: str = ""
    attachments: tuple[str, ...] = ()
    reply_to: int | None = None
    forward_of: int | None = None
    deal_id: int | None = None
    at: int | None = None
    sender: str = ""
    """The From address, an address or alias of the account; empty for the account's own."""
    markdown: bool = False
    """The text is Markdown and goes out as HTML beside itself."""
    calendar: str = ""
    """An iTIP REPLY (RFC 5546) that goes out beside the text."""
    remind_days: int = 0
    """Remind if nobody has answered so many days after it left; 0 for never."""
    report: bool = False
    """Ask the servers on its way to report its delivery (RFC 3461)."""
    name: str = ""
    """The Message-ID that its versions in Drafts bear; "" for one that never lay there."""
    version: int | None = None
    """The mailbox id of the version in Drafts that it goes on from."""
    lost: str = ""
    """What of that version, which another program wrote as HTML, is not in ``body``, in words; "" for nothing."""
