"""``dealdesk mail``, ``search``, ``queue``, ``undo`` and the links, as a script drives them."""

from __future__ import annotations

import stat
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli.program import ME, Inside, connect, letter
from tests.conftest import Mailbox
from tests.servers.mailgen import make_mail
from tests.servers.smtp import SmtpSink

M = {
    *("id", "account", "folder", "message_id", "thread", "date", "from", "to", "cc", "subject", "preview", "seen"),
    *("flagged", "answered", "has_attachments", "direction", "on_server", "pending", "link"),
}
HOSTILE = (
    b'From: "\x1b]0;owned\x07 =?utf-8?q?=E2=80=AEevil?=" <x@evil.example>\r\nTo: me@home.example\r\n'
    b"Subject: =?utf-8?q?a=1B[31mb=C2=9B31m?=\r\nMessage-ID: <h@evil.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n'
    b"<p>Hi <img src='http://evil.example/t.gif'>\x1b[2Jthere</p>\r\n--x\r\nContent-Type: text/plain\r\n"
    b'Content-Disposition: attachment; filename="../../etc/passwd"\r\n\r\nroot\r\n--x--\r\n'
)


@pytest.fixture
def desk(home: Path) -> Inside:
    return Inside(home)


def ids(desk: Inside, *words: object) -> list[int]:
    return [one["id"] for one in desk.json("mail", "list", *words)["messages"]]


def filled(desk: Inside, mailbox: Mailbox, count: int, smtp: SmtpSink | None = None) -> list[int]:
    """Return the ids of so many synced letters, newest first."""
    for number in range(1, count + 1):
        mailbox.deliver(letter(number))
    connect(desk, mailbox, smtp, "--since", "all")
    desk.ok("sync")
    return ids(desk)


def test_a_message_has_the_fields_of_the_contract(desk: Inside, mailbox: Mailbox) -> None:
    filled(desk, mailbox, 1)
    page = desk.json("mail", "list")
    assert page["next"] is None
    [message] = page["messages"]
    assert set(message) == M
    assert message["from"] == {"name": "Ann Archer", "email": "ann@acme.example"}
    assert message["to"] == [{"name": "", "email": ME}]
    assert message["date"] == "2026-09-21T14:14:20Z"
    assert message["link"] == {"state": "none", "persons": [], "deals": []}
    assert (message["seen"], message["pending"], message["on_server"], message["direction"]) == (
        False,
        False,
        True,
        "in",
    )
    shown = desk.json("mail", "show", message["id"])
    assert set(shown) >= M | {"text", "attachments", "auth"}
    assert (shown["text"], shown["attachments"], shown["auth"]) == ("Hello 1", [], "")


def test_pages_follow_each_other_also_when_mail_comes_and_goes(desk: Inside, mailbox: Mailbox) -> None:
    every = filled(desk, mailbox, 5)
    first = desk.json("mail", "list", "--limit", 2)
    assert [one["id"] for one in first["messages"]] == every[:2]
    mailbox.deliver(letter(6))
    desk.ok("sync")
    desk.ok("mail", "delete", every[1], "--forever")
    second = desk.json("mail", "list", "--limit", 2, "--before", first["next"])
    assert [one["id"] for one in second["messages"]] == every[2:4]
    last = desk.json("mail", "list", "--limit", 2, "--before", second["next"])
    assert ([one["id"] for one in last["messages"]], last["next"]) == (every[4:], None)
    assert "is no cursor" in desk.fails("mail", "list", "--before", "yesterday")


def test_lists_narrow_by_folder_account_and_query(desk: Inside, mailbox: Mailbox) -> None:
    three, _, one = filled(desk, mailbox, 3)
    desk.ok("mail", "move", one, "--to", "Archive")
    assert ids(desk, "--folder", "Archive") == [one]
    assert ids(desk, "--folder", "inbox", "--query", 'subject:"Letter 3"') == [three]
    assert len(ids(desk, "--account", ME)) == 3
    assert [m["id"] for m in desk.json("search", "from:ann", "in:Archive")["messages"]] == [one]
    assert [m["id"] for m in desk.json("search", "from:ann", "-in:Archive", "--limit", 1)["messages"]] == [three]
    assert "is:blue is not known" in desk.fails("search", "is:blue")


