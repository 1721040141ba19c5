"""The embedded servers, seen by the standard library's own clients."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.demo.conftest import PATIENCE
from tui.demo.letter import Letter, Sent
from tui.demo.other import OtherProgram
from tui.demo.world import FOLDERS, HOST, ME, TEAM, World
from tui.engine.errors import DealdeskError


def message(subject: str, *, sender: str = "Ann <ann@acme.example>", to: str = ME) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{subject.replace(' ', '.')}@test.example>"
    mail.set_content("Hello.\n")
    return mail


@pytest.fixture
def imap(world: World) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4(HOST, world.imap_port, timeout=PATIENCE)
    client.login(ME, world.password)
    yield client
    client.shutdown()


@pytest.fixture
def smtp(world: World) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP(HOST, world.smtp_port, timeout=PATIENCE)
    client.ehlo()
    yield client
    client.close()


def read_line(client: imaplib.IMAP4) -> bytes:
    return client.readline()


def test_every_user_has_the_folders(world: World) -> None:
    """Both users log in with the password of the run and see the same folders."""
    for user in (ME, TEAM):
        client = imaplib.IMAP4(HOST, world.imap_port, timeout=PATIENCE)
        client.login(user, world.password)
        _, listed = client.list()
        names = {line.split()[-1].decode().strip('"') for line in listed if isinstance(line, bytes)}
        assert names == {"INBOX", *FOLDERS}
        client.logout()


def test_wrong_password_is_refused(world: World) -> None:
    """A world is not open to the other users of the machine."""
    client = imaplib.IMAP4(HOST, world.imap_port, timeout=PATIENCE)
    with pytest.raises(imaplib.IMAP4.error):
        client.login(ME, "demopass")
    client.shutdown()


def test_password_is_another_each_run() -> None:
    """Nothing about the password can be known beforehand."""
    assert World().password != World().password
    assert len(World().password) >= 20


def test_delivered_message_is_byte_for_byte(world: World, imap: imaplib.IMAP4) -> None:
    """What is delivered is what another client fetches."""
    raw = message("one").as_bytes().replace(b"\n", b"\r\n")
    uid = world.deliver(ME, raw)
    imap.select("INBOX")
    _, data = imap.uid("FETCH", str(uid), "(FLAGS BODY.PEEK[])")
    assert data[0][1] == raw


def test_fill_keeps_folder_flags_and_date(world: World, imap: imaplib.IMAP4) -> None:
    """Letters land in their folder with their flags and INTERNALDATE."""
    at = 1_700_000_000
    uids = world.fill([Letter(ME, "Clients", message("old").as_bytes(), at, ("\\Seen", "\\Flagged"))])
    imap.select("Clients")
    _, data = imap.uid("FETCH", str(uids[0]), "(FLAGS INTERNALDATE)")
    assert b"\\Seen" in data[0]
    assert b"\\Flagged" in data[0]
    parsed = imaplib.Internaldate2tuple(data[0])
    assert parsed is not None
    assert time.mktime(parsed) == at


def test_idle_announces_a_delivery(world: World, imap: imaplib.IMAP4) -> None:
    """Push is seen: an idling client hears of the message without asking."""
    imap.select("INBOX")
    imap.send(b"X1 IDLE\r\n")
    while not read_line(imap).startswith(b"+"):
        pass
    world.deliver(ME, message("pushed").as_bytes())
    line = read_line(imap)
    while b"EXISTS" not in line:
        line = read_line(imap)
    assert line.split()[1] == b"1"
    imap.send(b"DONE\r\n")


def test_move_and_append_tell_uids(world: World, imap: imaplib.IMAP4) -> None:
    """MOVE answers COPYUID and APPEND APPENDUID, which the sync relies on where offered."""
    uid = world.deliver(ME, message("to move").as_bytes())
    imap.select("INBOX")
    assert "MOVE" in imap.capabilities or b"MOVE" in imap.capability()[1][0]
    imap.uid("MOVE", str(uid), "Archive")
    assert imap.response("COPYUID")[1] != [None]
    answer = imap.append("Sent", "(\\Seen)", imaplib.Time2Internaldate(time.time()), message("sent").as_bytes())
    assert b"APPENDUID" in answer[1][0]


def test_submission_wants_a_login(smtp: smtplib.SMTP) -> None:
    """No mail is accepted from who has not logged in."""
    with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
        smtp.send_message(message("x", sender=ME, to="ann@acme.example"))


def test_submission_refuses_a_wrong_password(smtp: smtplib.SMTP) -> None:
    """The login is looked at."""
    with pytest.raises(smtplib.SMTPAuthenticationError):
        smtp.login(ME, "wrong")


def test_submitted_mail_reaches_listeners_and_local_inboxes(
    world: World, imap: imaplib.IMAP4, smtp: smtplib.SMTP
) -> None:
    """A message to Ann and to the team is heard by the listener with its envelope and is in the team's INBOX."""
    heard: list[Sent] = []
    arrived = threading.Event()

    def listener(sent: Sent) -> None:
        heard.append(sent)
        arrived.set()

    world.listen(listener)
    smtp.login(ME, world.password)
    smtp.send_message(message("offer", sender=ME, to=f"ann@acme.example, {TEAM.upper()}"))
    assert arrived.wait(PATIENCE)
    assert heard[0].sender == ME
    assert heard[0].recipients == ("ann@acme.example", TEAM.upper())
    assert b"Subject: offer" in heard[0].raw
    team = imaplib.IMAP4(HOST, world.imap_port, timeout=PATIENCE)
    team.login(TEAM, world.password)
    assert team.select("INBOX")[1] == [b"1"]
    team.shutdown()
    assert imap.select("INBOX")[1] == [b"0"]


