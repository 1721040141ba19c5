"""The conversations of the demo, as they were held over the last three months."""

from __future__ import annotations

from dataclasses import dataclass

from tui.demo.cast import ANN, BO, CARLA, DANA, DMITRI, EVE, FRANK, GRACE, HELEN, ME_ACTOR, SATO, TEAM_ACTOR, Actor
from tui.demo.papers import Paper, csv, pdf


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation.

    Args:
        ago: ``25m`` or ``3h`` before now, or ``12d 9:40``: at that time (UTC), so many days ago.
        ours: whether we wrote it; it then lies in Sent.
        text: the body without quote and signature.
        papers: the attachments.
        cc: who else got it.
        unread: not seen yet.
        folder: where it lies, when not where the conversation does.
        subject: another subject than the conversation's.
    """

    ago: str
    ours: bool
    text: str
    papers: tuple[Paper, ...] = ()
    cc: tuple[Actor, ...] = ()
    unread: bool = False
    folder: str = ""
    subject: str = ""
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation between one of us and one of them; ``charset`` is what they write in."""

    key: str
    subject: str
    them: Actor
    lines: tuple[Line, ...]
    us: Actor = ME_ACTOR
    folder: str = "INBOX"
    charset: str = "utf-8"
    deal: str = ""
    """The deal that was chosen by hand, where the rules would have asked."""
    private: bool = False


OFFER = pdf(
    "Offer 2026-118.pdf",
    (
        "Offer 2026-118",
        "",
        "Acme GmbH, Ann Archer",
        "",
        "40 seats, 12 months",
        "€300 per seat",
        "Total €12,000",
        "30 days net",
    ),
)
PRICES = csv("prices.csv", (("seats", "price per seat"), ("10", "360"), ("25", "330"), ("40", "300"), ("100", "255")))
TERMS = pdf(
    "Renewal terms, second draft.pdf", ("Beta Ltd", "Renewal for 24 months", "Clause 4: service hours", "€30,000")
)
AGENDA = pdf("Training agenda.pdf", ("Two days on site", "Day 1: basics", "Day 2: reports and import", "€4,500"))
REPORT = pdf("Audit scope.pdf", ("Delta audit", "Scope: mail archive, retention, access", "Three days, €6,000"))
QUOTE = pdf("Quote 2026-071.pdf", ("Quote 2026-071", "15 seats", "Total €3,900"))

