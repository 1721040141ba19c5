"""Who is who in the demo: names and addresses, nothing else. Every domain is reserved for examples (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address

from tui.demo.world import ME, TEAM


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who writes: ``zone`` is the offset of their clock from UTC in hours."""

    name: str
    email: str
    zone: int = 1

    @property
    def domain(self) -> str:
        """The part after the ``@``, where their Message-IDs come from."""
        return self.email.rpartition("@")[2]

    @property
    def address(self) -> Address:
        """The address for a header."""
        return Address(self.name, addr_spec=self.email)


ME_ACTOR = Actor("Mia Easton", ME)
TEAM_ACTOR = Actor("Our Sales", TEAM)
ANN = Actor("Ann Archer", "ann@acme.example")
BO = Actor("Bo Chen", "bo@beta.example")
CARLA = Actor("Carla Díaz", "carla@gamma.example")
DANA = Actor("Dana Whitfield", "dana@delta.example", 0)
DMITRI = Actor("Dmitri Orlov", "dmitri@home.example", 2)
EVE = Actor("Eve Novak", "eve@epsilon.example")
FRANK = Actor("Frank Okafor", "frank@zeta.example")
GRACE = Actor("Grace Lindqvist", "grace@eta.example")
SATO = Actor("佐藤 陽斗", "sato@kaiyo.example", 9)
HELEN = Actor("Helen Brandt", "helen.brandt@acme.example")
"""Ann's colleague; deliberately in nobody's address book."""
IVAN = Actor("Ivan Petrov", "ivan@iota.example", 3)

OWN = frozenset({ME, TEAM})
"""The addresses that are ours."""

CAST = (ME_ACTOR, TEAM_ACTOR, ANN, BO, CARLA, DANA, DMITRI, EVE, FRANK, GRACE, SATO, HELEN, IVAN)
BY_ADDRESS = {actor.email: actor for actor in CAST}
