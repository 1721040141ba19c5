"""What a row says, at every width, and what the title says."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.goldens import assert_golden, screen_text
from tests.widgets.rows import DAY, HOSTILE_ROWS, NOW, WORKSPACE, Mailbox, deal, row
from tests.widgets.stage import on_stage, painted
from tui import look
from tui.engine.config import COLUMNS, LISTED
from tui.engine.model import Row
from tui.widgets.messages import SHOWN, MessageList, columns

WIDTHS = (40, 63, 80, 115, 150, 200)


def listing(size: int = 20, first: list[Row] = WORKSPACE) -> MessageList:
    mailbox = Mailbox(size, first)
    widget = MessageList(mailbox.fetch)
    widget.set_ids(mailbox.ids(), reset=True)
    widget.describe("INBOX", 12)
    return widget


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_list_at_each_width(width: int) -> None:
    widget = listing()
    async with on_stage(widget, width, 13) as (pilot, _):
        widget.move(1)
        widget.mark_and_step()
        await painted(pilot, widget)
        assert_golden(pilot.app, f"messages-{width}")


async def test_a_list_over_several_folders_names_them() -> None:
    widget = listing()
    widget.describe("Search", 0, with_folders=True)
    async with on_stage(widget, 120, 6) as (pilot, _):
        assert "INBOX" in screen_text(pilot.app).splitlines()[1]


async def test_a_roomy_list_has_two_lines_a_message_and_a_compact_one_no_preview() -> None:
    widget = listing()
    async with on_stage(widget, 80, 10) as (pilot, _):
        widget.show_as(SHOWN, "roomy")
        widget.move(1)
        await painted(pilot, widget)
        shown = screen_text(pilot.app).splitlines()
        assert "Re: offer for 40 seats" in shown[1]
        assert shown[2].strip() == "Hello, 40 seats is right. Can you do net 60?"
        assert [(line + " ")[0] for line in shown[1:7]] == [" ", " ", "▌", "▌", " ", " "]
        await pilot.click(widget, offset=(5, 6))
        assert widget.cursor == 2
        widget.move(2)
        await painted(pilot, widget)
        assert widget.top > 0, "the cursor's row is in view with both its lines"
        widget.show_as(SHOWN, "compact")
        await painted(pilot, widget)
        assert "net 60" not in screen_text(pilot.app)


async def test_columns_come_in_the_order_of_the_config() -> None:
    widget = listing()
    async with on_stage(widget, 80, 5) as (pilot, _):
        widget.show_as(("date", "subject", "size", "who"), "normal")
        widget.set_ids(array("q", [5]), reset=True)
        await painted(pilot, widget)
        shown = screen_text(pilot.app).splitlines()[1]
        assert " ".join(shown.split()) == "▌ ↑ Fri Offer for 40 seats 0 B To: Ann Archer"


async def test_an_empty_list_says_so() -> None:
    widget = listing(0, [])
    widget.describe("Archive", 0, empty="Nothing here; $ asks the server.")
    async with on_stage(widget, 60, 4) as (pilot, _):
        title, words, *rest = screen_text(pilot.app).splitlines()
        assert title.startswith(" Archive · 0 ")
        assert words.strip() == "Nothing here; $ asks the server."
        assert not any(rest)
        assert not widget.move(1)
        assert widget.targets == ()
        await pilot.click(offset=(5, 1))
        widget.set_ids(array("q", [1]))
        assert widget.cursor == 0


WANTED = st.lists(st.sampled_from([one for one in COLUMNS if one != "subject"]), unique=True).flatmap(
    lambda others: st.permutations(["subject", *others]).map(tuple)
)


@given(st.integers(30, 400), st.booleans(), WANTED)
def test_columns_fill_the_row(width: int, folders: bool, names: tuple[str, ...]) -> None:
    plan = columns(width, names, folders)
    others = [cells for name, cells in plan.items() if name != "subject"]
    assert 4 + sum(cells + 1 for cells in others) + plan["subject"] == width
    assert plan["subject"] >= 7
    assert list(plan) == [name for name in names if name in plan]


@given(
    st.sampled_from([*WORKSPACE, *HOSTILE_ROWS]),
    st.integers(30, 240),
    st.booleans(),
    st.one_of(st.just(SHOWN), WANTED),
    st.sampled_from(LISTED["density"]),
)
def test_every_row_is_exactly_as_wide_as_the_list(
    one: Row, width: int, folders: bool, names: tuple[str, ...], density: str
) -> None:
    """Emoji, CJK and control characters never shift a column."""
    widget = listing()
    widget.with_folders = folders
    widget.show_as(names, density)
    line = widget.draw_row(one, width)
    assert look.line_width(line) == look.line_width(widget.draw_below(one, width)) == width
    plan = columns(width, names, folders)
    left = list(plan)[: list(plan).index("subject")]
    assert look.line_width(line[: 3 + len(left)]) == 3 + sum(plan[name] + 1 for name in left)


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=90), st.integers(30, 160))
def test_no_text_makes_a_row_wider(subject: str, name: str, preview: str, width: int) -> None:
    one = row(1, subject=subject, preview=preview, sender=row(1).sender._replace(name=name), **deal(name))
    assert look.line_width(listing().draw_row(one, width)) == width


async def test_unread_is_bold_and_the_cursor_line_tells_the_focus() -> None:
    widget = listing()
    async with on_stage(widget, 80, 8) as (pilot, _):
        first = widget.render_line(1)
        assert any(segment.style and segment.style.bold for segment in first)
        assert not any(segment.style and segment.style.bold for segment in widget.render_line(3))
        pilot.app.set_focus(None)
        await painted(pilot, widget)
        blurred = widget.render_line(1)
        assert first.text == blurred.text
        assert first != blurred


async def test_the_title_is_in_the_accent_colour_only_while_focused() -> None:
    widget = listing()
    async with on_stage(widget, 80, 8) as (pilot, _):
        accent = widget.ink("title").color
        assert accent in [segment.style.color for segment in widget.render_line(0) if segment.style]
        pilot.app.set_focus(None)
        await painted(pilot, widget)
        assert accent not in [segment.style.color for segment in widget.render_line(0) if segment.style]


async def test_colours_follow_the_theme() -> None:
    widget = listing()
    async with on_stage(widget, 80, 8) as (pilot, _):
        dark = widget.render_line(2)
        pilot.app.theme = "dealdesk-light"
        await painted(pilot, widget)
        light = widget.render_line(2)
        assert dark.text == light.text
        assert dark != light


async def test_a_range_is_announced_in_the_title() -> None:
    widget = listing()
    async with on_stage(widget, 80, 8) as (_, _posted):
        widget.toggle_range()
        widget.move(3)
        assert widget.render_line(0).text.rstrip().endswith("4 marked · range")


async def test_the_messages_of_an_unfolded_thread_hang_below_it() -> None:
    widget = listing()
    async with on_stage(widget, 80, 8) as (pilot, _):
        widget.nest([3])
        await painted(pilot, widget)
        shown = screen_text(pilot.app).splitlines()
        assert "└ ★ Invoice" in shown[3]
        assert sum("└" in line for line in shown) == 1


def test_a_column_that_a_row_does_not_need_goes_to_the_subject() -> None:
    widget = listing()
    long = "a subject that is rather long for such a narrow list"
    bare = "".join(text for text, _ in widget.draw_row(row(1, subject=long), 62))
    full = "".join(text for text, _ in widget.draw_row(row(1, subject=long, thread_size=3, **deal("Offer")), 62))
    assert len(bare) == len(full) == 62
    assert bare.index("…") - full.index("…") == 9 + 1 + 3 + 1


async def test_the_next_day_the_dates_are_other_ones() -> None:
    widget = listing()
    # The clock is put back before the stage puts back its own: the other way round later tests had the stage's.
    async with on_stage(widget, 80, 8) as (pilot, _):
        assert "14:02" in widget.render_line(1).text
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(look, "now", lambda: NOW + DAY)
            widget.redraw()
            await painted(pilot, widget)
            assert "Mon" in screen_text(pilot.app).splitlines()[1]
