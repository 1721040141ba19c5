"""What a pass has to do, for every folder and every answer: properties of the pure planner."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.engine.model import Role
from tui.engine.store.folders import FolderState
from tui.engine.sync import plan
from tui.engine.sync.plan import Mode, Remote

counts = st.one_of(st.none(), st.integers(1, 5))
uids = st.sets(st.integers(1, 40))
moments = st.one_of(st.none(), st.integers(0, 3))
flags = st.frozensets(st.sampled_from(("seen", "flagged", "answered", "deleted")))
remotes = st.builds(Remote, counts, counts, counts, counts)


@st.composite
def folders(draw: st.DrawFn) -> FolderState:
    """Return a folder in any state."""
    return FolderState(
        id=draw(st.integers(1, 9)),
        account_id=1,
        wire=draw(st.sampled_from(("INBOX", "a", "b"))),
        name=draw(st.sampled_from(("INBOX", "a", "b"))),
        delimiter="/",
        role=draw(st.sampled_from(list(Role))),
        selected=draw(st.booleans()),
        selectable=draw(st.booleans()),
        on_server=draw(st.booleans()),
        uidvalidity=draw(counts),
        uidnext=draw(counts),
        highestmodseq=draw(counts),
        messages=draw(counts),
        complete=draw(st.booleans()),
        since=draw(moments),
    )


def _covered(folder: FolderState, since: int | None) -> bool:
    """Whether everything in the window that is wanted lies in the window that was synced."""
    return folder.since is None or (since is not None and since >= folder.since)


@given(folders(), remotes, moments)
def test_R39_a_folder_is_passed_over_only_when_status_proves_it(
    folder: FolderState, remote: Remote, since: int | None
) -> None:
    """Nothing is skipped that is incomplete, that changed in any count, or whose flags may have changed unseen."""
    if plan.unchanged(folder, remote, since):
        assert folder.complete
        assert _covered(folder, since)
        assert remote.highestmodseq is not None
        assert remote.highestmodseq == folder.highestmodseq
        assert remote.uidnext is not None
        assert remote.uidnext == folder.uidnext
        assert remote.uidvalidity == folder.uidvalidity
        assert remote.messages == folder.messages


@given(folders(), moments, st.frozensets(st.sampled_from(("QRESYNC", "CONDSTORE", "MOVE"))), st.booleans())
def test_R41_what_happened_since_is_believed_only_of_a_folder_that_was_complete(
    folder: FolderState, since: int | None, capabilities: frozenset[str], trusted: bool
) -> None:
    """QRESYNC needs a complete pass over at least this window; without modseq everything is compared."""
    how = plan.mode(folder, since, capabilities, trusted)
    if how is Mode.QRESYNC:
        assert folder.complete
        assert folder.highestmodseq
        assert folder.uidnext
        assert _covered(folder, since)
        assert trusted
        assert "QRESYNC" in capabilities
    if not capabilities & {"QRESYNC", "CONDSTORE"} or not folder.highestmodseq:
        assert how is Mode.COMPARE


@given(uids, uids, uids)
def test_R1_every_uid_of_the_window_is_here_failed_or_fetched(
    window: set[int], placed: set[int], failed: set[int]
) -> None:
    """Nothing is left out, nothing is fetched twice, newest first."""
    todo = plan.missing(window, placed, failed)
    assert set(todo) | placed | failed >= window
    assert not set(todo) & (placed | failed)
    assert set(todo) <= window
    assert todo == sorted(set(todo), reverse=True)


@given(st.lists(st.integers(1, 9999), unique=True, max_size=200), st.integers(1, 20), st.integers(1, 50))
def test_R39_batches_hold_everything_in_order(todo: list[int], first: int, size: int) -> None:
    """The first batch is a small one; together they are what was asked, in its order."""
    batches = plan.windows(todo, first, size)
    assert [uid for batch in batches for uid in batch] == todo
    assert all(batches)
    assert all(len(batch) <= size for batch in batches[1:])
    assert not batches or len(batches[0]) <= first


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_R29_many_vanished_at_once_are_checked_first(vanished: int, placed: int) -> None:
    """Few are believed at once; more than 50 and more than a twentieth of the folder never are."""
    assert plan.suspicious(vanished, placed) == (vanished > 50 and vanished > placed * 0.05)


@given(st.dictionaries(st.integers(1, 9), flags), st.dictionaries(st.integers(1, 9), flags))
def test_R38_exactly_the_flags_that_differ_are_taken(
    told: dict[int, frozenset[str]], known: dict[int, frozenset[str]]
) -> None:
    """What was told the same before is no news; what is not placed here is nobody's."""
    placed = {uid: (uid, " ".join(sorted(names))) for uid, names in known.items()}
    changed = plan.changed_flags(told, placed)
    assert {uid for uid in told if uid in known and told[uid] != known[uid]} == set(changed)
    assert all(frozenset(text.split()) == told[uid] for uid, text in changed.items())


@given(st.lists(folders(), max_size=8))
def test_R2_exactly_the_selected_folders_are_synced_the_inbox_first(every: list[FolderState]) -> None:
    """A folder that is not selected, can't be opened or is gone from the server is left alone."""
    order = plan.in_order(every)
    assert all(folder.selected and folder.selectable and folder.on_server for folder in order)
    assert len(order) == sum(folder.selected and folder.selectable and folder.on_server for folder in every)
    roles = [folder.role is Role.INBOX for folder in order]
    assert roles == sorted(roles, reverse=True)
