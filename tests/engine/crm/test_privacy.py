"""R27, private by construction: after a day's work nothing of unlinked mail is anywhere but in the mailbox."""

from __future__ import annotations

import logging
import tarfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, Desk, desk, strings
from tests.servers.smtp import SmtpSink
from tui.cli import logfile
from tui.engine.commands import Delete, LinkMessages, MarkPrivate, Send, UnlinkMessages
from tui.engine.commands.imports import Reading, import_table
from tui.engine.crm import reports, waiting
from tui.engine.exporting import export, export_deal
from tui.engine.store.backup import back_up

SECRETS = ("Quittenbrot", "Haselwurz", "Zwetschgenmus")
"""Words that stand in the subject, the address and the body of what must not be found."""


def letter(d: Desk, name: str, from_: str = "", **more: object) -> bytes:
    """Return a mail whose subject, sender, body and attachment all tell of a name."""
    subject, address, body = (f"{word}-{name}" for word in SECRETS)
    return d.mail(
        subject,
        from_=from_ or f"{address} <{address.lower()}@stranger.example>",
        body=f"The text speaks of {body}.",
        attachments=[(f"{body}.pdf", "application/pdf", b"PDF " + body.encode())],
        **more,  # type: ignore[arg-type]
    )


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file below a folder, backups unpacked."""
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.suffix == ".backup":
            with tarfile.open(file) as archive:
                for member in archive:
                    found = archive.extractfile(member)
                    yield f"{file.name}/{member.name}", b"" if found is None else found.read()
        elif file.is_file():
            yield str(file.relative_to(path)), file.name.encode() + file.read_bytes()


async def test_R27_after_a_days_work_nothing_unlinked_is_outside_the_mailbox(
    mailbox: Mailbox, smtp: SmtpSink, tmp_path: Path
) -> None:
    async with desk(mailbox, smtp) as d:
        paths = d.engine.paths
        logfile.start(paths)
        await d.learned()
        d.deliver(letter(d, "before", ANN))  # before Ann was known: R19
        await d.sync()
        ann = await d.person()
        deal = await d.deal(persons=[ann])
        d.deliver(letter(d, "stranger"))
        d.deliver(
            letter(d, "bulk", headers=(("List-Id", "<x.example>"), ("Precedence", "bulk")), cc="ann@acme.example")
        )
        d.deliver(letter(d, "gone", ANN))  # linked by the rules, then unlinked by hand
        d.deliver(letter(d, "wrong"))  # linked by hand, then unlinked
        d.deliver(d.mail("Public offer", from_=ANN, body="This one is linked."))
        await d.sync()
        assert d.row("Public offer").link_state == "linked"
        gone, wrong = (d.id(f"{SECRETS[0]}-{name}") for name in ("gone", "wrong"))
        await d.do(LinkMessages([wrong], deals=[deal], persons=[ann]))
        await d.engine.publish()
        assert len(d.in_deal(deal)) == 3
        assert b"Zwetschgenmus-gone" in strings(paths.crm)
        await d.do(UnlinkMessages([gone]))
        await d.do(UnlinkMessages([wrong]))
        await d.do(MarkPrivate([d.id(f"{SECRETS[0]}-stranger")]))
        draft = d.draft("Haselwurz-sent", to="haselwurz-sent@stranger.example", body="About Zwetschgenmus-sent.")
        await d.do(Send(draft))
        await d.do(Delete([d.id(f"{SECRETS[0]}-bulk")]))
        await d.sync()
        await d.engine.publish()
        assert d.in_deal(deal) == ["Public offer"]

        crm, out = d.reader.crm, tmp_path / "out"
        told = repr([crm.ask(one) for one in (reports.pipeline(), reports.flow(), reports.mail_volume())])
        told += repr(crm.ask(waiting.waiting(int(time.time()) + 90 * 86_400)))
        told += repr((crm.timeline(deal_id=deal), crm.timeline(person_id=ann), crm.search("Quittenbrot")))
        export(crm, "all", out / "all")
        export_deal(crm, crm.deal(deal), out / "deal")
        back_up(paths, out / "crm.backup", crm_only=True)
        for handler in logging.getLogger().handlers:
            handler.flush()
        searched = dict(contents(out))
        searched |= {"the reports": told.encode(), "the log": paths.log.read_bytes(), "crm.db": strings(paths.crm)}
        assert {"all/crm.json", "deal/mails.mbox", "crm.backup/crm.db"} <= searched.keys()
        assert b"Public offer" in searched["crm.db"]
        assert b"Public offer" in searched["deal/mails.mbox"]
        leaks = [
            (name, word) for name, data in searched.items() for word in SECRETS if word.lower().encode() in data.lower()
        ]
        assert not leaks
        # And they are where they belong.
        assert all(word.encode() in strings(paths.mailbox) for word in SECRETS)


async def test_R27_the_last_link_gone_takes_the_copy_along_byte_for_byte(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann = await d.person()
        first, second = await d.deal("First", [ann]), await d.deal("Second")
        d.deliver(letter(d, "both", ANN))
        await d.sync()
        number = d.id(f"{SECRETS[0]}-both")
        await d.do(LinkMessages([number], deals=[second]))
        await d.do(UnlinkMessages([number], persons=[ann], deals=[first]))
        await d.engine.publish()
        assert (d.in_deal(first), len(d.in_deal(second))) == ([], 1)
        await d.do(UnlinkMessages([number], deals=[second]))
        await d.engine.publish()
        assert not [word for word in SECRETS if word.encode() in strings(d.engine.paths.crm)]
        # Undo of the unlinking brings the copy back, whole.
        await d.engine.undo()
        await d.engine.publish()
        assert b"Zwetschgenmus-both" in (d.deal_mail(second, f"{SECRETS[0]}-both") or b"")


async def test_undo_of_an_import_takes_the_links_that_rules_made_since_along(mailbox: Mailbox) -> None:
    async with desk(mailbox, config='[linking]\ncontact_link = "always"\n') as d:
        await import_table(d.engine, BytesIO(b"Name,Email\nAnn,ann@acme.example\n"), "x.csv", Reading("people"))
        d.deliver(letter(d, "auto", ANN))
        await d.sync()
        subject = f"{SECRETS[0]}-auto"
        assert d.row(subject).link_state == "linked"
        assert await d.engine.undo() == "Imported 1 person from x.csv"
        await d.engine.publish()
        assert d.row(subject).link_state == "none"
        assert d.reader.crm.persons() == []
        assert b"Quittenbrot" not in strings(d.engine.paths.crm)
