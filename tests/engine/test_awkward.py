"""Single facts that random documents meet too rarely: edges of types, of statements and of several privileges."""

import asyncio
import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.connections.database import Database, connect
from db.tables import courses, notices, students
from resolvers.accounts import Claimed
from resolvers.context import Request
from schema.execution import Execution
from tests.engine.running import COMPILED, STEPWISE, Asking, Bench
from tests.engine.world import NOW, World, fill
from tests.services.postgresql import Server, create_database, plain

ADMINISTRATOR = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)
PLACES = [(where, how) for where in ("postgresql", "sqlite") for how in (COMPILED, STEPWISE)]


@pytest.fixture(scope="module")
async def edges(
    postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Database]]:
    """The world with a few rows more, at the very edges of what columns hold."""
    urls = {
        "postgresql": plain(create_database(postgresql_server, "engine_edges")),
        "sqlite": f"sqlite:///{tmp_path_factory.mktemp('edges') / 'world.db'}",
    }
    databases = {}
    for where, url in urls.items():
        await fill(url, World())
        databases[where] = connect(url)
        await databases[where].open()
        await add_edges(databases[where])
    yield databases
    for database in databases.values():
        await database.close()


async def add_edges(database: Database) -> None:
    """A course of all days there are, long names of equal beginnings, and a notice to coaches of one organization."""
    async with database.writing() as connection:
        days = {"start_date": datetime.date.min, "end_date": datetime.date.max}
        await connection.execute(courses.courses.update().where(courses.courses.c.id == 1).values(**days))
        for number in range(3):
            name = "講座" * 350 + str(number)
            row = courses.courses.update().where(courses.courses.c.id == number + 1).values(name=name)
            await connection.execute(row)
        first = {"start_at": datetime.datetime.min.replace(tzinfo=datetime.UTC)}
        last = {"end_at": datetime.datetime.max.replace(tzinfo=datetime.UTC) - datetime.timedelta(hours=9)}
        chosen = students.students.update().where(students.students.c.uid == "auth0|student").values(**first, **last)
        await connection.execute(chosen)
        for id_, organization in ((901, 9), (902, 18)):
            text = {"title": "t", "content": "c", "open_at": NOW - datetime.timedelta(days=1)}
            await connection.execute(notices.informations.insert().values(id=id_, **text))
            for table, column, value in (
                (notices.information_systems, "system", "coaching"),
                (notices.information_roles, "role", "homeroom_teacher"),
                (notices.information_organizations, "organization_id", organization),
                (notices.information_tagged, "tag_key", "emergency"),
            ):
                await connection.execute(table.insert().values(**{"information_id": id_, column: value}))


