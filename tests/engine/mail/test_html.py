from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.mail.samples import UNSAFE
from tui.engine.mail.html import html_to_text, render
from tui.engine.mail.markup import first_tags


def test_blocks_headings_and_breaks() -> None:
    assert html_to_text("<h1>Head</h1><p>One\n  two<br>three</p><div>four</div>five") == (
        "# Head\n\nOne two\nthree\n\nfour\nfive"
    )


def test_lists_are_nested_and_numbered() -> None:
    assert html_to_text("<ul><li>a<li>b<ul><li>c</ul></ul><ol start=3><li>x</li><li>y</li></ol>") == (
        "• a\n• b\n  • c\n\n3. x\n4. y"
    )


def test_quotes_are_marked_by_depth() -> None:
    assert html_to_text("a<blockquote>b<blockquote>c</blockquote></blockquote>d") == "a\n\n> b\n>\n>> c\n\nd"


def test_quotes_deeper_than_ten_keep_their_words_and_come_back() -> None:
    inner = "<table><tr><td>x</td><td>y</td></tr></table><ul><li>z</ul>"
    shown = html_to_text("<blockquote>" * 15 + inner + "</blockquote>" * 15 + "after")
    assert shown.splitlines()[0] == ">" * 10 + " x  y"
    assert shown.splitlines()[-1] == "after"


def test_data_tables_are_aligned_and_layout_tables_flow() -> None:
    data = "<table><tr><th>Item<th>Price</tr><tr><td>Apple<td>3</tr><tr><td>日本<td>44</tr></table>"
    assert html_to_text(data) == "Item   Price\n-----  -----\nApple      3\n日本      44"
    total = "<table border=1><tr><td>Pens<td>2<td>$9.50</tr><tr><td colspan=2>Sum<td>$10.00</tr></table>"
    assert html_to_text(total) == "Pens  2   $9.50\nSum      $10.00", "numbers stand below each other"
    layout = "<table><tr><td><table><tr><td><p>Long<p>text</td></tr></table></td><td>aside</td></tr></table>"
    assert html_to_text(layout) == "Long\n\ntext\naside"
    assert html_to_text("<table><tr><td>Total</td><td>$10</td></tr></table>") == "Total  $10"


def test_links_are_numbered_and_listed_once() -> None:
    shown = html_to_text('<a href="https://a.example/x">here</a> <a href="https://a.example/x">there</a>')
    assert shown == "here [1] there [1]\n\n[1] https://a.example/x"
    assert html_to_text('<a href="https://a.example/">a.example</a>') == "a.example"


@pytest.mark.parametrize(
    "shown",
    ["https://www.bank.example/login", "bank.example", "Log in at www.bank.example now"],
)
def test_the_true_host_is_named_when_the_text_names_another(shown: str) -> None:
    assert "goes to evil.invalid]" in html_to_text(f'<a href="https://evil.invalid/x">{shown}</a>')


def test_userinfo_and_long_addresses_show_their_host() -> None:
    assert "(evil.invalid)" in html_to_text('<a href="https://bank.example@evil.invalid/">x</a>')
    assert "(evil.invalid)" in html_to_text(f'<a href="https://evil.invalid/{"a" * 3000}">x</a>')


@pytest.mark.parametrize(
    "scheme", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ssh://-oProxy=x", " java\nscript:x"]
)
def test_only_web_and_mail_links_are_followed(scheme: str) -> None:
    shown = html_to_text(f'<a href="{scheme}">click</a>')
    assert "[1]" not in shown
    assert shown.startswith("click")


def test_hidden_text_is_dropped_but_not_what_mail_builders_set_to_size_zero() -> None:
    document = (
        "<style>.ph{display:none} @media print{.y{display:none}}</style><div class='ph'>no</div><div class=y>yes</div>"
        '<div style="display:none">no<div>no</div></div>'
        '<div style="font-size:0"><p style="font-size:14px">kept</p></div>'
        '<div style="max-height:0;overflow:hidden">no</div><span hidden>no</span><a style="mso-hide:all">button</a>'
    )
    shown = html_to_text(document)
    assert "no" not in shown
    assert all(word in shown for word in ("yes", "kept", "button"))


def test_images_are_their_alt_text_and_pixels_are_counted() -> None:
    found = render(
        '<img src="https://x.invalid/a.png" alt="A cat"><img src="https://t.invalid/p" width="1" height="1">'
        '<td background="http://x.invalid/b">'
    )
    assert (found.text, found.trackers, found.remote) == ("A cat", 1, 3)


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ("<img alt='Big Sale'><h1>Big  sale</h1><p>now", "# Big sale\n\nnow"),
        ("<h1>Big sale</h1><img alt='Big Sale'><p>now", "# Big sale\n\nnow"),
        ("<table><tr><td><img alt=Acme></td><td>Acme</td></tr></table>", "Acme"),
        ("<a href='https://a.example/'><img alt=Acme> Acme</a>", "Acme [1]\n\n[1] https://a.example/"),
        ("<a href='https://a.example/'>Acme <img alt=Acme></a>", "Acme [1]\n\n[1] https://a.example/"),
        (
            "<a href='https://a.example/'>Acme</a><a href='https://a.example/'><img alt=Acme></a>",
            "Acme [1]\n\n[1] https://a.example/",
        ),
        ("<img alt=Acme><a href='https://a.example/'>Acme</a>", "Acme [1]\n\n[1] https://a.example/"),
        (
            "<a href='https://a.example/'>Acme</a><a href='https://b.example/'><img alt=Acme></a>",
            "Acme [1] [link] [2]\n\n[1] https://a.example/\n[2] https://b.example/",
        ),
        ("<img alt=Acme> and <b>Acme</b>", "Acme and Acme"),
    ],
)
def test_a_picture_that_only_repeats_its_neighbour_is_said_once(document: str, shown: str) -> None:
    assert html_to_text(document) == shown


