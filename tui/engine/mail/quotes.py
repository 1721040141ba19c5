"""What of a message is new and what is quoted, by one linear scan over its lines.

No expression here can back-track over more than one line, and no line longer than 300 characters is matched at all:
known reply parsers hang for 20 s on a mail of "On On On …".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_DEPTH = 20
MAX_LINE = 300
_OPENING = 1500
_AHEAD = 6
"""Lines after one that are looked at to tell what it is, itself included."""

_VERBS = (
    "wrote", "writes", "schrieb", "schreef", "geschreven", "a écrit", "écrit", "escribió", "escreveu", "ha scritto",
    "scrisse", "skrev", "kirjoitti", "napisał", "napisała", "napisał(a)", "napsal", "napsala", "napsal(a)",
    "написал", "написала",
    "пишет",
    "написав", "пише", "yazdı", "đã viết", "írta", "a scris", "έγραψε", "写道", "寫道", "님이 작성", "ב‏", "כתב", "كتب",
)  # fmt: skip
_ENDS = (
    *(f"{verb}{colon}" for verb in _VERBS for colon in (":", " :", "：")),
    "のメール:",
    "書きました:",
    "が書きました",
)
_VERB = re.compile(r"(?<!\w)(?:" + "|".join(verb for verb in _VERBS if verb.isalpha()) + r")(?!\w)")
_STARTS = (
    "on ", "am ", "le ", "el ", "em ", "il ", "op ", "den ", "på ", "dnia ", "w dniu ", "dne ", "в ", "2", "1", "3",
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so", "lun", "mar", "mer",
    "jeu", "ven", "sam", "dim", "a ", "vào ", "στις ", "في ", "ב-", "пн", "вт", "ср", "чт", "пт", "сб", "вс",
    "quoting ",
)  # fmt: skip
_SEPARATORS = re.compile(
    r"-{2,12} ?(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message original|message transféré|mensaje original|mensaje reenviado|mensagem original|"
    r"mensagem encaminhada|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|"
    r"originalmeddelande|opprinnelig melding|oprindelig meddelelse|alkuperäinen viesti|wiadomość oryginalna|"
    r"původní zpráva|исходное сообщение|пересылаемое сообщение|转发邮件信息|原始邮件|original appointment) ?-{2,12}",
    re.I,
)
_BEGIN_FORWARD = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten|début du message réexpédié):?", re.I
)
_HEADER_LINE = re.compile(
    r"\*?(from|sent|to|cc|subject|date|reply-to|von|gesendet|an|betreff|datum|de|envoyé|à|objet|enviado|para|asunto|assunto|"
    r"fecha|data|da|inviato|a|oggetto|van|verzonden|aan|onderwerp|från|skickat|till|ämne|fra|sendt|til|emne|od|wysłano|do|"
    r"temat|от|отправлено|кому|тема|发件人|发送时间|收件人|主题|差出人|送信日時|宛先|件名)\*? ?[:：]\*? ?\S",
    re.I,
)
_FROM_NAMES = frozenset(("from", "von", "de", "da", "van", "från", "fra", "od", "от", "发件人", "差出人"))
_MOBILE = re.compile(
    r"(?:sent from (?:my|mail for|yahoo|outlook)|get outlook for|von meinem .{1,30} gesendet|envoyé de mon|"
    r"enviado desde mi|enviado do meu|inviato da|verstuurd vanaf mijn|skickat från min|sendt fra min)\b.{0,60}",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines of one kind: ``text``, ``quote``, ``signature`` or ``attribution``; ``depth`` of quoting."""

    kind: str
    depth: int
    lines: tuple[str, ...]


def split_quotes(body: str) -> list[Block]:
    """Return the blocks of a text; their lines, joined, are the text again.

    A quote is what begins with ``>``, what follows "Original Message" and header blocks as Outlook writes them, and
    what follows an attribution that no ``>`` follows to the end. A signature follows ``-- ``.
    """
    lines = body.split("\n")
    return _joined(lines, _unquoted_tail(lines, list(_kinds(lines))))


def opening(body: str) -> Iterator[str]:
    """Yield lines of the text that a message opens with, as far as its first 1,500 characters tell.

    They are those that ``split_quotes`` calls ``text``, up to the first line of which it depends on later ones what
    it is.
    """
    lines = body[:_OPENING].split("\n")
    sure = len(lines) - (_AHEAD if len(body) > _OPENING else 0)
    for line, (kind, _) in zip(lines[: max(0, sure)], _kinds(lines), strict=False):
        if kind in ("attribution", "signature"):
            return
        if kind == "text":
            yield line


