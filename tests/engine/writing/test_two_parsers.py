"""What the composer makes is read by the stdlib and by fast-mail-parser; both say field by field what was written."""

from __future__ import annotations

import email
import email.policy
import unicodedata
from email.message import EmailMessage

import fast_mail_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine import text
from tui.engine.mail.compose import Outgoing, build, without_bcc
from tui.engine.mail.flowed import flow
from tui.engine.mail.markdown import to_html
from tui.engine.model import Address

HEADS = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version")
"""What may stand in a header; Content- fields follow."""

anything = st.text(max_size=120) | st.sampled_from(
    [
        "a\r\nBcc: victim@x.example",
        "b\nX-Evil: 1\n\nbody",
        "=?utf-8?q?x?=",
        "\u202egnp.exe",
        "ü" * 90,
        "  ",
        "a\x00b",
        "From ",
    ]
)
local = st.from_regex(r"[a-z0-9][a-z0-9+_-]{0,20}", fullmatch=True)
addresses = st.builds(lambda name, at: Address(name, f"{at}@acme.example"), anything, local)
files = st.tuples(anything, st.sampled_from(["application/pdf", "text/plain", "x\r\nY: z/q"]), st.binary(max_size=300))
letters = st.builds(
    Outgoing,
    sender=addresses,
    to=st.lists(addresses, min_size=1, max_size=4).map(tuple),
    cc=st.lists(addresses, max_size=3).map(tuple),
    bcc=st.lists(addresses, max_size=3).map(tuple),
    subject=anything,
    body=anything,
    attachments=st.lists(files, max_size=2).map(tuple),
    date=st.integers(0, 2_000_000_000),
    message_id=st.just("1f2e3d@our.example"),
    references=st.lists(anything, max_size=3).map(tuple),
    html=st.just("") | anything.map(to_html),
)


def plain(value: str) -> str:
    """A text as any parser may give it: whitespace runs as one, and no form but the composed one."""
    return " ".join(unicodedata.normalize("NFC", value).split())


def solid(value: str) -> str:
    """A text without any blanks."""
    return plain(value).replace(" ", "")


def file_name(name: str) -> str:
    """The name of an attachment as it may leave: one line, no path."""
    return text.line(name, 200).replace("/", "_").replace("\\", "_") or "attachment"


@settings(max_examples=60, deadline=None)
@given(letters)
def test_two_parsers_read_what_was_written_and_nothing_else(letter: Outgoing) -> None:
    raw = without_bcc(build(letter))
    message = email.message_from_bytes(raw, policy=email.policy.default)
    other = fast_mail_parser.parse_email(raw)
    assert isinstance(message, EmailMessage)

    names = message.keys()
    assert len(names) == len(set(names))
    assert all(name in HEADS or name.startswith("Content-") for name in names), names
    assert set(other.headers) <= set(names)
    assert "bcc" not in raw.partition(b"\r\n\r\n")[0].lower().replace(b" ", b"").decode().split("\r\n")

    assert plain(str(message["Subject"])) == plain(other.subject) == plain(text.line(letter.subject))
    for name, wanted in (("From", (letter.sender,)), ("To", letter.to), ("Cc", letter.cc)):
        found = [one.addr_spec for one in message[name].addresses] if message[name] else []
        assert found == [one.email for one in wanted], name
        shown = [one.display_name for one in message[name].addresses] if message[name] else []
        # The stdlib leaves the blank between two encoded words of a name standing (RFC 2047, section 6.2).
        assert [solid(one) for one in shown] == [solid(text.line(one.name, 300)) for one in wanted], name
        assert all(one.email in " ".join(other.headers.get(name, [])) for one in wanted)
    assert str(message["Message-ID"]) == f"<{letter.message_id}>"

    body = message.get_body(("plain",))
    assert body is not None
    wanted = flow(text.clean(letter.body)).rstrip("\n") + "\n"
    assert (body["Content-Type"].params["format"], body["Content-Type"].params["delsp"]) == ("flowed", "no")
    assert body.get_content().replace("\r\n", "\n") == wanted
    assert other.text_plain[0].replace("\r\n", "\n") == wanted
    if letter.html:
        half = message.get_body(("html",))
        assert half is not None
        assert half.get_content().replace("\r\n", "\n") == other.text_html[0].replace("\r\n", "\n")
    names = [part.get_filename() for part in message.iter_attachments()]
    assert [plain(str(name)) for name in names] == [plain(file_name(name)) for name, _, _ in letter.attachments]
    attached = [bytes(part.get_payload(decode=True)) for part in message.iter_attachments()]  # type: ignore[arg-type]
    assert attached == [data for _, _, data in letter.attachments]
    assert [bytes(one.content) for one in other.attachments][-len(attached) or None :] == attached or not attached
    assert all(len(row) <= 998 for row in raw.split(b"\r\n"))
