"""Which members of an organization a list shows, and of which organization they may be asked for."""

from db.json_text import Expression
from db.organizations import id_of
from db.predicates import contains
from resolvers.engine.declare import Bind, Check, Filter, Given
from resolvers.errors import NotFound
from resolvers.organizations import LEGACY_ID
from resolvers.policy import Operation, Standing
from resolvers.scopes import in_reach
from resolvers.text import keyword

MEMBER_FILTERS = (
    Filter("role", lambda c, value: c["role"] == value),
    Filter("status", lambda c, value: c["status"] == value),
    Filter("keyword", lambda c, value: contains(c["search_key"], value), keyword),
)
ALL_MEMBER_FILTERS = (Filter(LEGACY_ID, lambda c, value: c["organization_id"] == value), *MEMBER_FILTERS)


def found_place(standing: Standing, bind: Bind) -> Expression:
    """The id of the named organization where its members are within reach."""
    return id_of(code=None, id_=bind(LEGACY_ID), within=lambda c: in_reach(standing, Operation.MEMBERS, c["id"]))


def refuse_place(found: object, _given: Given, _standing: Standing) -> None:
    """Out of reach is not there."""
    if found is None:
        raise NotFound("There is no such thing within your reach.", reason="organization_unknown", field=LEGACY_ID)


PLACE_IN_REACH = Check("place_found", found_place, refuse_place)
