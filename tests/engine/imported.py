"""Which imports each field shows to whom, and how far they are: plain loops over plain rows, as in rules."""

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Rules, upper

OVER, GOING_ON = {"planned", "blocked", "completed"}, {"planning", "applying"}


def sees(rules: Rules, row: Row) -> bool:
    """Imports of organizations in reach; none is there for a demo token."""
    return not rules.access.demo and rules.access.reaches("members", row["organization_id"])


def imports(rules: Rules) -> list[Row]:
    """All imports in sight."""
    return [shown(row) for row in rules.rows["imports"] if sees(rules, row)]


def listed(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of imports, by organization and status."""
    place, status = given.get("organizationLegacyId"), given.get("status")
    found = [row for row in imports(rules) if place in (None, row["organization_id"])]
    return [row for row in found if status in (None, upper(row["status"]))]


def one(rules: Rules, given: Arguments) -> list[Row]:
    """The import with a number, where it is of the organization that is named."""
    found = [row for row in imports(rules) if row["id"] == given["legacyId"]]
    return [row for row in found if given.get("organizationLegacyId") in (None, row["organization_id"])]


def shown(row: Row) -> Row:
    """An import, and how much of its present phase is done."""
    done = 0.0
    if row["status"] in OVER:
        done = 1.0
    elif row["status"] in GOING_ON and row["total_rows"]:
        done = float(row["position"] / row["total_rows"])
    return {**row, "progress": done}


def rows(rules: Rules, given: Arguments, row: Row) -> list[Row]:
    """The rows of an import, by what is done with them."""
    action = given.get("action")
    found = rules.rows.of("import_rows", "import_id", row["id"])
    return [one for one in found if action is None or (one["action"] and action == upper(one["action"]))]


def errors(rules: Rules, _: Arguments, row: Row) -> list[Row]:
    """What is wrong in an import."""
    return rules.rows.of("import_errors", "import_id", row["id"])
