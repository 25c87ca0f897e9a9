"""Which members of an organization a list shows."""

from db.predicates import contains
from resolvers.engine.declare import Filter
from resolvers.text import keyword

MEMBER_FILTERS = (
    Filter("role", lambda c, value: c["role"] == value),
    Filter("status", lambda c, value: c["status"] == value),
    Filter("keyword", lambda c, value: contains(c["search_key"], value), keyword),
)
