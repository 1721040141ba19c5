"""The one TLS context for every connection to a mail server, so that what is trusted is decided in one place."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

from tui.engine import errors

CA_FILE_VARIABLE = "DEALDESK_CA_FILE"
"""Names a PEM file whose certificates are trusted besides the system's (a company's own authority)."""


def client_context() -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, TLS 1.2 or newer (RFC 8314 section 4.1).

    The system's authorities are trusted, and those of the file that ``DEALDESK_CA_FILE`` names.

    Raises:
        ConfigError: the named file can't be read or holds no certificate.
    """
    return _context(os.environ.get(CA_FILE_VARIABLE, ""))


@lru_cache(maxsize=4)
def _context(extra: str) -> ssl.SSLContext:
    """Reading the authorities takes some milliseconds, so that it is done once."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if extra:
        try:
            context.load_verify_locations(cafile=str(Path(extra).expanduser()))
        except (OSError, ValueError) as reason:
            raise errors.ConfigError(
                f'The certificates in "{extra}" can\'t be used ({reason}); '
                f"correct or unset the environment variable {CA_FILE_VARIABLE}."
            ) from reason
    return context
