"""Which xAPI endpoints each field shows to whom, and the statements on their way there: plain loops over plain rows."""

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Rules, upper


def sees(rules: Rules, row: Row) -> bool:
    """Endpoints and statements of organizations in reach; none is there for a demo token."""
    return not rules.access.demo and rules.access.reaches("xapi", row["organization_id"])


def endpoints(rules: Rules) -> list[Row]:
    """All endpoints in sight."""
    return [row for row in rules.rows["xapi_endpoints"] if sees(rules, row)]


def statements(rules: Rules, given: Arguments, endpoint: Row) -> list[Row]:
    """What is and was on its way to an endpoint."""
    return [
        row
        for row in rules.rows.of("xapi_statements", "endpoint_id", endpoint["id"])
        if sees(rules, row)
        and given.get("status") in (None, upper(row["status"]))
        and given.get("verb") in (None, row["verb"])
    ]
