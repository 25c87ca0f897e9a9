"""Grades on their way to LTI platforms, and what became of each."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from db.lti import tables as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.lti.filters import SCORE_FILTERS
from resolvers.lti.grades import MAXIMUM, Grade
from resolvers.lti.pushing import push_grade
from resolvers.policy import Operation
from schema.declare import Argument, column, connection, extends, global_id, mapped, needs, one, root_connection
from schema.lti.launches import LtiLaunch
from schema.mistakes import UserError, user_errors
from schema.nodes import Node
from schema.pages import Connection


@strawberry.enum(description="What became of a grade.")
class LtiScoreStatus(enum.Enum):
    PENDING = strawberry.enum_value("pending", description="It waits to be sent, or to be sent again.")
    DELIVERED = strawberry.enum_value("delivered", description="The platform took it, or had a newer one.")
    FAILED = strawberry.enum_value("failed", description="It is given up.")
    SUPERSEDED = strawberry.enum_value("superseded", description="A newer grade took its place before it was sent.")


@strawberry.enum(description="How far the learner is, in the words of Assignment and Grade Services 2.0.")
class LtiActivityProgress(enum.Enum):
    INITIALIZED = strawberry.enum_value("Initialized", description="Not begun, or begun anew.")
    STARTED = strawberry.enum_value("Started", description="Begun.")
    IN_PROGRESS = strawberry.enum_value("InProgress", description="Being worked on.")
    SUBMITTED = strawberry.enum_value("Submitted", description="Handed in; more may follow.")
    COMPLETED = strawberry.enum_value("Completed", description="Done.")


@strawberry.enum(description="How far the grading is, in the words of Assignment and Grade Services 2.0.")
class LtiGradingProgress(enum.Enum):
    FULLY_GRADED = strawberry.enum_value("FullyGraded", description="The grade is final.")
    PENDING = strawberry.enum_value("Pending", description="It goes on by itself.")
    PENDING_MANUAL = strawberry.enum_value("PendingManual", description="Somebody has to grade.")
    FAILED = strawberry.enum_value("Failed", description="It could not be graded.")
    NOT_READY = strawberry.enum_value("NotReady", description="There is nothing to grade.")


@mapped(
    rows.lti_scores,
    scope=scopes.launch_rows,
    node=Reading(Operation.LAUNCHES),
    student="student_id",
    description="A grade for an LTI platform. Of one learner and one line of its gradebook the newest counts.",
)
class LtiScore(Node):
    id: strawberry.ID = global_id("LtiScore")
    legacy_id: int = column("Its number.", "id")
    launch_legacy_id: int = column("The number of the launch that it belongs to.", "launch_id")
    score_given: float | None = column("The score; null where only progress is told.")
    score_maximum: float | None = column("Out of how much.")
    comment: str | None = column("What the learner is told beside it.")
    activity_progress_code: str = column("How far the learner is, as the platform is told.", "activity_progress")
    grading_progress_code: str = column("How far the grading is, as the platform is told.", "grading_progress")
    scored_at: datetime.datetime = column("Of when it is.")
    source: str = column("Where it comes from: completion (of the lesson or course), or request.")
    status: LtiScoreStatus = column("What became of it.")
    status_code: str = column("The same, as the REST API prints it.", "status")
    attempt_count: int = column("How often it was tried to send it.")
    next_attempt_at: datetime.datetime | None = column("When it is tried next; null when it is finished.")
    response_code: int | None = column("The status that was answered last.")
    error: str | None = column("What went wrong last.")
    created_at: datetime.datetime = column("When it was queued.")
    finished_at: datetime.datetime | None = column("When it was delivered, given up or superseded.")
    launch: LtiLaunch | None = one("The launch that it belongs to.", key="launch_id", operation=Operation.LAUNCHES)


@extends(LtiLaunch)
class LtiLaunchScores:
    scores: Connection[LtiScore] = connection(
        "The grades that were sent for it, the newest first.",
        match="launch_id",
        order=("-id",),
        filters=SCORE_FILTERS,
        arguments=(Argument("status", LtiScoreStatus | None, "With this status."),),
        operation=Operation.LAUNCHES,
    )


@strawberry.type
class LtiScoreQueries:
    lti_scores: Connection[LtiScore] = root_connection(
        "Grades for LTI platforms within your reach, the newest first.",
        filters=SCORE_FILTERS,
        arguments=(Argument("status", LtiScoreStatus | None, "With this status."),),
        order=("-id",),
        operation=Operation.LAUNCHES,
    )


@strawberry.type(description="What came of sending a grade.")
class PushGradePayload:
    score_id: strawberry.Private[int | None]
    score: LtiScore | None = one("The grade, which is queued; null where there is no such launch.", key="score_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was queued.")


@strawberry.type
class LtiScoreMutations:
    @strawberry.mutation(
        description="Send a grade for a launch within your reach: it is queued, and takes the place of those that wait"
        " for the same learner and line. What the lesson or the course itself gives later is sent after it.",
        metadata=needs(Operation.PUSH_GRADES),
    )
    async def push_grade(  # the arguments of the field
        self,
        info: Info[Request, None],
        launch_legacy_id: Annotated[int, strawberry.argument(description="The number of the launch.")],
        score_given: Annotated[
            float | None, strawberry.argument(description="The score: 0 or more, also more than the maximum.")
        ] = None,
        score_maximum: Annotated[
            float | None, strawberry.argument(description="Out of how much: more than 0; 100 unless told.")
        ] = None,
        comment: Annotated[
            str | None, strawberry.argument(description="What the learner is told beside it, at most 2,000 characters.")
        ] = None,
        activity_progress: Annotated[
            LtiActivityProgress, strawberry.argument(description="How far the learner is.")
        ] = LtiActivityProgress.COMPLETED,
        grading_progress: Annotated[
            LtiGradingProgress, strawberry.argument(description="How far the grading is.")
        ] = LtiGradingProgress.FULLY_GRADED,
    ) -> PushGradePayload:
        maximum = MAXIMUM if score_maximum is None and score_given is not None else score_maximum
        progress = (str(activity_progress.value), str(grading_progress.value))
        made = await push_grade(info.context, launch_legacy_id, Grade(score_given, maximum, comment or None, *progress))
        if isinstance(made, list):
            return PushGradePayload(score_id=None, user_errors=user_errors(made))
        return PushGradePayload(score_id=made, user_errors=[])
