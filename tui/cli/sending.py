"""``dealdesk mail send``: a message from options and files, into the outbox or into Drafts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from tui.cli.frame import ID, Command, engine_command, read_text
from tui.cli.output import Out
from tui.engine.answering import begin
from tui.engine.commands import KeepDraft, Send
from tui.engine.drafts import Drafts
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
@click.option("--reply-all", is_flag=True, help="Answer everybody who got the message, not its sender alone.")
@click.option("--markdown", is_flag=True, help="The text is Markdown and goes out as HTML too.")
@click.option("--remind", type=int, metavar="DAYS", default=0, help="Remind if nobody answers in so many days.")
@click.option("--delivery-report", is_flag=True, help="Ask the servers on its way to report its delivery.")
@click.option("--draft", is_flag=True, help="Keep it in Drafts, here and on the server, instead of sending it.")
@engine_command
async def send(engine: Engine, out: Out, /, **given: Any) -> None:
    """Put a message into the outbox; the next sync or the running workspace sends it."""
    draft = _draft(engine.reader, Drafts(engine.paths), given)
    done = await engine.do(KeepDraft(draft) if given["draft"] else Send(draft))
    (message_id,) = done.added
    row = engine.reader.row(message_id)
    found = {"id": message_id, "message_id": row.message_id, "operation": done.operations[0]}
    out.give(found, f"{done.title} (message {message_id}, operation {done.operations[0]}).")


def _draft(reader: Reader, drafts: Drafts, given: dict[str, Any]) -> Draft:
    answered = given["reply_to"]
    if given["reply_all"] and answered is None:
        raise InvalidInput("--reply-all answers a message; name it with --reply-to-message.")
    kind = "reply_all" if given["reply_all"] else "reply"
    begun = Draft(0) if answered is None else begin(reader, kind, answered, drafts)
    account, sender = _sender(reader, given["sender"], begun)
    deal = given["deal_ref"]
    return begun._replace(
        account_id=account.id,
        sender=sender,
        to=", ".join(given["to"]) or begun.to,
        cc=", ".join(given["cc"]) or begun.cc,
        bcc=", ".join(given["bcc"]),
        subject=begun.subject if given["subject"] is None else given["subject"],
        body=read_text(given["body_file"]) if given["body_file"] else "",
        attachments=tuple(map(os.path.abspath, given["attach"])),
        deal_id=None if deal is None else reader.crm.deal(deal).id,
        at=None if given["at"] is None else moment(given["at"]),
        markdown=given["markdown"],
        remind_days=given["remind"],
        report=given["delivery_report"],
    )


def _sender(reader: Reader, wanted: str | None, begun: Draft) -> tuple[Account, str]:
    """Return the account to send from, and the alias that was asked for or that the answered message was sent to."""
    every = reader.accounts()
    if not every:
        raise InvalidInput("There is no account to send from; dealdesk account add connects one.")
    if wanted is None:
        return next((one for one in every if one.id == begun.account_id), every[0]), begun.sender
    asked = normalize_address(wanted)
    for one in every:
        if asked in (str(one.id), normalize_address(one.email)):
            return one, ""
    for one in every:
        if asked in map(normalize_address, one.aliases):
            return one, wanted
    raise NotFound("account or alias", wanted)
