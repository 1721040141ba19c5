"""What became of a work: the copies on the server and the message here are counted once everything is at rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.conftest import Mailbox
from tests.engine.faults.works import BYSTANDER, SUBJECT, Work
from tests.servers.smtp import SmtpSink
from tui.engine.core import Engine
from tui.engine.model import OperationState, View
from tui.engine.store import folders, placements

_LISTED = re.compile(rb'\(([^)]*)\) "(.)" "?(.*?)"?$')


@dataclass(frozen=True)
class Held:
    """What a server holds, with the names of folders as others call them.

    Args:
        uids: folder -> subject -> UIDs, also of folders that are empty.
        flagged: the UIDs that are flagged, by folder.
    """

    uids: dict[str, dict[str, list[int]]]
    flagged: dict[str, set[int]]

    def count(self, subject: str) -> dict[str, int]:
        """Return folder -> how many copies, without the folders that hold none."""
        return {folder: len(found[subject]) for folder, found in self.uids.items() if found.get(subject)}


def held_by(mailbox: Mailbox) -> Held:
    """Look at every folder as another client does."""
    uids: dict[str, dict[str, list[int]]] = {}
    flagged: dict[str, set[int]] = {}
    with mailbox.client() as client:
        for line in client.list()[1]:
            found = _LISTED.match(line) if isinstance(line, bytes) else None
            if found is None or client.select(b'"%s"' % found[3], readonly=True)[0] != "OK":  # type: ignore[arg-type]
                continue
            name = mailbox.server.local(found[3].replace(found[2], b"/").decode())
            uids[name] = {}
            _, fetched = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            for part in fetched:
                if not isinstance(part, tuple):
                    continue
                uid = int(re.search(rb"UID (\d+)", part[0])[1])  # type: ignore[index]
                subject = part[1].decode().removeprefix("Subject: ").strip()
                uids[name].setdefault(subject, []).append(uid)
                if rb"\Flagged" in part[0]:
                    flagged.setdefault(name, set()).add(uid)
    return Held(uids, flagged)


async def verdict(
    engine: Engine, mailbox: Mailbox, smtp: SmtpSink, work: Work, arrived: Mapping[str, str]
) -> tuple[list[str], bool]:
    """Count what became of a work after rest.

    Args:
        arrived: the subjects of other mail, each with the one folder that must hold it, once.

    Returns:
        What is wrong, nothing when all is well; and whether a person is asked about it.
    """
    wrong: list[str] = []
    held = held_by(mailbox)
    asked = [op for op in engine.reader.operations(OperationState.FAILED) if op.kind == "send"]
    there = held.count(SUBJECT)
    expected = dict(work.leaves) if not asked else {}
    if there != expected:
        wrong.append(f"{_what(there, expected)}: the server holds {there or 'none'} instead of {expected or 'none'}")
    sent = sum(f"Subject: {SUBJECT}".encode() in got.raw for got in smtp.messages)
    if work.sends and (sent > 1 or (sent < 1 and not asked)):
        wrong.append(f"{'DOUBLED' if sent else 'LOST'}: it was delivered {sent} times")
    synced = {mailbox.server.local(one.name) for one in engine.reader.folders() if one.selected}
    for subject, folder in {BYSTANDER: "INBOX", **arrived}.items():
        if held.count(subject) != {folder: 1}:
            wrong.append(f"{_what(held.count(subject), {folder: 1})}: {subject} is in {held.count(subject) or 'none'}")
        shown = _shown(engine, mailbox, subject)
        if shown != [folder] and (shown or folder in synced):
            wrong.append(f"{_what(Counter(shown), {folder: 1})}: here {subject} is shown in {shown}")
    for folder, number in expected.items():
        marked = len(set(held.uids[folder][SUBJECT]) & held.flagged.get(folder, set())) if there == expected else number
        if work.flagged and marked != number:
            wrong.append(f"the flag was set on {marked} copies in {folder}")
    for folder, wanted in work.folders.items():
        if (folder in held.uids) is not wanted:
            wrong.append(f"{'LOST' if wanted else 'DOUBLED'}: the folder {folder} is {'not ' * wanted}on the server")
    return wrong + await _here(engine, mailbox, held, work, bool(asked)), bool(asked)


def _what(there: Mapping[str, int], expected: Mapping[str, int]) -> str:
    if sum(there.values()) > sum(expected.values()):
        return "DOUBLED"
    return "LOST" if sum(there.values()) < sum(expected.values()) else "ASTRAY"


def _whole(engine: Engine, number: int) -> bool:
    return engine.reader.body(number).state == "full"


def _shown(engine: Engine, mailbox: Mailbox, subject: str) -> list[str]:
    """Return the folder of each message here that has this subject."""
    rows = engine.reader.rows(engine.reader.ids(View("all")))
    return [mailbox.server.local(row.folder) for row in rows if row.subject == subject]


async def _here(engine: Engine, mailbox: Mailbox, held: Held, work: Work, asked: bool) -> list[str]:
    """Compare what is shown here, and what is believed of the server, with what it holds."""
    wrong: list[str] = []
    local = mailbox.server.local
    rows = [row for row in engine.reader.rows(engine.reader.ids(View("all"))) if row.subject == SUBJECT]
    if len(rows) != int(work.shown):
        wrong.append(f"{'DOUBLED' if len(rows) > work.shown else 'LOST'}: here it is shown {len(rows)} times")
    lacking = [row.subject for row in engine.reader.rows(engine.reader.ids(View("all"))) if not _whole(engine, row.id)]
    if lacking:
        wrong.append(f"LOST: the texts of {len(lacking)} messages are not here, of {lacking[0]} for one")
    for row in rows:
        home = next(iter(work.leaves), "")
        right = (local(row.folder), row.on_server, row.flagged, row.pending) == (home, True, work.flagged, False)
        if not asked and not right:
            wrong.append(f"here it is in {row.folder}, on_server={row.on_server}, pending={row.pending}")
    for op in engine.reader.operations():
        if op.state not in (OperationState.DONE, OperationState.CANCELLED) and not (asked and op.kind == "send"):
            wrong.append(f"the journal has {op.kind} {op.state.value}: {op.error}")
        if op.error and op.state is OperationState.DONE:
            wrong.append(f"{op.kind} is done with a caution: {op.error}")
    reads = engine.mailbox.reads
    for folder in await folders.of_account(reads, engine.reader.accounts()[0].id):
        name = local(folder.name)
        if folder.on_server is not (name in held.uids):
            wrong.append(f"the folder {name} is believed {'to be' if folder.on_server else 'not to be'} on the server")
        if not folder.selected or not folder.on_server:
            continue
        known = await placements.in_folder(reads, folder.id, folder.uidvalidity or 0)
        really = {uid for uids in held.uids.get(name, {}).values() for uid in uids}
        if set(known) != really:
            wrong.append(f"{name} holds UIDs {sorted(really)}, here {sorted(known)} are known")
    return wrong
