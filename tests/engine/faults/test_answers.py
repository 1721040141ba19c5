"""R4, R13, R35, R36: "later" is tried again until it is done once, "no" ends visibly in the server's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.faults.field import Field, Lines
from tests.engine.faults.verdict import held_by
from tests.engine.faults.works import KINDS
from tests.engine.rules.desk import desk, server
from tests.servers.dialogue import Trap
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Send
from tui.engine.model import Operation, OperationState, SyncReport

LATER = (
    b"NO [UNAVAILABLE] The backend is down",
    b"NO [INUSE] The mailbox is locked",
    b"NO [LIMIT] Too many operations",
    b"* BYE Shutting down",
)
VERBS = {"append": b" APPEND ", "move": b" UID COPY ", "flag": b" UID STORE ", "delete forever": b" UID EXPUNGE "}
SMTP_VERBS = (b"MAIL", b"RCPT", b"DATA", b".\r\n")


@dataclass(frozen=True)
class Answered:
    """What a pass came to whose command was answered so, what the journal said then, and the verdict after rest."""

    report: SyncReport
    operations: Sequence[Operation]
    verdict: tuple[list[str], bool]
    delivered: int
    in_sent: int


async def answered(work: str, verb: bytes, words: bytes, folder: Path) -> Answered:
    """Do a work, answer its command with these words instead of letting it through, then let it come to rest."""
    smtp = work == "send"
    with server(**KINDS["no MOVE"]) as mailbox, Lines.open(mailbox.server) as lines:
        prepared = await Field.prepare(work, mailbox, folder / "home", lines)
        said = (await (await prepared.copy(1)).listened())[smtp].pieces
        at = next(one for one in said if one.way == "up" and one.kind == "line" and verb in one.raw)
        trial = await prepared.copy(2)
        trap = Trap.at(at, "answer", words)
        dialogue = lines.listen(None if smtp else trap, trap if smtp else None)[smtp]
        async with trial.opened() as engine:
            [report] = await engine.sync()
            operations = engine.reader.operations()
        assert dialogue.sprung.is_set()
        verdict = await trial.come_to_rest()
        in_sent = sum(held_by(trial.mailbox).count("Contract").values())
        return Answered(report, operations, verdict, len(lines.sink.messages), in_sent)


@pytest.mark.parametrize("words", LATER, ids=lambda words: words.decode().split()[1].strip("[]"))
@pytest.mark.parametrize("work", VERBS)
async def test_R36_what_an_imap_server_does_later_is_done_once(work: str, words: bytes, tmp_path: Path) -> None:
    ended = await answered(work, VERBS[work], words, tmp_path)
    assert ended.report.error
    assert not {op.state for op in ended.operations} & {OperationState.REFUSED, OperationState.FAILED}
    assert ended.verdict == ([], False)


@pytest.mark.parametrize("words", [b"451 4.3.0 Try later", b"421 4.3.2 Shutting down"])
@pytest.mark.parametrize("verb", SMTP_VERBS)
async def test_R4_what_a_submission_server_takes_later_is_sent_once(verb: bytes, words: bytes, tmp_path: Path) -> None:
    ended = await answered("send", verb, words, tmp_path)
    assert words.decode().split(maxsplit=2)[2] in ended.report.error
    assert {op.state for op in ended.operations} == {OperationState.QUEUED}
    assert ended.verdict == ([], False)


@pytest.mark.parametrize("verb", SMTP_VERBS)
async def test_R4_what_a_submission_server_refuses_ends_in_its_words(verb: bytes, tmp_path: Path) -> None:
    ended = await answered("send", verb, b"554 5.7.1 Not from here", tmp_path)
    [refused] = ended.operations
    assert refused.state is OperationState.REFUSED
    assert "Not from here" in refused.error
    assert (ended.delivered, ended.in_sent) == (0, 0)


@pytest.mark.parametrize("words", ["550 5.1.1 No such user", "451 4.3.0 Mailbox busy"])
async def test_R4_one_of_several_recipients_is_not_accepted(mailbox: Mailbox, smtp: SmtpSink, words: str) -> None:
    smtp.refuse["bo@x.example"] = words
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer", to="ann@x.example, bo@x.example, cy@x.example")))
        for _ in range(2):
            await d.sync()
        assert [got.recipients for got in smtp.messages] == [("ann@x.example", "cy@x.example")]
        [sent] = [op for op in d.operations() if op.kind == "send"]
        assert (sent.state, d.server("Sent")) == (OperationState.DONE, ["Offer"])
        assert "bo@x.example" in sent.error
        assert words.split(maxsplit=2)[2] in sent.error
