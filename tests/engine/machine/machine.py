"""The state machine: what may happen at any moment, and what is asked after quiet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.engine.machine import local as files
from tests.engine.machine.faults import LOOKING, WORDS, WORKING, Trap
from tests.engine.machine.invariants import Model, check, linked_as_told
from tests.engine.machine.local import Local, Message
from tests.engine.machine.mails import mail, twin
from tests.engine.machine.tried import TRIED
from tests.engine.machine.world import Kind, World
from tui.engine.commands import (
    Archive,
    CloseDeal,
    Command,
    Copy,
    Delete,
    DeleteForever,
    LinkMessages,
    MarkPrivate,
    Move,
    ReopenDeal,
    Send,
    SetFlags,
    UnlinkMessages,
)
from tui.engine.model import Draft

OPTIONAL = (
    *("QRESYNC", "CONDSTORE", "MOVE", "UIDPLUS", "ESEARCH", "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE"),
    *("IDLE", "NOTIFY"),
)
NAMES = ("INBOX", "Work", "Play", "Archive", "Trash", "Sent", "Fresh", "Other")
number = st.integers(0, 40)
nth = st.sampled_from((0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 5, 8))
faults = st.tuples(
    number, nth, st.booleans(), st.sampled_from(("cut", "kill", WORDS[0], "cut", "kill", WORDS[1], "cut", *WORDS[2:]))
)
"""Which verb of those worth disturbing, after how many, before or after it, and what happens."""
kills = st.builds(Trap, st.just("COMMIT"), st.integers(0, 5), st.just(True), st.just("kill"))
acts = st.tuples(number, nth, st.booleans(), number, number, number)


def settings_of(examples: int, the_same: bool = False) -> settings:
    """Return how many examples are run, of how many steps, and whether they are the same each time."""
    return settings(
        derandomize=the_same,
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


class Machine(RuleBasedStateMachine):
    """Two accounts on two servers in memory, one home, and everybody who can change something."""

    world: World
    tokens: int
    model: Model

    @initialize(
        lacking=st.one_of(
            st.just(frozenset()),
            st.sampled_from([frozenset({n}) for n in OPTIONAL]),
            st.frozensets(st.sampled_from(OPTIONAL)),
        ),
        files_own=st.booleans(),
        first=st.integers(0, 5),
    )
    def begin(self, lacking: frozenset[str], files_own: bool, first: int) -> None:
        """Open a world whose servers lack some extensions, with some mail in it."""
        offered = frozenset(OPTIONAL) - lacking
        if "CONDSTORE" in lacking:
            offered -= {"QRESYNC"}
        if "LIST-EXTENDED" in lacking:
            offered -= {"LIST-STATUS"}
        self.world = World(Kind(offered, files_own))
        self.model = Model(leaves_marked="UIDPLUS" in lacking)
        self.tokens = 0
        for at in range(first):
            self.deliver(at % 2, NAMES[at // 2 % 2], "ann" if at % 2 else "stranger", at == 3)
        if first:
            self.quiet()

    def teardown(self) -> None:
        """Let everything come to rest and ask whether all is well."""
        if hasattr(self, "world"):
            try:
                self.quiet()
            finally:
                self.world.close()

    # --- others

    def _copies(self) -> list[tuple[int, str, int]]:
        return [
            (account, box.name, copy.uid)
            for account, store in enumerate(self.world.stores)
            for box in store.boxes.values()
            for copy in box.copies.values()
        ]

    def _new(self) -> int:
        self.tokens += 1
        TRIED["steps"] += 1
        return self.tokens

    def _arrives(self, account: int, name: str, raw: bytes) -> None:
        store = self.world.stores[account]
        if name in store.boxes:
            self.model.outside[store.deliver(name, raw).token] += 1

    @rule(
        account=st.integers(0, 1),
        name=st.sampled_from(NAMES),
        sender=st.sampled_from(("ann", "bob", "stranger")),
        plain=st.booleans(),
    )
    def deliver(self, account: int, name: str, sender: str, plain: bool) -> None:
        """A mail arrives, with or without Message-ID."""
        token = self._new()
        self._arrives(account, name, mail(token, sender, account, message_id=None if plain else ""))

    @rule(
        account=st.integers(0, 1),
        name=st.sampled_from(NAMES),
        which=number,
        kind=st.sampled_from(("id", "header", "same")),
    )
    def deliver_twin(self, account: int, name: str, which: int, kind: str) -> None:
        """A mail arrives that looks like one that is there, or the very same once more."""
        copies = self._copies()
        if not copies:
            return
        source, box, uid = copies[which % len(copies)]
        copy = self.world.stores[source].boxes[box].copies[uid]
        if kind == "same":
            self.model.touched.add(copy.token)
            self._arrives(account, name, copy.raw)
            return
        token = self._new()
        self.model.twins |= {token, copy.token}
        self._arrives(account, name, twin(copy.raw, token, kind))

    @rule(which=number, what=st.integers(0, 5), other=number)
    def other_client(self, which: int, what: int, other: int) -> None:
        """Another client deletes, moves, copies or flags a message."""
        TRIED["steps"] += 1
        copies = self._copies()
        if not copies:
            return
        account, name, uid = copies[which % len(copies)]
        store = self.world.stores[account]
        copy = store.boxes[name].copies[uid]
        target = list(store.boxes)[other % len(store.boxes)]
        if what == 0:
            store.boxes[name].drop(uid)
            self.model.outside[copy.token] -= 1
        elif what in (1, 2):
            store.move(name, uid, target)
        elif what == 3:
            store.copy(name, uid, target)
            self.model.outside[copy.token] += 1
        else:
            flag = files.FLAGS[other % len(files.FLAGS)]
            store.boxes[name].flag(uid, {flag} - copy.flags, {flag} & copy.flags)
            return
        self.model.touched.add(copy.token)

    @rule(
        account=st.integers(0, 1),
        which=number,
        what=st.sampled_from(("rename", "delete", "create", "renumber", "renumber")),
        other=number,
    )
    def other_folder(self, account: int, which: int, what: str, other: int) -> None:
        """Another client changes a folder, or the server gives it new UIDs."""
        TRIED["steps"] += 1
        store = self.world.stores[account]
        name = list(store.boxes)[which % len(store.boxes)]
        free = [one for one in NAMES if one not in store.boxes]
        if what == "create" and free:
            store.create(free[other % len(free)])
            return
        if what == "renumber":
            store.renumber(name, other % 3)
            return
        if name == "INBOX" or what == "create":
            return
        self.model.touched |= {copy.token for copy in store.boxes[name].copies.values()}
        if what == "rename" and free:
            store.rename(name, free[other % len(free)])
        elif what == "delete":
            for copy in store.boxes.pop(name).copies.values():
                self.model.outside[copy.token] -= 1

    # --- a person

    def _local(self) -> Local:
        return files.read(self.world.home, [store.ever for store in self.world.stores])

    def _visible(self) -> list[Message]:
        return [message for message in self._local().messages if not message.gone]

    def _done(self, *, links: bool = False) -> None:
        TRIED["steps"] += 1
        local = self._local()
        self.model.learn(local)
        if links:
            self.model.relink(local)

    def _command(self, what: int, which: int, other: int) -> Command | None:
        """Return a command on messages that are here."""
        shown = self._visible()
        if not shown:
            return None
        chosen = [shown[which % len(shown)]]
        if other % 5 == 0:
            chosen += [m for m in shown if m.account == chosen[0].account and m.id != chosen[0].id][:2]
        ids = tuple(message.id for message in chosen)
        account = chosen[0].account
        folders = [number for number, folder in self._local().folders.items() if folder[0] == account]
        target = folders[other % len(folders)] if folders else 0
        flag = frozenset({files.FLAGS[other % len(files.FLAGS)]})
        if what == 1 or (what == 0 and any(message.role == "trash" for message in chosen)):
            self.model.forever |= {message.token for message in chosen if message.token is not None}
        choices: tuple[Callable[[], Command], ...] = (
            lambda: Delete(ids),
            lambda: DeleteForever(ids),
            lambda: Move(ids, target),
            lambda: Move(ids, target),
            lambda: Copy(ids, target),
            lambda: Archive(ids),
            lambda: SetFlags(ids, add=flag) if which % 2 else SetFlags(ids, remove=flag),
            lambda: LinkMessages(ids, persons=(1 + other % 2,)),
            lambda: LinkMessages(ids, deals=(1 + other % 2,)),
            lambda: UnlinkMessages(ids),
            lambda: MarkPrivate(ids, bool(other % 2)),
        )
        return choices[what % len(choices)]()

    @rule(what=st.integers(0, 10), which=number, other=number, trap=st.one_of(st.none(), st.none(), kills))
    def command(self, what: int, which: int, other: int, trap: Trap | None) -> None:
        """A person does something with messages; the program may die meanwhile."""
        command = self._command(what, which, other)
        if command is None:
            return
        before = self._local()
        did = self.world.act(lambda: self.world.engine.do(command), *([replace(trap)] if trap else []))
        linked_as_told(command, before, self._local(), did is not None)
        self._done(links=True)

    @rule(
        account=st.integers(0, 1),
        to=st.sampled_from(("ann@acme.example", "sam@nowhere.example")),
        trap=st.one_of(st.none(), kills),
    )
    def send(self, account: int, to: str, trap: Trap | None) -> None:
        """A person sends a mail."""
        token = self._new()
        body = f"This is the whole text of one mail, token-{token}-, and nothing more than that."
        draft = Draft(account + 1, to=to, subject=f"Subject {token}", body=body)
        self.world.act(lambda: self.world.engine.do(Send(draft)), *([replace(trap)] if trap else []))
        self.model.sends.update({m.token: m.id for m in self._local().messages if m.token == token})
        self._done(links=True)

    @rule(back=st.booleans(), trap=st.one_of(st.none(), kills))
    def undo(self, back: bool, trap: Trap | None) -> None:
        """A person takes back, or does again, the last thing."""
        self.world.act(self.world.engine.undo if back else self.world.engine.redo, *([replace(trap)] if trap else []))
        self._done(links=True)
        self._note_unsent()

    @rule(which=number, what=st.sampled_from(("retry", "cancel", "keep_local")))
    def operation(self, which: int, what: str) -> None:
        """A person answers an operation."""
        of_state = {
            "retry": ("refused", "failed"),
            "cancel": ("queued", "refused", "failed"),
            "keep_local": ("refused",),
        }
        fitting = [op for op in self._local().operations if op.state in of_state[what]]
        if fitting:
            chosen = fitting[which % len(fitting)]
            if chosen.kind == "send" and chosen.state == "failed" and what == "retry":
                TRIED["sent again on demand"] += 1
                self.model.asked[self.model.of_operation[chosen.id]] += 1
            self.world.act(lambda: getattr(self.world.engine, what)(chosen.id))
            self._done(links=True)
            self._note_unsent()

    def _note_unsent(self) -> None:
        for op in self._local().operations:
            if op.kind == "send" and op.state == "cancelled" and op.id in self.model.of_operation:
                self.model.unsent.add(self.model.of_operation[op.id])

    @rule(what=st.integers(0, 4))
    def crm(self, what: int) -> None:
        """The CRM changes; nothing is linked or unlinked by that."""
        engine = self.world.engine
        choices: tuple[Callable[[], Awaitable[Any]], ...] = (
            lambda: engine.do(CloseDeal(1, "won")),
            lambda: engine.do(ReopenDeal(1)),
            lambda: self._recorded(engine.people.add("Sam Stranger", ("sam@nowhere.example",))),
            lambda: self._recorded(engine.deals.add("Third", [2])),
            lambda: self._recorded(engine.deals.add("Fourth", [1])),
        )
        self.world.act(choices[what])
        self._done()

    async def _recorded(self, work: Awaitable[Any]) -> None:
        await self.world.engine.record(await work)

    # --- the clock

    def _verb(self, account: int, which: int) -> str:
        """Return something that is likely to happen in a sync of an account."""
        kinds = {op.kind for op in self._local().operations if op.open and op.account == account + 1}
        verbs = [verb for kind in sorted(kinds) for verb in WORKING[kind]] * 2 + [*LOOKING, "COMMIT"]
        return verbs[which % len(verbs)]

    def _trap(self, account: int, fault: tuple[int, int, bool, str]) -> Trap:
        which, passed, after, act = fault
        verb = self._verb(account, which)
        if verb == "COMMIT":
            return Trap(verb, passed, True, "kill")
        # What is refused for good while it is fetched counts as failed from then on (R47); that has its own tests.
        act = "[INUSE] busy" if verb in ("FETCH", "*") and act in WORDS else act
        return Trap(verb, passed, after, act)

    @rule(account=st.integers(0, 1), traps=st.lists(faults, min_size=1, max_size=3))
    def sync(self, account: int, traps: list[tuple[int, int, bool, str]]) -> None:
        """An account is synced, with disturbances."""
        TRIED["steps"] += 1
        self.world.sync(account, *[self._trap(account, trap) for trap in traps])
        self.model.learn(self._local())

    @rule(what=st.integers(0, 6), which=number, other=number, trap=faults)
    def command_and_sync(self, what: int, which: int, other: int, trap: tuple[int, int, bool, str]) -> None:
        """A person does something, mail arrives, and the sync that has all that to do is disturbed."""
        self.command(what=what, which=which, other=other, trap=None)
        waiting = [op.account - 1 for op in self._local().operations if op.open]
        account = waiting[-1] if waiting else which % 2
        self.deliver(account=account, name="INBOX", sender="ann", plain=bool(other % 2))
        self.sync(account=account, traps=[trap])

    @rule(account=st.integers(0, 1), act=acts, fault=st.one_of(st.none(), faults))
    def sync_meanwhile(
        self, account: int, act: tuple[int, int, bool, int, int, int], fault: tuple[int, int, bool, str] | None
    ) -> None:
        """An account is synced, and in the middle of it a person or another client acts."""
        place, passed, after, what, which, other = act
        verb = self._verb(account, place)

        async def meanwhile() -> None:
            if what % 2 and verb != "COMMIT":
                self.other_client(which, what // 2 % 6, other)
                return
            command = self._command(what // 2 % 7, which, other)
            if command is not None:
                await self.world.act_now(command)
                self.model.learn(self._local())

        traps = [Trap(verb, passed, after or verb == "COMMIT", meanwhile)]
        traps += [self._trap(account, fault)] if fault is not None else []
        self.world.sync(account, *traps)
        self._done()

    @rule()
    def quiet(self) -> None:
        """Nothing happens for a while: then everything is as the rules say."""
        TRIED["quiets"] += 1
        self.world.settle()
        local = self._local()
        self.model.learn(local)
        check(local, self.world.stores, self.model, self.world.took, files.crm_bytes(self.world.home))
