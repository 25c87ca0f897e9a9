"""Plans are pure, kept and printable; and on a large database each relation reads few rows more than it shows."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pytest
from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
)
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite

from db.connections.database import Database, connect
from db.migrate import upgrade
from db.seeding import seed_students
from resolvers.accounts import Admission, Claimed
from resolvers.context import Request, Viewer
from resolvers.engine.declare import Relation
from resolvers.policy import Place, Position, Role, Standing
from schema.declare import declarations
from schema.execution import Execution
from schema.root import Graph, build, graph_of
from tests.engine.documents import is_resolved_by_python
from tests.engine.filtered import FILTERED, FILTERED_FOR_OPERATORS, FILTERED_FOR_STUDENTS, OF_ONE
from tests.engine.large import Recording, Scan, Untouchable, explained, objects
from tests.engine.large_accessing import ACCESSING
from tests.engine.large_belonging import BELONGING
from tests.engine.large_collecting import COLLECTING
from tests.engine.large_exporting import EXPORTING
from tests.engine.large_forwarding import FORWARDING
from tests.engine.large_importing import IMPORTING
from tests.engine.large_launching import LAUNCHING
from tests.engine.large_learning import LEARNING
from tests.engine.large_signing_on import SIGNING_ON
from tests.engine.large_subscribing import SUBSCRIBING
from tests.engine.large_telling import BUSY, TELLING
from tests.engine.running import Asking, Bench
from tests.engine.world import NOW, stop_clock
from tests.services.postgresql import Server, create_database, plain

STUDENTS = 20_000
PLACE = Place(Position.OWNER_PARENT, 1, frozenset({9, 16}))
OWNER = Viewer(
    "auth0|someone", frozenset({Role.OWNER}), Standing(frozenset({PLACE.position}), demo=False), frozenset({PLACE})
)
DOCUMENT = """query($keyword: String, $first: Int, $organization: String) {
  students(organizationCode: $organization, first: $first, filter: {keyword: $keyword}) {
    totalCount nodes { uid organization { code sections(first: 3) { nodes { code } } } schoolGrade { name } }
  }
}"""


def unreachable(dialect: type[Dialect]) -> Database:
    """A database that nothing may ask."""
    return Database(Untouchable(dialect()), None)  # type: ignore[arg-type]  # nothing may write either


async def printed(
    document: str, variables: Mapping[str, object], dialect: type[Dialect], *, stepwise: bool
) -> list[str]:
    """The SQL of each root field, made without a database."""
    graph, found = Graph(stepwise=stepwise), list[str]()

    def explain(_source: object, info: GraphQLResolveInfo[Request], **_given: object) -> None:
        found.append(graph.engine.explain(info, info.context))

    for definition in (graph.schema.query_type or GraphQLObjectType("None", {})).fields.values():
        definition.resolve = explain
    await Execution(graph).run(document, Request(OWNER, unreachable(dialect), NOW), variables=variables)
    return found


@pytest.mark.parametrize("dialect", [postgresql, sqlite])
@pytest.mark.parametrize("stepwise", [False, True])
async def test_a_plan_is_the_same_text_each_time_and_touches_no_database(
    dialect: type[Dialect], stepwise: bool
) -> None:
    given = {"keyword": "ヤマ", "first": 5, "organization": "org01"}
    (one,) = await printed(DOCUMENT, given, dialect, stepwise=stepwise)
    (two,) = await printed(DOCUMENT, given, dialect, stepwise=stepwise)
    assert one == two
    assert "ヤマ" not in one
    assert "org01" not in one
    assert "students" in one


@pytest.mark.parametrize("dialect", [postgresql, sqlite])
async def test_values_do_not_change_a_plan_but_sizes_and_presence_do(dialect: type[Dialect]) -> None:
    async def text(**given: object) -> str:
        (found,) = await printed(DOCUMENT, given, dialect, stepwise=False)
        return found

    usual = await text(keyword="a", first=5, organization="org01")
    assert await text(keyword="b'--", first=5, organization="org02") == usual
    assert await text(keyword="a", first=6, organization="org01") != usual
    assert await text(keyword=None, first=5, organization="org01") != usual
    assert await text(keyword="a", first=5) != usual


async def test_other_values_and_other_people_of_the_same_standing_make_no_new_plan(bench: Bench) -> None:
    execution = Execution(Graph())
    database = bench.databases["sqlite"]
    for uid, keyword, organization in (("coach-child", "ヤ", 9), ("many", "", 9), ("coach-child", "zz%", 9)):
        asking = Asking(Claimed(f"auth0|{uid}", frozenset({"homeroom_teacher"}), demo=False), NOW)
        viewer = await bench.viewer(database, asking)
        code = bench.rows.one("organizations", organization)["code"]
        given = {"keyword": keyword, "first": 2, "organization": code}
        answer = await execution.run(DOCUMENT, Request(viewer, database, NOW), variables=given)
        assert answer.errors == ()
    # The second person coaches in a parent as well, which is another standing; the third is the first again.
    assert len(execution.graph.engine.outlines) == 2
    assert len(execution.graph.engine.plans) == 2


async def test_another_page_makes_no_new_plan(bench: Bench) -> None:
    execution, database = Execution(Graph()), bench.databases["sqlite"]
    asking = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)
    viewer = await bench.viewer(database, asking)
    text = "query($page: Int) { students(page: $page, per: 2) { nodes { uid } } }"
    for page in (1, 2, 3):
        answer = await execution.run(text, Request(viewer, database, NOW), variables={"page": page})
        assert answer.errors == ()
    assert (len(execution.graph.engine.outlines), len(execution.graph.engine.plans)) == (1, 1)


@dataclass(frozen=True, slots=True)
class Step:
    """One field on the way from the root to a relation."""

    type_name: str
    name: str


def relations() -> list[Step]:
    """Every declared relation below the root and the viewer."""
    _, fields = declarations(build()._schema)
    return [Step(*path) for path, declared in fields.items() if isinstance(declared, Relation)]


def field_type(graph: GraphQLSchema, step: Step) -> GraphQLNamedType:
    """The named type that a field shows."""
    fields = cast(GraphQLObjectType, graph.type_map[step.type_name]).fields
    return cast(GraphQLNamedType, get_named_type(fields[step.name].type))


def ways_to(graph: GraphQLSchema, type_name: str) -> list[list[Step]]:
    """The ways from the root to a type: by each root field that shows it, or else the shortest."""
    names = cast(GraphQLObjectType, graph.query_type).fields
    roots = [Step("Query", name) for name in names if not is_resolved_by_python("Query", name)]
    shown: list[list[Step]] = []
    for root in roots:
        connection = Step(field_type(graph, root).name, "nodes")
        if field_type(graph, root).name == type_name:
            shown.append([root])
        elif connection.type_name.endswith("Connection") and field_type(graph, connection).name == type_name:
            shown.append([root, connection])
    return [[]] if type_name == "Query" else shown or shortest(graph, type_name)


def shortest(graph: GraphQLSchema, type_name: str) -> list[list[Step]]:
    """The shortest way from the root to a type; none to what is shown only by fields that Python resolves."""
    waiting: deque[tuple[str, list[Step]]] = deque([("Query", [])])
    seen = {"Query"}
    while waiting:
        name, way = waiting.popleft()
        if name == type_name:
            return [way]
        for field in cast(GraphQLObjectType, graph.type_map[name]).fields:
            if is_resolved_by_python(name, field):
                continue
            inner = field_type(graph, Step(name, field))
            if inner.name not in seen and isinstance(inner, GraphQLObjectType):
                seen.add(inner.name)
                waiting.append((inner.name, [*way, Step(name, field)]))
    return []


GIVEN = {
    "uid": '"{uid}"',
    "code": '"{code}"',
    "system": "LMS",
    "organizationCode": '"{organization}"',
    "course": '"{slug}"',
    "slug": '"{slug}"',
    "studentLegacyId": "{student}",
    "organizationLegacyId": "{place}",
    "legacyId": str(BUSY),
}
# Arguments that are not required by their types, and without which a field means nothing to those who ask here.
MEANT = {
    Step("Query", "organization"): ('code: "{organization}"',),
    Step("Query", "course"): ('key: "{code}"',),
    Step("Query", "ssoConfiguration"): ("organizationLegacyId: {place}",),
    Step("Query", "learner"): ("studentLegacyId: {student}",),
    Step("Query", "lessonProgress"): ("studentLegacyId: {student}",),
    Step("Query", "progressHistory"): ("studentLegacyId: {student}",),
}


def document(graph: GraphQLSchema, way: Sequence[Step], values: Mapping[str, str]) -> str:
    """A document that goes a way and asks every plain field of the rows at its end."""
    text = leaves(graph, way[-1])
    for at in reversed(way):
        definition = cast(GraphQLObjectType, graph.type_map[at.type_name]).fields[at.name]
        required = [name for name, argument in definition.args.items() if is_required_argument(argument)]
        given = [f"{name}: {GIVEN[name].format(**values)}" for name in required]
        given += [text.format(**values) for text in MEANT.get(at, ())]
        text = f"{{ {at.name}{'(' + ', '.join(given) + ')' if given else ''} {text} }}"
    return text


def leaves(graph: GraphQLSchema, step: Step) -> str:
    """Every plain field of the rows of a relation."""
    type_ = field_type(graph, step)
    if type_.name.endswith("Connection"):
        nodes = plain_fields(field_type(graph, Step(type_.name, "nodes")))
        return f"{{ pageInfo {{ hasNextPage endCursor }} nodes {{ {nodes} }} }}"
    return f"{{ {plain_fields(type_)} }}"


def plain_fields(type_: GraphQLNamedType) -> str:
    """The names of the fields that show a column."""
    fields = cast(GraphQLObjectType, type_).fields
    return " ".join(
        name
        for name, definition in fields.items()
        if not isinstance(get_named_type(definition.type), GraphQLObjectType) and name != "viewerCan"
    )


@dataclass(frozen=True, slots=True)
class Large:
    """The large database and the administrator's view of it."""

    database: Database
    recording: Recording
    dsn: str
    sizes: Mapping[str, int]
    values: Mapping[str, str]


