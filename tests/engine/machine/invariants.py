"""What holds once everything is at rest, whatever happened before (RULES.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.engine.machine.boxes import Store
from tests.engine.machine.local import Local, Message
from tests.engine.machine.tried import COUNTED
from tui.engine.commands import Command, LinkMessages, UnlinkMessages


@dataclass
class Model:
    """What a run knows of each mail, by token.

    Attributes:
        ingested: token -> message id, of everything that was ever seen here.
        decisions: message id -> what the rules said.
        links: message id -> its links as the last command left them.
        ever_linked: tokens that carried a link at any time.
        touched: tokens whose copies another client moved, copied or removed, or whose folder it changed.
        forever: tokens that a person deleted for ever, or may have.
        twins: tokens that share header fields with others.
        sends: token -> message id of mail that was written here.
        of_operation: operation -> token.
        asked: token -> how often a person had a mail sent again of which nobody knows whether it was sent.
        first: token -> the first message that it was here as.
        bare: tokens of mails that were here without their source, so that only their header was known.
        outside: token -> copies that others made, less those that others removed.
        leaves_marked: the servers can't expunge a single message (no UIDPLUS), so that a copy may stay marked deleted.
    """

    ingested: dict[int, int] = field(default_factory=dict)
    decisions: dict[int, tuple[object, ...]] = field(default_factory=dict)
    links: dict[int, frozenset[tuple[int | None, int | None, bool]]] = field(default_factory=dict)
    ever_linked: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    forever: set[int] = field(default_factory=set)
    twins: set[int] = field(default_factory=set)
    sends: dict[int, int] = field(default_factory=dict)
    unsent: set[int] = field(default_factory=set)
    of_operation: dict[int, int] = field(default_factory=dict)
    asked: Counter[int] = field(default_factory=Counter)
    first: dict[int, int] = field(default_factory=dict)
    bare: set[int] = field(default_factory=set)
    outside: Counter[int] = field(default_factory=Counter)
    leaves_marked: bool = False

    def learn(self, local: Local) -> None:
        """Take in which message each operation is about, and what is linked."""
        tokens = {message.id: message.token for message in local.messages if message.token is not None}
        for operation in local.operations:
            if operation.message in tokens:
                self.of_operation[operation.id] = tokens[operation.message]
                if operation.kind == "delete" and "copy_in" not in operation.payload:
                    self.forever.add(tokens[operation.message])
        for message in local.messages:
            if message.token is not None:
                self.first.setdefault(message.token, message.id)
                self.bare |= set() if message.whole else {message.token}
        self.ever_linked |= {
            message.token for message in local.messages if message.token is not None and message.linked
        }

    def relink(self, local: Local) -> None:
        """A command may have changed links: what they are now is what they are to stay."""
        self.links = {message.id: message.links for message in local.messages}


def check(local: Local, stores: Sequence[Store], model: Model, took: Mapping[int, int], crm: bytes) -> None:
    """Raise AssertionError for the first invariant that doesn't hold."""
    _nothing_lost_or_doubled(local, model)
    _here_is_what_the_server_has(local, stores)
    _rules_ran_once(local, model)
    _journal_is_settled(local)
    _private_mail_is_private(local, model, crm)
    _sent_once(local, stores, model, took)
    for token in sorted({*model.ingested, *model.outside}):
        _server_is_right(token, local, stores, model)


def linked_as_told(command: Command, before: Local, after: Local, done: bool) -> None:
    """Raise AssertionError unless a command linked and unlinked exactly what it says (R22, R23).

    Args:
        command: what a person did.
        before, after: the files then.
        done: it was done for sure; otherwise it may have been, or not.
    """
    was = {message.id: message.links for message in before.messages}
    for message in after.messages:
        if message.id not in was:
            continue
        links = wanted = was[message.id]
        if isinstance(command, LinkMessages) and message.id in command.ids:
            added = {(person, None) for person in command.persons} | {(None, deal) for deal in command.deals}
            wanted = frozenset({one for one in links if one[:2] not in added} | {(*one, False) for one in added})
        elif isinstance(command, UnlinkMessages) and message.id in command.ids:
            wanted = frozenset((person, deal, True) for person, deal, _ in links)
        fits = message.links == wanted or (not done and message.links == links)
        assert fits, f"R22: {command} made {set(links)} of {message}"


