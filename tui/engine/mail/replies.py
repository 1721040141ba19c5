"""What a reply or a forward starts from: to whom, about what, quoting what (RFC 5322 section 3.6.3 and 3.6.4)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import tzinfo

from tui.engine import text
from tui.engine.mail.attribution import attribution, written_date
from tui.engine.mail.headers import HeaderFacts
from tui.engine.mail.mime import ParsedMail
from tui.engine.mail.quotes import reply_quote
from tui.engine.model import Address

MAX_QUOTED = 200_000
"""Characters of the original that are quoted; nobody reads more of it."""
MAX_REFERENCES = 100

_REPLY = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|odp|ref|rif|回复|答复|返信)\s*(?:\[\d{1,4}\]|\(\d{1,4}\))?\s*[:：]\s*", re.I
)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|doorst|vb|i|转发|轉寄)\s*[:：]\s*", re.I)


@dataclass(frozen=True, slots=True)
class Reply:
    """The beginnings of an answer. ``to`` is empty when the original names nobody to answer."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    body: str
    in_reply_to: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forward:
    """The beginnings of a message that passes another one on; attachments are the caller's to add."""

    subject: str
    body: str


def reply(
    facts: HeaderFacts,
    body: str,
    own: Collection[str],
    *,
    everyone: bool = False,
    zone: tzinfo | None = None,
    spoken: str = "en",
) -> Reply:
    """Return what a reply to a message starts from.

    To goes to Reply-To, else From; with ``everyone`` to Mail-Followup-To where given, else also to the others of To,
    with the others of Cc. Own addresses and repeated ones are left out; a reply to one's own message goes to those
    it was sent to.

    Args:
        facts: the original's header.
        body: its safe text.
        own: all own addresses, in any case.
        everyone: answer everybody.
        zone: the time zone of the attribution (None: the machine's).
        spoken: its language, as ISO 639 has it.
    """
    mine = {text.normalize_address(address) for address in own}
    target = facts.reply_to or facts.from_ or facts.sender
    from_me = bool(facts.from_) and all(text.normalize_address(address.email) in mine for address in facts.from_)
    if from_me:
        to, cc = facts.to, facts.cc if everyone else ()
    elif everyone and facts.mail_followup_to:
        to, cc = facts.mail_followup_to, ()
    elif everyone:
        to, cc = (*target, *facts.to), facts.cc
    else:
        to, cc = target, ()
    seen = set(mine)
    kept_to, kept_cc = _fresh(to, seen), _fresh(cc, seen)
    if not kept_to and not from_me:
        kept_to = _fresh(facts.from_, seen)
    if not kept_to and kept_cc:
        kept_to, kept_cc = kept_cc, ()
    if not kept_to:
        kept_to = _fresh(target, set())
    named = (facts.references or facts.in_reply_to[:1])[-MAX_REFERENCES:]
    references = tuple(dict.fromkeys((*named, facts.message_id))) if facts.message_id else named
    return Reply(
        kept_to,
        kept_cc,
        reply_subject(facts.subject),
        reply_quote(_beginning(body), attribution(facts, zone, spoken)),
        facts.message_id,
        references,
    )


def forward(parsed: ParsedMail, zone: tzinfo | None = None) -> Forward:
    """Return what forwarding a message starts from: its header lines, then its text."""
    facts = parsed.facts
    lines = ["", "", "---------- Forwarded message ----------"]
    for name, value in (
        ("From", _listed(facts.from_)),
        ("Date", written_date(facts, zone)),
        ("Subject", facts.subject),
        ("To", _listed(facts.to)),
        ("Cc", _listed(facts.cc)),
    ):
        if value:
            lines.append(f"{name}: {value}")
    lines.append("")
    if len(parsed.text) > MAX_QUOTED:
        lines += ["[This is a long text, of which only the beginning is passed on here.]", ""]
    return Forward(forward_subject(facts.subject), "\n".join([*lines, _beginning(parsed.text).rstrip("\n"), ""]))


def _beginning(body: str) -> str:
    """Return as much of a text as is quoted, whole lines where it has some; what is left out is marked."""
    if len(body) <= MAX_QUOTED:
        return body
    end = body.rfind("\n", 0, MAX_QUOTED)
    return body[: end if end > 0 else MAX_QUOTED] + "\n[…]"


def reply_subject(subject: str) -> str:
    """Return ``Re: `` and the subject without the prefixes that answers in any language put before it."""
    return f"Re: {_bare(subject, _REPLY)}".strip()


def forward_subject(subject: str) -> str:
    """Return ``Fwd: `` and the subject without the prefixes of earlier forwards."""
    return f"Fwd: {_bare(subject, _FORWARD)}".strip()


def _bare(subject: str, prefix: re.Pattern[str]) -> str:
    shown = text.line(subject)
    for _ in range(20):
        match = prefix.match(shown)
        if match is None:
            break
        shown = shown[match.end() :]
    return shown


def _listed(addresses: Collection[Address]) -> str:
    shown = [f"{one.name} <{one.email}>" if one.name and one.email else one.email or one.name for one in addresses]
    return text.line(", ".join(shown[:50]), 2000)


def _fresh(addresses: Collection[Address], seen: set[str]) -> tuple[Address, ...]:
    """Return the addresses that are not in ``seen`` yet, noting them there."""
    kept: list[Address] = []
    for address in addresses:
        key = text.normalize_address(address.email)
        if address.email and key not in seen:
            seen.add(key)
            kept.append(address)
    return tuple(kept)
