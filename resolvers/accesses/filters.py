"""Which entries of the access log a list shows."""

from db.accesses import shows_student
from resolvers.engine.declare import Filter
from resolvers.organizations import OF_ORGANIZATION
from resolvers.text import text

ACCESS_FILTERS = (
    *OF_ORGANIZATION,
    Filter("kind", lambda c, value: c["kind"] == value),
    Filter("studentLegacyId", shows_student),
    Filter("readerUid", lambda c, value: c["reader_uid"] == value, text),
    Filter("accessedFrom", lambda c, value: c["at"] >= value),
    Filter("accessedTo", lambda c, value: c["at"] <= value),
)
