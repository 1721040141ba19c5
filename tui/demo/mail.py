"""The sample mail: some 60 messages of the last three months, made from ``talks`` and ``singles``."""

from __future__ import annotations

import hashlib
import random
import re
from datetime import UTC, datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tui.demo.cast import BY_ADDRESS, ME_ACTOR, OWN, Actor
from tui.demo.letter import Letter
from tui.demo.papers import Paper
from tui.demo.singles import DRAFT_SUBJECT, DRAFT_TEXT, DRAFT_TO, SINGLES, Single
from tui.demo.talks import TALKS, Line, Talk
from tui.demo.world import ME

SEED = 20260
_RELATIVE = re.compile(r"(?:(?P<minutes>\d+)m|(?P<hours>\d+)h|(?P<days>\d+)d (?P<hour>\d+):(?P<minute>\d+))")
_QUOTED_LINES = 12


def sample(now: int) -> list[Letter]:
    """Return the mail of all folders and both users, oldest first, the same for the same ``now``.

    Args:
        now: seconds since the epoch; no message is later.
    """
    seconds = random.Random(SEED)
    letters = [letter for talk in TALKS for letter in _talk(talk, now, seconds)]
    letters += [_single(single, now, seconds) for single in SINGLES]
    letters.append(_draft(now))
    return sorted(letters, key=lambda letter: letter.at or 0)


def message_id(talk: str, number: int, domain: str) -> str:
    """Return the Message-ID of message ``number`` (from 0) of a conversation, with its brackets."""
    return f"<{hashlib.sha256(f'{SEED}/{talk}/{number}'.encode()).hexdigest()[:20]}@{domain}>"


def moment(ago: str, now: int) -> int:
    """Return the time that ``ago`` means (``25m``, ``3h``, ``12d 9:40`` in UTC), in seconds since the epoch.

    Raises:
        ValueError: it means nothing.
    """
    found = _RELATIVE.fullmatch(ago)
    if found is None:
        raise ValueError(f'"{ago}" is not a time such as 25m, 3h or 12d 9:40.')
    if found["minutes"]:
        return now - 60 * int(found["minutes"])
    if found["hours"]:
        return now - 3600 * int(found["hours"])
    day = datetime.fromtimestamp(now, UTC) - timedelta(days=int(found["days"]))
    return int(day.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0).timestamp())


def quote(text: str, author: str, at: int, zone: int) -> str:
    """Return ``text`` as it is quoted below an answer, with the line that says whose it is."""
    written = datetime.fromtimestamp(at, timezone(timedelta(hours=zone)))
    lines = text.splitlines()
    kept = [f"> {line}".rstrip() for line in lines[:_QUOTED_LINES]] + (["> …"] if len(lines) > _QUOTED_LINES else [])
    return f"On {written.day} {written:%b %Y at %H:%M}, {author} wrote:\n" + "\n".join(kept)


def envelope(sender: Actor, to: tuple[Address, ...], subject: str, at: int, identity: str) -> EmailMessage:
    """Return a message with its headers and no body; incoming ones carry what the receiving server found out."""
    mail = EmailMessage(policy=SMTP)
    if sender.email not in OWN:
        passed = f"our.example; dkim=pass header.d={sender.domain}; spf=pass smtp.mailfrom={sender.email}"
        mail["Authentication-Results"] = passed
    mail["From"], mail["To"] = sender.address, to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, timezone(timedelta(hours=sender.zone))))
    mail["Message-ID"] = identity
    return mail


def attach(mail: EmailMessage, papers: tuple[Paper, ...]) -> None:
    """Attach files to a message that has its text."""
    for paper in papers:
        main, _, sub = paper.type.partition("/")
        mail.add_attachment(paper.data, maintype=main, subtype=sub, filename=paper.name)


def _talk(talk: Talk, now: int, seconds: random.Random) -> list[Letter]:
    letters: list[Letter] = []
    references: list[str] = []
    before: tuple[Line, int] | None = None
    subjects: set[str] = set()
    for number, line in enumerate(talk.lines):
        sender, other = (talk.us, talk.them) if line.ours else (talk.them, talk.us)
        at = min(moment(line.ago, now) + seconds.randrange(60), now)
        identity = message_id(talk.key, number, sender.domain)
        subject = line.subject or (f"Re: {talk.subject}" if talk.subject in subjects else talk.subject)
        subjects.add(subject)
        mail = envelope(sender, (other.address,), subject, at, identity)
        if line.cc:
            mail["Cc"] = tuple(actor.address for actor in line.cc)
        if references:
            mail["In-Reply-To"], mail["References"] = references[-1], " ".join(references)
        text = f"{line.text}\n\n-- \n{sender.name}"
        if before is not None:
            author = talk.us if before[0].ours else talk.them
            text += "\n\n" + quote(before[0].text, author.name, before[1], sender.zone)
        mail.set_content(text + "\n", charset="utf-8" if line.ours else talk.charset)
        attach(mail, line.papers)
        references.append(identity)
        before = (line, at)
        answered = not line.ours and number + 1 < len(talk.lines) and talk.lines[number + 1].ours
        folder = line.folder or ("Sent" if line.ours else talk.folder)
        letters.append(Letter(talk.us.email, folder, bytes(mail), at, _flags(line, answered)))
    return letters


def _flags(line: Line, answered: bool) -> tuple[str, ...]:
    marks = ((not line.unread, "\\Seen"), (answered, "\\Answered"), (line.flagged, "\\Flagged"))
    return tuple(flag for wanted, flag in marks if wanted)


def _single(single: Single, now: int, seconds: random.Random) -> Letter:
    at = min(moment(single.ago, now) + seconds.randrange(60), now)
    to = BY_ADDRESS[single.to].address if single.to in BY_ADDRESS else Address(addr_spec=single.to)
    identity = message_id(single.subject, 0, single.sender.domain)
    mail = envelope(single.sender, (to,), single.subject, at, identity)
    if single.cc:
        mail["Cc"] = tuple(actor.address for actor in single.cc)
    for name, value in single.headers:
        del mail[name]
        mail[name] = value
    if single.text:
        mail.set_content(single.text + "\n", charset=single.charset)
    if single.html and single.text:
        mail.add_alternative(single.html, subtype="html")
    elif single.html:
        mail.set_content(single.html, subtype="html")
    if single.inline is not None:
        main, _, sub = single.inline.type.partition("/")
        content_id = f"<{single.inline.name.partition('.')[0]}@{single.sender.domain}>"
        mail.add_related(single.inline.data, main, sub, cid=content_id, filename=single.inline.name)
    attach(mail, single.papers)
    user = single.to if single.to in OWN else ME
    return Letter(user, single.folder, bytes(mail), at, () if single.unread else ("\\Seen",))


def _draft(now: int) -> Letter:
    at = now - 20 * 60
    mail = envelope(ME_ACTOR, (DRAFT_TO.address,), DRAFT_SUBJECT, at, message_id("draft", 0, ME_ACTOR.domain))
    mail.set_content(DRAFT_TEXT)
    return Letter(ME, "Drafts", bytes(mail), at, ("\\Seen", "\\Draft"))
