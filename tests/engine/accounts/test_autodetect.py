"""Finding the servers of an address: real servers with real certificates, and only those are found."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import DOVECOT_IS_MISSING
from tests.servers.dovecot import DovecotMissing, DovecotServer, free_port
from tests.servers.smtp import SmtpSink
from tui.engine.accounts import autodetect
from tui.engine.accounts.autodetect import detect, find_imap, find_smtp, smtp_hosts
from tui.engine.accounts.providers import PROVIDERS, UNREACHABLE
from tui.engine.errors import InvalidInput, NetworkError
from tui.engine.model import Security, Server

LOCAL = "localhost"


@pytest.fixture(scope="module")
def tls_dovecot() -> Iterator[DovecotServer]:
    try:
        server = DovecotServer.start(tls=True)
    except DovecotMissing as error:
        pytest.skip(f"{DOVECOT_IS_MISSING}: {error}")
    yield server
    server.stop()


@contextmanager
def answering(*said: bytes) -> Iterator[int]:
    """Run a server that says these bytes to whoever connects and hangs up; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                for one in said:
                    line.sendall(one)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


async def test_a_known_provider_needs_no_network() -> None:
    found = await detect("Ann.Archer@GMAIL.com ")
    assert found.imap == Server("imap.gmail.com", 993, Security.TLS)
    assert found.smtp == Server("smtp.gmail.com", 465, Security.TLS)
    assert found.user == "ann.archer@gmail.com"
    assert "app password" in found.hint
    assert (await detect("a@web.de")).smtp == Server("smtp.web.de", 587, Security.STARTTLS)


def test_every_provider_is_encrypted_and_written_in_small_letters() -> None:
    assert all(domain == domain.lower() for domain in (*PROVIDERS, *UNREACHABLE))
    assert {provider.smtp_port for provider in PROVIDERS.values()} <= {465, 587}
    assert not PROVIDERS.keys() & UNREACHABLE.keys()


@pytest.mark.parametrize("email", ["", "ann", "@x.example", "ann@", "ann@.", "a b@x.example"])
async def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput, match="is not an e-mail address"):
        await detect(email)


async def test_a_provider_without_imap_says_what_to_do() -> None:
    with pytest.raises(InvalidInput, match="Bridge"):
        await detect("ann@proton.me")


async def test_imap_with_tls_is_found_before_starttls(
    tls_dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALDESK_CA_FILE", str(tls_dovecot.cafile))
    both = ((tls_dovecot.tls_port, Security.TLS), (tls_dovecot.port, Security.STARTTLS))
    assert await find_imap([LOCAL], both) == Server(LOCAL, tls_dovecot.tls_port, Security.TLS)
    dead = ((free_port(), Security.TLS), (tls_dovecot.port, Security.STARTTLS))
    assert await find_imap([LOCAL], dead) == Server(LOCAL, tls_dovecot.port, Security.STARTTLS)


async def test_a_certificate_that_cannot_be_trusted_is_named(tls_dovecot: DovecotServer) -> None:
    with pytest.raises(NetworkError, match=f"certificate of {LOCAL}:{tls_dovecot.tls_port}"):
        await find_imap([LOCAL], ((tls_dovecot.tls_port, Security.TLS), (tls_dovecot.port, Security.STARTTLS)))


@pytest.mark.parametrize(("implicit", "security"), [(True, Security.TLS), (False, Security.STARTTLS)])
async def test_smtp_is_found_encrypted_only(
    implicit: bool, security: Security, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmtpSink.start(implicit_tls=implicit, starttls=not implicit) as sink:
        monkeypatch.setenv("DEALDESK_CA_FILE", str(sink.cafile))
        assert await find_smtp([LOCAL], ((sink.port, security),)) == Server(LOCAL, sink.port, security)


async def test_a_server_without_encryption_is_not_found(smtp: SmtpSink) -> None:
    with pytest.raises(NetworkError):
        await find_smtp([smtp.host], ((smtp.port, Security.STARTTLS),))


@pytest.mark.parametrize(
    "said", [(), (b"220 an SMTP server\r\n",), (b"* BYE no\r\n",), (b"x" * 100_000,), (b"* OK\r\n* OK go ahead\r\n",)]
)
async def test_whatever_else_answers_is_not_an_imap_server(said: tuple[bytes, ...]) -> None:
    with answering(*said) as port, pytest.raises(NetworkError):
        await find_imap(["127.0.0.1"], ((port, Security.STARTTLS),))


async def test_a_silent_server_costs_its_five_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes the connection and says nothing is given up."""
    monkeypatch.setattr(autodetect, "PROBE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NetworkError):
        await find_imap(["127.0.0.1"], ((silent.getsockname()[1], Security.TLS),))


async def test_the_error_names_what_was_tried() -> None:
    port = free_port()
    with pytest.raises(NetworkError) as caught:
        await find_imap(["127.0.0.1", "localhost"], ((port, Security.TLS),))
    said = str(caught.value)
    assert said == f"No IMAP server was found at 127.0.0.1, localhost on port {port}; give its host name."


@pytest.mark.parametrize(
    ("imap", "hosts"),
    [
        ("imap.x.example", ["smtp.x.example", "mail.x.example", "imap.x.example"]),
        ("mail.x.example", ["smtp.x.example", "mail.x.example"]),
        ("x.example", ["x.example"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("localhost", ["localhost"]),
        ("imap.gmx.net", ["mail.gmx.net"]),
    ],
)
def test_an_imap_host_suggests_the_smtp_host(imap: str, hosts: list[str]) -> None:
    assert smtp_hosts(imap) == hosts
