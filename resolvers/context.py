"""What one request carries through the graph: the viewer, the clock, the database, loaders and limits."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiodataloader import DataLoader

from db.connections.database import Database
from db.japan import academic_year
from db.json_text import Moments
from resolvers.policy import (
    EVERYWHERE,
    PLACES,
    ROLES,
    STUDENT_ID,
    UID,
    Operation,
    Place,
    Position,
    Role,
    Standing,
    reach_name,
    reached,
    role_of,
)

GRAPH_PAGE = 100
NO_ONE = 0
NOBODY = Standing(frozenset(), demo=False)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: identity, roles that token and database both grant, and the organizations they reach."""

    uid: str
    roles: frozenset[Role]
    standing: Standing
    places: frozenset[Place] = frozenset()
    student_id: int | None = None
    staff_id: int | None = None

    @property
    def positions(self) -> frozenset[Position]:
        """The viewer's columns of the role matrix."""
        return self.standing.positions

    def reaches(self, operation: Operation) -> frozenset[int]:
        """The ids of the organizations that an operation reaches; for who reaches everything they are not listed."""
        return frozenset(reached(self.places)[reach_name(operation)])

    def parameters(self) -> dict[str, object]:
        """The values that scopes bind."""
        return {
            **reached(self.places),
            UID: self.uid,
            ROLES: [role.value for role in self.roles],
            PLACES: [f"{place.organization_id}:{role_of(place.position).value}" for place in self.places],
            EVERYWHERE: [role_of(place.position).value for place in self.places if place.organization_id is None],
            STUDENT_ID: NO_ONE if self.student_id is None else self.student_id,
        }


@dataclass(slots=True)
class Request:
    """One request: everything that resolvers need and nothing that outlives the answer."""

    viewer: Viewer | None
    database: Database
    now: datetime
    page_limit: int = GRAPH_PAGE
    moments: Moments = Moments.JST
    maintenance: str | None = None
    request_id: str = ""
    loaders: dict[object, "DataLoader[Any, object]"] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """The viewer's standing; nobody's, which may do nothing, where there is no viewer."""
        return NOBODY if self.viewer is None else self.viewer.standing

    def parameters(self) -> dict[str, object]:
        """The values of every parameter that comes from the request and not from an argument."""
        if not self.values:
            viewer = {} if self.viewer is None else self.viewer.parameters()
            self.values = {"now": self.now, "academic_year": academic_year(self.now), **viewer}
        return self.values
