"""What particular servers do differently: one table, chosen by greeting, ID, capabilities and host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui.engine.errors import NetworkError
from tui.engine.imap.response import Condition


@dataclass(frozen=True, slots=True)
class Quirks:
    """How to treat one kind of server.

    ``depth``: commands under way at once. ``qresync``: whether its QRESYNC can be believed. ``idle_pushes``: whether
    IDLE tells anything; False means asking every minute. ``files_sent``: the provider files sent mail itself (R12).
    ``guid``: the FETCH item that identifies a message across folders, or "". ``list_status``: LIST can RETURN STATUS.
    ``unselect``: a folder can be left without opening another.
    """

    name: str = "plain"
    depth: int = 16
    qresync: bool = True
    idle_pushes: bool = True
    files_sent: bool = False
    guid: str = ""
    list_status: bool = True
    unselect: bool = True


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
    ("cyrus", r"(?!)", r"\bcyrus\b", Quirks()),
    ("dovecot", r"(?!)", r"\bdovecot\b", Quirks(guid="X-GUID")),
)
_BACKOFF = re.compile(r"backoff time:\s*(\d{1,9})\s*milliseconds", re.IGNORECASE)


class Throttled(NetworkError):
    """The server asks to wait; ``seconds`` is how long."""

    def __init__(self, sentence: str, seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.seconds = seconds


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


def transient(said: Condition, where: str) -> NetworkError | None:
    """Return the error to retry on when a refusal is no verdict but a passing state of the server, else None.

    RFC 5530's UNAVAILABLE and INUSE, Microsoft's throttling and its lost mailbox session.
    """
    lower = said.text.lower()
    wait = _BACKOFF.search(lower)
    if wait or "request is throttled" in lower:
        seconds = min(int(wait[1]) / 1000, 3600.0) if wait else 60.0
        return Throttled(f"{where} asks to wait {seconds:.0f} s: {said.text}; it will be tried again.", seconds)
    if said.code in ("UNAVAILABLE", "INUSE") or "authenticated but not connected" in lower:
        return NetworkError(f"{where} can't do that now: {said.text or said.code}; it will be tried again.")
    return None