@pytest.fixture(scope="session")
async def large(postgresql_server: Server) -> AsyncIterator[Large]:
    """Twenty thousand students in organizations of some two thousand each."""
    dsn = plain(create_database(postgresql_server, "engine_large"))
    await asyncio.to_thread(upgrade, dsn)
    database = connect(dsn)
    async with database.writing() as transaction:
        await stop_clock(transaction, NOW)
    await database.open()
    await seed_students(database, students=STUDENTS, now=NOW, progress=lambda _: None)
    for sql in (
        *NOTICES,
        *LEARNING,
        *TELLING,
        *EXPORTING,
        *COLLECTING,
        *FORWARDING,
        *LAUNCHING,
        *SUBSCRIBING,
        *IMPORTING,
        *BELONGING,
        *ACCESSING,
        *SIGNING_ON,
    ):
        await database.read(sql, [])
    recording = Recording(database.dialect, database.graph)
    database.graph = recording
    sizes = {row[0]: row[1] for row in await database.read("select relname, n_live_tup from pg_stat_user_tables", [])}
    (student,) = await database.read(SOMEONE, [])
    yield Large(database, recording, dsn, sizes, dict(zip(NAMES, map(str, student), strict=True)))
    await database.close()


NAMES = ("uid", "organization", "code", "student", "slug", "place")
SOMEONE = """
select students.uid, organizations.code, courses.code, students.id, learned.slug, organizations.id from students
join courses learned on learned.id = 2000001 + students.id % 40
join organizations on organizations.id = students.organization_id
join enrollments on enrollments.student_id = students.id join courses on courses.id = enrollments.course_id
where students.locked_at is null and organizations.code = 'L001' and courses.origin = 'diverse'
order by students.id desc limit 1
"""
NOTICES = (
    "insert into information_tags select * from (values ('large', 'large', 99)) tags",
    """
insert into informations (id, title, content, open_at)
select n, 'title', 'content', timestamptz '2026-01-01' + n * interval '1 minute'
from generate_series(1000001, 1005000) n""",
    "insert into information_systems select id, 'lms' from informations where id > 1000000",
    "insert into information_tagged select id, 'large' from informations where id > 1000000",
    """
insert into information_attachments (information_id, name, url, seq)
select id, 'name', 'url', 1 from informations where id > 1000000""",
    "analyze informations, information_systems, information_tagged, information_attachments",
)


