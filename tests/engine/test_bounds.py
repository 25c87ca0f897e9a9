"""Values at and beyond the edges: refused as the client's mistake, in both modes and on both databases alike."""

from datetime import datetime
from typing import Any, cast

import pytest

from db.connections.database import Database
from resolvers.accounts import Claimed
from resolvers.context import Request
from schema.execution import Execution
from tests.engine.running import COMPILED, STEPWISE, Asking, Bench, Ran
from tests.engine.world import NOW

ADMINISTRATOR = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)
PLACES = [(where, how) for where in ("postgresql", "sqlite") for how in (COMPILED, STEPWISE)]
ROOT = "{{ students({given}) {{ totalCount nodes {{ uid }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
NESTED = "{{ organizations(first: 3) {{ nodes {{ students({given}) {{ nodes {{ uid }} }} }} }} }}"
BELOW_VIEWER = "{{ viewer {{ staff {{ uid }} organization {{ students({given}) {{ nodes {{ uid }} }} }} }} }}"
TEXTS = {"NUL": "a\x00b", "high surrogate": "a\ud800", "low surrogate": "\udc00"}


async def ran(bench: Bench, text: str, where: str, how: str, **variables: object) -> Ran:
    """Run a document as the administrator."""
    return await bench.run(text, variables, ADMINISTRATOR, where, how)


