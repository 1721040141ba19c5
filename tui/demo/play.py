"""The demo without a terminal: the same world and customer, played by the real engine, told in plain sentences."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tui.demo.cast import ANN, BO, HELEN, IVAN
from tui.demo.customer import HEADLESS_PACE, Customer, Written
from tui.demo.mail import message_id
from tui.demo.other import OtherProgram
from tui.demo.setup import EVERYTHING, rows, setup, stock
from tui.demo.watch import Watch
from tui.demo.world import HOST, ME, World
from tui.engine.commands.link import LinkMessages
from tui.engine.commands.mail import Archive, Delete, Move
from tui.engine.commands.outgoing import Send
from tui.engine.core import Engine
from tui.engine.errors import DealdeskError
from tui.engine.model import Draft, FolderProof, LinkState, OperationState, Row
from tui.engine.paths import Paths
from tui.engine.text import normalize_message_id

Out = Callable[[str], None]
_ENDED = (OperationState.DONE, OperationState.REFUSED, OperationState.FAILED, OperationState.CANCELLED)


async def play(paths: Paths, out: Out, *, pace: float = HEADLESS_PACE) -> None:
    """Play the whole scenario in an empty home and tell what happened.

    Args:
        paths: a home that nobody uses.
        out: called with each sentence.
        pace: factor on the customer's waiting times.

    Raises:
        DealdeskError: something was not as it should be; the sentence says what.
    """
    began = time.monotonic()
    world = World()
    engine: Engine | None = None
    try:
        await asyncio.to_thread(world.start)
        out(f"Mail servers listen on {HOST}: IMAP on port {world.imap_port}, SMTP on port {world.smtp_port}.")
        stocked = await asyncio.to_thread(stock, world)
        engine = await Engine.open(paths)
        await setup(world, engine)
        await _Scenario(engine, world, out, stocked, pace).run()
    finally:
        if engine is not None:
            await engine.close()
        await asyncio.to_thread(world.stop)
    _expect(not world.faults, f"the servers had a fault: {'; '.join(world.faults)}")
    out(f"Everything was as it should be, after {time.monotonic() - began:.1f} s.")


@dataclass
class _Scenario:
    """The steps, in order; each tells what it did and raises when something is not as it should be."""

    engine: Engine
    world: World
    out: Out
    stocked: int
    pace: float
    written: list[Written] = field(default_factory=list)

    async def run(self) -> None:
        """Play all steps."""
        self.me = OtherProgram(self.world, ME)
        self.watch = Watch(self.engine)
        self.customer = Customer(self.world, pace=self.pace, told=self._note)
        self.account = self.engine.reader.account(ME)
        try:
            self.arrived()
            self.linked()
            await self.engine.start()
            self.customer.start()
            await self.link_by_hand()
            await self.tidy()
            await self.answer()
            await self.unasked()
            await self.elsewhere()
            await self.proof()
        finally:
            self.customer.stop()
            self.watch.close()

    def _note(self, written: Written) -> None:
        self.written.append(written)
        self.watch.poke()

    def arrived(self) -> None:
        """All mail is here, once."""
        here = self.engine.reader.rows(self.engine.reader.ids(EVERYTHING))
        _expect(len(here) == self.stocked, f"{self.stocked} messages are on the servers, but {len(here)} here")
        folders = [folder for folder in self.engine.reader.folders() if folder.total]
        out = f"{len(here)} messages of {len(self.world.users)} accounts arrived in {len(folders)} folders"
        self.out(f"{out}, {sum(not row.seen for row in here)} of them unread.")

    def linked(self) -> None:
        """The link rules did their work, and nothing more."""
        here = rows(self.engine)
        states = Counter(row.link_state for row in here.values())
        self.out(
            f"{states[LinkState.LINKED]} are linked to deals, {states[LinkState.NEEDS_DEAL]} need a deal,"
            f" {states[LinkState.PRIVATE]} are private, {states[LinkState.NONE]} concern nobody in the CRM."
        )
        self._is(_row(here, "acme-offer", 5, ANN.domain), LinkState.LINKED, ("Acme licences",))
        self._is(_row(here, "gamma-rollout", 0, "gamma.example"), LinkState.LINKED, ("Gamma rollout",))
        self._is(_row(here, "bo-contract", 0, BO.domain), LinkState.NEEDS_DEAL, ())
        self._is(_row(here, "beta-renewal", 4, BO.domain), LinkState.LINKED, ("Beta renewal",))
        self._is(_row(here, "lunch", 0, "home.example"), LinkState.PRIVATE, ())
        self._is(_row(here, "frank", 0, "zeta.example"), LinkState.NONE, ())

    async def link_by_hand(self) -> None:
        """A message that needs a deal gets one, from the candidates that the picker would show."""
        row = _row(rows(self.engine), "bo-contract", 0, BO.domain)
        candidates = self.engine.reader.link_candidates([row.id])
        deals = [candidate.deal.title for candidate in candidates if candidate.deal is not None]
        _expect({"Beta renewal", "Beta training"} <= set(deals), f"the picker offers {deals} for a message of Bo Chen")
        deal = await self.engine.deals.get("Beta renewal")
        done = await self.engine.do(LinkMessages([row.id], deals=(deal.id,)))
        await self.engine.publish()
        row = self._again(row)
        self._is(row, LinkState.LINKED, ("Beta renewal",))
        timeline = self.engine.reader.timeline(deal_id=deal.id)
        _expect(
            any(row.subject in entry.title for entry in timeline), f'"{row.subject}" is not in the deal\'s timeline'
        )
        self.out(f'"{row.subject}" was linked by hand: {done.title}.')

    async def tidy(self) -> None:
        """Archive, delete, move and undo reach the server."""
        here = rows(self.engine)
        clients = self.engine.reader.folder("Clients", self.account.id)
        news = _named(here.values(), "This week in storage: Tape is back")
        robot = _named(here.values(), "[/x] build 4812 is green again [bold]main[/bold]")
        invoice = _row(here, "gamma-invoice", 0, "gamma.example")
        for command in (Archive([news.id]), Delete([robot.id]), Move([invoice.id], clients.id)):
            await self.engine.do(command)
        await self._settled()
        await self._lies(news, "Archive")
        await self._lies(robot, "Trash")
        await self._lies(invoice, "Clients")
        undone = await self.engine.undo()
        await self._settled()
        await self._lies(invoice, "INBOX")
        self.out(f"One message was archived, one deleted, one moved, on the server too; undone: {undone}.")

    async def answer(self) -> None:
        """An answer is sent once, lies in Sent once, and what comes back is pushed and linked."""
        asked = _row(rows(self.engine), "acme-offer", 5, ANN.domain)
        draft = Draft(
            self.account.id,
            to=str(ANN.address),
            subject="Re: Offer for 40 seats",
            body="Hello Ann,\n\nnet 60 is fine, and single sign-on is included.\n\nMia",
            reply_to=asked.id,
        )
        done = await self.engine.do(Send(draft))
        await self._settled(done.operations)
        ours = await self.watch.until(lambda: self._answer_to(asked), "the answer lies in Sent")
        copies = await self.me.find("Sent", ours.message_id)
        _expect(len(copies) == 1, f"the server's Sent holds {len(copies)} copies of the answer instead of one")
        _expect("\\Seen" in copies[0].flags, "the answer's copy in Sent is not marked as seen")
        self._is(ours, LinkState.LINKED, ("Acme licences",))
        self.out("The answer to Ann was sent; the server's Sent has exactly one copy; it is linked to Acme licences.")
        reply = await self.watch.until(lambda: self._written_here(ours.message_id), "Ann's reply is here")
        self._is(reply, LinkState.LINKED, ("Acme licences",))
        self.out("Ann replied; her mail was pushed and linked to Acme licences.")

    async def unasked(self) -> None:
        """What the customer writes by himself is pushed and treated by the rules."""
        wanted = {ANN: LinkState.LINKED, BO: LinkState.NEEDS_DEAL, IVAN: LinkState.NONE, HELEN: LinkState.SUGGESTED}
        words = {
            LinkState.LINKED: "linked to the one open deal",
            LinkState.NEEDS_DEAL: "waits for a choice of deal",
            LinkState.NONE: "linked to nothing",
            LinkState.SUGGESTED: "only suggested, because the thread is linked but the address is not registered",
        }
        for actor, state in wanted.items():
            row = await self.watch.until(lambda: self._unasked_of(actor.email), f"{actor.name} writes")  # noqa: B023
            _expect(row.link_state is state, f"the mail of {actor.name} is {row.link_state.value}, not {state.value}")
            self.out(f'{actor.name} wrote "{row.subject}": {words[state]}.')
        self.customer.stop()

    async def elsewhere(self) -> None:
        """What another program moves stays where it is here (R30)."""
        row = _row(rows(self.engine), "bo-address", 0, BO.domain)
        await self.me.move(row.message_id, "INBOX", "Clients")
        await self.engine.sync_now(self.account.id)
        await self._proven()
        again = self._again(row)
        _expect(again.folder_id == row.folder_id, f'another program moved "{row.subject}", and it moved here too')
        same = [
            other for other in rows(self.engine).values() if other.subject == row.subject and other.sender == row.sender
        ]
        _expect(len(same) == 1, f'another program moved "{row.subject}", and it is here {len(same)} times now')
        self.out(f'Another program moved "{row.subject}" to Clients; here it stays in the INBOX, once.')

    async def proof(self) -> None:
        """The ledger of every folder adds up (R47)."""
        proofs = await self._proven()
        self.out(f"Proof: {len(proofs)} folders are complete, {sum(proof.on_server for proof in proofs)} messages.")

    async def _proven(self) -> list[FolderProof]:
        proofs: list[FolderProof] = []

        async def adds_up() -> bool:
            proofs[:] = await self.engine.verify()
            return all(proof.complete for proof in proofs)

        try:
            await self.watch.until_answer(adds_up, "the ledger of every folder adds up")
        except DealdeskError as error:
            wrong = "; ".join(str(proof) for proof in proofs if not proof.complete)
            raise DealdeskError(f"{error} Not complete: {wrong}") from error
        return proofs

    async def _settled(self, operations: Iterable[int] = ()) -> None:
        wanted = set(operations)

        def ended() -> bool:
            return all(
                operation.state in _ENDED
                for operation in self.engine.reader.operations()
                if not wanted or operation.id in wanted
            )

        await self.watch.until(ended, "the operations are done")
        for operation in self.engine.reader.operations():
            bad = operation.state in (OperationState.REFUSED, OperationState.FAILED)
            _expect(not bad, f'"{operation.title}" ended {operation.state.value}: {operation.error}')

    async def _lies(self, row: Row, folder: str) -> None:
        here = self._again(row).folder
        _expect(here.upper() == folder.upper(), f'"{row.subject}" lies in {here} here instead of {folder}')
        there = await self.me.find(folder, row.message_id)
        _expect(len(there) == 1, f'the server has {len(there)} copies of "{row.subject}" in {folder} instead of one')

    def _is(self, row: Row, state: LinkState, deals: tuple[str, ...]) -> None:
        shown = tuple(deal.title for deal in row.deals)
        _expect(
            row.link_state is state and shown == deals,
            f'"{row.subject}" is {row.link_state.value} with {", ".join(shown) or "no deal"}'
            f" instead of {state.value} with {', '.join(deals) or 'no deal'}",
        )

    def _again(self, row: Row) -> Row:
        return self.engine.reader.rows([row.id])[0]

    def _answer_to(self, asked: Row) -> Row | None:
        for row in rows(self.engine).values():
            if row.thread == asked.thread and row.date >= asked.date and row.sender.email == ME and not row.pending:
                return row
        return None

    def _written_here(self, answered: str) -> Row | None:
        here = rows(self.engine)
        for written in tuple(self.written):
            if written.answers == answered and written.message_id in here:
                return here[written.message_id]
        return None

    def _unasked_of(self, email: str) -> Row | None:
        here = rows(self.engine)
        for written in tuple(self.written):
            if written.sender.email == email and not written.answers and written.message_id in here:
                return here[written.message_id]
        return None


def _row(here: dict[str, Row], talk: str, number: int, domain: str) -> Row:
    found = here.get(normalize_message_id(message_id(talk, number, domain)))
    if found is None:
        raise DealdeskError(f"Message {number} of the conversation {talk} did not arrive; please report this.")
    return found


def _named(here: Iterable[Row], subject: str) -> Row:
    for row in here:
        if row.subject == subject:
            return row
    raise DealdeskError(f'The message "{subject}" did not arrive; please report this.')


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise DealdeskError(f"{otherwise[:1].upper()}{otherwise[1:]}; please report this.")