async def viewers(large: Large) -> dict[str, Viewer]:
    """An owner of a parent organization, a student, and a system operator, who is in no table."""
    admission = Admission(large.database)
    owner = Claimed("auth0|large-owner", frozenset({"cram_school_owner"}), demo=False)
    student = Claimed(large.values["uid"], frozenset({"student"}), demo=False)
    standing = Standing(frozenset({Position.ADMINISTRATOR}), demo=False)
    place = Place(Position.ADMINISTRATOR, None, frozenset())
    return {
        "owner": await admission.viewer(owner, NOW),
        "student": await admission.viewer(student, NOW),
        "administrator": Viewer("auth0|nobody", frozenset({Role.ADMINISTRATOR}), standing, frozenset({place})),
    }


# What is for system operators alone.
OPERATORS = ("usageRecords", "collectedUsage", "upstream", "upstreams")


def readers(way: Sequence[Step]) -> list[str]:
    """Who is let to go a way and meets rows there."""
    if way[0].name == "viewer":
        return ["student"] if Step("Viewer", "student") in way else ["owner"]
    # Exports are one's own, and the administrator here has none.
    alone = {**{name: ["administrator"] for name in OPERATORS}, "exports": ["owner"], "export": ["owner"]}
    return alone.get(way[0].name, ["owner", "administrator"])


