"""R15 to R28 by the command line: mail arrives at a real server, commands link it, and ``why`` tells the rule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import ME, Inside, connect
from tests.conftest import Mailbox
from tests.servers.mailgen import make_mail
from tests.servers.smtp import SmtpSink

ANN, BO, CARL = "Ann <ann@acme.example>", "Bo <bo@beta.example>", "Carl <carl@gamma.example>"


@pytest.fixture
def desk(home: Path) -> Inside:
    return Inside(home)


def people(desk: Inside) -> None:
    """Ann has one open deal, Bo two, Carl none; a deal of Carl's company names nobody."""
    for name, email in (("Ann", "ann@acme.example"), ("Bo", "bo@beta.example"), ("Carl", "carl@gamma.example")):
        desk.ok("person", "add", "--name", name, "--email", email, "--org", f"{name}'s")
    for title, person in (("Acme", "Ann"), ("Beta old", "Bo"), ("Beta new", "Bo")):
        desk.ok("deal", "add", "--title", title, "--person", person)
    desk.ok("deal", "add", "--title", "Gamma", "--org", "Carl's")


def arrive(desk: Inside, mailbox: Mailbox, *mails: bytes, folder: str = "INBOX") -> None:
    """Have mail delivered and synced."""
    for raw in mails:
        mailbox.deliver(raw, folder)
    desk.ok("sync")


def mail(subject: str, from_: str, to: str = ME, **more: Any) -> bytes:
    """A message."""
    return make_mail(from_, to, subject, f"About {subject}.", **more)


def message(desk: Inside, subject: str) -> dict[str, Any]:
    """The message with this subject, wherever it is."""
    [found] = [one for one in desk.json("search", f'subject:"{subject}"')["messages"] if one["subject"] == subject]
    return dict(found)


def linked(desk: Inside, subject: str) -> tuple[str, list[str], list[str], str]:
    """State, people, deals and the rule of a message."""
    one = message(desk, subject)
    link = one["link"]
    rule = desk.json("why", one["id"])["rule"]
    return link["state"], [p["name"] for p in link["persons"]], [d["title"] for d in link["deals"]], rule


@pytest.mark.parametrize(
    ("contact_link", "multi_deal", "of_bo"),
    [
        ("with_open_deal", "ask", ("needs_deal", [])),
        ("always", "newest", ("linked", ["Beta new"])),
        ("with_open_deal", "last_active", ("linked", ["Beta old"])),
        ("always", "all", ("linked", ["Beta old", "Beta new"])),
    ],
)
def test_R15_R16_R17_R18_R24_every_setting_as_commands(
    desk: Inside, mailbox: Mailbox, contact_link: str, multi_deal: str, of_bo: tuple[str, list[str]]
) -> None:
    connect(desk, mailbox, None, "--since", "all")
    people(desk)
    arrive(desk, mailbox, mail("Old news", "x@y.example", date=datetime(2090, 1, 1, tzinfo=UTC)))
    desk.ok("link", message(desk, "Old news")["id"], "--deal", "Beta old")
    desk.ok("settings", "set", "contact_link", contact_link)
    desk.ok("settings", "set", "multi_deal", multi_deal)
    mailbox.deliver(mail("To Ann", ME, ANN), "Sent")
    arrive(
        desk,
        mailbox,
        *(mail(f"From {who}", address) for who, address in (("Ann", ANN), ("Bo", BO), ("Carl", CARL))),
        mail("From nobody", "new@nowhere.example"),
    )
    assert linked(desk, "From Ann") == ("linked", ["Ann"], ["Acme"], "R15")
    assert linked(desk, "To Ann") == ("linked", ["Ann"], ["Acme"], "R24")
    assert linked(desk, "From nobody") == ("none", [], [], "R16")
    carls = ("linked", ["Carl"]) if contact_link == "always" else ("none", [])
    assert linked(desk, "From Carl") == (*carls, [], "R17"), "R18: his company's deal does not count"
    state, persons, deals, rule = linked(desk, "From Bo")
    assert (state, sorted(deals)) == (of_bo[0], sorted(of_bo[1]))
    assert (persons, rule) == (["Bo"], "several-deals")
    assert len(desk.json("person", "list")) == 3, "R16: nobody was created"


def test_R19_R20_R21_R22_R23_what_is_linked_later_stays_as_it_is(desk: Inside, mailbox: Mailbox) -> None:
    connect(desk, mailbox, None, "--since", "all")
    arrive(desk, mailbox, mail("Question", ANN, message_id="<q@acme.example>"))
    people(desk)
    arrive(desk, mailbox, mail("Re: Question", ANN, in_reply_to="<q@acme.example>"))
    assert linked(desk, "Question")[:3] == ("none", [], []), "R19"
    assert linked(desk, "Re: Question")[:3] == ("linked", ["Ann"], ["Acme"]), "R20"
    desk.ok("deal", "won", "Acme")
    arrive(desk, mailbox, mail("Thanks", ANN))
    assert linked(desk, "Re: Question")[2] == ["Acme"], "R21: the link stays"
    assert linked(desk, "Thanks") == ("none", [], [], "R17"), "R21: what comes now does not link"
    thanks = message(desk, "Thanks")["id"]
    desk.ok("link", thanks, "--deal", "Acme", "--deal", "Beta new", "--person", "Carl")
    assert linked(desk, "Thanks")[1:3] == (["Carl"], ["Acme", "Beta new"]), "R22: closed, and several"
    assert desk.json("why", thanks)["origin"] == "manual"
    desk.ok("undo")
    assert linked(desk, "Thanks")[:3] == ("none", [], [])
    desk.ok("unlink", message(desk, "Re: Question")["id"])
    desk.ok("deal", "reopen", "Acme")
    mailbox.deliver(mail("Re: Question", ANN, in_reply_to="<q@acme.example>"))
    desk.ok("sync")
    old, new = sorted(
        (one for one in desk.json("search", "subject:question")["messages"] if one["subject"] == "Re: Question"),
        key=lambda one: int(one["id"]),
    )
    assert (old["link"]["state"], new["link"]["state"]) == ("none", "linked"), "R23: no rule adds it again"


def test_R25_R26_R27_R28_sent_for_a_deal_by_a_team_and_read_there(
    desk: Inside, mailbox: Mailbox, smtp: SmtpSink, tmp_path: Path
) -> None:
    connect(desk, mailbox, smtp, "--since", "all", "--team", "sales")
    people(desk)
    sent = desk.json("mail", "send", "--to", "bo@beta.example", "--subject", "Offer", "--deal", "Beta new")
    arrive(desk, mailbox, mail("From Ann", ANN), mail("Secret", "x@y.example"))
    desk.ok("sync")
    assert linked(desk, "Offer") == ("linked", ["Bo"], ["Beta new"], "R25")
    assert desk.json("why", sent["id"])["origin"] == "compose"
    assert linked(desk, "From Ann") == ("linked", ["Ann"], ["Acme"], "R15"), "R26: a team account does the same"
    story = [one for one in desk.json("deal", "show", "Acme")["timeline"] if one["kind"] == "mail"]
    assert [(one["title"], one["mailbox"]) for one in story] == [("From Ann", ME)], "R28: with whose mailbox it is from"
    desk.ok("export", "all", "--to", tmp_path / "out")
    everything = b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file())
    everything += desk.ok("report", "waiting").encode() + desk.ok("report", "mail").encode()
    assert b"From Ann" in everything
    assert b"Secret" not in everything, "R27"
