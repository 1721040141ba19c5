"""Every error that the engine raises on purpose, as one tree.

DealdeskError            one plain sentence that says what failed, the value, and what to do
├── InvalidInput         a value that a person or a file gave can't be used
├── NotFound             a reference (id, address, name) names nothing
├── Ambiguous            a reference names more than one thing
├── ConfigError          the config file or a database can't be used
├── CredentialsError     the secret can't be had (keyring, command, file)
├── Busy                 another process runs the network for this home
└── ServerError          a server did something; the account shows it
    ├── NetworkError     transient: refused, unknown host, cut, stalled; retried with back-off
    │   └── ProtocolError  the server talks nonsense or breaks a limit; the connection is dropped
    ├── CertificateError the server's certificate can't be trusted
    ├── AuthError        the server refused the login
    └── Refused          the server answered NO or BAD, or 5xx; kept in its own words
"""

from __future__ import annotations

import re


class DealdeskError(Exception):
    """Anything that dealdesk reports to a person; ``str(error)`` is the whole sentence."""


class InvalidInput(DealdeskError):
    """A value that a person or a file gave can't be used."""


class NotFound(DealdeskError):
    """A reference names nothing."""

    def __init__(self, kind: str, reference: object) -> None:
        super().__init__(f'There is no {kind} "{reference}"; list them to see which there are.')
        self.kind = kind
        self.reference = reference


class Ambiguous(DealdeskError):
    """A reference names more than one thing."""

    def __init__(self, kind: str, reference: object, candidates: list[str]) -> None:
        shown = ", ".join(candidates[:5]) + (" …" if len(candidates) > 5 else "")
        super().__init__(f'"{reference}" could be {len(candidates)} {kind}s ({shown}); give the id.')
        self.kind = kind
        self.candidates = candidates


class ConfigError(DealdeskError):
    """The config file or a database can't be used."""


class CredentialsError(DealdeskError):
    """The secret of an account can't be had."""


class Busy(DealdeskError):
    """Another process runs the network for this home."""


class ServerError(DealdeskError):
    """A server did something that stopped a piece of work."""


class NetworkError(ServerError):
    """Transient: a connection could not be made, was cut or stalled; the work is retried with back-off."""


class ProtocolError(NetworkError):
    """The server talks nonsense or breaks a limit; the connection is dropped."""


class CertificateError(ServerError):
    """The server's certificate can't be trusted."""


class AuthError(ServerError):
    """The server refused the login."""


class OutcomeUnknown(ServerError):
    """A message was handed over and the connection was lost before the answer: it may or may not have been sent."""


_TOOK = re.compile(r"\s*\([\d.]+(?: \+ [\d.]+)+ secs\)(?=\.?$)")


class Refused(ServerError):
    """The server answered NO or BAD (IMAP) or 5xx (SMTP).

    Args:
        what: what was asked, in a few words ("move to Archive").
        text: the server's own words, cleaned of control characters; how long it took (Dovecot says so) is left out.
        code: the IMAP response code ("NOPERM", "OVERQUOTA", "TRYCREATE", …) or SMTP code, or "".
    """

    def __init__(self, what: str, text: str, code: str = "") -> None:
        text = _TOOK.sub("", text)
        super().__init__(f"The server refused to {what}: {text or 'no reason given'}")
        self.what = what
        self.text = text
        self.code = code
