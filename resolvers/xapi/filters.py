"""Which endpoints and which statements a list shows."""

from resolvers.engine.declare import Filter
from resolvers.text import text

ENDPOINT_FILTERS = (Filter("legacyId", lambda c, value: c["id"] == value),)
STATEMENT_FILTERS = (
    Filter("status", lambda c, value: c["status"] == value),
    Filter("verb", lambda c, value: c["verb"] == value, text),
)
