"""A folder that another client deletes takes its copies along, and what is left of a message speaks for it."""

from __future__ import annotations

from tests.conftest import Mailbox
from tests.engine.rules.desk import arrive, desk


async def test_R38_flags_are_those_of_the_copy_that_is_left(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Twice")
        with mailbox.client() as other:
            other.create("Extra")
            other.select("INBOX")
            other.uid("COPY", "1:*", "Extra")
        await d.sync()
        await d.engine.select_folders(d.account.id, ["Extra"], True)
        await d.sync()
        d.flag_elsewhere("Twice", r"\Flagged", "Extra")
        await d.sync()
        assert d.row("Twice").flagged
        with mailbox.client() as other:
            other.delete("Extra")
        await d.sync()
        assert d.row("Twice").folder == "INBOX"
        assert not d.row("Twice").flagged
        assert d.subjects() == ["Twice"]
