"""What the composer points out before a message leaves; never a question, always a line."""

from __future__ import annotations

import re

from tui.engine.model import Draft
from tui.engine.templates import unfilled

_ATTACHED = re.compile(
    r"\b(?:attach(?:ed|ment|ments|ing)?|enclosed|angehängt|im anhang|anbei|adjunt[oa]s?|ci-joint|en pièce jointe|"
    r"in (?:the )?attachment|allegat[oi]|bijlagen?|bijgevoegd|em anexo|anexad[oa]s?|załącz\w*|bifog\w*|vedlagt\w*|"
    r"vedhæft\w*|liitteenä|přílo[hz]\w*|прикреп\w*|во вложении)\b|添付|附件",
    re.IGNORECASE,
)


def cautions(draft: Draft) -> list[str]:
    """Return what looks forgotten in a draft, in a few words each."""
    own = "\n".join(line for line in draft.body.splitlines() if not line.lstrip().startswith(">"))
    found = []
    if draft.lost:
        found.append(f"another program wrote this draft as HTML: sending or saving it here loses its {draft.lost}")
    match = _ATTACHED.search(f"{draft.subject}\n{own}")
    if match and not draft.attachments:
        found.append(f'no attachment, but the text says "{match.group().lower()}"')
    if (draft.to or draft.cc or draft.bcc) and not draft.subject:
        found.append("no subject")
    found += [f"{field} is empty: fill it in where ⟦{field}⟧ stands" for field in unfilled(draft)]
    return found