def test_the_case_of_letters_outside_ascii_does_not_count(desk: Inside, mailbox: Mailbox, smtp: SmtpSink) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Jürgen Österle <j@acme.example>", f"Émile <{ME}>", "Ärger"
    mail.set_content("Hello")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Übersicht.pdf")
    mailbox.deliver(mail.as_bytes())
    connect(desk, mailbox, smtp)
    desk.ok("sync")
    for query in ("from:ÖSTERLE", "from:JÜRGEN", "to:émile", "subject:ärger", "filename:über", "filename:PDF"):
        assert len(desk.json("search", query)["messages"]) == 1, query
    assert desk.json("search", "filename:application")["messages"] == []


def test_nothing_that_a_mail_says_reaches_the_terminal_raw(desk: Inside, mailbox: Mailbox) -> None:
    mailbox.deliver(HOSTILE)
    connect(desk, mailbox)
    desk.ok("sync")
    [number] = ids(desk)
    for words in (("list",), ("show", number), ("show", number, "--headers"), ("show", number, "--html")):
        for form in ((), ("--json",)):
            printed = desk.ok("mail", *words, *form)
            assert not set(printed) & set("\x1b\x07\x9b\u202e"), (words, form)
    assert desk.run("mail", "show", number, "--raw").out.encode("utf-8", "surrogateescape").startswith(b"From: ")


def test_attachments_are_saved_inside_the_folder_and_never_over_a_file(
    desk: Inside, mailbox: Mailbox, tmp_path: Path
) -> None:
    mailbox.deliver(HOSTILE)
    connect(desk, mailbox)
    desk.ok("sync")
    [number] = ids(desk)
    [attachment] = desk.json("mail", "show", number)["attachments"]
    folder = tmp_path / "saved"
    paths = [Path(desk.json("mail", "save", number, 1, "--to", folder)["path"]) for _ in range(2)]
    assert len(set(paths)) == 2
    assert all(path.parent == folder and path.read_bytes().strip() == b"root" for path in paths)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)
    assert attachment["type"] == "text/plain"
    assert "no attachment" in desk.fails("mail", "save", number, 7, "--to", folder)


def test_flags_are_words_with_plus_and_minus(desk: Inside, mailbox: Mailbox) -> None:
    two, one = filled(desk, mailbox, 2)
    done = desk.json("mail", "flag", one, two, "+seen", "+flagged")
    assert len(done["operations"]) == 2
    desk.ok("mail", "flag", two, "-flagged")
    messages = {m["id"]: m for m in desk.json("mail", "list")["messages"]}
    assert [(messages[n]["seen"], messages[n]["flagged"], messages[n]["pending"]) for n in (one, two)] == [
        (True, True, True),
        (True, False, True),
    ]
    assert "blue" in desk.fails("mail", "flag", one, "+blue")
    desk.fails("mail", "flag", "+seen", code=2)
    desk.fails("mail", "flag", one, "seen", code=2)


def test_what_is_queued_can_be_seen_cancelled_and_undone(desk: Inside, mailbox: Mailbox) -> None:
    two, one = filled(desk, mailbox, 2)
    [archived] = desk.json("mail", "archive", one)["operations"]
    [deleted] = desk.json("mail", "delete", two)["operations"]
    listed = desk.json("queue", "list", "--state", "queued")
    assert [(op["id"], op["kind"], op["message"], op["attempts"]) for op in listed] == [
        (deleted, "move", two, 0),
        (archived, "move", one, 0),
    ]
    assert {"id", "kind", "message", "state", "attempts", "error", "created", "next_try"} <= set(listed[0])
    assert desk.json("queue", "cancel", archived)["state"] == "cancelled"
    assert ids(desk, "--folder", "INBOX") == [one]
    assert desk.json("undo", "--list")[0]["title"] == "Deleted 1 message"
    assert desk.json("undo") == {"undone": "Deleted 1 message"}
    assert ids(desk, "--folder", "INBOX") == [two, one]
    assert "can't be cancelled" in desk.fails("queue", "cancel", archived)
    assert "nothing to retry" in desk.fails("queue", "retry", archived)
    assert "only a refused one" in desk.fails("queue", "keep-local", archived)