def _kinds(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the kind and the depth of each line, as far as the lines around it tell."""
    index, total = 0, len(lines)
    tail = ""
    while index < total:
        row = lines[index]
        stripped = row.strip()
        depth = quote_depth(row) if ">" in row else 0
        if depth:
            yield "quote", depth
            tail = "" if tail == "signature" else tail
        elif tail == "quote":
            yield "quote", 1
        elif stripped and len(row) <= MAX_LINE and (taken := _attribution(lines, index)):
            for _ in range(taken):
                yield "attribution", 0
            index += taken
            continue
        elif stripped and len(row) <= MAX_LINE and opens_older(lines, index):
            tail = "quote"
            yield ("attribution", 0) if not _HEADER_LINE.match(stripped) else ("quote", 1)
        elif row in ("-- ", "--", "—", "__") and _is_signature(lines, index):
            tail = "signature"
            yield "signature", 0
        elif tail == "signature" or (stripped and _is_mobile(lines, index, stripped)):
            yield "signature", 0
        else:
            yield "text", 0
        index += 1


def quote_depth(row: str) -> int:
    """Return how deep a line is quoted, at most 20: the number of ``>`` it begins with, spaces between them."""
    depth = 0
    for char in row[: 4 * MAX_DEPTH]:
        if char == ">":
            depth += 1
        elif char != " " or (depth == 0 and row[:2] == "  "):
            break
    return min(depth, MAX_DEPTH)


def older_from(lines: list[str], limit: int) -> int:
    """Return the line at which an older message stands whole below the new text, as Outlook leaves it; -1 for none.

    Only where something new stands above it: of a mail that is nothing but forwarded, all is to be read.

    Args:
        lines: the text.
        limit: how many of its lines are looked at.
    """
    new = False
    for index, row in enumerate(lines[:limit]):
        if new and row and len(row) <= MAX_LINE and not quote_depth(row) and opens_older(lines, index):
            return index
        new = new or bool(row.strip())
    return -1


def reply_quote(body: str, attribution: str) -> str:
    """Return the text that a reply starts from: the attribution, then the body with ``> `` before each line.

    The signature is left out, empty lines at the ends too.
    """
    kept = [row for block in split_quotes(body) if block.kind != "signature" or block.depth for row in block.lines]
    quoted = "\n".join(kept).strip("\n").split("\n")
    marked = [(">" + row) if row.startswith(">") else ("> " + row).rstrip() for row in quoted]
    return f"{attribution}\n" + "\n".join(marked) + "\n"


def _attribution(lines: list[str], index: int) -> int:
    """Return how many lines from ``index`` are an attribution ("On … wrote:", wrapped over up to three), or 0."""
    first = lines[index].strip().lower()
    if not (first.startswith(_STARTS) or "@" in first or first.endswith(_ENDS)):
        return 0
    joined = ""
    for taken, line in enumerate(lines[index : index + 3], 1):
        row = line.strip()
        if not row or len(row) > MAX_LINE or (taken > 1 and quote_depth(row) and row != ">:"):
            return 0
        joined = f"{joined} {row.lower()}".strip()
        if row[-1] in ":：" or joined.endswith(_ENDS):
            return taken if _is_attribution(joined, lines, index + taken) else 0
    return 0


def _is_attribution(joined: str, lines: list[str], after: int) -> bool:
    """Tell whether a line that ends in a colon names the writer of what comes after it."""
    following = next((row for row in lines[after : after + 3] if row.strip()), "")
    if not following:
        return False
    digits = sum(char.isdigit() for char in joined)
    if joined.endswith(_ENDS):
        return bool(digits) or "@" in joined or len(joined) < 80
    if digits < 4 or _HEADER_LINE.match(joined):
        return False
    if _VERB.search(joined):
        return "@" in joined or quote_depth(following) > 0
    return "@" in joined and (quote_depth(following) > 0 or joined.endswith(">:"))


def opens_older(lines: list[str], index: int) -> bool:
    """Tell whether everything from here on is an older message: a separator, or a block of header lines."""
    row = lines[index].strip().strip("*")
    if row.startswith("-") and _SEPARATORS.fullmatch(row):
        return True
    if _BEGIN_FORWARD.fullmatch(row):
        return True
    if row.startswith("_" * 20) and set(row) == {"_"}:
        following = next((other.strip() for other in lines[index + 1 : index + 3] if other.strip()), "")
        return bool(_HEADER_LINE.match(following[:MAX_LINE]))
    match = _HEADER_LINE.match(row) if ":" in row or "：" in row else None
    if match is None or match[1].lower() not in _FROM_NAMES:
        return False
    block = [other.strip()[:MAX_LINE] for other in lines[index + 1 : index + 6]]
    return sum(bool(other and _HEADER_LINE.match(other)) for other in block) >= 2


def _is_signature(lines: list[str], index: int) -> bool:
    """Tell whether a delimiter opens a signature: ``-- `` always, others only near the end of the new text."""
    if lines[index] == "-- ":
        return True
    rest = [row for row in lines[index + 1 : index + 14] if row.strip()]
    return 0 < len(rest) <= 12 and len(lines) - index <= 14


def _is_mobile(lines: list[str], index: int, stripped: str) -> bool:
    return len(stripped) <= 120 and _MOBILE.match(stripped) is not None


def _unquoted_tail(lines: list[str], kinds: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Make all that follows an attribution a quote when not one line after it is quoted (Outlook's way)."""
    last = max((index for index, (kind, _) in enumerate(kinds) if kind == "attribution"), default=-1)
    if last < 0 or any(kind == "quote" for kind, _ in kinds[last + 1 :]):
        return kinds
    if not any(kind == "text" and row.strip() for (kind, _), row in zip(kinds[:last], lines, strict=False)):
        return kinds  # nothing new stands above it, so that what stands below is new
    return [
        *kinds[: last + 1],
        *(("quote", 1) if lines[last + 1 + index].strip() else item for index, item in enumerate(kinds[last + 1 :])),
    ]


def _joined(lines: list[str], kinds: list[tuple[str, int]]) -> list[Block]:
    blocks: list[Block] = []
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or kinds[index] != kinds[start]:
            kind, depth = kinds[start]
            blocks.append(Block(kind, depth, tuple(lines[start:index])))
            start = index
    return blocks
