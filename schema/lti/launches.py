"""What was launched from LTI platforms: who came, for what, and how far that is since."""

import datetime
import enum

import strawberry

from db.lti import tables as rows
from resolvers import scopes
from resolvers.engine.declare import Reading
from resolvers.lti.filters import LAUNCH_FILTERS, LAUNCHES_FILTERS
from resolvers.policy import Operation
from resolvers.students import LISTED
from schema.courses import Course
from schema.declare import (
    REQUIRED,
    Argument,
    column,
    connection,
    extends,
    global_id,
    many,
    mapped,
    one,
    root_connection,
    root_one,
)
from schema.learners import LessonProgress
from schema.lessons import Lesson
from schema.lti.platforms import LtiPlatform
from schema.nodes import Node
from schema.pages import Connection
from schema.students import Student


@strawberry.enum(description="What a platform asked for.")
class LtiMessageType(enum.Enum):
    RESOURCE_LINK = strawberry.enum_value("resource_link", description="To be shown a course or a lesson.")
    DEEP_LINKING = strawberry.enum_value("deep_linking", description="To choose courses and lessons to link to.")


@mapped(
    rows.lti_launches,
    scope=scopes.launch_rows,
    node=Reading(Operation.LAUNCHES),
    student="student_id",
    description="A launch from an LTI platform. A learner sees the own ones.",
)
class LtiLaunch(Node):
    id: strawberry.ID = global_id("LtiLaunch")
    legacy_id: int = column("Its number.", "id")
    message_type: LtiMessageType = column("What was asked for.")
    deployment_id: str = column("The deployment it came from.")
    roles: list[str] = column("The roles of the person there, as the platform names them.")
    context_id: str | None = column("The id of the platform's own course.")
    context_title: str | None = column("The title of the platform's own course.")
    resource_link_id: str | None = column("The id of the link that was followed.")
    resource_link_title: str | None = column("The title of the link that was followed.")
    has_grade_service: bool = column("Whether grades can be sent back for it.")
    has_roster: bool = column("Whether the platform tells who else is in its course.")
    launched_at: datetime.datetime = column("When.")
    platform: LtiPlatform | None = one("The platform.", key="platform_id", operation=Operation.LTI)
    student: Student | None = one(
        "The learner who came; null for staff, and where the account is locked.",
        key="student_id",
        where=LISTED,
        operation=Operation.STUDENTS,
    )
    course: Course | None = one("The course that was launched.", key="course_id", operation=Operation.COURSES)
    lesson: Lesson | None = one("The lesson that was launched.", key="lesson_id", operation=Operation.COURSES)
    progress: list[LessonProgress] = many(
        "How far the learner is with each lesson of the course, as of now.",
        key=("student_id", "course_id"),
        match=("student_id", "course_id"),
        order=("seq", "lesson_id"),
        operation=Operation.PROGRESS,
    )


@extends(LtiPlatform)
class LtiPlatformLaunches:
    launches: Connection[LtiLaunch] = connection(
        "What was launched from there, the newest first.",
        match="platform_id",
        order=("-id",),
        operation=Operation.LAUNCHES,
    )


@strawberry.type
class LtiLaunchQueries:
    lti_launches: Connection[LtiLaunch] = root_connection(
        "Launches from LTI platforms within your reach, the newest first.",
        arguments=(
            Argument("platform_legacy_id", int | None, "From this platform."),
            Argument("student_legacy_id", int | None, "By this learner."),
        ),
        filters=LAUNCHES_FILTERS,
        order=("-id",),
        operation=Operation.LAUNCHES,
    )
    lti_launch: LtiLaunch | None = root_one(
        "The launch with this number.",
        arguments=(Argument("legacy_id", int, "Its number.", REQUIRED),),
        filters=LAUNCH_FILTERS,
        operation=Operation.LAUNCHES,
    )
