"""The operations of the Talktiko API, as a list."""

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from db.json_text import Moments
from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Flag, Integer, Listed, Moment, Sort, Text
from gateway.doors.parameters import Parameter
from gateway.doors.refusing import Dialect
from gateway.doors.routes import open_doors
from gateway.doors.table import RouteTable
from gateway.talktiko.billing import BILLING_DOORS
from gateway.talktiko.compliance import COMPLIANCE_DOORS
from gateway.talktiko.envelope import (
    collection,
    created_token,
    me,
    resource,
    revoked_token,
    signed_in,
    trial,
)
from gateway.talktiko.grades import GRADE_DOORS
from gateway.talktiko.imports import IMPORT_DOORS
from gateway.talktiko.institutions import INSTITUTION_DOORS
from gateway.talktiko.integrations import INTEGRATIONS
from gateway.talktiko.lti import LTI_DOORS
from gateway.talktiko.parameters import (
    DELETE,
    GET,
    LANGUAGE,
    LEVEL,
    MOST_PER_PAGE,
    OF_COURSE,
    OF_LEARNER,
    PAGING,
    POST,
    SEARCH,
    SPAN,
    filtered,
)
from gateway.talktiko.refusals import refused
from gateway.talktiko.sso import SSO_DOORS
from gateway.talktiko.upstreams import UPSTREAM_DOORS
from gateway.talktiko.xapi import XAPI_DOORS
from schema.execution import Execution

DOCUMENTS = Path(__file__).parent / "documents"
ITEM_TYPES = ("multiple_choice", "dictation", "speaking", "reading", "gap_fill")
# The titles are the source's own. Keys of the answers stand in the documents; what may be asked stands here.
OPERATIONS = (
    Door(
        "Authenticate and receive a bearer token",
        POST,
        "/auth/sign-in",
        (
            Parameter("email", Text(), required=True),
            Parameter("password", Text(), required=True),
            Parameter("device_name", Text()),
            Parameter("abilities", Listed(Text())),
        ),
        "sign_in",
        signed_in,
        anonymous=True,
    ),
    Door("Get the authenticated user profile", GET, "/auth/me", (), "me", me),
    Door("List all API tokens", GET, "/integrations/tokens", PAGING, "tokens", collection),
    Door(
        "Create a scoped API token with named abilities",
        POST,
        "/integrations/tokens",
        (
            Parameter("name", Text(), required=True),
            Parameter("abilities", Listed(Text()), required=True),
            Parameter("expires_at", Moment()),
            Parameter("documents_only", Flag()),
        ),
        "create_token",
        created_token,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door(
        "Revoke an API token",
        DELETE,
        "/integrations/tokens/{token}",
        (Parameter("token", Integer(1), required=True, in_path=True),),
        "revoke_token",
        revoked_token,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door("List what a token may be allowed to do", GET, "/integrations/abilities", (), "abilities", resource),
    Door(
        "List all published courses (no auth required)",
        GET,
        "/public/courses",
        (*PAGING, SEARCH, LANGUAGE, LEVEL),
        "public_courses",
        collection,
        anonymous=True,
        cached=True,
    ),
    Door(
        "Get course details by slug (no auth required)",
        GET,
        "/public/courses/{slug}",
        (Parameter("slug", Text(), required=True, in_path=True),),
        "public_course",
        resource,
        anonymous=True,
        cached=True,
    ),
    Door(
        "List courses with filtering and pagination",
        GET,
        "/courses",
        (
            *PAGING,
            SEARCH,
            LANGUAGE,
            LEVEL,
            filtered("category", Text()),
            filtered("published", Flag()),
            Parameter("sort", Sort(("seq", "name", "code", "updated_at"), "CourseOrder"), default="seq"),
            filtered("updated_since", Moment()),
        ),
        "courses",
        collection,
    ),
    Door(
        "Get full course details",
        GET,
        "/courses/{id}",
        (Parameter("id", Text(), required=True, in_path=True),),
        "course",
        resource,
    ),
    Door("List lessons with optional course filter", GET, "/lessons", (*PAGING, OF_COURSE), "lessons", collection),
    Door(
        "List training blocks",
        GET,
        "/trainings",
        (*PAGING, filtered("lesson_id", Integer(), "lesson"), OF_COURSE),
        "trainings",
        collection,
    ),
    Door(
        "List training items with type filtering",
        GET,
        "/trainingItems",
        (*PAGING, filtered("type", Choice(ITEM_TYPES)), filtered("training_id", Integer(), "training")),
        "training_items",
        collection,
    ),
    Door("Platform-wide statistics", GET, "/stats", (), "stats", resource),
    Door(
        "Per-lesson progress for a course",
        GET,
        "/courses/{course}/lesson-progress",
        (*PAGING, Parameter("course", Text(), required=True, in_path=True), OF_LEARNER),
        "lesson_progress",
        collection,
    ),
    Door(
        "Historical progress data",
        GET,
        "/progress-history",
        (
            *PAGING,
            *SPAN,
            Parameter("granularity", Choice(("day", "week", "month")), default="day"),
            OF_COURSE,
            OF_LEARNER,
        ),
        "progress_history",
        collection,
    ),
    Door("CEFR skill-level report for authenticated user", GET, "/cefr/report", (OF_LEARNER,), "cefr_report", resource),
    Door(
        "Personalized learning analytics", GET, "/learning-insights", (*SPAN, OF_LEARNER), "learning_insights", resource
    ),
    Door(
        "Streaks, XP, and achievement data",
        GET,
        "/gamification/stats",
        (OF_LEARNER,),
        "gamification_stats",
        resource,
    ),
    Door(
        "Platform leaderboard",
        GET,
        "/gamification/leaderboard",
        (
            *PAGING,
            Parameter("period", Choice(("week", "month", "all")), default="week"),
            Parameter("scope", Choice(("institution", "platform")), default="institution"),
        ),
        "leaderboard",
        collection,
    ),
    Door(
        "List available subscription plans",
        GET,
        "/subscription-plans",
        (),
        "subscription_plans",
        resource,
        anonymous=True,
        cached=True,
    ),
    *INTEGRATIONS,
    *UPSTREAM_DOORS,
    *XAPI_DOORS,
    *LTI_DOORS,
    *GRADE_DOORS,
    *BILLING_DOORS,
    *IMPORT_DOORS,
    *SSO_DOORS,
    *INSTITUTION_DOORS,
    *COMPLIANCE_DOORS,
    Door("Check free trial status", GET, "/trial/status", (), "trial_status", trial),
)


# At most a hundred rows a page, and times in UTC to the microsecond, as Laravel prints them.
DOORS = tuple(replace(door, moments=Moments.UTC_MICROSECONDS, page_limit=MOST_PER_PAGE) for door in OPERATIONS)


def talktiko_routes(prefix: str, execution: Execution) -> RouteTable:
    """The routes of the API under a prefix; raises WrongDocument where a document does not fit the graph."""
    return open_doors(prefix, DOORS, Dialect(DOCUMENTS, refused, counts_everyone=True), execution)