def test_a_message_is_sent_from_options_and_files(
    desk: Inside, mailbox: Mailbox, smtp: SmtpSink, tmp_path: Path
) -> None:
    [asked] = filled(desk, mailbox, 1, smtp)
    (tmp_path / "offer.txt").write_text("the offer")
    (tmp_path / "text").write_text("Grüße\n", "utf-8")
    sent = desk.json(
        *("mail", "send", "--reply-to-message", asked, "--cc", "bo@beta.example", "--bcc", "eve@zeta.example"),
        *("--body-file", tmp_path / "text", "--attach", tmp_path / "offer.txt"),
    )
    assert set(sent) == {"id", "message_id", "operation"}
    desk.ok("sync")
    [got] = smtp.messages
    assert sorted(got.recipients) == ["ann@acme.example", "bo@beta.example", "eve@zeta.example"]
    assert b"Subject: Re: Letter 1" in got.raw
    assert b"In-Reply-To: <m1@example.org>" in got.raw
    assert b"eve@zeta.example" not in got.raw
    assert desk.json("mail", "show", asked)["answered"] is True
    shown = desk.json("mail", "show", sent["id"])
    assert (shown["text"].split()[0], shown["attachments"][0]["name"], shown["folder"]) == (
        "Grüße",
        "offer.txt",
        "Sent",
    )


def test_an_answer_goes_where_answers_are_wanted(desk: Inside, mailbox: Mailbox, smtp: SmtpSink) -> None:
    """Reply-To before From; --reply-all to the others too; --draft keeps it in Drafts instead."""
    filled(desk, mailbox, 0, smtp)
    raw = make_mail(
        "Ann <ann@acme.example>",
        f"{ME}, bo@beta.example",
        "Question",
        "How much?",
        headers=[("Reply-To", "team@acme.example")],
    )
    mailbox.deliver(raw)
    desk.ok("sync")
    [asked] = [one["id"] for one in desk.json("mail", "list")["messages"]]
    desk.json("mail", "send", "--reply-to-message", asked)
    desk.json("mail", "send", "--reply-to-message", asked, "--reply-all")
    kept = desk.json("mail", "send", "--reply-to-message", asked, "--subject", "Unfinished", "--draft")
    assert desk.json("mail", "show", kept["id"])["folder"] == "Drafts"
    desk.ok("sync")
    assert [got.recipients for got in smtp.messages] == [
        ("team@acme.example",),
        ("team@acme.example", "bo@beta.example"),
    ]
    with mailbox.client() as client:
        assert client.select("Drafts")[1] == [b"1"]


def test_a_message_waits_for_its_time(desk: Inside, mailbox: Mailbox, smtp: SmtpSink) -> None:
    filled(desk, mailbox, 0, smtp)
    sent = desk.json("mail", "send", "--to", "bo@beta.example", "--subject", "Later", "--at", "+3d")
    desk.ok("sync")
    assert smtp.messages == []
    [waiting] = desk.json("queue", "list", "--state", "queued")
    assert waiting["id"] == sent["operation"]
    assert waiting["next_try"] is not None


def test_links_are_made_by_hand_by_whatever_names_them(desk: Inside, mailbox: Mailbox) -> None:
    two, one = filled(desk, mailbox, 2)
    desk.ok("person", "add", "--name", "Ann Archer", "--email", "ann@acme.example")
    desk.ok("deal", "add", "--title", "Acme", "--person", "Ann Archer")
    linked = desk.json("link", one, two, "--person", "ann@acme.example", "--deal", "Acme")
    assert [message["link"]["state"] for message in linked] == ["linked", "linked"]
    assert desk.json("why", one)["origin"] == "manual"
    assert desk.json("unlink", one)[0]["link"] == {"state": "none", "persons": [], "deals": []}
    assert [entry["message"] for entry in desk.json("deal", "show", "Acme")["timeline"] if entry["kind"] == "mail"] == [
        two
    ]
    assert desk.json("private", one)[0]["link"]["state"] == "private"
    assert desk.json("private", one, "--off")[0]["link"]["state"] == "none"
    desk.fails("link", one, code=2)
    assert 'no deal "Beta"' in desk.fails("link", one, "--deal", "Beta")


def test_several_open_deals_go_to_triage(desk: Inside, mailbox: Mailbox) -> None:
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example")
    for title in ("Acme one", "Acme two"):
        desk.ok("deal", "add", "--title", title, "--person", "Ann")
    filled(desk, mailbox, 1)
    [waiting] = desk.json("triage")
    assert waiting["link"]["state"] == "needs_deal"
    assert {one["deal"]["title"] for one in waiting["candidates"] if one["deal"]} == {"Acme one", "Acme two"}
    desk.ok("link", waiting["id"], "--deal", "Acme two")
    assert desk.json("triage") == []


