"""The lane, the selected folder and the quirks table, each alone."""

from __future__ import annotations

import asyncio

import pytest

from tui.engine.errors import NetworkError
from tui.engine.imap.facts import Fetched, Number, Vanished
from tui.engine.imap.lane import Lane
from tui.engine.imap.quirks import Throttled, choose, transient
from tui.engine.imap.response import condition
from tui.engine.imap.selected import SelectedFolder
from tui.engine.imap.uidset import UidSet


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_lane_is_first_come_first_served() -> None:
    lane, order = Lane(2), []

    async def go(name: str, alone: bool) -> None:
        await lane.enter(alone)
        order.append(name)

    tasks = [asyncio.create_task(go(name, name.isupper())) for name in ("a", "b", "c", "D", "e")]
    await settle()
    assert order == ["a", "b"]
    lane.leave()
    await settle()
    assert order == ["a", "b", "c"]
    lane.leave()
    await settle()
    assert order == ["a", "b", "c"]
    lane.leave()
    await settle()
    assert order == ["a", "b", "c", "D"]
    lane.leave()
    await asyncio.gather(*tasks)
    assert order[-1] == "e"


async def test_lane_survives_cancelled_waiters() -> None:
    lane = Lane(1)
    await lane.enter(False)
    waiters = [asyncio.create_task(lane.enter(alone)) for alone in (True, False, True)]
    await settle()
    waiters[0].cancel()
    lane.leave()
    waiters[1].cancel()
    await settle()
    assert waiters[2].done()
    lane.leave()
    await lane.enter(True)


async def test_lane_fails_everyone() -> None:
    lane = Lane(1)
    await lane.enter(True)
    waiter = asyncio.create_task(lane.enter(False))
    await settle()
    lane.fail(NetworkError("gone"))
    with pytest.raises(NetworkError, match="gone"):
        await waiter
    with pytest.raises(NetworkError, match="gone"):
        await lane.enter(False)


def told(*uids: int) -> SelectedFolder:
    folder = SelectedFolder()
    folder.begin("INBOX")
    folder.exists = len(uids)
    for seq, uid in enumerate(uids, 1):
        folder.witness(Fetched(uid, seq))
    return folder


def test_expunge_by_number_becomes_a_uid() -> None:
    folder = told(11, 12, 13, 14)
    for number, uid in ((2, 12), (2, 13), (1, 11)):
        assert folder.witness(Number("EXPUNGE", number)) == Vanished(UidSet([uid]), False)
    assert folder.exists == 1
    assert folder.witness(Number("EXPUNGE", 9)) == Number("EXPUNGE", 9)


def test_flags_without_a_uid_are_filed_but_never_content() -> None:
    """Outlook sends FETCH without UID when flags change."""
    folder = told(11, 12)
    flags = Fetched(0, 2, frozenset({"seen"}), present=frozenset({"flags"}))
    body = Fetched(0, 2, body=b"x", present=frozenset({"body"}))
    assert isinstance(folder.witness(flags), Fetched)
    assert getattr(folder.witness(flags), "uid", 0) == 12
    assert getattr(folder.witness(body), "uid", -1) == 0


def test_vanished_of_an_unknown_message_unlearns_the_numbers() -> None:
    folder = told(11, 12, 13)
    folder.witness(Vanished(UidSet([12]), False))
    assert folder.witness(Number("EXPUNGE", 2)) == Vanished(UidSet([13]), False)
    folder.witness(Vanished(UidSet([99]), False))
    assert folder.witness(Number("EXPUNGE", 1)) == Number("EXPUNGE", 1)


def test_absurd_numbers_allocate_nothing() -> None:
    folder = told()
    folder.witness(Fetched(5, 4_294_967_295))
    folder.unasked(Vanished(UidSet.span(1), False))
    facts = folder.take()
    assert len(facts.vanished) == 4_294_967_295


def test_the_same_count_again_is_no_news() -> None:
    folder = told(11, 12)
    folder.unasked(Number("EXISTS", 2))
    assert not folder.has_news
    folder.unasked(Number("EXISTS", 3))
    assert folder.take().exists == 3


@pytest.mark.parametrize(
    ("host", "greeting", "identity", "capabilities", "name"),
    [
        ("imap.gmail.com", "Gimap ready for requests", "", "X-GM-EXT-1 CONDSTORE", "gmail"),
        ("outlook.office365.com", "The Microsoft Exchange IMAP4 service is ready", "", "UIDPLUS", "outlook"),
        ("p01-imap.mail.me.com", "", "", "QRESYNC", "icloud"),
        ("mail.firm.example", "Courier-IMAP ready. Copyright 1998-2018", "", "IDLE", "courier"),
        ("mail.firm.example", "Dovecot (Debian) ready.", "", "QRESYNC", "dovecot"),
        ("mail.firm.example", "ready", "name Dovecot", "QRESYNC", "dovecot"),
        ("notgmail.example", "hello", "", "", "plain"),
        ("livelihood.com.example", "hello", "", "", "plain"),
    ],
)
def test_quirks_by_host_greeting_and_id(host: str, greeting: str, identity: str, capabilities: str, name: str) -> None:
    quirks = choose(host, greeting, identity, capabilities.split())
    assert quirks.name == name
    assert quirks.qresync == ("QRESYNC" in capabilities and name != "icloud")
    assert quirks.idle_pushes == (name != "courier")
    assert quirks.files_sent == (name in ("gmail", "outlook"))
    assert quirks.guid == {"gmail": "X-GM-MSGID", "dovecot": "X-GUID"}.get(name, "")


def test_refusals_that_pass_are_told_from_verdicts() -> None:
    def judged(line: bytes) -> NetworkError | None:
        said = condition(line)
        assert said is not None
        return transient(said, "h:993")

    throttled = judged(b"BAD Request is throttled. Suggested Backoff Time: 3000 milliseconds")
    assert isinstance(throttled, Throttled)
    assert throttled.seconds == 3
    assert judged(b"NO [UNAVAILABLE] later") is not None
    assert judged(b"BAD User is authenticated but not connected.") is not None
    assert judged(b"NO [NOPERM] never") is None
