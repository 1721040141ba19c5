"""What a server can't do: the scenarios of tests/engine/rules that are not tried on it, each with the reason."""

from __future__ import annotations

DOVEADM = "doveadm changes the UIDVALIDITY; here another client makes the folder anew (test_other_ways.py)"
MODES = "the folder's rights are taken on Dovecot's disk; the server's own ways to refuse are in test_other_ways.py"
MANY = "hundreds of APPENDs take most of a minute; fewer messages do it in test_other_ways.py"
SETTINGS = {
    "test_R7_a_new_uidvalidity_brings_nothing_twice": DOVEADM,
    "test_R7_a_known_mail_is_not_decided_again": DOVEADM,
    "test_R13_a_refused_create_leaves_the_send_done": MODES,
    "test_R29_hundreds_deleted_at_once_by_another_client_stay_and_are_known_as_gone": MANY,
    "test_R39_a_sync_that_is_cut_resumes_without_fetching_anything_twice": MANY,
    "test_R39_the_newest_come_first_and_every_batch_is_committed": MANY,
    "test_R39_quitting_in_the_middle_loses_nothing": MANY,
}
"""Scenarios that need Dovecot's tools, with what takes their place."""

IMPOSSIBLE = {
    "cyrus": {
        "test_R43_a_message_that_cannot_be_parsed_is_kept_raw_and_shown": "Cyrus refuses to take it at all",
    },
    "courier": {},
    "pymap": {
        "test_R38_flags_travel_both_ways": "pymap forgets flags that it doesn't know, such as $Forwarded",
    },
}
"""What a server really can't do; test_other_ways.py proves each."""


def reason(program: str, scenario: str) -> str:
    """Return why a scenario isn't tried on a server, "" when it is."""
    return IMPOSSIBLE[program].get(scenario, "") or SETTINGS.get(scenario, "") if program in IMPOSSIBLE else ""
