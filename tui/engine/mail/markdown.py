"""Markdown as HTML for the other half of a multipart/alternative, with nothing in it that others could be harmed by.

HTML that was typed stays text, images are left out (nothing remote is named), and links lead to web pages and mail
addresses alone. A signature below ``-- `` stays a signature.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_LINK = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)
_SIGNATURE = re.compile(r"(?:\A|\n)-- \n(?!.*\n-- \n)(.*)\Z", re.DOTALL)
_STYLE = (
    "body{font-family:sans-serif;line-height:1.4}"
    "blockquote{margin:0 0 0 .5em;padding-left:.8em;border-left:2px solid #ccc;color:#555}"
    "pre,code{font-family:monospace;background:#f4f4f4}table{border-collapse:collapse}"
    "th,td{border:1px solid #ccc;padding:.2em .5em;text-align:left}.signature{color:#777}"
)


def to_html(body: str) -> str:
    """Return a message written in Markdown (CommonMark with tables and strikethrough) as a whole HTML document."""
    found = _SIGNATURE.search(body)
    signature = ""
    if found:
        body, signature = body[: found.start()], escape(found.group(1).strip("\n")).replace("\n", "<br>\n")
        signature = f'<p class="signature">-- <br>\n{signature}</p>\n'
    inner = str(_parser().render(body))
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><style>'
        f"{_STYLE}</style></head>\n<body>\n{inner}{signature}</body></html>\n"
    )


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = lambda url: _LINK.fullmatch(url) is not None  # type: ignore[method-assign]
    return parser
