"""The window and the folders changed after set-up (R41, R2), and what several accounts hold (R7, R33, R44)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.rules.desk import ANN, Desk, days_ago, desk
from tests.servers.proxy import Proxy
from tui.engine.commands import Archive, Delete, DeleteForever, Move
from tui.engine.errors import AuthError, InvalidInput, NetworkError, NotFound
from tui.engine.reads import missing_roles

TEXT = "word " * 20_000
"""So large that a message that is fetched twice is noticed on the line."""


@pytest.fixture
def line(mailbox: Mailbox) -> Iterator[Proxy]:
    with Proxy.start(mailbox.host, mailbox.port) as proxy:
        yield proxy


async def window(d: Desk, days: float | None) -> None:
    """Change the first account's window."""
    since = None if days is None else int(days_ago(days).timestamp())
    d.accounts[0] = await d.engine.edit_account(d.account._replace(since=since))


async def test_R41_widening_fetches_what_is_missing_and_narrowing_takes_nothing(mailbox: Mailbox, line: Proxy) -> None:
    async with desk(mailbox, proxy=line, since=int(days_ago(30).timestamp())) as d:
        for age in (400, 100, 10, 1):
            d.deliver(d.mail(f"{age} days", body=TEXT), at=days_ago(age))
        await d.sync()
        assert d.subjects() == ["1 days", "10 days"]
        for days, new, size in ((120, 1, 100_000), (None, 1, 100_000), (5, 0, 0), (None, 0, 0)):
            await window(d, days)
            line.down.bytes = 0
            report = await d.sync()
            assert (report.new, report.gone) == (new, 0), days
            assert size <= line.down.bytes < size + 20_000, days
        assert len(d.rows()) == 4
        await window(d, 5)
        d.deliver("Old, but moved in now", at=days_ago(50))
        d.deliver("New")
        assert (await d.sync()).new == 1
        assert "New" in d.subjects()
        assert all(one.complete for one in await d.engine.verify())
        assert all(row.on_server for row in d.rows())


async def test_R41_the_running_workspace_goes_by_a_changed_window_at_once(mailbox: Mailbox) -> None:
    async with desk(mailbox, since=int(days_ago(30).timestamp())) as d:
        d.deliver("Old", at=days_ago(100))
        d.deliver("New")
        await d.engine.start()
        await d.until(lambda: d.subjects() == ["New"])
        await window(d, None)
        await d.until(lambda: d.subjects() == ["New", "Old"])


async def test_R2_a_folder_chosen_later_is_fetched_and_one_left_keeps_what_is_here(
    mailbox: Mailbox, line: Proxy
) -> None:
    async with desk(mailbox, proxy=line, folders=("INBOX",)) as d:
        d.deliver(d.mail("In projects", body=TEXT), "Projects")
        d.deliver("In inbox")
        await d.sync()
        assert d.subjects() == ["In inbox"]
        await d.engine.select_folders(d.account.id, ["Projects"], True)
        assert (await d.sync()).new == 1
        await d.engine.select_folders(d.account.id, ["Projects"], False)
        d.deliver("Not wanted", "Projects")
        await d.sync()
        assert d.subjects() == ["In inbox", "In projects"]
        await d.engine.select_folders(d.account.id, ["Projects"], True)
        line.down.bytes = 0
        assert (await d.sync()).new == 1
        assert line.down.bytes < 20_000
        assert d.subjects("Projects") == ["In projects", "Not wanted"]


