"""Rules of notices: which are shown to whom."""

from db import notices as rows
from db.json_text import Expression
from db.predicates import Columns, Condition, parameter
from resolvers.engine.declare import Filter
from resolvers.organizations import own_organization_rows
from resolvers.policy import EVERYWHERE, PLACES, ROLES, Standing
from resolvers.text import text, texts


def for_reader(columns: Columns, code: Expression) -> Condition:
    """For an organization, and for what the reader is in that organization: a coach elsewhere is no coach here."""
    there = rows.for_roles_there(columns, code, parameter(PLACES), parameter(EVERYWHERE))
    return rows.for_organization(columns, code) & there


def readable_rows(standing: Standing, columns: Columns) -> Condition:
    """For some system, and for one of the viewer's own organizations."""

    def own(organizations: Columns) -> Condition:
        return own_organization_rows(standing, organizations)

    return rows.for_some_system(columns) & rows.for_someone(columns, own, parameter(PLACES), parameter(EVERYWHERE))


INFORMATION_FILTERS = (
    Filter("system", rows.for_system),
    Filter("organizationCode", for_reader, text),
    Filter("tags", rows.tagged, texts("tags")),
)


def information_rows(standing: Standing, columns: Columns) -> Condition:
    """Open notices that are addressed to one of the viewer's roles; nobody's roles are none."""
    return rows.is_open(columns) & rows.for_roles(columns, parameter(ROLES))
