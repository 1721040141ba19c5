"""A pass where nothing changed is two round trips after login, however many folders there are."""

from __future__ import annotations

from tests.conftest import Mailbox
from tests.engine.rules.desk import desk
from tests.servers.dialogue import Dialogue
from tests.servers.proxy import Proxy


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
