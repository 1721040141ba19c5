"""The line above a quote, in the language of who writes: ``Am 03.03.2026 um 14:02 schrieb Ann Archer:``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from tui.engine import text
from tui.engine.mail.headers import HeaderFacts

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_LINES = {
    "cs": ("Dne %d.%m.%Y v %H:%M {} napsal(a):", "{} napsal(a):"),
    "da": ("Den %d.%m.%Y kl. %H:%M skrev {}:", "{} skrev:"),
    "de": ("Am %d.%m.%Y um %H:%M schrieb {}:", "{} schrieb:"),
    "es": ("El %d/%m/%Y a las %H:%M, {} escribió:", "{} escribió:"),
    "fi": ("%d.%m.%Y klo %H:%M {} kirjoitti:", "{} kirjoitti:"),
    "fr": ("Le %d/%m/%Y à %H:%M, {} a écrit :", "{} a écrit :"),
    "hu": ("%Y.%m.%d %H:%M keltezéssel {} írta:", "{} írta:"),
    "it": ("Il %d/%m/%Y alle %H:%M, {} ha scritto:", "{} ha scritto:"),
    "ja": ("%Y/%m/%d %H:%M、{} のメール:", "{} のメール:"),
    "nb": ("Den %d.%m.%Y kl. %H:%M skrev {}:", "{} skrev:"),
    "nl": ("Op %d-%m-%Y om %H:%M schreef {}:", "{} schreef:"),
    "pl": ("Dnia %d.%m.%Y o %H:%M {} napisał(a):", "{} napisał(a):"),
    "pt": ("Em %d/%m/%Y às %H:%M, {} escreveu:", "{} escreveu:"),
    "ro": ("Pe %d.%m.%Y la %H:%M, {} a scris:", "{} a scris:"),
    "ru": ("%d.%m.%Y %H:%M, {} пишет:", "{} пишет:"),
    "sv": ("Den %Y-%m-%d kl. %H:%M skrev {}:", "{} skrev:"),
    "tr": ("%d.%m.%Y %H:%M tarihinde {} yazdı:", "{} yazdı:"),
    "zh": ("%Y/%m/%d %H:%M，{} 写道：", "{} 写道："),
}
LANGUAGES = ("en", *sorted(_LINES))
"""What the line can be written in, as ISO 639 has it."""


def language(environment: Mapping[str, str]) -> str:
    """Return the language that a POSIX environment asks for (LC_ALL, LC_TIME, LANG), ``en`` for one not known here."""
    wanted = next((found for name in ("LC_ALL", "LC_TIME", "LANG") if (found := environment.get(name))), "")
    code = wanted.partition("_")[0].partition(".")[0].lower()
    code = {"no": "nb", "nn": "nb"}.get(code, code)
    return code if code in _LINES else "en"


def attribution(facts: HeaderFacts, zone: tzinfo | None = None, spoken: str = "en") -> str:
    """Return the line above a quote: ``On 3 Mar 2026 at 14:02, Ann Archer wrote:``.

    Args:
        facts: the original's header.
        zone: the time zone of the date (None: the machine's).
        spoken: one of ``LANGUAGES``.
    """
    writer = next((text.line(one.name or one.email, 80) for one in facts.from_), "") or "somebody"
    if spoken in _LINES:
        dated, alone = _LINES[spoken]
        if facts.date is None:
            return alone.replace("{}", writer)
        return datetime.fromtimestamp(facts.date, tz=UTC).astimezone(zone).strftime(dated).replace("{}", writer)
    when = written_date(facts, zone)
    return f"On {when}, {writer} wrote:" if when else f"{writer} wrote:"


def written_date(facts: HeaderFacts, zone: tzinfo | None) -> str:
    """Return the date of a message as English has it, "" without one."""
    if facts.date is None:
        return ""
    moment = datetime.fromtimestamp(facts.date, tz=UTC).astimezone(zone)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year} at {moment.hour:02}:{moment.minute:02}"
