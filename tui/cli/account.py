"""``dealdesk account``: connect a mailbox, change, list, test and remove."""

from __future__ import annotations

import getpass
import re
import sys
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import click

from tui.cli import shapes
from tui.cli.frame import Noun, engine_command, fail, has_terminal, warn
from tui.cli.output import Out, table
from tui.engine.crm import dates
from tui.engine.errors import CredentialsError, InvalidInput, NetworkError
from tui.engine.model import Account, Security, Server
from tui.engine.reads import missing_folders, missing_roles

if TYPE_CHECKING:
    from tui.engine.core import Engine

account = Noun("account", help="Connect mailboxes, change, test and remove them.")

_SECURITY = click.Choice([one.value for one in Security])
_PORT = click.IntRange(1, 65535)
_IMAP_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
_SMTP_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
_USUAL = {993: Security.TLS, 465: Security.TLS, 143: Security.STARTTLS, 587: Security.STARTTLS}


@account.command("add")
@click.option("--email", required=True, metavar="A", help="The address.")
@click.option("--name", default="", help="Your name, as others see it.")
@click.option("--imap-host", metavar="HOST", help="The server that holds the mail; found where left out.")
@click.option("--imap-port", type=_PORT, help="993 by default.")
@click.option("--imap-security", type=_SECURITY, help="tls by default.")
@click.option("--smtp-host", metavar="HOST", help="The server that sends mail; found where left out.")
@click.option("--smtp-port", type=_PORT, help="465 by default.")
@click.option("--smtp-security", type=_SECURITY, help="tls by default.")
@click.option("--user", help="The login name; the address by default.")
@click.option("--password-command", metavar="CMD", help="A command that prints the password; no shell runs it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, its first line.")
@click.option("--auth", type=click.Choice(["password", "oauth2"]), default="password", help="What the secret is.")
@click.option("--since", default="all", metavar="SPAN", help="How far back: all (default), 1y, 3m, today or a date.")
@click.option("--folders", metavar="NAMES", help="The folders to sync, with commas; the usual ones by default.")
@click.option("--team", default="", metavar="T", help="The team that this mailbox belongs to.")
@click.option("--alias", "aliases", multiple=True, metavar="A", help="Another address of yours that arrives here.")
@click.option("--no-check", is_flag=True, help="Save it without trying the servers.")
@engine_command
async def add_account(engine: Engine, out: Out, /, **given: Any) -> None:
    """Connect a mailbox: the servers are tested, and when they fail nothing is saved."""
    if given["password_command"] and given["password_stdin"]:
        raise click.UsageError("Give --password-command or --password-stdin, not both.")
    fresh = Account(
        id=0,
        email=given["email"],
        name=given["name"],
        user=given["user"] or "",
        imap=Server(given["imap_host"] or "", 0, Security.TLS),
        smtp=None,
        auth=given["auth"],
        secret=f"command:{given['password_command']}" if given["password_command"] else "keyring",
        kind="team" if given["team"] else "personal",
        team=given["team"],
        aliases=given["aliases"],
        since=window(given["since"]),
        folders=_names(given["folders"]),
    )
    fresh, hint = await _with_servers(fresh, given)
    if hint:
        warn(hint)
    password = None if given["password_command"] else _password(fresh.email, given["password_stdin"])
    saved = await engine.add_account(fresh, password, check=not given["no_check"])
    if saved.smtp is None:
        warn("No SMTP server was found, so nothing can be sent from this account; add it again with --smtp-host.")
    for sentence in missing_folders(engine.reader.folders(saved.id), saved):
        warn(sentence)
    out.give(shapes.account(saved), f"Connected {saved.email}; dealdesk sync fetches its mail.")


async def _with_servers(fresh: Account, given: dict[str, Any]) -> tuple[Account, str]:
    """Fill in the servers that were left out, and say what to know about passwords there."""
    from tui.engine.accounts import autodetect

    hint = ""
    if given["imap_host"]:
        imap = _server(given, "imap", _IMAP_PORTS)
        smtp = None
        if not given["smtp_host"]:
            smtp = await _likely_smtp(given["imap_host"])
    else:
        found = await autodetect.detect(given["email"])
        imap, smtp, hint = _changed(found.imap, given, "imap"), found.smtp, found.hint
        fresh = fresh._replace(user=given["user"] or found.user)
    if given["smtp_host"]:
        smtp = _server(given, "smtp", _SMTP_PORTS)
    elif smtp is not None:
        smtp = _changed(smtp, given, "smtp")
    return fresh._replace(imap=imap, smtp=smtp), hint


