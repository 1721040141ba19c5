"""R30, R33: what was moved into a folder that was made for it is found there, also where no COPYUID tells."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import POOR, desk, server
from tui.engine.commands import Delete
from tui.engine.errors import Refused
from tui.engine.sync.finding import BUG_TRIES, passes


async def test_R30_a_message_moved_into_a_folder_made_for_it_is_found(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX",)) as d:
        d.deliver("Hello")
        await d.sync()
        d.elsewhere("INBOX", "Fresh", "Hello")
        await d.sync()
        assert not d.folder("Fresh").selected
        assert (d.row("Hello").folder, d.row("Hello").on_server) == ("INBOX", True)


async def test_R33_a_message_deleted_into_a_trash_made_for_it_is_on_the_server() -> None:
    with server(capability=POOR, special_use=False) as mailbox:
        async with desk(mailbox) as d:
            d.deliver("Hello")
            await d.sync()
            await d.do(Delete([d.id("Hello")]))
            for _ in range(2):
                await d.sync()
            assert (d.server("Trash"), d.row("Hello").folder, d.row("Hello").on_server) == (["Hello"], "Trash", True)


@pytest.mark.parametrize(
    ("code", "tries", "again"),
    [("INUSE", 99, True), ("SERVERBUG", BUG_TRIES - 1, True), ("SERVERBUG", BUG_TRIES, False)],
)
def test_R35_a_fault_of_the_server_is_believed_after_some_tries(code: str, tries: int, again: bool) -> None:
    assert passes(Refused("move", "Internal error", code), tries) is again
    assert not passes(Refused("move", "No", "NOPERM"), 0)