def cases() -> list[tuple[list[Step], str]]:
    """Each relation that a query can ask, on its ways; what only mutations show is found by the same keys."""
    graph = build()._schema
    asked = [step for step in relations() if not step.type_name.endswith("Payload")]
    ways = [[*way, step] for step in asked for way in ways_to(graph, step.type_name)]
    return [(way, who) for way in ways for who in readers(way)]


CASES = cases()
# A level reads its page, one row more, and what a nested loop looks at on the way. Tables smaller than this are read
# whole where PostgreSQL finds that cheaper; larger ones never.
ALLOWANCE, FACTOR = 60, 8
LARGE = 2000


@pytest.mark.parametrize(
    ("way", "who"), CASES, ids=[f"{'.'.join(step.name for step in way)} {who}" for way, who in CASES]
)
async def test_a_relation_reads_few_rows_more_than_it_shows(
    bench: Bench, large: Large, way: list[Step], who: str
) -> None:
    viewer = (await viewers(large))[who]
    shown, found = await reads(large, viewer, document(bench.schema, way, large.values))
    assert shown > 2, "The fixture has no rows for this relation."
    assert [scan for scan in found if scan.kind == "Seq Scan"] == []
    assert sum(scan.rows for scan in found) <= ALLOWANCE + FACTOR * shown, (shown, found)


async def reads(large: Large, viewer: Viewer, text: str) -> tuple[int, list[Scan]]:
    """How many objects a document shows, and what its one statement reads of large tables."""
    large.recording.asked.clear()
    answer = await Execution(graph_of(stepwise=False)).run(text, Request(viewer, large.database, NOW))
    assert answer.errors == ()
    (asked,) = large.recording.asked
    scans = await explained(large.dsn, *asked)
    return objects(json.loads(answer.body())), [scan for scan in scans if large.sizes[scan.table] > LARGE]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        *[(text, who) for who in ("owner", "administrator") for text in FILTERED],
        *[(text, "administrator") for text in FILTERED_FOR_OPERATORS],
        *[(text, "owner") for text in OF_ONE],
        *[(text, "student") for text in FILTERED_FOR_STUDENTS],
    ],
)
async def test_a_filter_reads_few_rows_more_than_it_shows(large: Large, text: str, who: str) -> None:
    viewer = (await viewers(large))[who]
    shown, found = await reads(large, viewer, f"{{ {text.format(**large.values)} }}")
    assert [scan for scan in found if scan.kind == "Seq Scan"] == []
    assert sum(scan.rows for scan in found) <= ALLOWANCE + FACTOR * shown, (shown, found)
