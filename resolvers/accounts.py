"""Who is let in: what a token claims, held against what the database grants at this moment."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from aiodataloader import DataLoader

from db.api_tokens import KnownToken, known_token, tokens_statement
from db.connections.database import Database
from db.grants import Grant, grant_of, grants_statement
from resolvers.abilities import EVERY_ABILITY
from resolvers.api_tokens import Presented, recognised
from resolvers.context import Viewer
from resolvers.errors import Forbidden, Unauthenticated
from resolvers.plans import contract_of
from resolvers.policy import Place, Role, Standing, position_of

EVERY_PRIVILEGE = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a verified token says of its bearer; an API token names no privileges, and so claims whatever there is.

    `demo` None means that the person's own rows decide. `abilities` None are all of them.
    """

    uid: str
    privileges: frozenset[str]
    demo: bool | None
    token_id: int | None = None
    abilities: frozenset[str] | None = None
    documents_only: bool = False


class Admission:
    """Lets people in; all requests of one turn of the event loop share one statement, and none reads older state."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statement = grants_statement(database.dialect)
        self.loader: DataLoader[str, list[Grant]] = DataLoader(self.grants, cache=False)
        self.token_statement = tokens_statement(database.dialect)
        self.token_loader: DataLoader[int, KnownToken | None] = DataLoader(self.tokens, cache=False)

    async def viewer(self, claimed: Claimed, now: datetime) -> Viewer:
        """The viewer behind a token; Unauthenticated for an unknown uid, Forbidden for who may not come in now."""
        grants = await self.loader.load(claimed.uid)
        return admitted(claimed, grants, now)

    async def viewer_with(self, presented: Presented, now: datetime) -> Viewer:
        """The viewer behind an API token; refuses like `viewer`, and tokens that are unknown, revoked or expired."""
        token = recognised(presented, await self.token_loader.load(presented.id), now)
        abilities = None if EVERY_ABILITY in token.abilities else frozenset(token.abilities)
        claimed = Claimed(token.uid, EVERY_PRIVILEGE, None, token.id, abilities, token.documents_only)
        return await self.viewer(claimed, now)

    async def tokens(self, ids: list[int]) -> list[KnownToken | None]:
        """The token of each number, None for one that is unknown or was revoked."""
        records = await self.database.fetch(self.token_statement, {"ids": list(set(ids))})
        found = {token.id: token for token in map(known_token, records)}
        return [found.get(id_) for id_ in ids]

    async def grants(self, uids: list[str]) -> list[list[Grant]]:
        """The grants of each uid."""
        found: dict[str, list[Grant]] = defaultdict(list)
        for record in await self.database.fetch(self.statement, {"uids": list(set(uids))}):
            grant = grant_of(record)
            found[grant.uid].append(grant)
        return [found[uid] for uid in uids]


def admitted(claimed: Claimed, grants: list[Grant], now: datetime) -> Viewer:
    """Token and database must agree on a role, and its profile must be neither locked nor out of period."""
    if not grants:
        raise Unauthenticated("This token belongs to nobody we know.", reason="token_unknown_user")
    granted = [grant for grant in grants if grant.role in claimed.privileges & EVERY_PRIVILEGE]
    if not granted:
        raise Forbidden("This account has none of the privileges that its token names.", reason="no_privilege")
    unlocked = [grant for grant in granted if grant.locked_at is None]
    if not unlocked:
        raise Forbidden("This account is locked. Ask your organization to unlock it.", reason="account_locked")
    current = [grant for grant in unlocked if grant.start_at <= now <= grant.end_at and grant.is_held(now)]
    if not current:
        raise Forbidden("This account is outside its period of use.", reason="account_out_of_period")
    return viewer_of(claimed, tuple(current))


@lru_cache(maxsize=4096)
def viewer_of(claimed: Claimed, grants: tuple[Grant, ...]) -> Viewer:
    """The viewer whom these grants make; the same grants make the same one."""
    places = frozenset(place_of(grant, grants) for grant in grants)
    return Viewer(
        uid=claimed.uid,
        roles=frozenset(Role(grant.role) for grant in grants),
        standing=Standing(frozenset(place.position for place in places), is_demo(claimed, grants)),
        places=places,
        student_id=next((grant.person_id for grant in grants if grant.kind == "student"), None),
        staff_id=next((grant.person_id for grant in grants if grant.kind == "staff"), None),
        contract=contract_of(grants),
        token_id=claimed.token_id,
        abilities=claimed.abilities,
        documents_only=claimed.documents_only,
    )


def is_demo(claimed: Claimed, grants: tuple[Grant, ...]) -> bool:
    """Whether the viewer sees demo rows only: as the token says, or where it says nothing, as the person is."""
    return any(grant.demo for grant in grants) if claimed.demo is None else claimed.demo


def place_of(grant: Grant, grants: tuple[Grant, ...]) -> Place:
    """The place that a grant names; the children of its organization stand in one grant each."""
    same = [other for other in grants if other.organization_id == grant.organization_id]
    children = frozenset(other.child_id for other in same if other.child_id is not None)
    position = position_of(Role(grant.role), in_parent=grant.parent_id is None)
    return Place(position, grant.organization_id, children)