def _visible(local: Local) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {}
    for message in local.messages:
        if not message.gone and message.token is not None:
            found.setdefault(message.token, []).append(message)
    return found


def _nothing_lost_or_doubled(local: Local, model: Model) -> None:
    visible = _visible(local)
    for message in local.messages:
        # What others deleted between its header and its body is known by its header alone.
        assert message.whole or message.gone or not message.places, f"R1: the source of {message} never came"
    deletions: dict[int, set[str]] = {}
    for operation in local.operations:
        if operation.kind == "delete" and "copy_in" not in operation.payload and operation.id in model.of_operation:
            deletions.setdefault(model.of_operation[operation.id], set()).add(operation.state)
    # A deletion that the server refused leaves the mail where it was (R35).
    left = {
        token for token in model.forever if not deletions.get(token, set()) <= {"refused"} or token not in deletions
    }
    lost = set(model.ingested) - left - model.unsent - set(visible)
    doubled = {token: messages for token, messages in visible.items() if len(messages) > 1}
    COUNTED.update(asked=len({*model.ingested, *visible}), lost=len(lost), doubled=len(doubled))
    assert not lost, f"R29: mails {lost} were here and are lost"
    assert not doubled, f"R7: mails are here several times: {doubled}"
    for token, messages in visible.items():
        model.ingested[token] = messages[0].id


def _here_is_what_the_server_has(local: Local, stores: Sequence[Store]) -> None:
    """R1, R7: every copy in a synced folder is placed, at the right mail; and nothing is placed that isn't there."""
    placed = {place: message.token for message in local.messages for place in message.places}
    # Flags that a server refused are kept here alone where a person says so (R35).
    own_way = {op.message for op in local.operations if op.kind == "flag" and op.state == "cancelled" and op.error}
    # Where a copy lies in a folder that isn't synced, that may be the one whose flags are shown.
    looked_at = {(account, name) for account, name, _, selected, _ in local.folders.values() if selected}
    out_of_sight = {
        copy.token
        for account, store in enumerate(stores, start=1)
        for box in store.boxes.values()
        if (account, box.name) not in looked_at
        for copy in box.copies.values()
    }
    for account, name, _, selected, on_server in local.folders.values():
        box = stores[account - 1].boxes.get(name)
        assert (box is not None) == on_server, f"folder {name} is {'not ' * (not on_server)}believed to be there"
        if box is None or not selected:
            continue
        there = {(account, name, box.validity, copy.uid): copy.token for copy in box.copies.values()}
        here = {place: token for place, token in placed.items() if place[:2] == (account, name)}
        assert here == there, f"R1: in {name} of {account} the server has {there}, here is {here}"
        for message in local.messages:
            if (
                len(message.places) == 1
                and message.places[0] in there
                and not message.gone
                and message.id not in own_way
                and message.token not in out_of_sight
            ):
                flags = box.copies[message.places[0][3]].flags - {"deleted", "draft"}
                assert message.flags == flags, f"R38: {message} has {set(message.flags)}, the server {flags}"


def _rules_ran_once(local: Local, model: Model) -> None:
    for message in local.messages:
        assert message.decision is not None
        said = model.decisions.setdefault(message.id, message.decision)
        assert said == message.decision, f"R7: the rules ran again for {message}: first {said}"
        # Of two mails with one header of which the one left before its source came, the other one is taken for it.
        if message.token is not None and not (message.token in model.twins and model.bare & model.twins):
            again = model.first.setdefault(message.token, message.id) != message.id
            known = message.decision[2] == "R46"
            assert known == again or message.token in model.unsent, f"R46: {message} was here before: {again}"
        kept = model.links.setdefault(message.id, message.links)
        assert kept == message.links, f"R7: links changed without a command: {message}, before {kept}"


