"""Which upstreams, and what of theirs, each field shows to whom: plain loops over plain rows, as in rules."""

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Rules


def upstreams(rules: Rules) -> list[Row]:
    """All upstreams, for system operators; with a demo token none."""
    return rules.rows["upstream_feeds"] if rules.access.all("upstreams") and not rules.access.demo else []


def records(rules: Rules, given: Arguments) -> list[Row]:
    """What was collected; with a demo token of demo students only."""
    demo = {row["uid"] for row in rules.rows["students"] if row["demo"]}
    since, until = given.get("createdFrom"), given.get("createdTo")
    found = []
    for row in rules.rows["collected_usage"]:
        inside = (since is None or row["created_at"] >= since) and (until is None or row["created_at"] <= until)
        same = given.get("source") in (None, row["source"]) and given.get("uid") in (None, row["uid"])
        found += [row] if inside and same and (not rules.access.demo or row["uid"] in demo) else []
    return found if rules.access.all("usage_feed") else []


def records_of(rules: Rules, given: Arguments, upstream: Row) -> list[Row]:
    """What an upstream gave."""
    return records(rules, {**given, "source": upstream["name"]})


def student(rules: Rules, record: Row) -> Row | None:
    """The student in sight who has the uid of a record, and is not locked."""
    found = [row for row in rules.students() if row["uid"] == record["uid"] and row["locked_at"] is None]
    return found[0] if found else None
