"""Which rosters of LTI platforms each field shows to whom: plain loops over plain rows."""

from tests.engine.asked import Arguments
from tests.engine.launched import sees_platform
from tests.engine.rows import Row
from tests.engine.rules import Rules, upper


def rosters(rules: Rules) -> list[Row]:
    """All rosters in sight: they are seen like platforms."""
    return [row for row in rules.rows["lti_rosters"] if sees_platform(rules, row)]


def listed(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of rosters."""
    section = given.get("sectionLegacyId")
    return [row for row in rosters(rules) if is_wanted(row, given) and section in (None, row["section_id"])]


def rosters_of(rules: Rules, given: Arguments, platform: Row) -> list[Row]:
    """The rosters of a platform."""
    found = rules.rows.of("lti_rosters", "platform_id", platform["id"])
    return [row for row in found if sees_platform(rules, row) and is_wanted(row, given)]


def is_wanted(roster: Row, given: Arguments) -> bool:
    """Whether a roster has the status that is asked for."""
    return given.get("status") in (None, upper(roster["status"]))


def section(rules: Rules, roster: Row) -> Row | None:
    """The section that is filled, where it is in sight."""
    found = rules.rows.one("sections", roster["section_id"])
    return found if rules.access.reaches("sections", found["organization_id"]) else None
