"""Both walls: each policy of PostgreSQL against the scope that it repeats, row by row, and the policies alone."""

import base64
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import FromClause, Select, select

from db.compliance import compliance_documents
from db.statements.statement import compiled
from resolvers import scopes
from resolvers.accounts import Claimed
from resolvers.context import Request, Viewer
from resolvers.engine.declare import Mapped
from resolvers.policy import ROLES, STUDENT_ID, UID, USER_ID, Operation
from schema.declare import declarations
from schema.root import build
from tests.engine.differential import OTHERS, POSITIONS, Report, askings, check, claimed
from tests.engine.large import Recording
from tests.engine.running import COMPILED, UNSCOPED, Asking, Bench
from tests.engine.world import NOW, PEOPLE, Person

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning"),
]

DOCUMENTS = 10
TYPES, _ = declarations(build()._schema)
# Rows that hang on a student and are read through students. Their scopes let everything through, and the policies less
# of it; what they must show are the rows of the students in sight.
THROUGH_STUDENTS = {name for name, mapped in TYPES.items() if mapped.scope in (scopes.of_students, scopes.of_learners)}
THROUGH_STUDENTS |= {"StudentCourse"}
# Rows that hang on a delivery and are read through it: the policy shows those of deliveries in sight.
THROUGH_DELIVERIES = {name for name, mapped in TYPES.items() if mapped.scope is scopes.of_webhooks}
# The same of rows that hang on an import.
THROUGH_IMPORTS = {name for name, mapped in TYPES.items() if mapped.scope is scopes.of_imports}
# What people without a token may ask for; the other scopes are never asked on their behalf.
PUBLIC = (
    *("Course", "Lesson", "Training", "TrainingItem", "SubscriptionPlan", "School", "Subject", "Student", "Enrollment"),
)
NO_VALUES: dict[str, object] = {UID: "", USER_ID: 0, STUDENT_ID: 0, ROLES: []}


def viewers() -> Iterator[tuple[Person | None, bool]]:
    """Everyone in the world, with a demo token and without, and people without any."""
    yield None, False
    for person in PEOPLE:
        for demo in {person.demo, True}:
            yield person, demo


def label(value: object) -> str:
    """How a viewer is called in a test's name."""
    if isinstance(value, Person):
        return value.uid.removeprefix("auth0|")
    return "nobody" if value is None else "demo" if value else "all"


@pytest.mark.parametrize(("person", "demo"), list(viewers()), ids=label)
async def test_every_policy_shows_the_rows_of_its_scope(bench: Bench, person: Person | None, demo: bool) -> None:
    claim = None if person is None else claimed(person, demo=demo)
    viewer = await bench.viewer(bench.databases["postgresql"], Asking(claim, NOW))
    request = Request(viewer, bench.databases["postgresql"], NOW)
    for name, mapped in TYPES.items() if viewer else ((name, TYPES[name]) for name in PUBLIC):
        by_scope, by_policy = await scoped_rows(request, mapped), await policed_rows(request, mapped)
        if name == "UsageRecord" and not request.standing.may(Operation.USAGE_FEED):
            # Nobody else may ask for the feed, which is a rule about a field: its rows are those of latestProgress.
            assert by_scope == set()
        elif name == "ComplianceDocument":
            assert by_scope <= by_policy
            await only_those_in_reach_are_kept(request, {row[0] for row in by_scope}, {row[0] for row in by_policy})
        elif name in THROUGH_DELIVERIES:
            deliveries = {row[0] for row in await scoped_rows(request, TYPES["Delivery"])}
            assert by_policy == {row for row in by_scope if row[0] in deliveries}, name
            assert not deliveries or by_policy
        elif name == "Member":
            # The policy of students is one, wherever they are read: it shows whom the scope of students shows. And
            # oneself everybody sees among the staff, whether a demo person or not.
            students = {(row[0], row[0]) for row in await scoped_rows(request, TYPES["Student"])}
            assert by_policy == by_scope | students | await own_roles(request), name
        elif name in ("Staff", "Account"):
            # Behind the members lie these two, which are asked for of oneself alone.
            column = "staff_id" if name == "Staff" else "id"
            assert by_policy == by_scope | {(id_,) for id_ in await people_of_members(request, column)}, name
        elif name in THROUGH_IMPORTS:
            seen = {row[0] for row in await scoped_rows(request, TYPES["Import"])}
            assert by_policy == {row for row in by_scope if row[0] in seen}, name
        elif name not in THROUGH_STUDENTS:
            assert by_policy == by_scope, name
        else:
            seen = await students_in_sight(request)
            assert by_policy <= by_scope, name
            assert {row for row in by_scope if row[0] in seen} <= by_policy, name


