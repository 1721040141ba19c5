"""The list: the cursor is a message, not a row number; only what is in view exists; only what changed is repainted."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st
from textual.events import MouseScrollDown
from textual.message import Message
from textual.strip import Strip

from tests.widgets.rows import Mailbox, row
from tests.widgets.stage import on_stage
from tui.engine.model import Row
from tui.widgets.marks import Marks, follow
from tui.widgets.messages import MessageList
from tui.widgets.rowlist import RowList


class Watched(MessageList):
    """Counts the lines it is asked to draw for the screen."""

    painted = 0

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        return super().render_line(y)


def moves(posted: list[Message]) -> list[int | None]:
    return [one.id for one in posted if isinstance(one, RowList.CursorMoved)]


def filled(size: int = 1000) -> tuple[Watched, Mailbox]:
    mailbox = Mailbox(size)
    widget = Watched(mailbox.fetch)
    widget.ids = mailbox.ids()
    widget.cursor = 0
    return widget, mailbox


async def test_a_step_repaints_two_lines() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (pilot, posted):
        widget.painted = 0
        assert widget.move(1)
        await pilot.pause()
        assert widget.painted == 2
        assert moves(posted) == [2]


async def test_only_what_is_in_view_is_fetched() -> None:
    widget, mailbox = filled(50_000)
    async with on_stage(widget) as (pilot, _):
        widget.last()
        await pilot.pause()
        assert sum(mailbox.asked) < 200
        assert widget.cursor_id == 50_000


async def test_rows_are_fetched_ahead_of_the_cursor() -> None:
    widget, mailbox = filled()
    async with on_stage(widget) as (pilot, _):
        for _ in range(5):
            widget.page()
            await pilot.pause()
        mailbox.asked.clear()
        widget.move(1)
        assert mailbox.asked == []


async def test_new_mail_does_not_move_the_selection() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (pilot, posted):
        widget.move(30)
        await pilot.pause()
        line = widget.cursor - widget.top
        posted.clear()
        widget.set_ids(array("q", [-3, -2, -1, *widget.ids]))
        await pilot.pause()
        assert widget.cursor_id == 31
        assert widget.cursor - widget.top == line
        assert moves(posted) == []


async def test_at_the_top_new_mail_is_seen_coming() -> None:
    widget, mailbox = filled()
    async with on_stage(widget) as (_, _posted):
        mailbox.rows[-1] = row(-1, subject="just in")
        widget.set_ids(array("q", [-1, *widget.ids]))
        assert (widget.top, widget.cursor, widget.cursor_id) == (0, 1, 1)


async def test_after_an_archive_the_cursor_is_on_the_same_row_and_the_next_message() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (pilot, posted):
        widget.move(20)
        await pilot.pause()
        posted.clear()
        line = widget.cursor - widget.top
        widget.set_ids(array("q", [id for id in widget.ids if id != 21]))
        await pilot.pause()
        assert widget.cursor_id == 22
        assert widget.cursor - widget.top == line
        assert moves(posted) == [22]


async def test_archiving_the_last_ones_goes_to_the_one_before() -> None:
    widget, _ = filled(30)
    async with on_stage(widget) as (_, _posted):
        widget.last()
        widget.set_ids(array("q", range(1, 28)))
        assert widget.cursor_id == 27
        widget.set_ids(array("q"))
        assert widget.cursor_id is None
        assert not widget.move(1)
        assert widget.targets == ()


async def test_another_list_begins_at_its_first_row_without_marks() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (pilot, posted):
        widget.move(40)
        widget.mark_and_step()
        widget.set_ids(array("q", range(500, 600)), reset=True)
        await pilot.pause()
        assert (widget.cursor_id, widget.top, widget.marks) == (500, 0, set())
        assert [one.count for one in posted if isinstance(one, RowList.MarksChanged)][-1] == 0


async def test_commands_apply_to_the_marked_else_to_the_cursor() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (_, _posted):
        assert widget.targets == (1,)
        widget.mark_and_step()
        widget.mark_and_step()
        widget.move(5)
        assert widget.targets == (1, 2)
        widget.set_ids(array("q", range(2, 900)))
        assert widget.targets == (2,)
        assert widget.clear_marks()
        assert not widget.clear_marks()
        assert widget.targets == (8,)


async def test_a_range_marks_what_lies_between_and_shrinks_again() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (_, _posted):
        widget.mark([3])
        widget.move(4)
        widget.toggle_range()
        widget.move(3)
        assert widget.targets == (3, 5, 6, 7, 8)
        widget.move(-5)
        assert widget.targets == (3, 4, 5)
        widget.move(1)
        assert widget.targets == (3, 4, 5)
        widget.toggle_range()
        widget.move(10)
        assert widget.targets == (3, 4, 5)


async def test_all_in_view_are_marked_and_unmarked() -> None:
    widget, _ = filled(100)
    async with on_stage(widget) as (_, _posted):
        widget.mark_all()
        assert len(widget.targets) == 100
        widget.mark_all()
        assert widget.targets == (1,)


async def test_a_changed_row_is_the_only_line_repainted() -> None:
    widget, mailbox = filled()
    async with on_stage(widget) as (pilot, _):
        mailbox.rows[5] = mailbox.get(5)._replace(subject="changed")
        widget.painted = 0
        widget.invalidate([5, 900])
        await pilot.pause()
        assert widget.painted == 1
        widget.invalidate([6])
        await pilot.pause()
        assert widget.painted == 1


async def test_a_row_that_vanished_under_the_list_is_a_blank_line() -> None:
    widget, mailbox = filled()
    async with on_stage(widget) as (pilot, _):
        mailbox.size = 3
        mailbox.rows = {}
        widget.invalidate()
        await pilot.pause()
        assert "…" in widget.render_line(6).text
        assert widget.cursor_row is not None


async def test_the_pane_scrolls_half_a_page_when_the_cursor_leaves_it() -> None:
    widget, _ = filled()
    async with on_stage(widget, height=21) as (_, _posted):
        tops = []
        for _ in range(40):
            widget.move(1)
            tops.append(widget.top)
            assert widget.top <= widget.cursor < widget.top + 20
        assert len(set(tops)) <= 4


async def test_pages_keep_the_cursors_line_of_the_screen() -> None:
    widget, _ = filled()
    async with on_stage(widget, height=21) as (_, _posted):
        widget.move(3)
        widget.page()
        assert (widget.top, widget.cursor) == (19, 22)
        widget.half_page(-1)
        assert (widget.top, widget.cursor) == (9, 12)
        widget.page(-5)
        assert (widget.top, widget.cursor) == (0, 0)
        widget.last()
        assert (widget.top, widget.cursor) == (980, 999)


async def test_the_next_of_a_set_of_hits_is_found_without_reading_rows() -> None:
    widget, mailbox = filled(50_000)
    async with on_stage(widget) as (_, _posted):
        mailbox.asked.clear()
        assert widget.go_to_next({40_000, 7})
        assert widget.go_to_next({40_000, 7})
        assert not widget.go_to_next({40_000, 7})
        assert widget.go_to_next({7}, -1)
        assert not widget.go_to_next({7}, -1)
        assert widget.go_to_next({40_000})
        assert sum(mailbox.asked) <= 2 * widget.body_height
        assert widget.cursor_id == 40_000


async def test_a_click_moves_and_a_second_one_opens() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (pilot, posted):
        await pilot.click(offset=(10, 4))
        assert widget.cursor_id == 4
        await pilot.click(offset=(10, 4), times=2)
        assert [one.id for one in posted if isinstance(one, RowList.Opened)] == [4]
        await pilot.click(offset=(10, 0))
        assert widget.cursor_id == 4


async def test_the_wheel_scrolls_without_moving_the_cursor() -> None:
    widget, _ = filled()
    async with on_stage(widget) as (pilot, posted):
        await pilot._post_mouse_events([MouseScrollDown], widget)
        await pilot.pause()
        assert (widget.top, widget.cursor) == (3, 0)
        widget.move(1)
        assert widget.top <= widget.cursor
        assert moves(posted) == []


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True), st.data())
def test_the_cursor_goes_to_itself_or_to_the_nearest_survivor(
    old: list[int], new: list[int], data: st.DataObject
) -> None:
    cursor = data.draw(st.integers(0, max(0, len(old) - 1)))
    found = follow(array("q", old), array("q", new), cursor)
    if not new:
        assert found == -1
    elif old and old[cursor] in new:
        assert new[found] == old[cursor]
    elif after := [id for id in old[cursor:] if id in new]:
        assert new[found] == after[0]
    else:
        assert 0 <= found < len(new)


@given(st.lists(st.integers(0, 19), max_size=20), st.sets(st.integers(0, 19)), st.integers(0, 19))
def test_a_range_is_what_lies_between_and_what_was_marked_before(path: list[int], before: set[int], start: int) -> None:
    marks = Marks()
    marks.ids = set(before)
    ids = list(range(20))
    marks.begin_range(start)
    for cursor in [start, *path]:
        marks.sweep(ids, cursor)
        assert marks.ids == before | set(range(min(start, cursor), max(start, cursor) + 1))


def test_a_list_needs_only_ids() -> None:
    """Any row with an id can be listed: contacts and deals too."""
    plain: RowList[Row] = RowList(lambda ids: [row(id) for id in ids])
    assert plain.draw_row(row(7), 10) == (("7", ""),)
