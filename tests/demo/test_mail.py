"""The sample mail is valid, deterministic, at home in reserved domains, and holds what a demo wants to show."""

from __future__ import annotations

import re
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.demo.letter import Letter
from tui.demo.mail import moment, quote, sample
from tui.demo.papers import pdf, png
from tui.demo.world import FOLDERS, ME, TEAM, World

NOW = 1_790_000_000


@pytest.fixture(scope="module")
def letters() -> list[Letter]:
    return sample(NOW)


@pytest.fixture(scope="module")
def mails(letters: list[Letter]) -> list[EmailMessage]:
    return [parse(letter.raw) for letter in letters]


def parse(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_about_sixty_messages_in_the_known_folders(letters: list[Letter]) -> None:
    """Some 60 messages over both users, in folders that the world has, most of them in the first user's INBOX."""
    where = Counter((letter.user, letter.folder) for letter in letters)
    assert 55 <= len(letters) <= 70
    assert {folder for _, folder in where} <= {"INBOX", *FOLDERS}
    assert where[ME, "INBOX"] >= 20
    assert where[ME, "Sent"] >= 10
    assert where[ME, "Drafts"] == 1
    assert where[TEAM, "INBOX"] >= 4


def test_same_seed_same_mail() -> None:
    """Two runs at the same moment see the same bytes, apart from the boundaries that the standard library draws."""

    def without_boundaries(letter: Letter) -> bytes:
        return re.sub(rb"={15}\d+==", b"boundary", letter.raw)

    first, second = sample(NOW), sample(NOW)
    assert [without_boundaries(letter) for letter in first] == [without_boundaries(letter) for letter in second]
    assert [letter.at for letter in first] == [letter.at for letter in second]


def test_dates_are_of_the_last_three_months(letters: list[Letter], mails: list[EmailMessage]) -> None:
    """Date and INTERNALDATE agree, none is in the future, none older than 92 days."""
    for letter, mail in zip(letters, mails, strict=True):
        assert letter.at is not None
        assert NOW - 92 * 86400 < letter.at <= NOW
        assert parsedate_to_datetime(str(mail["Date"])).timestamp() == letter.at


def test_references_name_earlier_messages(letters: list[Letter], mails: list[EmailMessage]) -> None:
    """Every Message-ID is there once, and every In-Reply-To names a message that came before."""
    seen: set[str] = set()
    for mail in mails:
        for parent in str(mail["References"] or "").split():
            assert parent in seen
        if mail["In-Reply-To"]:
            assert str(mail["References"]).split()[-1] == mail["In-Reply-To"]
        assert mail["Message-ID"] not in seen
        seen.add(str(mail["Message-ID"]))


def test_nobody_real_is_named(mails: list[EmailMessage]) -> None:
    """All addresses are in .example, which is reserved (RFC 2606, section 2)."""
    for mail in mails:
        for name in ("From", "To", "Cc"):
            for address in getattr(mail[name], "addresses", ()):
                assert address.domain.endswith(".example")


def test_no_header_is_defective(mails: list[EmailMessage]) -> None:
    """The sample is clean mail; hostile mail is the corpus's business."""
    for mail in mails:
        assert not mail.defects
        assert not [defect for value in mail.values() for defect in getattr(value, "defects", ())]


def test_what_a_demo_wants_to_show_is_there(mails: list[EmailMessage]) -> None:
    """A PDF, HTML alone and beside text, ISO-2022-JP, an emoji, markup in a subject, a list, an invitation."""
    subjects = [str(mail["Subject"]) for mail in mails]
    types = {part.get_content_type() for mail in mails for part in mail.walk()}
    charsets = {part.get_content_charset() for mail in mails for part in mail.walk()}
    assert any("[/x]" in subject for subject in subjects)
    assert any("🎉" in subject for subject in subjects)
    assert any("試験導入" in subject for subject in subjects)
    assert {"application/pdf", "text/html", "image/png", "text/calendar", "text/csv"} <= types
    assert {"iso-2022-jp", "iso-8859-1", "utf-8"} <= charsets
    assert any("mailops" in str(mail["List-Id"]) and "ann@acme.example" in str(mail["Cc"]) for mail in mails)
    assert sum("storage" in str(mail["List-Id"]) for mail in mails) >= 3


def test_answered_messages_are_marked(letters: list[Letter], mails: list[EmailMessage]) -> None:
    """What we replied to carries \\Answered, and what is ours is never unread."""
    by_id = {str(mail["Message-ID"]): letter for letter, mail in zip(letters, mails, strict=True)}
    for letter, mail in zip(letters, mails, strict=True):
        ours = letter.folder in ("Sent", "Drafts")
        assert not ours or "\\Seen" in letter.flags
        if ours and mail["In-Reply-To"] and letter.folder == "Sent":
            parent = by_id[str(mail["In-Reply-To"])]
            assert parent.folder == "Sent" or "\\Answered" in parent.flags


def test_world_takes_the_sample(world: World, letters: list[Letter]) -> None:
    """Both servers' mailboxes hold all of it within a second or so."""
    uids = world.fill(letters)
    assert len(uids) == len(letters)
    assert all(uid > 0 for uid in uids)


@pytest.mark.parametrize(("ago", "back"), [("25m", 1500), ("3h", 10800)])
def test_moment_counts_back(ago: str, back: int) -> None:
    """Minutes and hours are counted from now."""
    assert moment(ago, NOW) == NOW - back


def test_moment_names_what_it_cannot_read() -> None:
    """A typing error in the sample is told with its text."""
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday", NOW)


@given(st.text(max_size=200), st.integers(0, 2**31), st.integers(-12, 14))
def test_quote_marks_every_line(text: str, at: int, zone: int) -> None:
    """Below the attribution every line is marked, whatever was written."""
    attribution, _, quoted = quote(text, "Ann", at, zone).partition("\n")
    assert attribution.endswith("Ann wrote:")
    assert all(line.startswith(">") for line in quoted.split("\n") if quoted)


def test_papers_are_what_they_claim() -> None:
    """The PDF's cross-reference table points at its objects; the PNG has its signature and end."""
    data = pdf("a.pdf", ("Total (net)", "€5")).data
    table = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[table:].startswith(b"xref")
    for number, entry in enumerate(data[table:].splitlines()[3:8], 1):
        assert data[int(entry.split()[0]) :].startswith(b"%d 0 obj" % number)
    assert b"(Total \\(net\\)) Tj" in data
    picture = png("a.png").data
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture[-8:-4] == b"IEND"
