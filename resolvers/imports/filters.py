"""Which imports, and which of their rows, a list shows."""

from resolvers.engine.declare import Filter

IMPORT_FILTERS = (Filter("legacyId", lambda c, value: c["id"] == value),)
IMPORTS_FILTERS = (
    Filter("organizationLegacyId", lambda c, value: c["organization_id"] == value),
    Filter("status", lambda c, value: c["status"] == value),
)
ROW_FILTERS = (Filter("action", lambda c, value: c["action"] == value),)
