"""R29, R30: others move or delete messages while a pass is under way; no moment shows a moved one as gone."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.engine.machine.faults import Trap
from tests.engine.machine.machine import Machine
from tests.engine.machine.test_found import EVERYTHING, machine
from tui.engine.commands import Delete, Move, SetFlags
from tui.engine.commands.base import Command


def places(state: Machine) -> list[list[str]]:
    """Return the folders in which each message is believed to lie."""
    return [[place[1] for place in message.places] for message in state._local().messages]


def watched(state: Machine, seen: list[set[int]]) -> list[Trap]:
    """Return traps that note at every commit which messages are shown as no longer on the server."""

    async def look() -> None:
        with closing(sqlite3.connect(state.world.home / "data" / "mailbox.db")) as db:
            query = (
                "SELECT id FROM messages m WHERE NOT EXISTS"
                " (SELECT 1 FROM placements p WHERE p.message_id = m.id AND p.gone_at IS NULL)"
            )
            seen.append({row[0] for row in db.execute(query)})

    return [Trap("COMMIT", 0, True, look) for _ in range(200)]


@pytest.mark.parametrize("lacking", [EVERYTHING, frozenset({"QRESYNC"}), frozenset({"QRESYNC", "CONDSTORE"})])
@pytest.mark.parametrize(("source", "target"), [("Archive", "INBOX"), ("INBOX", "Archive"), ("Archive", "Trash")])
def test_R30_a_move_in_the_middle_of_a_pass_is_seen_as_a_move_in_that_pass(
    source: str, target: str, lacking: frozenset[str]
) -> None:
    """The folder that it went to was looked at before the one that it left, or isn't synced."""
    with machine(lacking) as state:
        state.deliver(0, source, "ann", False)
        state.quiet()
        state.deliver(0, source, "ann", False)
        store = state.world.stores[0]

        async def move() -> None:
            if 1 in store.boxes[source].copies:
                store.move(source, 1, target)
                state.model.touched.add(1)

        for nth in range(8):
            seen: list[set[int]] = []
            state.world.sync(0, Trap("SELECT", nth, False, move), *watched(state, seen))
            assert seen
            assert not any(seen), f"at SELECT {nth} a message was shown as gone"
            if store.where(1) == [target] and state.world.sync(0) == "":
                break
        assert places(state) == [[target], [source]]
        assert [message.folder for message in state._local().messages] == [source, source]


def test_R29_a_deletion_is_known_after_one_pass_and_after_a_death_at_any_step_of_it() -> None:
    for nth in range(12):
        with machine(first=1) as state:
            state.world.stores[0].boxes["INBOX"].drop(1)
            state.model.outside[1] -= 1
            state.model.touched.add(1)
            state.world.sync(0, Trap("COMMIT", nth, True, "kill"))
            state.world.sync(0)
            assert places(state) == [[]]


@pytest.mark.parametrize("another", [False, True])
@pytest.mark.parametrize("command", [Delete((1,)), Move((1,), 1), SetFlags((1,), add=frozenset({"flagged"}))])
def test_R34_a_folder_that_is_renamed_before_its_operation_keeps_its_mail_and_the_operation_reaches_it(
    command: Command, another: bool
) -> None:
    """The operation looked for the mail under the old name, where nothing is, or another folder has taken it."""
    with machine() as state:
        for sender in ("ann", "bob"):
            state.deliver(0, "Archive", sender, False)
        state.quiet()
        store = state.world.stores[0]

        async def rename() -> None:
            store.rename("Archive", "Fresh")
            if another:
                store.create("Archive")

        state.world.act(lambda: state.world.engine.do(command))
        state.world.sync(0, Trap("SELECT", 0, False, rename))
        state.quiet()
        copies = store.boxes["Fresh"].copies
        assert {token for token, copy in copies.items() if "flagged" not in copy.flags} == {2}
        assert [operation.state for operation in state._local().operations] == ["done"]
        assert all(message.places for message in state._local().messages)
