from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.mail.test_flowed import meant
from tui.engine import text
from tui.engine.errors import InvalidInput
from tui.engine.mail.compose import Outgoing, build, new_message_id, parse_recipients, without_bcc
from tui.engine.mail.mime import attachment_bytes, parse
from tui.engine.model import Address

ME = Address("Me Müller", "me@our.example")
ANN = Address("Archer, Ann", "ann@x.example")
FIELDS = ["From", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"]


def outgoing(**changes: object) -> Outgoing:
    given_: dict[str, object] = {
        "sender": ME,
        "to": (ANN,),
        "subject": "Größe",
        "body": "Hällo\n",
        "date": 1772542929,
        "message_id": "m@our.example",
        **changes,
    }
    return Outgoing(**given_)  # type: ignore[arg-type]


def fields_of(raw: bytes) -> list[str]:
    return [name for name, _ in parse(raw).headers]


def test_a_message_reads_back_as_it_was_written() -> None:
    raw = build(
        outgoing(cc=(Address("", "c@x.example"),), bcc=(Address("", "b@x.example"),), references=("a@x", "b@x"))
    )
    parsed = parse(raw)
    facts = parsed.facts
    assert (facts.from_, facts.to, facts.subject) == ((ME,), (ANN,), "Größe")
    assert (facts.cc[0].email, facts.bcc[0].email) == ("c@x.example", "b@x.example")
    assert (facts.message_id, facts.in_reply_to, facts.references) == ("m@our.example", ("b@x",), ("a@x", "b@x"))
    assert (facts.date, parsed.text, parsed.warnings) == (1772542929, "Hällo", ())


def test_other_parsers_read_it_alike() -> None:
    raw = build(outgoing(attachments=(("grüße.pdf", "application/pdf", b"%PDF\x00\xff" * 99),)))
    other = email.message_from_bytes(raw, policy=email.policy.default)
    assert str(other["subject"]) == "Größe"
    assert other["to"].addresses[0].display_name == "Archer, Ann"
    assert other.get_body().get_content().split() == ["Hällo"]  # type: ignore[union-attr]
    [attached] = other.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("grüße.pdf", b"%PDF\x00\xff" * 99)


def test_every_line_is_short_and_ends_in_crlf() -> None:
    raw = build(outgoing(subject="word " * 150, body="x" * 5000 + "\nFrom me\n.\n", to=(ANN,) * 200))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(row) for row in raw.split(b"\r\n")) <= 200
    assert raw.isascii()
    assert b"\r\nFrom me" not in raw
    assert parse(raw).text.endswith("From me\n.")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_of_any_field_makes_another_field(name: str, subject: str, identifier: str, file_name: str) -> None:
    evil = "\r\nBcc: victim@x.example\r\n\r\nbody"
    raw = build(
        outgoing(
            sender=Address(name + evil, "me@our.example"),
            to=(Address(evil + name, "a@x.example"),),
            subject=subject + evil + subject,
            message_id=identifier + evil,
            references=(identifier + evil, evil),
            attachments=((file_name + evil, "text/x" + evil, b"data"),),
        )
    )
    head = raw.partition(b"\r\n\r\n")[0]
    names = [row.partition(b":")[0] for row in head.split(b"\r\n") if row[:1] not in (b" ", b"\t")]
    assert set(names) <= {field.encode() for field in (*FIELDS, "Content-Type")}
    assert b"Bcc" not in names
    assert len(names) == len(set(names))


def test_addresses_that_cannot_be_written_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"a@x\.example Bcc"):
        build(outgoing(to=(Address("", "a@x.example\r\nBcc: b@c.d"),)))


def test_domains_are_written_in_ascii() -> None:
    assert b"a@xn--bcher-kva.example" in build(outgoing(to=(Address("", "a@bücher.example"),)))


def test_without_recipients_to_show_none_are_shown() -> None:
    raw = build(outgoing(to=(), bcc=(ANN,)))
    assert b"To: undisclosed-recipients:;\r\n" in raw
    assert parse(raw).facts.to == ()


def test_bcc_is_kept_here_and_never_handed_over() -> None:
    raw = build(outgoing(bcc=tuple(Address("Bee", f"b{n}@x.example") for n in range(20)), body="Bcc: not a field\n"))
    wire = without_bcc(raw)
    assert parse(raw).facts.bcc
    assert b"b7@x.example" not in wire
    assert wire.endswith(b"\r\n\r\nBcc: not a field\r\n")
    assert fields_of(wire) == [name for name in fields_of(raw) if name != "Bcc"]
    assert without_bcc(b"bcc: a@b\n c@d\nTo: x@y\n\nBcc: z") == b"To: x@y\n\nBcc: z"


def test_attached_messages_stay_messages_where_that_is_safe() -> None:
    inner = b"Subject: inner\r\n\r\nwords\r\n"
    raw = build(outgoing(attachments=(("m.eml", "message/rfc822", inner), ("n.eml", "message/rfc822", b"a\x00\xff"))))
    parsed = parse(raw)
    assert [one.type for one in parsed.attachments] == ["message/rfc822", "application/octet-stream"]
    assert attachment_bytes(raw, 1)[1].strip() == inner.strip()
    assert attachment_bytes(raw, 2)[1] == b"a\x00\xff"


@given(st.text(max_size=500))
def test_every_body_comes_back(body: str) -> None:
    """Every line with its quote depth; only what makes no difference may: spaces at line ends, empty lines around."""
    read = meant(parse(build(outgoing(body=body))).text)
    written = meant(text.clean(text.clean(body)))
    assert trimmed(read) == trimmed(written)


def trimmed(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    while lines and lines[0] == (0, ""):
        lines = lines[1:]
    while lines and lines[-1] == (0, ""):
        lines = lines[:-1]
    return lines


def test_message_ids_are_fresh_and_say_nothing() -> None:
    ids = {new_message_id("our.example") for _ in range(100)}
    assert len(ids) == 100
    assert all(one.endswith("@our.example") for one in ids)
    assert new_message_id("evil\r\nX: y").endswith("@localhost")
    assert new_message_id("bücher.example").endswith("@xn--bcher-kva.example")


def test_typed_recipients_are_read_as_people_write_them() -> None:
    typed = 'Ann <a@b.c>, d@e.f; "X, Y" <x@y.z>\nmailto:g@h.i, A@B.c'
    assert parse_recipients(typed) == [
        Address("Ann", "a@b.c"),
        Address("", "d@e.f"),
        Address("X, Y", "x@y.z"),
        Address("", "g@h.i"),
    ]
    assert parse_recipients(" , ;\n") == []


@pytest.mark.parametrize(
    "typed",
    [
        "ann",
        "a@@b",
        "a@b.c d@e.f",
        "a@b.c Bcc: x@y.z",
        "Ann <a@b.c",
        "<>",
        "@b.c",
        "a@",
        "a@b..c",
        "a@b.c\x00d",
        "a b <a@b.c> <c@d.e>",
        "x@y <a@b.c>",
        "undisclosed:;",
    ],
)
def test_what_is_no_address_is_refused_by_name(typed: str) -> None:
    with pytest.raises(InvalidInput, match="not an e-mail address"):
        parse_recipients("ok@x.example, " + typed)