async def only_those_in_reach_are_kept(request: Request, near: set[object], told: set[object]) -> None:
    """That no document is kept, organizations tell. Those that are kept are shown of the organizations in reach."""
    assert told == {row[0] for row in await scoped_rows(request, TYPES["Organization"])}
    kept = compiled(select(*compliance_documents.primary_key), request.database.dialect)
    every = {tuple(row) for row in await request.database.fetch(kept, {})}
    assert {tuple(row) for row in await request.fetch(kept, {})} == {row for row in every if row[0] in near}


async def scoped_rows(request: Request, mapped: Mapped) -> set[tuple[object, ...]]:
    """The keys of a type's rows by its scope alone: read as the system, which policies hide nothing from."""
    target = named(mapped)
    found = keys(mapped, target).where(mapped.scope(request.standing, target.c))
    records = await request.database.fetch(compiled(found, request.database.dialect), values(request))
    return {tuple(record) for record in records}


async def policed_rows(request: Request, mapped: Mapped) -> set[tuple[object, ...]]:
    """The keys of a type's rows by the policies alone."""
    found = keys(mapped, named(mapped))
    records = await request.database.seen(compiled(found, request.database.dialect), values(request), request.sight)
    return {tuple(record) for record in records}


def values(request: Request) -> dict[str, object]:
    """What scopes and stored selects bind."""
    return NO_VALUES | {"viewer_demo": request.standing.demo} | request.parameters()


def named(mapped: Mapped) -> FromClause:
    """The type's rows, as the engine reads them."""
    return mapped.rows.subquery() if isinstance(mapped.rows, Select) else mapped.rows.alias()


def keys(mapped: Mapped, target: FromClause) -> Select[Any]:
    """What tells rows apart; of rows that hang on a student or an import, whose they are comes first."""
    owners = [name for name in ("student_id", "import_id") if name in target.c]
    names = dict.fromkeys((*owners, *mapped.key))
    return select(*[target.c[name] for name in names])


async def students_in_sight(request: Request) -> set[object]:
    """The students whom the viewer sees, less those who are locked: nothing leads to what hangs on these."""
    students = await scoped_rows(request, TYPES["Student"])
    locked = await request.database.read("select id from students where locked_at is not null", ())
    return {row[0] for row in students} - {row[0] for row in locked}


async def own_roles(request: Request) -> set[tuple[object, ...]]:
    """The viewer's own roles in organizations whose members the viewer reaches."""
    if request.viewer is None or request.viewer.staff_id is None:
        return set()
    text = f"select id, organization_id from memberships where staff_id = {request.viewer.staff_id}"
    roles = await request.database.read(text, ())
    everything, reached = request.standing.everything(Operation.MEMBERS), request.viewer.reaches(Operation.MEMBERS)
    return {(None, -id_) for id_, place in roles if everything or place in reached}


async def people_of_members(request: Request, column: str) -> set[object]:
    """Who stands behind the members in sight: the staff among them, or all of them."""
    numbers = [cast(int, row[-1]) for row in await scoped_rows(request, TYPES["Member"])]
    roles = await request.database.read("select id, staff_id from memberships", ())
    staff = {staff_id for id_, staff_id in roles if -id_ in numbers}
    return staff if column == "staff_id" else staff | {number for number in numbers if number > 0}


async def test_generated_documents_answer_alike_with_both_walls_and_with_the_second_alone(bench: Bench) -> None:
    report = Report()
    for seed in range(DOCUMENTS):
        await check(bench, seed, report)
    assert report.bad == [], "\n\n".join(report.bad)
    assert report.asked == DOCUMENTS * (len(POSITIONS) + 1)
    assert report.objects > 200


def test_the_people_who_ask_are_one_in_each_column_and_others() -> None:
    assert len(POSITIONS) == 8
    asked = [who.claimed for who in askings(1)]
    assert len({one.uid for one in asked if one is not None}) >= 8
    assert None in OTHERS


async def test_a_graph_without_scopes_asks_for_every_row_and_the_policies_keep_them_back(bench: Bench) -> None:
    """Or else the test above would prove nothing of the policies."""
    database = bench.databases["postgresql"]
    coach = Asking(Claimed("auth0|coach-child", frozenset({"homeroom_teacher"}), demo=False), NOW)
    text = "{ students(first: 100, filter: {allYears: true, includeOutOfPeriod: true}) { totalCount nodes { uid } } }"
    inner = database.graph
    database.graph = recording = Recording(database.dialect, inner)
    try:
        ran = await bench.run(text, {}, coach, "postgresql", UNSCOPED)
    finally:
        database.graph = inner
    sql, bound, sight = recording.asked[-1]
    assert sight is not None
    assert isinstance(await bench.viewer(database, coach), Viewer)
    (unhidden,) = await database.read(sql, bound)
    total = json.loads(unhidden[0])["totalCount"]
    own = [row for row in bench.rows["students"] if row["organization_id"] == 9 and row["locked_at"] is None]
    assert total == len([row for row in bench.rows["students"] if row["locked_at"] is None])
    assert ran.data == {"students": {"totalCount": len(own), "nodes": [{"uid": row["uid"]} for row in by_code(own)]}}
    assert 0 < len(own) < total