async def test_R6_the_folders_of_an_edit_are_these_and_no_others(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver("There", "Projects")
        await d.sync()
        await d.engine.edit_account(d.account._replace(folders=("projects", "sent")))
        chosen = {one.name for one in d.reader.folders() if one.selected}
        assert "INBOX" not in chosen
        assert "Projects" in chosen
        [warning] = missing_roles(d.reader.folders(), d.account.id)
        assert "Inbox is not synced" in warning
        await d.engine.edit_account(d.account._replace(folders=None))
        assert missing_roles(d.reader.folders(), d.account.id) == []


async def test_an_edit_is_proved_before_it_is_saved(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        before = d.account
        with pytest.raises(AuthError):
            await d.engine.edit_account(before, password="wrong")
        with pytest.raises(NetworkError):
            await d.engine.edit_account(before._replace(imap=before.imap._replace(port=1)))
        with pytest.raises(InvalidInput, match="can't be changed"):
            await d.engine.edit_account(before._replace(email="other@desk.example"))
        with pytest.raises(InvalidInput, match="no-address"):
            await d.engine.edit_account(before._replace(aliases=("no-address",)))
        with pytest.raises(NotFound):
            await d.engine.edit_account(before._replace(id=99))
        [after] = d.reader.accounts()
        assert after._replace(state=before.state) == before
        await d.sync()
        saved = await d.engine.edit_account(before._replace(name="New Name", aliases=("a@b.example",)))
        assert (saved.name, saved.aliases) == ("New Name", ("a@b.example",))
        await d.engine.edit_account(saved, password=mailbox.password)
        await d.sync()


@asynccontextmanager
async def held_twice(mailbox: Mailbox) -> AsyncIterator[tuple[Desk, Mailbox]]:
    """A desk with two accounts that hold the same message, shown in the first one's inbox."""
    other = Mailbox(mailbox.server, fresh_user())
    async with desk(mailbox) as d:
        await d.add(other)
        deal = await d.deal(persons=[await d.person()])
        raw = d.mail("To both", from_=ANN, body="The very same words for both.")
        d.deliver(raw)
        await d.sync()
        d.deliver(raw, box=other)
        await d.sync()
        [row] = d.rows()
        assert (row.account, [one.id for one in row.deals]) == (d.email, [deal])
        yield d, other


async def test_R7_R33_deleting_acts_on_the_copy_that_is_looked_at(mailbox: Mailbox) -> None:
    async with held_twice(mailbox) as (d, other):
        number = d.id("To both")
        await d.do(Delete([number]))
        await d.sync()
        assert (d.server("Trash"), d.server(box=other)) == (["To both"], ["To both"])
        assert d.row("To both").folder == "Trash"
        await d.do(Delete([number]))
        await d.sync()
        assert (d.server("Trash"), d.server(box=other)) == ([], ["To both"])
        row = d.row("To both")
        assert (row.id, row.account, row.folder, row.on_server) == (number, d.accounts[1].email, "INBOX", True)
        assert len(row.deals) == 1
        await d.do(Archive([number]))
        await d.sync()
        assert d.server("Archive", other) == ["To both"]
        await d.do(DeleteForever([number]))
        await d.sync()
        assert (d.rows(), d.server("Archive", other)) == ([], [])


async def test_R7_R44_whichever_account_goes_the_message_stays_once(mailbox: Mailbox) -> None:
    async with held_twice(mailbox) as (d, other):
        number = d.id("To both")
        await d.engine.remove_account(d.accounts[1].id)
        assert (d.id("To both"), d.row("To both").account) == (number, d.email)
        await d.add(other)
        await d.sync()
        assert len(d.rows()) == 1
        assert all(one.complete for one in await d.engine.verify())
        await d.engine.remove_account(d.account.id)
        row = d.row("To both")
        assert (row.id, row.account, row.folder) == (number, d.accounts[2].email, "INBOX")


async def test_R32_a_message_of_two_accounts_is_moved_in_the_one_it_is_shown_in(mailbox: Mailbox) -> None:
    async with held_twice(mailbox) as (d, other):
        d.deliver("There", "Projects")
        await d.sync()
        await d.do(Move([d.id("To both")], d.folder("Projects").id))
        await d.sync()
        assert (d.server(), d.server("Projects")) == ([], ["There", "To both"])
        assert d.server(box=other) == ["To both"]
        assert len([row for row in d.rows() if row.subject == "To both"]) == 1
