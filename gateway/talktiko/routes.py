"""The operations of the Talktiko API, as a list."""

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from db.json_text import Moments
from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Count, Day, Flag, Integer, Key, Kind, Listed, Moment, Sort, Text
from gateway.doors.parameters import Parameter
from gateway.doors.refusing import Dialect
from gateway.doors.routes import open_doors
from gateway.doors.table import RouteTable
from gateway.talktiko.envelope import (
    collection,
    created_token,
    deleted,
    delivery,
    endpoint,
    me,
    replayed,
    resource,
    revoked_token,
    signed_in,
    trial,
    webhook,
    within,
)
from gateway.talktiko.refusals import refused
from schema.execution import Execution

DOCUMENTS = Path(__file__).parent / "documents"
GET, POST, PUT, PATCH, DELETE = ("GET",), ("POST",), ("PUT",), ("PATCH",), ("DELETE",)
MOST_PER_PAGE, PER_PAGE = 100, 15
CEFR_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
ITEM_TYPES = ("multiple_choice", "dictation", "speaking", "reading", "gap_fill")
PAGING = (
    Parameter("page", Count(1), default=1),
    Parameter("per_page", Count(PER_PAGE, most=MOST_PER_PAGE), default=PER_PAGE),
)


def filtered(name: str, kind: Kind, *spellings: str) -> Parameter:
    """A filter, which may also be given as filter[name], by each of its names."""
    inside = [f"filter[{one}]" for one in (name, *spellings)]
    return Parameter(name, kind, spellings=(*spellings, *inside))


SEARCH, LANGUAGE, LEVEL = (
    filtered("search", Text()),
    filtered("language", Text()),
    filtered("level", Choice(CEFR_LEVELS)),
)
OF_COURSE = filtered("course_id", Text(), "course")
OF_LEARNER = Parameter("user_id", Integer())
SPAN = (Parameter("from", Day()), Parameter("to", Day()))
OF_ENDPOINT = Parameter("id", Integer(1), required=True, in_path=True)
CREDENTIALS = (
    Parameter("auth_type", Choice(("basic", "bearer"))),
    Parameter("username", Text()),
    Parameter("password", Text()),
    Parameter("token", Text()),
)
SPEAKING = (Parameter("version", Key(("1.0.3", "2.0.0"))), Parameter("verbs", Listed(Text())))
OF_WEBHOOK = Parameter("id", Integer(1), required=True, in_path=True)
DELIVERING = (
    Parameter("document", Text()),
    Parameter("ordered", Flag()),
    Parameter("schedule", Choice(("short", "long"))),
)


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
    Door("List configured webhooks", GET, "/integrations/webhooks", PAGING, "webhooks", collection),
    Door(
        "Create a webhook with event subscriptions",
        POST,
        "/integrations/webhooks",
        (
            Parameter("url", Text(), required=True),
            Parameter("events", Listed(Text()), required=True),
            Parameter("secret", Text()),
            *DELIVERING,
        ),
        "create_webhook",
        webhook,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door("Get a webhook", GET, "/integrations/webhooks/{id}", (OF_WEBHOOK,), "webhook", resource),
    Door(
        "Update webhook URL or events",
        PUT,
        "/integrations/webhooks/{id}",
        (
            OF_WEBHOOK,
            Parameter("url", Text(), required=True),
            Parameter("events", Listed(Text()), required=True),
            Parameter("is_active", Flag()),
            *DELIVERING,
        ),
        "update_webhook",
        webhook,
    ),
    Door(
        "Update some of a webhook",
        PATCH,
        "/integrations/webhooks/{id}",
        (
            OF_WEBHOOK,
            Parameter("url", Text()),
            Parameter("events", Listed(Text())),
            Parameter("is_active", Flag()),
            *DELIVERING,
        ),
        "update_webhook",
        webhook,
    ),
    Door(
        "Delete a webhook",
        DELETE,
        "/integrations/webhooks/{id}",
        (OF_WEBHOOK,),
        "delete_webhook",
        deleted,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door(
        "Send a test ping",
        POST,
        "/integrations/webhooks/{id}/test",
        (OF_WEBHOOK,),
        "test_webhook",
        delivery,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door(
        "Give a webhook a new secret",
        POST,
        "/integrations/webhooks/{id}/rotate-secret",
        (OF_WEBHOOK, Parameter("secret", Text()), Parameter("overlap_hours", Integer())),
        "rotate_webhook_secret",
        webhook,
        creates=True,
    ),
    Door(
        "View delivery history and status",
        GET,
        "/integrations/webhooks/{id}/deliveries",
        (
            *PAGING,
            OF_WEBHOOK,
            Parameter("status", Choice(("pending", "delivered", "failed", "dead", "skipped"))),
            Parameter("event", Text()),
            Parameter("from", Moment()),
            Parameter("to", Moment()),
        ),
        "webhook_deliveries",
        within("deliveries"),
    ),
    Door(
        "Deliver again what a webhook was told",
        POST,
        "/integrations/webhooks/{id}/replay",
        (
            OF_WEBHOOK,
            Parameter("from", Moment()),
            Parameter("to", Moment()),
            Parameter("from_seq", Text()),
            Parameter("only_failed", Flag(), default=True),
            Parameter("to_url", Text()),
        ),
        "replay_deliveries",
        replayed,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door(
        "Deliver one thing again",
        POST,
        "/integrations/webhooks/{id}/deliveries/{delivery}/retry",
        (OF_WEBHOOK, Parameter("delivery", Integer(1), required=True, in_path=True)),
        "retry_delivery",
        delivery,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door(
        "List xAPI endpoint configurations",
        GET,
        "/integrations/xapi-endpoints",
        PAGING,
        "xapi_endpoints",
        collection,
    ),
    Door(
        "Register an xAPI LRS endpoint",
        POST,
        "/integrations/xapi-endpoints",
        (Parameter("name", Text()), Parameter("url", Text(), required=True), *CREDENTIALS, *SPEAKING),
        "register_xapi_endpoint",
        endpoint,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door(
        "Update endpoint credentials",
        PUT,
        "/integrations/xapi-endpoints/{id}",
        (
            OF_ENDPOINT,
            *CREDENTIALS,
            Parameter("name", Text()),
            Parameter("url", Text()),
            *SPEAKING,
            Parameter("is_active", Flag()),
        ),
        "update_xapi_endpoint",
        endpoint,
    ),
    Door(
        "Remove an xAPI endpoint",
        DELETE,
        "/integrations/xapi-endpoints/{id}",
        (OF_ENDPOINT,),
        "delete_xapi_endpoint",
        deleted,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door("Check free trial status", GET, "/trial/status", (), "trial_status", trial),
)


# At most a hundred rows a page, and times in UTC to the microsecond, as Laravel prints them.
DOORS = tuple(replace(door, moments=Moments.UTC_MICROSECONDS, page_limit=MOST_PER_PAGE) for door in OPERATIONS)


def talktiko_routes(prefix: str, execution: Execution) -> RouteTable:
    """The routes of the API under a prefix; raises WrongDocument where a document does not fit the graph."""
    return open_doors(prefix, DOORS, Dialect(DOCUMENTS, refused, counts_everyone=True), execution)
