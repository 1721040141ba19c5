"""What a source says that is kept beside it: who found that it fails DMARC, and what became of mail for whom.

Every mail that is synced goes through here, so that one which says nothing of the kind costs one look at its header.
Nothing of it is believed yet: a forger may write both. The store holds them against what it knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.engine.mail import verdicts
from tui.engine.mail.delivery import read_report
from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.headers import facts_of
from tui.engine.mail.parts import parse_tree
from tui.engine.text import normalize_address

HEADER = 32_000
"""Octets in which the header is looked for."""
MAX_REPORT = 4_000_000
"""Octets above which no message is read as a delivery report."""

_FAILS = re.compile(rb"dmarc\s*(?:/\d+)?\s*=\s*(?:fail|permerror)")
_REPORTS = (b"report-type", b"mailer-daemon", b"postmaster", b"maildelivery", b"mail.delivery")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message for one recipient. ``address`` is normalised, ``action`` as in RFC 3464, ``why`` one
    clause, ``returned`` the Message-ID of the message that it is about, "" where the report doesn't say."""

    address: str
    action: str
    why: str
    returned: str


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one source says. ``dmarc_failed``: the server whose topmost verdict is that it fails DMARC, else ""."""

    dmarc_failed: str = ""
    deliveries: tuple[Delivery, ...] = ()


NOTHING = Testimony()


def testimony(raw: bytes, shown: str) -> Testimony:
    """Return what a message says of itself and of others.

    Args:
        raw: its source, or the beginning of a big one.
        shown: its text, as a person reads it.
    """
    head = raw[: _end_of_header(raw)].lower()
    fails = b"dmarc" in head and _FAILS.search(head)
    reports = len(raw) <= MAX_REPORT and any(mark in head for mark in _REPORTS)
    if not fails and not reports:
        return NOTHING
    header, body, _ = split_message(raw)
    fields = parse_fields(header)
    found = verdicts.topmost(fields) if fails else None
    server = found.server if found is not None and found.failed else ""
    return Testimony(server, _deliveries(fields, body, shown) if reports else ())


def _end_of_header(raw: bytes) -> int:
    end = raw.find(b"\r\n\r\n", 0, HEADER)
    bare = raw.find(b"\n\n", 0, end if end >= 0 else HEADER)
    return bare if bare >= 0 else end if end >= 0 else HEADER


def _deliveries(fields: list[tuple[str, bytes]], body: bytes, shown: str) -> tuple[Delivery, ...]:
    senders = facts_of(values_of(fields)).from_
    root, _ = parse_tree(values_of(fields), body)
    report = read_report(root, senders[0].email if senders else "", shown)
    if report is None:
        return ()
    return tuple(
        Delivery(normalize_address(one.recipient), one.action, one.why, report.returned)
        for one in report.failures
        if one.action in ("failed", "delivered", "relayed")
    )
