"""The operations on institutions, as the Talktiko API calls organizations: their members and analytics, as a list."""

from http import HTTPStatus

from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Integer, Listed, Named, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import collection
from gateway.talktiko.institution_answers import analytics, institution, institutions, made_institution
from gateway.talktiko.parameters import GET, PAGING, POST, SEARCH, SPAN

OF_INSTITUTION = Parameter("id", Integer(1), required=True, in_path=True)
ROLE = Named(
    ("student", "homeroom_teacher", "cram_school_clerk", "cram_school_owner"), ("STUDENT", "COACH", "CLERK", "OWNER")
)

INSTITUTION_DOORS = (
    Door("List institutions", GET, "/institutions", (*PAGING, SEARCH), "institutions", institutions),
    Door(
        "Create an institution",
        POST,
        "/institutions",
        (
            Parameter("name", Text(), required=True),
            Parameter("code", Text(), required=True),
            Parameter("parent_id", Integer()),
            Parameter("plan", Choice(("free", "pro", "enterprise"))),
            Parameter("domains", Listed(Text())),
        ),
        "create_institution",
        made_institution,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door("Get an institution", GET, "/institutions/{id}", (OF_INSTITUTION,), "institution", institution),
    Door(
        "List members of an institution",
        GET,
        "/institutions/{id}/members",
        (
            *PAGING,
            OF_INSTITUTION,
            Parameter("role", ROLE),
            Parameter("status", Choice(("active", "upcoming", "ended", "locked"))),
            SEARCH,
        ),
        "institution_members",
        collection,
    ),
    Door(
        "Get analytics of an institution",
        GET,
        "/institutions/{id}/analytics",
        (OF_INSTITUTION, *SPAN, Parameter("granularity", Choice(("day", "week", "month")), default="day")),
        "institution_analytics",
        analytics,
    ),
)
