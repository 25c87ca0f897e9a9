"""The part of the world that signs in by identity providers of its own: configurations of organizations."""

import datetime
import random
from typing import TYPE_CHECKING

from db.tables import organizations, sso
from tests.engine.asked import Arguments
from tests.engine.awkward import INSTANTS, LONG, TEXTS
from tests.engine.rows import Row
from tests.engine.rules import Rules

if TYPE_CHECKING:
    from tests.engine.world import World

MAPPINGS: tuple[list[object], ...] = ([], [{"value": "é", "role": "student"}, {"value": '"\\', "role": "owner"}])
CERTIFICATES: tuple[list[object], ...] = ([], [{"subject": "CN=é", "sha256_fingerprint": "AA:BB"}])


class SigningOn:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(9)

    def add(self) -> None:
        """Configurations of most organizations."""
        ids = [row["id"] for row in self.world.tables[organizations.organizations]]
        for number, organization in enumerate((id_ for id_ in ids if self.dice.random() < 0.8), 1):
            self.make(number, organization)

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now))

    def make(self, id_: int, organization: object) -> None:
        """One configuration."""
        checked, sealed = self.maybe(self.moment()), self.maybe(f"sealed {id_}".encode())
        self.world.add(
            sso.sso_configurations,
            id=id_,
            organization_id=organization,
            protocol=self.dice.choice(sso.PROTOCOLS),
            enabled=checked is not None and self.dice.random() < 0.5,
            domains=self.dice.choice(([], ["school.example.jp"], ["é", "", '"\\'])),
            return_url=self.maybe(*TEXTS),
            creates_accounts=self.dice.random() < 0.5,
            enforced=self.dice.random() < 0.5,
            role_attribute=self.maybe(LONG, *TEXTS),
            role_mapping=self.dice.choice(MAPPINGS),
            default_role=self.maybe(*sso.ROLES),
            email_attribute=self.maybe(*TEXTS),
            issuer=self.maybe(*TEXTS),
            sign_on_url=self.maybe(*TEXTS),
            token_url=self.maybe(*TEXTS),
            jwks_url=self.maybe(*TEXTS),
            token_auth=self.dice.choice(sso.TOKEN_AUTHS),
            client_id=self.maybe(*TEXTS),
            client_secret=sealed,
            has_client_secret=sealed is not None,
            metadata_url=self.maybe(*TEXTS),
            certificates=self.dice.choice(CERTIFICATES),
            certificate_pems=[],
            checked_at=checked,
            created_at=self.moment(),
            updated_at=self.moment(),
        )


def configurations(rules: Rules) -> list[Row]:
    """All configurations in sight: of organizations in reach; none is there for a demo token."""
    return [
        row
        for row in rules.rows["sso_configurations"]
        if not rules.access.demo and rules.access.reaches("sso", row["organization_id"])
    ]


def of_organization(rules: Rules, organization: object) -> list[Row]:
    """The configuration of an organization, where it is in sight."""
    return [row for row in configurations(rules) if row["organization_id"] == organization]


def asked(rules: Rules, given: Arguments) -> list[Row]:
    """The configuration of the organization that arguments name; refused where that may not be named."""
    return of_organization(rules, rules.organization(given))
