"""The mail of the demo that is no conversation: newsletters, an invoice, lists, machines, strangers, a swindler."""

from __future__ import annotations

from dataclasses import dataclass

from tui.demo.cast import ANN, BO, CARLA, DANA, Actor
from tui.demo.papers import Paper, pdf, png
from tui.demo.world import ME, TEAM


@dataclass(frozen=True, slots=True)
class Single:
    """One message by itself; ``ago`` as in ``talks.Line``, ``headers`` beside the usual ones."""

    ago: str
    sender: Actor
    subject: str
    text: str = ""
    html: str = ""
    papers: tuple[Paper, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    to: str = ME
    cc: tuple[Actor, ...] = ()
    folder: str = "INBOX"
    unread: bool = False
    inline: Paper | None = None
    charset: str = "utf-8"


_NEWS = Actor("Storage Weekly", "newsletter@storage-weekly.example")
_NEWS_HEADERS = (
    ("List-Id", "Storage Weekly <weekly.storage-weekly.example>"),
    ("List-Unsubscribe", "<https://storage-weekly.example/leave?u=81f2>, <mailto:leave@storage-weekly.example>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ("Precedence", "bulk"),
)
_NEWS_TOPICS = (
    ("50m", True, "Tape is back", "Why three archives bought tape again, and what they paid."),
    ("7d 6:00", False, "What fsync really does", "A short history of a call that everybody trusts."),
    ("14d 6:00", False, "Deduplication, honestly", "We measured four products on the same 2 TB of mail."),
    ("21d 6:00", False, "Cold data in warm water", "Sunken data centres, two years later."),
)


def _newsletter(ago: str, unread: bool, title: str, teaser: str) -> Single:
    html = f"""<!doctype html><html><head><style>.pre{{display:none}}</style></head><body>
<div class="pre" style="display:none;max-height:0">In this issue: {title}&#847;&zwnj;&nbsp;</div>
<table role="presentation" width="600" align="center"><tr><td>
<h1>This week in storage</h1><h2>{title}</h2><p>{teaser}</p>
<p><a href="https://storage-weekly.example/read?id={len(title)}&amp;u=81f2">Read the article</a> (4 minutes)</p>
<ul><li>Jobs: two in Utrecht, one in Porto</li><li>Events: the archive days in Graz</li></ul>
<p><small>You get this because you signed up.
<a href="https://storage-weekly.example/leave?u=81f2">Unsubscribe</a></small></p>
<img src="https://track.storage-weekly.example/open.gif?u=81f2" width="1" height="1" alt="">
</td></tr></table></body></html>"""
    text = f"THIS WEEK IN STORAGE\n\n{title}\n{teaser}\n\nUnsubscribe: https://storage-weekly.example/leave?u=81f2"
    folder = "INBOX" if unread else "Archive"
    return Single(
        ago, _NEWS, f"This week in storage: {title}", text, html, headers=_NEWS_HEADERS, unread=unread, folder=folder
    )


_CONFERENCE = """<html><body bgcolor="#ffffff"><p>Dear Mia,</p>
<p>the programme of the <b>Service Desk Days</b> is out:</p>
<table border="1"><tr><th>Time</th><th>Talk</th><th>Room</th></tr>
<tr><td>9:30</td><td>Mail is not dead, it is Tuesday</td><td>A</td></tr>
<tr><td>11:00</td><td>One address book to rule them all</td><td>B</td></tr>
<tr><td>14:00</td><td>Panel: who owns the inbox?</td><td>A</td></tr></table>
<p><a href="https://service-desk-days.example/register">Register here</a> until the end of the month.</p>
<blockquote>&ldquo;The only conference where nobody says synergy.&rdquo;</blockquote>
<p>Your team<br><img src="cid:logo@service-desk-days.example" alt="Service Desk Days"></p></body></html>"""

_SWINDLE = """<html><body><p>Dear customer,</p>
<p>your mailbox is <b>full</b>. Confirm your password within 24 hours:</p>
<p><a href="http://198.51.100.23/login?u=me">https://mail.our.example/settings</a></p></body></html>"""

_INVITE = Paper(
    "invite.ics",
    "text/calendar",
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Delta//Calendar//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    b"UID:kickoff-2026@delta.example\r\nSUMMARY:Audit kick-off\r\nDTSTAMP:20260102T080000Z\r\n"
    b"DTSTART:20270115T090000Z\r\nDTEND:20270115T100000Z\r\nLOCATION:Delta\\, room 4.12\r\n"
    b"ORGANIZER:mailto:dana@delta.example\r\nATTENDEE;RSVP=TRUE:mailto:me@our.example\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n",
)

_INVOICE = pdf("Invoice H-48213.pdf", ("Hosting Example", "Invoice H-48213", "4 servers, 1 month", "Total €214.20"))

SINGLES = (
    *(_newsletter(*topic) for topic in _NEWS_TOPICS),
    Single(
        "1d 5:30",
        Actor("Hosting Example Billing", "billing@hosting.example"),
        "Your invoice H-48213",
        "Dear customer,\n\nplease find your invoice H-48213 over €214.20 attached.\nIt will be debited in 7 days.",
        papers=(_INVOICE,),
        headers=(("Auto-Submitted", "auto-generated"),),
    ),
    Single(
        "4d 12:00",
        Actor("Service Desk Days", "hello@service-desk-days.example"),
        "The programme is out",
        html=_CONFERENCE,
        inline=png("logo.png"),
    ),
    Single(
        "5d 20:14",
        Actor("Jonas Weiß", "jonas@fs-berlin.example"),
        "[mailops] Re: greylisting and big senders",
        "> Do you still greylist?\n\nNot for networks with SPF and DKIM. Saves us about 200 tickets a year.\n"
        "_______________________________________________\nmailops mailing list",
        headers=(
            ("List-Id", "Mail operators <mailops.lists.example>"),
            ("List-Post", "<mailto:mailops@lists.example>"),
            ("Precedence", "list"),
        ),
        to="mailops@lists.example",
        cc=(ANN,),
    ),
    Single(
        "8h",
        Actor("Build robot", "ci@builds.example"),
        "[/x] build 4812 is green again [bold]main[/bold]",
        "All 2,318 tests passed in 4 min 12 s.\n\n[/x] is the name of the job, not markup.",
        headers=(("Auto-Submitted", "auto-generated"),),
    ),
    Single(
        "7h",
        Actor("ann@acme.example via Mail Support", "support@mailbox-full.example"),
        "Action required: your mailbox is full",
        html=_SWINDLE,
        headers=(("Authentication-Results", "our.example; dkim=none; spf=softfail"),),
        unread=True,
    ),
    Single(
        "9d 13:30",
        DANA,
        "Invitation: Audit kick-off",
        "Mia, here is the date for the kick-off. Room 4.12, coffee included.",
        papers=(_INVITE,),
    ),
    Single(
        "30d 7:00",
        CARLA,
        "Automatic reply: Fuera de la oficina",
        "I am away until Monday. In urgent cases please call our office.",
        headers=(("Auto-Submitted", "auto-replied"), ("Precedence", "auto_reply")),
        folder="Archive",
    ),
    Single(
        "3h",
        Actor("Nadia Haddad", "nadia@kappa.example"),
        "Price for 12 seats?",
        "Good morning,\n\nwe found you through the Service Desk Days. What would 12 seats cost?\n\nNadia Haddad",
        to=TEAM,
        unread=True,
    ),
    Single(
        "2d 9:18",
        Actor("Jürgen Groß", "j.gross@lambda.example"),
        "Rückfrage zur Schnittstelle",
        "Guten Tag,\n\ngibt es eine Schnittstelle für unsere Telefonanlage (80 Nebenstellen)?\n\nGrüße\nJürgen Groß",
        to=TEAM,
        charset="iso-8859-1",
    ),
    Single(
        "19d 16:00",
        Actor("Priya Raman", "priya@my.example"),
        "Partner programme",
        "Hello,\n\ndo you work with resellers in India? We have 30 customers who ask for something like this.",
        to=TEAM,
        unread=True,
    ),
    Single(
        "60d 11:11",
        Actor("Best Loans", "winner@loans.example"),
        "You have been selected!!!",
        "Congratulations dear friend, send only a small fee.",
        folder="Trash",
    ),
)

DRAFT_TO, DRAFT_SUBJECT = BO, "Re: Two days on site"
DRAFT_TEXT = "Hi Bo,\n\nthe 9th and 10th are free, and "
