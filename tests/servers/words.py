"""What the generated mail is made of."""

from __future__ import annotations

FIRST = (
    "Anna", "Björn", "Chiara", "Dmitri", "Élodie", "Farid", "Greta", "Håkon", "Ines", "Jürgen", "Kateřina", "Liam",
    "María", "Noémie", "Olaf", "Priya", "Quentin", "Rosa", "Søren", "Thảo", "Uwe", "Valentina", "Wei", "Yūki", "Zoë",
)  # fmt: skip

LAST = (
    "Almeida", "Berg", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Horváth", "Ivanova", "Jansen", "Kowalski",
    "Lindqvist", "Müller", "Nguyen", "Okafor", "Petrov", "Quiroga", "Rossi", "Šimek", "Tanaka", "Ueda", "Virtanen",
)  # fmt: skip

COMPANIES = (
    "Nordlicht", "Acme", "Blauwal", "Cobalt", "Delta Pumps", "Estrella", "Fjord Foods", "Gotham Glass", "Helix",
    "Ironwood", "Juniper Labs", "Kestrel", "Lumen", "Meridian", "Northwind", "Orchard", "Pinnacle", "Quarry", "Rivet",
)  # fmt: skip

SUBJECTS = (
    "Offer {number} for {company}",
    "Meeting with {company} next week",
    "Invoice {number}",
    "Renewal of the contract with {company}",
    "Question about the order {number}",
    "Angebot für {company}, überarbeitet",
    "Réunion du {number}: compte rendu",
    "Delivery dates for {company}",
    "Introduction: {company}",
    "Pilot at {company}: first results",
    "見積もり {number}",
    "Security review for {company}",
)

SENTENCES = (
    "Thank you for the call this morning.",
    "We looked at the offer and have two questions about the delivery.",
    "Could you send the revised figures by Thursday?",
    "The board meets on the 14th and wants to see a plan before then.",
    "I have put our head of purchasing in copy.",
    "The pilot went well: the team uses it every day, and the numbers are better than we had hoped for.",
    "Für die Verlängerung brauchen wir noch die Zustimmung aus München.",
    "Le contrat est chez notre juriste, nous vous répondons avant vendredi.",
    "Attached you find the signed copy.",
    "Please note that our address has changed.",
    "What would a smaller start cost, say for the Nordic countries alone?",
    "Nothing else from our side; have a good weekend.",
    "The price per seat is fine, the setup fee is not.",
    "Let us talk on Tuesday at ten.",
)
