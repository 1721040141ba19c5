"""Notes in Markdown as lines of a terminal: headings, lists, boxes, quotes, code, tables; nothing can be followed.

CommonMark with tables and strikethrough. HTML and images stay the text that was typed; a link shows where it leads
and is no link. What is shown goes through ``Content`` like all text of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from tui import cells, look
from tui.engine.text import clean

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 100_000
"""Characters of a note that are laid out; what is beyond is said to be left out."""
_BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_DEEPEST = 20
"""Cells of indentation at most."""


def lines(text: str, width: int) -> list[look.Line]:
    """Return a note as lines of at most ``width`` cells."""
    shown = clean(text[:LONGEST])
    found = _Layout(max(8, width)).laid_out(_parser().parse(shown))
    if len(text) > LONGEST:
        found += [(), ((f"… and {len(text) - LONGEST:,} characters more", "dim"),)]
    return found


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    return parser.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])


class _Layout:
    """Goes through the tokens of a note once, and remembers what stands before each line."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[look.Line] = []
        self._before: list[str] = []
        self._first: str | None = None
        self._numbers: list[int | None] = []
        self._ink = ""
        self._cells: list[str] = []
        self._in_table = False

    def laid_out(self, tokens: Sequence[Token]) -> list[look.Line]:
        """Return the lines."""
        for token in tokens:
            self._take(token)
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        return self._lines

    def _take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline" and self._in_table:
            self._cells.append("".join(text for text, _ in _pieces(token.children or ())))
        elif kind == "inline":
            self._paragraph(list(_pieces(token.children or (), self._ink)))
        elif kind == "heading_open":
            self._ink = "title" if token.tag in ("h1", "h2") else "strong"
        elif kind in ("heading_close", "paragraph_close"):
            self._ink = ""
            if not token.hidden:
                self._gap()
        elif kind in ("fence", "code_block"):
            for line in token.content.rstrip("\n").split("\n"):
                self._put((("  " + line.expandtabs(4), "accent"),))
            self._gap()
        elif kind == "hr":
            self._put((("─" * min(40, self._room), "faint"),))
            self._gap()
        else:
            self._block(kind, token)

    def _block(self, kind: str, token: Token) -> None:
        if kind == "bullet_list_open":
            self._numbers.append(None)
        elif kind == "ordered_list_open":
            self._numbers.append(int(token.attrs.get("start", 1)))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._numbers.pop()
            if not self._numbers:
                self._gap()
        elif kind == "list_item_open":
            number = self._numbers[-1]
            self._first = "• " if number is None else f"{number}. "
            self._numbers[-1] = None if number is None else number + 1
            self._before.append(" " * len(self._first))
        elif kind == "blockquote_open":
            self._before.append("│ ")
        elif kind in ("list_item_close", "blockquote_close"):
            self._before.pop()
            self._first = None
        elif kind == "tr_close":
            self._put(((" │ ".join(self._cells), ""),))
            self._cells = []
        elif kind == "thead_close":
            self._put((("─" * min(40, self._room), "faint"),))
        elif kind == "table_open":
            self._in_table = True
        elif kind == "table_close":
            self._in_table = False
            self._gap()

    @property
    def _room(self) -> int:
        return max(8, self._width - min(_DEEPEST, sum(map(len, self._before))))

    def _gap(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append(())

    def _put(self, line: look.Line) -> None:
        before = "".join(self._before)[-_DEEPEST:]
        if self._first is not None:
            before, self._first = before[: len(before) - len(self._first)] + self._first, None
        self._lines.append(look.shorten([*([(before, "dim")] if before else []), *line], self._width))

    def _paragraph(self, pieces: list[look.Piece]) -> None:
        """Write words as lines; a box to tick stands for ``[ ]`` at the beginning of an item."""
        if pieces and self._first == "• ":
            text, ink = pieces[0]
            if text[:4] in _BOXES:
                self._first, pieces[0] = _BOXES[text[:4]], (text[4:], ink)
        for line in _wrapped(pieces, self._room):
            self._put(line)


def _pieces(tokens: Sequence[Token], base: str = "") -> Iterator[look.Piece]:
    """Give the words of a paragraph with their inks; a newline stands for a line break."""
    inks, links = [base], list[str]()
    for token in tokens:
        if token.type == "text":
            yield token.content, inks[-1]
        elif token.type == "code_inline":
            yield token.content, "accent"
        elif token.type in ("softbreak", "hardbreak"):
            yield "\n", ""
        elif token.type == "link_open":
            links.append(str(token.attrs.get("href", "")))
            inks.append("accent")
        elif token.type == "link_close":
            inks.pop()
            yield f" <{links.pop()}>", "dim"
        elif token.type.endswith("_open"):
            inks.append({"strong_open": "strong", "s_open": "faint"}.get(token.type, inks[-1] or "strong"))
        elif token.type.endswith("_close"):
            inks.pop()
        else:
            yield token.content, inks[-1]


def _wrapped(pieces: Sequence[look.Piece], width: int) -> Iterator[look.Line]:
    """Break pieces at spaces into lines; a word longer than a line is broken anywhere."""
    line: list[look.Piece] = []
    used = 0
    for text, ink in pieces:
        for at, part in enumerate(cells.steady(text).split("\n") if text != "\n" else ["", ""]):
            if at:
                yield tuple(line)
                line, used = [], 0
            for word in _words(part):
                size = cells.width(word)
                if used and used + size > width and word.strip():
                    yield tuple(line)
                    line, used = [], 0
                while size > width:
                    end = max(1, cells.split_at(word, width))
                    yield ((word[:end], ink),)
                    word = word[end:]
                    size = cells.width(word)
                if used or word.strip():
                    line.append((word, ink))
                    used += size
    if line:
        yield tuple(line)


def _words(text: str) -> Iterator[str]:
    """Give words and the spaces between them."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or (text[at] == " ") != (text[at - 1] == " "):
            yield text[start:at]
            start = at
