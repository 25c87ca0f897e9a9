"""What events become: exact statements of what a learner really does, which another program holds against xAPI."""

import asyncio
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from db.accounts import staff
from db.lessons import lessons, trainings
from db.progress.derived import achievements, cefr_skills
from db.students import students
from db.upsert import replace
from jobs.worker import working
from resolvers.events import Event, EventType, emit
from resolvers.xapi.statements import PARTS, duration
from resolvers.xapi.verbs import VERBS
from tests.accounts.calling import OWNER, STUDENT, SUNDAI_OWNER, by_auth0, by_token
from tests.clients.conftest import or_skip
from tests.clients.packages import node, npm_packages
from tests.progress.asking import Graph, answered, completed, told
from tests.progress.content import ALONE, CHOICE, FIRST, GAP, SAY, SECOND, TALK, TEXT, TINY, add_content
from tests.xapi.forwarding import ENDPOINTS, HOME, Forwarding, job_settings
from tests.xapi.lrs import Lrs, Statement, recording

VALIDATION = Path(__file__).with_name("validation")
ADL = "http://adlnet.gov/expapi"
COURSE = {
    "objectType": "Activity",
    "id": f"{HOME}/xapi/courses/{TINY}",
    "definition": {"type": f"{ADL}/activities/course", "name": {"und": f"T{TINY}"}},
}
LESSON = {
    "objectType": "Activity",
    "id": f"{HOME}/xapi/lessons/{TALK}",
    "definition": {"type": f"{ADL}/activities/lesson", "name": {"und": "Talk"}},
}
TRAINING = {
    "objectType": "Activity",
    "id": f"{HOME}/xapi/trainings/{FIRST}",
    "definition": {"type": f"{ADL}/activities/assessment", "name": {"und": "Words"}},
}
WITHIN_LESSON = {
    "contextActivities": {"parent": [LESSON], "grouping": [COURSE]},
    "platform": "Kakehashi",
    "language": "en",
}
WITHIN_COURSE = {"contextActivities": {"parent": [COURSE]}, "platform": "Kakehashi", "language": "en"}
BEGUN_AT, ENDED_AT = "2026-11-20T10:00:00+09:00", "2026-11-20T10:05:00.5+09:00"


@pytest.fixture
async def graph(forward: Forwarding) -> Graph:
    """The graph with small courses that can be completed."""
    await add_content(forward.running.database, datetime.now(UTC))
    async with forward.running.database.writing() as transaction:
        await transaction.execute(update(lessons).where(lessons.c.id == TALK).values(name="Talk"))
        await transaction.execute(update(trainings).where(trainings.c.id == FIRST).values(name="Words"))
    return Graph(forward.running)


async def learned(graph: Graph) -> None:
    """A course, from its beginning to its end: a training is failed, and another one passed."""
    at = {"occurredAt": BEGUN_AT}
    end = {"occurredAt": ENDED_AT, "durationMs": 90_250}
    await graph.results(
        answered("1", CHOICE, 1, **at), answered("2", GAP, "goes", **at), completed("3", FIRST, **end), uid=STUDENT
    )
    await graph.results(
        answered("4", TEXT, [0, 1, 2], **at), answered("5", SAY, score=0.9, **at), completed("6", SECOND), uid=STUDENT
    )
    await graph.results(told("7", "COMPLETED", "Lesson", ALONE), uid=STUDENT)


def of(lrs: Lrs, kind: str, number: object, verb: str) -> list[Statement]:
    """The statements with a verb about an activity."""
    about = f"{HOME}/xapi/{kind}/{number}"
    return [one for one in lrs.stored if (one["object"]["id"], name_of(one)) == (about, verb)]


def name_of(statement: Statement) -> str:
    """The name of a statement's verb."""
    (name,) = [name for name, (iri, *_) in VERBS.items() if iri == statement["verb"]["id"]]
    return name