TALKS = (
    Talk(
        "acme-offer",
        "Offer for 40 seats",
        ANN,
        (
            Line(
                "18d 9:05",
                False,
                "Hello Mia,\n\nDana from Delta spoke well of you. We are looking for something for our service desk, "
                "35 to 40 people. Could you tell me what a year would cost, and whether our data stays in the EU?",
                subject="First question",
            ),
            Line(
                "18d 11:30",
                True,
                "Hello Ann,\n\nthank you for asking. Data stays in Frankfurt, backups in Dublin. For 40 people we "
                "are at about €300 a seat and year. Shall we talk on Thursday?",
                subject="Re: First question",
            ),
            Line(
                "14d 15:20",
                False,
                "Thursday was useful, thank you. Just so you know: the budget is there until the end of the quarter, "
                "after that I have to ask again.\n\nPlease send an offer for 40 seats.",
                subject="Re: First question",
            ),
            Line(
                "6d 10:12",
                True,
                "Hello Ann,\n\nhere is the offer as discussed, and our prices in case the number of seats changes.\n\n"
                "The offer is good for 30 days.",
                papers=(OFFER, PRICES),
            ),
            Line(
                "1d 16:44",
                False,
                "Thanks, got it. Helen from purchasing (in copy) will look at it tomorrow.",
                cc=(HELEN,),
            ),
            Line(
                "55m",
                False,
                "Hello Mia,\n\n40 seats is right. Can you do net 60 instead of net 30? Then we sign this week.\n\n"
                "And one more thing: is single sign-on included?",
                unread=True,
                flagged=True,
            ),
        ),
    ),
    Talk(
        "acme-sso",
        "Single sign-on with your identity provider",
        ANN,
        (
            Line("11d 8:50", False, "Our security people ask which standards you support for single sign-on."),
            Line(
                "11d 13:02",
                True,
                "SAML 2.0 and OpenID Connect, both included. Group membership can be mapped to teams.",
            ),
            Line("10d 9:15", False, "Perfect, that is all they wanted to know."),
        ),
        folder="Clients",
    ),
    Talk(
        "beta-renewal",
        "Renewal terms",
        BO,
        (
            Line(
                "41d 10:00",
                False,
                "Hi Mia,\n\nour contract runs out at the end of next month. We would like to renew for 24 months "
                "if the price is right.",
            ),
            Line(
                "40d 9:30",
                True,
                "Hi Bo,\n\nglad to hear it. For 24 months I can offer €30,000 in total, that is 8 % less than today.",
            ),
            Line(
                "27d 14:25",
                False,
                "That works for finance. Legal has remarks on clause 4 (service hours) and clause 5 (notice).",
            ),
            Line(
                "15d 11:10",
                True,
                "Here is the second draft with both clauses changed.",
                papers=(TERMS,),
                subject="Renewal terms, second draft",
            ),
            Line("12d 17:05", False, "Clause 5 is fine now. Clause 4 still says 9 to 5; our people start at 7."),
        ),
        deal="Beta renewal",
    ),
    Talk(
        "beta-training",
        "Two days on site",
        BO,
        (
            Line(
                "33d 15:40",
                False,
                "Separate from the renewal: could somebody train our twelve new colleagues? Two days, at our office.",
            ),
            Line("22d 9:20", True, "Of course. Agenda and price (€4,500 with travel) are attached.", papers=(AGENDA,)),
            Line("8d 12:00", False, "Looks good. Which dates in the first half of next month are free?"),
        ),
        deal="Beta training",
    ),
    Talk(
        "bo-contract",
        "Contract question",
        BO,
        (
            Line(
                "2h",
                False,
                "Hi Mia,\n\none question about clause 4: does it also hold for the days of the training, or do those "
                "count as consulting?\n\nBo",
                unread=True,
            ),
        ),
    ),
    Talk(
        "bo-address",
        "New invoice address",
        BO,
        (
            Line(
                "3d 9:45",
                False,
                "Hi Mia,\n\nfrom now on please send invoices to:\n\n"
                "Beta Ltd\nAccounts payable\n14 Quay Street\nBristol",
            ),
            Line("3d 10:05", True, "Noted, thank you Bo."),
        ),
    ),
    Talk(
        "bo-call",
        "Call tomorrow?",
        BO,
        (
            Line(
                "1d 14:31", False, "Do you have ten minutes tomorrow? There is news from both sides here.", unread=True
            ),
        ),
    ),
    Talk(
        "gamma-rollout",
        "Rollout in three offices",
        CARLA,
        (
            Line(
                "88d 9:00", False, "Buenos días Mia,\n\nwe decided: Madrid, Sevilla and Bilbao, starting with Madrid."
            ),
            Line("87d 10:40", True, "Wonderful, Carla. I will send the plan for Madrid by Friday."),
            Line("70d 16:10", False, "Madrid is live since Monday and nobody complained. ¡Enhorabuena!"),
            Line(
                "52d 11:00",
                True,
                "Sevilla and Bilbao are live as well. The invoice follows in the next days.",
                folder="Sent",
            ),
            Line("45d 12:20", False, "Signed and filed. Thank you for a calm project."),
        ),
        folder="Clients",
    ),
    Talk(
        "gamma-invoice",
        "Invoice 2291",
        CARLA,
        (
            Line(
                "4h",
                False,
                "Hello Mia,\n\ninvoice 2291 shows two offices instead of three. Could you correct it? It is in your "
                "favour, so take your time :-)",
            ),
        ),
    ),
    Talk(
        "delta-audit",
        "Audit of the archive",
        DANA,
        (
            Line(
                "24d 9:30",
                False,
                "Mia,\n\nwe need somebody neutral to audit our mail archive before the certification. Do you do that?",
            ),
            Line("23d 14:00", True, "We do. Scope and price are attached; three days, €6,000.", papers=(REPORT,)),
            Line("9d 10:10", False, "The board said yes yesterday, the paper follows. You can plan with us."),
            Line("9d 10:55", True, "Great news. I keep the second week of next month free for you."),
            Line(
                "5h",
                False,
                "Can you send me the names of the people who will come? Reception wants them a day before.",
                unread=True,
            ),
        ),
    ),
    Talk(
        "eve-quote",
        "Old quote",
        EVE,
        (
            Line("76d 13:00", False, "Could you quote 15 seats for one year?"),
            Line("75d 9:10", True, "Hello Eve,\n\nhere it is.", papers=(QUOTE,)),
            Line("58d 15:30", False, "We have another offer for less. Can you match €3,100?"),
            Line("57d 8:40", True, "I am afraid that we can't go below €3,700 for 15 seats."),
            Line(
                "50d 11:11",
                False,
                "Then we take the other one this time. Thank you for the effort, and no hard feelings.",
            ),
        ),
        folder="Archive",
    ),
    Talk(
        "lunch",
        "lunch?",
        DMITRI,
        (
            Line("6d 10:30", False, "Tuesday, the place with the dumplings, 12:30?"),
            Line("6d 10:41", True, "Yes! I book a table."),
            Line("5d 13:50", False, "That was great. Next time I pay."),
        ),
        private=True,
    ),
    Talk(
        "frank",
        "Reference call",
        FRANK,
        (
            Line("37d 9:00", False, "If you need a reference from us for a prospect, I am happy to talk to them."),
            Line("36d 9:30", True, "That is very kind, Frank. I may come back to it."),
        ),
        folder="Archive",
    ),
    Talk(
        "kaiyo",
        "試験導入のお見積りについて",
        SATO,
        (
            Line(
                "17d 2:10",
                False,
                "イーストン様\n\nいつもお世話になっております。海洋商事の佐藤です。\n試験導入(10名、3か月)のお見積りをお願いいたします。",
            ),
            Line(
                "16d 8:00",
                True,
                "佐藤様\n\nお問い合わせありがとうございます。\n10名様、3か月で1,200,000円でございます。",
            ),
            Line(
                "2d 1:35",
                False,
                "イーストン様\n\nお見積りありがとうございます。社内で承認されました。\n来週、契約書をお送りください。",
            ),
        ),
        charset="iso-2022-jp",
    ),
    Talk(
        "eta",
        "🎉 We got the budget 🎉",
        GRACE,
        (
            Line(
                "13d 9:00",
                False,
                "Hi,\n\nyour maintenance plan is on my list for next year, I have to find the money first.",
                subject="Maintenance plan",
            ),
            Line(
                "13d 9:55",
                True,
                "Hi Grace,\n\nno hurry. Our offer of €9,600 stands until the end of the year.",
                subject="Re: Maintenance plan",
            ),
            Line(
                "6h",
                False,
                "It took two weeks and four meetings, but: approved! 🚀 What do you need from me to start?",
                unread=True,
            ),
        ),
        us=TEAM_ACTOR,
    ),
)
