"""Names of attachments, made safe once: what is shown is what is saved."""

from __future__ import annotations

import re

from tui.engine.mail.words import visible

MAX_LENGTH = 150

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_ORDINARY = re.compile(r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)\.)[A-Za-z0-9_][A-Za-z0-9_-]*\.[A-Za-z0-9]{1,12}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|clock\$)(?:\..*)?", re.I)
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/json": ".json",
    "application/xml": ".xml",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
}


def safe_name(declared: str, kind: str, number: int) -> str:
    """Return a file name without folders, controls, reserved device names and trailing dots, at most 150 long.

    Args:
        declared: the name in the message, any text; "" gives one made of the number and the type.
        kind: the media type, for the extension of a name that is missing.
        number: the part's number.
    """
    if len(declared) <= MAX_LENGTH and _ORDINARY.fullmatch(declared):
        return declared
    base = _base(declared) if declared else ""
    return base or f"{'message' if kind == 'message/rfc822' else 'part'}-{number}{_EXTENSIONS.get(kind, '.bin')}"


def _base(declared: str) -> str:
    """Return what is left of a name when it is made safe, "" for nothing."""
    base = visible(declared).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    base = _FORBIDDEN.sub("_", base).strip().lstrip(".").rstrip(". ")
    base = " ".join(base.split())
    if not base:
        return ""
    if _RESERVED.fullmatch(base):
        base = "_" + base
    if base.startswith("-"):
        base = "_" + base
    if len(base.encode("utf-8")) > MAX_LENGTH:
        stem, dot, extension = base.rpartition(".")
        tail = f"{dot}{extension}" if dot and len(extension.encode("utf-8")) <= 12 else ""
        kept = (stem if tail else base).encode("utf-8")[: MAX_LENGTH - len(tail.encode("utf-8"))]
        base = kept.decode("utf-8", "ignore").rstrip(". ") + tail
    return base
