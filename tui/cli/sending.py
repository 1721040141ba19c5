"""``dealdesk mail send``: a message from options and files, into the outbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from tui.cli.frame import ID, Command, engine_command, read_text
from tui.cli.output import Out
from tui.engine.commands import Send
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.later import moment
from tui.engine.model import Account, Draft
from tui.engine.text import normalize_address

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.store.reader import Reader


@click.command("send", cls=Command)
@click.option("--to", multiple=True, metavar="ADDRESS", help="Who gets it; the sender of the answered message else.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Who gets a copy.")
@click.option("--bcc", multiple=True, metavar="ADDRESS", help="Who gets a copy that the others don't see.")
@click.option("--subject", help="The subject; that of the answered message else.")
@click.option("--body-file", metavar="F", help="The file that holds the text; - for standard input.")
@click.option("--attach", multiple=True, metavar="F", help="A file to attach.")
@click.option("--deal", "deal_ref", metavar="D", help="The deal that it belongs to.")
@click.option("--reply-to-message", "reply_to", type=ID, metavar="ID", help="The message that it answers.")
@click.option("--from", "sender", metavar="A", help="The account or alias to send from; the first account else.")
@click.option("--at", metavar="TIME", help="When to send it: 14:00, fri, fri 09:00, 2026-11-30T14:00Z.")
@click.option("--delivery-report", is_flag=True, help="Ask the servers on its way to report its delivery.")
@engine_command
async def send(engine: Engine, out: Out, /, **given: Any) -> None:
    """Put a message into the outbox; the next sync or the running workspace sends it."""
    done = await engine.do(Send(_draft(engine.reader, given)))
    (message_id,) = done.added
    row = engine.reader.row(message_id)
    found = {"id": message_id, "message_id": row.message_id, "operation": done.operations[0]}
    out.give(found, f"{done.title} (message {message_id}, operation {done.operations[0]}).")


def _draft(reader: Reader, given: dict[str, Any]) -> Draft:
    answered = None if given["reply_to"] is None else reader.row(given["reply_to"])
    account, alias = _sender(reader, given["sender"], 0 if answered is None else answered.account_id)
    to, subject = ", ".join(given["to"]), given["subject"]
    if answered is not None:
        to = to or answered.sender.email
        if subject is None:
            subject = answered.subject if _is_reply(answered.subject) else f"Re: {answered.subject}"
    return Draft(
        account_id=account.id,
        to=to,
        cc=", ".join(given["cc"]),
        bcc=", ".join(given["bcc"]),
        subject=subject or "",
        body=read_text(given["body_file"]) if given["body_file"] else "",
        attachments=given["attach"],
        reply_to=given["reply_to"],
        deal_id=None if given["deal_ref"] is None else reader.crm.deal(given["deal_ref"]).id,
        at=None if given["at"] is None else moment(given["at"]),
        sender=alias,
        report=given["delivery_report"],
    )


def _is_reply(subject: str) -> bool:
    return re.match(r"\s*(re|aw|sv|antw|odp|res)\s*:", subject, re.I) is not None


def _sender(reader: Reader, wanted: str | None, answered_account: int) -> tuple[Account, str]:
    """Return the account to send from, and the alias when one was asked for."""
    every = reader.accounts()
    if not every:
        raise InvalidInput("There is no account to send from; dealdesk account add connects one.")
    if wanted is None:
        return next((one for one in every if one.id == answered_account), every[0]), ""
    asked = normalize_address(wanted)
    for one in every:
        if asked in (str(one.id), normalize_address(one.email)):
            return one, ""
    for one in every:
        if asked in map(normalize_address, one.aliases):
            return one, wanted
    raise NotFound("account or alias", wanted)
