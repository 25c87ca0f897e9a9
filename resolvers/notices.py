"""Rules of notices: which are shown to whom."""

from db import notices as rows
from db.predicates import Columns, Condition, parameter
from resolvers.engine.declare import Filter
from resolvers.policy import ROLES, Standing
from resolvers.text import text, texts

INFORMATION_FILTERS = (
    Filter("system", rows.for_system),
    Filter("organizationCode", rows.for_organization, text),
    Filter("tags", rows.tagged, texts("tags")),
)


def information_rows(standing: Standing, columns: Columns) -> Condition:
    """Open notices that are addressed to one of the viewer's roles; nobody's roles are none."""
    return rows.is_open(columns) & rows.for_roles(columns, parameter(ROLES))
