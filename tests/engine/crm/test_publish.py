from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.crm.desk import Crm
from tui.engine.crm.publish import PublishedMail, without_bcc
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Address, Direction

ANN, ME = Address("Ann Archer", "ann@acme.io"), Address("", "me@our.example")
SECRET = "hippopotamus"


def mail(identity: str = "one", **changes: object) -> PublishedMail:
    raw = f"From: ann@acme.io\r\nSubject: {SECRET}\r\n\r\n{SECRET} {'x' * 20_000} {SECRET}\r\n".encode()
    made = PublishedMail(
        identity, "a@acme.io", ME.email, Direction.IN, 1_700_000_000, ANN, (ME,), (), SECRET, f"{SECRET}\nbody", raw, 2
    )
    return made._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
async def desk(crm: Crm) -> Crm:
    await crm.people.add("Ann Archer", ["ann@acme.io"])
    await crm.people.add("Bo Chen", ["bo@beta.example"])
    await crm.deals.add("Acme licences", [1])
    await crm.deals.add("Beta renewal", [2])
    return crm


def on_disk(path: Path) -> bytes:
    return b"".join(Path(f"{path}{end}").read_bytes() for end in ("", "-wal") if Path(f"{path}{end}").exists())


async def test_publishing_is_idempotent_and_replaces_the_links(desk: Crm) -> None:
    first = await desk.publisher.publish(mail(persons={1: "auto"}, deals={1: "auto"}))
    again = await desk.publisher.publish(mail(persons={1: "auto"}, deals={2: "manual"}))
    assert first == again
    stored = desk.reader.mail(first)
    assert (stored.persons, stored.deals) == ({1: "auto"}, {2: "manual"})
    assert len(await desk.db.fetch("SELECT * FROM mails")) == 1


async def test_R28_a_linked_mail_is_in_the_timeline_with_its_mailbox(desk: Crm) -> None:
    id = await desk.publisher.publish(mail(deals={1: "auto"}))
    entry = desk.reader.timeline(deal_id=1)[-1]
    assert (entry.kind, entry.title, entry.detail, entry.direction, entry.attachments, entry.mailbox, entry.id) == (
        "mail",
        SECRET,
        SECRET,
        "in",
        2,
        "me@our.example",
        id,
    )
    stored = desk.reader.mail(id)
    assert (stored.from_, stored.to, stored.raw) == (ANN, (ME,), mail().raw)
    assert desk.reader.mail_identities([id, 99]) == {id: "one"}
    assert desk.reader.last_mail([1, 2]) == {1: 1_700_000_000}
    assert desk.reader.timeline(person_id=1) == []


async def test_R27_nothing_of_an_unlinked_message_remains_on_the_disk(desk: Crm) -> None:
    await desk.publisher.publish(mail(persons={1: "auto"}, deals={1: "auto"}))
    assert SECRET.encode() in on_disk(desk.path)
    assert await desk.publisher.withdraw("one") == 1
    assert SECRET.encode() not in on_disk(desk.path)
    assert await desk.publisher.withdraw("one", "unknown") == 0
    with pytest.raises(NotFound):
        desk.reader.mail(1)


async def test_R27_also_when_it_had_been_checkpointed_before(desk: Crm) -> None:
    await desk.publisher.publish(mail(deals={1: "auto"}))
    assert await desk.db.scrub()
    assert SECRET.encode() in desk.path.read_bytes()
    await desk.publisher.publish(mail())
    assert SECRET.encode() not in on_disk(desk.path)


async def test_a_reader_in_the_middle_delays_the_scrubbing_to_the_next_withdrawal(desk: Crm) -> None:
    await desk.publisher.publish(mail("one", deals={1: "auto"}))
    desk.reader._connection.execute("BEGIN")
    desk.reader.deals()
    await desk.publisher.withdraw("one")
    desk.reader._connection.execute("ROLLBACK")
    await desk.publisher.withdraw("unknown")
    assert SECRET.encode() not in on_disk(desk.path)


