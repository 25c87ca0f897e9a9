"""Which subscriptions each field shows to whom: plain loops over plain rows."""

from tests.engine.rows import Row
from tests.engine.rules import Rules


def sees(rules: Rules, row: Row) -> bool:
    """Subscriptions of organizations in reach; none is there for a demo token."""
    return not rules.access.demo and rules.access.reaches("billing", row["organization_id"])


def subscriptions(rules: Rules) -> list[Row]:
    """All subscriptions in sight."""
    return [row for row in rules.rows["subscriptions"] if sees(rules, row)]


def of_organization(rules: Rules, organization: Row) -> Row | None:
    """What an organization subscribes to: the one in the first place, and of equals the oldest."""
    found = rules.rows.of("subscriptions", "organization_id", organization["id"])
    return min((row for row in found if sees(rules, row)), key=lambda row: (row["precedence"], row["id"]), default=None)


def plan(rules: Rules, subscription: Row) -> Row | None:
    """The plan of a subscription, where it has one."""
    found = rules.rows.of("subscription_plans", "code", subscription["plan_code"])
    return found[0] if found else None
