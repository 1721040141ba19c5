"""The link rules, one named test each, and what holds for every message (hypothesis)."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.linking import (
    RULE_NAMES,
    Decision,
    Facts,
    Known,
    OpenDeal,
    Participant,
    Settings,
    decide,
    direction_of,
    listed,
)
from tui.engine.model import Direction, LinkState, PersonRef, Role

ME, TEAM = "me@our.example", "sales@our.example"
OWN = frozenset({ME, TEAM})
ANN, BO, CAT = PersonRef(1, "Ann Archer"), PersonRef(2, "Bo Chen"), PersonRef(3, "Cat Díaz")
PEOPLE = {"ann@acme.io": ANN, "ann@home.example": ANN, "bo@beta.example": BO, "cat@cat.example": CAT}
ACME = OpenDeal(10, "Acme licences", "Offer", created=100, last_mail=900)
RENEWAL = OpenDeal(20, "Beta renewal", "Negotiation", created=200, last_mail=300)
TRAINING = OpenDeal(21, "Beta training", "Lead", created=300, last_mail=250)
KNOWN = Known(PEOPLE, {1: (ACME,), 2: (RENEWAL, TRAINING)})
LITERAL, ALWAYS = Settings(), Settings(contact_link="always")


def mail(sender: str = "ann@acme.io", **roles: str) -> Facts:
    """A received message; ``to="a b"`` names recipients."""
    found = [Participant(sender, "", "from")]
    roles.setdefault("to", ME)
    for role, addresses in roles.items():
        found += [Participant(address, "", role) for address in addresses.split()]
    return Facts(direction_of([sender], OWN), OWN, tuple(found), folder_role=Role.INBOX)


def sent(**roles: str) -> Facts:
    return mail(ME, **roles)


def links(decision: Decision) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return decision.persons, decision.deals


def test_R15_one_open_deal_links_person_and_deal() -> None:
    decision = decide(mail(), KNOWN, LITERAL)
    assert links(decision) == ((1,), (10,))
    assert (decision.state, decision.rule, decision.origin) == (LinkState.LINKED, "R15", "auto")
    assert decision.matched == (("ann@acme.io", 1, "Ann Archer"),)
    assert decision.open_deals == (ACME.ref,)
    assert decision.reason == "ann@acme.io is Ann Archer, and there is exactly one open deal: Acme licences."


def test_R15_any_of_a_persons_addresses_counts() -> None:
    assert links(decide(mail("ann@home.example"), KNOWN, LITERAL)) == ((1,), (10,))


def test_R16_nobody_links_to_nothing() -> None:
    decision = decide(mail("x@y.z"), KNOWN, ALWAYS)
    assert (decision.state, decision.rule, links(decision)) == (LinkState.NONE, "R16", ((), ()))
    assert "x@y.z" in decision.reason


def test_R17_registered_without_open_deal_links_to_nothing() -> None:
    decision = decide(mail("cat@cat.example"), KNOWN, LITERAL)
    assert (decision.state, decision.rule, links(decision)) == (LinkState.NONE, "R17", ((), ()))
    assert decision.matched == (("cat@cat.example", 3, "Cat Díaz"),)


def test_R17_always_links_the_person_alone() -> None:
    decision = decide(mail("cat@cat.example"), KNOWN, ALWAYS)
    assert (decision.state, decision.rule, links(decision)) == (LinkState.LINKED, "R17", ((3,), ()))


def test_R17_a_person_without_deal_beside_one_with_a_deal() -> None:
    facts = mail(cc="cat@cat.example")
    assert links(decide(facts, KNOWN, LITERAL)) == ((1,), (10,))
    assert links(decide(facts, KNOWN, ALWAYS)) == ((1, 3), (10,))


def test_R18_an_open_deal_that_is_not_the_persons_does_not_count() -> None:
    known = Known(PEOPLE, {})
    assert links(decide(mail(), known, LITERAL)) == ((), ())


def test_R19_R20_the_decision_looks_at_the_crm_of_the_moment() -> None:
    """The earlier mail was decided without the deal; the next one of the same thread, with it, links."""
    before, after = Known(PEOPLE, {}), KNOWN
    assert decide(mail(), before, LITERAL).state is LinkState.NONE
    assert links(decide(mail(), after, LITERAL)) == ((1,), (10,))


def test_R21_a_closed_deal_of_the_thread_does_not_link() -> None:
    facts = replace(mail("cat@cat.example"), thread_deals=(99,), thread_choice=99)
    assert links(decide(facts, KNOWN, LITERAL)) == ((), ())


def test_R22_R25_a_deal_chosen_by_hand_may_be_closed() -> None:
    decision = decide(replace(sent(to="cat@cat.example"), chosen_deals=(99,)), KNOWN, LITERAL)
    assert links(decision) == ((3,), (99,))


@pytest.mark.parametrize("role", ["to", "cc"])
def test_R24_mail_sent_to_her_links(role: str) -> None:
    decision = decide(sent(**({"to": "x@y.z"} | {role: "ann@acme.io"})), KNOWN, LITERAL)
    assert (decision.rule, links(decision)) == ("R24", ((1,), (10,)))
    assert not decision.bcc_only


def test_R24_bcc_link_is_the_owners_alone() -> None:
    decision = decide(sent(to="x@y.z", bcc="ann@acme.io"), KNOWN, LITERAL)
    assert links(decision) == ((1,), (10,))
    assert decision.bcc_only == {1}
    assert decision.bcc_only_deals == {10}


def test_R24_bcc_of_one_and_to_another_hides_only_the_first() -> None:
    facts = sent(to="ann@acme.io", bcc="bo@beta.example")
    decision = decide(facts, KNOWN, Settings(multi_deal="all"))
    assert links(decision) == ((1, 2), (10, 20, 21))
    assert decision.bcc_only == {2}
    assert decision.bcc_only_deals == {20, 21}


def test_R24_received_bcc_does_not_match() -> None:
    assert decide(mail("x@y.z", bcc="ann@acme.io"), KNOWN, LITERAL).rule == "R16"


def test_R25_the_composers_choice_wins() -> None:
    facts = replace(sent(to="ann@acme.io"), chosen_deals=(20,), thread_deals=(10,), never_link=("acme.io",))
    decision = decide(facts, KNOWN, LITERAL)
    assert (decision.rule, decision.origin, decision.deals) == ("R25", "compose", (20,))
    assert decision.persons == ()


def test_R25_in_a_private_thread_stays_the_owners() -> None:
    facts = replace(sent(to="ann@acme.io"), chosen_deals=(20,), private_thread=True)
    decision = decide(facts, KNOWN, LITERAL)
    assert (decision.state, decision.deals) == (LinkState.PRIVATE, (20,))


def test_R26_a_team_address_is_an_own_address() -> None:
    assert links(decide(mail(to=TEAM), KNOWN, LITERAL)) == ((1,), (10,))
    assert links(decide(mail(TEAM, to="ann@acme.io"), KNOWN, LITERAL)) == ((1,), (10,))


def test_which_deal_2_the_deal_of_the_answered_message_wins() -> None:
    facts = replace(mail("bo@beta.example"), thread_deals=(21,))
    decision = decide(facts, KNOWN, LITERAL)
    assert (decision.rule, decision.origin, links(decision)) == ("reply", "thread", ((2,), (21,)))


def test_which_deal_2_needs_no_attachment_of_the_person() -> None:
    known = Known(PEOPLE, {}, thread_open={10: ACME})
    assert links(decide(replace(mail("cat@cat.example"), thread_deals=(10,)), known, LITERAL)) == ((3,), (10,))


def test_which_deal_2_this_deal_for_this_thread() -> None:
    facts = replace(mail("bo@beta.example"), thread_deals=(20, 21), thread_choice=21)
    decision = decide(facts, KNOWN, LITERAL)
    assert (decision.rule, decision.deals) == ("thread-choice", (21,))


def test_which_deal_4_several_are_never_guessed() -> None:
    decision = decide(mail("bo@beta.example"), KNOWN, LITERAL)
    assert (decision.state, decision.rule) == (LinkState.NEEDS_DEAL, "several-deals")
    assert links(decision) == ((2,), ())
    assert decision.open_deals == (RENEWAL.ref, TRAINING.ref)


@pytest.mark.parametrize(
    ("setting", "deals"), [("newest", (21,)), ("last_active", (20,)), ("all", (20, 21)), ("ask", ())]
)
def test_which_deal_4_multi_deal(setting: str, deals: tuple[int, ...]) -> None:
    decision = decide(mail("bo@beta.example"), KNOWN, Settings(multi_deal=setting))
    assert links(decision) == ((2,), deals)


def test_several_persons_with_the_same_deal_are_one_candidate() -> None:
    known = Known(PEOPLE, {1: (ACME,), 2: (ACME,)})
    assert links(decide(mail(cc="bo@beta.example"), known, LITERAL)) == ((1, 2), (10,))


def test_reply_to_counts_when_from_is_unregistered() -> None:
    assert links(decide(mail("form@shop.example", reply_to="ann@acme.io"), KNOWN, LITERAL)) == ((1,), (10,))
    assert links(decide(mail("ann@acme.io", reply_to="bo@beta.example"), KNOWN, LITERAL)) == ((1,), (10,))


def test_bulk_mail_with_a_cc_only_match_does_not_link() -> None:
    facts = replace(mail("news@list.example", cc="ann@acme.io"), bulk=True)
    assert decide(facts, KNOWN, LITERAL).rule == "bulk"
    assert links(decide(replace(facts, bulk=False), KNOWN, LITERAL)) == ((1,), (10,))
    assert links(decide(replace(mail("ann@acme.io"), bulk=True), KNOWN, LITERAL)) == ((1,), (10,))


def test_direction_is_decided_by_from() -> None:
    assert direction_of([ME], OWN) is Direction.OUT
    assert direction_of(["ann@acme.io"], OWN) is Direction.IN
    assert direction_of([], OWN) is Direction.IN


def test_mail_between_own_addresses_never_links() -> None:
    known = Known({ME: ANN, TEAM: BO}, {1: (ACME,), 2: (RENEWAL,)})
    assert decide(mail(ME, to=TEAM), known, ALWAYS).rule == "own"


@pytest.mark.parametrize("role", [Role.DRAFTS, Role.JUNK, Role.TRASH])
def test_drafts_junk_and_trash_never_link(role: Role) -> None:
    assert decide(replace(mail(), folder_role=role), KNOWN, ALWAYS).rule == "folder"


def test_a_draft_does_not_link_even_with_a_chosen_deal() -> None:
    assert (
        decide(replace(sent(to="ann@acme.io"), folder_role=Role.DRAFTS, chosen_deals=(10,)), KNOWN, LITERAL).deals == ()
    )


def test_never_link_sender_means_no_link_at_all() -> None:
    facts = replace(mail("ann@acme.io", cc="bo@beta.example"), never_link=("@acme.io",))
    decision = decide(facts, KNOWN, ALWAYS)
    assert (decision.rule, links(decision)) == ("never-link", ((), ()))


def test_never_link_reply_to_stands_for_an_unregistered_sender() -> None:
    facts = replace(mail("form@shop.example", reply_to="ann@acme.io", cc="bo@beta.example"), never_link=("acme.io",))
    assert links(decide(facts, KNOWN, ALWAYS)) == ((), ())


def test_never_link_recipient_contributes_none() -> None:
    facts = replace(mail("ann@acme.io", cc="bo@beta.example"), never_link=("bo@beta.example",))
    assert links(decide(facts, KNOWN, ALWAYS)) == ((1,), (10,))
    assert decide(replace(sent(to="bo@beta.example"), never_link=("bo@*",)), KNOWN, ALWAYS).rule == "never-link"


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("ann@acme.io", "ann@acme.io", True),
        (" Ann@ACME.io ", "ann@acme.io", True),
        ("acme.io", "ann@acme.io", True),
        ("@acme.io", "ann@acme.io", True),
        ("acme.io", "ann@sub.acme.io", False),
        ("acme.io", "ann@notacme.io", False),
        ("*.acme.io", "ann@sub.acme.io", True),
        ("news-*@*", "news-1@x.example", True),
        ("müller.example", "a@xn--mller-kva.example", True),
        ("a.me@x.example", "aame@x.example", False),
        ("", "ann@acme.io", False),
    ],
)
def test_never_link_patterns(pattern: str, address: str, expected: bool) -> None:
    assert listed(address, (pattern,)) is expected


def test_private_thread_is_never_auto_linked() -> None:
    decision = decide(replace(mail(), private_thread=True, thread_deals=(10,)), KNOWN, ALWAYS)
    assert (decision.state, links(decision)) == (LinkState.PRIVATE, ((), ()))


def test_a_stranger_in_a_linked_thread_is_suggested() -> None:
    known = replace(KNOWN, thread_open={10: ACME})
    decision = decide(replace(mail("x@y.z"), thread_deals=(10,)), known, LITERAL)
    assert (decision.state, decision.suggested, links(decision)) == (LinkState.SUGGESTED, (10,), ((), ()))
    assert decide(replace(mail("x@y.z"), thread_deals=(10,)), Known({}, {}), LITERAL).state is LinkState.NONE


def test_a_hostile_address_cannot_break_the_reason() -> None:
    decision = decide(mail("x\n\x1b[31m@y.z"), KNOWN, LITERAL)
    assert decision.reason.isprintable()


addresses = st.sampled_from([*PEOPLE, ME, TEAM, "x@y.z", "news@list.example", "", "not-an-address"])
participants = st.lists(
    st.builds(Participant, addresses, st.just(""), st.sampled_from(["from", "reply_to", "to", "cc", "bcc"])), max_size=8
).map(tuple)
deal_ids = st.lists(st.sampled_from([10, 20, 21, 99]), max_size=3).map(tuple)
facts_any = st.builds(
    Facts,
    direction=st.sampled_from(Direction),
    own=st.just(OWN),
    participants=participants,
    bulk=st.booleans(),
    folder_role=st.sampled_from(Role),
    private_thread=st.booleans(),
    never_link=st.lists(st.sampled_from(["acme.io", "bo@*", "*.example", "our.example", "[", "@"]), max_size=2).map(
        tuple
    ),
    chosen_deals=deal_ids,
    thread_deals=deal_ids,
    thread_choice=st.sampled_from([None, 10, 99]),
)
settings_any = st.builds(
    Settings, st.sampled_from(["with_open_deal", "always"]), st.sampled_from(["ask", "newest", "last_active", "all"])
)


@given(facts_any, settings_any)
def test_every_decision_is_consistent(facts: Facts, settings: Settings) -> None:
    """A deal is linked only when open or chosen by hand, a person only when matched; every decision has its reason."""
    decision = decide(facts, KNOWN, settings)
    matched = {person for _, person, _ in decision.matched}
    assert decision.rule in RULE_NAMES
    assert decision.reason
    assert decision.reason.isprintable()
    assert set(decision.persons) <= matched
    assert set(decision.deals) <= {10, 20, 21} | set(facts.chosen_deals)
    assert decision.bcc_only <= matched
    assert decision.bcc_only_deals <= set(decision.deals)
    assert not any(address in OWN for address, _, _ in decision.matched)
    assert not any(listed(address, facts.never_link) for address, _, _ in decision.matched)
    if decision.state in {LinkState.NONE, LinkState.SUGGESTED}:
        assert links(decision) == ((), ())
    if decision.state is LinkState.NEEDS_DEAL:
        assert decision.persons
        assert not decision.deals
        assert settings.multi_deal == "ask"
    if facts.folder_role in {Role.DRAFTS, Role.JUNK, Role.TRASH} and not facts.chosen_deals:
        assert links(decision) == ((), ())


@given(facts_any, settings_any)
def test_the_order_of_headers_does_not_change_what_is_linked(facts: Facts, settings: Settings) -> None:
    backwards = replace(facts, participants=facts.participants[::-1])
    one, other = decide(facts, KNOWN, settings), decide(backwards, KNOWN, settings)
    assert (one.state, one.rule) == (other.state, other.rule)
    assert {*one.persons} == {*other.persons}
    assert {*one.deals} == {*other.deals}


def test_20000_decisions_a_second() -> None:
    """Half of the wanted rate is asserted, for noisy machines; the figure is in the report."""
    facts = replace(mail("bo@beta.example", cc="ann@acme.io x@y.z"), never_link=("a@b.c", "*.spam.example"))
    start = time.process_time()
    for _ in range(4000):
        decide(facts, KNOWN, LITERAL)
    rate = 4000 / (time.process_time() - start)
    print(f"{rate:,.0f} decisions a second")
    assert rate > 10_000
