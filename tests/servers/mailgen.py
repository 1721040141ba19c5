"""Writes mail: single messages for tests, and whole mailboxes of realistic size and shape for benches.

raw = make_mail("Anna <anna@example.org>", "bo@example.org", "Hello", "Hi Bo")
fill(server, "anna", 10_000)      # 300 MB in a few seconds, by writing the Maildir
"""

from __future__ import annotations

import base64
import itertools
import os
import quopri
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parsedate_to_datetime
from pathlib import Path

from tests.servers.dovecot import DovecotServer
from tests.servers.words import COMPANIES, FIRST, LAST, SENTENCES, SUBJECTS

Attachment = tuple[str, str, bytes]
"""File name, content type, content."""

START = datetime(2024, 1, 8, 8, 0, tzinfo=UTC)
THREAD_SHARE = 0.45
LIST_SHARE = 0.15
HTML_SHARE = 0.6
ATTACHMENT_SHARE = 0.05
_unique = itertools.count(1)


def make_mail(
    from_: str,
    to: str,
    subject: str,
    body: str,
    *,
    message_id: str | None = None,
    date: datetime | None = None,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    cc: str = "",
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return one message as it would come over the wire, with CRLF.

    Args:
        from_: such as "Anna Ek <anna@example.org>".
        to: one or more addresses, separated by commas.
        subject: any text; encoded where it must be.
        body: the plain text.
        message_id: with its angle brackets; a fresh one when None.
        date: now when None.
        in_reply_to: the Message-ID that it answers, with its angle brackets.
        references: Message-IDs before it; in_reply_to is added at their end.
        cc: as `to`.
        html: a second alternative.
        attachments: (name, content type, bytes) each.
        headers: more headers, last.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = from_
    mail["To"] = to
    if cc:
        mail["Cc"] = cc
    mail["Subject"] = subject
    mail["Date"] = format_datetime(date or datetime.now(UTC))
    mail["Message-ID"] = message_id or make_msgid(domain="example.org")
    chain = [*references, *([in_reply_to] if in_reply_to and in_reply_to not in references else [])]
    if in_reply_to:
        mail["In-Reply-To"] = in_reply_to
    if chain:
        mail["References"] = " ".join(chain)
    for name, value in headers:
        mail[name] = value
    mail.set_content(body)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, kind, content in attachments:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def mailbox(count: int, seed: int = 1, attachments: float = ATTACHMENT_SHARE) -> Iterator[bytes]:
    """Yield `count` messages, oldest first, the same ones for the same seed and share of `attachments`.

    The mix is a busy sales inbox: 45 % answers in threads of 2 to 20, 15 % newsletters, 60 % with HTML, 5 % with an
    attachment of 20 KB to 1 MB, subjects and names with accents; about 22 KB in the mean and 3 KB in the median.
    """
    chance = random.Random(seed)
    people = [_person(chance) for _ in range(max(8, count // 25))]
    threads: list[tuple[str, list[str]]] = []
    filler = base64.encodebytes(chance.randbytes(1_000_000)).replace(b"\n", b"\r\n")
    step = timedelta(days=700) / max(1, count)
    for number in range(count):
        when = START + step * number
        own_id = f"<{number}.{seed}.{chance.getrandbits(40):x}@mail.example.org>"
        references: list[str] = []
        if threads and chance.random() < THREAD_SHARE:
            subject, ids = threads[-1 - min(int(chance.expovariate(0.2)), len(threads) - 1)]
            references = ids[-10:]
            ids.append(own_id)
            subject = subject if subject.startswith("Re: ") else f"Re: {subject}"
        else:
            subject = chance.choice(SUBJECTS).format(
                company=chance.choice(COMPANIES), number=chance.randrange(100, 9999)
            )
            threads.append((subject, [own_id]))
            del threads[:-200]
        yield _render(chance, chance.choice(people), subject, own_id, references, when, filler, attachments)


def fill(
    server: DovecotServer,
    user: str,
    count: int | Iterable[bytes],
    folder: str = "INBOX",
    *,
    seed: int = 1,
    seen: float = 0.9,
) -> int:
    """Put many messages into a folder by writing its Maildir, and return how many; 10,000 take a few seconds.

    Args:
        server: the Dovecot.
        user: whose mailbox.
        count: how many generated messages, or the messages themselves.
        folder: "A/B" for a folder in a folder, without the server's prefix.
        seed: of the generator.
        seen: the share of them, the oldest, that have been read.
    """
    given = None if isinstance(count, int) else list(count)
    mails = mailbox(count, seed) if isinstance(count, int) else iter(given or ())
    total = count if isinstance(count, int) else len(given or ())
    base = server.root / "mail" / user / "Maildir"
    target = base if folder == "INBOX" else base / ("." + folder.replace("/", "."))
    for made in (target / "cur", target / "new", target / "tmp"):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = server.root.stat()
    read = int(total * seen)
    for position, raw in enumerate(mails):
        when = _date(raw) or START
        wide = len(raw) + raw.count(b"\n") - raw.count(b"\r\n")
        name = f"{int(when.timestamp())}.M{next(_unique):09d}P{os.getpid()}.test,S={len(raw)},W={wide}:2,"
        path = target / "cur" / (name + "S" * (position < read))
        path.write_bytes(raw)
        os.utime(path, (when.timestamp(), when.timestamp()))
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)
    if os.geteuid() == 0:
        for made in {base.parent, base, target, target / "cur", target / "new", target / "tmp"}:
            os.chown(made, owner.st_uid, owner.st_gid)
    return total


def _person(chance: random.Random) -> Address:
    first, last, company = chance.choice(FIRST), chance.choice(LAST), chance.choice(COMPANIES)
    plain = re.sub(r"[^a-z]", "", f"{first}{last}".lower()) or "post"
    domain = re.sub(r"[^a-z]", "", company.lower()) + ".example"
    return Address(f"{first} {last}", plain, domain)


def _date(raw: bytes) -> datetime | None:
    found = re.search(rb"^Date: ([^\r\n]+)", raw[:65_536], re.M)
    return parsedate_to_datetime(found[1].decode("ascii", "replace")) if found else None


def _word(text: str) -> str:
    """Encode a header's text by RFC 2047 where it isn't ASCII."""
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _paragraphs(chance: random.Random) -> list[str]:
    return [" ".join(chance.choices(SENTENCES, k=chance.randint(1, 5))) for _ in range(chance.randint(1, 6))]


def _render(
    chance: random.Random,
    sender: Address,
    subject: str,
    own_id: str,
    references: list[str],
    when: datetime,
    filler: bytes,
    attachments: float,
) -> bytes:
    newsletter = not references and chance.random() < LIST_SHARE / (1 - THREAD_SHARE)
    lines = [
        f"Return-Path: <{sender.addr_spec}>",
        f"Received: from mx.{sender.domain} (mx.{sender.domain} [192.0.2.{chance.randrange(1, 255)}])",
        f"\tby mail.example.org (Postfix) with ESMTPS id {chance.getrandbits(40):X}; {format_datetime(when)}",
        f"DKIM-Signature: v=1; a=rsa-sha256; d={sender.domain}; s=mail; h=from:to:subject:date;",
        f"\tb={chance.getrandbits(1024):x}",
        f"From: {_word(sender.display_name)} <{sender.addr_spec}>",
        "To: Anna Ek <anna@example.org>",
        f"Subject: {_word(subject)}",
        f"Date: {format_datetime(when)}",
        f"Message-ID: {own_id}",
        "MIME-Version: 1.0",
    ]
    if references:
        lines += [f"In-Reply-To: {references[-1]}", "References: " + "\r\n ".join(references)]
    if newsletter:
        lines += [f"List-Id: <news.{sender.domain}>", f"List-Unsubscribe: <https://{sender.domain}/leave>"]
    text = _paragraphs(chance)
    if references:
        quoted = [f"> {line}" for line in _paragraphs(chance)]
        text += [f"On {when:%d %b %Y}, {sender.display_name} wrote:", *quoted]
    with_html = newsletter or chance.random() < HTML_SHARE
    body = _alternative(chance, text, newsletter) if with_html else _plain(text)
    if chance.random() < attachments:
        body = _mixed(chance, body, filler)
    return "\r\n".join(lines).encode() + b"\r\n" + body


def _plain(text: list[str]) -> bytes:
    content = quopri.encodestring("\n\n".join(text).encode()).replace(b"\n", b"\r\n")
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head + content + b"\r\n"


def _alternative(chance: random.Random, text: list[str], newsletter: bool) -> bytes:
    style = "font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:1.5;color:#333333"
    rows = [f'<tr><td style="{style}"><p>{paragraph}</p></td></tr>' for paragraph in text]
    if newsletter:
        rows *= chance.randint(4, 25)
    html = "<html><body><table width=600>" + "\n".join(rows) + "</table></body></html>"
    encoded = quopri.encodestring(html.encode()).replace(b"\n", b"\r\n")
    mark = f"b{chance.getrandbits(64):016x}".encode()
    return (
        b'Content-Type: multipart/alternative; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" + _plain(text)
        + b"\r\n--" + mark + b"\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded + b"\r\n--" + mark + b"--\r\n"
    )  # fmt: skip


def _mixed(chance: random.Random, body: bytes, filler: bytes) -> bytes:
    mark = f"m{chance.getrandbits(64):016x}".encode()
    line = filler.index(b"\r\n") + 2
    size = int(min(1_000_000, 20_000 + chance.expovariate(1 / 300_000))) // line * line
    start = chance.randrange(0, max(1, (len(filler) - size) // line)) * line
    name = f"offer-{chance.randrange(1000, 9999)}.pdf".encode()
    return (
        b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" + body
        + b"\r\n--" + mark + b'\r\nContent-Type: application/pdf; name="' + name + b'"\r\n'
        b'Content-Disposition: attachment; filename="' + name + b'"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + filler[start : start + size] + b"\r\n--" + mark + b"--\r\n"
    )  # fmt: skip


def total_size(folder: Path) -> int:
    """Return how many bytes the messages under a Maildir have."""
    return sum(entry.stat().st_size for entry in folder.rglob("cur/*"))
