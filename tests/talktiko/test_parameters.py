"""What every door makes of its parameters: wrong values, missing ones, and each spelling at work in its own file."""

import pytest

from gateway.doors.kinds import Moment
from gateway.doors.parameters import Parameter
from gateway.talktiko.routes import DOORS
from tests.billing import spelled
from tests.talktiko import (
    test_cefr_report,
    test_compliance,
    test_course,
    test_courses,
    test_exports,
    test_gamification,
    test_grades,
    test_imports,
    test_institutions,
    test_learning_insights,
    test_lesson_progress,
    test_lessons,
    test_lti_consumers,
    test_progress_history,
    test_public_courses,
    test_sign_in,
    test_sso,
    test_tokens,
    test_training_items,
    test_trainings,
    test_upstreams,
    test_webhooks,
    test_xapi,
)
from tests.talktiko.asking import ADMINISTRATOR, NOT_FOUND, Api, Case, invalid, missing, with_query
from tests.talktiko.doors import (
    ANALYTICS,
    BULK,
    CHECKOUT,
    COLLECTED,
    COMPLIANCE,
    CONSUMER,
    CONSUMERS,
    ENDPOINT,
    ENDPOINTS,
    EXPORT,
    EXPORTS,
    IMPORT,
    INSTITUTION,
    INSTITUTIONS,
    INVITATIONS,
    LINES,
    MEMBERS,
    PASSBACK,
    PORTAL,
    PROMO,
    SSO,
    UNNAMED,
    UPSTREAM,
    UPSTREAMS,
    WEBHOOK,
    WEBHOOKS,
    Line,
)
from tests.talktiko.parameter_table import PAGING, TABLE
from tests.talktiko.wrong import (
    WRONG,
    WRONG_IN_JSON,
    WRONG_IN_JSON_OF_EXPORTS,
    WRONG_OF_EXPORTS,
    WRONG_OF_IMPORTS,
    WRONG_OF_INSTITUTIONS,
    WRONG_OF_UPSTREAMS,
    WRONG_OF_WEBHOOKS,
)

