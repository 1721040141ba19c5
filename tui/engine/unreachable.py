"""Why a server can't be connected, in one sentence with what to do; the same for IMAP and for sending."""

from __future__ import annotations

import errno
import socket
import ssl

from tui.engine import text
from tui.engine.errors import CertificateError, NetworkError
from tui.engine.model import Server


def explain(error: BaseException, server: Server, timeout: float) -> NetworkError | CertificateError:
    """Return our error for what the network said when a server was to be connected.

    Args:
        error: what was raised, an ``OSError`` (TLS and time-outs are some) or a ``UnicodeError`` for a host's name.
        server: which.
        timeout: the seconds that it had.
    """
    where = f"{server.host}:{server.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = text.line(error.verify_message or str(error))
        return CertificateError(
            f"The certificate of {where} can't be trusted: {reason}; check the host name, or add the authority's"
            " file to DEALDESK_CA_FILE."
        )
    if isinstance(error, ssl.SSLError):
        reason = text.line(error.reason or str(error))
        return NetworkError(f"{where} doesn't answer in TLS ({reason}); check port and security (tls or starttls).")
    if isinstance(error, TimeoutError):
        return NetworkError(f"{where} didn't answer in {timeout:.0f} s; check the network, host and port.")
    if isinstance(error, socket.gaierror | UnicodeError):
        return NetworkError(f"The host {server.host} (port {server.port}) isn't known; check its name and the network.")
    if isinstance(error, ConnectionRefusedError) or _all_refused(str(error)):
        return NetworkError(f"{where} refuses connections; check host and port, or try again later.")
    reason = text.line(getattr(error, "strerror", None) or str(error))
    return NetworkError(f"{where} can't be reached: {reason}; check the network, host and port.")


def _all_refused(said: str) -> bool:
    # A host with several addresses: asyncio joins the errors of all of them into one text.
    return said.startswith("Multiple exceptions") and said.count(f"[Errno {errno.ECONNREFUSED}]") == said.count(
        "[Errno"
    )
