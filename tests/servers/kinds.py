"""Every kind of server that the rules are tried on, each started once for a run and kept for the next who wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conftest import MISSING, Mailbox, fresh_user
from tests.servers.courier import CourierServer
from tests.servers.cyrus import CyrusServer
from tests.servers.dovecot import DovecotServer
from tests.servers.mailserver import MailServer, ServerMissing
from tests.servers.pymap_server import PymapServer

NO_MOVE = "IMAP4rev1 IDLE UIDPLUS NAMESPACE ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH"
POOR = "IMAP4rev1 IDLE"
FULL = f"{NO_MOVE} MOVE UNSELECT LITERAL+ BINARY SEARCHRES WITHIN SORT NOTIFY"


def without(*hidden: str) -> str:
    """Return what Dovecot can, with some of it hidden."""
    return " ".join(one for one in FULL.split() if one not in hidden)


DOVECOTS: Mapping[str, Mapping[str, object]] = {
    "no QRESYNC": {"capability": without("QRESYNC")},
    "no CONDSTORE": {"capability": without("QRESYNC", "CONDSTORE", "ENABLE")},
    "no MOVE": {"capability": without("MOVE")},
    "no UIDPLUS": {"capability": without("UIDPLUS", "MOVE")},
    "no SPECIAL-USE": {"capability": without("SPECIAL-USE"), "special_use": False},
    "no LIST-STATUS": {"capability": without("LIST-STATUS", "LIST-EXTENDED")},
    "prefix INBOX.": {"prefix": "INBOX."},
}
"""Dovecot with one thing taken away; each hides what can't be there without it too."""

STARTS: Mapping[str, Callable[..., MailServer]] = {
    "dovecot": DovecotServer.start,
    "cyrus": CyrusServer.start,
    "courier": CourierServer.start,
    "pymap": PymapServer.start,
}
_kept: dict[str, MailServer] = {}


@contextmanager
def server(**options: Any) -> Iterator[Mailbox]:
    """Give a fresh mailbox on a Dovecot of a special kind (see DovecotServer.start)."""
    with mailbox_on("dovecot", **options) as mailbox:
        yield mailbox


@contextmanager
def mailbox_on(program: str, **options: Any) -> Iterator[Mailbox]:
    """Give a fresh mailbox on a server of one kind.

    Servers are kept for the next who wants their kind, until ``stop_servers``, but for those with access lists or a
    quota.

    Args:
        program: a key of ``STARTS``.
        options: what its ``start`` takes.
    """
    kind = f"{program} {sorted(options.items())!r}"
    try:
        started = _kept.get(kind) or STARTS[program](**options)
    except ServerMissing as error:
        pytest.skip(f"{MISSING[program]}: {error}")
    if options.keys() & {"acl", "quota"}:
        with started:
            yield _fresh(started)
    else:
        _kept[kind] = started
        yield _fresh(started)


def _fresh(started: MailServer) -> Mailbox:
    user = fresh_user()
    started.admit(user)
    return Mailbox(started, user)


def stop_servers() -> None:
    """End the servers that were kept."""
    while _kept:
        _kept.popitem()[1].stop()