CASES: dict[tuple[str, str], tuple[Case, ...]] = {
    ("POST", "/auth/sign-in"): test_sign_in.CASES,
    ("POST", "/integrations/tokens"): test_tokens.CREATING,
    ("DELETE", "/integrations/tokens/{token}"): test_tokens.REVOKING,
    ("GET", "/public/courses"): test_public_courses.CASES,
    ("GET", "/public/courses/{slug}"): test_public_courses.ONE,
    ("GET", "/courses"): test_courses.CASES,
    ("GET", "/courses/{id}"): test_course.CASES,
    ("GET", "/lessons"): test_lessons.CASES,
    ("GET", "/trainings"): test_trainings.CASES,
    ("GET", "/trainingItems"): test_training_items.CASES,
    ("GET", "/courses/{course}/lesson-progress"): test_lesson_progress.CASES,
    ("GET", "/progress-history"): test_progress_history.CASES,
    ("GET", "/cefr/report"): test_cefr_report.CASES,
    ("GET", "/learning-insights"): (*test_learning_insights.CASES, *test_learning_insights.BY_NUMBER),
    ("GET", "/gamification/stats"): test_gamification.STATS_CASES,
    ("GET", "/gamification/leaderboard"): test_gamification.BOARD_CASES,
    ("POST", WEBHOOKS): test_webhooks.CREATING,
    ("GET", WEBHOOK): test_webhooks.ONE,
    ("PUT", WEBHOOK): test_webhooks.CHANGING,
    ("PATCH", WEBHOOK): test_webhooks.CHANGING,
    ("DELETE", WEBHOOK): test_webhooks.REMOVING,
    ("POST", f"{WEBHOOK}/test"): test_webhooks.PINGING,
    ("POST", f"{WEBHOOK}/rotate-secret"): test_webhooks.ROTATING,
    ("GET", f"{WEBHOOK}/deliveries"): test_webhooks.HISTORY,
    ("POST", f"{WEBHOOK}/replay"): test_webhooks.REPLAYING,
    ("POST", f"{WEBHOOK}/deliveries/{{delivery}}/retry"): test_webhooks.RETRYING,
    ("GET", EXPORTS): test_exports.LISTING,
    ("POST", EXPORTS): test_exports.CREATING,
    ("GET", EXPORT): test_exports.ONE,
    ("DELETE", EXPORT): test_exports.CANCELING,
    ("GET", f"{EXPORT}/download"): test_exports.DOWNLOADING,
    ("POST", UPSTREAMS): test_upstreams.CREATING,
    ("GET", UPSTREAM): test_upstreams.ONE,
    ("PATCH", UPSTREAM): test_upstreams.CHANGING,
    ("DELETE", UPSTREAM): test_upstreams.REMOVING,
    ("GET", COLLECTED): test_upstreams.COLLECTING,
    ("POST", ENDPOINTS): test_xapi.CREATING,
    ("PUT", ENDPOINT): test_xapi.CHANGING,
    ("DELETE", ENDPOINT): test_xapi.REMOVING,
    ("POST", CONSUMERS): test_lti_consumers.REGISTERING,
    ("PUT", CONSUMER): test_lti_consumers.CHANGING,
    ("DELETE", CONSUMER): test_lti_consumers.REMOVING,
    ("POST", INVITATIONS): test_lti_consumers.INVITING,
    ("POST", PASSBACK): test_grades.PUSHING,
    ("POST", CHECKOUT): spelled.BEGINNING,
    ("POST", PORTAL): spelled.MANAGING,
    ("POST", PROMO): spelled.USING,
    ("POST", BULK): test_imports.STARTING,
    ("GET", IMPORT): test_imports.ONE,
    ("GET", f"{IMPORT}/rows"): test_imports.ROWS,
    ("GET", f"{IMPORT}/errors"): test_imports.ONE,
    ("POST", f"{IMPORT}/apply"): test_imports.APPLYING,
    ("DELETE", IMPORT): test_imports.ONE,
    ("GET", SSO): test_sso.ONE,
    ("PUT", SSO): test_sso.SAVING,
    ("GET", INSTITUTIONS): test_institutions.LISTING,
    ("POST", INSTITUTIONS): test_institutions.CREATING,
    ("GET", INSTITUTION): test_institutions.ONE,
    ("GET", MEMBERS): test_institutions.MEMBERS,
    ("GET", ANALYTICS): test_institutions.ANALYTICS,
    ("GET", COMPLIANCE): test_compliance.ONE,
}


def parameters_of(line: Line) -> tuple[Parameter, ...]:
    """What may be asked of a door, but for its pages."""
    return tuple(parameter for parameter in line.door.parameters if parameter.name not in PAGING)


def wrong(line: Line, name: str) -> tuple[object, ...]:
    """Values that a parameter of a door cannot have, where it stands in the address."""
    if line.path.startswith(EXPORTS):
        return WRONG_OF_EXPORTS[name]
    if line.path.startswith(BULK):
        return WRONG_OF_IMPORTS[name]
    if line.path.startswith(INSTITUTIONS):
        return WRONG_OF_INSTITUTIONS[name]
    if line.path.startswith((UPSTREAMS, COLLECTED)):
        return WRONG_OF_UPSTREAMS[name]
    return WRONG_OF_WEBHOOKS[name] if line.path.startswith((WEBHOOK, ENDPOINT, CONSUMER, SSO)) else WRONG[name]


def wrong_in_json(line: Line, name: str) -> tuple[object, ...]:
    """Values that a parameter of a door cannot have, where it stands in the body."""
    if (line.path, name) == (CHECKOUT, "plan"):
        # Which plans there are is looked up there: a word that is none is no wrong kind.
        return WRONG_IN_JSON["promo_code"]
    return (WRONG_IN_JSON_OF_EXPORTS if line.path == EXPORTS else WRONG_IN_JSON)[name]