async def _likely_smtp(imap_host: str) -> Server | None:
    from tui.engine.accounts import autodetect

    try:
        return await autodetect.find_smtp(autodetect.smtp_hosts(imap_host))
    except NetworkError:
        return None


def _server(given: dict[str, Any], kind: str, ports: dict[Security, int]) -> Server:
    port: int | None = given[f"{kind}_port"]
    chosen: str | None = given[f"{kind}_security"]
    security = Security(chosen) if chosen else _USUAL.get(port or 0, Security.TLS)
    return Server(given[f"{kind}_host"], port or ports[security], security)


def _changed(found: Server, given: dict[str, Any], kind: str) -> Server:
    chosen: str | None = given[f"{kind}_security"]
    security = Security(chosen) if chosen else found.security
    return Server(found.host, given[f"{kind}_port"] or found.port, security)


def _names(listed: str | None) -> tuple[str, ...] | None:
    if listed is None:
        return None
    names = tuple(name.strip() for name in listed.split(",") if name.strip())
    if not names:
        raise InvalidInput("--folders names no folder; write it like INBOX,Sent.")
    return names


def window(text: str) -> int | None:
    """Return the first moment of the window that ``3m``, ``1y``, ``today``, a date or ``all`` means; None for all.

    Raises:
        InvalidInput: it means none.
    """
    word = text.strip().lower()
    if word == "all":
        return None
    day = dates.parse(f"-{word}" if re.fullmatch(r"\d{1,4}[dwmy]", word) else word)
    return int(datetime.combine(day, time()).astimezone().timestamp())


def _password(email: str, from_stdin: bool) -> str:
    if from_stdin:
        secret = sys.stdin.readline().rstrip("\r\n")
    elif has_terminal():
        secret = getpass.getpass(f"Password of {email}: ", sys.stderr)
    else:
        raise CredentialsError("No password was given; use --password-stdin or --password-command.")
    if not secret:
        raise CredentialsError(f"The password of {email} is empty; give it with --password-stdin or a terminal.")
    return secret


@account.command("edit")
@click.argument("account_ref", metavar="A")
@click.option("--name", help="Your name, as others see it.")
@click.option("--imap-host", metavar="HOST", help="The server that holds the mail.")
@click.option("--imap-port", type=_PORT, help="Its port.")
@click.option("--imap-security", type=_SECURITY, help="How it is protected.")
@click.option("--smtp-host", metavar="HOST", help="The server that sends mail.")
@click.option("--smtp-port", type=_PORT, help="Its port.")
@click.option("--smtp-security", type=_SECURITY, help="How it is protected.")
@click.option("--user", help="The login name.")
@click.option("--password-command", metavar="CMD", help="A command that prints the password; no shell runs it.")
@click.option("--password-stdin", is_flag=True, help="Read a new password from standard input, its first line.")
@click.option("--auth", type=click.Choice(["password", "oauth2"]), help="What the secret is.")
@click.option("--since", metavar="SPAN", help="How far back: all, 1y, 3m, today or a date; what is here stays.")
@click.option("--folders", metavar="NAMES", help="The folders to sync, with commas; usual for the usual ones.")
@click.option("--team", metavar="T", help='The team that this mailbox belongs to; "" for none.')
@click.option("--alias", "aliases", multiple=True, metavar="A", help="Your other addresses: these and no others.")
@click.option("--no-alias", is_flag=True, help="No other address.")
@click.option("--no-check", is_flag=True, help="Save it without trying the servers.")
@engine_command
async def edit_account(engine: Engine, out: Out, /, account_ref: str, **given: Any) -> None:
    """Change an account: what is given and nothing else; new servers or passwords are tried before they are saved."""
    if given["password_command"] and given["password_stdin"]:
        raise click.UsageError("Give --password-command or --password-stdin, not both.")
    if not any(value for name, value in given.items() if name != "no_check" and value is not None):
        raise click.UsageError("Nothing was given to change; see dealdesk account edit --help.")
    before = engine.reader.account(account_ref)
    password = _password(before.email, True) if given["password_stdin"] else None
    saved = await engine.edit_account(_edited(before, given), password, check=not given["no_check"])
    for sentence in missing_roles(engine.reader.folders(saved.id), saved.id):
        warn(f"{saved.email}: {sentence}")
    out.give(shapes.account(saved), f"Changed {saved.email}; dealdesk sync goes by it.")