async def test_a_course_that_is_learned_becomes_exact_statements(forward: Forwarding, graph: Graph, lrs: Lrs) -> None:
    made = await forward.made(lrs)
    await learned(graph)
    await forward.all_arrived(made["id"])
    about = [(name_of(one), one["object"]["id"].removeprefix(f"{HOME}/xapi/")) for one in lrs.stored]
    assert [one for one in about if "/90" in one[1]] == [
        ("registered", f"courses/{TINY}"),
        ("completed", f"trainings/{FIRST}"),
        ("failed", f"trainings/{FIRST}"),
        ("progressed", f"lessons/{TALK}"),
        ("completed", f"trainings/{SECOND}"),
        ("passed", f"trainings/{SECOND}"),
        ("progressed", f"lessons/{TALK}"),
        ("completed", f"lessons/{TALK}"),
        ("progressed", f"lessons/{TALK}"),
        ("completed", f"lessons/{ALONE}"),
        ("progressed", f"lessons/{ALONE}"),
        ("completed", f"courses/{TINY}"),
    ]
    (failed,) = of(lrs, "trainings", FIRST, "failed")
    assert UUID(failed.pop("id")).version == 5
    assert failed == {
        "actor": {"objectType": "Agent", "account": {"homePage": HOME, "name": STUDENT}},
        "verb": {"id": f"{ADL}/verbs/failed", "display": {"en-US": "failed", "ja": "不合格だった"}},
        "object": TRAINING,
        "result": {
            "score": {"scaled": 0.5, "raw": 50.0, "min": 0, "max": 100},
            "success": False,
            "completion": True,
            "duration": "PT90.25S",
        },
        "context": WITHIN_LESSON,
        "timestamp": "2026-11-20T01:05:00.500000Z",
    }
    (finished,) = of(lrs, "trainings", FIRST, "completed")
    assert finished["result"] == {"completion": True, "duration": "PT90.25S"}
    (lesson,) = of(lrs, "lessons", TALK, "completed")
    assert (lesson["object"], lesson["context"], lesson["result"]) == (LESSON, WITHIN_COURSE, {"completion": True})
    (course,) = of(lrs, "courses", TINY, "completed")
    assert (course["object"], course["result"]) == (COURSE, {"completion": True})
    assert course["context"] == {"platform": "Kakehashi", "language": "en"}


async def test_nothing_of_a_statement_names_a_person(forward: Forwarding, graph: Graph, lrs: Lrs) -> None:
    made = await forward.made(lrs)
    await learned(graph)
    await forward.all_arrived(made["id"])
    text = json.dumps(lrs.stored, ensure_ascii=False)
    async with forward.running.database.engine.connect() as connection:
        columns = (students.c.code, students.c.last_name, students.c.first_name, students.c.last_name_kana)
        (row,) = await connection.execute(select(*columns).where(students.c.uid == STUDENT))
    assert [value for value in row if value in text] == []


async def test_levels_and_badges_become_statements(forward: Forwarding, graph: Graph, lrs: Lrs) -> None:
    made = await forward.made(lrs)
    await learned(graph)
    async with forward.running.database.writing() as transaction:
        somebody = select(students.c.id, students.c.organization_id).where(students.c.uid == STUDENT)
        id_, place = (await transaction.execute(somebody)).one()
        level = {"student_id": id_, "skill": "writing", "level": "B1", "score": 83.3, "assessed_at": datetime.now(UTC)}
        await replace(transaction, cefr_skills, [level])
        (badge,) = await transaction.execute(select(achievements.c.code, achievements.c.name).limit(1))
        for type_, body in (
            (EventType.CEFR_LEVEL_CHANGED, {"skill": "writing"}),
            (EventType.ACHIEVEMENT_UNLOCKED, {"achievement": badge.code}),
            # What is not there any more becomes nothing.
            (EventType.ACHIEVEMENT_UNLOCKED, {"achievement": "never"}),
            (EventType.CEFR_LEVEL_CHANGED, {"skill": "never"}),
            (EventType.TRAINING_COMPLETED, {"training": 1, "lesson": 1}),
            (EventType.LESSON_COMPLETED, {"lesson": 1, "course": 1}),
            (EventType.ENROLLMENT_CREATED, {"course": 2**31 - 1}),
            (EventType.STUDENT_UPDATED, {"changed": []}),
        ):
            await emit(transaction, Event(type_, place, "Student", id_, dict(body)), datetime.now(UTC))
    await forward.all_arrived(made["id"])
    level_, earned = lrs.stored[-2:]
    assert level_["object"] == {
        "objectType": "Activity",
        "id": f"{HOME}/xapi/cefr/writing",
        "definition": {"type": f"{ADL}/activities/objective", "name": {"en": "CEFR writing"}},
    }
    assert level_["result"] == {
        "score": {"scaled": 0.833, "raw": 83.3, "min": 0, "max": 100},
        "extensions": {f"{HOME}/xapi/cefr-level": "B1"},
    }
    assert earned["verb"]["id"] == "http://id.tincanapi.com/verb/earned"
    assert earned["object"]["id"] == f"{HOME}/xapi/achievements/{badge.code}"
    assert earned["object"]["definition"]["name"] == {"und": badge.name}


