"""R1, R36, R40: an account that listens in memory, by a clock that jumps: news come at once, and what breaks mends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.engine.faults.listening import until
from tests.engine.machine.faults import Trap
from tests.engine.machine.imap import ImapService
from tests.engine.machine.machine import OPTIONAL
from tests.engine.machine.watching import LONG, Watching
from tui.engine.commands import Archive
from tui.engine.imap import session
from tui.engine.sync.context import Times

SOON = 0.5
"""Seconds within which news that are told of are here."""
POLL = 61.0
REPAIRED = Times().idle + session.DONE_WAIT + Times().stall + 10
"""Seconds within which all lines that died unnoticed are found dead: one by the renewal of IDLE, then the others."""
EVERY = frozenset({"NOTIFY"})


@contextmanager
def listening(lacking: frozenset[str] = frozenset(), poll: int = 3600) -> Iterator[Watching]:
    """Give a machine with some mail; at the end push mode alone brings everything to rest, and it is asked about.

    Args:
        poll: seconds between two looks that nobody calls for; so rarely that they repair nothing, unless told.
    """
    state = Watching()
    state.begin(lacking=lacking, files_own=False, first=3)
    desk = state.world.engine.desk
    state.world.engine.desk = replace(desk, config=desk.config._replace(poll_seconds=poll))
    try:
        yield state
        state.quiet_watching()
    finally:
        state.world.close()


def heard(state: Watching, *steps: float | Callable[[], object], traps: tuple[Trap, ...] = ()) -> int:
    """Let every account listen, wait so long or do so much, step by step; return how much mail is here then."""

    async def live() -> None:
        # The first pull and what listening begins with are over.
        await asyncio.sleep(SOON)
        for step in steps:
            if callable(step):
                done = step()
                if isinstance(done, Awaitable):
                    await done
            else:
                await asyncio.sleep(step)

    state.world.watch(live, *traps)
    return len(state._local().messages)


@pytest.mark.parametrize(
    ("lacking", "folder", "seconds", "here"),
    [
        (frozenset(), "INBOX", SOON, True),
        (frozenset(), "Work", SOON, True),
        (EVERY, "INBOX", SOON, True),
        (EVERY, "Work", SOON, False),
        (EVERY, "Work", POLL, True),
        (frozenset({"NOTIFY", "IDLE"}), "INBOX", SOON, False),
        (frozenset({"NOTIFY", "IDLE"}), "INBOX", POLL, True),
        (frozenset(OPTIONAL) - {"IDLE"}, "INBOX", SOON, True),
    ],
)
def test_R1_news_are_here_at_once_where_they_are_told_and_at_the_next_look_elsewhere(
    lacking: frozenset[str], folder: str, seconds: float, here: bool
) -> None:
    with listening(lacking, poll=60) as state:
        before = len(state._local().messages)
        now = heard(state, lambda: state.deliver(account=0, name=folder, sender="ann", plain=False), seconds)
        assert now == before + here


@pytest.mark.parametrize("breaks", [ImapService.cut, ImapService.mute])
@pytest.mark.parametrize("verb", ["IDLE", "DONE", "LIST", "SELECT", "FETCH"])
def test_R36_mail_that_comes_while_the_lines_break_at_any_word_is_here(
    verb: str, breaks: Callable[[ImapService], None]
) -> None:
    with listening(EVERY) as state:

        async def comes_and_breaks() -> None:
            state.deliver(account=0, name="INBOX", sender="bob", plain=False)
            state.world.lines(breaks)

        trap = Trap(verb, 0, False, comes_and_breaks)
        came = heard(
            state,
            lambda: state.world.faults.traps.append(trap),
            lambda: state.deliver(account=0, name="INBOX", sender="ann", plain=False),
            REPAIRED,
            lambda: state.deliver(account=0, name="INBOX", sender="bob", plain=True),
            SOON,
        )
        assert trap not in state.world.faults.traps
        assert came == 6


@pytest.mark.parametrize("verb", ["IDLE", "DONE", "LIST", "FETCH", "MOVE"])
def test_R36_death_while_listening_loses_nothing(verb: str) -> None:
    with listening() as state:

        async def move() -> None:
            command = state._command(2, 0, 1)
            assert command is not None
            await state.world.act_now(command)

        heard(
            state,
            lambda: state.world.faults.traps.append(Trap(verb, 0, False, "kill")),
            lambda: state.deliver(account=0, name="INBOX", sender="ann", plain=False),
            move,
            LONG,
        )
        assert state.world.home.name != "home1"


def test_R40_a_half_open_line_is_found_when_idle_is_renewed() -> None:
    with listening() as state:
        before = len(state._local().messages)
        come = [
            lambda: state.world.lines(ImapService.mute),
            lambda: state.deliver(account=0, name="INBOX", sender="ann", plain=False),
        ]
        assert heard(state, *come, REPAIRED) == before + 1


def test_R36_what_is_changed_elsewhere_while_a_command_is_replayed_is_followed() -> None:
    """The other client moves the message away between SELECT and MOVE, while the account listens."""
    with listening() as state:

        async def moved_away() -> None:
            state.other_client(which=0, what=1, other=2)

        async def move() -> None:
            command = state._command(2, 0, 3)
            assert command is not None
            await state.world.act_now(command)

        heard(state, lambda: state.world.faults.traps.append(Trap("MOVE", 0, False, moved_away)), move, LONG)
        assert state.world.faults.traps == []


@pytest.mark.parametrize("lacking", [frozenset(), frozenset({"MOVE", "NOTIFY", "QRESYNC"})])
@pytest.mark.parametrize(
    ("what", "verb", "has", "lacks"),
    [
        ("create", "CREATE", "Fresh", "none"),
        ("rename", "RENAME", "Fresh", "Work"),
        ("delete", "DELETE", "Trash", "Work"),
    ],
)
@pytest.mark.parametrize("act", ["cut", "kill", "stall", "[UNAVAILABLE] later"])
def test_R36_what_is_done_with_a_folder_while_listening_happens_once(
    what: str, verb: str, act: str, has: str, lacks: str, lacking: frozenset[str]
) -> None:
    """The fault comes once the server has done it and before the answer."""
    with listening(lacking) as state:
        state.deliver(account=0, name="Work", sender="ann", plain=True)
        state.quiet()
        names = [folder[1] for folder in state._local().folders.values()]

        async def done() -> None:
            command = state._folder_command(what, names.index("Work"), 0)
            assert command is not None
            await state.world.act_now(command)

        trap = Trap(verb, 0, not act.startswith("["), act)
        heard(state, lambda: state.world.faults.traps.append(trap), done, LONG)
        state.quiet_watching()
        boxes = state.world.stores[0].boxes
        assert (has in boxes, lacks in boxes) == (True, False)
        assert [op.state for op in state._local().operations if op.kind.endswith("folder")] == ["done"]


def test_R30_a_folder_that_is_renamed_while_mail_is_moved_into_it_gets_that_mail_and_no_other() -> None:
    """One connection is told that the folder is missing when another has followed the rename already."""
    with listening() as state:
        state.deliver(account=0, name="Archive", sender="bob", plain=True)
        state.quiet()
        store = state.world.stores[0]
        [moved] = [one.id for one in state._local().messages if one.account == 1 and one.folder == "INBOX"][:1]

        async def renamed() -> None:
            store.rename("Archive", "Fresh")
            await state.world.engine.sync_now()
            engine = state.world.engine
            await until(engine, lambda: any(folder.name == "Fresh" for folder in engine.reader.folders(1)))

        trap = Trap("MOVE", 0, False, renamed)
        heard(state, lambda: state.world.faults.traps.append(trap), lambda: state.world.act_now(Archive([moved])), LONG)
        assert trap not in state.world.faults.traps
        assert len(store.boxes["Fresh"].copies) == 2
        assert "Archive" not in store.boxes
