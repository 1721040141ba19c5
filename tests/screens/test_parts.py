"""The pure parts of the screens: vectors, completion, cautions, dates of tasks, commands that get a message."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import keymaps
from tui.engine.errors import InvalidInput
from tui.engine.model import Attachment, Body, Draft
from tui.engine.oneline import split_due
from tui.screens.cautions import cautions
from tui.screens.help import text as help_text
from tui.screens.piping import SHOWN, run
from tui.screens.reading import numbered_urls, urls
from tui.screens.vectors import unfold, without
from tui.widgets.recipients import Candidates

IDS = st.lists(st.integers(1, 200), unique=True)


@given(IDS, st.sets(st.integers(1, 200)))
def test_without_is_what_remains_in_order(ids: list[int], gone: set[int]) -> None:
    """Few or many, the result is the same."""
    assert list(without(array("q", ids), gone)) == [one for one in ids if one not in gone]


@given(IDS, st.data())
def test_unfold_shows_each_message_once(ids: list[int], data: st.DataObject) -> None:
    """A thread's other messages follow the one that stands for it; nothing is lost or doubled."""
    heads = ids[::3]
    rest = [one for one in ids if one not in heads]
    threads = []
    for head in heads:
        size = data.draw(st.integers(0, len(rest)))
        threads.append([head, *rest[:size]])
        rest = rest[size:]
    shown = list(unfold(array("q", heads), threads))
    assert [one for one in shown if one in heads] == heads
    assert sorted(shown) == sorted({one for thread in threads for one in thread} | set(heads))


def test_completion_by_name_or_address() -> None:
    """What continues what is typed is offered; the candidate itself is taken."""
    known = ["Ann Archer <ann@acme.io>", "Bo Chen <bo@beta.example>", "info@acme.io"]
    assert Candidates(known).matching("ann a") == [("ann archer <ann@acme.io>", "Ann Archer <ann@acme.io>")]
    assert Candidates(known).matching("bo@") == [("bo@beta.example", known[1])]
    assert Candidates(known).matching("INFO") == [("INFO@acme.io", known[2])]
    assert Candidates(known).matching("zz") == []
    assert Candidates(known).matching("archer") == [("archer → Ann Archer <ann@acme.io>", "Ann Archer <ann@acme.io>")]
    assert Candidates(known).matching("info@acme.io") == []


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (Draft(1, to="a@b", subject="x", body="see attached"), ['no attachment, but the text says "attached"']),
        (Draft(1, to="a@b", subject="x", body="> see attached\nthanks"), []),
        (Draft(1, to="a@b", subject="x", body="Anbei das Angebot", attachments=("/x",)), []),
        (Draft(1, to="a@b", subject="x", body="im Anhang"), ['no attachment, but the text says "im anhang"']),
        (Draft(1, to="a@b", body="x"), ["no subject"]),
        (Draft(1), []),
        (
            Draft(1, lost="links"),
            ["another program wrote this draft as HTML: sending or saving it here loses its links"],
        ),
    ],
)
def test_cautions_name_what_looks_forgotten(draft: Draft, expected: list[str]) -> None:
    """Only own words count, not those quoted."""
    assert cautions(draft) == expected


def test_a_task_begins_with_its_date() -> None:
    """Words that are a date are the date; a task without one is due tomorrow."""
    assert split_due("+3d send the contract")[2] == "send the contract"
    assert split_due("fri 14:00 call Ann")[1:] == (False, "call Ann")
    assert split_due("call Ann about fri")[2] == "call Ann about fri"
    assert split_due("+1d x")[0] == split_due("x")[0]
    with pytest.raises(InvalidInput, match="only a date"):
        split_due("+3d")


def test_links_are_those_that_may_be_followed() -> None:
    """http, https and mailto, each once; what follows a link in a sentence does not belong to it."""
    text = "see https://a.example/x?y=1. or (http://b.example/z), https://a.example/x?y=1 javascript:alert(1) file:///x"
    body = Body(1, "full", text, (), (Attachment(1, "a", "text/plain", 1),))
    assert urls(body) == ["https://a.example/x?y=1", "http://b.example/z"]


def test_links_have_the_numbers_that_the_text_gives_them() -> None:
    text = "see https://c.example/3 and Offer [1] or Terms [2]\n\n[1] https://a.example/1\n[2] mailto:b@b.example"
    body = Body(1, "full", text, (), ())
    assert numbered_urls(body) == [
        (1, "https://a.example/1"),
        (2, "mailto:b@b.example"),
        (3, "https://c.example/3"),
    ]


async def test_a_command_gets_the_message_without_a_shell() -> None:
    """Words are words: no shell sees them; what comes back is harmless."""
    assert await run("cat", b"a\x1b[31mb\n") == "a[31mb\n"
    assert await run("echo '$HOME;x'", b"") == "$HOME;x\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("", "no command"),
        ("echo 'x", "quotes"),
        ("no-such-program-here", "can't be started"),
        ("false", "status 1"),
    ],
)
async def test_a_command_that_fails_is_named(command: str, says: str) -> None:
    """One sentence each."""
    with pytest.raises(InvalidInput, match=says):
        await run(command, b"x")


async def test_a_command_that_hangs_is_stopped() -> None:
    """After its time it is killed, and said so."""
    with pytest.raises(InvalidInput, match="longer than"):
        await run("tail -f /dev/null", b"", seconds=0.05)


async def test_a_command_that_never_stops_writing_is_cut() -> None:
    """Its answer is kept up to a size, and not in memory beyond that."""
    answer = await run("yes", b"", seconds=20)
    assert answer.endswith("more, which is not shown.")
    assert len(answer) <= SHOWN + 40


async def test_a_command_that_reads_nothing_may_end() -> None:
    """A closed pipe is no error."""
    assert await run("true", b"x" * 1_000_000) == ""


def test_the_help_of_a_narrow_screen_says_each_key_in_one_line() -> None:
    """Below 100 columns the title gives way to the sentence, which then fits."""
    lines = help_text(keymaps.load("default", {}), "messages", lambda _: True, 80).plain.splitlines()
    assert any(
        line.split() == ["D", "Delete", "here", "and", "on", "the", "server,", "after", "asking", "with", "a", "count."]
        for line in lines
    )
    assert max(len(line) for line in lines) <= 72