async def test_another_program_holds_every_statement_against_xapi(forward: Forwarding, graph: Graph, lrs: Lrs) -> None:
    with or_skip():
        npm_packages(VALIDATION)
        program = node()
    made = await forward.made(lrs)
    await learned(graph)
    await forward.all_arrived(made["id"])
    async with forward.running.database.writing() as transaction:
        somebody = select(students.c.id, students.c.organization_id).where(students.c.uid == STUDENT)
        id_, place = (await transaction.execute(somebody)).one()
        row = {"student_id": id_, "skill": "writing", "level": "C2", "score": 0.0, "assessed_at": datetime.now(UTC)}
        await replace(transaction, cefr_skills, [row])
        codes = (await transaction.execute(select(achievements.c.code))).scalars().all()
        bodies = [(EventType.CEFR_LEVEL_CHANGED, {"skill": "writing"})]
        bodies += [(EventType.ACHIEVEMENT_UNLOCKED, {"achievement": code}) for code in codes]
        for type_, body in bodies:
            await emit(transaction, Event(type_, place, "Student", id_, dict(body)), datetime.now(UTC))
    await forward.all_arrived(made["id"])
    assert {name_of(one) for one in lrs.stored} == set(VERBS)
    wrong = [{**lrs.stored[0], "id": "no id"}, {**lrs.stored[0], "actor": {"account": {"name": "x"}}}]
    *found, first, second = await validated(program, [*lrs.stored, *wrong])
    assert found == [[]] * len(lrs.stored)
    assert [len(first) > 0, len(second) > 0] == [True, True]


async def validated(program: str, statements: list[Statement]) -> list[list[str]]:
    """What is wrong with statements, as @learninglocker/xapi-validation says it."""
    command = [program, str(VALIDATION / "validate.mjs")]
    given = json.dumps(statements)
    ended = await asyncio.to_thread(
        subprocess.run, command, input=given, capture_output=True, text=True, cwd=VALIDATION, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)  # type: ignore[no-any-return]  # JSON has no types


async def test_an_endpoint_is_told_the_verbs_that_it_wants(forward: Forwarding, graph: Graph, lrs: Lrs) -> None:
    async with recording() as other:
        made = await forward.made(lrs, verbs=["passed", "failed"])
        everything = await forward.made(other)
        await learned(graph)
        await forward.all_arrived(made["id"])
        await forward.all_arrived(everything["id"])
    assert [name_of(one) for one in lrs.stored] == ["failed", "passed"]
    # What both are told is the same, under the same ids.
    assert [one for one in other.stored if name_of(one) in {"passed", "failed"}] == lrs.stored


async def test_nobody_is_told_of_learners_whom_the_owner_may_not_hear_of(
    forward: Forwarding, graph: Graph, lrs: Lrs
) -> None:
    async with recording() as other:
        stranger = await by_auth0(forward.running, SUNDAI_OWNER)
        theirs = (await stranger.post(ENDPOINTS, {"url": other.url})).json()["data"]
        blind = await by_token(forward.running, OWNER, ["xapi:read", "xapi:write"])
        deaf = (await blind.post(ENDPOINTS, {"url": other.url})).json()["data"]
        made = await forward.made(lrs)
        await learned(graph)
        await forward.all_arrived(made["id"])
        assert await forward.statements(theirs["id"]) == []
        # The rule is that of webhooks: made with a token, as that token could hear.
        deaf_hears = [row.verb for row in await forward.statements(deaf["id"])]
    assert lrs.stored != []
    assert deaf_hears == [name_of(one) for one in lrs.stored]


async def test_locked_learners_and_owners_are_not_told_of(forward: Forwarding, graph: Graph, lrs: Lrs) -> None:
    made = await forward.made(lrs)
    learners = await forward.learners(2)
    async with forward.running.database.writing() as transaction:
        lock = update(students).where(students.c.id == learners[0][0]).values(locked_at=datetime.now(UTC))
        await transaction.execute(lock)
    await forward.happen(learners)
    await forward.finished(made["id"], 1)
    async with forward.running.database.writing() as transaction:
        lock = update(staff).where(staff.c.uid == OWNER).values(locked_at=datetime.now(UTC))
        await transaction.execute(lock)
    await forward.happen(learners)
    await forward.read()
    assert [one["actor"]["account"]["name"] for one in lrs.stored] == [learners[1][1]]
    assert len(await forward.statements(made["id"])) == 1


async def test_what_happened_before_is_not_told(idle: Forwarding, lrs: Lrs) -> None:
    learners = await idle.learners(2)
    await idle.happen(learners)
    made = await idle.made(lrs)
    later = await idle.happen(learners)
    async with working(job_settings(idle), idle.running.database):
        await idle.finished(made["id"], 2)
        await idle.read()
    assert len(lrs.stored) == len(later)
    assert len(await idle.statements(made["id"])) == len(later)


def test_every_event_about_learning_becomes_statements() -> None:
    others = ("student.", "member.", "roster.", "export.", "course.published", "grade.", "subscription.")
    about_learning = {type_.value for type_ in EventType if not type_.value.startswith(others)}
    assert about_learning == PARTS.keys()


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(1, "PT0.001S"), (1000, "PT1S"), (90_250, "PT90.25S"), (86_400_000, "PT86400S")]
)
def test_durations_are_those_of_iso_8601(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text