async def answered(
    bench: Bench, database: Database, how: str, text: str, asking: Asking = ADMINISTRATOR, **variables: object
) -> Any:  # noqa: ANN401  # an answer is JSON
    """The answer to a document on a database with edges."""
    viewer = await bench.viewer(database, asking)
    execution: Execution = bench.executions[how]
    answer = await execution.run(text, Request(viewer, database, asking.now), variables=variables)
    return json.loads(answer.body())


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_the_first_and_the_last_day_of_the_calendar_print_as_days(
    bench: Bench, edges: dict[str, Database], where: str, how: str
) -> None:
    code = bench.rows.one("courses", 1)["code"]
    text = "query($code: String!) { course(code: $code) { startDate endDate } }"
    answer = await answered(bench, edges[where], how, text, code=code)
    assert answer == {"data": {"course": {"startDate": "0001-01-01", "endDate": "9999-12-31"}}}


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_the_first_instant_and_one_at_the_end_print_as_instants(
    bench: Bench, edges: dict[str, Database], where: str, how: str
) -> None:
    text = '{ student(uid: "auth0|student") { startAt endAt } }'
    answer = await answered(bench, edges[where], how, text)
    assert answer["data"]["student"]["startAt"] == "0001-01-01T09:00:00+09:00"
    assert answer["data"]["student"]["endAt"] == "9999-12-31T23:59:59+09:00"


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_person_whose_period_began_with_the_calendar_is_let_in(
    bench: Bench, edges: dict[str, Database], where: str, how: str
) -> None:
    asking = Asking(Claimed("auth0|student", frozenset({"student"}), demo=False), NOW)
    answer = await answered(bench, edges[where], how, "{ viewer { student { uid } } }", asking)
    assert answer == {"data": {"viewer": {"student": {"uid": "auth0|student"}}}}


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_walk_passes_names_of_seven_hundred_characters(
    bench: Bench, edges: dict[str, Database], where: str, how: str
) -> None:
    text = """query($after: String) {
      courses(first: 1, after: $after, orderBy: {field: NAME}) { nodes { legacyId } pageInfo { endCursor } }
    }"""
    met, after = [], None
    everything = sorted(row["id"] for row in bench.rows["courses"])
    for _ in everything:
        page = (await answered(bench, edges[where], how, text, after=after))["data"]["courses"]
        met += [node["legacyId"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(met) == everything


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_notice_to_coaches_is_not_shown_where_the_coach_is_only_a_student(
    bench: Bench, edges: dict[str, Database], where: str, how: str
) -> None:
    """Several privileges reach the union of what each reaches: a coach of 18 who studies in 9 coaches nobody in 9."""
    privileges = frozenset({"student", "homeroom_teacher"})
    asking = Asking(Claimed("auth0|student-and-coach", privileges, demo=False), NOW)
    text = """query($code: String!) {
      informations(system: COACHING, organizationCode: $code, tags: ["emergency"], first: 100) { nodes { legacyId } }
    }"""
    seen = {}
    for organization in (9, 18):
        code = bench.rows.one("organizations", organization)["code"]
        answer = await answered(bench, edges[where], how, text, asking, code=code)
        seen[organization] = {row["legacyId"] for row in answer["data"]["informations"]["nodes"]} & {901, 902}
    assert seen == {9: set(), 18: {902}}


@pytest.mark.parametrize(
    ("below", "shown"),
    [
        ("__typename", {"__typename": "Organization"}),
        ("a: __typename b: __typename", {"a": "Organization", "b": "Organization"}),
        ("code @skip(if: true)", {}),
    ],
)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_an_object_of_which_no_column_is_asked_is_found_or_not_all_the_same(
    bench: Bench, below: str, shown: dict[str, str], where: str, how: str
) -> None:
    for field, found in (("organization(legacyId: 9)", shown), ("organization(legacyId: 0)", None)):
        ran = await bench.run(f"{{ one: {field} {{ {below} }} }}", {}, ADMINISTRATOR, where, how)
        assert (ran.errors, ran.data) == ((), {"one": found})


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_one_organization_has_to_be_named(bench: Bench, where: str, how: str) -> None:
    for text in ("{ organization { code } }", "{ organization(code: null, legacyId: null) { code } }"):
        assert (await bench.run(text, {}, ADMINISTRATOR, where, how)).codes == {"organization": "BAD_USER_INPUT"}


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_as_many_objects_as_one_document_may_alias_fit_into_one_statement(
    bench: Bench, where: str, how: str
) -> None:
    """Thirty aliases, each with two objects below: SQLite joins at most 64 tables, PostgreSQL any number."""
    aliased = " ".join(f"a{number}: organization {{ parent {{ parent {{ code }} }} }}" for number in range(30))
    ran = await bench.run(f"{{ students(first: 2) {{ nodes {{ {aliased} }} }} }}", {}, ADMINISTRATOR, where, how)
    assert ran.errors == ()


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_requests_at_the_same_time_do_not_meet(bench: Bench, where: str, how: str) -> None:
    """Forty requests of several people on four connections: each gets its own answer."""
    text = "{ viewer { uid staff { sections { organization { code } } } } students { totalCount } }"
    people = [
        ("coach-child", "homeroom_teacher"),
        ("owner-parent", "cram_school_owner"),
        ("clerk-parent", "cram_school_clerk"),
    ]
    askings = [Asking(Claimed(f"auth0|{uid}", frozenset({role}), demo=False), NOW) for uid, role in people]
    alone = [(await bench.run(text, {}, asking, where, how)).data for asking in askings]
    together = await asyncio.gather(*[bench.run(text, {}, askings[number % 3], where, how) for number in range(40)])
    assert [one.data for one in together] == [alone[number % 3] for number in range(40)]


async def test_who_stands_nowhere_is_told_to_send_a_token(bench: Bench) -> None:
    for where, database in bench.databases.items():
        for how, execution in bench.executions.items():
            answer = await execution.run("{ students { totalCount } }", Request(None, database, NOW))
            codes = [error["extensions"]["code"] for error in answer.errors]
            assert codes == ["UNAUTHENTICATED"], (where, how)


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_demo_token_sees_the_usage_of_demo_students_only(bench: Bench, where: str, how: str) -> None:
    asking = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=True), NOW)
    ran = await bench.run("{ usageRecords(first: 100) { nodes { uid } } }", {}, asking, where, how)
    demo = {row["uid"] for row in bench.rows["students"] if row["demo"]}
    shown: Any = ran.data
    assert {node["uid"] for node in shown["usageRecords"]["nodes"]} - demo == set()
