"""What a message is besides its text: invitation, delivery report, verdict on its sender, ways off its list.

Read beside the screen when a message is opened; opens no connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.engine.mail import magic, schedule, senders, verdicts
from tui.engine.mail.calendar import Invitation, guest_of, read_calendar
from tui.engine.mail.charset import decode
from tui.engine.mail.delivery import Report, read_report, sentence
from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.headers import HeaderFacts, facts_of
from tui.engine.mail.mime import ParsedMail, attached, is_text, parse
from tui.engine.mail.other import disagree
from tui.engine.mail.parts import Part, decode_transfer, parse_tree
from tui.engine.mail.unsubscribing import Unsubscribing, ways
from tui.engine.model import Account, Address, Direction, Row
from tui.engine.store.evidence import calendars_sent, received, sent_here, written_in_thread
from tui.engine.store.reader import Reader
from tui.engine.store.testimonies import LEARNT_FROM
from tui.engine.text import line, normalize_address

_CALENDARS = ("text/calendar", "application/ics")
_SIGNED, _SEALED = (
    "Signed; signatures are not checked here.",
    "Encrypted; save it, or pipe it to the program that has the key.",
)
_PROTECTED = (
    (("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"), _SIGNED),
    (("application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"), _SEALED),
)
_ARMOURED = {_SIGNED: "-----BEGIN PGP SIGNED MESSAGE-----", _SEALED: "-----BEGIN PGP MESSAGE-----"}
_RECEIPTS = ("disposition-notification-to", "return-receipt-to", "x-confirm-reading-to")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found. ``lines`` are (text, ink) for the head of the message; ``guest`` is the own address that an
    invitation may be answered as; ``lies`` say by attachment number what is wrong with it; ``failed``: the mail fails
    its domain's DMARC, so that its From proves nothing."""

    message: int
    lines: tuple[tuple[str, str], ...] = ()
    verdict: str = ""
    doubtful: bool = False
    failed: bool = False
    invitation: Invitation | None = None
    guest: Address | None = None
    report: Report | None = None
    returned: int | None = None
    unsubscribing: Unsubscribing | None = None
    lies: dict[int, str] = field(default_factory=dict)
    versions: bool = False
    """Whether it came as plain text and as HTML."""

    @property
    def answerable(self) -> bool:
        """Whether there is an invitation that has somebody to answer."""
        found = self.invitation
        asked = found is not None and found.method in ("REQUEST", "PUBLISH") and found.organizer is not None
        return asked and self.guest is not None


def findings(reader: Reader, message_id: int) -> Findings:
    """Return what a message is besides its text; nothing while its source is not here.

    Raises:
        NotFound: there is no such message.
    """
    raw = reader.raw(message_id)
    if raw is None:
        return Findings(message_id)
    row = reader.row(message_id)
    accounts = reader.accounts()
    own = {normalize_address(one) for account in accounts for one in (account.email, *account.aliases)}
    header, body, _ = split_message(raw)
    fields = parse_fields(header)
    values = values_of(fields)
    root, _ = parse_tree(values, body)
    facts = facts_of(values)
    lines: list[tuple[str, str]] = []
    judged = None
    if row.direction is Direction.IN:
        judged = _judge(reader, row, fields)
        lines += _about_sender(reader, row, facts, own, accounts, judged)
    parsed = parse(raw)
    lines += _about_text(parsed, root)
    invitation = _invitation(root)
    guest = None
    if invitation is not None:
        lines += schedule.card(invitation, normalize_address(row.sender.email), parsed.text)
        if answer := _answered(reader, message_id, invitation):
            lines.append((f"  You answered: {answer}", "good"))
        account = next((one for one in accounts if one.id == row.account_id), None)
        guest = guest_of(invitation, sorted(own)) or (Address(account.name, account.email) if account else None)
    elif any(part.type in _CALENDARS for part in root.walk()):
        lines.append(("▦ An invitation that can't be read.", "warn"))
    report = (
        read_report(root, row.sender.email, reader.body(message_id).text) if row.direction is Direction.IN else None
    )
    returned = sent_here(reader.mailbox, report.returned) if report is not None and report.returned else None
    if report is not None:
        lines += _about_report(report, returned)
    if any(name.lower() in _RECEIPTS for name, _ in fields) and row.direction is Direction.IN:
        lines.append(("It asks for a read receipt; none is sent.", "dim"))
    return Findings(
        message_id,
        lines=tuple(
            (line(text, 400) if not text.startswith(" ") else f"  {line(text, 400)}", ink) for text, ink in lines
        ),
        verdict=judged.words if judged is not None else "",
        doubtful=judged is not None and judged.doubtful,
        failed=judged is not None and judged.failed,
        invitation=invitation,
        guest=guest,
        report=report,
        returned=returned[0] if returned is not None else None,
        unsubscribing=ways(fields),
        lies=_lies(root),
        versions=parsed.html is not None and (parsed.shown == "plain" or _has_plain(root)),
    )


