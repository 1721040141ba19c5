"""What can be changed of an account that is connected: how each setting is written, read and checked; no widgets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tui import look
from tui.engine.errors import InvalidInput
from tui.engine.model import Account, Server
from tui.screens.setup import WINDOWS, parse_server, parse_since
from tui.screens.setup import written as server_text


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of an account.

    Args:
        title: what a person calls it.
        about: an example of what to write.
        written: how it is written now.
        changed: the account with another one; raises InvalidInput for what can't be one.
        tried: True when the servers are tried before it is saved.
        secret: True for the password, which is never shown.
    """

    title: str
    about: str
    written: Callable[[Account], str]
    changed: Callable[[Account, str], Account]
    tried: bool = False
    secret: bool = False


def _window(account: Account) -> str:
    return "all" if account.since is None else f"since {look.day(account.since)}"


def _since(account: Account, text: str) -> Account:
    if not text.strip():
        raise InvalidInput(f"How far back? Write one of {', '.join(WINDOWS)} or all.")
    return account._replace(since=parse_since(text, time.time()))


def _smtp(account: Account, text: str) -> Account:
    return account._replace(smtp=parse_server(text, "smtp") if text.strip() else None)


def _shown(server: Server | None) -> str:
    return server_text(server) if server is not None else ""


def _aliases(account: Account, text: str) -> Account:
    return account._replace(aliases=tuple(one.strip() for one in text.split(",") if one.strip()))


FIELDS = (
    Field("How far back", f"{', '.join(WINDOWS)} or all; what is here stays", _window, _since),
    Field("Your name", "as others see it", lambda one: one.name, lambda one, text: one._replace(name=text.strip())),
    Field("Other addresses", "with commas between them", lambda one: ", ".join(one.aliases), _aliases),
    Field(
        "IMAP server",
        "host, or host:port; add starttls or none where it has no TLS",
        lambda one: server_text(one.imap),
        lambda one, text: one._replace(imap=parse_server(text, "imap")),
        tried=True,
    ),
    Field("SMTP server", "likewise; empty for none", lambda one: _shown(one.smtp), _smtp, tried=True),
    Field(
        "User name",
        "most servers take the address",
        lambda one: one.user,
        lambda one, text: one._replace(user=text.strip()),
        tried=True,
    ),
    Field("Password", "kept where only you can read it", lambda _: "", lambda one, _: one, tried=True, secret=True),
)
"""In the order in which people look for them."""
