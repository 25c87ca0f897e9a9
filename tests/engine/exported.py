"""Which exports each field shows to whom, and how they stand now: plain loops over plain rows, as in rules."""

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Rules, upper

DOWNLOAD = "/api/integrations/exports/{id}/download"


def exports(rules: Rules) -> list[Row]:
    """One's own exports, which staff alone have; none is there for a demo token."""
    if rules.access.demo or not rules.access.may("exports"):
        return []
    return [shown(rules, row) for row in rules.rows.of("exports", "owner_id", rules.access.user_id)]


def listed(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of exports, by type and by how they stand now."""
    type_, status = given.get("type"), given.get("status")
    found = [row for row in exports(rules) if type_ in (None, upper(row["type"]))]
    return [row for row in found if status in (None, upper(row["status"]))]


def shown(rules: Rules, row: Row) -> Row:
    """An export as it stands now: a file that had its time cannot be fetched, whether or not it is there still."""
    over = row["status"] == "completed" and row["expires_at"] is not None and row["expires_at"] <= rules.now
    status = "expired" if over else row["status"]
    path = DOWNLOAD.format(id=row["id"]) if status == "completed" else None
    return {**row, "status": status, "progress": progress(row), "download_path": path}


def progress(row: Row) -> float | None:
    """How much is done: all of it where there is or was a file, and nothing is known before the rows are counted."""
    if row["status"] in ("completed", "expired"):
        return 1.0
    if row["total_rows"] is None:
        return None
    return 0.0 if row["total_rows"] == 0 else min(1.0, float(row["row_count"] / row["total_rows"]))
