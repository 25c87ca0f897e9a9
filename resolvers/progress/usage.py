"""Which events the usage feed shows."""

from resolvers.engine.declare import Filter

USAGE_FILTERS = (
    Filter("createdFrom", lambda c, value: c["created_at"] >= value),
    Filter("createdTo", lambda c, value: c["created_at"] <= value),
)
