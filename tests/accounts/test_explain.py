"""explainToken: the least abilities that a document needs, and that they are the least."""

import pytest
from starlette.routing import compile_path

from gateway.diverse.routes import DOORS as DIVERSE_DOORS
from gateway.doors.door import Door
from gateway.doors.parameters import read, variables
from gateway.talktiko.routes import DOORS as TALKTIKO_DOORS
from resolvers.abilities import Ability
from tests.accounts.calling import ADMINISTRATOR, OWNER, STUDENT, by_auth0, by_token, reasons
from tests.accounts.documents import ANONYMOUS_CALLS, CALLS, DIVERSE, TALKTIKO, Call
from tests.conftest import Running

EXPLAIN = """
query ($document: String!) { explainToken(document: $document) { abilities problems needs { path operation ability } } }
"""
DOORS: dict[str, tuple[Door, ...]] = {"diverse": DIVERSE_DOORS, "talktiko": TALKTIKO_DOORS}
STUDENTS = """
fragment Learners on Query { students { nodes { ...Learner } } }
fragment Learner on Student { uid courses { code } }
"""
LEAST: list[tuple[str, list[str]]] = [
    ("{ __typename }", []),
    ("{ __schema { types { name } } }", []),
    ("{ viewer { uid account { email } } }", []),
    ("{ schools { nodes { name prefecture { name schools { nodes { code } } } } } }", []),
    ("{ publicCourses { nodes { name } } subscriptionPlans { code } }", []),
    ("{ courses { nodes { name } } }", ["courses:read"]),
    ("{ a: courses { nodes { name } } b: courses(first: 1) { nodes { name } } }", ["courses:read"]),
    ("{ viewer: courses { nodes { uid: name } } }", ["courses:read"]),
    ("{ courses { nodes { students { nodes { uid } } } } }", ["courses:read", "members:read"]),
    ("{ ... on Query { ... { courses { totalCount } } } }", ["courses:read"]),
    (f"{{ ...Learners }} {STUDENTS}", ["members:read"]),
    (
        f"query A {{ ...Learners }} query B {{ organizations {{ totalCount }} }} {STUDENTS}",
        ["institutions:read", "members:read"],
    ),
    ("query ($no: Boolean!) { courses @skip(if: $no) { totalCount } }", ["courses:read"]),
    ("{ viewer { uid } courses @skip(if: true) { totalCount } }", ["courses:read"]),
    ("{ viewer { uid } courses @include(if: false) { totalCount } }", ["courses:read"]),
    ('{ node(id: "x") { id } }', []),
    ('{ node(id: "x") { ... on Node { ... on Student { uid } } } }', ["members:read"]),
    (
        "{ nodes(ids: []) { ...N } } fragment C on Course { code } fragment N on Node { ...C ... on School { code } }",
        ["courses:read"],
    ),
    ("{ viewer { student { learner { xp } sections { code } } } }", ["institutions:read", "progress:read"]),
    ("{ learningInsights { recommendations { training { name } } } }", ["courses:read", "progress:read"]),
    ("{ leaderboard { totalCount } statistics { learners } }", ["analytics:read", "progress:read"]),
    ("{ usageRecords { totalCount } }", ["progress:feed"]),
    ("{ learnerProgress { nodes { percent student { uid } } } }", ["members:read", "progress:read"]),
    ("{ learnerActivity { nodes { xp course { code } } } }", ["courses:read", "progress:read"]),
    ("{ enrollments { totalCount } exports { totalCount } }", ["exports:read", "members:read"]),
    ("mutation { cancelExport(legacyId: 1) { export { status } } }", ["exports:write"]),
    ("{ apiTokens { totalCount } }", ["tokens:read"]),
    ('mutation { createApiToken(name: "x", abilities: []) { token { name } } }', ["tokens:write"]),
    ("mutation { revokeApiToken(legacyId: 1) { revoked } }", ["tokens:write"]),
    ("mutation { recordProgress(events: []) { results { score } } }", ["progress:write"]),
    (
        'mutation { updateMySchoolProfile(schoolCode: "x", dateOfBirth: "2010-01-01") { student { uid } } }',
        ["profile:write"],
    ),
    ('mutation { signIn(email: "a", password: "b") { token viewer { uid } } }', []),
]
INVALID: list[tuple[str, list[str]]] = [
    ("", ["Syntax Error: Unexpected <EOF>."]),
    ("{", ["Syntax Error: Expected Name, found <EOF>."]),
    ("{ unheardOf }", ["Cannot query field 'unheardOf' on type 'Query'."]),
    (
        "{ viewer }",
        ["Field 'viewer' of type 'Viewer!' must have a selection of subfields. Did you mean 'viewer { ... }'?"],
    ),
    ("{ ...Missing }", ["Unknown fragment 'Missing'."]),
    ("{ student { uid } }", ["Argument 'Query.student(uid:)' of type 'String!' is required, but it was not provided."]),
    (
        "{ courses { totalCount } a b }",
        ["Cannot query field 'a' on type 'Query'.", "Cannot query field 'b' on type 'Query'."],
    ),
]


