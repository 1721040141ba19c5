"""Attachments that other programs really open: a one-page PDF, a small PNG, a price list."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """One attachment: its file name, MIME type and bytes."""

    name: str
    type: str
    data: bytes


def pdf(name: str, lines: Sequence[str]) -> Paper:
    """Return a PDF of one A4 page with ``lines`` in Helvetica (PDF 1.4, with a true cross-reference table)."""
    shown = "\n".join(f"({_escape(line)}) Tj T*" for line in lines)
    stream = f"BT /F1 12 Tf 16 TL 72 770 Td\n{shown}\nET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return Paper(name, "application/pdf", bytes(out))


def png(name: str, width: int = 48, height: int = 16) -> Paper:
    """Return a PNG of a blue bar (8-bit RGB, PNG specification section 5)."""
    rows = b"".join(b"\0" + b"".join(bytes((30, 90 + x, 200)) for x in range(width)) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return Paper(name, "image/png", b"\x89PNG\r\n\x1a\n" + chunks)


def csv(name: str, rows: Sequence[Sequence[str]]) -> Paper:
    """Return a comma-separated table; no cell may hold a comma."""
    return Paper(name, "text/csv", "".join(",".join(row) + "\r\n" for row in rows).encode("utf-8"))


def _escape(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").replace("€", "EUR ")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
