"""The customer answers what is sent and writes unasked, and other clients see it by IDLE."""

from __future__ import annotations

import imaplib
import queue
import smtplib
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.demo.conftest import PATIENCE
from tui.demo.cast import ANN, BO, HELEN
from tui.demo.customer import Customer, Written
from tui.demo.lines import ANSWERS, UNASKED
from tui.demo.mail import message_id, sample
from tui.demo.world import HOST, ME, TEAM, World
from tui.engine.text import normalize_message_id

QUICK = 0.005


@pytest.fixture
def written() -> queue.Queue[Written]:
    return queue.Queue()


@pytest.fixture
def customer(world: World, written: queue.Queue[Written]) -> Customer:
    return Customer(world, pace=QUICK, told=written.put)


@pytest.fixture
def imap(world: World) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4(HOST, world.imap_port, timeout=PATIENCE)
    client.login(ME, world.password)
    client.select("INBOX")
    yield client
    client.shutdown()


def send(world: World, mail: EmailMessage, sender: str = ME) -> None:
    mail["From"] = sender
    with smtplib.SMTP(HOST, world.smtp_port, timeout=PATIENCE) as client:
        client.login(sender, world.password)
        client.send_message(mail)


def letter(
    to: str, text: str = "What do you think?\n", subject: str = "offer", identity: str = "<m1@our.example>"
) -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["Subject"], mail["Message-ID"] = to, subject, identity
    mail.set_content(text)
    return mail


def wait_for(client: imaplib.IMAP4, count: int) -> list[EmailMessage]:
    """Ask until the INBOX holds ``count`` messages and return them: pymap tells IDLE nothing of what came before it."""
    while int(client.select("INBOX")[1][0] or 0) < count:
        time.sleep(0.01)
    found = []
    for number in range(1, count + 1):
        _, data = client.fetch(str(number), "(BODY.PEEK[])")
        parsed = message_from_bytes(data[0][1], policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append(parsed)
    return found


def test_an_answer_comes_with_the_right_headers(
    world: World, customer: Customer, written: queue.Queue[Written]
) -> None:
    """It replies to our Message-ID, keeps the chain of references, names the subject once with Re:, and quotes."""
    mail = letter(str(ANN.address), "Shall we?\n\n-- \nMia\n", "Re: offer")
    mail["References"] = "<a@acme.example> <b@our.example>"
    send(world, mail)
    note = written.get(timeout=PATIENCE)
    assert (note.user, note.sender, note.subject) == (ME, ANN, "Re: offer")
    assert note.answers == "m1@our.example"
    client = imaplib.IMAP4(HOST, world.imap_port, timeout=PATIENCE)
    client.login(ME, world.password)
    client.select("INBOX")
    answer = wait_for(client, 1)[0]
    client.shutdown()
    assert answer["In-Reply-To"] == "<m1@our.example>"
    assert answer["References"] == "<a@acme.example> <b@our.example> <m1@our.example>"
    assert answer["To"].addresses[0].addr_spec == ME
    body = answer.get_content()
    assert any(said in body for said in ANSWERS[ANN.email])
    assert "Mia Easton wrote:\n> Shall we?\n" in body.replace("\r\n", "\n")
    assert "> -- " not in body


def test_an_answer_is_pushed_to_an_idling_client(world: World, customer: Customer, imap: imaplib.IMAP4) -> None:
    """Who idles sees the answer without asking."""
    imap.send(b"W1 IDLE\r\n")
    while not imap.readline().startswith(b"+"):
        pass
    send(world, letter(BO.email))
    while b"1 EXISTS" not in imap.readline():
        pass
    imap.send(b"DONE\r\n")
    while not imap.readline().startswith(b"W1"):
        pass
    assert wait_for(imap, 1)[0]["From"].addresses[0].addr_spec == BO.email


def test_each_recipient_answers_once(world: World, customer: Customer, written: queue.Queue[Written]) -> None:
    """The same message submitted twice gets one answer from each of its recipients outside."""
    for _ in range(2):
        send(world, letter(f"{ANN.email}, {BO.email}, {TEAM}"))
    assert {written.get(timeout=PATIENCE).sender for _ in range(2)} == {ANN, BO}
    send(world, letter(ANN.email, identity="<m2@our.example>"))
    assert written.get(timeout=PATIENCE).answers == "m2@our.example"
    assert written.empty()


def test_words_get_a_fitting_answer(world: World, customer: Customer, imap: imaplib.IMAP4) -> None:
    """A question about a payment term is answered as one."""
    send(world, letter(ANN.email, "We can do net 60.\n"))
    assert "Net 60 it is" in wait_for(imap, 1)[0].get_content()


def test_a_stranger_answers_under_a_name(world: World, customer: Customer, written: queue.Queue[Written]) -> None:
    """An address that nobody in the cast has still answers, named after its local part."""
    send(world, letter("jo_van.doe@nowhere.example"))
    assert written.get(timeout=PATIENCE).sender.name == "Jo Van Doe"


def test_machines_and_colleagues_get_no_answer(world: World, customer: Customer, written: queue.Queue[Written]) -> None:
    """Automatic mail (RFC 3834) and mail between own addresses stay without an answer."""
    automatic = letter(ANN.email, identity="<auto@our.example>")
    automatic["Auto-Submitted"] = "auto-replied"
    send(world, automatic)
    send(world, letter(TEAM, identity="<team@our.example>"))
    send(world, letter(BO.email, identity="<real@our.example>"))
    assert written.get(timeout=PATIENCE).answers == "real@our.example"
    assert written.empty()


def test_html_without_text_is_answered_too(world: World, customer: Customer, written: queue.Queue[Written]) -> None:
    """A message that has no plain text, no subject and no Message-ID is answered all the same."""
    mail = EmailMessage()
    mail["To"] = ANN.email
    mail.set_content("<p>Hello</p>", subtype="html")
    send(world, mail)
    assert written.get(timeout=PATIENCE).answers == ""


def test_he_writes_unasked_in_order_and_stops(world: World, written: queue.Queue[Written]) -> None:
    """An open deal, somebody with two, a stranger and a colleague come in the seeded order; stop() ends it."""
    customer = Customer(world, pace=QUICK / 4, told=written.put)
    customer.start()
    first = [written.get(timeout=PATIENCE) for _ in range(5)]
    customer.stop()
    assert [note.sender for note in first] == [unasked.sender for unasked in UNASKED[:5]]
    assert [note.user for note in first] == [ME, ME, ME, ME, TEAM]
    assert len({note.message_id for note in first}) == 5


def test_what_he_replies_to_is_in_the_sample() -> None:
    """A colleague's reply names a message that the sample really has, so that threads join."""
    ids = {
        normalize_message_id(str(message_from_bytes(letter.raw, policy=policy.default)["Message-ID"]))
        for letter in sample(int(time.time()))
    }
    replies = [unasked for unasked in UNASKED if unasked.replies_to is not None]
    assert any(unasked.sender == HELEN for unasked in replies)
    for unasked in replies:
        assert unasked.replies_to is not None
        assert normalize_message_id(message_id(*unasked.replies_to)) in ids
