"""What the machine found: each run made as short as it can be, named after the rule that decides it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.engine.machine.faults import Trap
from tests.engine.machine.machine import Machine
from tui.engine.commands import Archive, Copy
from tui.engine.sync.moves import LEFT

EVERYTHING = frozenset[str]()


@contextmanager
def machine(lacking: frozenset[str] = EVERYTHING, *, files_own: bool = False, first: int = 0) -> Iterator[Machine]:
    """Give a machine; at the end everything comes to rest and every invariant is asked."""
    state = Machine()
    state.begin(lacking=lacking, files_own=files_own, first=first)
    try:
        yield state
        state.quiet()
    finally:
        state.world.close()


ARCHIVE, FLAG = 5, 6
UNLINK = 9
COPIED = 4
MOVED, FLAGGED = 1, 4


def test_R4_what_is_archived_before_it_is_sent_is_on_the_server_once() -> None:
    """A mail that is moved out of Sent while it waits to be sent is filed first and moved then."""
    for files_own in (True, False):
        with machine(files_own=files_own) as state:
            state.send(account=0, to="ann@acme.example", trap=None)
            state.command(what=ARCHIVE, which=0, other=1, trap=None)
            state.quiet()
            assert [box.name for box in state.world.stores[0].boxes.values() if box.copies] == ["Archive"]


def test_R38_flags_told_while_ours_are_pending_are_not_forgotten() -> None:
    """Another client marks a mail as answered while a change of ours waits; both stand in the end, on both sides."""
    with machine(first=1) as state:
        state.command(what=FLAG, which=1, other=1, trap=None)
        state.other_client(which=0, what=FLAGGED, other=2)
        state.sync(account=0, traps=[(0, 0, False, "[UNAVAILABLE] later")])
        state.quiet()
        assert state.world.stores[0].boxes["INBOX"].copies[1].flags == {"flagged", "answered"}


def test_R38_flags_of_a_mail_that_was_moved_and_marked_at_once_arrive() -> None:
    """A mail that another client marked and moved between two syncs has the mark here too."""
    with machine(first=3) as state:
        boxes = state.world.stores[0].boxes
        state.other_client(which=0, what=FLAGGED, other=0)
        state.other_client(which=0, what=MOVED, other=list(boxes).index("Sent"))
        assert [copy.flags for copy in boxes["Sent"].copies.values()] == [{"seen"}]


def test_R1_the_first_mail_in_an_empty_folder_arrives() -> None:
    """A folder that was synced while it was empty has UIDNEXT 1."""
    with machine() as state:
        state.quiet()
        state.deliver(account=0, name="INBOX", sender="ann", plain=False)


def test_R38_undoing_a_move_leaves_the_flags_that_others_changed_since() -> None:
    """What a person takes back is the move; that another client read the mail meanwhile stays."""
    with machine(first=3) as state:
        state.command(what=2, which=0, other=1, trap=None)
        state.quiet()
        state.other_client(which=0, what=FLAGGED, other=0)
        state.quiet()
        state.undo(back=True, trap=None)


def test_R4_a_sent_folder_that_may_not_be_looked_through_gets_no_second_copy() -> None:
    """The copy is looked for after a death behind APPEND; a folder that may not be opened may hold it."""
    lacking = frozenset({"LIST-EXTENDED", "LIST-STATUS", "ESEARCH", "SPECIAL-USE", "UIDPLUS"})
    with machine(lacking) as state:
        state.send(account=1, to="sam@nowhere.example", trap=None)
        state.world.sync(1, Trap("APPEND", 0, True, "kill"))
        state.world.sync(1, Trap("SELECT", 1, False, "just no"))
        state.quiet()
        assert state.world.stores[1].where(1) == ["Sent"]


def test_R38_what_is_left_after_one_copy_went_shows_its_own_flags() -> None:
    """A copy is marked elsewhere and then taken back here: the message has the flags of the copy that stays."""
    with machine(first=1) as state:
        boxes = state.world.stores[0].boxes
        state.command(what=COPIED, which=0, other=1, trap=None)
        state.quiet()
        copied = next(name for name, box in boxes.items() if box.copies and name != "INBOX")
        boxes[copied].flag(1, {"flagged"}, set())
        state.quiet()
        state.undo(back=True, trap=None)


def test_R32_undoing_a_copy_to_where_the_mail_lies_already_removes_nothing() -> None:
    """No copy was made, so that there is none to take back."""
    with machine(first=1) as state:
        inbox = next(number for number, folder in state._local().folders.items() if folder[:2] == (1, "INBOX"))
        state.world.act(lambda: state.world.engine.do(Copy((1,), inbox)))
        state.quiet()
        state.undo(back=True, trap=None)
        state.quiet()
        assert state.world.stores[0].where(1) == ["INBOX"]


def test_R8_a_mail_that_lost_its_place_does_not_take_that_of_its_twin() -> None:
    """Two mails with one header: another client deletes one, which is then moved here; the other one stays as it is."""
    with machine(first=1) as state:
        state.deliver_twin(account=0, name="Work", which=0, kind="header")
        state.quiet()
        boxes = state.world.stores[0].boxes
        boxes["INBOX"].drop(1)
        state.model.outside[1] -= 1
        state.model.touched.add(1)
        state.world.act(lambda: state.world.engine.do(Archive((1,))))
        state.quiet()
        assert [copy.token for copy in boxes["Work"].copies.values()] == [2]


def test_R1_a_copy_that_could_only_be_marked_deleted_is_still_known() -> None:
    """A server without MOVE and UIDPLUS copies, marks the original, and then won't have it expunged."""
    with machine(frozenset({"MOVE", "UIDPLUS"}), first=1) as state:
        state.command(what=ARCHIVE, which=0, other=1, trap=None)
        state.world.sync(0, Trap("EXPUNGE", 0, False, "[SERVERBUG] oops"))
        [message] = state._local().messages
        assert [place[1] for place in message.places] == ["INBOX", "Archive"]
        assert [op.error for op in state._local().operations] == [LEFT]


def test_R27_mail_that_was_unlinked_leaves_no_byte_in_the_crm_when_the_program_dies_meanwhile() -> None:
    """It dies after the CRM let go of the mail and before its log was emptied; the next start empties it."""
    for nth in range(6):
        with machine() as state:
            state.deliver(account=0, name="INBOX", sender="ann", plain=False)
            state.quiet()
            state.command(what=UNLINK, which=0, other=1, trap=Trap("COMMIT", 0, True, "kill"))
            state.world.act(state.world.engine.publish, Trap("COMMIT", nth, True, "kill"))


def test_R32_what_is_archived_taken_back_done_again_and_taken_back_lies_where_it_was() -> None:
    """The moves of the first time and those that took them back are over; only the last ones are taken back."""
    with machine(first=3) as state:
        boxes = state.world.stores[0].boxes.values()
        before = [(box.name, {copy.token for copy in box.copies.values()}) for box in boxes]
        state.command(what=ARCHIVE, which=0, other=1, trap=None)
        state.quiet()
        state.undo(back=True, trap=None)
        state.quiet()
        state.undo(back=False, trap=None)
        state.undo(back=True, trap=None)
        state.quiet()
        assert [(box.name, {copy.token for copy in box.copies.values()}) for box in boxes if box.name != "Archive"] == [
            (name, tokens) for name, tokens in before if name != "Archive"
        ]
        moves = [op for op in state._local().operations if op.kind == "move"]
        assert [op.state for op in moves] == ["done", "done", "cancelled"]
