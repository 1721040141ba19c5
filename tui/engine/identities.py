"""Who a message can be from: each account's address and aliases, with the name and signature that the config gives.

    [identities."sales@our.example"]
    name = "Mia Berg, Sales"
    signature = '''Mia Berg
    Our Example GmbH'''

A signature stands at the very end below ``-- `` (RFC 3676 section 4.3), under what is quoted too, so that every program
finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.engine.config import Config
from tui.engine.mail.addresses import parse_addresses
from tui.engine.mail.typed import written
from tui.engine.model import Account, Address, Draft
from tui.engine.text import clean, normalize_address

DELIMITER = "-- "
"""The line above a signature."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One address to write from: its account, address, shown name and signature ("" for none); ``configured`` when the
    config speaks of it."""

    account_id: int
    email: str
    name: str
    signature: str = ""
    configured: bool = False

    @property
    def sender(self) -> str:
        """The From, as it is typed."""
        return written(Address(self.name, self.email))

    @property
    def block(self) -> str:
        """What is put at the end of a message: delimiter and signature, "" without one."""
        return f"\n\n{DELIMITER}\n{self.signature}" if self.signature else ""


def identities(accounts: Sequence[Account], config: Config) -> list[Identity]:
    """Return everybody that can be written as, account by account, the account's own address before its aliases."""
    found = []
    for account in accounts:
        for email in dict.fromkeys((account.email, *account.aliases)):
            key = normalize_address(email)
            said = config.identities.get(key, {})
            signature = clean(said.get("signature", "")).strip("\n").removeprefix(f"{DELIMITER}\n")
            found.append(Identity(account.id, email, said.get("name", "") or account.name, signature, bool(said)))
    return found


def identity_of(draft: Draft, known: Sequence[Identity]) -> Identity | None:
    """Return who a draft is from: by its sender, else the first address of its account; None without any account."""
    own = [one for one in known if one.account_id == draft.account_id] or list(known)
    wanted = {normalize_address(one.email) for one in parse_addresses(draft.sender.encode("utf-8"))}
    return next((one for one in own if normalize_address(one.email) in wanted), own[0] if own else None)


def written_as(draft: Draft, identity: Identity, before: Identity | None = None) -> Draft:
    """Return ``draft`` from ``identity``; the signature of ``before``, where it still ends the text, gives way.

    Args:
        draft: as it stands.
        identity: who it is from.
        before: who it was from; None leaves the text alone.
    """
    body = draft.body
    if before is not None and body.endswith(before.block):
        body = body.removesuffix(before.block) + identity.block
    return draft._replace(account_id=identity.account_id, sender=identity.sender, body=body)
