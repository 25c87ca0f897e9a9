"""Rules of organizations, sections and groups: how lists are filtered, and which organization may be named."""

from db.json_text import Expression
from db.organizations import id_of, with_code
from db.predicates import Columns, Condition, contains, everything
from resolvers.engine.declare import Bind, Check, Filter, Given
from resolvers.errors import BadInput, Forbidden, NotFound
from resolvers.policy import Operation, Standing
from resolvers.scopes import in_reach, organization_rows
from resolvers.text import keyword, text

CODE, LEGACY_ID = "organizationCode", "organizationLegacyId"
FOUND = "organization_found"

KEYWORD = Filter("keyword", lambda c, value: contains(c["search_key"], value), keyword)

ORGANIZATION_FILTERS = (
    Filter("code", lambda c, value: c["code"] == value, text),
    Filter("legacyId", lambda c, value: c["id"] == value),
    KEYWORD,
)
# The organization of a list's rows; that it may be named at all is for ORGANIZATION_IN_REACH to say.
OF_ORGANIZATION = (
    Filter(CODE, lambda c, value: with_code(c["organization_id"], value), text),
    Filter(LEGACY_ID, lambda c, value: c["organization_id"] == value),
)
UNIT_FILTERS = (*OF_ORGANIZATION, KEYWORD)


def found_in_reach(standing: Standing, bind: Bind) -> Expression:
    """The id of the named organization where the viewer reaches it."""
    return id_of(code=bind(CODE), id_=bind(LEGACY_ID), within=lambda columns: organization_rows(standing, columns))


def own_organization_rows(standing: Standing, columns: Columns) -> Condition:
    """The viewer's own organizations; for a system operator every one counts as own."""
    if standing.everything(Operation.ORGANIZATIONS):
        return everything()
    return in_reach(standing, Operation.INFORMATIONS, columns["id"])


def found_own(standing: Standing, bind: Bind) -> Expression:
    """The id of the named organization where it is the viewer's own."""
    return id_of(code=bind(CODE), id_=bind(LEGACY_ID), within=lambda columns: own_organization_rows(standing, columns))


def refuse_organization(found: object, given: Given, standing: Standing) -> None:
    """Out of reach is forbidden; unknown is too, except for who reaches everything; code and id must agree."""
    code, id_ = given.get(CODE), given.get(LEGACY_ID)
    if code is None and id_ is None:
        return
    if found is None and standing.everything(Operation.ORGANIZATIONS):
        raise NotFound("There is no such organization.", reason="organization_unknown", field=CODE)
    if found is None:
        raise Forbidden("This organization is not within your reach.", reason="organization_out_of_reach", field=CODE)
    if code is not None and id_ is not None and found != id_:
        raise BadInput(
            f"{CODE} and {LEGACY_ID} name different organizations.", reason="organization_mismatch", field=LEGACY_ID
        )


ORGANIZATION_IN_REACH = Check(FOUND, found_in_reach, refuse_organization)
ORGANIZATION_OWN = Check(FOUND, found_own, refuse_organization)