@pytest.mark.parametrize(
    "given",
    [
        "first: 0",
        "first: -1",
        "first: 101",
        "first: 2147483647",
        "first: -2147483648",
        "per: 0",
        "per: -5",
        "per: 101",
        "page: 0",
        "page: -1",
        "page: -2147483648",
        "first: 2, per: 2",
        'page: 1, after: "x"',
        'page: 1, after: ""',
        'after: "x"',
    ],
)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_paging_that_makes_no_sense_is_bad_input(bench: Bench, given: str, where: str, how: str) -> None:
    root = await ran(bench, ROOT.format(given=given), where, how)
    assert (root.data, root.codes) == (None, {"students": "BAD_USER_INPUT"})
    nested = await ran(bench, NESTED.format(given=given), where, how)
    assert (nested.data, set(nested.codes.values())) == (None, {"BAD_USER_INPUT"})


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_who_does_not_say_which_is_told_so_whatever_the_size(bench: Bench, where: str, how: str) -> None:
    below = "students(first: 100) { nodes { organization { students(first: 100) { nodes { enrollments(first: 100) {"
    text = f"{{ organization {{ {below} nodes {{ completedAt }} }} }} }} }} }} }} }} }}"
    found = await ran(bench, text, where, how)
    assert (found.data, found.codes) == ({"organization": None}, {"organization": "BAD_USER_INPUT"})
    named = await ran(bench, text.replace("organization {", 'organization(code: "org1") {', 1), where, how)
    assert named.codes == {"organization": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize("given", ["first: null", "page: null", "after: null", "per: null", "first: null, per: 20"])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_null_is_as_good_as_nothing(bench: Bench, given: str, where: str, how: str) -> None:
    plain = await ran(bench, ROOT.replace("({given})", "").format(), where, how)
    assert (await ran(bench, ROOT.format(given=given), where, how)).data == plain.data


@pytest.mark.parametrize("given", ["page: 2147483647", "page: 2147483647, per: 100", "page: 1000000"])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_page_beyond_the_end_is_empty(bench: Bench, given: str, where: str, how: str) -> None:
    page = cast(Any, (await ran(bench, ROOT.format(given=given), where, how)).data)["students"]
    assert page["nodes"] == []
    assert page["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    assert page["totalCount"] > 0
    nested = await ran(bench, NESTED.format(given=given), where, how)
    assert cast(Any, nested.data)["organizations"]["nodes"] == [{"students": {"nodes": []}}] * 3


@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
async def test_nested_arguments_are_refused_even_where_there_are_no_parents(bench: Bench, where: str) -> None:
    """Compiled, arguments are read before rows; stepwise meets an `after` or `page` only where a parent has rows."""
    empty = '{ organizations(code: "nope") { nodes { students(first: 0) { totalCount } } } }'
    for how in (COMPILED, STEPWISE):
        assert (await ran(bench, empty, where, how)).codes == {"organizations": "BAD_USER_INPUT"}
    late = '{ organizations(code: "nope") { nodes { students(after: "x") { totalCount } } } }'
    assert (await ran(bench, late, where, COMPILED)).codes == {"organizations": "BAD_USER_INPUT"}
    assert (await ran(bench, late, where, STEPWISE)).data == {"organizations": {"nodes": []}}


TEXT_ARGUMENTS = {
    "Query.students.organizationCode": "query($t: String) { students(organizationCode: $t) { totalCount } }",
    "Query.sections.organizationCode": "query($t: String) { sections(organizationCode: $t) { totalCount } }",
    "Query.groups.organizationCode": "query($t: String) { groups(organizationCode: $t) { totalCount } }",
    "Query.informations.organizationCode": (
        "query($t: String!) { informations(system: LMS, organizationCode: $t) { totalCount } }"
    ),
    "Query.informations.tags": (
        'query($t: String!) {{ informations(system: LMS, organizationCode: "{code}", tags: [$t]) {{ totalCount }} }}'
    ),
    "Query.studentsWithLessonPackages.organizationCode": (
        "query($t: String) { studentsWithLessonPackages(organizationCode: $t) { totalCount } }"
    ),
    "Query.studentsWithLessonPackages.keyword": (
        "query($t: String) { studentsWithLessonPackages(keyword: $t) { totalCount } }"
    ),
    "Query.studentsWithLessonPackages.uids": (
        "query($t: String!) { studentsWithLessonPackages(uids: [$t]) { totalCount } }"
    ),
    "Query.organization.code": "query($t: String) { organization(code: $t) { code } }",
    "Query.organizations.code": "query($t: String) { organizations(code: $t) { totalCount } }",
    "Query.organizations.keyword": "query($t: String) { organizations(keyword: $t) { totalCount } }",
    "Query.sections.keyword": "query($t: String) { sections(keyword: $t) { totalCount } }",
    "Organization.sections.keyword": (
        "query($t: String) { organizations { nodes { sections(keyword: $t) { totalCount } } } }"
    ),
    "Query.student.uid": "query($t: String!) { student(uid: $t) { code } }",
    "Query.course.code": "query($t: String!) { course(code: $t) { code } }",
    "Query.schools.name": "query($t: String) { schools(name: $t) { totalCount } }",
    "Query.schools.prefectureCode": "query($t: String) { schools(prefectureCode: $t) { totalCount } }",
    "StudentFilter.keyword": "query($t: String) { students(filter: {keyword: $t}) { totalCount } }",
    "StudentFilter.sectionCode": "query($t: String) { students(filter: {sectionCode: $t}) { totalCount } }",
    "StudentFilter.groupCode": "query($t: String) { students(filter: {groupCode: $t}) { totalCount } }",
    "StudentFilter.uids": "query($t: String!) { students(filter: {uids: [$t]}) { totalCount } }",
    "CourseFilter.keyword": "query($t: String) { courses(filter: {keyword: $t}) { totalCount } }",
    "CourseFilter.subjects": "query($t: String!) { courses(filter: {subjects: [$t]}) { totalCount } }",
    "Query.course.key": "query($t: String) { course(key: $t) { code } }",
    "Query.publicCourse.slug": "query($t: String!) { publicCourse(slug: $t) { code } }",
    "Query.lessons.course": "query($t: String) { lessons(course: $t) { totalCount } }",
    "Query.trainings.course": "query($t: String) { trainings(course: $t) { totalCount } }",
    "Query.lessonProgress.course": (
        "query($t: String!) { lessonProgress(course: $t, studentLegacyId: 1) { totalCount } }"
    ),
    "Query.progressHistory.course": (
        "query($t: String) { progressHistory(course: $t, studentLegacyId: 1) { totalCount } }"
    ),
    "Learner.activity.course": "query($t: String) { learner(studentLegacyId: 1) { activity(course: $t) { xp } } }",
    "CourseFilter.language": "query($t: String) { courses(filter: {language: $t}) { totalCount } }",
    "CourseFilter.topic": "query($t: String) { courses(filter: {topic: $t}) { totalCount } }",
    "CourseFilter.levels": "query($t: String!) { courses(filter: {levels: [$t]}) { totalCount } }",
}


@pytest.mark.parametrize("argument", TEXT_ARGUMENTS)
@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_text_that_no_database_can_keep_is_bad_input(
    bench: Bench, argument: str, kind: str, where: str, how: str
) -> None:
    code = bench.rows.one("organizations", 9)["code"]
    text = TEXT_ARGUMENTS[argument]
    given = text.format(code=code) if "{code}" in text else text
    assert set((await ran(bench, given, where, how, t=TEXTS[kind])).codes.values()) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("query($n: Int) { students(first: $n) { totalCount } }", {"": "BAD_USER_INPUT"}),
        ("query($n: Int) { organization(legacyId: $n) { code } }", {"": "BAD_USER_INPUT"}),
        ("query($n: Int) { students(filter: {schoolGrade: $n}) { totalCount } }", {"": "BAD_USER_INPUT"}),
    ],
)
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63, 10**400, 1.5, True, "1", [1]])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_number_that_is_no_int_is_bad_input(
    bench: Bench, text: str, codes: dict[str, str], number: object, where: str, how: str
) -> None:
    assert (await ran(bench, text, where, how, n=number)).codes == codes


