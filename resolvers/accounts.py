"""Who is let in: what a token claims, held against what the database grants at this moment."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from aiodataloader import DataLoader

from db.connections.database import Database
from db.grants import Grant, grant_of, grants_statement
from resolvers.context import Viewer
from resolvers.errors import Forbidden, Unauthenticated
from resolvers.policy import Place, Role, Standing, position_of


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a verified access token says of its bearer."""

    uid: str
    privileges: frozenset[str]
    demo: bool


class Admission:
    """Lets people in; all requests of one turn of the event loop share one statement, and none reads older state."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statement = grants_statement(database.dialect)
        self.loader: DataLoader[str, list[Grant]] = DataLoader(self.grants, cache=False)

    async def viewer(self, claimed: Claimed, now: datetime) -> Viewer:
        """The viewer behind a token; Unauthenticated for an unknown uid, Forbidden for who may not come in now."""
        grants = await self.loader.load(claimed.uid)
        return admitted(claimed, grants, now)

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
    known = {role.value for role in Role}
    granted = [grant for grant in grants if grant.role in claimed.privileges & known]
    if not granted:
        raise Forbidden("This account has none of the privileges that its token names.", reason="no_privilege")
    unlocked = [grant for grant in granted if grant.locked_at is None]
    if not unlocked:
        raise Forbidden("This account is locked. Ask your organization to unlock it.", reason="account_locked")
    current = [grant for grant in unlocked if grant.start_at <= now <= grant.end_at]
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
        standing=Standing(frozenset(place.position for place in places), claimed.demo),
        places=places,
        student_id=next((grant.person_id for grant in grants if grant.kind == "student"), None),
        staff_id=next((grant.person_id for grant in grants if grant.kind == "staff"), None),
    )


def place_of(grant: Grant, grants: tuple[Grant, ...]) -> Place:
    """The place that a grant names; the children of its organization stand in one grant each."""
    same = [other for other in grants if other.organization_id == grant.organization_id]
    children = frozenset(other.child_id for other in same if other.child_id is not None)
    position = position_of(Role(grant.role), in_parent=grant.parent_id is None)
    return Place(position, grant.organization_id, children)
