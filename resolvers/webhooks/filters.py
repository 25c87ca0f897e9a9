"""Which webhooks and which deliveries a list shows."""

from resolvers.engine.declare import Filter
from resolvers.text import text

WEBHOOK_FILTERS = (Filter("legacyId", lambda c, value: c["id"] == value),)
DELIVERY_FILTERS = (
    Filter("status", lambda c, value: c["status"] == value),
    Filter("eventType", lambda c, value: c["event_type"] == value, text),
    Filter("since", lambda c, value: c["occurred_at"] >= value),
    Filter("until", lambda c, value: c["occurred_at"] <= value),
)
