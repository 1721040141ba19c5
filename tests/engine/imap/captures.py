"""Real and hostile server answers of the corpus, as bytes on the wire."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tui.engine.errors import ProtocolError
from tui.engine.imap.facts import Fact, read
from tui.engine.imap.framing import Frame, Framer, Limits

_YAML_RESPONSE = re.compile(r':response:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)


def captures(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, octets) of everything that a server says in the corpus."""
    for path in sorted((corpus / "hostile/imap").glob("*.txt")):
        yield path.name, path.read_bytes()
    for path in sorted((corpus / "real/mailkit-captures/Imap").rglob("*.txt")):
        # Stored with bare LF; the literals of most, not of all, count CRLF.
        raw = path.read_bytes()
        written = [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), raw]
        yield f"{path.parent.name}/{path.name}", min(written, key=lambda data: len(facts(frames(data)[0])[1]))
    for path in sorted((corpus / "real/imap-response-strings").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            yield f"{path.name}:{entry['at']}", _ended(entry["data"].encode("utf-8", "surrogateescape"))
    for path in sorted((corpus / "real/net-imap-responses").glob("*.yml")):
        for at, match in enumerate(_YAML_RESPONSE.finditer(path.read_text("utf-8"))):
            folded = re.sub(r"\\?\n\s*", "", match[1])
            yield f"{path.name}:{at}", _ended(ast.literal_eval(folded).encode("utf-8"))


def _ended(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\r\n"


class Memory:
    """A sink in memory, named by what came."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> object:
        self.data += data
        return None

    def finish(self) -> Path:
        return Path(f"literal of {len(self.data)} {hash(self.data)}")

    def discard(self) -> None:
        self.data = b""


def frames(data: bytes, cuts: list[int] | None = None, limits: Limits | None = None) -> tuple[list[Frame], str]:
    """Return the responses in ``data``, fed in pieces, and what stopped the framer, "" for nothing."""
    found: list[Frame] = []
    framer = Framer(found.append, lambda size: Memory(), limits)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts or []), len(data)]
    try:
        for first, last in pairwise(edges):
            framer.feed(data[first:last])
    except ProtocolError as error:
        return found, str(error)
    return found, ""


def facts(found: list[Frame]) -> tuple[list[Fact], list[str]]:
    """Return what the untagged responses say, and the sentences about those that can't be read."""
    said: list[Fact] = []
    errors: list[str] = []
    for frame in found:
        if frame.text.startswith(b"*"):
            try:
                said.append(read(frame))
            except ProtocolError as error:
                errors.append(str(error))
    return said, errors