def _edited(before: Account, given: dict[str, Any]) -> Account:
    """Return an account with what was given."""
    plain = {name: given[name] for name in ("name", "user", "auth") if given[name] is not None}
    if given["since"] is not None:
        plain["since"] = window(given["since"])
    if given["folders"] is not None:
        plain["folders"] = None if given["folders"].strip().lower() == "usual" else _names(given["folders"])
    if given["team"] is not None:
        plain |= {"team": given["team"], "kind": "team" if given["team"] else "personal"}
    if given["aliases"] or given["no_alias"]:
        plain["aliases"] = given["aliases"]
    if given["password_command"]:
        plain["secret"] = f"command:{given['password_command']}"
    imap, smtp = _moved(before.imap, given, "imap", _IMAP_PORTS), _moved(before.smtp, given, "smtp", _SMTP_PORTS)
    return before._replace(imap=imap or before.imap, smtp=smtp, **plain)


def _moved(known: Server | None, given: dict[str, Any], kind: str, ports: dict[Security, int]) -> Server | None:
    """Return a server with what was given of it; a new host has the usual ports unless others are given."""
    if given[f"{kind}_host"]:
        return _server(given, kind, ports)
    if known is None and (given[f"{kind}_port"] or given[f"{kind}_security"]):
        raise InvalidInput(f"There is no {kind.upper()} server yet; give its name with --{kind}-host.")
    return None if known is None else _changed(known, given, kind)


@account.command("list")
@engine_command
async def list_accounts(engine: Engine, out: Out) -> None:
    """List the accounts."""
    found = engine.reader.accounts()
    lines = table(
        ("id", "address", "server", "state", "error"),
        [(one.id, one.email, one.imap.host, one.state.value, one.error) for one in found],
    )
    out.give([shapes.account(one) for one in found], lines or "There is no account yet; dealdesk account add.")


@account.command("test")
@click.argument("account_ref", metavar="A")
@engine_command
async def test_account(engine: Engine, out: Out, account_ref: str) -> None:
    """Try the password and the servers of an account; exits 1 when one fails."""
    chosen = engine.reader.account(account_ref)
    checks = await engine.test_account(chosen.id)
    out.give([shapes.check(one) for one in checks], shapes.check_lines(checks))
    bad = [one for one in checks if not one.ok]
    if bad:
        fail(f"{chosen.email} failed the test: {bad[0].detail}")


@account.command("remove")
@click.argument("account_ref", metavar="A")
@click.option("--yes", is_flag=True, help="Don't ask.")
@engine_command
async def remove_account(engine: Engine, out: Out, account_ref: str, yes: bool) -> None:
    """Remove an account from here; its server is untouched, and mail of deals stays in them (R44)."""
    chosen = engine.reader.account(account_ref)
    kept, removed = await engine.removal(chosen.id)
    unsent = await engine.unsent(chosen.id)
    told = f"{kept} kept, {removed} removed"
    if unsent:
        told += f"; {unsent} unsent message{'' if unsent == 1 else 's'} will be lost"
    if not yes and not has_terminal():
        raise InvalidInput(f"Removing {chosen.email} ({told}) needs a yes; give --yes to say so.")
    if yes:
        out.say(told)
    else:
        question = f"{told}. Remove {chosen.email}?"
        if not click.confirm(question, err=True):
            fail(f"{chosen.email} was not removed, as you said.")
    kept, removed = await engine.remove_account(chosen.id)
    out.give({"kept": kept, "removed": removed, "unsent": unsent}, f"Removed {chosen.email}; its server is untouched.")
