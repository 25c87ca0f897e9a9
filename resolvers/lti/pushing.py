"""Grades that somebody sends by hand, or another system does: for a launch within reach."""

from db.lti import grading
from db.lti.tables import lti_launches
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, manageable
from resolvers.lti.grades import REQUEST, Grade, Gradebook, key_of
from resolvers.policy import Operation
from resolvers.text import text

PUSH, PATH = Operation.PUSH_GRADES, "Mutation.pushGrade"
LONGEST_COMMENT = 2000
LAUNCH = ("launchLegacyId",)
NO_GRADE_SERVICE = Mistake(
    LAUNCH, "GRADE_SERVICE_MISSING", "No grade can be sent for this launch: it was not a learner's, or offered none."
)
PLATFORM_OFF = Mistake(LAUNCH, "PLATFORM_OFF", "The platform of this launch is switched off.")
# Mistakes that no other grade would mend.
CONFLICTS = frozenset({NO_GRADE_SERVICE.code, PLATFORM_OFF.code})
BELOW_ZERO = Mistake(("scoreGiven",), "SCORE_RANGE", "A score is 0 or more. It may be more than the maximum.")
NO_MAXIMUM = Mistake(("scoreMaximum",), "MAXIMUM_RANGE", "The maximum is more than 0.")
ALONE = Mistake(("scoreMaximum",), "SCORE_MISSING", "A maximum belongs to a score: give both, or none of them.")
TOO_LONG = Mistake(("comment",), "COMMENT_LENGTH", f"A comment has at most {LONGEST_COMMENT} characters.")


async def push_grade(request: Request, launch_id: int, grade: Grade) -> int | list[Mistake] | None:
    """Queue a grade for a launch within reach; gives its number, None where there is no such launch.

    Gives the mistakes, and then nothing was queued.
    """
    viewer = allowed(request, PUSH, PATH)
    if mistakes := mistakes_of(grade):
        return mistakes
    async with request.writing() as transaction:
        offered = await grading.offered(transaction, launch_id, manageable(viewer, PUSH, lti_launches.c))
        if offered is None:
            return None
        if not offered.has_grade_service or not offered.is_of_learner:
            return [NO_GRADE_SERVICE]
        now = await grading.locked(transaction, [offered.platform_id])
        launch = await grading.launch(transaction, launch_id)
        if launch is None:
            return [PLATFORM_OFF]
        key = key_of(launch)
        if key is None:
            return [NO_GRADE_SERVICE]
        book = await Gradebook.of(transaction, [launch], now)
        return await book.add(launch, key, grade, now, source=REQUEST)


def mistakes_of(grade: Grade) -> list[Mistake]:
    """What is wrong with a grade."""
    found = []
    if grade.score_given is not None and grade.score_given < 0:
        found.append(BELOW_ZERO)
    if grade.score_maximum is not None and grade.score_maximum <= 0:
        found.append(NO_MAXIMUM)
    if grade.score_given is None and grade.score_maximum is not None:
        found.append(ALONE)
    if grade.comment is not None and len(text(grade.comment)) > LONGEST_COMMENT:
        found.append(TOO_LONG)
    return found
