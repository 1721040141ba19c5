"""What the customer says: answers by person and by word, and what is written without being asked."""

from __future__ import annotations

from dataclasses import dataclass

from tui.demo.cast import ANN, BO, CARLA, DANA, DMITRI, EVE, FRANK, GRACE, HELEN, IVAN, SATO, Actor
from tui.demo.world import ME, TEAM


@dataclass(frozen=True, slots=True)
class Unasked:
    """Something that is written without being asked; ``replies_to`` names a message of the sample as
    ``mail.message_id`` does: conversation, number, domain."""

    sender: Actor
    subject: str
    text: str
    to: str = ME
    replies_to: tuple[str, int, str] | None = None


KEYWORDS = (
    (("net 60", "payment", "invoice"), "Net 60 it is, then. Our accounting says thank you."),
    (("lunch", "dumpling"), "Yes! Same place, same time?"),
    (("meet", "call you", "calendar", "thursday", "friday"), "That time suits me. I have put it into my calendar."),
    (("contract", "clause", "terms"), "Thank you, I have given it to our lawyers and expect an answer by tomorrow."),
    (("attached", "attachment", "enclosed"), "Received and opened without trouble, thank you."),
)
"""Words in what was asked, in lower case, and the answer to them; the first that fits is taken."""

ANSWERS = {
    ANN.email: (
        "Perfect, thank you. Then we take the 40 seats, and I let purchasing know today.",
        "That answers it. Is there anything you still need from our side?",
        "Good. I will come back to you as soon as I have the signature.",
    ),
    BO.email: (
        "Thanks for the quick answer. That is fine for the renewal.",
        "Understood. For the training we still need a room, I will ask around.",
    ),
    CARLA.email: ("Muchas gracias, that is all I needed.", "¡Perfecto! Regards to your colleagues."),
    DANA.email: ("Noted. Reception will have the badges ready.", "Thank you, that works for the board as well."),
    DMITRI.email: ("Ha! See you there.",),
    EVE.email: ("Thank you for writing again. Next year we look at it anew.",),
    FRANK.email: ("With pleasure. Give them my number.",),
    GRACE.email: ("Great, then let us start on the first of the month.",),
    SATO.email: ("ご返信ありがとうございます。社内で確認のうえ、改めてご連絡いたします。",),
}
"""What each person answers, in turn."""

ANYBODY = ("Thank you for your message. I will look at it and write back this week.", "Thanks, noted.")
"""What everybody else answers."""

UNASKED = (
    Unasked(
        ANN,
        "Start date for the licences",
        "Hello Mia,\n\nif we sign this week, could the 40 seats start on the first of next month?",
    ),
    Unasked(
        BO,
        "One more thing",
        "Hi Mia,\n\nour finance people ask whether both can go on one invoice. Is that possible?",
    ),
    Unasked(
        IVAN,
        "Question about your product",
        "Hello,\n\nI read about you on a mailing list. Do you have an interface for telephone systems?",
    ),
    Unasked(
        HELEN,
        "Re: Offer for 40 seats",
        "Hello,\n\nI am Ann's colleague in purchasing. Could you put our order number 4500-1187 on the offer?",
        replies_to=("acme-offer", 3, "our.example"),
    ),
    Unasked(
        GRACE,
        "Order form",
        "Hi,\n\nthe order form is on its way by post. You get a scan tomorrow.",
        to=TEAM,
    ),
    Unasked(
        DANA,
        "Badge colours",
        "Mia,\n\nour reception now has three colours of badges. You are guests, so: green.",
        replies_to=("delta-audit", 4, "delta.example"),
    ),
    Unasked(
        SATO,
        "契約書について",
        "イーストン様\n\n契約書の件、来週月曜日までにいただけますと幸いです。\n\n佐藤",
    ),
    Unasked(
        CARLA,
        "Greetings from Bilbao",
        "Hello Mia,\n\neverything still runs without a hitch here. Just wanted to tell you.",
    ),
)
"""In this order, over and over: an open deal, a person with two of them, a stranger, a colleague of a person, …"""
