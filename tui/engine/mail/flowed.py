"""Paragraphs of format=flowed text joined again (RFC 3676), so that the reader can wrap them to its own width."""

from __future__ import annotations


def unflow(body: str, delete_space: bool) -> str:
    """Return flowed text with soft line breaks removed, per quote level.

    Args:
        body: the decoded text, lines ending in LF.
        delete_space: the DelSp parameter: the space before a soft break goes too.
    """
    out: list[str] = []
    pieces: list[str] = []
    level = -1
    for row in body.split("\n"):
        content = row.lstrip(">")
        depth = len(row) - len(content)
        if content.startswith(" "):
            content = content[1:]
        if pieces and depth != level:
            out.append(_quoted(level, "".join(pieces)))
            pieces = []
        level = depth
        if content.endswith(" ") and content != "-- ":
            pieces.append(content[:-1] if delete_space else content)
            continue
        pieces.append(content)
        out.append(_quoted(depth, "".join(pieces)))
        pieces = []
    if pieces:
        out.append(_quoted(level, "".join(pieces)))
    return "\n".join(out)


def _quoted(depth: int, content: str) -> str:
    return f"{'>' * depth} {content}" if depth else content
