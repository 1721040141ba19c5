"""Leaving a list: the best way is chosen, nothing private is reached, only what RFC 8058 asks for is sent."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.servers.dovecot import make_certificate
from tui.engine.errors import InvalidInput
from tui.engine.mail.fields import parse_fields, split_message
from tui.engine.mail.unsubscribing import BODY, Unsubscribing, one_click, post, ways

POST = [("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click")]


def offered(value: bytes, post: bool = True) -> Unsubscribing | None:
    return ways([("List-Unsubscribe", value), *(POST if post else [])])


def test_one_click_wins_over_mail_and_mail_over_a_page() -> None:
    both = b"<mailto:off@list.example?subject=leave%20now>, <https://list.example/u?1>"
    assert offered(both) == Unsubscribing("post", "https://list.example/u?1", "list.example")
    assert offered(both, post=False) == Unsubscribing("mail", "off@list.example", "list.example", "leave now")
    assert offered(b"<http://list.example/u>") == Unsubscribing("page", "http://list.example/u", "list.example")


@pytest.mark.parametrize(
    "value",
    [
        b"<https://127.0.0.1/u>",
        b"<https://localhost/u>",
        b"<https://[::1]/u>",
        b"<https://0x7f000001/u>",
        b"<https://printer.local/u>",
        b"<https://user:secret@list.example/u>",
        b"<javascript:x>",
        b"<file:///etc/passwd>",
        b"<mailto:a@b.example,c@d.example>",
        b"https://list.example/u",
        b"",
    ],
)
def test_what_is_private_or_no_way_is_not_offered(value: bytes) -> None:
    assert offered(value) is None


def test_a_mailto_adds_no_recipient_and_no_text() -> None:
    found = offered(b"<mailto:off@list.example?bcc=v@x.example&body=I%20owe&cc=w@x.example&subject=a%0d%0aBcc:%20e@x>")
    assert found == Unsubscribing("mail", "off@list.example", "list.example", "a Bcc: e@x")


def test_the_hostile_list_of_the_corpus_offers_nothing_dangerous(corpus: Path) -> None:
    raw = (corpus / "hostile" / "list-unsubscribe-hostile.eml").read_bytes()
    found = ways(parse_fields(split_message(raw)[0]))
    assert found == Unsubscribing("mail", "u@evil.invalid", "evil.invalid", "x")


def test_a_name_that_leads_into_the_own_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name may be given a private address by whoever owns it."""
    answer = [(2, 1, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr("tui.engine.mail.unsubscribing.socket.getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(InvalidInput, match="private network"):
        one_click(Unsubscribing("post", "https://list.example/u", "list.example"))


def test_only_a_one_click_way_is_posted_to() -> None:
    with pytest.raises(InvalidInput, match="no unsubscribing by one click"):
        one_click(Unsubscribing("page", "http://list.example/u", "list.example"))


class ListServer(HTTPServer):
    """A list's server over TLS that keeps what it was sent."""

    seen: list[tuple[str, dict[str, str], bytes]]


class Asked(BaseHTTPRequestHandler):
    """Takes people off, except on ``/refused`` and ``/elsewhere``."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, ListServer)
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response({"/refused": 500, "/elsewhere": 302}.get(self.path, 200))
        self.send_header("Location", "https://localhost/private")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[ListServer, ssl.SSLContext]]:
    make_certificate(tmp_path)
    running = ListServer(("127.0.0.1", 0), Asked)
    running.seen = []
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    running.socket = own.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running, ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    running.shutdown()
    thread.join()
    running.server_close()


def test_one_click_sends_the_one_line_and_nothing_about_anybody(server: tuple[ListServer, ssl.SSLContext]) -> None:
    """RFC 8058 section 3.2."""
    running, context = server
    port = running.server_address[1]
    assert "taken you off" in post("localhost", "127.0.0.1", port, "/u?1", context, 5)
    path, headers, body = running.seen[0]
    assert (path, body) == ("/u?1", BODY)
    assert set(headers) == {"host", "content-type", "content-length"}
    for bad in ("/refused", "/elsewhere"):
        with pytest.raises(InvalidInput, match="may still be on the list"):
            post("localhost", "127.0.0.1", port, bad, context, 5)
    assert len(running.seen) == 3, "a redirect is not followed"


def test_a_server_with_another_name_hears_nothing(server: tuple[ListServer, ssl.SSLContext]) -> None:
    running, context = server
    with pytest.raises(InvalidInput, match="can't be reached"):
        post("list.example", "127.0.0.1", running.server_address[1], "/u", context, 5)
    assert running.seen == []
