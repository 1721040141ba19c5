from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.mail.quotes import Block, quote_depth, reply_quote, split_quotes


def kinds(body: str) -> list[tuple[str, int]]:
    return [(block.kind, block.depth) for block in split_quotes(body)]


def new_text(body: str) -> str:
    return "\n".join(row for block in split_quotes(body) if block.kind == "text" for row in block.lines).strip()


@pytest.mark.parametrize(
    "attribution",
    [
        "On Tue, 3 Mar 2026 at 14:02, Ann Archer <ann@example.org> wrote:",
        "On Tue, 3 Mar 2026 at 14:02, Ann Archer with a long name\n<ann@example.org> wrote:",
        "Am 03.03.2026 um 14:02 schrieb Ann Archer:",
        "Le mar. 3 mars 2026 à 14:02, Ann Archer <ann@example.org> a écrit :",
        "El mar, 3 mar 2026 a las 14:02, Ann (<ann@example.org>) escribió:",
        "Em ter., 3 de mar. de 2026 às 14:02, Ann <ann@example.org> escreveu:",
        "Il giorno mar 3 mar 2026 alle ore 14:02 Ann <ann@example.org> ha scritto:",
        "Op di 3 mrt 2026 om 14:02 schreef Ann <ann@example.org>:",
        "Den tis 3 mars 2026 kl 14:02 skrev Ann <ann@example.org>:",
        "W dniu 3.03.2026 o 14:02, Ann pisze:\n> x",
        "вт, 3 мар. 2026 г. в 14:02, Ann <ann@example.org>:\n> x",
        "2026年3月3日(火) 14:02 Ann <ann@example.org>:\n> x",
        "----- Original Message -----",
        "-----Ursprüngliche Nachricht-----",
        "---------- Forwarded message ---------",
        "From: Ann <ann@example.org>\nSent: Tuesday, 3 March 2026 14:02\nTo: Bob\nSubject: Offer",
        "Von: Ann <ann@example.org>\nGesendet: Dienstag, 3. März 2026 14:02\nAn: Bob\nBetreff: Angebot",
        "________________________________\nFrom: Ann\nSent: today\nTo: Bob",
    ],
)
def test_what_follows_an_attribution_is_quoted_in_many_languages(attribution: str) -> None:
    body = f"My answer.\n\n{attribution}\n> the old words\n"
    assert new_text(body).splitlines()[0] == "My answer."
    assert "old words" not in new_text(body)


def test_an_unquoted_tail_after_an_attribution_is_quoted_too() -> None:
    assert new_text("Fine.\n\nOn 3 Mar 2026, Ann <a@b.c> wrote:\n\nold\nmore old") == "Fine."


def test_inline_answers_stay_text() -> None:
    assert new_text("On 3 Mar 2026, Ann <a@b.c> wrote:\n> one?\nyes\n> two?\nno") == "yes\nno"


def test_signatures_are_told_apart() -> None:
    assert kinds("Hello\n-- \nAnn\nExample Inc")[-1] == ("signature", 0)
    assert kinds("Hello\n\nSent from my phone")[-1] == ("signature", 0)
    assert new_text("Points:\n--\n" + "line\n" * 40).count("line") == 40


def test_depth_counts_marks_and_is_capped() -> None:
    assert [quote_depth(row) for row in (">a", "> > b", ">>> c", "d", "    > code")] == [1, 2, 3, 0, 0]
    assert quote_depth(">" * 1000) == 20


def test_a_reply_quotes_everything_but_the_signature() -> None:
    assert reply_quote("Hi\n> old\n\nBye\n-- \nAnn", "Ann wrote:") == "Ann wrote:\n> Hi\n>> old\n>\n> Bye\n"


@given(st.text(alphabet="> \nOnwrote:-_@1a", max_size=300))
def test_blocks_joined_are_the_text_again(body: str) -> None:
    assert "\n".join(row for block in split_quotes(body) for row in block.lines) == body


HOSTILE = {
    "on": "On a a a " * 7_000,
    "on lines": "On x\n" * 20_000,
    "on words": "On " * 30_000,
    "wrote": "On 1 wrote:\n" * 20_000,
    "from": "From: x\n" * 20_000,
    "marks": (">" * 500 + "\n") * 2_000,
    "dashes": "-- \n" * 20_000,
    "rules": ("_" * 40 + "\n") * 20_000,
    "sent": "sent from my \n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_cost_linear_time(name: str) -> None:
    start = time.process_time()
    assert isinstance(split_quotes(HOSTILE[name])[0], Block)
    assert time.process_time() - start < 1.0


def test_replies_of_real_mailers_lose_their_quotes_and_keep_their_words(corpus: Path) -> None:
    """Most samples of three reply parsers keep exactly what their own authors expected to stay."""
    folder = corpus / "real" / "email-reply-trimmer"
    right = total = 0
    for path in sorted((folder / "emails").glob("*.txt")):
        expected = folder / "trimmed" / path.name
        if expected.is_file():
            wanted = expected.read_text("utf-8", "replace").split()
            total += 1
            right += new_text(path.read_text("utf-8", "replace")).split()[: len(wanted)] == wanted
    assert total > 20
    assert right / total > 0.6, f"{right} of {total}"
