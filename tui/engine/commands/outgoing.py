"""Sending: a message is built, kept in the local Sent and linked; the journal delivers it once (R4, R24, R25)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from tui.engine.commands.base import Applied, Desk, NewOperation, count
from tui.engine.commands.building import build_message, sender_of, source_of, store_own
from tui.engine.commands.drafting import retire_sent
from tui.engine.commands.mail import role_folder
from tui.engine.commands.remind import due_in
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.mail.compose import parse_recipients
from tui.engine.model import Draft, Role
from tui.engine.store import accounts, messages, reminders
from tui.engine.store.db import Tx


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message: at ``draft.at``, else ``hold`` seconds from now, in which it can be taken back."""

    draft: Draft
    hold: int = 0

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Build the message, file it here and queue it.

        Raises:
            InvalidInput: a recipient, attachment or sender can't be used; nothing was stored.
        """
        draft = self.draft
        account = await accounts.get(tx, draft.account_id)
        if account is None:
            raise NotFound("account", draft.account_id)
        if account.smtp is None:
            raise InvalidInput(f"{account.email} has no SMTP server; nothing can be sent from it.")
        if draft.deal_id is not None:
            await desk.deals.get(draft.deal_id)
        sender = sender_of(account, draft.sender)
        recipients = [one.email for one in parse_recipients(", ".join(filter(None, (draft.to, draft.cc, draft.bcc))))]
        if not recipients:
            raise InvalidInput("The message has no recipient; give one with To.")
        original = await source_of(tx, draft.reply_to or draft.forward_of)
        raw, facts = await asyncio.to_thread(build_message, draft, sender, original)
        limit = int((await accounts.learned(tx, account.id)).get("smtp_size", 0))
        if 0 < limit < len(raw):
            raise InvalidInput(
                f"The message has {len(raw) / 1e6:.1f} MB; {account.smtp.host} takes {limit / 1e6:.1f} MB at most."
                " Send a link instead of the largest file."
            )
        chosen = () if draft.deal_id is None else (draft.deal_id,)
        stored = await store_own(tx, desk, await role_folder(tx, account.id, Role.SENT), raw, facts, chosen)
        due = due_in(draft.remind_days or None, draft.at or messages.now())
        if due is not None:
            await reminders.put(tx, stored, due)
        payload: dict[str, Any] = {
            "sender": sender.email,
            "recipients": list(dict.fromkeys(recipients)),
            "marks": [[n, flag] for n, flag in ((draft.reply_to, "answered"), (draft.forward_of, "forwarded")) if n],
        }
        if draft.report:
            payload["report"] = facts.message_id
        operation = NewOperation(account.id, "send", stored, payload, next_try=_moment(draft.at, self.hold))
        title = f'Sent "{facts.subject}"' if facts.subject else "Sent a message without a subject"
        before = {"messages": [[stored, None, True]]}
        removals = await retire_sent(tx, draft)
        touched = frozenset({stored, *(one.message_id for one in removals if one.message_id is not None)})
        return Applied(title, before, [operation, *removals], touched, frozenset({stored}), frozenset(chosen))


@dataclass(frozen=True, slots=True)
class SendAll:
    """Send the letters of a merge as one action: all are queued or none, and one undo takes back those not gone yet."""

    drafts: tuple[Draft, ...]
    hold: int = 0

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Build, file and queue every letter.

        Raises:
            InvalidInput: there is none, or one of them can't be sent; nothing was stored.
        """
        if not self.drafts:
            raise InvalidInput("No letter is left to be sent.")
        each = []
        for number, draft in enumerate(self.drafts):
            try:
                applied = await Send(draft, self.hold).apply(tx, desk)
            except InvalidInput as error:
                raise InvalidInput(
                    f"Nothing was sent: the letter to {draft.to or 'nobody'} can't be. {error}"
                ) from error
            told = [replace(one, payload={**one.payload, "letter": number}) for one in applied.operations]
            each.append(replace(applied, operations=told))
        return Applied(
            f"Sent {count(len(each), 'letter')}",
            {"messages": [row for one in each for row in one.before["messages"]]},
            [operation for one in each for operation in one.operations],
            frozenset().union(*(one.messages for one in each)),
            frozenset().union(*(one.added for one in each)),
            frozenset().union(*(one.deals for one in each)),
        )


def _moment(at: int | None, hold: int) -> int | None:
    return at if at is not None else messages.now() + hold if hold else None
