"""Commands that change messages: STORE, MOVE, COPY, EXPUNGE of exactly the messages named, APPEND."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.errors import InvalidInput, ProtocolError, Refused
from tui.engine.imap import names
from tui.engine.imap.facts import Fact, wire_date
from tui.engine.imap.fetching import LINE
from tui.engine.imap.folders import display_name
from tui.engine.imap.protocol import Connection
from tui.engine.imap.response import Condition, number
from tui.engine.imap.searching import search
from tui.engine.imap.uidset import MAX_UID, UidSet, paired


async def store(connection: Connection, uids: UidSet, add: Iterable[str], remove: Iterable[str]) -> None:
    """See ``Session.store``."""
    for verb, flags in ((b"+FLAGS.SILENT", add), (b"-FLAGS.SILENT", remove)):
        listed = b" ".join(sorted({names.keyword(flag) for flag in flags}))
        if not listed:
            continue
        for piece in uids.pieces(LINE):
            await connection.run("change flags", b"UID STORE", _written(piece), verb, b"(" + listed + b")")


async def move(connection: Connection, uids: UidSet, wire: str, validity: int | None) -> dict[int, int] | None:
    """See ``Session.move``."""
    if "MOVE" in connection.capabilities:
        return await _transfer(connection, b"UID MOVE", f"move to {display_name(wire, '')}", uids, wire, validity)
    await _check_expunge(connection, uids)
    targets = await copy(connection, uids, wire, validity)
    await store(connection, uids, ["deleted"], ())
    await expunge(connection, uids)
    return targets


async def copy(connection: Connection, uids: UidSet, wire: str, validity: int | None) -> dict[int, int] | None:
    """See ``Session.copy``."""
    return await _transfer(connection, b"UID COPY", f"copy to {display_name(wire, '')}", uids, wire, validity)


async def _transfer(
    connection: Connection, verb: bytes, what: str, uids: UidSet, wire: str, validity: int | None
) -> dict[int, int] | None:
    targets: dict[int, int] = {}
    credible = True

    def note(said: Condition) -> None:
        nonlocal credible, validity
        words = said.arguments.split()
        if said.code != "COPYUID" or len(words) != 3:
            return
        try:
            named = paired(words[1], words[2])
        except ProtocolError:
            # The messages were moved all the same; where to is looked up by Message-ID then.
            credible = False
            return
        believed, validity = validity, number(words[0], 1, MAX_UID)
        credible = credible and believed in (None, validity) and all(uid in uids for uid in named)
        targets.update(named)

    def collect(fact: Fact) -> bool:
        if not isinstance(fact, Condition) or fact.code != "COPYUID":
            return False
        note(fact)
        return True

    target = names.argument(wire)
    for piece in uids.pieces(LINE):
        note(await connection.run(what, verb, _written(piece), target, collect=collect, alone=True))
    one_each = len(set(targets.values())) == len(targets)
    return targets if targets and credible and one_each else None


async def expunge(connection: Connection, uids: UidSet) -> None:
    """See ``Session.expunge``."""
    if not uids:
        return
    if "UIDPLUS" in connection.capabilities:
        for piece in uids.pieces(LINE):
            await connection.run("expunge", b"UID EXPUNGE", _written(piece), alone=True)
        return
    await _check_expunge(connection, uids)
    await connection.run("expunge", b"EXPUNGE", alone=True)


async def _check_expunge(connection: Connection, uids: UidSet) -> None:
    """Refuse what would take other messages with it (R32): asked before COPY, so that nothing is left doubled."""
    if "UIDPLUS" in connection.capabilities:
        return
    others = await search(connection, b"DELETED") - uids
    if others:
        raise Refused("expunge", f"{len(others)} other messages here are marked deleted and would go too")


async def append(
    connection: Connection, wire: str, raw: bytes, flags: Iterable[str], date: int | None, validity: int | None
) -> int | None:
    """See ``Session.append``."""
    if b"\x00" in raw:
        raise InvalidInput("A message with a NUL character can't be stored on an IMAP server; it stays here only.")
    parts: list[bytes | names.Literal] = [b"APPEND", names.argument(wire)]
    listed = b" ".join(sorted({names.keyword(flag) for flag in flags}))
    if listed:
        parts.append(b"(" + listed + b")")
    if date is not None:
        parts.append(wire_date(date))
    ended = await connection.run(f"store a message in {display_name(wire, '')}", *parts, names.Literal(raw))
    words = ended.arguments.split()
    if ended.code != "APPENDUID" or len(words) != 2 or validity not in (None, number(words[0], 1, MAX_UID)):
        return None
    return number(words[1], 1, MAX_UID)


def _written(uids: UidSet) -> bytes:
    return str(uids).encode("ascii")