async def test_a_mail_without_links_is_not_published(desk: Crm) -> None:
    assert await desk.publisher.publish(mail()) == 0
    assert await desk.publisher.publish(mail(persons={99: "auto"}, deals={98: "auto"})) == 0
    assert await desk.db.fetch("SELECT * FROM mails") == []
    with pytest.raises(InvalidInput, match="identity"):
        await desk.publisher.publish(mail("", deals={1: "auto"}))


async def test_a_copy_without_body_does_not_take_the_body_away(desk: Crm) -> None:
    id = await desk.publisher.publish(mail(deals={1: "auto"}))
    await desk.publisher.publish(mail(deals={1: "auto"}, raw=None, text=""))
    assert desk.reader.mail(id).raw == mail().raw
    assert desk.reader.mail(id).text == mail().text


async def test_links_to_a_merged_person_are_the_kept_ones(desk: Crm) -> None:
    await desk.people.merge(1, 2)
    id = await desk.publisher.publish(mail(persons={1: "auto", 2: "manual"}))
    assert desk.reader.mail(id).persons == {1: "auto"}


async def test_merging_moves_mails_and_undo_moves_them_back(desk: Crm) -> None:
    both = await desk.publisher.publish(mail("both", persons={1: "auto", 2: "auto"}))
    bos = await desk.publisher.publish(mail("bo", persons={2: "auto"}))
    merged = await desk.people.merge(1, 2)
    assert [desk.reader.mail(id).persons for id in (both, bos)] == [{1: "auto"}, {1: "auto"}]
    await desk.db.revert(merged.undo)
    assert [desk.reader.mail(id).persons for id in (both, bos)] == [{1: "auto", 2: "auto"}, {2: "auto"}]


async def test_bcc_links_are_marked_as_the_owners_alone(desk: Crm) -> None:
    made = mail(persons={1: "auto", 2: "auto"}, deals={1: "auto"}, owner_only_persons=frozenset({2}))
    stored = desk.reader.mail(await desk.publisher.publish(made))
    assert stored.owner_only_persons == {2}
    assert not stored.owner_only_deals


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"A: b\r\nBcc: x@y.z,\r\n q@y.z\r\nC: d\r\n\r\nBcc: body\r\n", b"A: b\r\nC: d\r\n\r\nBcc: body\r\n"),
        (b"BCC : x@y.z\nA: b\n\nbody", b"A: b\n\nbody"),
        (b"A: b\r\nResent-Bcc: x\r\n\r\nbody", b"A: b\r\n\r\nbody"),
        (b"A: b\r\nBcc: x\r\n\r\nbody", b"A: b\r\n\r\nbody"),
        (b"X-Bcc: b\r\n\r\nbody", b"X-Bcc: b\r\n\r\nbody"),
        (b"Bcc: x", b""),
        (b"", b""),
    ],
)
def test_bcc_does_not_reach_the_crm(raw: bytes, expected: bytes) -> None:
    assert without_bcc(raw) == expected


async def test_R44_what_a_deal_holds_is_kept(desk: Crm) -> None:
    await desk.publisher.publish(mail("deal", deals={1: "auto"}))
    await desk.publisher.publish(mail("person", persons={1: "auto"}))
    await desk.deals.lost(1)
    assert await desk.publisher.kept(["deal", "person", "unknown"]) == {"deal"}
    assert set(await desk.publisher.published(["deal", "person", "unknown"])) == {"deal", "person"}


async def test_adding_the_person_back_by_undo_is_refused_while_mail_hangs_on_it(desk: Crm) -> None:
    cat = await desk.people.add("Cat")
    await desk.publisher.publish(mail(persons={cat.id: "manual"}))
    with pytest.raises(InvalidInput, match="something else depends on it"):
        await desk.db.revert(cat.undo)
