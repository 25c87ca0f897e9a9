"""A running app that a platform has launched, learners who complete what was launched, and their grades."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from db.accounts import users
from db.connections.database import Database
from db.lti.tables import lti_launches, lti_platforms, lti_scores
from db.operations import outbox
from db.progress.derived import lesson_progress
from db.students import students
from db.upsert import replace
from gateway.settings import Settings
from jobs.lti.queueing import READER
from jobs.settings import JobSettings
from jobs.webhooks.dispatcher import Pace
from jobs.worker import working
from resolvers.events import Event, EventType, emit
from resolvers.lti.keys import published
from tests.accounts.calling import OWNER, Caller, by_auth0
from tests.conftest import Running, running
from tests.lti.gradebook import CLIENT, LINE, SCORE, Gradebook
from tests.progress.asking import FRESH, Graph, Row, answered, completed
from tests.progress.content import add_content
from tests.webhooks.hooks import HERE, QUICK, everything_read, until

# Of tests/progress/content.py: a course of two lessons, and what one answers there.
COURSE, LESSON, OTHER = 902, 90201, 90202
TRAINING, LAST = 9020101, 9020201
ITEMS, LAST_ITEM = (902010101, 902010102), 902020101
RIGHT, WRONG = 1, 0
LINK = "link-1"
LAUNCHED = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grading:
    """A running app, somebody who looks, and the number of a platform whose gradebook this is."""

    running: Running
    owner: Caller
    gradebook: Gradebook
    platform: int

    @property
    def database(self) -> Database:
        """The app's database."""
        return self.running.database

    @property
    def graph(self) -> Graph:
        """The graph, as learners ask it."""
        return Graph(self.running)

    async def learner(self, uid: str = FRESH) -> tuple[int, int]:
        """The number of a learner, and of the organization."""
        one = select(students.c.id, students.c.organization_id).where(students.c.uid == uid)
        async with self.database.engine.connect() as connection:
            return tuple((await connection.execute(one)).one())

    async def learners(self, count: int) -> list[int]:
        """The numbers of so many learners of the organization."""
        _, organization = await self.learner()
        near = select(students.c.id).where(students.c.organization_id == organization, ~students.c.demo)
        async with self.database.engine.connect() as connection:
            return list((await connection.execute(near.order_by(students.c.id).limit(count))).scalars())

    async def launched(self, student: int | None = None, **more: Any) -> int:  # noqa: ANN401  # columns
        """A launch of the lesson by a learner, with a line in the gradebook unless told otherwise; gives its number."""
        found, organization = await self.learner()
        student = found if student is None else student
        values: dict[str, Any] = {
            "platform_id": self.platform,
            "organization_id": organization,
            "deployment_id": "1",
            "message_type": "resource_link",
            "subject": f"u{student}",
            "user_id": student,
            "student_id": student,
            "roles": [],
            "resource_link_id": LINK,
            "resource_link_title": "English",
            "course_id": COURSE,
            "lesson_id": LESSON,
            "ags_scopes": [SCORE, LINE],
            "has_grade_service": True,
            "has_roster": False,
            "launched_at": LAUNCHED,
        }
        async with self.database.writing() as transaction:
            made = insert(lti_launches).values(**values | more).returning(lti_launches.c.id)
            return int((await transaction.execute(made)).scalar_one())

    async def record(self, *events: Row, uid: str = FRESH) -> None:
        """Let a learner do something."""
        await self.graph.results(*events, uid=uid)

    async def complete(self, *answers: int, name: str = "a", uid: str = FRESH) -> None:
        """Let a learner complete the lesson, or repeat it, with these answers to its two items."""
        said = [answered(f"{name}{item}", item, answer) for item, answer in zip(ITEMS, answers, strict=False)]
        await self.record(*said, completed(f"{name}-done", TRAINING), uid=uid)

    async def finish(self, learners: Sequence[int], score: float | None = 0.5, *, lesson: int = LESSON) -> None:
        """Let learners have completed a lesson, or have another score in it, and tell so."""
        _, organization = await self.learner()
        now = datetime.now(UTC)
        state = {"course_id": COURSE, "state": "passed", "percent": 100.0, "best_score": score, "attempts": 1}
        state |= {"completed_at": now, "updated_at": now}
        rows = [{"student_id": id_, "lesson_id": lesson, **state} for id_ in learners]
        async with self.database.writing() as transaction:
            await replace(transaction, lesson_progress, rows)
            for id_ in learners:
                told: Mapping[EventType, dict[str, object]] = {
                    EventType.LESSON_COMPLETED: {"lesson": lesson, "course": COURSE},
                    EventType.PROGRESS_UPDATED: {"lessons": [lesson]},
                }
                for type_, body in told.items():
                    await emit(transaction, Event(type_, organization, "Student", id_, body), now)

    async def read(self) -> None:
        """Wait until everything that has happened was read, whatever became of it."""
        await everything_read(self.database, READER)

    async def scores(self) -> list[Any]:
        """The rows of grades, in order."""
        async with self.database.engine.connect() as connection:
            return list(await connection.execute(select(lti_scores).order_by(lti_scores.c.id)))

    async def queued(self, count: int = 1) -> list[Any]:
        """The grades when so many are queued."""
        return await self.when(lambda found: len(found) >= count)

    async def finished(self, count: int = 1) -> list[Any]:
        """The grades when so many are finished."""
        return await self.when(lambda found: sum(one.finished_at is not None for one in found) >= count)

    async def tried(self, attempts: int = 1) -> list[Any]:
        """The grades when an attempt of this number has failed."""
        return await self.when(
            lambda found: any(one.attempt_count >= attempts and one.lease_token is None for one in found)
        )

    async def when(self, look: Any) -> list[Any]:  # noqa: ANN401  # a lambda
        """The grades when they are as somebody waits for."""
        found: list[Any] = []

        async def are() -> bool:
            found[:] = await self.scores()
            return bool(look(found))

        await until(are)
        return found

    async def set(self, id_: int, **values: object) -> None:
        """Change columns of a grade behind its back."""
        await self.execute(update(lti_scores).where(lti_scores.c.id == id_).values(**values))

    async def set_platform(self, **values: object) -> None:
        """Change columns of the platform behind its back."""
        await self.execute(update(lti_platforms).where(lti_platforms.c.id == self.platform).values(**values))

    async def execute(self, statement: Any) -> None:  # noqa: ANN401  # statements of all kinds
        """Change rows behind everybody's back."""
        async with self.database.writing() as transaction:
            await transaction.execute(statement)

    async def given_up(self) -> list[Any]:
        """The events that tell of grades that did not arrive."""
        told = select(outbox).where(outbox.c.type == EventType.GRADE_PASSBACK_FAILED.value).order_by(outbox.c.seq)
        async with self.database.engine.connect() as connection:
            return list(await connection.execute(told))