@pytest.mark.parametrize("number", [2**31 - 1, -(2**31), 32768, -32769, 7, -1])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_an_int_that_names_nothing_finds_nothing(bench: Bench, number: int, where: str, how: str) -> None:
    organization = await ran(bench, "query($n: Int) { organization(legacyId: $n) { code } }", where, how, n=number)
    known = {row["id"]: row["code"] for row in bench.rows["organizations"]}
    assert organization.data == {"organization": {"code": known[number]} if number in known else None}
    text = "query($n: Int) { students(filter: {schoolGrade: $n}) { totalCount } }"
    assert (await ran(bench, text, where, how, n=number)).data == {"students": {"totalCount": 0}}
    nested = "query($n: Int) { organizations { nodes { students(filter: {schoolGrade: $n}) { totalCount } } } }"
    assert (await ran(bench, nested, where, how, n=number)).errors == ()


@pytest.mark.parametrize(
    ("length", "codes"), [(200, {}), (201, {"students": "BAD_USER_INPUT"}), (100_000, {"students": "BAD_USER_INPUT"})]
)
@pytest.mark.parametrize("letter", ["a", "ﷺ", "％", "\\", "𠮷"])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_keyword_has_at_most_two_hundred_characters(
    bench: Bench, length: int, codes: dict[str, str], letter: str, where: str, how: str
) -> None:
    text = "query($k: String) { students(filter: {keyword: $k}) { totalCount } }"
    assert (await ran(bench, text, where, how, k=letter * length)).codes == codes


@pytest.mark.parametrize(("count", "codes"), [(1000, {}), (1001, {"students": "BAD_USER_INPUT"})])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_list_has_at_most_a_thousand_uids(
    bench: Bench, count: int, codes: dict[str, str], where: str, how: str
) -> None:
    text = "query($u: [String!]) { students(filter: {uids: $u}) { totalCount } }"
    assert (await ran(bench, text, where, how, u=["auth0|student"] * count)).codes == codes


@pytest.mark.parametrize(
    ("instant", "counted"),
    [
        ("0001-01-01T00:00:00Z", True),
        ("0900-01-01T00:00:00+09:00", True),
        ("1000-01-01T00:00:00Z", True),
        ("9999-12-31T23:59:59.999999Z", False),
        ("9999-12-31T23:59:59+00:00", False),
    ],
)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_instants_at_the_edges_of_the_calendar_compare_as_instants(
    bench: Bench, instant: str, counted: bool, where: str, how: str
) -> None:
    text = "query($t: DateTime) { usageRecords(createdFrom: $t) { totalCount } }"
    since = datetime.fromisoformat(instant)
    uses = [row for row in bench.rows["progress_events"] if row["lesson_package_id"] is not None]
    found = sum(row["created_at"] >= since for row in uses)
    assert (found > 0) is counted
    assert (await ran(bench, text, where, how, t=instant)).data == {"usageRecords": {"totalCount": found}}


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2026-02-30T00:00:00Z", "2026-01-01", "", "0"]
)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_an_instant_that_is_none_is_bad_input(bench: Bench, instant: str, where: str, how: str) -> None:
    text = "query($t: DateTime) { usageRecords(createdFrom: $t) { totalCount } }"
    assert set((await ran(bench, text, where, how, t=instant)).codes.values()) == {"BAD_USER_INPUT"}


async def limited(bench: Bench, text: str, where: str, how: str, page_limit: int) -> tuple[object, list[str], int]:
    """Run a document with small pages: its data, the codes of its errors and its statements."""
    database: Database = bench.databases[where]
    viewer = await bench.viewer(database, ADMINISTRATOR)
    before = database.statements
    execution: Execution = bench.executions[how]
    answer = await execution.run(text, Request(viewer, database, NOW, page_limit=page_limit))
    return (
        answer.content.get("data"),
        [error["extensions"]["code"] for error in answer.errors],
        (database.statements - before),
    )


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_level_with_more_rows_than_a_hundred_pages_is_refused(bench: Bench, where: str, how: str) -> None:
    """With pages of ten, pages within pages show at most a thousand rows at any level."""
    text = (
        "{{ organizations(first: {0}) {{ nodes {{ students(first: {0}) {{ nodes {{ sections {{ code }} }} }} }} }} }}"
    )
    _, codes, _ = await limited(bench, text.format(10), where, how, 10)
    assert codes == []
    below = "organization { groups { totalCount } }"
    deep = f"{{ organizations {{ nodes {{ sections {{ nodes {{ students {{ nodes {{ {below} }} }} }} }} }} }} }}"
    data, codes, statements = await limited(bench, deep, where, how, 10)
    assert (data, codes, statements) == (None, ["LIMIT_EXCEEDED"], 0)


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_only_rows_that_are_shown_count_against_the_bound(bench: Bench, where: str, how: str) -> None:
    """With pages of one a level has at most a hundred rows: all of an organization's students are fewer."""
    shown = "{ organizations(first: 1) { nodes { children { students { nodes { sections { code } } } } } } }"
    data, codes, _ = await limited(bench, shown, where, how, 1)
    assert codes == []
    assert data is not None


@pytest.mark.parametrize("text", [NESTED, BELOW_VIEWER])
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_hundred_rows_are_a_page_and_a_hundred_and_one_are_none(
    bench: Bench, text: str, where: str, how: str
) -> None:
    assert (await ran(bench, text.format(given="first: 100"), where, how)).errors == ()