READ = [
    (line, parameter, spelling, value)
    for line in LINES
    for parameter in parameters_of(line)
    if line.body is None or parameter.in_path
    for spelling in (parameter.name, *parameter.spellings)
    for value in wrong(line, parameter.name)
]
SENT = [
    (line, parameter.name, value)
    for line in LINES
    if line.body is not None
    for parameter in parameters_of(line)
    if not parameter.in_path
    for value in wrong_in_json(line, parameter.name)
]


@pytest.mark.parametrize(
    ("line", "parameter", "spelling", "value"),
    [pytest.param(*case, id=f"{case[0]} {case[2]} {case[3]!r:.32}") for case in READ],
)
async def test_a_value_that_is_none_of_its_kind_is_refused_under_the_name_of_its_parameter(
    api: Api, line: Line, parameter: Parameter, spelling: str, value: object
) -> None:
    given = {**line.inside, spelling: value}
    if parameter.in_path:
        encoded = {**given, spelling: str(value).replace("\x00", "%00").replace(" ", "%20")}
        path = with_query(line.path, encoded)
    else:
        path = with_query(line.path, given)
    answer = await line.ask_at(api, path, json=line.body)
    refused = (404, NOT_FOUND) if parameter.in_path else (422, invalid(parameter.name))
    assert (answer.status_code, answer.json()) == refused


@pytest.mark.parametrize(
    ("line", "name", "value"), [pytest.param(*case, id=f"{case[0]} {case[1]} {case[2]!r:.32}") for case in SENT]
)
async def test_a_value_in_a_body_that_is_none_of_its_kind_is_refused_too(
    api: Api, line: Line, name: str, value: object
) -> None:
    answer = await line.ask_at(api, line.address, json={**(line.body or {}), name: value})
    assert (answer.status_code, answer.json()) == (422, invalid(name))


@pytest.mark.parametrize(
    ("line", "parameter", "spelling"),
    [
        pytest.param(line, parameter, spelling, id=f"{line} {spelling}")
        for line in LINES
        if line.body is None
        for parameter in parameters_of(line)
        if not parameter.in_path
        for spelling in (parameter.name, *parameter.spellings)
    ],
)
async def test_a_list_where_one_value_belongs_is_refused(
    api: Api, line: Line, parameter: Parameter, spelling: str
) -> None:
    good = {"level": "A1", "sort": "seq", "published": "true", "type": "reading", "granularity": "day"}
    good |= {"period": "all", "scope": "platform", "from": "2026-01-01", "to": "2026-01-01"}
    good |= {"status": "active" if line.path == MEMBERS else "dead", "role": "student"}
    value = "2026-01-01T00:00:00Z" if isinstance(parameter.kind, Moment) else good.get(parameter.name, "1")
    for query in (f"{spelling}[]={value}", f"{spelling}={value}&{spelling}={value}", f"{spelling}[a]={value}"):
        answer = await line.ask_at(api, f"{line.address.partition('?')[0]}?{query}")
        assert (answer.status_code, answer.json()) == (422, invalid(parameter.name))


@pytest.mark.parametrize(
    ("line", "parameter"),
    [
        pytest.param(line, parameter, id=f"{line} {parameter.name}")
        for line in LINES
        for parameter in parameters_of(line)
        if line.body is not None and parameter.required and not parameter.in_path
    ],
)
@pytest.mark.parametrize("blank", ["absent", "", None])
async def test_a_required_parameter_that_is_missing_or_empty_is_named(
    api: Api, line: Line, parameter: Parameter, blank: str | None
) -> None:
    body = {name: value for name, value in (line.body or {}).items() if name != parameter.name}
    given = body if blank == "absent" else {**body, parameter.name: blank}
    answer = await line.ask_at(api, line.address, json=given)
    assert (answer.status_code, answer.json()) == (422, missing(parameter.name))


