"""One message as big as a server likes: memory stays bounded, the message is here or named with the reason."""

from __future__ import annotations

import pytest

from tests.engine.hostile.conftest import BAD, HONEST, Siege
from tests.engine.hostile.lies import MIB
from tests.engine.hostile.server import mail

SIZE = 80 * MIB
"""More than the memory that is allowed, so that whoever holds it breaks the bound."""
LINE = b"QUFB" * 19 + b"\r\n"


def _attachment() -> bytes:
    head, _, text = mail(6).partition(b"\r\n\r\n")
    kept = b"\r\n".join(one for one in head.split(b"\r\n") if not one.lower().startswith((b"content-", b"mime-")))
    return (
        kept
        + b'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n'
        + text
        + b"\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + LINE * (SIZE // len(LINE))
        + b"\r\n--b--\r\n"
    )


BIG = {
    "an attachment": _attachment,
    "a text": lambda: mail(6) + b"All the same words. \r\n" * (SIZE // 22),
    "a line": lambda: mail(6) + b"x" * SIZE,
    "an attachment that never ends": lambda: _attachment().replace(b"\r\n--b--\r\n", b""),
    "an HTML text": lambda: (
        mail(6).replace(b"text/plain", b"text/html") + b"<p>All the same <b>words</b> " * (SIZE // 29)
    ),
}


@pytest.mark.parametrize("name", BIG)
async def test_R1_a_message_bigger_than_the_memory_allowed_is_here(siege: Siege, name: str) -> None:
    siege.server.boxes[b"INBOX"].add(BIG[name]())
    got = await siege.sync()
    assert got["errors"][BAD] == ""
    assert [one for one in got["subjects"] if one != "Neighbour"] == [*HONEST, "Mail 6"]
    proofs = await siege.victim.ask("verify", account=siege.account)
    assert [tuple(proof) for proof in proofs if proof[0] == "INBOX"] == [("INBOX", 7, 7, True, "")]


async def test_R1_many_big_texts_at_once_are_here(siege: Siege) -> None:
    """One comes, one is read and one is written: together they stay within the bound."""
    for at in range(6, 11):
        siege.server.boxes[b"INBOX"].add(mail(at) + b"All the same words. \r\n" * (12 * MIB // 22))
    got = await siege.sync()
    assert got["errors"][BAD] == ""
    assert len(got["subjects"]) == 13
