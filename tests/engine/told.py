"""Which webhooks each field shows to whom, and what was delivered to them: plain loops over plain rows, as in rules."""

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Rules, ordered, upper


def sees(rules: Rules, row: Row) -> bool:
    """Webhooks and deliveries of organizations in reach; none is there for a demo token."""
    return not rules.access.demo and rules.access.reaches("webhooks", row["organization_id"])


def webhooks(rules: Rules) -> list[Row]:
    """All webhooks in sight."""
    return [row for row in rules.rows["webhooks"] if sees(rules, row)]


def deliveries(rules: Rules, given: Arguments, webhook: Row) -> list[Row]:
    """What is and was on its way to a webhook."""
    since, until = given.get("since"), given.get("until")
    found = []
    for row in rules.rows.of("deliveries", "webhook_id", webhook["id"]):
        inside = (since is None or row["occurred_at"] >= since) and (until is None or row["occurred_at"] <= until)
        same = given.get("status") in (None, upper(row["status"]))
        found += [row] if inside and same and given.get("eventType") in (None, row["event_type"]) else []
    return [row for row in found if sees(rules, row)]


def last_delivery(rules: Rules, webhook: Row) -> Row | None:
    """What was queued last for a webhook."""
    return max(deliveries(rules, {}, webhook), key=lambda row: int(row["id"]), default=None)


def attempts(rules: Rules, delivery: Row) -> list[Row]:
    """The attempts of a delivery."""
    return ordered(rules.rows.of("delivery_attempts", "delivery_id", delivery["id"]), "number")
