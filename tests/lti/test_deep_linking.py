"""Tests that a choice is answered as Deep Linking 2.0 says: by whom, of what, once, and signed by a published key."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import func, insert, select, update

from db.accounts import users
from db.courses import courses
from db.lessons import lessons
from db.lti.tables import lti_launches, lti_platforms
from db.organizations import organizations
from gateway.settings import Settings
from tests.accounts.calling import OWNER, STUDENT, Caller, by_auth0, by_token, reasons
from tests.conftest import BASE, Running, running

ISSUER, CLIENT = "https://lms.example.jp", "kakehashi-client"
RETURN_URL = "https://lms.example.jp/mod/lti/contentitem_return.php?course=3&id=1"
DATA = 'a text of theirs: {"id":"ü 日本"}'
SETTINGS = {
    "deep_link_return_url": RETURN_URL,
    "accept_types": ["link", "ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
    "accept_multiple": True,
    "title": "Week 1",
    "data": DATA,
}
LTI, CHOICE = "https://purl.imsglobal.org/spec/lti/claim/", "https://purl.imsglobal.org/spec/lti-dl/claim/"
ANSWER = """
mutation ($launch: Int!, $items: [DeepLinkItem!]!) {
  answerDeepLinking(launchLegacyId: $launch, items: $items) { returnUrl jwt userErrors { field code } }
}"""
ASKED = """
query ($launch: Int!) {
  deepLinking(launchLegacyId: $launch) { acceptTypes takesLinks acceptMultiple title text answeredAt expiresAt }
}"""
COURSE = {"course": "first-steps-a1"}


@pytest.fixture
async def app(url: str, data_dir: Path) -> AsyncIterator[Running]:
    """The app on a database of its own."""
    async with running(Settings(database_url=url, data_dir=data_dir)) as started:
        yield started


async def launched(app: Running, uid: str = OWNER, *, settings: object = SETTINGS, ago: timedelta = timedelta()) -> int:
    """A launch by a person that asks for a choice, or without settings one that follows a link; gives its number."""
    now = datetime.now(UTC) - ago
    of_person = select(users.c.id).where(users.c.uid == uid)
    async with app.database.writing() as transaction:
        person = (await transaction.execute(of_person)).scalar_one()
        organization = (await transaction.execute(select(func.min(organizations.c.id)))).scalar_one()
        platform = {
            "organization_id": organization,
            "owner_id": person,
            "name": "LMS",
            "deployment_ids": ["7"],
            "issuer": f"{ISSUER}/{uuid4()}",
            "client_id": CLIENT,
            "auth_login_url": f"{ISSUER}/auth",
            "token_url": f"{ISSUER}/token",
            "jwks_url": f"{ISSUER}/jwks",
            "matching": "nothing",
            "creates_accounts": True,
            "created_at": now,
            "updated_at": now,
        }
        of_platform = insert(lti_platforms).values(platform).returning(lti_platforms.c.id)
        launch = {
            "platform_id": (await transaction.execute(of_platform)).scalar_one(),
            "organization_id": organization,
            "deployment_id": "7",
            "subject": "42",
            "user_id": person,
            "roles": [],
            "ags_scopes": [],
            "message_type": "resource_link" if settings is None else "deep_linking",
            "deep_linking": settings,
            "has_grade_service": False,
            "has_roster": False,
            "launched_at": now,
        }
        of_launch = insert(lti_launches).values(launch).returning(lti_launches.c.id)
        return int((await transaction.execute(of_launch)).scalar_one())


async def kept(app: Running, launch: int) -> Any:  # noqa: ANN401  # a row
    """The issuer of a launch's platform, and when the launch was answered."""
    found = select(lti_platforms.c.issuer, lti_launches.c.answered_at).join_from(lti_launches, lti_platforms)
    async with app.database.engine.connect() as connection:
        return (await connection.execute(found.where(lti_launches.c.id == launch))).one()


async def answered(caller: Caller, launch: int, *items: Mapping[str, object]) -> dict[str, Any]:
    """What comes of an answer."""
    return dict((await caller.data(ANSWER, {"launch": launch, "items": list(items)}))["answerDeepLinking"])


async def claims_in(app: Running, token: str, issuer: str) -> dict[str, Any]:
    """The claims of an answer, which is signed by a key that the tool publishes."""
    keys = jwt.PyJWKSet.from_dict((await app.client.get("/api/lti/jwks")).json())
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "RS256", "kid": header["kid"], "typ": "JWT"}
    return dict(jwt.decode(token, keys[header["kid"]].key, algorithms=["RS256"], audience=issuer, issuer=CLIENT))


