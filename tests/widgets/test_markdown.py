"""Notes in Markdown as lines: what each mark becomes, that nothing can be followed, and that no text breaks it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui import cells, look
from tui.markdown import LONGEST, lines


def text(note: str, width: int = 40) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines(note, width)]


def inks(note: str) -> dict[str, str]:
    return {piece: ink for line in lines(note, 60) for piece, ink in line if piece.strip()}


def test_headings_lists_boxes_quotes_code_and_tables_are_laid_out() -> None:
    note = (
        "# Call\n\nThey *want* it,\n**soon**.\n\n- [ ] send offer\n- [x] call\n  1. one\n  2. two\n\n"
        "> said\n> twice\n\n```\nx = [1]\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n[Acme](https://acme.io) ~~no~~"
    )
    assert text(note) == [
        *("Call", "", "They want it,", "soon.", "", "☐ send offer", "☑ call", "  1. one", "  2. two", ""),
        *("│ said", "│ twice", "", "  x = [1]", "", "a │ b", "─" * 40, "1 │ 2", "", "─" * 40, ""),
        "Acme <https://acme.io> no",
    ]
    shown = inks(note)
    assert (shown["Call"], shown["soon"], shown["Acme"], shown["no"]) == ("title", "strong", "accent", "faint")


def test_a_long_item_hangs_below_its_own_beginning() -> None:
    assert text("- one two three four", 12) == ["• one two ", "  three four"]
    assert text("x" * 20, 8) == ["x" * 8, "x" * 8, "x" * 4]


def test_html_images_and_controls_stay_text_and_do_nothing() -> None:
    shown = "\n".join(text("<script>x</script> ![a](http://t.example/p.png) \x1b]0;evil\x07 [/x] [bold]b[/bold]", 80))
    for part in ("<script>x</script>", "]0;evil", "[/x] [bold]b[/bold]"):
        assert part in shown
    assert "\x1b" not in shown
    assert text("[a](javascript:alert(1))") == ["[a](javascript:alert(1))"]


def test_what_is_beyond_the_longest_is_said_to_be_left_out() -> None:
    assert text("word " * 30_000)[-1] == f"… and {150_000 - LONGEST:,} characters more"


@given(st.text(max_size=300), st.integers(1, 60))
def test_any_text_fits_its_width(note: str, width: int) -> None:
    for line in lines(note, width):
        assert cells.width("".join(piece for piece, _ in line)) <= max(8, width)
        assert {ink for _, ink in line} <= look.INKS.keys()
