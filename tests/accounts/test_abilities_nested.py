"""What lies below a field is as closed as it is at the root: no ability reads through another's fields."""

import pytest

from tests.accounts.calling import OWNER, STUDENT, by_token, reasons
from tests.conftest import Running

# Who, with which ability, asks for what lies below the ability's own fields; which ability that would need.
CLOSED = [
    (OWNER, "courses:read", "{ courses { nodes { students { nodes { uid } } } } }", "members:read"),
    (OWNER, "courses:read", "{ courses { nodes { enrollments { nodes { student { uid } } } } } }", "members:read"),
    (OWNER, "courses:read", "{ lessons { nodes { course { students { nodes { uid } } } } } }", "members:read"),
    (OWNER, "institutions:read", "{ organizations { nodes { students { nodes { uid } } } } }", "members:read"),
    (OWNER, "institutions:read", "{ sections { nodes { students { nodes { uid } } } } }", "members:read"),
    (OWNER, "institutions:read", "{ groups { nodes { students { nodes { uid } } } } }", "members:read"),
    (OWNER, "institutions:read", "{ sections { nodes { organization { students { totalCount } } } } }", "members:read"),
    (OWNER, "members:read", "{ students { nodes { sections { code } } } }", "institutions:read"),
    (OWNER, "members:read", "{ students { nodes { groups { code } } } }", "institutions:read"),
    (OWNER, "members:read", "{ students { nodes { organization { children { code } } } } }", "institutions:read"),
    (OWNER, "members:read", "{ students { nodes { learner { xp } } } }", "progress:read"),
    (OWNER, "members:read", "{ students { nodes { courses { course { name } } } } }", "courses:read"),
    (OWNER, "members:read", "{ students { nodes { enrollments { nodes { course { name } } } } } }", "courses:read"),
    (
        OWNER,
        "members:read",
        "{ students { nodes { courses { lessonPackages { latestProgress { verb } } } } } }",
        "progress:read",
    ),
    (STUDENT, "courses:read", "{ viewer { student { courses { code } } } }", "members:read"),
    (STUDENT, "courses:read", "{ viewer { student { sections { code } } } }", "institutions:read"),
    (STUDENT, "courses:read", "{ viewer { student { learner { xp } } } }", "progress:read"),
    (STUDENT, "members:read", "{ viewer { organization { sections { nodes { code } } } } }", "institutions:read"),
    (OWNER, "notices:read", "{ viewer { organization { students { nodes { uid } } } } }", "members:read"),
    (
        STUDENT,
        "progress:read",
        '{ lessonProgress(course: "first-steps-a1") { nodes { lesson { trainings { name } } } } }',
        "courses:read",
    ),
    (
        STUDENT,
        "progress:read",
        '{ lessonProgress(course: "first-steps-a1") { nodes { lesson { course { name } } } } }',
        "courses:read",
    ),
    (STUDENT, "notices:read", "{ publicCourses { nodes { lessons { name } } } }", "courses:read"),
    (OWNER, "notices:read", '{ node(id: "U3R1ZGVudDox") { id } }', "members:read"),
    (OWNER, "notices:read", '{ node(id: "U3R1ZGVudDpub25l") { id } }', "members:read"),
    (OWNER, "notices:read", '{ node(id: "T3JnYW5pemF0aW9uOjE=") { id } }', "institutions:read"),
    (OWNER, "notices:read", '{ node(id: "RW5yb2xsbWVudDox") { id } }', "members:read"),
    (OWNER, "notices:read", '{ node(id: "TGVzc29uUGFja2FnZTox") { id } }', "courses:read"),
    (OWNER, "notices:read", '{ node(id: "VHJhaW5pbmdJdGVtOjE=") { id } }', "courses:read"),
    (OWNER, "notices:read", '{ node(id: "QXBpVG9rZW46MQ==") { id } }', "tokens:read"),
    (OWNER, "courses:read", '{ nodes(ids: ["SW5mb3JtYXRpb246MQ=="]) { id } }', "notices:read"),
    (OWNER, "courses:read", '{ legacyNode(type: "Section", legacyId: 1) { id } }', "institutions:read"),
    (
        OWNER,
        "courses:read",
        '{ node(id: "Q291cnNlOjE=") { ... on Course { students { totalCount } } } }',
        "members:read",
    ),
    (STUDENT, "notices:read", "{ publicCourses { nodes { lessonPackages { name } } } }", "courses:read"),
]
# What REST shows with this ability, and the graph therefore too.
OPEN = [
    (
        OWNER,
        "courses:read",
        "{ courses(first: 4) { nodes { lessons { name trainings { items { payload } } } } } }",
    ),
    (OWNER, "institutions:read", "{ organizations { nodes { code children { code } } } }"),
    (
        OWNER,
        "members:read",
        "{ students { nodes { uid school { name } organization { code } schoolGrade { name } } } }",
    ),
    (OWNER, "members:read", "{ students { nodes { courses { code lessonPackages { code } } } } }"),
    (STUDENT, "notices:read", "{ viewer { account { email } organization { name } trial { active } } }"),
    (STUDENT, "notices:read", "{ publicCourses { nodes { name lessonsCount } } }"),
    (STUDENT, "progress:read", '{ lessonProgress(course: "first-steps-a1") { nodes { lesson { name } } } }'),
    (STUDENT, "tokens:write", 'mutation { createApiToken(name: "", abilities: []) { token { name } } }'),
]


@pytest.mark.parametrize(("uid", "ability", "document", "missing"), CLOSED)
async def test_a_token_does_not_read_through_a_field_what_it_may_not_read_at_the_root(
    accounts: Running, uid: str, ability: str, document: str, missing: str
) -> None:
    answer = await (await by_token(accounts, uid, [ability])).graph(document)
    assert set(reasons(answer)) == {"ability_missing"}, answer.text
    assert f"needs the ability {missing}, which this token does not have." in answer.json()["errors"][0]["message"]
    allowed = await (await by_token(accounts, uid, [ability, missing])).graph(document)
    assert "ability_missing" not in reasons(allowed), allowed.text


@pytest.mark.parametrize(("uid", "ability", "document"), OPEN)
async def test_what_rest_shows_with_an_ability_the_graph_shows(
    accounts: Running, uid: str, ability: str, document: str
) -> None:
    await (await by_token(accounts, uid, [ability])).data(document)
