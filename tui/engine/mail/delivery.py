"""Delivery failures: what failed for whom and why, of a delivery status (RFC 3464) or a well-known bounce in prose.

A bounce can be forged: ``returned`` is the Message-ID it claims to be about, and only a caller who finds it among the
messages sent from here may believe the rest (an address is not marked failed for a stranger's word).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.engine.mail.dsn import from_xtext
from tui.engine.mail.fields import parse_fields
from tui.engine.mail.headers import message_ids
from tui.engine.mail.parts import Part
from tui.engine.mail.words import decode_words
from tui.engine.text import line, normalize_address

MAX_RECIPIENTS = 200
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"\b[45]\d\d[ -]")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()]{1,64}@[A-Za-z0-9.-]{1,250}")
_PROSE_ADDRESS = re.compile(
    r"^[ \t>]{0,8}(?:\"[^\"\n]{0,100}\"[ \t]{0,4})?<?"
    r"([^\s@<>,;:\"()]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})>?(?:[:;(]|\.\.\.| on |[ \t]*<|[ \t]*$)",
    re.M,
)
_BOUNCER = re.compile(r"(?i)^(?:mailer-daemon|postmaster|mail\.?delivery)")
_RETURNED_ID = re.compile(rb"(?im)^message-id:[ \t]*\r?\n?[ \t]*(<[^<>\s]{1,900}>)")
_REASONS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such domain",
    "1.3": "the address is written wrongly",
    "1.6": "the mailbox has moved",
    "1.10": "the domain takes no mail",
    "2.1": "the mailbox is switched off",
    "2.2": "the mailbox is full",
    "2.3": "the message is too large for the mailbox",
    "3.4": "the message is too large",
    "4.1": "their server did not answer",
    "4.4": "their server could not be found",
    "4.7": "it took too long to deliver",
    "7.1": "their server did not accept it from us",
    "7.26": "it failed their check of the sender (SPF or DKIM)",
}
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of a message for one recipient. ``action``: ``failed``, ``delayed``, ``delivered``, ``relayed`` or
    ``expanded``; ``status`` as "5.1.1" or ""; ``why`` in one clause; ``said`` in the server's own words."""

    recipient: str
    action: str
    status: str
    why: str
    said: str


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report: its recipients, and the Message-ID of what it is about, "" when it does not say."""

    failures: tuple[Failure, ...]
    returned: str


def read_report(root: Part, sender: str, shown: str) -> Report | None:
    """Return what a mail reports about a delivery, None when it is no report.

    Args:
        root: the message's tree.
        sender: the address it is from, as written; prose is believed of mailer daemons alone.
        shown: the text that a person reads.
    """
    parts = list(root.walk())
    status = next((part for part in parts if part.type == "message/delivery-status"), None)
    if status is not None:
        found = _recipients(status.body()[:200_000])
    elif _BOUNCER.match(sender) and root.type != "multipart/signed":
        found = _of_prose(shown[:20_000])
    else:
        return None
    if not found:
        return None
    named = _envelope(status.body()[:200_000]) if status is not None else ""
    return Report(tuple(found), _returned(root, parts) or named)


def _recipients(report: bytes) -> list[Failure]:
    found = []
    blocks = re.split(rb"\n[ \t]*\n", report.replace(b"\r\n", b"\n"))
    for block in blocks[: MAX_RECIPIENTS + 1]:
        said = {
            name.lower(): line(decode_words(value[:4000]), 600) for name, value in parse_fields(block.lstrip(b"\n"))
        }
        named = _ADDRESS.search(_typed(said.get("original-recipient", ""))) or _ADDRESS.search(
            _typed(said.get("final-recipient", ""))
        )
        action = said.get("action", "").strip().lower()
        if named is None or action not in _ACTIONS:
            continue
        status = _STATUS.search(said.get("status", ""))
        diagnostic = _typed(said.get("diagnostic-code", ""))
        code = status[0] if status else ""
        found.append(Failure(named[0], action, code, _why(code, diagnostic), diagnostic))
    return found


def _envelope(report: bytes) -> str:
    """Return the Message-ID under which the report was asked for (RFC 3464 section 2.2.1), "" for none."""
    head = re.split(rb"\n[ \t]*\n", report.replace(b"\r\n", b"\n").lstrip(b"\n"), maxsplit=1)[0]
    for name, value in parse_fields(head):
        if name.lower() == "original-envelope-id":
            found = message_ids(f"<{from_xtext(line(value.decode('latin-1'), 200).strip())}>".encode())
            return found[0] if found else ""
    return ""


def _typed(value: str) -> str:
    """Return an RFC 3464 value without its type: ``rfc822; ann@x.y``."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and len(kind) < 20 else value.strip()


def _why(status: str, said: str) -> str:
    match = _STATUS.search(said)
    if match is not None and (not status or status.endswith(".0.0")):
        status = match[0]
    reason = _REASONS.get(status.partition(".")[2])
    return reason or (f"their server said: {line(said, 160)}" if said else "no reason was given")


def _of_prose(shown: str) -> list[Failure]:
    """Return the addresses that stand alone on a line of a bounce in prose, with the words that follow (qmail, Exim,
    Postfix before RFC 3464)."""
    found: dict[str, Failure] = {}
    for match in _PROSE_ADDRESS.finditer(shown):
        rest = [one.strip() for one in shown[match.end() : match.end() + 600].split("\n") if one.strip()]
        said = line(" ".join(rest[:4]), 300)
        status = _STATUS.search(said)
        if not (
            status
            or _REPLY.search(said)
            or re.search(
                r"(?i)unknown|no such|not (?:exist|recogni|listed|found|accept)|full|quota|reject|fail|disabled|error",
                said,
            )
        ):
            continue
        code = status[0] if status else ""
        found.setdefault(match[1], Failure(match[1], "failed", code, _why(code, said), said))
        if len(found) >= 20:
            break
    return list(found.values())


def _returned(root: Part, parts: list[Part]) -> str:
    """Return the Message-ID in the returned headers."""
    for part in parts:
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/global-headers", "message/global"):
            block = part.body()[:100_000]
            for name, value in parse_fields(block):
                if name.lower() == "message-id" and (found := message_ids(value)):
                    return found[0]
    if not root.children:  # prose with the returned mail quoted below it
        match = _RETURNED_ID.search(root.source[root.start : min(root.end, root.start + 100_000)])
        if match is not None and (found := message_ids(match[1])):
            return found[0]
    return ""


def sentence(failure: Failure) -> str:
    """Return one failure in one sentence."""
    who = line(failure.recipient, 120)
    code = f" ({failure.status})" if failure.status else ""
    if failure.action == "failed":
        return f"Not delivered to {who}: {failure.why}{code}."
    if failure.action == "delayed":
        return f"Not yet delivered to {who}: {failure.why}{code}; their server goes on trying."
    return f"Delivered to {who}." if failure.action == "delivered" else f"Passed on for {who}; nothing more is known."


def addresses(report: Report) -> frozenset[str]:
    """Return the normalised addresses for which delivery failed for good."""
    return frozenset(
        normalize_address(one.recipient)
        for one in report.failures
        if one.action == "failed" and not one.status.startswith("4")
    )