def by_code(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Students in the order of their numbers."""
    return sorted(rows, key=lambda row: (str(row["code"]), str(row["id"]).zfill(9)))


async def answers(bench: Bench, text: str, uid: str, role: str, *, demo: bool = False) -> list[object]:
    """What a document gives a person on both databases."""
    who = Asking(Claimed(uid, frozenset({role}), demo=demo), NOW)
    return [(await bench.run(text, {}, who, where, COMPILED)).data for where in bench.databases]


async def test_without_scopes_the_exports_of_others_are_not_there_either(bench: Bench) -> None:
    """By the list, by number and by global id; the owner has a number of them."""
    owner = bench.rows.one("users", "auth0|owner-parent", "uid")["id"]
    who = Asking(Claimed("auth0|owner-parent", frozenset({"cram_school_owner"}), demo=False), NOW)
    own = [row["id"] for row in bench.rows.of("exports", "owner_id", owner)]
    others = [row["id"] for row in bench.rows["exports"] if row["owner_id"] != owner]
    text = "{ exports(first: 100) { totalCount nodes { legacyId } } }"
    listed = {"totalCount": len(own), "nodes": [{"legacyId": id_} for id_ in sorted(own, reverse=True)]}
    assert (await bench.run(text, {}, who, "postgresql", UNSCOPED)).data == {"exports": listed}
    assert len(own) > 1 < len(others)
    for id_ in (own[0], *others):
        global_id = base64.b64encode(f"Export:{id_}".encode()).decode()
        found = {"legacyId": id_} if id_ in own else None
        text = (
            f'{{ export(legacyId: {id_}) {{ legacyId }} node(id: "{global_id}") {{ ... on Export {{ legacyId }} }} }}'
        )
        assert (await bench.run(text, {}, who, "postgresql", UNSCOPED)).data == {"export": found, "node": found}


async def test_activity_in_a_course_out_of_sight_is_not_shown(bench: Bench) -> None:
    """Course 31 of the world is not published, and the student has been active in it."""
    code = bench.rows.one("courses", 31)["code"]
    active = [row for row in bench.rows.of("activity", "student_id", 1) if row["course_id"] == 31]
    assert {row["granularity"] for row in active} >= {"day"}
    # The code of this course is the number of another one, which is seen: that one is meant wherever it is named.
    assert code == "3"
    text = '{ learner { activity(course: "31", granularity: DAY) { xp } } }'
    assert await answers(bench, text, "auth0|student", "student") == [{"learner": {"activity": []}}] * 2
    (shown, other) = await answers(
        bench, text.replace("learner", "learner(studentLegacyId: 1)"), "auth0|administrator", "administrator"
    )
    assert shown == other != {"learner": {"activity": []}}


async def test_a_demo_token_finds_students_by_demo_courses_alone(bench: Bench) -> None:
    text = (
        "{ students(first: 100, filter: {allYears: true, includeOutOfPeriod: true, courseCategory: PACKAGED})"
        " { nodes { legacyId } } }"
    )
    packaged = {row["id"]: row["is_demo"] for row in bench.rows["courses"] if row["category"] == "packaged"}
    demo = {row["id"] for row in bench.rows["students"] if row["demo"] and row["locked_at"] is None}
    taken = [(row["student_id"], row["course_id"]) for row in bench.rows["enrollments"] if row["student_id"] in demo]
    wanted = {student for student, course in taken if packaged.get(course)}
    for given in await answers(bench, text, "auth0|administrator", "administrator", demo=True):
        assert {node["legacyId"] for node in given["students"]["nodes"]} == wanted  # type: ignore[index]  # plain JSON
    assert wanted < {student for student, course in taken if course in packaged}


async def test_a_demo_token_does_not_name_a_student_who_is_no_demo_student(bench: Bench) -> None:
    text = "{ viewer { student { uid } account { name } } }"
    student = bench.rows.one("students", 1)
    name = f"{student['last_name']} {student['first_name']}"
    plain = {"viewer": {"student": {"uid": "auth0|student"}, "account": {"name": name}}}
    assert await answers(bench, text, "auth0|student", "student") == [plain] * 2
    masked = {"viewer": {"student": None, "account": {"name": "auth0|student"}}}
    assert await answers(bench, text, "auth0|student", "student", demo=True) == [masked] * 2