def test_never_link_is_a_list_of_patterns(desk: Inside, mailbox: Mailbox) -> None:
    assert desk.json("never-link", "add", "Acme.example") == {"pattern": "acme.example"}
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example")
    desk.ok("deal", "add", "--title", "Acme", "--person", "Ann")
    [number] = filled(desk, mailbox, 1)
    assert desk.json("mail", "show", number)["link"]["state"] == "none"
    assert desk.json("never-link", "list") == [{"pattern": "acme.example"}]
    assert desk.json("never-link", "remove", "acme.example") == {"pattern": "acme.example"}
    assert desk.json("never-link", "list") == []
    assert "never-link" in desk.fails("never-link", "remove", "acme.example")
    assert desk.json("undo") == {"undone": "acme.example is off the never-link list"}
    assert desk.json("never-link", "list") == [{"pattern": "acme.example"}]


def test_R17_a_setting_and_a_pattern_tell_what_they_would_have_done(desk: Inside, mailbox: Mailbox) -> None:
    desk.ok("person", "add", "--name", "Ann", "--email", "ann@acme.example")
    [number] = filled(desk, mailbox, 1)
    found = desk.json("settings", "preview", "contact_link", "always")
    assert (found["linked"], found["unlinked"], found["asked"]) == ([number], [], [])
    assert desk.json("mail", "show", number)["link"]["state"] == "none"
    desk.ok("settings", "set", "contact_link", "always")
    assert {one["setting"]: one["value"] for one in desk.json("settings", "list") if one["now"]} == {
        "contact_link": "always",
        "multi_deal": "ask",
    }
    assert desk.json("undo") == {"undone": "contact_link is always"}
    assert desk.json("settings", "list")[0]["now"] is True
    assert desk.json("never-link", "add", "acme.example", "--preview")["unlinked"] == []
    assert desk.json("never-link", "list") == []
    assert "choose one of" in desk.fails("settings", "set", "contact_link", "never")


@pytest.mark.parametrize(
    "words",
    [
        ("mail", "show", 99),
        ("mail", "move", 99, "--to", "INBOX"),
        ("mail", "archive", 99),
        ("mail", "list", "--folder", "Nowhere"),
        ("mail", "list", "--account", "nobody@home.example"),
        ("mail", "send", "--to", "a@b.example"),
        ("why", 99),
        ("link", 99, "--person", "nobody"),
        ("queue", "cancel", 99),
        ("undo",),
        ("sync", "--account", "nobody@home.example"),
        ("verify", "--account", "nobody@home.example"),
        ("account", "test", "nobody@home.example"),
        ("account", "remove", "nobody@home.example", "--yes"),
        ("folder", "select", "INBOX"),
        ("search", "before:someday"),
        ("never-link", "add", " "),
        ("search", "\udcff"),
        ("person", "show", 10**30),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(desk: Inside, words: tuple[object, ...]) -> None:
    for form in ((), ("--json",)):
        said = desk.fails(*words, *form)
        assert said.rstrip().endswith("."), said


@pytest.mark.parametrize(
    "words",
    [
        ("mail",),
        ("mail", "show"),
        ("mail", "show", "x"),
        ("mail", "show", "0"),
        ("mail", "archive", str(2**63)),
        ("nothing",),
        ("note", "edit", str(2**70)),
        ("queue", "cancel", "-1"),
        ("queue", "list", "--state", "odd"),
    ],
)
def test_wrong_usage_ends_with_2(desk: Inside, words: tuple[str, ...]) -> None:
    assert desk.fails(*words, code=2)


@pytest.mark.parametrize("words", [("account",), ("folder",), ("queue",), ("never-link",), ("person",), ("activity",)])
def test_an_empty_home_lists_nothing_as_an_empty_array(desk: Inside, words: tuple[str, ...]) -> None:
    assert desk.json(*words, "list") == []
    assert desk.json("mail", "list") == {"messages": [], "next": None}
    assert desk.json("sync") == {"accounts": []}
    assert desk.json("verify") == []
    assert desk.json("triage") == []
