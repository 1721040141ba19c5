"""Looking into a message: its source, its parts, its files, its page for a browser; and answering what it asks.

Every function here is called because a person pressed a key for it.
"""

from __future__ import annotations

import time
from pathlib import Path

from tui.engine.errors import InvalidInput
from tui.engine.findings import Findings
from tui.engine.mail import calendar, charset, magic
from tui.engine.mail.browsing import page, plain_page
from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.mime import parse
from tui.engine.mail.parts import parse_tree
from tui.engine.mail.schedule import when
from tui.engine.mail.typed import written
from tui.engine.mail.unsubscribing import one_click
from tui.engine.model import Address, Attachment, Draft
from tui.engine.paths import Paths
from tui.engine.saving import save_attachment
from tui.engine.store.reader import Reader
from tui.engine.text import clean, line

MAX_SHOWN = 400_000
"""Characters of a source or file that are shown at once."""
KEPT_SECONDS = 24 * 3600
"""How long files that were opened stay in the private folder."""

ANSWERED = {"accept": "Accepted", "tentative": "Perhaps", "decline": "Declined"}

__all__ = [
    "ANSWERED",
    "answer",
    "attachment_text",
    "is_text",
    "leaving",
    "one_click",
    "outline",
    "source",
    "to_browse",
    "to_open",
]


def source(reader: Reader, message_id: int) -> str:
    """Return a message as it came, cleaned for showing, its end cut where it is very long.

    Raises:
        InvalidInput: it is not here yet.
    """
    return _shown(_raw(reader, message_id))


def _raw(reader: Reader, message_id: int) -> bytes:
    raw = reader.raw(message_id)
    if raw is None:
        raise InvalidInput("The message is not here yet; open it, and try again when its text is shown.")
    return raw


def _shown(data: bytes) -> str:
    shown = clean(charset.decode(data[:MAX_SHOWN]))
    return f"{shown}\n… and {len(data) - MAX_SHOWN} octets more" if len(data) > MAX_SHOWN else shown


def outline(reader: Reader, message_id: int) -> str:
    """Return a message's MIME tree, a line for each part: type, name, encoding, size.

    Raises:
        InvalidInput: it is not here yet.
    """
    header, body, _ = split_message(_raw(reader, message_id))
    root, warnings = parse_tree(values_of(parse_fields(header)), body)
    lines: list[str] = []
    stack = [(root, 0)]
    while stack and len(lines) < 1000:
        part, depth = stack.pop()
        name = line(part.disposition_params.get("filename") or part.params.get("name") or "", 80)
        about = [
            part.type,
            f"“{name}”" if name else "",
            part.disposition,
            part.params.get("charset", ""),
            part.encoding,
        ]
        size = "" if part.children else f"{part.size():,} octets"
        lines.append("  " * depth + " · ".join(line(one, 100) for one in (*about, size) if one))
        stack += [(child, depth + 1) for child in reversed(part.children)]
    return "\n".join([*lines, *(f"! {warning}" for warning in warnings)])


def attachment_text(attachment: Attachment, data: bytes) -> str:
    """Return an attachment that is text, for showing here.

    Raises:
        InvalidInput: it is none.
    """
    if not magic.is_text(data):
        kind = magic.sniff(data[: magic.LOOKED_AT])[1] or "binary file"
        raise InvalidInput(f'"{attachment.name}" is no text but a {kind}; save it, or open it with its program.')
    return _shown(data)


def is_text(data: bytes) -> bool:
    """Tell whether a file can be read here."""
    return magic.is_text(data)


def to_open(paths: Paths, attachment: Attachment, data: bytes) -> Path:
    """Write an attachment into a private folder for the system's program; return its path.

    Raises:
        InvalidInput: it could run something, by its name or by its content; or it can't be written.
    """
    if magic.starts_something(attachment.name, data):
        kind = magic.sniff(data[: magic.LOOKED_AT])[1] or "kind of file that can run programs"
        raise InvalidInput(f'"{attachment.name}" is a {kind} and is not opened from here; save it if you trust it.')
    return save_attachment(attachment.name, data, _private(paths))


def to_browse(paths: Paths, reader: Reader, message_id: int) -> tuple[Path, tuple[str, ...]]:
    """Write a message as a harmless page into a private folder; return its path and what was taken out of it.

    Raises:
        InvalidInput: it is not here yet, or can't be written.
    """
    parsed = parse(_raw(reader, message_id))
    subject = reader.row(message_id).subject
    made = page(parsed.html, subject) if parsed.html is not None else plain_page(parsed.text, subject)
    return save_attachment(
        f"message-{message_id}.html", made.html.encode("utf-8", "replace"), _private(paths)
    ), made.removed


def _private(paths: Paths) -> Path:
    """Return the folder of what was opened, 0700, without what lies there for longer than a day."""
    folder = paths.state / "opened"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for old in folder.iterdir():
            if old.is_file() and not old.is_symlink() and old.stat().st_mtime < time.time() - KEPT_SECONDS:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidInput(f"The folder {folder} can't be used ({error.strerror}); free some space.") from error
    return folder


def answer(reader: Reader, found: Findings, choice: str) -> Draft:
    """Return the mail that answers an invitation: an iTIP REPLY to its organizer, and a sentence for people.

    Args:
        found: the findings of the message with the invitation.
        choice: ``accept``, ``tentative`` or ``decline``.

    Raises:
        InvalidInput: it is no invitation, or names nobody to answer.
    """
    invitation, guest = found.invitation, found.guest
    row = reader.row(found.message)
    if invitation is None or invitation.method not in ("REQUEST", "PUBLISH") or guest is None or row.account_id is None:
        raise InvalidInput("There is no invitation in this message that could be answered.")
    if invitation.organizer is None:
        raise InvalidInput("The invitation names no organizer, so that nobody can be answered.")
    account = next(one for one in reader.accounts() if one.id == row.account_id)
    own = {one.lower(): one for one in (account.email, *account.aliases)}
    sender = own.get(guest.email.lower(), account.email)
    title = invitation.summary or row.subject
    return Draft(
        account.id,
        to=written(invitation.organizer),
        subject=f"{ANSWERED[choice]}: {title}",
        body=f"{ANSWERED[choice]}: {title}\n{when(invitation)}\n",
        reply_to=row.id,
        sender=sender if sender != account.email else "",
        calendar=calendar.answer(invitation, Address(guest.name or account.name, sender), choice),
    )


def leaving(reader: Reader, found: Findings) -> Draft:
    """Return the mail that leaves a list: its subject and nothing else of the sender's wishes.

    Raises:
        InvalidInput: the list offers no leaving by mail.
    """
    way = found.unsubscribing
    row = reader.row(found.message)
    if way is None or way.kind != "mail" or row.account_id is None:
        raise InvalidInput("The list offers no way to leave it by mail.")
    return Draft(row.account_id, to=way.target, subject=way.subject, body="unsubscribe\n")
