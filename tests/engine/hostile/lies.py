"""The lies, by name: what a hostile server says, and to which command."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from tests.engine.hostile.server import Lie, Said, endless

Change = Callable[[bytes], bytes]
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m‮[red]Pay now[/]".encode()
MIB = 1 << 20


def before(data: bytes) -> Lie:
    """Say something more first."""
    return lambda said: data + said.honest


def changed(pattern: bytes, by: bytes | Callable[[re.Match[bytes]], bytes]) -> Lie:
    """Say the honest answer with something replaced."""
    return lambda said: re.sub(pattern, by, said.honest)


def once(lie: Lie) -> Lie:
    """Lie the first time only."""
    first = iter([lie])
    return lambda said: next(first, lambda said: said.honest)(said)


def flood(piece: bytes, octets: int = 1 << 62, head: bytes = b"", tail: bytes = b"") -> Lie:
    """Say one thing over and over, without end if need be; then the honest answer."""

    def pieces(said: Said) -> Iterator[bytes]:
        yield head
        yield from endless(piece, octets)
        yield tail + said.honest

    return pieces


def _garbage() -> bytes:
    return random.Random(3).randbytes(65_536).replace(b"{", b"[") + b"\r\n"


def _odd(octets: int) -> bytes:
    """Every second number, as many as fit."""
    return b",".join(b"%d" % uid for uid in range(1_000_001, 1_000_001 + octets // 4, 2))[:octets].rpartition(b",")[0]


def _renumbered() -> Lie:
    counter = iter(range(100, 1_000_000))
    return lambda said: re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY %d" % next(counter), said.honest)


def _esearch(uids: bytes) -> Lie:
    return lambda said: b'* ESEARCH (TAG "%s") UID ALL %s\r\n' % (said.tag, uids) + said.tagged


HARMLESS: dict[str, tuple[str, Lie]] = {
    "nonsense lines": ("UID FETCH", before(b"hello\r\n\x00\xff\x1b[31m\r\n* \r\n*\r\n* * *\r\n+\r\n)(\r\n\r\n\t\r\n")),
    "binary": ("SELECT", before(_garbage())),
    "deep parentheses": ("UID FETCH", before(b"* 1 FETCH " + b"(" * 500_000 + b"\r\n")),
    "deep and closed": ("UID FETCH", before(b"* 1 FETCH " + b"(" * 250_000 + b")" * 250_000 + b"\r\n")),
    "a million tokens": ("UID FETCH", before(b"* 1 FETCH (UID 1 X (" + b"a " * 500_000 + b"))\r\n")),
    "half a million words": ("NAMESPACE", before(b"* X (" + b"ab " * 330_000 + b")\r\n")),
    "flags without end": ("UID FETCH", before(b"* 1 FETCH (UID 1 FLAGS (" + b"abc " * 250_000 + b"))\r\n")),
    "bodies never asked for": ("UID FETCH", before(b"* 9 FETCH (UID 999 BODY[] {5}\r\nhello)\r\n" * 10_000)),
    "big bodies never asked for": (
        "NAMESPACE",
        flood(b"* 9 FETCH (UID 1 BODY[] {1500000}\r\n" + b"x" * 1_500_000 + b")\r\n", 2 * MIB),
    ),
    "bodies of nobody": (
        "UID FETCH",
        before(b"* 0 FETCH (BODY[] {5}\r\nhello)\r\n* 1 FETCH (UID 0 BODY[] {5}\r\nhello)\r\n"),
    ),
    "an answer twice": ("UID FETCH", lambda said: said.untagged * 2 + said.tagged),
    "answers backwards": ("UID SEARCH", _esearch(b"7,6,5:3,2,1")),
    "UIDs beyond 32 bits": ("UID SEARCH", before(b"* SEARCH 0 4294967296 99999999999999999999 -1 x\r\n")),
    "UID 0 fetched": ("UID FETCH", before(b"* 1 FETCH (UID 0 FLAGS ())\r\n* 1 FETCH (UID 99999999999 FLAGS ())\r\n")),
    "everything vanished": ("UID FETCH", before(b"* VANISHED 1:4294967295\r\n")),
    "everything vanished on opening": ("SELECT", before(b"* VANISHED (EARLIER) 1:4294967295\r\n")),
    "all expunged": ("UID FETCH", before(b"* 1 EXPUNGE\r\n" * 10_000)),
    "absurd counts": ("SELECT", before(b"* 4294967295 EXISTS\r\n* 99999999999999999999 RECENT\r\n")),
    "no counts": ("SELECT", changed(rb"\* \d+ EXISTS\r\n", b"")),
    "UIDNEXT back": ("SELECT", changed(rb"UIDNEXT \d+", b"UIDNEXT 1")),
    "UIDNEXT far ahead": ("SELECT", changed(rb"UIDNEXT \d+", b"UIDNEXT 4294967295")),
    "HIGHESTMODSEQ back": ("SELECT", changed(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 1")),
    "HIGHESTMODSEQ at its end": ("SELECT", changed(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 9223372036854775807")),
    "STATUS at its end": ("LIST", changed(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 9223372036854775807")),
    "STATUS back": ("LIST", changed(rb"UIDNEXT \d+|HIGHESTMODSEQ \d+", lambda m: m[0].split()[0] + b" 1")),
    "codes half given": (
        "SELECT",
        before(b"* OK [UIDVALIDITY\r\n* OK [UIDNEXT ]\r\n* OK [\r\n* OK []\r\n* OK [PERMANENTFLAGS ((\r\n"),
    ),
    "capabilities gone": ("SELECT", before(b"* OK [CAPABILITY IMAP4rev1] changed my mind\r\n")),
    "capabilities without end": ("SELECT", before(b"* OK [CAPABILITY " + b"ab " * 300_000 + b"] many\r\n")),
    "alerts": ("SELECT", before(b"* OK [ALERT] " + ESCAPES + b"\r\n")),
    "alerts without end": (
        "SELECT",
        before(b"".join(b"* OK [ALERT] %d %b\r\n" % (at, b"x" * 5000) for at in range(600))),
    ),
    "tags never sent": ("UID FETCH", before(b"ZZZZ9 OK done\r\nZZZZ9 NO [ALERT] no\r\n * OK\r\n" * 1000)),
    "continuations unasked": ("UID FETCH", before(b"+ go on\r\n+\r\n+ " + b"x" * 1000 + b"\r\n" * 1000)),
    "literal8": ("UID FETCH", changed(rb"BODY\[\] \{", b"BODY[] ~{")),
    "dates that are none": ("UID FETCH", changed(rb"01-Nov-2026 10:00:00 \+0000", b"99-Foo-0000 99:99:99 +9999")),
    "the year 9999": ("UID FETCH", changed(rb"01-Nov-2026 10:00:00 \+0000", b"31-Dec-9999 23:59:60 -1400")),
    "the year 1": ("UID FETCH", changed(rb"01-Nov-2026 10:00:00 \+0000", b"01-Jan-0001 00:00:00 +1400")),
    "sizes that are none": ("UID FETCH", changed(rb"RFC822.SIZE \d+", b"RFC822.SIZE 99999999999999999999")),
    "size NIL": ("UID FETCH", changed(rb"RFC822.SIZE \d+", b"RFC822.SIZE NIL")),
    "size minus one": ("UID FETCH", changed(rb"RFC822.SIZE \d+", b"RFC822.SIZE -1")),
    "sizes of 1 TB": ("UID FETCH", changed(rb"RFC822.SIZE \d+", b"RFC822.SIZE 1099511627776")),
    "identities without end": ("UID FETCH", changed(rb"FLAGS", b"EMAILID (" + b"M" * 100_000 + b") FLAGS")),
    "INBOX in every case": (
        "LIST",
        before(b"".join(b'* LIST () "/" %b\r\n' % n for n in (b"inbox", b"InBox", b'"iNBOX"'))),
    ),
    "names of 100 kB": ("LIST", before((b'* LIST () "/" "' + b"x" * 100_000 + b'"\r\n') * 50)),
    "STATUS of names of 900 kB": (
        "SELECT",
        before(b"".join(b'* STATUS "%d%b" (MESSAGES 1)\r\n' % (at, b"x" * 900_000) for at in range(4))),
    ),
    "odd delimiters": ("LIST", changed(rb'"/"', rb'"\\""')),
    "no delimiter": ("LIST", changed(rb'"/"', b"NIL")),
    "namespaces without end": ("NAMESPACE", before(b"* NAMESPACE (" + b'("a" "/")' * 100_000 + b") NIL NIL\r\n")),
    "an answer to ENABLE without end": ("ENABLE", before(b"* ENABLED " + b"ab " * 300_000 + b"\r\n")),
    "a second greeting": ("SELECT", before(b"* PREAUTH hello again\r\n* OK hello\r\n")),
    "mixed line ends": ("UID FETCH", before(b"* 1 FETCH (UID 1 FLAGS ())\n* OK x\r\r\n\n\r\n")),
}
"""After these the pass goes on as if they had not been said."""

FATAL: dict[str, tuple[str, Lie]] = {
    "a literal of 4 GiB": ("UID FETCH", before(b"* 1 FETCH (UID 1 BODY[] {4294967295}\r\n")),
    "a literal of twenty digits": ("UID FETCH", before(b"* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\n")),
    "a literal for a name": ("LIST", before(b'* LIST () "/" {9000000}\r\n')),
    "100 MB without a line end": ("UID FETCH", flood(b"x", 100 * MIB, head=b"* OK ")),
    "100 MB of numbers": ("UID SEARCH", flood(b"1 ", 100 * MIB, head=b"* SEARCH ")),
    "lists between literals": (
        "UID FETCH",
        before(b"* 1 FETCH (UID 1 X (" + (b"ab " * 300_000 + b"{1}\r\nx ") * 12 + b"))\r\n"),
    ),
    "literals without end": ("UID FETCH", before(b"* 1 FETCH (" + b"{2}\r\nab " * 20_000)),
    "a BYE with escapes": ("UID FETCH", lambda said: b"* BYE " + ESCAPES + b"\r\n"),
    "refused with escapes": ("LIST", lambda said: said.tag + b" NO " + ESCAPES * 1000 + b"\r\n"),
    "UIDVALIDITY 0": ("SELECT", changed(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0")),
    "UIDVALIDITY beyond 32 bits": ("SELECT", changed(rb"UIDVALIDITY \d+", b"UIDVALIDITY 4294967296")),
    "no UIDVALIDITY": ("SELECT", changed(rb"\* OK \[UIDVALIDITY \d+\] ok\r\n", b"")),
    "half of a UIDVALIDITY": ("SELECT", changed(rb"\[UIDVALIDITY \d+\]", b"[UIDVALIDITY ")),
    "a UID set of words": ("UID SEARCH", _esearch(b"1:*")),
    "more UIDs than messages": ("UID SEARCH", _esearch(b"1:4294967295")),
    "silence": ("UID FETCH", lambda said: b""),
    "lines without end": ("NAMESPACE", flood(b"* OK still working\r\n")),
    "one message without end": ("UID FETCH", flood(b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n")),
    "an answer to ID without end": ("NAMESPACE", flood(b"* ID (" + b"ab " * 300 + b")\r\n")),
    "news of the folder without end": ("SELECT", flood(b"* 1 FETCH (UID 1 FLAGS (a b c) MODSEQ (9))\r\n")),
    "namespaces line by line": ("NAMESPACE", flood(b'* NAMESPACE (("a" "/")) NIL NIL\r\n')),
    "delimiters line by line": ("LIST", flood(b'* LIST () "/" same\r\n')),
    "status line by line": ("LIST", flood(b"* STATUS INBOX (MESSAGES 1)\r\n")),
    "results line by line": ("UID SEARCH", flood(b"* SEARCH 1 2 3\r\n* ESEARCH UID ALL 1:9\r\n")),
    "flags of the folder without end": ("SELECT", flood(b"* FLAGS (" + b"abc " * 100 + b")\r\n")),
    "expunges without end": ("UID FETCH", flood(b"* 1 EXPUNGE\r\n")),
    "vanishing without end": ("UID FETCH", flood(b"* VANISHED 5,7,9,11\r\n")),
    "statuses without end": (
        "SELECT",
        lambda said: (
            b"".join(b'* STATUS "%d.%d" (MESSAGES 1)\r\n' % (a, b) for b in range(1000)) for a in range(1 << 30)
        ),
    ),
    "empty lines without end": ("UID FETCH", flood(b"\r\n")),
    "tags without end": ("UID FETCH", flood(b"ZZ OK done\r\n")),
}
"""These end the pass of this account with one sentence."""

NUMBERS: dict[str, tuple[str, Lie]] = {
    "a million numbers found": (
        "UID SEARCH",
        lambda said: b"* SEARCH " + _odd(2 * MIB).replace(b",", b" ") + b"\r\n" + said.tagged,
    ),
    "a million ranges found": ("UID SEARCH", lambda said: _esearch(_odd(2 * MIB))(said)),
    "half a million ranges vanished": (
        "UID FETCH",
        lambda said: b"* VANISHED " + _odd(4 * MIB) + b"\r\n" + said.honest,
    ),
    "16 MB of words vanished": ("UID FETCH", lambda said: b"* VANISHED " + b"ab " * (5 * MIB) + b"\r\n" + said.honest),
    "16 MB of words found": ("UID SEARCH", lambda said: b"* ESEARCH " + b"ab " * (5 * MIB) + b"\r\n" + said.honest),
    "16 MB of parentheses found": (
        "UID SEARCH",
        lambda said: b"* ESEARCH " + b"()" * (7 * MIB) + b"\r\n" + said.honest,
    ),
    "a million ranges, told in the folder": (
        "SELECT",
        lambda said: b"* VANISHED (EARLIER) " + _odd(2 * MIB) + b"\r\n" + said.honest,
    ),
    "numbers in many lines": ("UID SEARCH", flood(b"* SEARCH " + b"1 3 5 7 9 " * 10_000 + b"\r\n", 2 * MIB)),
}
"""Long lines of numbers: within what a real server may say, or beyond it."""

RENUMBERING: dict[str, tuple[str, Lie]] = {
    "UIDVALIDITY new each time": ("SELECT", _renumbered()),
    "folder flags without end": (
        "LIST",
        before(b"".join(b'* LIST (%b) "/" f%d\r\n' % (b"ab " * 100_000, at) for at in range(9))),
    ),
}
"""What a server may even mean."""
