"""A message too big for memory without the middle of its attachments: structure, names and texts are all there.

Left out are whole blocks of nothing but base64 lines: no header, boundary or readable text looks like that. What is
still too much then is a text that nobody reads to its end, or an attack: blocks without a boundary go too, and at last
all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import ascii_letters, digits
from typing import BinaryIO

BLOCK = 1 << 20
"""Octets that are read, and left out or kept, at once."""
KEPT, MOST = 4 << 20, 6 << 20
"""Octets of other blocks that are kept: with everything in them, and those in which a part may begin."""
_BASE64_LINES = f"{ascii_letters}{digits}+/\r\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class Gap:
    """Where in a skeleton something was left out: so many octets, and what they decode to; exact for base64."""

    at: int
    octets: int
    decoded: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What is left of a message, and its gaps in order."""

    data: bytes
    gaps: tuple[Gap, ...]

    def within(self, start: int, end: int) -> tuple[int, int]:
        """Return how many octets were left out from one offset to another, and what they decode to."""
        # Where the end of a part was left out, the line break before its gap is taken for the delimiter's.
        inside = [gap for gap in self.gaps if start <= gap.at <= end + 2]
        return sum(gap.octets for gap in inside), sum(gap.decoded for gap in inside)


def skeleton(path: Path) -> Skeleton:
    """Return the skeleton of the message in a file, holding two blocks beside it at most."""
    kept = bytearray()
    gaps: list[Gap] = []
    with path.open("rb") as file:
        while block := _lines(file):
            digits_ = len(block) - block.count(b"\n") - block.count(b"\r")
            # Whole quantums of base64 (RFC 4648, section 4), so that the rest decodes to as much as it did.
            if _goes_on(kept) and digits_ and digits_ % 4 == 0 and not block.translate(None, _BASE64_LINES):
                gaps.append(Gap(len(kept), len(block), digits_ // 4 * 3))
            elif len(kept) >= (MOST if b"\n--" in block else KEPT):
                gaps.append(Gap(len(kept), len(block), len(block)))
            else:
                kept += block
    return Skeleton(bytes(kept), tuple(gaps))


def _goes_on(kept: bytearray) -> bool:
    """Tell whether the last line is base64 too, so that no part loses its beginning."""
    last = kept[kept.rfind(b"\n", 0, max(0, len(kept) - 1)) + 1 :].strip()
    return bool(last) and not last.translate(None, _BASE64_LINES)


def _lines(file: BinaryIO) -> bytes:
    """Return the next block, up to the end of a line where it has one."""
    block = file.read(BLOCK)
    end = block.rfind(b"\n") + 1
    if 0 < end < len(block):
        file.seek(end - len(block), 1)
        return block[:end]
    return block
