"""Sorting the list: the cursor and the marks are messages and stay so, whatever the order."""

from __future__ import annotations

from tests.screens.driving import press, row
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tui.engine.model import Order, Row
from tui.engine.paths import Paths
from tui.engine.store.ordering import by_subject
from tui.look import who
from tui.screens.workspace import Workspace


def listed(screen: Workspace) -> list[Row]:
    return list(screen.dealdesk.host.reader.rows(screen.messages.ids))


def title(screen: Workspace) -> str:
    return screen_text(screen.app).splitlines()[0]


async def test_a_sorted_list_keeps_cursor_and_marks(paths: Paths) -> None:
    """KEYS.md: held by message identity, never by row number."""
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "j", "x", "j")
        here, marked, before = row(screen).id, set(screen.messages.marks), set(screen.messages.ids)
        for key, order, value in (
            ("2", "↑ oldest", lambda one: (one.date, one.id)),
            ("3", "by sender", lambda one: (who(one).casefold(), -one.date)),
            ("4", "by subject", lambda one: (by_subject(one.subject), -one.date)),
            ("5", "↓ largest", lambda one: (-one.size, -one.date)),
        ):
            await press(pilot, "z", "s", key)
            rows = listed(screen)
            assert rows == sorted(rows, key=value)
            assert (row(screen).id, set(screen.messages.marks), {one.id for one in rows}) == (here, marked, before)
            assert screen.messages.order == order
        await press(pilot, "q")  # takes the marks off, so that the title says the order again
        assert "↓ largest" in title(screen)


async def test_an_order_is_the_view_s_own_and_a_filter_keeps_it(paths: Paths) -> None:
    async with workspace(paths) as (pilot, screen):
        await press(pilot, "z", "s", "3")
        await press(pilot, "\\", "a", "n", "n", "enter")
        assert screen.shown.order is Order.SENDER
        rows = listed(screen)
        assert 1 < len(rows) < 32
        assert rows == sorted(rows, key=lambda one: (who(one).casefold(), -one.date))
        await press(pilot, "g", "s")
        assert "↓ newest" in title(screen)
        await press(pilot, "g", "u")
        assert "by sender" in title(screen)
        await press(pilot, "T")
        assert "threads · by sender" in title(screen)


async def test_the_config_chooses_order_columns_and_density(paths: Paths) -> None:
    paths.settings.parent.mkdir(parents=True, exist_ok=True)
    paths.settings.write_text('[list]\norder = "subject"\ndensity = "roomy"\ncolumns = ["date", "subject"]\n')
    async with workspace(paths) as (_, screen):
        rows = listed(screen)
        assert rows == sorted(rows, key=lambda one: (by_subject(one.subject), -one.date))
        assert screen.messages.cursor_id == rows[0].id
        assert screen.messages.span == 2
        assert list(screen.messages.shown_columns) == ["date", "subject"]
