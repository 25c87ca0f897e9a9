"""Which platforms, launches and grades a list shows."""

from resolvers.engine.declare import Filter

PLATFORM_FILTERS = (Filter("legacyId", lambda c, value: c["id"] == value),)
LAUNCH_FILTERS = (Filter("legacyId", lambda c, value: c["id"] == value),)
LAUNCHES_FILTERS = (
    Filter("platformLegacyId", lambda c, value: c["platform_id"] == value),
    Filter("studentLegacyId", lambda c, value: c["student_id"] == value),
)
SCORE_FILTERS = (Filter("status", lambda c, value: c["status"] == value),)
ROSTER_FILTERS = (Filter("status", lambda c, value: c["status"] == value),)
ROSTERS_FILTERS = (*ROSTER_FILTERS, Filter("sectionLegacyId", lambda c, value: c["section_id"] == value))
