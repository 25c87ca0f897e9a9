"""From organizations to what their students learned, and from courses to who completed them: one statement each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from db.courses import enrollments
from db.progress.derived import (
    achievements,
    activity,
    cefr_changes,
    cefr_skills,
    learner_achievements,
    learners,
    lesson_progress,
)
from resolvers.demo.learners import PROFILES
from tests.progress.asking import (
    ADMINISTRATOR,
    COACH_CHILD,
    DEMO_OWNER,
    OWNER_PARENT,
    STUDENT,
    SUNDAI_OWNER,
    Graph,
    Row,
    rows,
)
from tests.progress.crowd import JAPAN, Crowd

UIDS = [profile.uid for profile in PROFILES]
HISTORY = """{ organizations(first: 3) { nodes { code students(first: 39) { nodes { uid learner {
  xp cefrLevel
  skills { skillCode level score assessedAt }
  cefrHistory { skillCode level score assessedAt }
  vocabulary: cefrHistory(skill: VOCABULARY) { level }
  achievements { code name earnedOn } } } } } } }"""
BACK = """{ course(key: "%s") { enrollments(first: 100, completed: %s) {
  totalCount nodes { enrolledAt completedAt student { uid } } } } }"""
LESSONS = """query($course: String!, $id: Int) { lessonProgress(course: $course, studentLegacyId: $id, first: 100) {
  totalCount nodes { state percent bestScore attempts completedAt updatedAt lesson { legacyId } } } }"""
ACTIVITY = """query($granularity: Granularity!, $since: Date, $until: Date, $course: String, $id: Int) {
  progressHistory(
    granularity: $granularity, since: $since, until: $until, course: $course, studentLegacyId: $id, first: 100
  ) { totalCount nodes { period minutes xp lessonsCompleted itemsAnswered itemsCorrect } } }"""


def in_japan(at: datetime | None) -> str | None:
    """An instant as the graph prints it."""
    return None if at is None else at.astimezone(JAPAN).replace(microsecond=0).isoformat()


def level(row: Row) -> Row:
    """A level in a skill as the graph prints it."""
    printed = {"skillCode": row["skill"], "level": row["level"], "score": row["score"]}
    return {**printed, "assessedAt": in_japan(row["assessed_at"])}


async def achieved(graph: Graph, student_id: int) -> Row:
    """What the graph must show of a learner."""
    database = graph.database
    changes = await rows(database, cefr_changes, student_id=student_id)
    changes.sort(key=lambda row: (row["assessed_at"], row["id"]))
    names = {row["code"]: row["name"] for row in await rows(database, achievements)}
    earned = await rows(database, learner_achievements, student_id=student_id)
    earned.sort(key=lambda row: (row["earned_on"], row["achievement_code"]))
    of_learner = await rows(database, learners, student_id=student_id)
    return {
        "xp": of_learner[0]["xp"] if of_learner else 0,
        "cefrLevel": of_learner[0]["cefr_level"] if of_learner else None,
        "skills": [level(row) for row in await rows(database, cefr_skills, student_id=student_id)],
        "cefrHistory": [level(row) for row in changes],
        "vocabulary": [{"level": row["level"]} for row in changes if row["skill"] == "vocabulary"],
        "achievements": [
            {
                "code": row["achievement_code"],
                "name": names[row["achievement_code"]],
                "earnedOn": str(row["earned_on"]),
            }
            for row in earned
        ],
    }


@pytest.mark.parametrize(
    ("uid", "codes"),
    [
        (OWNER_PARENT, {"kakehashi", "kakehashi-ueno", "kakehashi-namba"}),
        (COACH_CHILD, {"kakehashi-ueno"}),
        (SUNDAI_OWNER, {"sundai", "ochanomizu1", "ochanomizu2"}),
    ],
)
async def test_organizations_lead_to_what_their_students_achieved(crowd: Crowd, uid: str, codes: set[str]) -> None:
    nodes = (await crowd.graph.data(HISTORY, uid=uid))["organizations"]["nodes"]
    assert {node["code"] for node in nodes} == codes
    students = [student for node in nodes for student in node["students"]["nodes"]]
    for student in students:
        assert student["learner"] == await achieved(crowd.graph, crowd.of(student["uid"])["id"])
    assert {student["uid"] for student in students} >= (set(UIDS) if uid == OWNER_PARENT else set())


async def test_a_demo_token_sees_what_demo_students_achieved(crowd: Crowd) -> None:
    document = HISTORY.replace("first: 39", "first: 39, filter: {excludeDemo: false}")
    nodes = (await crowd.graph.data(document, uid=DEMO_OWNER))["organizations"]["nodes"]
    students = {s["uid"]: s["learner"]["xp"] for node in nodes for s in node["students"]["nodes"]}
    assert students == {"auth0|demo-u015": 42, "auth0|demo-n016": 42}


@pytest.mark.parametrize("completed", [True, False])
@pytest.mark.parametrize("uid", [ADMINISTRATOR, OWNER_PARENT, COACH_CHILD, SUNDAI_OWNER, DEMO_OWNER])
async def test_a_course_leads_back_to_who_completed_it(crowd: Crowd, uid: str, completed: bool) -> None:
    found = await rows(crowd.graph.database, enrollments)
    names = {row["id"]: row["uid"] for row in crowd.students if row["id"] in crowd.ids_by(uid)}
    for number in range(501, 507):
        document = BACK % (number, str(completed).lower())
        course = (await crowd.graph.data(document, uid=uid))["course"]
        if uid == DEMO_OWNER:
            assert course is None
            continue
        expected = [
            {
                "enrolledAt": in_japan(row["enrolled_at"]),
                "completedAt": in_japan(row["completed_at"]),
                "student": {"uid": names[row["student_id"]]},
            }
            for row in found
            if row["course_id"] == number
            and row["student_id"] in names
            and (row["completed_at"] is not None) == completed
        ]
        assert course["enrollments"] == {"totalCount": len(expected), "nodes": expected}


async def test_somebody_of_the_demo_completed_a_course(graph: Graph) -> None:
    ended = [row for row in await rows(graph.database, enrollments) if row["completed_at"] is not None]
    assert len(ended) >= 5
    course = (await graph.data(BACK % ("first-steps-a1", "true"), uid=OWNER_PARENT))["course"]
    assert STUDENT in {node["student"]["uid"] for node in course["enrollments"]["nodes"]}


@pytest.mark.parametrize(
    "document",
    [
        HISTORY,
        BACK % ("first-steps-a1", "true"),
        '{ learner(studentLegacyId: 13) { xp lessonProgress(course: "501") { percent } activity { xp } } }',
        '{ lessonProgress(course: "501", studentLegacyId: 13) { totalCount nodes { state lesson { name } } } }',
        "{ progressHistory(granularity: WEEK, studentLegacyId: 13) { totalCount nodes { xp } } }",
    ],
)
async def test_each_takes_one_statement(graph: Graph, document: str) -> None:
    number = await graph.student(STUDENT)
    assert await graph.statements(document.replace(": 13)", f": {number})"), uid=OWNER_PARENT) == 1


@pytest.mark.parametrize("uid", UIDS)
async def test_the_progress_of_each_lesson_of_a_course_is_shown(graph: Graph, uid: str) -> None:
    student_id = await graph.student(uid)
    known = {row["lesson_id"]: row for row in await rows(graph.database, lesson_progress, student_id=student_id)}
    seen = 0
    for course, count in (("first-steps-a1", 4), ("502", 4), ("EN-A2-01", 5), ("506", 5)):
        given = {"course": course, "id": student_id}
        found = (await graph.data(LESSONS, given, uid=OWNER_PARENT))["lessonProgress"]
        assert found["totalCount"] == len(found["nodes"]) == count
        assert [node["lesson"]["legacyId"] % 100 for node in found["nodes"]] == [*range(1, count + 1)]
        for node in found["nodes"]:
            row = known.get(node.pop("lesson")["legacyId"])
            seen += row is not None
            assert node == (lesson(row) if row else lesson(NOTHING))
    assert seen == sum(row["course_id"] in (501, 502, 503, 506) for row in known.values())


NOTHING: Row = {"state": "not_started", "percent": 0.0, "best_score": None, "attempts": 0, "completed_at": None}
NOTHING |= {"updated_at": None}


def lesson(row: Row) -> Row:
    """The progress of a lesson as the graph prints it."""
    return {
        "state": row["state"].upper(),
        "percent": row["percent"],
        "bestScore": row["best_score"],
        "attempts": row["attempts"],
        "completedAt": in_japan(row["completed_at"]),
        "updatedAt": in_japan(row["updated_at"]),
    }


@pytest.mark.parametrize("course", [None, 501, 503])
@pytest.mark.parametrize(("granularity", "first", "last"), [("DAY", 60, 0), ("WEEK", 330, 30), ("MONTH", 400, 0)])
async def test_the_history_shows_what_was_done_in_periods(
    graph: Graph, granularity: str, first: int, last: int, course: int | None
) -> None:
    student_id, today = await graph.student(STUDENT), datetime.now(UTC).date()
    since, until = today - timedelta(days=first), today - timedelta(days=last)
    found = await rows(
        graph.database, activity, student_id=student_id, granularity=granularity.lower(), course_id=course
    )
    found.sort(key=lambda row: row["period"])
    expected = [point(row) for row in found if since <= row["period"] <= until]
    given = {"granularity": granularity, "since": str(since), "until": str(until), "id": student_id}
    named = {} if course is None else {"course": f"{course}"}
    for uid in (STUDENT, OWNER_PARENT):
        answer = (await graph.data(ACTIVITY, {**given, **named}, uid=uid))["progressHistory"]
        assert answer == {"totalCount": len(expected), "nodes": expected}
    assert expected or course is not None


def point(row: Row) -> Row:
    """A period as the graph prints it."""
    period: date = row["period"]
    names = {"xp": "xp", "lessonsCompleted": "lessons_completed"}
    names |= {"itemsAnswered": "items_answered", "itemsCorrect": "items_correct"}
    same = {shown: row[name] for shown, name in names.items()}
    return {"period": str(period), "minutes": row["duration_ms"] // 60_000, **same}