def test_scripts_comments_and_what_they_hide_are_not_text() -> None:
    assert html_to_text("a<script>x<b>y</script><!-- <p>z --><style>p{}</style><title>t</title>b<!doctype x>") == "ab"


def test_what_never_closes_hides_nothing() -> None:
    for opening in ("<!--", "<script>", "<style>", '<a title="'):
        assert "MARK" in html_to_text(f"{opening}<p>MARK</p>")


def test_attributes_with_angle_brackets_stay_attributes() -> None:
    assert html_to_text("<img alt=\"a > b\" src=x><p title='x>y'>text</p>") == "a > b\n\ntext"


def test_entities_are_resolved_before_the_text_is_cleaned() -> None:
    assert html_to_text("x&#27;[2J&#x9b;31m&eacute;&lt;b&gt;&#8238;") == "x[2J›31mé<b>"


def test_preformatted_text_keeps_its_lines() -> None:
    assert html_to_text("<pre>a\n  b\n</pre>c") == "a\n  b\n\nc"


def test_a_form_is_inert_and_names_its_host() -> None:
    shown = html_to_text(
        '<form action="https://evil.invalid/p"><input type=password><input type=submit value=Go></form>'
    )
    assert "evil.invalid" in shown
    assert "[____] [Go]" in shown.replace("\n", " ") or "[____][Go]" in shown


HOSTILE = {
    "div": "<div>" * 100_000 + "MARK",
    "table": "<table><tr><td>" * 50_000 + "MARK",
    "quote": "<blockquote>" * 50_000 + "MARK",
    "list": "<ol><li>" * 50_000 + "MARK",
    "angles": "<" * 500_000 + " MARK",
    "open tags": "<a " * 200_000 + "MARK",
    "open quotes": '<a x="' * 100_000 + "MARK",
    "mixed quotes": "<a x='\">" * 50_000 + "MARK",
    "comments": "<!--" * 100_000 + "MARK",
    "styles": "<style>" * 100_000 + "MARK",
    "hidden": '<p style="display:none">x</p>' * 50_000 + "MARK",
    "entities": "&#" * 200_000 + " MARK",
    "ends": "</div>" * 100_000 + "MARK",
    "attributes": "<p " + 'x="1" ' * 100_000 + ">MARK",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_cost_linear_time_and_keep_their_text(name: str) -> None:
    start = time.process_time()
    shown = html_to_text(HOSTILE[name])
    assert time.process_time() - start < 1.5
    assert "MARK" in shown


def test_time_grows_with_length_and_not_faster() -> None:
    """Four times the document may take six times as long, not sixteen."""
    row = "<tr><td>cell one</td><td>cell <b>two</b></td></tr>\n"

    def cost(rows: int) -> float:
        document = "<table>" + row * rows + "</table>"
        took = []
        gc.disable()  # the collector looks at everything that the other tests left too
        for _ in range(4):  # the quickest of some: a busy machine slows one run or another
            start = time.process_time()
            html_to_text(document)
            took.append(time.process_time() - start)
        gc.enable()
        return min(took)

    assert cost(20_000) < 6 * max(cost(5_000), 0.02)


@given(st.text(alphabet="<>/!-ab p=\"'&;#\x1b\u202e\n", max_size=200))
def test_no_document_raises_or_yields_control_characters(document: str) -> None:
    assert not UNSAFE.search(html_to_text(document))


def test_links_side_by_side_are_words_of_their_own() -> None:
    assert html_to_text("<a href='#'>Home</a><a href='#'>About</a> us") == "Home About us"
    assert html_to_text("<span style='display:block'>one</span><span style='display:block'>two</span>") == "one\ntwo"
    assert html_to_text("<a href='https://x.example/'><img src=a></a>b") == "[link] [1]b\n\n[1] https://x.example/"


@given(
    st.lists(st.sampled_from(["<b>", "</b>", "<!-- > a -->", "<!x>", "<style>p{}</style>", "words", "<", ">"])),
    st.integers(1, 9),
)
def test_a_document_reads_the_same_in_whatever_stretches_it_is_looked_at(tokens: list[str], stretch: int) -> None:
    document = "".join(tokens)
    whole = render(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.engine.mail.markup.STRETCH", stretch)
        assert render(document) == whole


@given(st.text(alphabet="<a", max_size=60), st.integers(0, 20))
def test_a_document_with_too_many_tags_is_cut_before_the_first_that_is_too_much(document: str, most: int) -> None:
    assert first_tags(document.encode(), most).decode() == "<".join(document.split("<")[: most + 1])
