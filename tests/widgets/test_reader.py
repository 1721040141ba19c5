"""The reading pane: opens at once whatever the length, folds quotes, knows its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.goldens import assert_golden, screen_text
from tests.widgets.rows import HOSTILE_ROWS, WORKSPACE, body_of, hostile_body, row
from tests.widgets.stage import on_stage, painted
from tui.engine.findings import Findings
from tui.engine.model import Address, Body
from tui.widgets.longtext import LongText
from tui.widgets.reader import MEASURE, Reader

MINE = {"me@our.example"}


def text_body(text: str) -> Body:
    return Body(1, "full", text, (("From", "a@b.example"), ("X-Long", "word " * 60)), ())


@pytest.mark.parametrize("width", [44, 80, 130])
async def test_a_message_at_each_width(width: int) -> None:
    widget = Reader()
    async with on_stage(widget, width, 30) as (pilot, _):
        one = WORKSPACE[4]._replace(cc=(Address("Carla Díaz", "carla@our.example"),), thread_size=4, on_server=False)
        widget.show(one, body_of(one), MINE)
        widget.add(Findings(one.id, verdict="DKIM ok, SPF ok", lines=(("! It names 2 senders.", "bad"),)))
        await painted(pilot, widget)
        assert_golden(pilot.app, f"reader-{width}")


async def test_what_is_found_of_another_message_is_not_shown() -> None:
    widget = Reader()
    async with on_stage(widget) as (pilot, _):
        widget.show(WORKSPACE[0], body_of(WORKSPACE[0]), MINE)
        widget.add(Findings(WORKSPACE[0].id + 1, lines=(("of another", "bad"),)))
        await painted(pilot, widget)
        assert "of another" not in screen_text(pilot.app)


async def test_what_is_sought_is_gone_to_in_turn_and_quotes_open_for_it() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 12) as (pilot, _):
        lines = [f"line {n}" for n in range(100)] + ["> quoted"] * 5 + ["> a Needle in it"] + ["end"] * 50
        lines[40] = "the NEEDLE"
        widget.show(WORKSPACE[0], text_body("\n".join(lines)), MINE)
        await painted(pilot, widget)
        widget.seek("needle")
        await painted(pilot, widget)
        assert "the NEEDLE" in screen_text(pilot.app)
        widget.seek("needle")
        await painted(pilot, widget)
        assert "a Needle in it" in screen_text(pilot.app)
        widget.seek("needle", -1)
        assert widget._origins[widget.top] == 40
        nowhere: list[str] = []
        widget.seek("nowhere", missing=lambda: nowhere.append("told"))
        assert nowhere == ["told"]


async def test_a_far_line_of_a_long_text_is_gone_to_in_slices_and_a_key_on_the_way_ends_it() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 12) as (pilot, _):
        lines = [f"line {n}" for n in range(100_000)]
        lines[99_900] = "the needle"
        widget.show(WORKSPACE[0], text_body("\n".join(lines)), MINE)
        await painted(pilot, widget)
        for sought in ("needle", "nowhere"):
            widget.seek(sought)
            assert widget._job is not None
            assert len(widget._lines) < 1_000, "the loop is given back long before"
            widget.first()
            assert widget._job is None
            assert widget.top == 0
        widget.seek("needle")
        while widget._job is not None:
            await pilot.pause()
        await painted(pilot, widget)
        assert "the needle" in screen_text(pilot.app)
        widget.resized()
        assert widget._job is not None, "the way back to the place of reading is as long"
        while widget._job is not None:
            await pilot.pause()
        assert widget._origins[widget.top] == 99_900


async def test_a_message_whose_text_is_not_here_yet_says_so_and_then_appears() -> None:
    widget = Reader()
    async with on_stage(widget) as (pilot, _):
        widget.show(WORKSPACE[0], Body(1, "header", "", (), ()), MINE)
        await painted(pilot, widget)
        assert widget.waiting
        assert "on its way" in screen_text(pilot.app)
        widget.show(WORKSPACE[0], body_of(WORKSPACE[0]), MINE)
        await painted(pilot, widget)
        assert "40 seats is right" in screen_text(pilot.app)


async def test_a_message_that_could_not_be_parsed_is_shown_as_it_came() -> None:
    """R43."""
    widget = Reader()
    async with on_stage(widget) as (pilot, _):
        widget.show(WORKSPACE[0], text_body("\x00garbage")._replace(state="raw"), MINE)
        await painted(pilot, widget)
        assert "as it came" in screen_text(pilot.app)
        assert "garbage" in screen_text(pilot.app)


async def test_twenty_thousand_lines_open_at_once() -> None:
    widget = Reader()
    async with on_stage(widget, 80, 40) as (pilot, _):
        body = text_body("\n".join(f"line {n} " + "with some more words " * (n % 9) for n in range(20_000)))
        widget.show(WORKSPACE[0], body, MINE)
        await painted(pilot, widget)
        assert len(widget._lines) < 200, "what is not seen is not wrapped"
        assert widget.last()
        while not widget.at_end:
            await pilot.pause(0.001)
        await painted(pilot, widget)
        assert "line 19999" in screen_text(pilot.app)


async def test_space_reads_on_and_says_when_the_end_is_there() -> None:
    widget = Reader()
    async with on_stage(widget, 80, 20) as (pilot, _):
        widget.show(WORKSPACE[0], text_body("\n".join(f"line {n}" for n in range(60))), MINE)
        seen = set()
        for _ in range(20):
            seen |= {line.strip() for line in screen_text(pilot.app).splitlines()}
            if not widget.read_on():
                break
            await painted(pilot, widget)
        assert {f"line {n}" for n in range(60)} <= seen
        assert widget.at_end
        assert widget.render_line(0).text.rstrip().endswith("end")
        assert widget.first()
        assert not widget.at_end


async def test_a_short_message_is_at_its_end_at_once() -> None:
    widget = Reader()
    async with on_stage(widget, 80, 20) as (_, _posted):
        widget.show(WORKSPACE[0], text_body("short"), MINE)
        assert widget.at_end
        assert not widget.read_on()


async def test_quotes_fold_to_one_line_and_unfold() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 20) as (pilot, _):
        widget.show(WORKSPACE[0], text_body("yes\n\n> a\n> > b\n> c\n\nno\n> one\nlast"), MINE)
        await painted(pilot, widget)
        shown = screen_text(pilot.app)
        assert "▸ 3 quoted lines" in shown
        assert "▏ one" in shown
        widget.toggle_quotes()
        await painted(pilot, widget)
        shown = screen_text(pilot.app)
        assert "▏ a\n ▏▏ b\n ▏ c\n" in shown
        assert "quoted lines" not in shown


async def test_quotes_unfold_level_by_level() -> None:
    deep = "yes\n\n> a\n>> b\n>> c\n>> d\n>>> e\n> f\n\nend"
    widget = Reader()
    async with on_stage(widget, 60, 20) as (pilot, _):
        widget.show(WORKSPACE[0], text_body(deep), MINE)
        shown = []
        for _press in range(5):
            await painted(pilot, widget)
            shown.append(screen_text(pilot.app))
            widget.toggle_quotes()
        assert "▸ 6 quoted lines" in shown[0]
        assert "▏ a\n ▏ ▸ 4 quoted lines\n ▏ f" in shown[1]
        assert "▏▏ d\n ▏▏▏ e" in shown[2], "a single line is not worth a fold"
        assert shown[3] == shown[2]
        assert shown[4] == shown[0]


async def test_the_end_of_a_long_text_is_reached_while_keys_are_read() -> None:
    long = "\n".join(f"line {number}" for number in range(3000))
    widget = Reader()
    async with on_stage(widget, 60, 20) as (pilot, _):
        widget.show(WORKSPACE[0], text_body(long), MINE)
        widget.last()
        assert not widget.at_end, "no key waits until all is wrapped"
        while not widget.at_end:
            await pilot.pause(0.001)
        await painted(pilot, widget)
        assert "line 2999" in screen_text(pilot.app)
        widget.show(WORKSPACE[1], text_body(long), MINE)
        widget.last()
        widget.first()
        await pilot.pause(0.05)
        assert widget.top == 0, "who goes elsewhere meanwhile stays there"


async def test_a_quote_of_any_length_is_counted_and_unfolded_while_keys_are_read() -> None:
    long = "yes\n" + "> quoted\n" * 20_000 + ">> deep\n" * 5 + "no"
    widget = Reader()
    async with on_stage(widget, 60, 20) as (pilot, _):
        widget.show(WORKSPACE[0], text_body(long), MINE)
        assert widget.line_count() < 10, "no key waits until the quote is counted"
        assert widget.read_on(), "nor does one that reads on go to the next message"
        while "▸ 20,005 quoted lines" not in screen_text(pilot.app):
            await pilot.pause(0.001)
        widget.open_quotes(True)
        widget.toggle_quotes()
        assert widget.quotes_shown, "no key waits until all is looked through for what is folded still"
        while widget.quotes_shown:
            await pilot.pause(0.001)
        widget.toggle_quotes()
        assert widget.quotes_shown == 1, "what shows at once that there is more to unfold is unfolded at once"


async def test_all_headers_are_one_key_away() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 30) as (pilot, _):
        widget.show(WORKSPACE[0], text_body("text"), MINE)
        widget.toggle_headers()
        await painted(pilot, widget)
        assert "X-Long: word word" in screen_text(pilot.app)


async def test_the_same_message_again_keeps_the_place_another_one_begins() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 12) as (pilot, _):
        body = text_body("\n".join(f"paragraph {n} " + "word " * 30 for n in range(50)))
        widget.show(WORKSPACE[0], body, MINE)
        widget.page(5)
        await painted(pilot, widget)
        top = widget.top
        assert top > 20
        widget.show(WORKSPACE[0]._replace(seen=True), body, MINE)
        assert abs(widget.top - top) <= 4
        widget.show(WORKSPACE[1], body, MINE)
        assert widget.top == 0


async def test_a_resize_keeps_the_paragraph_at_the_top() -> None:
    widget = Reader()
    async with on_stage(widget, 100, 12) as (pilot, _):
        widget.show(WORKSPACE[0], text_body("\n".join(f"P{n} " + "word " * 30 for n in range(50))), MINE)
        widget.page(4)
        origin = widget._origins[widget.top]
        await pilot.resize_terminal(50, 12)
        await painted(pilot, widget)
        assert widget._origins[widget.top] == origin


async def test_text_is_not_wider_than_one_can_read() -> None:
    widget = Reader()
    async with on_stage(widget, 200, 12) as (pilot, _):
        widget.show(WORKSPACE[0], text_body("word " * 300), MINE)
        await painted(pilot, widget)
        lines = [line for line in screen_text(pilot.app).splitlines() if "word word" in line]
        assert max(len(line) for line in lines) <= MEASURE + 1


@given(st.text(max_size=400), st.integers(12, 120))
def test_any_text_is_written_within_the_width(text: str, width: int) -> None:
    widget = Reader()
    widget.row, widget.body = row(1), text_body(text)
    widget._source = LongText(text)
    assert all(sum(len(part) for part, _ in line or ()) >= 0 for line in widget._text(width))


@given(st.text("ab \n", max_size=60), st.integers(-70, 70), st.integers(1, 9))
def test_lines_are_cut_as_far_as_they_are_asked_for(text: str, index: int, at_once: int) -> None:
    """They are those of the whole text, but for the blank ones at its end, in whatever order somebody asks."""
    expected = text.split("\n")
    while expected and not expected[-1].strip():
        expected.pop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.widgets.longtext.CUT", at_once)
        lines = LongText(text)
        assert lines[index : index + 7] == expected[index : index + 7]
        if -len(expected) <= index < len(expected):
            assert lines[index] == expected[index]
        assert (len(lines), list(lines)) == (len(expected), expected)


async def test_hostile_texts_are_only_text() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 40) as (pilot, _):
        widget.show(HOSTILE_ROWS[0], hostile_body(HOSTILE_ROWS[0]), MINE)
        widget.toggle_headers()
        await painted(pilot, widget)
        shown = screen_text(pilot.app)
        assert "MARKBODY" in shown
        assert not any((ord(one) < 32 and one != "\n") or 0x7F <= ord(one) < 0xA0 or one == "\u202e" for one in shown)


async def test_what_is_quoted_below_a_signature_is_folded_like_any_quote() -> None:
    widget = Reader()
    async with on_stage(widget, 60, 20) as (pilot, _):
        quote = "\n".join(f"> line {n}" for n in range(60))
        widget.show(WORKSPACE[0], text_body(f"Yes.\n\n-- \nAnn Archer\n\nOn Monday you wrote:\n{quote}"), MINE)
        await painted(pilot, widget)
        shown = screen_text(pilot.app)
        assert "Ann Archer" in shown
        assert "▸ 60 quoted lines" in shown
