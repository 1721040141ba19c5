"""R47: the proof is checked against everything that could make it say "complete" too early or never."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Mailbox, fresh_user
from tests.engine.rules.desk import Desk, arrive, days_ago, desk
from tests.servers.dialogue import Dialogue
from tests.servers.proxy import Proxy
from tui.engine.commands import Delete, DeleteForever, Move
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Account, FolderProof
from tui.engine.store import folders, placements
from tui.engine.sync.plan import Remote, turned_back
from tui.engine.sync.reconcile import due
from tui.engine.sync.verify import add_up

UIDS = st.frozensets(st.integers(1, 30), max_size=20)


async def proof(d: Desk, folder: str = "INBOX", account: Account | None = None) -> FolderProof:
    """The proof of one folder."""
    wanted = (account or d.account).email
    [found] = [one for one in await d.engine.verify() if (one.account, one.folder) == (wanted, folder)]
    return found


def columns(one: FolderProof) -> tuple[int, int, int, int, int]:
    """On the server, here, outside, failed, missing; the first is always the sum of the others."""
    assert one.on_server == one.here + one.outside_window + one.failed + len(one.missing)
    return one.on_server, one.here, one.outside_window, one.failed, len(one.missing)


@given(every=UIDS, window=UIDS, placed=UIDS, textless=UIDS, failed=UIDS)
def test_R47_every_message_is_counted_in_exactly_one_column(
    every: frozenset[int],
    window: frozenset[int],
    placed: frozenset[int],
    textless: frozenset[int],
    failed: frozenset[int],
) -> None:
    ledger = add_up(UidSet(every), UidSet(window), placed, textless & placed, dict.fromkeys(failed, "why"))
    assert ledger.here + ledger.outside + len(ledger.failed) + len(ledger.missing) == len(every)
    assert not ledger.failed.keys() & ledger.missing
    assert ledger.vanished == placed - every
    settled = every & placed - textless
    assert ledger.here == len(settled)
    assert ledger.missing == (every & (window | placed)) - settled - failed


async def test_R47_what_is_missing_is_named_and_the_next_sync_fetches_it(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two", "Three")
        [two] = [copy.uid for copy in d.copies() if copy.subject == "Two"]
        inbox = d.folder("INBOX").id
        async with d.engine.mailbox.write() as tx:
            await tx.execute("DELETE FROM messages WHERE subject = 'Two'")
        before = await proof(d)
        assert columns(before) == (3, 2, 0, 0, 1)
        assert (before.missing, before.complete) == ((two,), False)
        assert (await folders_of(d, inbox)).proved_at == 0
        assert (await d.sync()).new == 1
        assert d.subjects() == ["One", "Three", "Two"]
        assert (await proof(d)).complete
        assert (await d.sync()).new == 0


async def folders_of(d: Desk, folder_id: int) -> folders.FolderState:
    found = await folders.get(d.engine.mailbox.reads, folder_id)
    assert found is not None
    return found


async def test_R47_mail_that_came_by_another_folder_or_account_is_here(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with desk(mailbox) as d:
        second = await d.add(other)
        raw = d.mail("To both", body="The very same words.")
        d.deliver(raw)
        await d.sync()
        d.deliver(raw, "Projects")
        d.deliver(raw, box=other)
        d.deliver(raw)
        await d.sync()
        assert len(d.rows()) == 1
        assert columns(await proof(d)) == (2, 2, 0, 0, 0)
        assert columns(await proof(d, "Projects")) == (1, 1, 0, 0, 0)
        assert columns(await proof(d, account=second)) == (1, 1, 0, 0, 0)
        assert all(one.complete for one in await d.engine.verify())


async def test_R47_what_waits_to_be_moved_or_deleted_counts_where_the_server_has_it(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await arrive(d, "Moved", "Trashed", "Destroyed", "Stays")
        await d.do(Move([d.id("Moved")], d.folder("Projects").id))
        await d.do(Delete([d.id("Trashed")]))
        await d.do(DeleteForever([d.id("Destroyed")]))
        assert columns(await proof(d)) == (4, 4, 0, 0, 0)
        assert (await proof(d)).complete
        await d.sync()
        assert columns(await proof(d)) == (1, 1, 0, 0, 0)
        assert columns(await proof(d, "Projects")) == (2, 2, 0, 0, 0)
        assert all(one.complete and not one.vanished for one in await d.engine.verify())


async def test_R47_headers_without_their_text_are_missing_not_here(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            d.deliver(d.mail("Big", body="x" * 400_000))
            line.down.cut_after = 100_000
            await d.sync(ok=False)
            line.down.cut_after = None
            assert d.subjects() == ["Big"]
            assert columns(await proof(d)) == (1, 0, 0, 0, 1)
            await d.sync()
            assert (await proof(d)).complete


async def test_R47_what_failed_is_named_with_its_reason_and_tried_again(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two")
        [two] = [copy.uid for copy in d.copies() if copy.subject == "Two"]
        inbox = await folders_of(d, d.folder("INBOX").id)
        async with d.engine.mailbox.write() as tx:
            await tx.execute("DELETE FROM messages WHERE subject = 'Two'")
            await folders.add_failure(tx, inbox.id, inbox.uidvalidity or 0, two, "The server refused to fetch it: no")
        one = await proof(d)
        assert columns(one) == (2, 1, 0, 1, 0)
        assert (one.complete, one.reasons) == (False, ((two, "The server refused to fetch it: no"),))
        await d.sync()
        assert (await proof(d)).complete
        assert d.subjects() == ["One", "Two"]


async def test_R47_the_window_and_older_mail_that_is_here_all_the_same(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        for age in (400, 100, 3):
            d.deliver(f"{age} days", at=days_ago(age))
        await d.sync()
        await d.engine.edit_account(d.account._replace(since=int(days_ago(30).timestamp())), check=False)
        d.deliver("Old, moved here late", at=days_ago(300))
        await d.sync()
        assert columns(await proof(d)) == (4, 3, 1, 0, 0)
        assert (await proof(d)).complete


async def test_R47_a_folder_that_only_holds_folders_is_not_asked_and_a_refused_one_says_why(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("Inside", "Parent/Child")
        await d.sync()
        assert {one.folder for one in await d.engine.verify()} >= {"INBOX", "Parent/Child"}
        assert "Parent" not in {one.folder for one in await d.engine.verify()}
        with mailbox.client() as client:
            client.delete("Parent/Child")
        gone = await proof(d, "Parent/Child")
        assert not gone.complete
        assert gone.error


async def test_R47_copies_that_vanished_are_counted_and_the_next_sync_knows(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two")
        d.delete_elsewhere("One")
        one = await proof(d)
        assert (one.vanished, one.complete) == (1, True)
        await d.sync()
        assert (await proof(d)).vanished == 0
        assert not d.row("One").on_server


# --- the quiet proof


async def blind(d: Desk, folder: str = "INBOX") -> None:
    """Make the cursor say that everything up to now was seen, as after a server that told less than there was."""
    state = await folders_of(d, d.folder(folder).id)
    with d.mailbox.client() as client:
        _, answer = client.status(folder, "(UIDNEXT MESSAGES HIGHESTMODSEQ)")
    words = answer[0].decode().replace("(", " ").replace(")", " ").split()
    told = {name: int(words[words.index(name) + 1]) for name in ("UIDNEXT", "MESSAGES", "HIGHESTMODSEQ")}
    async with d.engine.mailbox.write() as tx:
        await folders.set_cursor(
            tx,
            state.id,
            uidvalidity=state.uidvalidity or 0,
            uidnext=told["UIDNEXT"],
            highestmodseq=told["HIGHESTMODSEQ"],
            messages=told["MESSAGES"],
            complete=True,
            since=None,
            expected=None,
        )


async def yesterday(d: Desk) -> None:
    """Let a day pass since every folder was compared."""
    async with d.engine.mailbox.write() as tx:
        await tx.execute("UPDATE folders SET proved_at = proved_at - 86401")


async def test_R47_what_the_server_never_told_is_found_by_the_daily_comparison(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Stays", "Deleted unseen", "Flagged unseen")
        d.deliver("Came unseen")
        d.delete_elsewhere("Deleted unseen")
        d.flag_elsewhere("Flagged unseen", r"\Flagged")
        await blind(d)
        report = await d.sync()
        assert (report.new, report.gone, report.updated) == (0, 0, 0), "the incremental path sees nothing of it"
        await yesterday(d)
        report = await d.sync()
        assert (report.new, report.gone, report.updated) == (1, 1, 1)
        assert d.reader.body(d.id("Came unseen")).state == "full"
        assert not d.row("Deleted unseen").on_server
        assert d.row("Flagged unseen").flagged
        assert all(one.complete and not one.vanished for one in await d.engine.verify())
        before = (await folders_of(d, d.folder("INBOX").id)).proved_at
        await d.sync()
        assert (await folders_of(d, d.folder("INBOX").id)).proved_at == before, "not compared again before its time"


async def test_R47_a_deletion_that_the_line_swallowed_is_found_by_the_daily_comparison(mailbox: Mailbox) -> None:
    with Proxy.start(mailbox.host, mailbox.port) as line:
        async with desk(mailbox, proxy=line) as d:
            await arrive(d, "Stays", "Deleted")
            d.delete_elsewhere("Deleted")
            line.listen_in(Dialogue("imap", hide=re.compile(rb"VANISHED[^\r]*")))
            assert (await d.sync()).gone == 0
            line.listen_in(None)
            assert (await d.sync()).gone == 0
            assert d.row("Deleted").on_server, "the server said it once and never again"
            [one] = [one for one in await d.engine.verify() if one.folder == "INBOX"]
            assert one.vanished == 1
            assert (await d.sync()).gone == 1
            assert not d.row("Deleted").on_server


async def test_R47_the_running_workspace_compares_too(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Stays")
        d.deliver("Came unseen")
        await blind(d)
        await yesterday(d)
        await d.engine.start()
        await d.until(lambda: d.subjects() == ["Came unseen", "Stays"])


async def test_R47_a_server_that_was_restored_is_compared_at_once(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One", "Two")
        d.deliver("Came unseen")
        await blind(d)
        async with d.engine.mailbox.write() as tx:
            await tx.execute("UPDATE folders SET highestmodseq = highestmodseq + 1000 WHERE role = 'inbox'")
        await d.sync()
        assert d.subjects() == ["Came unseen", "One", "Two"]
        assert (await proof(d)).complete


async def test_R47_only_what_is_complete_and_waited_long_enough_is_compared(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One")
        state = await folders_of(d, d.folder("INBOX").id)
        assert state.proved_at, "the first complete pass compared everything"
        then = state.proved_at
        ages = {"new": then, "old": then - 100, "older": then - 200, "asked": 0, "never": None}
        every = [replace(state, name=name, proved_at=at) for name, at in ages.items()]
        assert [one.name for one in due(every, then + 50, 100)] == ["asked", "never"]
        assert [one.name for one in due(every[:3], then + 50, 100)] == ["older"]
        assert due([replace(state, complete=False, proved_at=0)], then, 100) == []
        assert len(due([state], then - 10_000, 100)) == 1, "a clock that went back doesn't put it off for ever"


@pytest.mark.parametrize(
    ("said", "back"),
    [
        (Remote(1, 10, None, 100), False),
        (Remote(1, 9, None, 100), True),
        (Remote(1, 11, None, 99), True),
        (Remote(2, 1, None, 1), False),
        (Remote(1, None, None, None), False),
    ],
)
async def test_R47_counters_that_went_back_are_noticed(mailbox: Mailbox, said: Remote, back: bool) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One")
        state = await folders_of(d, d.folder("INBOX").id)
        assert turned_back(replace(state, uidvalidity=1, uidnext=10, highestmodseq=100), said) is back


async def test_R47_a_line_that_swallowed_an_answer_is_made_good(mailbox: Mailbox) -> None:
    """A placement that was lost on the way comes back as the same message, with its links."""
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "One", "Two")
        number = d.id("One")
        inbox = await folders_of(d, d.folder("INBOX").id)
        [uid] = [copy.uid for copy in d.copies() if copy.subject == "One"]
        async with d.engine.mailbox.write() as tx:
            await placements.mark_gone(tx, inbox.id, inbox.uidvalidity or 0, [uid])
        assert not d.row("One").on_server
        await yesterday(d)
        report = await d.sync()
        row = d.row("One")
        assert (report.new, row.id, row.on_server, [one.id for one in row.deals]) == (0, number, True, [deal])
