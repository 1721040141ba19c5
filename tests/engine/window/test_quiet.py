"""What a pass asks of the server: two round trips where nothing changed, three commands more a folder with news."""

from __future__ import annotations

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, Desk, days_ago, desk
from tests.servers.dialogue import Dialogue, Trap
from tests.servers.proxy import Proxy

NEWS = [b"SELECT", b"FETCH", b"FETCH"]
"""A folder with news is opened, and asked for their headers and for their texts."""


def asked(said: Dialogue) -> list[bytes]:
    """Return the commands between the list of folders and the end."""
    words = [piece.raw.split() for piece in said.pieces if piece.way == "up"]
    verbs = [word[2] if word[1] == b"UID" else word[1] for word in words]
    return [verb for verb in verbs if verb not in (b"AUTHENTICATE", b"ID", b"NAMESPACE", b"LIST", b"LOGOUT")]


def texts(d: Desk) -> dict[str, str]:
    """Return subject and folder -> the first line of the text."""
    return {f"{row.subject} in {row.folder}": d.reader.body(row.id).text.partition("\n")[0] for row in d.rows()}


async def test_a_pass_without_news_asks_for_the_list_with_its_status_and_nothing_more(mailbox: Mailbox) -> None:
    """No folder is selected, searched or fetched from; what is asked once for a connection comes with the list."""
    for folder in ("Customers", "Projects", "Old"):
        mailbox.doveadm("mailbox create", "-s", folder)
    mailbox.stock(30)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            await d.sync()
            await d.sync()
            said = Dialogue("imap")
            line.listen_in(said)
            line.down.delay_ms = 50  # so that what is sent without waiting for an answer is seen before that answer
            await d.sync()
    trips: list[list[bytes]] = []
    before = "down"
    for piece in said.pieces:
        if piece.way == "up":
            trips += [[]] if before == "down" else []
            trips[-1].append(piece.raw.split()[1])
        before = piece.way
    assert trips == [[b"AUTHENTICATE"], [b"ID", b"NAMESPACE"], [b"LIST"], [b"LOGOUT"]]


async def test_a_pass_with_news_in_two_folders_opens_each_of_them_once(mailbox: Mailbox) -> None:
    """The counts say which UIDs are new, and the texts come before the next folder is opened."""
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(d.mail("Old"))
            d.deliver(d.mail("Older"), "Projects")
            await d.sync()
            await d.sync()
            d.deliver(d.mail("News", body="First."))
            d.deliver(d.mail("News too", body="Second."), "Projects")
            said = Dialogue("imap")
            line.listen_in(said)
            await d.sync()
            assert asked(said) == [b"ENABLE", *NEWS, *NEWS]
            assert {"News in INBOX": "First.", "News too in Projects": "Second."}.items() <= texts(d).items()


async def test_R30_what_another_client_moved_is_not_fetched_again_with_the_news(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(d.mail("Moved", body="Here already."))
            d.deliver(d.mail("Stays", body="Where it is."))
            d.deliver(d.mail("Plan", body="As it is now."), "Projects")
            await d.sync()
            await d.sync()
            with mailbox.client() as client:
                client.select("INBOX")
                assert client.uid("MOVE", "1", "Projects")[0] == "OK"
            said = Dialogue("imap")
            line.listen_in(said)
            await d.sync()
            assert asked(said) == [b"ENABLE", b"SELECT", b"SELECT", b"FETCH"]
            assert texts(d)["Moved in INBOX"] == "Here already.", "it stays where it is shown (R30)"


async def test_R8_news_that_only_their_texts_tell_apart_come_though_the_next_folder_is_open(mailbox: Mailbox) -> None:
    """The session has gone on to Projects when the twin in INBOX must be looked at: it goes back, and on again."""
    same = {"from_": ANN, "date": days_ago(1), "message_id": "<same@acme.example>"}
    async with desk(mailbox) as d:
        d.deliver(d.mail("Invoice", body="Pay 100.", **same))  # type: ignore[arg-type]
        d.deliver(d.mail("Plan"), "Projects")
        await d.sync()
        await d.sync()
        d.deliver(d.mail("Invoice", body="Pay 900, to another account.", **same))  # type: ignore[arg-type]
        d.deliver(d.mail("Plan B", body="As it is now."), "Projects")
        await d.sync()
        assert sorted(d.reader.body(row.id).text[:7] for row in d.rows() if row.subject == "Invoice") == [
            "Pay 100",
            "Pay 900",
        ]
        assert texts(d)["Plan B in Projects"] == "As it is now."


async def test_R42_texts_of_news_that_the_server_refuses_at_first_come_in_the_same_pass(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(d.mail("Old"))
            await d.sync()
            await d.sync()
            d.deliver(d.mail("News", body="Late, but here."))
            # The headers are the first FETCH of the pass, the texts the second.
            line.listen_in(Dialogue("imap", Trap("up", 1, "answer", b"NO [SERVERBUG] not now", shape=b"UID FETCH")))
            await d.sync()
            assert texts(d)["News in INBOX"] == "Late, but here."