async def platform_of(database: Database, gradebook: Gradebook, uid: str = FRESH, **more: object) -> int:
    """A platform of the organization of a learner; gives its number."""
    async with database.writing() as transaction:
        organization = select(students.c.organization_id).where(students.c.uid == uid)
        owner = select(users.c.id).where(users.c.uid == OWNER)
        values: dict[str, Any] = {
            "organization_id": (await transaction.execute(organization)).scalar_one(),
            "owner_id": (await transaction.execute(owner)).scalar_one(),
            "name": "LMS",
            "issuer": gradebook.home,
            "client_id": CLIENT,
            "deployment_ids": ["1"],
            "auth_login_url": f"{gradebook.home}/auth",
            "token_url": gradebook.token_url,
            "jwks_url": f"{gradebook.home}/jwks",
            "matching": "nothing",
            "creates_accounts": True,
            "created_at": LAUNCHED,
            "updated_at": LAUNCHED,
        }
        made = insert(lti_platforms).values(**values | more).returning(lti_platforms.c.id)
        return int((await transaction.execute(made)).scalar_one())


@asynccontextmanager
async def grading(
    url: str, data_dir: Path, gradebook: Gradebook, *, works: bool = True, fills: bool = True
) -> AsyncIterator[Grading]:
    """An app that may reach this machine, and a worker inside it unless told otherwise, which tries again at once.

    Courses and a platform are made unless they are there.
    """
    settings = Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)
    beside = (lambda database: working(worker(url, data_dir), database)) if works else None
    async with running(settings, beside) as started:
        sealer = settings.sealer()
        gradebook.keys = lambda: published(started.database, sealer)
        if fills:
            await add_content(started.database, datetime.now(UTC))
            number = await platform_of(started.database, gradebook)
        else:
            async with started.database.engine.connect() as connection:
                number = (await connection.execute(select(func.min(lti_platforms.c.id)))).scalar_one()
        yield Grading(started, await by_auth0(started, OWNER), gradebook, number)


def worker(url: str, data_dir: Path, delays: tuple[float, ...] = QUICK) -> JobSettings:
    """The settings of a worker."""
    return JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE, lti_retry_delays=delays)


@asynccontextmanager
async def at_work(
    of: Grading,
    *,
    delays: tuple[float, ...] = QUICK,
    pace: Pace | None = None,
    database: Database | None = None,
) -> AsyncIterator[None]:
    """A worker beside an app."""
    settings = worker(str(of.running.settings.database_url), of.running.settings.data_dir, delays)
    async with working(settings, database or of.database, pace):
        yield