def test_unknown_local_address_is_refused(world: World, smtp: smtplib.SMTP) -> None:
    """A colleague who does not exist is refused in the server's words, so that a refusal can be shown."""
    smtp.login(ME, world.password)
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="No mailbox nobody@our"):
        smtp.send_message(message("x", sender=ME, to="nobody@our.example"))


def test_stop_waits_for_no_client(world: World, imap: imaplib.IMAP4, smtp: smtplib.SMTP) -> None:
    """A world ends though one client idles and another is logged in; stopping twice is harmless."""
    imap.select("INBOX")
    imap.send(b"X1 IDLE\r\n")
    while not read_line(imap).startswith(b"+"):
        pass
    smtp.login(ME, world.password)
    world.stop()
    world.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HOST, world.imap_port), timeout=1)


def test_a_world_that_ended_says_so(world: World) -> None:
    """Filing into an ended world is one plain sentence, not a hang."""
    world.stop()
    with pytest.raises(DealdeskError, match="have ended"):
        world.deliver(ME, b"Subject: x\r\n\r\n")


def test_listens_on_loopback_only(world: World) -> None:
    """Neither port can be reached from another machine."""
    for port in (world.imap_port, world.smtp_port):
        with socket.socket() as probe:
            probe.bind(("127.0.0.2", port))


def test_missing_extra_is_one_sentence() -> None:
    """Without pymap the demo says how to install it, and importing the world needs neither package."""
    program = (
        "import sys\n"
        "sys.modules['pymap'] = None\n"
        "from tui.demo.world import World\n"
        "from tui.engine.errors import ConfigError\n"
        "assert 'aiosmtpd' not in sys.modules\n"
        "try:\n    World().start()\n"
        "except ConfigError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'dealdesk[demo]'" in done.stdout


async def test_other_program_sees_and_moves(world: World) -> None:
    """The independent client of the headless demo tells UID, Message-ID and flags, and moves by Message-ID."""
    other = OtherProgram(world, ME)
    assert await other.list("INBOX") == ()
    world.fill([Letter(ME, "INBOX", message(name).as_bytes(), flags=("\\Seen",)) for name in ("a b", "c")])
    assert [held.message_id for held in await other.list("INBOX")] == ["a.b@test.example", "c@test.example"]
    await other.move("a.b@test.example", "INBOX", "Clients")
    found = await other.find("Clients", "a.b@test.example")
    assert len(found) == 1
    assert "\\Seen" in found[0].flags
    assert await other.find("INBOX", "a.b@test.example") == ()
