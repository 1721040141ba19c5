"""The other version of a message that came in two: its HTML as text where plain text is shown, and the reverse."""

from __future__ import annotations

import re

from tui.engine.mail.charset import decode
from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.html import html_to_text
from tui.engine.mail.mime import ParsedMail, is_text
from tui.engine.mail.parts import parse_tree
from tui.engine.text import clean

MAX_COMPARED = 400_000
"""Characters of an HTML version that is compared with the plain one."""

_WORD = re.compile(r"\w{3,}")


def other_version(raw: bytes, parsed: ParsedMail) -> str | None:
    """Return the text of the version that ``parsed`` does not show, None where there is but one.

    Args:
        raw: the message.
        parsed: the same, read.
    """
    if parsed.html is None:
        return None
    if parsed.shown == "plain":
        return html_to_text(parsed.html)
    header, body, _ = split_message(raw)
    root, _ = parse_tree(values_of(parse_fields(header)), body)
    plain = [
        clean(decode(part.body(), part.params.get("charset", "")))
        for part in root.walk()
        if is_text(part) and part.type != "text/html"
    ]
    return "\n\n".join(plain) or None


def disagree(parsed: ParsedMail) -> bool:
    """Tell whether a message's HTML says something else than the plain text that is shown of it.

    Less than three quarters of the words of the shorter one are in the other; what one has besides (the footer of a
    list, the addresses of links) is no disagreement.
    """
    if parsed.html is None or parsed.shown != "plain" or len(parsed.html) > MAX_COMPARED:
        return False
    plain = set(_WORD.findall(parsed.text[:MAX_COMPARED].casefold()))
    formatted = set(_WORD.findall(html_to_text(parsed.html).casefold()))
    return bool(plain) and bool(formatted) and 4 * len(plain & formatted) < 3 * min(len(plain), len(formatted))
