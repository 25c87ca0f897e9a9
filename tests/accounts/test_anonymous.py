"""What people without a token may ask the graph in production: what is public, and nothing about anything else."""

from collections.abc import AsyncIterator

import pytest

from gateway.settings import Environment
from tests.accounts.calling import EMAILS, ME, PASSWORD, STUDENT, Caller, count, new_token, reasons, with_token
from tests.conftest import Running, running

SIGN_IN = f'signIn(email: "{EMAILS[STUDENT]}", password: "{PASSWORD}")'

PAYLOAD = "token expiresAt userErrors { code }"
PERSON = """
viewer {
  uid abilities privileges account { email } organization { code } student { school { name } courses { code } }
}
"""


@pytest.fixture
async def production(own: Running) -> AsyncIterator[Running]:
    """The app as people rely on it, on the same database."""
    changed = {"environment": Environment.PRODUCTION, "auth0_issuer": "https://tenant.example/"}
    async with running(own.settings.model_copy(update=changed)) as started:
        yield started


@pytest.mark.parametrize(
    ("document", "data"),
    [
        ("{ __typename }", {"__typename": "Query"}),
        ("{ publicCourses(first: 1) { nodes { slug } } }", {"publicCourses": {"nodes": [{"slug": "first-steps-a1"}]}}),
        ('{ publicCourse(slug: "first-steps-a1") { slug } }', {"publicCourse": {"slug": "first-steps-a1"}}),
        ('{ publicCourse(slug: "no such") { slug } }', {"publicCourse": None}),
        (
            "{ subscriptionPlans { code } }",
            {"subscriptionPlans": [{"code": "free"}, {"code": "pro"}, {"code": "enterprise"}]},
        ),
        ('mutation { signIn(email: "x", password: "y") { token } }', {"signIn": {"token": None}}),
        (
            "{ ...F } fragment F on Query { publicCourses(first: 1) { __typename } }",
            {"publicCourses": {"__typename": "CourseConnection"}},
        ),
    ],
)
async def test_what_is_public_is_answered(production: Running, document: str, data: object) -> None:
    answer = await Caller(production.client, {}).graph(document)
    assert (answer.status_code, answer.json()["data"], "errors" in answer.json()) == (200, data, False)


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { uid } }",
        "{ courses { nodes { name } } }",
        "{ schools { totalCount } }",
        "{ abilities { name } }",
        '{ explainToken(document: "{ viewer { uid } }") { abilities } }',
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ __typename __schema { queryType { name } } }",
        "{ publicCourses { nodes { slug } } viewer { uid } }",
        "{ publicCourses { nodes { slug } } schools @skip(if: true) { totalCount } }",
        "{ subscriptionPlans: viewer { code: uid } }",
        "query A { publicCourses { totalCount } } query B { viewer { uid } }",
        "mutation { revokeApiToken(legacyId: 1) { revoked } }",
        f'mutation {{ {SIGN_IN} {{ token }} createApiToken(name: "x", abilities: ["*"]) {{ plainTextToken }} }}',
    ],
)
async def test_anything_else_is_refused_as_a_whole_and_nothing_runs(production: Running, document: str) -> None:
    before, tokens = production.database.statements, await count(production.database)
    answer = await Caller(production.client, {}).graph(document)
    assert (answer.status_code, reasons(answer)) == (401, ["token_missing"])
    assert "data" not in answer.json()
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert (production.database.statements, await count(production.database)) == (before, tokens)


@pytest.mark.parametrize(
    "below",
    [
        "students { nodes { uid } }",
        "enrollments { nodes { completedAt } }",
        "lessons { name }",
        "lessons { trainings { items { payload } } }",
        "lessonPackages { name }",
    ],
)
async def test_below_a_public_course_lies_nothing_that_is_not_public(production: Running, below: str) -> None:
    answer = await Caller(production.client, {}).graph(f"{{ publicCourses(first: 4) {{ nodes {{ slug {below} }} }} }}")
    assert (answer.status_code, reasons(answer)) == (401, ["token_missing"]), answer.text
    assert answer.json()["data"] is None


async def test_a_course_that_is_not_published_is_not_public(production: Running) -> None:
    with_all = with_token(production, await new_token_of(production))
    drafts = await with_all.data("{ courses(first: 100, filter: { origin: TALKTIKO }) { nodes { slug publishedAt } } }")
    published = await Caller(production.client, {}).data("{ publicCourses(first: 100) { nodes { slug publishedAt } } }")
    slugs = {course["slug"] for course in published["publicCourses"]["nodes"]}
    for course in drafts["courses"]["nodes"]:
        assert (course["slug"] in slugs) == (course["publishedAt"] is not None), course
    assert all(course["publishedAt"] is not None for course in published["publicCourses"]["nodes"])


async def new_token_of(production: Running) -> str:
    """A token by signing in."""
    caller = Caller(production.client, {})
    return str((await caller.data(f"mutation {{ {SIGN_IN} {{ token }} }}"))["signIn"]["token"])


async def test_signing_in_shows_who_that_is_and_its_token_works(production: Running) -> None:
    data = (await Caller(production.client, {}).data(f"mutation {{ {SIGN_IN} {{ {PAYLOAD} {PERSON} }} }}"))["signIn"]
    caller = with_token(production, data["token"])
    again = await caller.data(f"{{ {PERSON} }}")
    assert data["viewer"] == again["viewer"]
    assert (data["viewer"]["uid"], data["viewer"]["abilities"], data["userErrors"]) == (STUDENT, ["*"], [])
    assert (await caller.get(ME)).status_code == 200
    assert len((await caller.data("{ __schema { types { name } } }"))["__schema"]["types"]) > 50


async def test_the_answer_to_signing_in_shows_no_more_than_the_new_token_may(production: Running) -> None:
    asked = SIGN_IN.replace(")", ', abilities: ["courses:read"])')
    document = f"mutation {{ {asked} {{ token viewer {{ uid student {{ learner {{ xp }} }} }} }} }}"
    answer = await Caller(production.client, {}).graph(document)
    assert set(reasons(answer)) == {"ability_missing"}
    shown = f"mutation {{ {asked} {{ token viewer {{ uid abilities }} }} }}"
    data = (await Caller(production.client, {}).data(shown))["signIn"]
    assert data["viewer"] == {"uid": STUDENT, "abilities": ["courses:read"]}
    refused = await with_token(production, data["token"]).graph("{ viewer { student { learner { xp } } } }")
    assert reasons(refused) == ["ability_missing"]


async def test_a_wrong_token_is_refused_even_for_what_is_public(own: Running, production: Running) -> None:
    for headers in ({"Authorization": "Bearer 1|x"}, {"Authorization": "Basic eDp5"}):
        assert (await Caller(production.client, headers).graph("{ __typename }")).status_code == 401
    # Production knows nothing of the development key.
    assert (await Caller(production.client, await own.headers(STUDENT)).graph("{ __typename }")).status_code in (
        401,
        503,
    )
    assert (await with_token(production, await new_token(own, STUDENT)).graph("{ __typename }")).status_code == 200
