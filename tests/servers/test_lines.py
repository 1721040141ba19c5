"""The SMTP sink and the proxy do what they promise."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
import ssl
import time
from collections.abc import Iterator

import pytest

from tests.conftest import Mailbox
from tests.servers.dialogue import STALL, Dialogue, How, Piece, Trap
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink

RAW = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\n\r\n.dot\r\nHi\r\n"


def send(sink: SmtpSink, *to: str) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        return client.sendmail("a@example.org", to or ("b@example.org",), RAW)


async def test_what_is_sent_is_kept_byte_for_byte(smtp: SmtpSink) -> None:
    waiting = asyncio.create_task(smtp.wait_for(1))
    await asyncio.to_thread(send, smtp)
    [got] = await waiting
    assert (got.sender, got.recipients, got.raw) == ("a@example.org", ("b@example.org",), RAW)


def test_recipients_are_refused_one_by_one(smtp: SmtpSink) -> None:
    smtp.refuse["no@example.org"] = "550 5.1.1 No such user"
    assert send(smtp, "no@example.org", "b@example.org") == {"no@example.org": (550, b"5.1.1 No such user")}
    assert smtp.wait(1)[0].recipients == ("b@example.org",)


def test_the_message_is_refused_after_data(smtp: SmtpSink) -> None:
    smtp.refuse_data = "554 5.7.1 Spam"
    with pytest.raises(smtplib.SMTPDataError, match="Spam"):
        send(smtp)
    assert (smtp.messages, smtp.attempts) == ([], 1)


@pytest.mark.parametrize(("cut", "taken"), [("lost", 0), ("accepted", 1), ("before-data", 0)])
def test_the_line_is_cut_without_an_answer(smtp: SmtpSink, cut: str, taken: int) -> None:
    smtp.cut = cut  # type: ignore[assignment]
    smtp.cuts_left = 1
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(smtp)
    assert len(smtp.messages) == taken
    send(smtp)
    assert len(smtp.messages) == taken + 1


def test_auth_and_starttls_are_required() -> None:
    with SmtpSink.start(auth=("anna", "pass"), starttls=True) as sink:
        with pytest.raises(smtplib.SMTPSenderRefused):
            send(sink)
        with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
            client.starttls(context=ssl.create_default_context(cafile=str(sink.cafile)))
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("anna", "wrong")
            client.login("anna", "pass")
            client.sendmail("a@example.org", ["b@example.org"], RAW)
        [got] = sink.wait(1)
        assert (got.user, got.tls) == ("anna", True)


def test_R12_the_server_can_file_its_own_copy(smtp: SmtpSink, mailbox: Mailbox) -> None:
    smtp.file_copy_to = (mailbox.server, mailbox.user)
    send(smtp)
    with mailbox.client() as client:
        assert client.select("Sent")[1] == [b"1"]


@pytest.fixture
def line(smtp: SmtpSink) -> Iterator[Proxy]:
    with Proxy.start(smtp.host, smtp.port) as proxy:
        yield proxy


async def greet(line: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(line.host, line.port)
    assert (await reader.readline()).startswith(b"220")
    return reader, writer


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"NOOP\r\n")
    return await reader.readline()


async def test_the_proxy_delays_each_way_without_narrowing_the_line(line: Proxy) -> None:
    """Ten lines that waited for one another would take ten delays, however often it is tried."""
    reader, writer = await greet(line)
    line.up.delay_ms = line.down.delay_ms = 50
    took = [1.0]
    while min(took) >= 10 * 0.05:
        began = time.monotonic()
        for _ in range(10):
            writer.write(b"NOOP\r\n")
            await asyncio.sleep(0.005)
        for _ in range(10):
            await reader.readline()
        took.append(time.monotonic() - began)
    assert min(took) >= 0.1
    await hang_up(writer)


async def test_the_proxy_narrows_the_line(line: Proxy) -> None:
    reader, writer = await greet(line)
    line.up.bytes_per_second = 100
    began = time.monotonic()
    await ask(reader, writer)
    await ask(reader, writer)
    await ask(reader, writer)
    assert time.monotonic() - began >= 0.1
    await hang_up(writer)


async def test_the_proxy_cuts_after_so_many_bytes(line: Proxy) -> None:
    line.down.cut_after = 10

    async def read() -> None:
        # The reset may come before the connection is even noticed as open here.
        reader, writer = await asyncio.open_connection(line.host, line.port)
        try:
            await reader.readexactly(11)
        finally:
            await hang_up(writer)

    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await read()
    assert line.down.bytes == 10


async def test_the_proxy_stalls_drops_and_cuts(line: Proxy) -> None:
    reader, writer = await greet(line)
    line.stall()
    writer.write(b"NOOP\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.1)
    line.flow()
    assert (await reader.readline()).startswith(b"250")
    line.up.drop = True
    writer.write(b"NOOP\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.1)
    line.cut()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    await hang_up(writer)
    assert line.connections == 1


@pytest.mark.parametrize(
    ("raw", "shape"),
    [
        (b"ABCD12 UID MOVE 1:3 Projects\r\n", b"UID MOVE"),
        (b"ABCD12 OK Move completed (0.001 + 0.000 secs).\r\n", b"OK Move completed"),
        (b"ABCD1 AUTHENTICATE PLAIN AHUx\r\n", b"AUTHENTICATE"),
        (b"* 17 EXISTS\r\n", b"* EXISTS"),
        (b'* LIST () "/" Work\r\n', b"* LIST"),
        (b"* OK [UIDNEXT 4] Predicted next UID\r\n", b"* OK [UIDNEXT"),
        (b"+ idling\r\n", b"+"),
        (b"DONE\r\n", b"DONE"),
    ],
)
def test_the_shape_of_a_line_is_what_it_says_without_its_arguments(raw: bytes, shape: bytes) -> None:
    assert Piece("up", 0, raw).shape == shape


def converse(line: Proxy) -> None:
    with smtplib.SMTP(line.host, line.port, timeout=10) as client:
        client.sendmail("a@example.org", ["b@example.org"], RAW)


def test_the_proxy_records_lines_and_the_text_of_a_message(line: Proxy) -> None:
    said = Dialogue("smtp")
    line.listen_in(said)
    converse(line)
    [text] = [piece for piece in said.pieces if piece.kind == "text"]
    assert text.raw == RAW.replace(b"\r\n.dot", b"\r\n..dot")
    up = [piece.raw.split()[0].upper() for piece in said.pieces if piece.way == "up" and piece.kind == "line"]
    assert up == [b"EHLO", b"MAIL", b"RCPT", b"DATA", b".", b"QUIT"]
    assert said.pieces[0].way == "down"
    assert b"".join(piece.raw for piece in said.pieces if piece.way == "up").count(b"\r\n") == len(up) + RAW.count(
        b"\n"
    )


def test_the_proxy_knows_literals(mailbox: Mailbox) -> None:
    said = Dialogue("imap")
    with Proxy.start(mailbox.host, mailbox.port) as line, imaplib.IMAP4(line.host, line.port) as before:
        line.listen_in(said)
        with imaplib.IMAP4(line.host, line.port) as client:
            client.login(mailbox.user, mailbox.password)
            client.append("INBOX", "", "", b"Subject: {5}\r\n\r\nHi\r\n")
            client.select()
            assert client.fetch("1", "BODY[]")[1][0][1].endswith(b"Hi\r\n")  # type: ignore[index]
        assert before.noop()[0] == "OK"
    literals = [(piece.way, piece.raw) for piece in said.pieces if piece.kind == "literal"]
    assert literals == [(way, b"Subject: {5}\r\n\r\nHi\r\n") for way in ("up", "down")]


@pytest.mark.parametrize(("how", "taken"), [("lose", 0), ("half", 0)])
def test_the_proxy_cuts_at_a_line(line: Proxy, smtp: SmtpSink, how: How, taken: int) -> None:
    line.listen_in(said := Dialogue("smtp", Trap("up", 4, how)))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        converse(line)
    assert said.sprung.is_set()
    assert (said.pieces[-1].kind, len(smtp.messages)) == ("text", taken)
    converse(line)
    assert len(smtp.messages) == taken + 1


@pytest.mark.parametrize("keep", range(1, 6))
async def test_the_proxy_cuts_at_a_line_after_any_octet(line: Proxy, keep: int) -> None:
    line.listen_in(said := Dialogue("smtp", Trap("down", 1, "part", keep=keep)))
    reader, writer = await greet(line)
    writer.write(b"NOOP\r\n")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(keep + 1)
    assert line.down.bytes == len(said.pieces[0].raw) + keep
    await hang_up(writer)


async def test_the_proxy_holds_everything_back_at_a_line_and_goes_on(line: Proxy) -> None:
    line.listen_in(said := Dialogue("smtp", Trap("up", 1, "stall")))
    reader, writer = await greet(line)
    assert (await ask(reader, writer)).startswith(b"250")
    began = time.monotonic()
    assert (await ask(reader, writer)).startswith(b"250")
    assert time.monotonic() - began >= STALL * 0.9
    assert said.sprung.is_set()
    await hang_up(writer)


async def test_a_trap_lies_at_what_looks_alike_on_whichever_connection(line: Proxy) -> None:
    line.listen_in(said := Dialogue("smtp"))
    (reader, writer), (other, second) = await greet(line), await greet(line)
    assert (await ask(reader, writer)).startswith(b"250")
    said.arm(Trap("up", 1, "lose", shape=b"NOOP"))
    assert (await ask(reader, writer)).startswith(b"250")
    second.write(b"NOOP\r\n")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await other.readexactly(1)
    assert (await ask(reader, writer)).startswith(b"250")
    for one in (writer, second):
        await hang_up(one)


@pytest.mark.parametrize(("how", "arrive"), [("silent", 1), ("deaf", 2)])
async def test_the_proxy_goes_silent_at_a_line_both_ways_or_one(line: Proxy, how: How, arrive: int) -> None:
    line.listen_in(said := Dialogue("smtp", Trap("down", 2, how)))
    reader, writer = await greet(line)
    assert (await ask(reader, writer)).startswith(b"250")
    for _ in range(2):
        writer.write(b"NOOP\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.1)
    assert said.sprung.is_set()
    # Where one way alone is dead, the server still gets what is said and answers into the void.
    assert sum(piece.way == "down" and piece.number >= 2 for piece in said.pieces) == arrive
    await hang_up(writer)


async def test_the_proxy_refuses_connections_and_a_dead_server_is_a_reset(line: Proxy, smtp: SmtpSink) -> None:
    async def first_byte() -> None:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        try:
            await reader.readexactly(1)
        finally:
            await hang_up(writer)

    line.refuse = True
    with pytest.raises(ConnectionResetError):
        await first_byte()
    line.refuse = False
    smtp.stop()
    with pytest.raises(ConnectionResetError):
        await first_byte()
    line.wait_for_connections(2)
