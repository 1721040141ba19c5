"""``dealdesk mail``: read messages, and move, flag, archive, delete and send them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui.cli import acting, listing, sending, shapes
from tui.cli.frame import ID, Noun, engine_command
from tui.cli.output import Out
from tui.engine import text
from tui.engine.crm.shapes import Json, moment
from tui.engine.errors import NotFound
from tui.engine.model import Body, Row, View
from tui.engine.reads import findings_of
from tui.engine.saving import save_attachment

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.findings import Findings

mail = Noun("mail", help="List, show, move, flag, delete and send messages.")


@mail.command("list")
@click.option("--folder", "folder_ref", metavar="F", help="Only this folder, by name, role or id.")
@click.option("--account", "account_ref", metavar="A", help="Only this account, by address or id.")
@click.option("--query", default="", metavar="Q", help="Only what this search finds.")
@listing.paged
@engine_command
async def list_messages(
    engine: Engine,
    out: Out,
    folder_ref: str | None,
    account_ref: str | None,
    query: str,
    limit: int,
    before: str | None,
) -> None:
    """List messages, newest first, a page at a time."""
    account = None if account_ref is None else engine.reader.account(account_ref)
    if folder_ref is not None:
        chosen = engine.reader.folder(folder_ref, None if account is None else account.id)
        view = View("folder", folder_id=chosen.id, query=query)
    elif account is not None:
        view = View("account", account_id=account.id, query=query)
    else:
        view = View("all", query=query)
    listing.give(engine, out, view, limit, before)


@mail.command("show")
@click.argument("message_id", metavar="ID", type=ID)
@click.option("--raw", "form", flag_value="raw", help="The source, byte for byte.")
@click.option("--html", "form", flag_value="html", help="The source of its HTML; nothing in it is loaded.")
@click.option("--headers", "form", flag_value="headers", help="All its headers.")
@engine_command
async def show_message(engine: Engine, out: Out, message_id: int, form: str | None) -> None:
    """Show a message as safe text."""
    row = engine.reader.row(message_id)
    body = engine.reader.body(message_id)
    found = findings_of(engine.reader, message_id)
    shown: dict[str, Json] = {
        **shapes.message(row),
        "text": body.text,
        "attachments": [
            {"part": one.part, "name": one.name, "type": one.type, "size": one.size} for one in body.attachments
        ],
        "auth": found.verdict,
        "forged": row.forged,
        "state": body.state,
    }
    if form is None:
        out.give(shown, _reading(row, body, found))
        return
    raw = engine.reader.raw(message_id)
    if raw is None:
        raise NotFound("source here yet of message", message_id)
    if form == "raw":
        _give_raw(out, shown, raw)
        return
    from tui.engine.mail import mime

    parsed = mime.parse(raw)
    if form == "headers":
        lines = [f"{name}: {value}" for name, value in parsed.headers]
        out.give({**shown, "headers": [[name, value] for name, value in parsed.headers]}, lines)
    elif parsed.html is None:
        raise NotFound("HTML in message", message_id)
    else:
        out.give({**shown, "html": parsed.html}, parsed.html)


def _give_raw(out: Out, shown: dict[str, Json], raw: bytes) -> None:
    decoded = raw.decode("utf-8", "replace")
    if out.json or sys.stdout.isatty():
        out.give({**shown, "raw": decoded}, decoded)
    else:
        click.echo(raw, nl=False)


def _reading(row: Row, body: Body, found: Findings) -> list[str]:
    lines = [f"{name}: {text.line(value, 2000)}" for name, value in body.headers]
    lines.append(f"Date: {moment(row.date)}")
    lines.append(f"Link: {listing.link_words(row)}")
    if found.verdict:
        lines.append(f"Sender: {found.verdict}")
    lines += [words for words, _ in found.lines]
    lines += [f"Attachment {one.part}: {one.name} ({one.type}, {one.size} bytes)" for one in body.attachments]
    if body.state == "header":
        return [*lines, "", "The text is not here yet; dealdesk sync fetches it."]
    return [*lines, "", body.text]


@mail.command("save")
@click.argument("message_id", metavar="ID", type=ID)
@click.argument("part", metavar="N", type=int)
@click.option("--to", "folder", required=True, metavar="DIR", help="The folder to write into.")
@engine_command
async def save_one(engine: Engine, out: Out, message_id: int, part: int, folder: str) -> None:
    """Write attachment N of a message into DIR, never over a file that is there."""
    engine.reader.row(message_id)
    found, data = engine.reader.attachment(message_id, part)
    path = save_attachment(found.name, data, folder).absolute()
    out.give({"path": str(path)}, f"Saved {path}")


for _command in (acting.move, acting.copy, acting.archive, acting.delete, acting.flag, sending.send):
    mail.add_command(_command)
