"""Rules whose scenario for Dovecot uses Dovecot's own tools, in ways that Cyrus, Courier or pymap have too."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, arrive, desk
from tests.engine.rules.test_sent import sending
from tests.engine.servers.table import IMPOSSIBLE, SETTINGS
from tests.servers.courier import CourierServer
from tests.servers.cyrus import CyrusServer
from tests.servers.kinds import mailbox_on
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Delete, Move, Send, SetFlags
from tui.engine.model import LinkState, OperationState, Role


def made_anew(mailbox: Mailbox, folder: str, raws: list[bytes]) -> None:
    """Another client deletes a folder and fills one of the same name with the same mail: a new UIDVALIDITY."""
    with mailbox.client() as client:
        assert client.delete(mailbox.wire(folder))[0] == "OK"
    for raw in raws:
        mailbox.deliver(raw, folder)


async def test_R7_a_folder_made_anew_brings_nothing_twice_and_decides_nothing_again(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        raws = [d.mail(f"Kept {number}", from_=ANN) for number in range(3)]
        for raw in raws:
            d.deliver(raw, "Projects")
        await d.sync()
        await d.deal(persons=[await d.person()])
        made_anew(mailbox, "Projects", [*raws[1:], d.mail("Fresh", from_=ANN)])
        assert (await d.sync()).new == 1
        await d.sync()
        assert d.subjects() == ["Fresh", "Kept 0", "Kept 1", "Kept 2"]
        assert [d.row(f"Kept {number}").on_server for number in range(3)] == [False, True, True]
        assert d.row("Kept 1").link_state is LinkState.NONE


@contextlib.contextmanager
def no_new_folders(mailbox: Mailbox) -> Iterator[None]:
    """Have the server refuse CREATE."""
    server = mailbox.server
    if isinstance(server, CyrusServer):
        mailbox.client().logout()
        server.limit(mailbox.user, "X-NUM-FOLDERS", 1)
        yield
        server.limit(mailbox.user, "X-NUM-FOLDERS", -1)
    else:
        assert isinstance(server, CourierServer)
        server.maildir(mailbox.user).chmod(0o555)
        yield
        server.maildir(mailbox.user).chmod(0o755)


@pytest.mark.parametrize("program", ["cyrus", "courier"])
async def test_R13_a_refused_create_leaves_the_send_done_on_other_servers(smtp: SmtpSink, plain: Mailbox) -> None:
    async with sending(plain, smtp) as d:
        await d.sync()
        with no_new_folders(plain):
            await d.do(Send(d.draft("Offer")))
            await d.sync()
            [refused] = d.operations(OperationState.REFUSED)
            assert (refused.kind, len(smtp.messages)) == ("append", 1)
            assert refused.error
            assert d.row("Offer").folder == "Sent"
        await d.engine.retry(refused.id)
        await d.sync()
        assert d.server("Sent") == ["Offer"]
        assert len(smtp.messages) == 1


async def test_R13_and_R35_over_a_quota_of_cyrus_are_refusals_in_its_words(smtp: SmtpSink) -> None:
    with mailbox_on("cyrus") as mailbox:
        server = mailbox.server
        assert isinstance(server, CyrusServer)
        async with sending(mailbox, smtp) as d:
            await arrive(d, "Fills it")
            server.limit(mailbox.user, "MESSAGE", 1)
            await d.do(Send(d.draft("Offer")))
            await d.sync()
            [refused] = d.operations(OperationState.REFUSED)
            assert "quota" in refused.error.lower()
            assert len(smtp.messages) == 1
            server.limit(mailbox.user, "MESSAGE", -1)
            await d.engine.retry(refused.id)
            await d.sync()
            assert d.server("Sent") == ["Offer"]


@pytest.mark.parametrize("program", ["cyrus", "courier"])
async def test_R35_what_the_folders_rights_forbid_comes_back_in_the_servers_words(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("Protected", "Library")
        d.deliver("There", "Projects")
        await d.sync()
        mailbox.server.protect(mailbox.user, "Library")
        await d.do(Move([d.id("Protected")], d.folder("Projects").id))
        assert d.row("Protected").folder == "Projects"
        report = await d.sync(ok=False)
        [refused] = d.operations(OperationState.REFUSED)
        assert (report.refused, bool(refused.error)) == (1, True)
        assert (d.row("Protected").folder, d.server("Library")) == ("Library", ["Protected"])
        assert (d.server("Projects"), len(d.rows())) == (["There"], 2), "no second copy is left behind"
        await d.do(SetFlags([d.id("Protected")], add=frozenset({"flagged"})))
        await d.sync(ok=False)
        assert not d.row("Protected").flagged
        await d.engine.keep_local(refused.id)
        assert d.row("Protected").folder == "Projects"


async def test_R29_forty_deleted_at_once_by_another_client_stay(mailbox: Mailbox) -> None:
    mailbox.stock(50)
    async with desk(mailbox) as d:
        await d.sync()
        with mailbox.client() as other:
            other.select("INBOX")
            uids = other.uid("SEARCH", "ALL")[1][0].split()
            other.uid("STORE", b",".join(uids[:40]).decode(), "+FLAGS.SILENT", r"(\Deleted)")
            other.expunge()
        assert (await d.sync()).gone == 40
        assert len(d.rows()) == 50
        assert sum(row.on_server for row in d.rows()) == 10


async def test_R39_newest_first_in_batches_cut_and_resumed(mailbox: Mailbox) -> None:
    mailbox.stock(70)
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            seen: list[list[int]] = []
            d.engine.events.subscribe(lambda _: seen.append(sorted((row.date for row in d.rows()), reverse=True)))
            line.down.cut_after = 1_200_000
            assert (await d.sync(ok=False)).error
            d.engine.events.flush()
            first = next(dates for dates in seen if dates)
            newest = sorted((row.date for row in d.rows()), reverse=True)
            assert first == newest[: len(first)]
            line.down.cut_after = None
        async with desk(mailbox, proxy=line) as d:
            await d.sync()
            assert len(d.rows()) == 70
            assert {d.reader.body(row.id).state for row in d.rows()} == {"full"}
            assert all(proof.complete for proof in await d.engine.verify())


async def test_R33_a_trash_folder_made_here_is_left_alone_like_one_that_was_there(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two")
        await d.do(Delete([d.id("One")]))
        await d.sync()
        trash = d.folder("trash")
        assert (trash.name, trash.role, trash.selected) == ("Trash", Role.TRASH, False)
        assert d.server("Trash") == ["One"]


# --- what is in the table of the impossible is impossible


def refuses_nonsense(mailbox: Mailbox) -> bool:
    with mailbox.client() as client:
        typ, _ = client.append("INBOX", "", "", b"\xff\xfe this is no header at all\r\nand neither is this\r\n")
        return typ == "NO"


def forgets_keywords(mailbox: Mailbox) -> bool:
    mailbox.deliver(b"Subject: x\r\n\r\ny\r\n")
    with mailbox.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", "($Forwarded)")
        return b"$Forwarded" not in client.fetch("1", "(FLAGS)")[1][0]


PROOFS: dict[str, dict[str, Callable[[Mailbox], bool]]] = {
    "cyrus": {"test_R43_a_message_that_cannot_be_parsed_is_kept_raw_and_shown": refuses_nonsense},
    "courier": {},
    "pymap": {"test_R38_flags_travel_both_ways": forgets_keywords},
}


def test_what_the_table_calls_impossible_is(program: str, mailbox: Mailbox) -> None:
    assert PROOFS[program].keys() == IMPOSSIBLE[program].keys()
    for scenario, proof in PROOFS[program].items():
        assert proof(mailbox), f"{program} can do what {scenario} needs"


def test_the_poor_server_is_poor() -> None:
    """Courier lacks what the rules must do without: the scenarios above are worth their time."""
    with mailbox_on("courier") as mailbox, mailbox.client() as client:
        offered = {word.upper() for word in client.capabilities}
        assert offered.isdisjoint({"MOVE", "CONDSTORE", "QRESYNC", "SPECIAL-USE", "LIST-STATUS", "UNSELECT"})
        client.select("INBOX")
        assert "UIDNEXT" not in client.untagged_responses


def test_the_scenarios_left_out_exist() -> None:
    """A scenario that was renamed must not be tried less than it was."""
    from tests.engine.rules import test_propagation, test_queue, test_retention, test_sent, test_two_way

    known = {
        name for one in (test_propagation, test_queue, test_retention, test_sent, test_two_way) for name in dir(one)
    }
    left_out = set(SETTINGS) | {name for names in IMPOSSIBLE.values() for name in names}
    assert left_out <= known
