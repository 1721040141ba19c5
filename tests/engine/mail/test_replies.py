from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tui.engine.mail.attribution import LANGUAGES, attribution, language
from tui.engine.mail.compose import Outgoing, build
from tui.engine.mail.headers import HeaderFacts, parse_header
from tui.engine.mail.mime import parse
from tui.engine.mail.quotes import split_quotes
from tui.engine.mail.replies import Reply, forward, forward_subject, reply, reply_subject
from tui.engine.model import Address

OWN = {"me@our.example", "Alias@Our.example"}
ORIGINAL = (
    b"From: Ann Archer <ann@x.example>\nTo: Me <me@our.example>, Bob <bob@x.example>, ANN@x.example\n"
    b"Cc: carol@x.example, alias@our.example, bob@x.example\nSubject: Offer\nMessage-ID: <m@x>\n"
    b"References: <r@x>\nDate: Tue, 3 Mar 2026 14:02:09 +0000\n"
)


def emails(addresses: tuple[Address, ...]) -> list[str]:
    return [address.email for address in addresses]


def answered(header: bytes, *, everyone: bool = False) -> Reply:
    return reply(parse_header(header), "The words", OWN, everyone=everyone, zone=UTC)


def test_a_reply_goes_to_the_sender_and_joins_the_thread() -> None:
    found = answered(ORIGINAL)
    assert (emails(found.to), found.cc, found.subject) == (["ann@x.example"], (), "Re: Offer")
    assert found.body == "On 3 Mar 2026 at 14:02, Ann Archer wrote:\n> The words\n"
    assert (found.in_reply_to, found.references) == ("m@x", ("r@x", "m@x"))


def test_a_reply_to_all_leaves_out_own_and_repeated_addresses() -> None:
    found = answered(ORIGINAL, everyone=True)
    assert emails(found.to) == ["ann@x.example", "bob@x.example"]
    assert emails(found.cc) == ["carol@x.example"]


def test_reply_to_and_mail_followup_to_are_followed() -> None:
    assert emails(answered(ORIGINAL + b"Reply-To: desk@x.example\n").to) == ["desk@x.example"]
    followup = ORIGINAL + b"Mail-Followup-To: list@x.example, me@our.example\n"
    found = answered(followup, everyone=True)
    assert (emails(found.to), found.cc) == (["list@x.example"], ())
    assert emails(answered(followup).to) == ["ann@x.example"]


def test_a_reply_to_ones_own_message_goes_to_its_recipients() -> None:
    own = b"From: me@our.example\nTo: ann@x.example\nCc: bob@x.example\nSubject: x\n"
    assert emails(answered(own).to) == ["ann@x.example"]
    assert emails(answered(own, everyone=True).cc) == ["bob@x.example"]
    assert emails(answered(b"From: me@our.example\nTo: me@our.example\n").to) == ["me@our.example"]


def test_a_reply_to_that_is_our_own_makes_no_loop() -> None:
    assert emails(answered(ORIGINAL + b"Reply-To: me@our.example\n").to) == ["ann@x.example"]


def test_without_a_sender_nobody_is_made_up() -> None:
    found = answered(b"Subject: x\n")
    assert (found.to, found.body.splitlines()[0]) == ((), "somebody wrote:")


@pytest.mark.parametrize(
    ("subject", "again"),
    [
        ("Offer", "Re: Offer"),
        ("RE: AW: Sv: Re[2]: Offer", "Re: Offer"),
        ("[list] Offer", "Re: [list] Offer"),
        ("Report", "Re: Report"),
        ("", "Re:"),
        ("回复：报价", "Re: 报价"),
    ],
)
def test_prefixes_of_answers_are_not_stacked(subject: str, again: str) -> None:
    assert reply_subject(subject) == again


def test_a_forward_says_what_it_passes_on() -> None:
    found = forward(parse(ORIGINAL + b"\nThe words\n"), UTC)
    assert found.subject == "Fwd: Offer"
    assert "From: Ann Archer <ann@x.example>\nDate: 3 Mar 2026 at 14:02\nSubject: Offer\n" in found.body
    assert found.body.endswith("\n\nThe words\n")
    assert forward_subject("WG: Fwd: Offer") == "Fwd: Offer"


def test_what_is_left_out_of_a_long_text_is_marked() -> None:
    raw = b"From: ann@x.example\nSubject: Log\n\n" + b"one of many lines\n" * 20_000
    passed_on = forward(parse(raw)).body
    assert "only the beginning is passed on here" in passed_on[:300]
    assert passed_on.endswith("\none of many lines\n[…]\n")
    assert reply(parse_header(raw), parse(raw).text, OWN).body.endswith("\n> one of many lines\n> […]\n")
    assert "[" not in forward(parse(raw[:9000])).body


def test_an_attribution_without_a_date_names_the_sender_alone() -> None:
    assert attribution(parse_header(b"From: ann@x.example\n")) == "ann@x.example wrote:"


def test_replies_and_forwards_of_hostile_mail_inject_nothing(corpus: Path) -> None:
    """What a hostile header hides never becomes a field or a recipient of ours."""
    for path in sorted((corpus / "hostile").glob("*.eml")):
        parsed = parse(path.read_bytes())
        for everyone in (False, True):
            found = reply(parsed.facts, parsed.text, {"me@our.example"}, everyone=everyone)
            raw = build(
                Outgoing(
                    sender=Address("Me", "me@our.example"),
                    to=(Address("", "fixed@x.example"),),
                    subject=found.subject,
                    body=found.body[:5000],
                    date=1772542929,
                    message_id="m@our.example",
                    references=found.references,
                    attachments=tuple((one.name, one.type, b"") for one in parsed.attachments[:3]),
                )
            )
            names = {name for name, _ in parse(raw).headers}
            assert names <= {
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "In-Reply-To",
                "References",
                "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding",
            }, path.name
            assert "victim@x.example" not in emails((*found.to, *found.cc)), path.name


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_an_attribution_in_any_language_is_taken_for_one(spoken: str) -> None:
    """What is written above a quote here is folded with it when it comes back."""
    for date in (1_772_546_520, None):
        line = attribution(HeaderFacts(from_=(Address("Ann Archer", "ann@acme.example"),), date=date), UTC, spoken)
        assert "Ann Archer" in line
        assert "%" not in line
        kinds = [block.kind for block in split_quotes(f"Yes.\n\n{line}\n> Is it?")]
        assert kinds[1:] == ["attribution", "quote"]


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LC_ALL": "fr_CA", "LANG": "de_DE"}, "fr"),
        ({"LC_TIME": "no_NO"}, "nb"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "tlh"}, "en"),
        ({}, "en"),
    ],
)
def test_the_users_language_comes_from_the_environment(environment: dict[str, str], spoken: str) -> None:
    assert language(environment) == spoken