@pytest.mark.parametrize(
    ("line", "spelling"),
    [
        pytest.param(line, spelling, id=f"{line} {spelling}")
        for line in LINES
        if line.is_list and line.path != "/integrations/tokens"
        for parameter in parameters_of(line)
        if not parameter.in_path
        for spelling in (parameter.name, *parameter.spellings)
    ],
)
async def test_an_empty_value_counts_as_not_given(api: Api, line: Line, spelling: str) -> None:
    address = line.address.partition("?")[0]
    whole, answer = await line.ask_at(api, address), await line.ask_at(api, f"{address}?{spelling}=")
    assert answer.status_code == 200
    assert answer.json()["data"] == whole.json()["data"]


def test_the_required_parameters_are_those_of_the_table() -> None:
    required = {str(line): {p.name for p in line.door.parameters if p.required and not p.in_path} for line in LINES}
    assert {name: found for name, found in required.items() if found} == {
        "POST /auth/sign-in": {"email", "password"},
        "POST /integrations/tokens": {"name", "abilities"},
        "POST /integrations/webhooks": {"url", "events"},
        "PUT /integrations/webhooks/{id}": {"url", "events"},
        "POST /integrations/exports": {"type"},
        "POST /integrations/upstreams": {"name", "url"},
        "POST /integrations/xapi-endpoints": {"url"},
        "PUT /institutions/{id}/sso": {"protocol"},
        "POST /integrations/lti-consumers": {*UNNAMED, "deployment_ids"},
        f"POST {CHECKOUT}": {"plan"},
        f"POST {PROMO}": {"code"},
        "POST /institutions": {"name", "code"},
    }


async def test_everything_that_is_wrong_is_told_at_once(api: Api) -> None:
    answer = await api.get("/progress-history?user_id=me&from=today&granularity=year&to=2026-01-01")
    wrong = ("from", "granularity", "user_id")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(wrong))
    assert answer.json() == {
        "message": "from is invalid (and 2 more errors)",
        "errors": {name: [f"{name} is invalid"] for name in wrong},
    }
    nothing = await api.nobody("POST", "/auth/sign-in", json={"device_name": 5})
    assert (nothing.status_code, nothing.json()) == (
        422,
        {
            "message": "email is missing (and 2 more errors)",
            "errors": {
                "email": ["email is missing"],
                "password": ["password is missing"],
                "device_name": ["device_name is invalid"],
            },
        },
    )


def test_the_parameters_are_those_of_the_table_in_their_order() -> None:
    assert {str(line): [parameter.name for parameter in line.door.parameters] for line in LINES} == TABLE


PLATFORM, POLICY = [*UNNAMED, "deployment_ids", "token_audience"], ["matching", "creates_accounts"]
OF_PLATFORMS = {
    f"GET {CONSUMERS}": list(PAGING),
    f"POST {CONSUMERS}": [*PLATFORM, *POLICY, "organization_code"],
    f"PUT {CONSUMER}": ["id", *PLATFORM, *POLICY, "is_active"],
    f"DELETE {CONSUMER}": ["id"],
    f"POST {INVITATIONS}": [*POLICY, "organization_code"],
}


def test_every_spelling_of_every_parameter_of_every_door_is_shown_at_work() -> None:
    shown = {
        (line, case.parameter, name)
        for line, cases in CASES.items()
        for case in cases
        for name in case.given
        if case.parameter == name or name not in {other.parameter for other in cases}
    }
    declared = {
        ((line.method, line.path), parameter.name, spelling)
        for line in LINES
        for parameter in parameters_of(line)
        for spelling in (parameter.name, *parameter.spellings)
    }
    assert declared - shown == set()


def test_every_door_is_among_the_lines() -> None:
    assert len(LINES) == len(DOORS)


async def test_a_query_that_is_not_utf_8_is_refused(api: Api) -> None:
    answer = await api.ask("GET", "/courses?search=%ff", uid=ADMINISTRATOR)
    assert (answer.status_code, answer.json()) == (400, {"message": "The query string is not UTF-8."})
