"""Under which deal a message being written will be filed, by the rules that will file it (RULES.md, R24 and R25)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.engine.config import Config
from tui.engine.errors import NotFound
from tui.engine.linking import Facts, Known, OpenDeal, Participant, Settings, decide
from tui.engine.mail.addresses import parse_addresses
from tui.engine.model import Deal, Direction, Draft, LinkState, Role
from tui.engine.text import normalize_address

if TYPE_CHECKING:
    from tui.engine.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Filing:
    """What the composer shows: the badge's mark, the deal's or person's name, and why, in a few words; ``deals``
    are the ids of the deals."""

    mark: str
    title: str
    reason: str
    deals: tuple[int, ...] = ()


def likely(reader: Reader, draft: Draft) -> list[Deal]:
    """Return the open deals that a draft may be filed under: of the mail it answers, then of its recipients."""
    answered = reader.rows([draft.reply_to]) if draft.reply_to is not None else []
    thread = {deal.id for row in answered for deal in row.deals}
    theirs = {person.id for person in reader.crm.by_address({one.address for one in _recipients(draft)}).values()}

    def distance(deal: Deal) -> int:
        return 0 if deal.id in thread else 1 if any(one.id in theirs for one in deal.persons) else 2

    return sorted(reader.crm.deals("open"), key=distance)


def _recipients(draft: Draft) -> list[Participant]:
    return [
        Participant(normalize_address(one.email), one.name, role)
        for role, typed in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc))
        for one in parse_addresses(typed.encode("utf-8"))
    ]


def filed_under(reader: Reader, draft: Draft, config: Config) -> Filing:
    """Return where ``draft`` will be filed if it is sent now.

    Args:
        reader: reads both databases.
        draft: as it is written so far; half an address counts for nothing.
        config: the settings of the link rules.
    """
    crm = reader.crm
    if draft.deal_id is not None:
        try:
            return Filing("◆", crm.deal(draft.deal_id).title, "chosen here", (draft.deal_id,))
        except NotFound:
            return Filing("○", "none", "the deal that was chosen is gone")
    people = _recipients(draft)
    if not people:
        return Filing("○", "none yet", "nobody to send it to")
    accounts = reader.accounts()
    own = frozenset(normalize_address(one) for account in accounts for one in (account.email, *account.aliases))
    sender = next((account.email for account in accounts if account.id == draft.account_id), "")
    answered = reader.rows([draft.reply_to]) if draft.reply_to is not None else []
    thread_deals = tuple(deal.id for row in answered for deal in row.deals)
    persons = crm.by_address({one.address for one in people})
    ids = {person.id for person in persons.values()}
    deals = crm.deals_of_persons(ids) if ids else []
    thread_open = {deal.id: _open(deal) for deal in crm.deals_by_ids(thread_deals) if deal.status == "open"}
    decision = decide(
        Facts(
            Direction.OUT,
            own,
            (Participant(normalize_address(draft.sender or sender), "", "from"), *people),
            folder_role=Role.SENT,
            private_thread=any(row.link_state is LinkState.PRIVATE for row in answered),
            thread_deals=thread_deals,
        ),
        Known(
            persons,
            {
                number: [_open(deal) for deal in deals if any(one.id == number for one in deal.persons)]
                for number in ids
            },
            thread_open,
        ),
        Settings(config.contact_link, config.multi_deal),
    )
    titles = {deal.id: deal.title for deal in (*deals, *crm.deals_by_ids(decision.deals))}
    reason = {"reply": "answers a linked mail", "R24": "the only open deal"}.get(decision.rule, decision.reason)
    if decision.deals:
        return Filing(
            "◆", ", ".join(titles.get(one, str(one)) for one in decision.deals), reason, tuple(decision.deals)
        )
    if decision.state is LinkState.NEEDS_DEAL:
        return Filing("◇", "which?", "several open deals")
    if decision.persons:
        names = {person.id: person.name for person in persons.values()}
        return Filing("◆", ", ".join(names.get(one, str(one)) for one in decision.persons), reason)
    return Filing("○", "none", reason)


def _open(deal: Deal) -> OpenDeal:
    return OpenDeal(deal.id, deal.title, deal.stage, deal.created)
