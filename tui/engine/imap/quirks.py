"""What particular servers do differently: one table, chosen by greeting, ID, capabilities and host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tui.engine.errors import NetworkError
from tui.engine.imap.response import Condition


@dataclass(frozen=True, slots=True)
class Quirks:
    """How to treat one kind of server.

    ``depth``: commands under way at once. ``qresync``: whether its QRESYNC can be believed. ``idle_pushes``: whether
    IDLE tells anything; False means asking every minute. ``files_sent``: the provider files sent mail itself (R12).
    ``guid``: the FETCH item that identifies a message across folders, or "". ``list_status``: LIST can RETURN STATUS.
    ``unselect``: a folder can be left without opening another. ``mailbox_id``: the MAILBOXID of STATUS can be believed;
    Cyrus 3.6 answers LIST-STATUS with memory that it has freed, the same for two folders and another each time.
    """

    name: str = "plain"
    depth: int = 16
    qresync: bool = True
    idle_pushes: bool = True
    files_sent: bool = False
    guid: str = ""
    list_status: bool = True
    unselect: bool = True
    mailbox_id: bool = True


_KNOWN: tuple[tuple[str, str, str, Quirks], ...] = (
    # name, in the host, in greeting or ID, what follows from it
    ("gmail", r"(^|\.)(gmail|googlemail|google)\.com$", r"\bgimap\b|\bgmail\b", Quirks(files_sent=True)),
    (
        "outlook",
        r"(^|\.)(outlook|office365|hotmail|live)\.com$|(^|\.)outlook\.",
        r"microsoft exchange",
        Quirks(depth=8, files_sent=True),
    ),
    ("icloud", r"(^|\.)(mail\.me|icloud)\.com$", r"\bicloud\b", Quirks(depth=8, qresync=False)),
    ("yahoo", r"(^|\.)(yahoo|aol)\.[a-z.]+$", r"\byahoo\b", Quirks(depth=4)),
    ("netease", r"(^|\.)(163|126|yeah|qq)\.(com|net)$", r"coremail|netease", Quirks(depth=2)),
    ("courier", r"(?!)", r"courier", Quirks(depth=8, idle_pushes=False)),
    ("cyrus", r"(?!)", r"\bcyrus\b", Quirks(mailbox_id=False)),
    ("dovecot", r"(?!)", r"\bdovecot\b", Quirks(guid="X-GUID")),
)


class Means(Enum):
    """What a server that says "not now" wants."""

    WAIT = "come back later, after the time it names or a longer one each time"
    FEWER = "use fewer connections"
    LATER = "a passing fault of the server: the usual back-off"
    SIGN_IN = "the login is refused: only a person can mend that"


@dataclass(frozen=True, slots=True)
class Saying:
    """One way in which servers say "not now".

    ``code``: the response code it needs, "" for any. ``words``: a pattern that its text needs, "" for any. ``login``:
    it says so only in answer to a login, in a greeting or in a farewell. ``seconds``: how long to wait at first where
    the server names no time. ``source``: who says so.
    """

    code: str
    words: str
    means: Means
    source: str
    seconds: float = 0.0
    login: bool = False


SAYINGS: tuple[Saying, ...] = (
    Saying("INUSE", "", Means.LATER, "RFC 5530; POP-like locks of a mailbox"),
    Saying("", r"backoff time:\s*\d{1,9}\s*milliseconds", Means.WAIT, "Office 365"),
    Saying("", r"request is throttled", Means.WAIT, "Office 365", 60.0),
    Saying("", r"authenticated but not connected", Means.LATER, "Office 365 after many connections (node-imap #523)"),
    Saying("", r"exceeded command or bandwidth limits", Means.WAIT, "Gmail, with [OVERQUOTA] or [THROTTLED]", 600.0),
    Saying("THROTTLED", "", Means.WAIT, "Gmail", 300.0),
    Saying("", r"\brate limit", Means.WAIT, "Yahoo and AOL: [LIMIT] LOGIN Rate limit hit", 300.0, login=True),
    Saying("", r"too many (login|sign|auth|attempt|request)", Means.WAIT, "Zoho, GMX, Exchange", 300.0, login=True),
    Saying("", r"too many (simultaneous|concurrent|open)? ?(imap )?connections", Means.FEWER, "Gmail: [ALERT]; Cyrus"),
    Saying(
        "",
        r"maximum (number of|login|connection)[\w ]{0,20}(connections|limit|logins|sessions)",
        Means.FEWER,
        "Dovecot, mail_max_userip_connections, with [UNAVAILABLE]; Courier, MAXPERIP",
        login=True,
    ),
    Saying(
        "",
        r"(connection|session)s? limit|simultaneous (connection|session|login)",
        Means.FEWER,
        "Fastmail, mailcow",
        login=True,
    ),
    Saying("LIMIT", "", Means.FEWER, "RFC 5530", login=True),
    Saying("UNAVAILABLE", "", Means.LATER, "RFC 5530; Dovecot when its password database is away"),
    Saying("AUTHENTICATIONFAILED", "", Means.SIGN_IN, "RFC 5530", login=True),
    Saying("AUTHORIZATIONFAILED", "", Means.SIGN_IN, "RFC 5530", login=True),
    Saying("EXPIRED", "", Means.SIGN_IN, "RFC 5530", login=True),
    Saying("CONTACTADMIN", "", Means.SIGN_IN, "RFC 5530", login=True),
    Saying(
        "",
        r"invalid (credentials|password|user|login)|(wrong|bad|incorrect) (user|password|login)|via your web"
        r" browser|application-specific password",
        Means.SIGN_IN,
        "Gmail, Exchange, Courier",
        login=True,
    ),
    Saying("", r"throttl", Means.WAIT, "iCloud and others, in their own words", 300.0, login=True),
    Saying("", r"try again|temporar|unavailable|server (is )?busy|too many", Means.LATER, "many", login=True),
)
"""What servers say instead of an answer; the first row that fits counts."""

_BACKOFF = re.compile(r"backoff time:\s*(\d{1,9})\s*milliseconds", re.IGNORECASE)
_NAMES = {"gmail": "Gmail", "outlook": "Microsoft", "icloud": "iCloud", "yahoo": "Yahoo", "netease": "NetEase"}
LONGEST_WAIT = 3600.0
"""A server that names a longer time is asked again after this many seconds."""


class Throttled(NetworkError):
    """The server asks to wait.

    Args:
        sentence: who says so, in its own words.
        seconds: how long, or how long at first where it names no time.
        named: whether the server named the time.
        who: the provider's name, else the host.
    """

    def __init__(self, sentence: str, seconds: float = 0.0, named: bool = False, who: str = "") -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.named = named
        self.who = who


class TooManyConnections(NetworkError):
    """The server wants fewer connections of this account."""


def choose(host: str, greeting: str, identity: str, capabilities: Iterable[str]) -> Quirks:
    """Return the quirks of a server.

    Args:
        host: the name that was connected to.
        greeting: the words of its greeting.
        identity: its answer to ID, names and values in one text, or "".
        capabilities: upper case.
    """
    offered = frozenset(capabilities)
    said = f"{greeting} {identity}".lower()
    found = Quirks()
    for name, in_host, in_words, quirks in _KNOWN:
        if re.search(in_host, host.lower()) or re.search(in_words, said):
            found = _with(quirks, name=name)
            break
    guid = "EMAILID" if "OBJECTID" in offered else "X-GM-MSGID" if "X-GM-EXT-1" in offered else found.guid
    return _with(
        found,
        guid=guid,
        qresync=found.qresync and "QRESYNC" in offered,
        list_status=found.list_status and {"LIST-STATUS", "LIST-EXTENDED"} <= offered,
        unselect=found.unselect and "UNSELECT" in offered,
    )


def _with(quirks: Quirks, **changes: object) -> Quirks:
    held = {name: getattr(quirks, name) for name in Quirks.__dataclass_fields__}
    return Quirks(**{**held, **changes})


def provider(where: str) -> str:
    """Return what people call the provider of ``host:port``, else the host."""
    host = where.rpartition(":")[0] or where
    name = next((name for name, in_host, _, _ in _KNOWN if re.search(in_host, host.lower())), "")
    return _NAMES.get(name, host)


def saying(said: Condition, *, login: bool = False) -> Saying | None:
    """Return the row of ``SAYINGS`` that a refusal, a greeting or a farewell fits, or None.

    Args:
        said: what the server said.
        login: it answered a login, greeted with it, or said it as its farewell.
    """
    for row in SAYINGS:
        if row.login and not login:
            continue
        if row.code in ("", said.code) and (not row.words or re.search(row.words, said.text, re.IGNORECASE)):
            return row
    return None


def transient(said: Condition, where: str, *, login: bool = False) -> NetworkError | None:
    """Return the error to retry on when a refusal is no verdict but a passing state of the server, else None.

    Args:
        said: what the server said; where: ``host:port``.
        login: see ``saying``.
    """
    row = saying(said, login=login)
    if row is None or row.means is Means.SIGN_IN:
        return None
    words = said.text or said.code
    if row.means is Means.FEWER:
        return TooManyConnections(f"{where} wants fewer connections: {words}; dealdesk goes on with fewer.")
    if row.means is Means.WAIT:
        named = _BACKOFF.search(said.text)
        seconds = min(int(named[1]) / 1000, LONGEST_WAIT) if named else row.seconds
        sentence = f"{where} asks to wait {seconds:.0f} s: {words}; it will be tried again."
        return Throttled(sentence, seconds, named is not None, provider(where))
    return NetworkError(f"{where} can't do that now: {words}; it will be tried again.")