@pytest.mark.parametrize(("document", "abilities"), LEAST)
async def test_the_least_abilities_are_named(accounts: Running, document: str, abilities: list[str]) -> None:
    caller = await by_auth0(accounts, OWNER)
    found = (await caller.data(EXPLAIN, {"document": document}))["explainToken"]
    assert (found["abilities"], found["problems"]) == (abilities, [])
    assert sorted({need["ability"] for need in found["needs"] if need["ability"]}) == abilities


@pytest.mark.parametrize(("document", "problems"), INVALID)
async def test_a_document_that_cannot_be_run_needs_nothing_and_has_problems(
    accounts: Running, document: str, problems: list[str]
) -> None:
    caller = await by_auth0(accounts, OWNER)
    found = (await caller.data(EXPLAIN, {"document": document}))["explainToken"]
    assert found == {"abilities": [], "needs": [], "problems": problems}


async def test_a_document_of_too_many_words_is_a_problem(accounts: Running) -> None:
    caller = await by_auth0(accounts, OWNER)
    found = (await caller.data(EXPLAIN, {"document": "{ " + "a " * 2000 + "}"}))["explainToken"]
    assert found["problems"] == ["The document has too many tokens: at most 2000 are allowed (tokens)."]


async def test_every_field_that_needs_something_is_named_once_and_in_its_place(accounts: Running) -> None:
    caller = await by_auth0(accounts, OWNER)
    courses = "a: courses { nodes { students { totalCount } } } b: courses { totalCount }"
    document = f"{{ viewer {{ uid }} {courses} schools {{ totalCount }} }}"
    found = (await caller.data(EXPLAIN, {"document": document}))["explainToken"]
    assert found["needs"] == [
        {"path": "Query.viewer", "operation": "me", "ability": None},
        {"path": "Query.courses", "operation": "courses", "ability": "courses:read"},
        {"path": "Course.students", "operation": "students_by_course_category", "ability": "members:read"},
        {"path": "Query.schools", "operation": "schools", "ability": None},
    ]


async def test_any_token_may_ask_and_nothing_is_run(accounts: Running) -> None:
    caller = await by_token(accounts, STUDENT, ["notices:read"])
    before = accounts.database.statements
    document = "{ students { nodes { uid } } }"
    assert (await caller.data(EXPLAIN, {"document": document}))["explainToken"]["abilities"] == ["members:read"]
    # Token and grants, and nothing else.
    assert accounts.database.statements == before + 2


def values_of(call: Call) -> dict[str, object]:
    """The variables with which a door runs its document."""
    prefix = DIVERSE if call.dialect == "diverse" else TALKTIKO
    found = [
        (door, compile_path(prefix + door.path)[0].fullmatch(call.path))
        for door in DOORS[call.dialect]
        if call.document in door.documents and call.method in door.methods
    ]
    ((door, in_path),) = [(door, path.groupdict()) for door, path in found if path is not None]
    given = {**in_path, **call.given}
    return variables(door.parameters, read(door.parameters, given))


@pytest.mark.parametrize("call", [call for call in CALLS if call not in ANONYMOUS_CALLS], ids=str)
async def test_a_stored_document_runs_with_exactly_the_abilities_and_with_none_less(
    accounts: Running, call: Call
) -> None:
    source = call.file.read_text("utf-8")
    caller = await by_auth0(accounts, call.uid)
    least = (await caller.data(EXPLAIN, {"document": source}))["explainToken"]["abilities"]
    # A token has one ability at the least; this one is no document's.
    spare = next(ability.value for ability in Ability if ability.value not in {*least, "tokens:read"})
    given = values_of(call)
    ran = await (await by_token(accounts, call.uid, least or [spare])).graph(source, given)
    assert "ability_missing" not in reasons(ran), ran.text
    assert not reasons(ran) or set(reasons(ran)) <= {"not_found", "course_unknown"}, ran.text
    for ability in least:
        rest = [kept for kept in least if kept != ability] or [spare]
        refused = await (await by_token(accounts, call.uid, rest)).graph(source, given)
        assert set(reasons(refused)) == {"ability_missing"}, refused.text
        assert f"needs the ability {ability}, " in refused.json()["errors"][0]["message"]


async def test_the_administrators_feed_is_explained_to_whoever_asks(accounts: Running) -> None:
    for uid in (STUDENT, OWNER, ADMINISTRATOR):
        caller = await by_auth0(accounts, uid)
        found = (await caller.data(EXPLAIN, {"document": "{ usageRecords { totalCount } }"}))["explainToken"]
        assert found["needs"] == [{"path": "Query.usageRecords", "operation": "usage_feed", "ability": "progress:feed"}]
