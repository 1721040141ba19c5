"""Dovecot with one capability taken away at a time: the rules that rest on it hold all the same."""

from __future__ import annotations

import pytest

from tests.engine.rules import test_propagation, test_queue, test_retention, test_sent, test_two_way
from tests.engine.servers.sharing import rule_of, scenarios
from tests.servers.kinds import DOVECOTS, mailbox_on

DEPEND: dict[str, frozenset[str]] = {
    "no QRESYNC": frozenset({"R7", "R29", "R30", "R31", "R38"}),
    "no CONDSTORE": frozenset({"R7", "R29", "R31", "R38"}),
    "no MOVE": frozenset({"R32", "R33", "R34", "R35"}),
    "no UIDPLUS": frozenset({"R4", "R32", "R33", "R34"}),
    "no SPECIAL-USE": frozenset({"R4", "R5", "R33"}),
    "no LIST-STATUS": frozenset({"R2", "R3", "R29", "R30", "R31"}),
    "prefix INBOX.": frozenset({"R3", "R4", "R5", "R10", "R11", "R14", "R29", "R30", "R33", "R34"}),
}
"""Which rules rest on what is taken away."""

LEFT_OUT = {
    ("no UIDPLUS", "test_R33_a_deleted_message_goes_to_trash_and_from_there_for_good"): (
        "without UID EXPUNGE a message that another client marked stays no exception: it can't be told apart, see"
        " test_R33_what_cannot_be_expunged_exactly_stays_marked_and_does_not_come_back"
    ),
}
HERE = scenarios(
    *(test_propagation, test_queue, test_retention, test_sent, test_two_way), rules=frozenset().union(*DEPEND.values())
)
globals().update(HERE)


@pytest.fixture
def program(request: pytest.FixtureRequest) -> str:
    """The kind of Dovecot that a scenario runs on."""
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each scenario on the servers whose lack it may feel."""
    if metafunc.function.__name__ in HERE:
        name = metafunc.function.__name__
        kinds = [kind for kind, rules in DEPEND.items() if rule_of(name) in rules and (kind, name) not in LEFT_OUT]
        metafunc.parametrize("program", kinds, indirect=True)


@pytest.mark.parametrize("kind", DOVECOTS)
def test_what_is_taken_away_is_gone(kind: str) -> None:
    with mailbox_on("dovecot", **DOVECOTS[kind]) as mailbox, mailbox.client() as client:
        offered = {word.upper() for word in client.capability()[1][0].decode().split()}
        if kind.startswith("no "):
            assert kind.removeprefix("no ") not in offered
        else:
            assert b'"INBOX."' in client.namespace()[1][0]