def mistakes(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is to mend, as argument and code; then there is no answer."""
    assert (answer["returnUrl"], answer["jwt"]) == (None, None)
    return [(".".join(one["field"]), one["code"]) for one in answer["userErrors"]]


def link(course: str, lesson: str | None, title: str, text: str) -> dict[str, object]:
    """The content item of a course or a lesson."""
    path, custom = f"courses/{course}", {"course": course}
    if lesson is not None:
        path, custom = f"{path}/lessons/{lesson}", custom | {"lesson": lesson}
    line = {"scoreMaximum": 100, "label": title, "resourceId": "/".join(custom.values())}
    return {
        "type": "ltiResourceLink",
        "url": f"{BASE}/api/lti/{path}",
        "title": title,
        "text": text,
        "custom": custom,
        "lineItem": line,
    }


async def test_an_answer_has_what_was_chosen_and_is_signed_by_a_published_key(app: Running) -> None:
    launch, caller = await launched(app), await by_token(app, OWNER, ["courses:read"])
    answer = await answered(caller, launch, COURSE, {"course": "502", "lesson": "EN-A1-02-L03"})
    assert (answer["returnUrl"], answer["userErrors"]) == (RETURN_URL, [])
    issuer, answered_at = await kept(app, launch)
    claims = await claims_in(app, answer["jwt"], issuer)
    assert claims["exp"] - claims["iat"] == 300
    assert len({claims.pop("nonce"), claims.pop("jti")}) == 2
    assert {name: value for name, value in claims.items() if name not in ("iat", "exp")} == {
        "iss": CLIENT,
        "aud": [issuer],
        f"{LTI}deployment_id": "7",
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{CHOICE}content_items": [
            link("EN-A1-01", None, "はじめての英語 A1", await description(app, 501)),
            link("EN-A1-02", "EN-A1-02-L03", await title(app, 50203), await description(app, 502)),
        ],
        f"{CHOICE}data": DATA,
    }
    assert answered_at is not None


async def description(app: Running, course: int) -> str:
    """What a course is about."""
    async with app.database.engine.connect() as connection:
        found = await connection.execute(select(courses.c.description).where(courses.c.id == course))
        return str(found.scalar_one())


async def title(app: Running, lesson: int) -> str:
    """The names of a lesson's course and of the lesson."""
    found = select(courses.c.name, lessons.c.name).join_from(lessons, courses).where(lessons.c.id == lesson)
    async with app.database.engine.connect() as connection:
        return " – ".join((await connection.execute(found)).one())


async def test_nothing_chosen_is_an_answer_without_items_also_where_no_links_are_taken(app: Running) -> None:
    launch = await launched(app, settings={"deep_link_return_url": RETURN_URL, "accept_types": ["file"]})
    caller = await by_auth0(app, OWNER)
    assert mistakes(await answered(caller, launch, COURSE)) == [("items", "TYPE_NOT_ACCEPTED")]
    answer = await answered(caller, launch)
    claims = await claims_in(app, answer["jwt"], (await kept(app, launch)).issuer)
    assert claims[f"{CHOICE}content_items"] == []
    assert f"{CHOICE}data" not in claims


async def test_a_platform_without_lines_is_offered_none(app: Running) -> None:
    launch, caller = await launched(app, settings={**SETTINGS, "accept_lineitem": False}), await by_auth0(app, OWNER)
    answer = await answered(caller, launch, COURSE)
    (item,) = (await claims_in(app, answer["jwt"], (await kept(app, launch)).issuer))[f"{CHOICE}content_items"]
    assert set(item) == {"type", "url", "title", "text", "custom"}


async def test_a_course_whose_code_could_be_a_number_is_named_by_its_number(app: Running) -> None:
    launch, caller = await launched(app), await by_auth0(app, OWNER)
    async with app.database.writing() as transaction:
        await transaction.execute(update(courses).where(courses.c.id == 501).values(code="502"))
    answer = await answered(caller, launch, COURSE)
    (item,) = (await claims_in(app, answer["jwt"], (await kept(app, launch)).issuer))[f"{CHOICE}content_items"]
    assert (item["custom"], item["url"]) == ({"course": "501"}, f"{BASE}/api/lti/courses/501")


async def test_it_is_answered_once(app: Running) -> None:
    launch, caller = await launched(app), await by_auth0(app, OWNER)
    assert (await answered(caller, launch, COURSE))["userErrors"] == []
    first = (await kept(app, launch)).answered_at
    assert mistakes(await answered(caller, launch, COURSE)) == [("launchLegacyId", "LAUNCH_ANSWERED")]
    assert mistakes(await answered(caller, launch)) == [("launchLegacyId", "LAUNCH_ANSWERED")]
    assert (await kept(app, launch)).answered_at == first


async def test_of_two_answers_at_once_one_is_signed(app: Running) -> None:
    launch, caller = await launched(app), await by_auth0(app, OWNER)
    both = await asyncio.gather(*(answered(caller, launch, COURSE) for _ in range(2)))
    assert sorted(answer["jwt"] is None for answer in both) == [False, True]
    refused = next(answer for answer in both if answer["jwt"] is None)
    assert mistakes(refused) == [("launchLegacyId", "LAUNCH_ANSWERED")]


async def test_a_launch_is_answered_by_its_own_person_alone(app: Running) -> None:
    launch, other = await launched(app, STUDENT), await by_auth0(app, OWNER)
    assert mistakes(await answered(other, launch, COURSE)) == [("launchLegacyId", "LAUNCH_UNKNOWN")]
    assert await other.data(ASKED, {"launch": launch}) == {"deepLinking": None}
    assert (await kept(app, launch)).answered_at is None
    student = await by_auth0(app, STUDENT)
    assert (await answered(student, launch, COURSE))["userErrors"] == []


@pytest.mark.parametrize(
    ("settings", "ago", "code"),
    [(None, timedelta(), "LAUNCH_UNKNOWN"), (SETTINGS, timedelta(minutes=61), "LAUNCH_EXPIRED")],
    ids=["one that follows a link", "one of more than an hour ago"],
)
async def test_a_launch_that_asks_for_no_choice_now_is_not_answered(
    app: Running, settings: object, ago: timedelta, code: str
) -> None:
    launch, caller = await launched(app, settings=settings, ago=ago), await by_auth0(app, OWNER)
    assert mistakes(await answered(caller, launch, COURSE)) == [("launchLegacyId", code)]
    assert (await kept(app, launch)).answered_at is None


async def test_a_launch_of_almost_an_hour_ago_is_answered(app: Running) -> None:
    launch, caller = await launched(app, ago=timedelta(minutes=59)), await by_auth0(app, OWNER)
    assert (await answered(caller, launch, COURSE))["userErrors"] == []


async def test_a_platform_that_is_switched_off_is_told_nothing(app: Running) -> None:
    launch, caller = await launched(app), await by_auth0(app, OWNER)
    async with app.database.writing() as transaction:
        await transaction.execute(update(lti_platforms).values(is_active=False))
    assert mistakes(await answered(caller, launch, COURSE)) == [("launchLegacyId", "PLATFORM_INACTIVE")]
    assert (await kept(app, launch)).answered_at is None


async def test_only_published_courses_and_their_own_lessons_can_be_chosen(app: Running) -> None:
    launch, caller = await launched(app), await by_auth0(app, OWNER)
    items = [
        COURSE,
        {"course": "negotiation-english-b2"},
        {"course": "110A01"},
        {"course": "nothing"},
        {"course": "501", "lesson": "EN-A1-02-L01"},
        {"course": "501", "lesson": "50101"},
    ]
    unknown = [
        *((f"items.{index}.course", "COURSE_UNKNOWN") for index in (1, 2, 3)),
        ("items.4.lesson", "LESSON_UNKNOWN"),
    ]
    assert mistakes(await answered(caller, launch, *items)) == unknown
    assert (await kept(app, launch)).answered_at is None


@pytest.mark.parametrize("multiple", [False, None, "true"])
async def test_several_are_chosen_only_where_the_platform_says_that_it_takes_them(
    app: Running, multiple: object
) -> None:
    given = {name: value for name, value in SETTINGS.items() if name != "accept_multiple"}
    told = given if multiple is None else {**given, "accept_multiple": multiple}
    launch, caller = await launched(app, settings=told), await by_auth0(app, OWNER)
    assert mistakes(await answered(caller, launch, COURSE, {"course": "502"})) == [("items", "ITEMS_TOO_MANY")]
    assert (await answered(caller, launch, COURSE))["userErrors"] == []


async def test_a_hundred_items_are_the_most(app: Running) -> None:
    launch, caller = await launched(app), await by_auth0(app, OWNER)
    assert mistakes(await answered(caller, launch, *[COURSE] * 101)) == [("items", "ITEMS_TOO_MANY")]
    assert (await answered(caller, launch, *[COURSE] * 100))["userErrors"] == []


async def test_a_token_without_courses_answers_nothing(app: Running) -> None:
    launch, caller = await launched(app), await by_token(app, OWNER, ["lti:write", "lti:read"])
    for document, variables in ((ANSWER, {"launch": launch, "items": []}), (ASKED, {"launch": launch})):
        assert reasons(await caller.graph(document, variables)) == ["ability_missing"]
    assert (await kept(app, launch)).answered_at is None


async def test_what_is_asked_is_shown_before_and_after_the_answer(app: Running) -> None:
    launch, caller = await launched(app), await by_token(app, OWNER, ["courses:read"])
    asked = (await caller.data(ASKED, {"launch": launch}))["deepLinking"]
    until = datetime.fromisoformat(asked.pop("expiresAt")) - datetime.now(UTC)
    assert timedelta(minutes=50) < until <= timedelta(hours=1)
    shown = {"acceptTypes": ["link", "ltiResourceLink"], "takesLinks": True, "acceptMultiple": True, "text": None}
    assert asked == {**shown, "title": "Week 1", "answeredAt": None}
    await answered(caller, launch)
    asked = (await caller.data(ASKED, {"launch": launch}))["deepLinking"]
    assert asked["answeredAt"] is not None
    assert asked["expiresAt"] is None


async def test_a_launch_that_follows_a_link_asks_for_no_choice(app: Running) -> None:
    launch, caller = await launched(app, settings=None), await by_auth0(app, OWNER)
    assert await caller.data(ASKED, {"launch": launch}) == {"deepLinking": None}