def _judge(reader: Reader, row: Row, fields: list[tuple[str, bytes]]) -> verdicts.Verdict | None:
    if row.account_id is None or verdicts.topmost(fields) is None:
        return None
    seen = received(reader.mailbox, row.account_id, LEARNT_FROM)
    return verdicts.verdict(fields, verdicts.learn((parse_fields(head), domain) for head, domain in seen))


def _about_sender(
    reader: Reader,
    row: Row,
    facts: HeaderFacts,
    own: set[str],
    accounts: list[Account],
    judged: verdicts.Verdict | None,
) -> list[tuple[str, str]]:
    lines = []
    sender = normalize_address(row.sender.email)
    if judged is not None and judged.failed:
        lines.append((f"! DMARC failed: this may not be from {line(row.sender.email, 120)} at all.", "bad"))
    name = facts.from_[0].name if facts.from_ else ""
    known = reader.crm.search(" ".join(senders.plain_name(name).split()[:4]), limit=8)[0] if " " in name.strip() else []
    found = senders.doubts(facts.from_, own, [account.name for account in accounts], known)
    lines += [(f"! {text}", "bad") for text in found]
    if row.thread_size > 1 and row.sender.email and not facts.list_mail and not reader.crm.by_address([sender]):
        family = written_in_thread(reader.mailbox, row.id)
        if family and row.sender.email.lower() not in family:
            lines.append((f"{line(row.sender.email, 120)} is new in this thread, and not among your contacts.", "warn"))
    answers = [
        one.email for one in facts.reply_to if normalize_address(one.email) != normalize_address(row.sender.email)
    ]
    if answers and not facts.list_mail:
        lines.append((f"Replies go to {', '.join(answers[:3])}.", "warn"))
    return lines


def _about_text(parsed: ParsedMail, root: Part) -> list[tuple[str, str]]:
    """Return what is to be known about the text: its protection, what was repaired, what was not loaded."""
    lines = []
    for kinds, words in _PROTECTED:
        if any(part.type in kinds for part in root.walk()) or _ARMOURED.get(words, "\n") in parsed.text:
            lines.append((words, "dim"))
    lines += [(warning, "warn") for warning in parsed.warnings[:4]]
    if disagree(parsed):
        lines.append(("! Its HTML version says something else than the plain text below.", "warn"))
    if parsed.remote or parsed.trackers:
        many = max(parsed.remote, parsed.trackers)
        things = "a remote picture or style" if many == 1 else f"{many:,} remote pictures and styles"
        tracked = ", made to track you" if many == parsed.trackers else f", {parsed.trackers:,} made to track you"
        lines.append((f"Not loaded: {things}{tracked if parsed.trackers else ''}.", "dim"))
    return lines


def _has_plain(root: Part) -> bool:
    return any(is_text(part) and part.type != "text/html" for part in root.walk())


def _invitation(root: Part) -> Invitation | None:
    for part in root.walk():
        if part.type in _CALENDARS:
            found = read_calendar(
                decode(part.body()[:800_000], part.params.get("charset", "")), part.params.get("method", "")
            )
            if found is not None:
                return found
    return None


def _answered(reader: Reader, message_id: int, invitation: Invitation) -> str:
    """Return the last own answer to an invitation as it is, in words; "" for none, or where it was changed since."""
    for raw in calendars_sent(reader.mailbox, message_id):
        header, body, _ = split_message(raw)
        sent = _invitation(parse_tree(values_of(parse_fields(header)), body)[0])
        same = sent is not None and sent.method == "REPLY" and sent.uid == invitation.uid
        if sent is not None and same and sent.instance == invitation.instance and sent.attendees:
            return schedule.answered(sent.attendees[0].answer) if sent.sequence >= invitation.sequence else ""
    return ""


def _about_report(report: Report, returned: tuple[int, str] | None) -> list[tuple[str, str]]:
    lines = [(f"✗ {sentence(one)}", "bad" if one.action == "failed" else "warn") for one in report.failures[:8]]
    if len(report.failures) > 8:
        lines.append((f"  and {len(report.failures) - 8} more", "dim"))
    if returned is not None:
        lines.append((f"  It was “{returned[1] or '(no subject)'}”, which was sent from here.", "dim"))
    else:
        lines.append(("  No message of that kind was sent from here: this report may be forged.", "warn"))
    return lines


def _lies(root: Part) -> dict[int, str]:
    found = {}
    for number, part in enumerate(attached(root), 1):
        name = part.disposition_params.get("filename") or part.params.get("name") or ""
        wrong = magic.lie(name, part.type, beginning(part))
        if wrong:
            found[number] = wrong
    return found


def beginning(part: Part) -> bytes:
    """Return the first octets of a part's decoded body."""
    return decode_transfer(part.source[part.start : min(part.end, part.start + 2 * magic.LOOKED_AT)], part.encoding)
