"""The operation by which a grade is sent to an LTI platform, as a list."""

from http import HTTPStatus

from db.lti.tables import ACTIVITY_STATES, GRADING_STATES
from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Integer, Number, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import pushed_grade
from gateway.talktiko.parameters import POST

GRADE_DOORS = (
    Door(
        "Send a grade back to the LMS",
        POST,
        "/lti/grade-passback/{launch}",
        (
            Parameter("launch", Integer(1), required=True, in_path=True),
            Parameter("score_given", Number()),
            Parameter("score_maximum", Number()),
            Parameter("comment", Text()),
            Parameter("activity_progress", Choice(ACTIVITY_STATES)),
            Parameter("grading_progress", Choice(GRADING_STATES)),
        ),
        "push_grade",
        pushed_grade,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
)
