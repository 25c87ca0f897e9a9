"""Which upstreams, and which of the collected records, a list shows."""

from resolvers.engine.declare import Filter
from resolvers.text import text

UPSTREAM_FILTERS = (Filter("legacyId", lambda c, value: c["id"] == value),)
SPAN_FILTERS = (
    Filter("createdFrom", lambda c, value: c["created_at"] >= value),
    Filter("createdTo", lambda c, value: c["created_at"] <= value),
)
COLLECTED_FILTERS = (
    Filter("source", lambda c, value: c["source"] == value, text),
    Filter("uid", lambda c, value: c["uid"] == value, text),
    *SPAN_FILTERS,
)
