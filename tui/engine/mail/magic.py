"""What a file is by its content and its name, and where the two lie about each other.

Names decide what a system starts, content decides what it is; a warning compares both with what the mail declares.
"""

from __future__ import annotations

import re

from tui.engine.mail.words import visible

LOOKED_AT = 4096
"""Octets of a file that its type is read from."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_MAGIC: tuple[tuple[bytes, int, str, str], ...] = (
    (b"%PDF-", 0, "application/pdf", "PDF"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png", "PNG image"),
    (b"\xff\xd8\xff", 0, "image/jpeg", "JPEG image"),
    (b"GIF8", 0, "image/gif", "GIF image"),
    (b"MZ", 0, "application/x-msdownload", "Windows program"),
    (b"\x7fELF", 0, "application/x-executable", "Linux program"),
    (b"\xcf\xfa\xed\xfe", 0, "application/x-mach-binary", "macOS program"),
    (b"\xca\xfe\xba\xbe", 0, "application/java-vm", "Java program"),
    (b"#!", 0, "text/x-script", "script"),
    (b"PK\x03\x04", 0, "application/zip", "ZIP archive"),
    (b"Rar!\x1a\x07", 0, "application/vnd.rar", "RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", 0, "application/x-7z-compressed", "7z archive"),
    (b"\x1f\x8b", 0, "application/gzip", "gzip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "application/x-ole-storage", "old Office document"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", 0, "application/x-ms-shortcut", "Windows shortcut"),
    (b"RIFF", 0, "", "media"),
    (b"{\\rtf", 0, "application/rtf", "RTF document"),
)
PROGRAMS = _words(
    "exe com scr pif cpl msi msp msc bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta jar lnk url reg scf inf gadget dll sys"
    " application appref-ms chm sh bash zsh csh command desktop run bin app apk deb rpm dmg pkg iso img vhd vhdx py pyw"
    " pl rb php terminal workflow xll ade adp mde settingcontent-ms one onepkg ppam xlam docm xlsm pptm dotm xltm svg"
    " html htm xhtml shtml mht mhtml svgz"
)
"""Extensions that a system starts, or that run code where they are opened; these are saved, never opened from here."""
_PROGRAM_TYPES = frozenset(one[2] for one in _MAGIC if "program" in one[3] or one[3] in ("script", "Windows shortcut"))
_DOCUMENTS = _words("pdf doc docx xls xlsx ppt pptx odt ods odp txt csv jpg jpeg png gif rtf zip mp3 mp4 wav eml ics")
_TYPES_OF = {
    "pdf": ("application/pdf",),
    "png": ("image/png",),
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "gif": ("image/gif",),
    "zip": ("application/zip",),
    "docx": ("application/zip", "application/x-ole-storage"),
    "xlsx": ("application/zip", "application/x-ole-storage"),
    "pptx": ("application/zip", "application/x-ole-storage"),
    "odt": ("application/zip",),
    "ods": ("application/zip",),
}
_REVERSED = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_HTML = re.compile(rb"(?i)^\s*(?:<!doctype html|<html|<script|<head|<body)")
_SPACED = re.compile(r"\s{3,}\.?\w{1,12}$")


def sniff(data: bytes) -> tuple[str, str]:
    """Return (media type, name of the kind) by the first octets; ("", "") for what has no mark of its own."""
    for mark, offset, kind, name in _MAGIC:
        if data.startswith(mark, offset):
            return kind, name
    if _HTML.match(data[:300]):
        return "text/html", "web page"
    return "", ""


def is_text(data: bytes) -> bool:
    """Tell whether a file can be read here as text."""
    start = data[:LOOKED_AT]
    if sniff(start)[0] not in ("", "text/x-script", "text/html") or b"\0" in start:
        return False
    return sum(octet < 32 and octet not in (9, 10, 12, 13, 27) for octet in start) * 50 <= len(start)


def extensions(name: str) -> list[str]:
    """Return the extensions of a name in small letters, the one that counts last."""
    return [one.strip().lower() for one in visible(name).rstrip(". ").split(".")[1:]]


def starts_something(name: str, data: bytes) -> bool:
    """Tell whether opening the file could run something, by its name or by its content."""
    found = extensions(name)
    return bool(found and found[-1] in PROGRAMS) or sniff(data[:LOOKED_AT])[0] in (*_PROGRAM_TYPES, "text/html")


def lie(declared_name: str, declared_type: str, data: bytes) -> str:
    """Return in one clause what is wrong with a file, "" when nothing is.

    Args:
        declared_name: the name as the mail has it, before it was made safe.
        declared_type: its media type.
        data: its first octets.
    """
    kind, word = sniff(data[:LOOKED_AT])
    found = extensions(declared_name)
    last = found[-1] if found else ""
    if _REVERSED.search(declared_name):
        return f"its name is written backwards to hide that it ends in “.{last}”"
    if last in PROGRAMS and len(found) > 1 and found[-2] in _DOCUMENTS:
        return f"it pretends to be “.{found[-2]}” and is “.{last}”"
    if _SPACED.search(visible(declared_name)) and last in PROGRAMS:
        return f"spaces hide that it ends in “.{last}”"
    if kind in _PROGRAM_TYPES and last not in PROGRAMS:
        return f"it is a {word}, called “.{last}”" if last else f"it is a {word}"
    allowed = _TYPES_OF.get(last)
    if allowed is not None and kind and kind not in allowed:
        return f"it is called “.{last}” but is a {word}"
    if last in PROGRAMS and last not in ("html", "htm", "svg", "py", "pl", "rb", "sh", "js", "php", "bin", "one"):
        return "opening it runs a program"
    if declared_type.startswith("image/") and kind and not kind.startswith("image/") and word != "media":
        return f"it is declared an image but is a {word}"
    return ""
