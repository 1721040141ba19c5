"""What looks wrong about the recipients of a message, by what is known of its thread and its deal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.engine.filing import Filing
from tui.engine.mail.addresses import parse_addresses
from tui.engine.model import Draft
from tui.engine.store.undelivered import undelivered
from tui.engine.text import line, normalize_address

if TYPE_CHECKING:
    from tui.engine.store.reader import Reader

LOOKED_AT = 500
"""Messages of a thread whose people count as known to it."""


def doubts(reader: Reader, draft: Draft, filing: Filing) -> tuple[str, ...]:
    """Return what a person may have overlooked, in a few words each.

    Args:
        reader: reads both databases.
        draft: as it is written so far.
        filing: where it will be filed.
    """
    typed = ",".join((draft.to, draft.cc, draft.bcc)).encode("utf-8")
    recipients = {normalize_address(one.email): one.email for one in parse_addresses(typed) if "@" in one.email}
    if not recipients:
        return ()
    lost = undelivered(reader.mailbox, int(time.time()))
    found = [f"mail to {line(lost[one].address, 60)} failed: {lost[one].why}" for one in recipients if one in lost]
    if draft.reply_to is not None:
        known = _in_thread(reader, draft.reply_to)
        strangers = [email for key, email in recipients.items() if key not in known]
        if strangers:
            more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
            found.append(f"{line(strangers[0], 60)}{more} new in this thread")
    answered = reader.rows([draft.reply_to]) if draft.reply_to is not None else []
    meant = {*filing.deals, *(deal.id for row in answered for deal in row.deals)}
    for deal in reader.crm.deals_by_ids(sorted(meant)):
        people = [reader.crm.person(one.id) for one in deal.persons]
        emails = {normalize_address(email) for person in people for email in person.emails}
        if emails and not emails & recipients.keys():
            found.append(f"nobody of ◆ {line(deal.title, 40)} among the recipients")
    return tuple(found)


def _in_thread(reader: Reader, message_id: int) -> set[str]:
    """Return who wrote or got a message of a thread, and all own addresses."""
    threads = {row.thread for row in reader.rows([message_id])}
    rows = reader.rows([number for thread in threads for number in reader.thread(thread)[-LOOKED_AT:]])
    known = {normalize_address(one.email) for row in rows for one in (row.sender, *row.to, *row.cc)}
    own = {normalize_address(one) for account in reader.accounts() for one in (account.email, *account.aliases)}
    return known | own