def _journal_is_settled(local: Local) -> None:
    for operation in local.operations:
        assert not operation.open, f"R36: {operation} is stuck"
        if operation.state in ("refused", "failed"):
            assert operation.error, f"R35: {operation} says no reason"


def _private_mail_is_private(local: Local, model: Model, crm: bytes) -> None:
    for message in local.messages:
        if message.linked:
            assert message.identity in local.published, f"{message} is linked and not in the CRM"
        elif message.token not in model.forever:
            # What was deleted here stays in its deal (R37), also when another copy turns up later.
            assert message.identity not in local.published, f"R27: {message} is in the CRM without a link"
    linked = {message.token for message in local.messages if message.linked}
    left = {message.token for message in local.messages if not message.linked}
    for token in {*model.ingested, *model.outside}:
        kept = token in linked | model.forever
        if token not in model.ever_linked or (token in left and not kept):
            assert b"token-%d-" % token not in crm, f"R27: bytes of unlinked mail {token} are in crm.db"


def _sent_once(local: Local, stores: Sequence[Store], model: Model, took: Mapping[int, int]) -> None:
    for token in model.sends:
        often, most = took.get(token, 0), 1 + model.asked[token]
        COUNTED["doubled"] += often > most
        assert often <= most, f"R4: mail {token} was delivered {often} times, {most} at most"
        states = {op.kind: op.state for op in local.operations if model.of_operation.get(op.id) == token}
        if states.get("send") == "done":
            assert often >= 1, f"R4: mail {token} counts as sent and never was"
        if states.get("send") in ("refused", "cancelled") and token not in model.unsent:
            assert often < most, f"R4: mail {token} was sent although it is {states['send']}"
        if states.get("append") == "done" and token not in model.touched | model.forever:
            copies = [copy for store in stores for _, copy in store.copies_of(token)]
            everywhere = sum(not (model.leaves_marked and "deleted" in copy.flags) for copy in copies)
            moved = any(op.kind == "copy" for op in local.operations if model.of_operation.get(op.id) == token)
            fitting = 1 <= everywhere <= most or moved
            assert fitting, f"R4: the server has {everywhere} copies of sent mail {token}"


def _server_is_right(token: int, local: Local, stores: Sequence[Store], model: Model) -> None:
    """R32 to R36: the engine adds and removes exactly what the settled operations say."""
    of_mail = [op for op in local.operations if model.of_operation.get(op.id) == token]
    delta = sum(store.added[token] - store.removed[token] for store in stores)
    copies = [op for op in of_mail if op.kind == "copy"]
    deletions = [op for op in of_mail if op.kind == "delete"]
    appended = sum(op.kind in ("append", "draft") for op in of_mail)
    if token in model.twins:
        return
    marked = sum("deleted" in copy.flags for store in stores for _, copy in store.copies_of(token))
    marked *= model.leaves_marked
    COUNTED["doubled"] += delta > len(copies) + appended + marked
    COUNTED["lost"] += delta < -len(deletions) - (token in model.sends)
    assert delta <= len(copies) + appended + marked, f"R36: mail {token} was doubled on the server: {of_mail}"
    doubles = 1 if token in model.sends else 0
    assert delta >= -len(deletions) - doubles, f"R33: mail {token} was removed from the server unasked: {of_mail}"
    if token in model.touched or copies or token in model.sends:
        return
    done = sum(op.state == "done" and not op.error for op in deletions)
    assert -done <= delta <= marked - done, (
        f"R33: {done} deletions of mail {token} are done, the server has {delta:+}: {of_mail}"
    )
    places = [(number + 1, name) for number, store in enumerate(stores) for name in store.where(token)]
    here = [message for message in local.messages if message.token == token and not message.gone]
    kept = any((op.state == "cancelled" and op.error) or op.state == "failed" for op in of_mail)
    noted = any(op.error for op in of_mail if op.state == "done")
    if len(places) == 1 and here and here[0].account == places[0][0] and not kept and not noted:
        assert here[0].folder == places[0][1], f"R32: {here[0]} is on the server in {places[0][1]}: {of_mail}"
