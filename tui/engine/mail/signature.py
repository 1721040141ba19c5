"""What a signature block says of its writer: phone, title, organization. A guess to be looked at, never a fact.

Pure: text in, words out. Only lines after the last ``-- `` or after the writer's own name near the end are looked at,
and quoted text never is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.engine.text import line

LINES = 12
"""Lines of a block at most; what is longer is no signature."""

_PHONE = re.compile(r"(?<![\w@/.])(\+?\(?\d[\d ()/.\-\u2011\u2013]{5,22}\d)(?![\w@])")
_PHONE_WORD = re.compile(r"\b(?:tel|phone|mobile|mob|cell|telefon|mobil|handy|fon|t|m|p)\b[.:]?", re.IGNORECASE)
_NO_PHONE = re.compile(r"\b(?:fax|iban|vat|ust|hrb|siren|siret|reg|zip|plz|bic)\b", re.IGNORECASE)
_COMPANY = re.compile(
    r"\b(?:gmbh|mbh|ag|kg|ug|e\.?v|ltd|limited|inc|llc|llp|plc|corp|corporation|co|company|s\.?a|s\.?l|s\.?r\.?l|s\.?p\.?a"
    r"|sas|sarl|b\.?v|n\.?v|oy|ab|a/s|aps|group|holding|university|institute|foundation|kk|株式会社)\b\.?",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:head|chief|director|manager|lead|engineer|developer|officer|president|founder|owner|partner|consultant"
    r"|analyst|architect|assistant|buyer|purchasing|sales|marketing|accountant|professor|dr|ceo|cto|cfo|coo|cio|vp"
    r"|leiter\w*|geschäftsführer\w*|einkauf\w*|vertrieb\w*|referent\w*|berater\w*|directeur|directrice|responsable"
    r"|gerente|director[a]?|ingeniero|acheteur)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*(?:>|On .{4,200} wrote:|Am .{4,200} schrieb|-{2,} ?Original)", re.IGNORECASE)


class Signature(NamedTuple):
    """What a block says; "" for what it doesn't."""

    phone: str = ""
    title: str = ""
    organization: str = ""


def block(text: str, name: str = "") -> list[str]:
    """Return the lines of a message's signature block, [] when it has none.

    Args:
        text: the message's safe text.
        name: the writer's, by which a block without ``-- `` is found.
    """
    lines = text.splitlines()[:5000]
    end = next((at for at, one in enumerate(lines) if _QUOTED.match(one)), len(lines))
    lines = lines[:end]
    marks = [at for at, one in enumerate(lines) if one.rstrip() in ("--", "—")]
    if marks:
        found = lines[marks[-1] + 1 :]
    else:
        wanted = name.casefold().strip()
        at = max((at for at, one in enumerate(lines) if wanted and one.casefold().strip(" ,.*_") == wanted), default=-1)
        found = lines[at:] if at >= 0 else []
    kept = [line(one.strip(" *_|\t"), 200) for one in found if one.strip()]
    return kept if len(kept) <= LINES else []


def parse(text: str, name: str = "") -> Signature:
    """Return what the signature block of a message says of its writer; else as ``block``."""
    phone = title = organization = ""
    for one in block(text, name):
        for part in re.split(r"\s+[|·•]\s+|,\s+(?=\S)", one):
            words = part.strip()
            if not words or words.casefold() == name.casefold().strip():
                continue
            number = _phone(words)
            if number:
                phone = phone or number
            elif "@" in words or "://" in words or words.lower().startswith("www."):
                continue
            elif _COMPANY.search(words) and not organization:
                organization = words
            elif _TITLE.search(words) and not title:
                title = words
    return Signature(phone, line(title, 120), line(organization, 120))


def _phone(words: str) -> str:
    if _NO_PHONE.search(words):
        return ""
    found = _PHONE.search(words)
    if found is None:
        return ""
    digits = re.sub(r"\D", "", found[1])
    rest = _PHONE_WORD.sub("", words.replace(found[1], "")).strip(" .:()")
    enough = 7 <= len(digits) <= 15 and (found[1].startswith(("+", "0", "(")) or bool(_PHONE_WORD.search(words)))
    return line(found[1].strip(), 40) if enough and len(rest) <= 12 else ""
