"""The test servers are real and do what they promise."""

from __future__ import annotations

import imaplib
import os
import select
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys

import pytest

from tests.conftest import Mailbox
from tests.servers.dovecot import DovecotMissing, DovecotServer
from tests.servers.mailserver import ServerFailed
from tests.servers.smtp import SmtpSink

RAW = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\nMessage-ID: <1@example.org>\r\n\r\nHi\r\n"


def start(**options: object) -> DovecotServer:
    try:
        return DovecotServer.start(**options)  # type: ignore[arg-type]
    except DovecotMissing as error:
        pytest.skip(f"DOVECOT IS MISSING: {error}")


def test_every_mailbox_is_fresh_and_holds_what_is_delivered(mailbox: Mailbox) -> None:
    assert mailbox.deliver(RAW) == 1
    assert mailbox.deliver(RAW, "Projects", r"\Seen") == 1
    with mailbox.client() as other:
        assert other.select("Projects")[1] == [b"1"]
        assert b"\\Seen" in other.fetch("1", "(FLAGS)")[1][0]
        assert other.select("INBOX")[1] == [b"1"]
        assert other.fetch("1", "(BODY.PEEK[])")[1][0][1] == RAW
        marks = b"\n".join(other.list()[1])
    for special in (b"\\Drafts", b"\\Sent", b"\\Junk", b"\\Trash", b"\\Archive"):
        assert special in marks


def test_doveadm_changes_things_behind_the_programs_back(mailbox: Mailbox) -> None:
    mailbox.deliver(RAW)
    mailbox.doveadm("expunge", "mailbox", "INBOX", "all")
    mailbox.doveadm("mailbox update", "--uid-validity", "4242", "INBOX")
    with mailbox.client() as other:
        assert other.status("INBOX", "(MESSAGES UIDVALIDITY)")[1] == [b"INBOX (MESSAGES 0 UIDVALIDITY 4242)"]


def test_a_poor_server_hides_its_capabilities() -> None:
    with start(capability="IMAP4rev1 IDLE", special_use=False) as server, server.second_client("x") as client:
        assert client.capability()[1][-1] == b"IMAP4rev1 IDLE"
        assert client.list()[1] == [b'(\\HasNoChildren) "/" INBOX']


def test_everything_can_lie_under_the_inbox() -> None:
    with start(prefix="INBOX.") as server, server.second_client("x") as client:
        assert b'(\\HasNoChildren \\Sent) "." INBOX.Sent' in client.list()[1]


def test_tls_from_the_first_byte_and_by_starttls() -> None:
    with start(tls=True) as server:
        server.deliver("x", RAW)
        with server.second_client("x") as client:
            assert client.select()[1] == [b"1"]
        with imaplib.IMAP4(server.host, server.port) as plain:
            plain.starttls(ssl.create_default_context(cafile=str(server.cafile)))
            assert plain.login("x", "secret")[0] == "OK"
        with pytest.raises(ssl.SSLCertVerificationError):
            imaplib.IMAP4_SSL(server.host, server.tls_port, ssl_context=ssl.create_default_context())


def test_access_lists_and_quota_refuse() -> None:
    with start(acl=True, quota="messages=2") as server, server.second_client("x") as client:
        assert client.create("ReadOnly")[0] == "OK"
        typ, data = client.append("ReadOnly", "", "", RAW)
        assert (typ, b"NOPERM" in data[0]) == ("NO", True)
        server.deliver("x", RAW)
        server.deliver("x", RAW)
        with pytest.raises(ServerFailed, match="OVERQUOTA"):
            server.deliver("x", RAW)


def test_a_crash_cuts_the_line_and_keeps_the_mail() -> None:
    with start() as server:
        server.deliver("x", RAW)
        client = server.second_client("x")
        server.pause()
        with pytest.raises((OSError, client.abort)):
            client.noop()
        client.shutdown()
        server.resume()
        with server.second_client("x") as again:
            assert again.select()[1] == [b"1"]


def test_it_leaves_nothing() -> None:
    server = start()
    client = server.second_client("x")
    server.stop()
    client.shutdown()
    assert not server.root.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port))


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal of a parent is Linux's")
def test_it_ends_with_a_test_run_that_is_killed() -> None:
    start().stop()
    script = (
        "from tests.servers.dovecot import DovecotServer as D; import time\n"
        "s = D.start(); print(s._process.pid, s.root, flush=True); time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert run.stdout is not None
    pid, root = run.stdout.readline().split()
    descriptor = os.pidfd_open(int(pid))
    run.kill()
    run.wait()
    run.stdout.close()
    assert select.select([descriptor], [], [], 10)[0], "the server outlived its test run"
    os.close(descriptor)
    shutil.rmtree(root.decode())


@pytest.mark.parametrize(
    ("no_skip", "code", "said"),
    [
        ("", 0, "DOVECOT IS MISSING: 3 tests were skipped; apt-get install dovecot-imapd"),
        ("1", 1, "skips are forbidden"),
    ],
)
def test_a_missing_server_is_one_loud_line_or_a_failure(no_skip: str, code: int, said: str) -> None:
    which = [
        "tests/servers/test_servers.py",
        "-k",
        "fresh or doveadm or poor",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *which],
        env={**os.environ, "DEALDESK_DOVECOT": "/no/dovecot", "DEALDESK_NO_SKIP": no_skip},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert said in done.stdout


def test_a_change_by_another_client_is_pushed(mailbox: Mailbox) -> None:
    with mailbox.client() as watching:
        watching.select("INBOX")
        watching.send(b"a1 IDLE\r\n")
        assert watching.readline().startswith(b"+")
        mailbox.deliver(RAW)
        assert watching.readline() == b"* 1 EXISTS\r\n"
        watching.send(b"DONE\r\n")
        while not watching.readline().startswith(b"a1 OK"):
            continue


def test_lmtp_delivers_and_submission_relays(smtp: SmtpSink) -> None:
    with start(lmtp=True, submission=True, relay_port=smtp.port) as server:
        with smtplib.LMTP(server.host, server.lmtp_port) as delivery:
            delivery.sendmail("a@example.org", ["x"], RAW)
        with server.second_client("x") as client:
            assert client.select()[1] == [b"1"]
        with smtplib.SMTP(server.host, server.smtp_port) as submission:
            submission.login("x", server.password)
            submission.sendmail("x@example.org", ["b@example.org"], RAW)
        assert smtp.wait(1)[0].recipients == ("b@example.org",)
