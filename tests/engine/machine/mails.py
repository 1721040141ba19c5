"""The mails of a run: each has a token of its own; some are twins of others on purpose."""

from __future__ import annotations

from tests.engine.machine.boxes import token_of

SENDERS = {
    "ann": "Ann Archer <ann@acme.example>",
    "bob": "Bob Brook <bob@brook.example>",
    "stranger": "Sam Stranger <sam@nowhere.example>",
}


def mail(
    token: int, sender: str, account: int, *, subject: str = "", message_id: str | None = "", hour: int = 9
) -> bytes:
    """Return a mail.

    Args:
        token: what tells it from all others.
        sender: a key of ``SENDERS``.
        account: whom it is to.
        message_id: None for none at all.
    """
    named = "" if message_id is None else f"Message-ID: <{message_id or f'm{token}@machine'}>\r\n"
    return (
        f"From: {SENDERS[sender]}\r\nTo: me{account}@desk.example\r\nSubject: {subject or f'Subject {token}'}\r\n"
        f"Date: Mon, 23 Nov 2026 {hour:02}:00:00 +0000\r\n{named}MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"This is the whole text of one mail, token-{token}-, and nothing more than that.\r\n"
    ).encode()


def twin(raw: bytes, token: int, kind: str) -> bytes:
    """Return a different mail that looks like another: ``id`` shares its Message-ID, ``header`` the whole header."""
    # Of another size, too: when a body can't be had, equal headers and an equal size must do (R7).
    changed = raw.replace(b"token-%d-" % token_of(raw), b"token-%d-%s" % (token, b"." * token))
    if kind == "id":
        changed = changed.replace(b"Subject: ", b"Subject: Another ", 1)
    return changed
