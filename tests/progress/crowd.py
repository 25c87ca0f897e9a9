"""More learners beside the demo's: equals, demo people, somebody locked, days at the edge; and who reaches whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from sqlalchemy import update

from db.accounts import users
from db.connections.database import Database
from db.courses import courses
from db.lessons import lessons, training_items, trainings
from db.progress.events import progress_events
from db.progress.facts import Fact
from db.students import students
from tests.progress.asking import (
    ADMINISTRATOR,
    COACH_CHILD,
    DEMO_OWNER,
    OWNER_PARENT,
    STUDENT,
    SUNDAI_OWNER,
    Graph,
    Row,
    add_facts,
    rows,
)

JAPAN = timezone(timedelta(hours=9))
API_STUDENT, LOCKED = "auth0|685ca7f51c689c6cdef5acca", "auth0|demo-u014"
# Days ago by Japan's calendar, and points, of everybody who is added.
ADDED: dict[str, Sequence[tuple[int, int]]] = {
    LOCKED: ((0, 500), (40, 100)),
    "auth0|demo-u015": ((0, 40), (3, 2)),
    "auth0|demo-n016": ((0, 40), (3, 2)),
    "auth0|demo-u008": ((29, 9),),
    "auth0|demo-u009": ((30, 9),),
    "auth0|demo-u010": ((0, 12),),
    "auth0|demo-u011": ((0, 12),),
    "auth0|demo-u012": ((0, 0),),
    "auth0|demo-u013": ((0, 5),),
    API_STUDENT: ((0, 7), (0, 5)),
}
# A learner who lives elsewhere; what was learned before keeps its days.
ELSEWHERE = {"auth0|demo-u006": "America/New_York"}
EVERYWHERE = None
# The numbers of the organizations that people reach; a student reaches the own progress only.
REACHED: Mapping[str, set[int] | None] = {
    STUDENT: {2002},
    COACH_CHILD: {2002},
    OWNER_PARENT: {2001, 2002, 2003},
    ADMINISTRATOR: EVERYWHERE,
    SUNDAI_OWNER: {1, 2, 3},
    DEMO_OWNER: {2001, 2002, 2003},
}
VIEWERS = [*REACHED]


@dataclass(frozen=True, slots=True)
class Crowd:
    """A graph, and the plain rows behind it."""

    graph: Graph
    users: Sequence[Row]
    students: Sequence[Row]
    events: Sequence[Row]
    courses: Sequence[Row]
    lessons: Sequence[Row]
    trainings: Sequence[Row]
    items: Sequence[Row]

    def ids_by(self, uid: str) -> set[int]:
        """The students whose organization a viewer reaches; demo people reach demo people only. Nobody is locked."""
        return {
            row["id"]
            for row in self.students
            if row["locked_at"] is None
            and (REACHED[uid] is None or row["organization_id"] in (REACHED[uid] or ()))
            and (uid != DEMO_OWNER or row["demo"])
        }

    def of(self, uid: str) -> Row:
        """The student's row."""
        return next(row for row in self.students if row["uid"] == uid)

    def events_of(self, ids: set[int]) -> list[Row]:
        """What these students did with courses."""
        return [event for event in self.events if event["student_id"] in ids and event["course_id"] is not None]


async def read_crowd(graph: Graph) -> Crowd:
    """Read all rows, once."""
    tables = (users, students, progress_events, courses, lessons, trainings, training_items)
    return Crowd(graph, *[await rows(graph.database, table) for table in tables])


async def add_crowd(database: Database, now: datetime) -> None:
    """Let the others learn."""
    ids = {row["uid"]: row["id"] for row in await rows(database, users)}
    today = now.astimezone(JAPAN).date()
    for uid, days in ADDED.items():
        facts = [fact_on(today - timedelta(days=ago), xp, now) for ago, xp in days]
        await add_facts(database, ids[uid], facts, now)
    async with database.writing() as transaction:
        for uid, time_zone in ELSEWHERE.items():
            await transaction.execute(update(users).where(users.c.uid == uid).values(time_zone=time_zone))


def fact_on(day: date, xp: int, now: datetime) -> Fact:
    """Something that was done on a day, and brought so many points; half a minute each time."""
    at = min(now, datetime(day.year, day.month, day.day, 12, tzinfo=JAPAN))
    return Fact(501, "started", at, day, lesson_id=50101, duration_ms=30_500, xp=xp)
