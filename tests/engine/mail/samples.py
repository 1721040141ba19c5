"""What the mail tests share: what must never reach a screen, and a message made of parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def message(body: bytes = b"Hello\r\n", **fields: str) -> bytes:
    """Return a message with these header fields, underscores of their names being hyphens."""
    named = {
        "From": "Ann Archer <ann@example.org>",
        "Subject": "Offer",
        **{k.replace("_", "-"): v for k, v in fields.items()},
    }
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in named.items()) + b"\r\n" + body


def multipart(*parts: bytes, kind: str = "mixed") -> bytes:
    """Return a multipart message of parts that each begin with their own header fields."""
    inner = b"".join(b"--B\r\n" + part.replace(b"\n", b"\r\n") + b"\r\n" for part in parts) + b"--B--\r\n"
    return message(inner, Content_Type=f'multipart/{kind}; boundary="B"')


def messages_in(path: Path) -> list[bytes]:
    """Return the messages of a file: one, or those of an mbox."""
    raw = path.read_bytes()
    if path.suffix in (".mbox", ".mbx") and raw.startswith(b"From "):
        return re.split(rb"(?m)^From [^\n]*\n", raw)[1:]
    return [raw]


def real_mail(corpus: Path) -> Iterator[Path]:
    """Yield every file of the real corpus that may be a message."""
    for path in sorted((corpus / "real").rglob("*")):
        if (
            path.is_file()
            and path.suffix not in (".html", ".tsv", ".json", ".jsonl", ".xml", ".yml")
            and "_licences" not in path.parts
        ):
            yield path
