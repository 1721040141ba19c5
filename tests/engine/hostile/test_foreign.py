"""No message ever shows the text of another: what a server gives must have the header that it told."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import Mailbox
from tests.engine.hostile.conftest import BAD, HONEST, Siege
from tests.engine.hostile.server import Said, mail
from tests.engine.rules.desk import desk
from tui.engine.imap.facts import HEADER_FIELDS
from tui.engine.mail.headers import parse_header
from tui.engine.sync.belonging import belongs, headline

FIELDS = frozenset(HEADER_FIELDS.lower().split())
PLAIN = (
    b"Message-ID: <1@a.example>\r\nFrom: Ann <ann@a.example>\r\nSubject: One\r\n"
    b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n"
)
NAMELESS = PLAIN.partition(b"\r\n")[2]


def told(raw: bytes) -> bytes:
    """Return what a server gives for BODY[HEADER.FIELDS (…)], in the simplest way."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    fields = re.findall(rb"(?m)^[^\s:]+[ \t]*:.*(?:\n[ \t].*)*", head)
    return b"\n".join(f for f in fields if f.partition(b":")[0].strip().lower().decode("latin-1") in FIELDS) + b"\n\n"


def test_R43_every_real_and_hostile_mail_belongs_to_its_own_header(corpus: Path) -> None:
    """No mail is kept out because its header is odd, and none passes for the one before it."""
    paths = sorted((corpus / "hostile").glob("*.eml")) + sorted((corpus / "real").rglob("*.eml"))[::4]
    before = None
    strangers = 0
    for path in paths:
        raw = path.read_bytes()
        facts = parse_header(told(raw))
        assert belongs(raw, headline(facts)), path
        if before is not None and facts.message_id and before.message_id not in ("", facts.message_id):
            strangers += 1
            assert not belongs(raw, headline(before)), path
        before = facts
    assert strangers > 100


def test_R8_a_mail_is_told_from_another_by_what_both_say() -> None:
    known, nameless = headline(parse_header(PLAIN)), headline(parse_header(NAMELESS))
    body = b"\r\nHi\r\n"
    assert belongs(PLAIN + body, known)
    assert belongs(PLAIN.replace(b"Subject: One", b"Subject: =?utf-8?q?One?=") + body, known)
    assert belongs(PLAIN.replace(b"One", b"[list] One") + body, known), "a list's tag is no other mail"
    assert belongs(NAMELESS + body, known), "the Message-ID may be lost on the way"
    assert belongs(NAMELESS + body, nameless)
    assert belongs(b"no header at all", headline(parse_header(b"")))
    assert not belongs(PLAIN.replace(b"<1@", b"<2@") + body, known)
    assert not belongs(PLAIN.replace(b"<1@", b"<2@") + b"In-Reply-To: <1@a.example>\r\n" + body, known)
    assert not belongs(PLAIN.replace(b"<1@", b"<2@") + b"\r\nMessage-ID: <1@a.example>\r\n", known)
    assert not belongs(PLAIN.replace(b"One", b"Two").replace(b"ann@", b"bob@") + body, known)
    assert not belongs(NAMELESS.replace(b"One", b"Two") + body, nameless)
    assert not belongs(NAMELESS.replace(b"10:00", b"11:00") + body, nameless)
    assert not belongs(b"", known)
    assert not belongs(b"garbage", nameless)


async def test_R43_odd_mails_of_a_real_server_are_all_here(mailbox: Mailbox, corpus: Path) -> None:
    """Dovecot's own reading of odd headers takes no mail for another's."""
    odd = [path.read_bytes() for path in sorted((corpus / "hostile").glob("*.eml")) if path.stat().st_size < 200_000]
    async with desk(mailbox) as d:
        for raw in odd:
            mailbox.deliver(raw)
        await d.sync()
        [proof] = [one for one in await d.engine.verify(d.account.id) if one.folder == "INBOX"]
        assert (proof.on_server, proof.here, proof.failed) == (len(odd), len(odd), 0)


def _swapped(said: Said) -> bytes:
    """Each message has the body of the next one."""
    if b"BODY.PEEK[]" not in said.line:
        return said.honest
    uids = re.findall(rb"\(UID (\d+)", said.honest)
    turned = iter([*uids[1:], uids[0]])
    return re.sub(rb"\(UID \d+", lambda found: b"(UID " + next(turned), said.honest)


async def _after(siege: Siege) -> list[tuple[str, int, int, bool, str]]:
    proofs = await siege.victim.ask("verify", account=siege.account)
    return [tuple(proof) for proof in proofs if proof[0] == "INBOX"]


async def test_R47_bodies_that_were_swapped_are_kept_out_and_told(siege: Siege) -> None:
    """Not one is shown under another's header; asked again by the comparison, an honest server mends it."""
    box = siege.server.boxes[b"INBOX"]
    for at in range(6, 9):
        box.add(mail(at))
    siege.server.lies["UID FETCH"] = _swapped
    got = await siege.sync()
    assert got["errors"][BAD] == ""
    assert (await siege.victim.ask("texts"))["wrong"] == []
    assert await _after(siege) == [("INBOX", 9, 6, False, "")]
    siege.server.lies.clear()
    got = await siege.sync()
    assert len([one for one in got["subjects"] if one.startswith("Mail")]) == 9
    assert await _after(siege) == [("INBOX", 9, 9, True, "")]
    assert (await siege.victim.ask("texts"))["wrong"] == []


async def test_R1_a_body_of_a_message_that_was_not_asked_for_is_nobodys(siege: Siege) -> None:
    """The answer to one UID that carries another's number stores nothing; asked again it comes."""
    siege.server.boxes[b"INBOX"].add(mail(6))

    def other(said: Said) -> bytes:
        return said.honest.replace(b"(UID 7 BODY", b"(UID 3 BODY")

    siege.server.lies["UID FETCH"] = other
    got = await siege.sync()
    assert got["errors"][BAD] == ""
    assert (await siege.victim.ask("texts"))["wrong"] == []
    assert await _after(siege) == [("INBOX", 7, 6, False, "")]
    siege.server.lies.clear()
    await siege.sync()
    assert await _after(siege) == [("INBOX", 7, 7, True, "")]


async def test_R47_sizes_that_lie_keep_no_mail_out(siege: Siege) -> None:
    """Exchange counts otherwise than it sends: a size proves nothing about a body, and what is kept is what came."""
    siege.server.boxes[b"INBOX"].add(mail(6))
    siege.server.lies["UID FETCH"] = lambda said: re.sub(rb"RFC822.SIZE \d+", b"RFC822.SIZE 3", said.honest)
    got = await siege.sync()
    assert sorted(one for one in got["subjects"] if one.startswith("Mail")) == [*HONEST, "Mail 6"]
    assert await _after(siege) == [("INBOX", 7, 7, True, "")]
    assert (await siege.victim.ask("texts"))["wrong"] == []
