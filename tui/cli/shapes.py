"""What mail, accounts and the journal look like as JSON (CLI.md); ``records`` has the CRM's shapes."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.crm.shapes import Json, deal_reference, moment, reference
from tui.engine.model import (
    Account,
    Address,
    Check,
    Divergence,
    Folder,
    FolderProof,
    Operation,
    Row,
    Server,
    SyncReport,
    Why,
)


def address(one: Address) -> dict[str, Json]:
    """Return an address as {name, email}."""
    return {"name": one.name, "email": one.email}


def message(row: Row) -> dict[str, Json]:
    """Return M of CLI.md."""
    return {
        "id": row.id,
        "account": row.account,
        "folder": row.folder,
        "message_id": row.message_id,
        "thread": row.thread,
        "date": moment(row.date),
        "from": address(row.sender),
        "to": [address(one) for one in row.to],
        "cc": [address(one) for one in row.cc],
        "subject": row.subject,
        "preview": row.preview,
        "seen": row.seen,
        "flagged": row.flagged,
        "answered": row.answered,
        "has_attachments": row.has_attachments,
        "direction": row.direction.value,
        "on_server": row.on_server,
        "pending": row.pending,
        "link": {
            "state": row.link_state.value,
            "persons": [reference(one) for one in row.persons],
            "deals": [deal_reference(one) for one in row.deals],
        },
    }


def account(one: Account) -> dict[str, Json]:
    """Return an account; never its secret, nor where that lies."""
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "kind": one.kind,
        "team": one.team,
        "user": one.user,
        "imap": server(one.imap),
        "smtp": None if one.smtp is None else server(one.smtp),
        "auth": one.auth,
        "aliases": list(one.aliases),
        "since": moment(one.since),
        "state": one.state.value,
        "error": one.error,
    }


def server(one: Server) -> dict[str, Json]:
    """Return a server as {host, port, security}."""
    return {"host": one.host, "port": one.port, "security": one.security.value}


def folder(one: Folder) -> dict[str, Json]:
    """Return a folder."""
    return {
        "id": one.id,
        "account": one.account,
        "name": one.name,
        "role": one.role.value,
        "selected": one.selected,
        "total": one.total,
        "unread": one.unread,
        "synced": one.synced,
        "oldest": moment(one.oldest),
        "error": one.error,
        "on_server": one.on_server,
        "selectable": one.selectable,
    }


def check(one: Check) -> dict[str, Json]:
    """Return a check."""
    return {"check": one.check, "ok": one.ok, "detail": one.detail}


def check_lines(checks: Iterable[Check]) -> list[str]:
    """Return checks as lines for people."""
    return [f"{'ok ' if one.ok else 'BAD'}  {one.check}: {one.detail}" for one in checks]


def report(one: SyncReport) -> dict[str, Json]:
    """Return what a sync did for one account."""
    return {
        "email": one.email,
        "new": one.new,
        "updated": one.updated,
        "gone": one.gone,
        "pushed": one.pushed,
        "refused": one.refused,
        "linked": one.linked,
        "needs_deal": one.needs_deal,
        "seconds": one.seconds,
        "error": one.error,
    }


def operation(one: Operation) -> dict[str, Json]:
    """Return an operation of the journal."""
    return {
        "id": one.id,
        "kind": one.kind,
        "message": one.message,
        "title": one.title,
        "state": one.state.value,
        "attempts": one.attempts,
        "error": one.error,
        "created": moment(one.created),
        "next_try": moment(one.next_try),
    }


def divergence(one: Divergence) -> dict[str, Json]:
    """Return a message that its server has otherwise."""
    return {
        "id": one.id,
        "account": one.account,
        "difference": one.difference.value,
        "date": moment(one.date),
        "from": one.sender,
        "subject": one.subject,
        "here": one.here,
        "there": one.there,
        "refused": one.refused,
        "left": one.left,
    }


def proof(one: FolderProof) -> dict[str, Json]:
    """Return the ledger of a folder (R47)."""
    return {
        "account": one.account,
        "folder": one.folder,
        "on_server": one.on_server,
        "here": one.here,
        "outside_window": one.outside_window,
        "failed": one.failed,
        "complete": one.complete,
        "missing": list(one.missing),
        "reasons": [{"uid": uid, "why": why} for uid, why in one.reasons],
        "vanished": one.vanished,
        "error": one.error,
    }


def why(one: Why) -> dict[str, Json]:
    """Return the stored link decision of a message."""
    return {
        "decision": one.decision,
        "rule": one.rule,
        "matched": [
            {"address": matched, "person": {"id": number, "name": name}} for matched, number, name in one.matched
        ],
        "open_deals": [deal_reference(deal) for deal in one.open_deals],
        "at": moment(one.at),
        "origin": one.origin,
        "reason": one.reason,
    }
