"""Grades through kills: what learners completed stands in both gradebooks as it is in the end, and nothing else."""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
import httpx2

from db.connections.database import connect
from resolvers.lti.grades import queue_at_launch
from tests.accounts.calling import OWNER
from tests.chaos.killing import LEAST_S, MOST_S, Killer, keep_alive
from tests.chaos.programs import Installation
from tests.chaos.statements import NEAR
from tests.chaos.webhooks import DRAIN_S, Run, headers_of
from tests.egress.receiver import Receiver
from tests.lti.gradebook import CLIENT, LINE, SCORE, Answer, Edx, Gradebook, Moodle, grading_at
from tests.progress.asking import RECORD, answered, completed

# One answer in so many is a failure, one is never heard though it was done, and one takes long.
FAILS, CUTS, SLOW = 20, 25, 15
COURSES = 2
# The trainings of some courses, with what is chosen in them.
ITEMS = f"""select t.id as training_id, i.id, i.solution from trainings t
  left join training_items i on i.training_id = t.id and i.type = 'multiple_choice'
  where t.course_id in (select course_id from lessons group by course_id order by course_id limit {COURSES})
  order by t.id, i.id"""
PLATFORM = f"""insert into lti_platforms (organization_id, owner_id, name, issuer, client_id, deployment_ids,
    auth_login_url, token_url, jwks_url, matching, creates_accounts, created_at, updated_at)
  select (select organization_id from memberships where staff_id = u.id limit 1), u.id, 'LMS', $1, '{CLIENT}', '["1"]',
    $1, $2, $1, 'nothing', true, now(), now() from users u where uid = '{OWNER}' returning id"""
# For each learner every lesson of the courses, and each course as a whole; of each the line is to be found or made.
LAUNCHES = f"""insert into lti_launches (platform_id, organization_id, deployment_id, message_type, subject, user_id,
    student_id, roles, resource_link_id, course_id, lesson_id, line_items_url, ags_scopes, has_grade_service,
    has_roster, launched_at)
  select $1::bigint, s.organization_id, '1', 'resource_link', s.uid, s.id, s.id, '[]', w.link, w.course_id,
    w.lesson_id, $2, '["{SCORE}", "{LINE}"]', true, false, now()
  from students s, (
    select 'lesson-' || id as link, course_id, id as lesson_id from lessons
    union all select distinct 'course-' || course_id, course_id, null::bigint from lessons) w
  where s.uid = any($3) and w.course_id in (
    select course_id from lessons group by course_id order by course_id limit {COURSES})
  returning id"""
LESSONS = """select s.uid, 'lesson-' || p.lesson_id as link, p.course_id, p.best_score from lesson_progress p
  join students s on s.id = p.student_id where p.completed_at is not null and s.uid = any($1) and exists (
    select from lti_launches l where l.student_id = s.id and l.lesson_id = p.lesson_id)"""
WHOLE = """select s.uid, e.course_id from enrollments e join students s on s.id = e.student_id
  where e.completed_at is not null and s.uid = any($1) and exists (
    select from lti_launches l where l.student_id = s.id and l.course_id = e.course_id and l.lesson_id is null)"""
UNREAD = """select count(*) from outbox o where (o.transaction_id, o.seq) >
  (select p.transaction_id, p.seq from reading_positions p where p.name = 'lti')"""
WAITING = "select count(*) from lti_scores where status = 'pending'"
FAILED = "select count(*) from lti_scores where status = 'failed'"
KEYS = "select public_jwk from tool_keys"


class Place(NamedTuple):
    """Somebody's place in a gradebook."""

    link: str
    uid: str


@dataclass(slots=True)
class GradeVerdict:
    """What came of a run, over both gradebooks together."""

    acknowledged: int
    expected: int
    lost: int
    wrong: int
    phantom: int
    doubled: int
    failed: int
    early: int
    again: int
    kills: Counter[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether what must hold did."""
        return not (self.lost or self.wrong or self.phantom or self.doubled or self.failed or self.early)

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return (
            f"{self.acknowledged} requests acknowledged, {self.expected} grades: {self.lost} lost, {self.wrong} wrong, "
            f"{self.phantom} phantom, {self.doubled} lines made twice, {self.failed} given up, {self.early} too early, "
            f"{self.again} sent again; killed {kills}; {self.seconds:.0f} s"
        )


@dataclass(slots=True)
class GradeRun(Run):
    """One run: so many trainings are completed, so many kills, decided by a seed."""

    gradebooks: list[Gradebook] = field(default_factory=list)
    learners: list[str] = field(default_factory=list)
    known: list[dict[str, str]] = field(default_factory=list)

    async def grade(self) -> GradeVerdict:
        """Start everything, let learners learn, kill, wait until all is quiet, and count."""
        started = time.monotonic()
        self.installation = Installation("127.0.0.0/8")
        try:
            await asyncio.to_thread(self.installation.start)
            async with AsyncExitStack() as stack:
                for number, kind in enumerate((Moodle, Edx)):
                    made = flaky(kind(keys=self.keys), self.seed + number)
                    self.gradebooks.append(await stack.enter_async_context(grading_at(made)))
                return await self.gone_through(started)
        finally:
            self.installation.end()

    @property
    def wanted(self) -> int:
        """How many requests there are."""
        return self.deliveries

    async def gone_through(self, started: float) -> GradeVerdict:
        """The run itself, with everything up."""
        await self.launch()
        killer = Killer(self.installation, self.seed, self.kills, lambda: self.acknowledged / self.wanted)
        keeping = asyncio.create_task(keep_alive(self.installation.programs))
        watching = asyncio.create_task(self.watch(killer, Receiver()))
        await asyncio.gather(killer.run(), self.learn())
        self.tell("The killing is over, and everything has happened; now the rest has to arrive.")
        await self.arrived()
        for task in (watching, keeping):
            task.cancel()
        await asyncio.gather(watching, keeping, return_exceptions=True)
        return await self.counted(killer, started)

    async def launch(self) -> None:
        """Two platforms, and the launches of learners from there."""
        self.learners = [str(uid) for uid in await self.asked(NEAR)]
        database = connect(self.installation.database_url)
        for one in self.gradebooks:
            ((platform,),) = await self.rows(PLATFORM, one.home, one.token_url)
            for (launch,) in await self.rows(LAUNCHES, platform, one.lines_url, self.learners):
                # What was completed before goes back at once, as when somebody really comes.
                async with database.writing() as transaction:
                    await queue_at_launch(transaction, launch, datetime.now(UTC))
        await database.close()

    async def keys(self) -> list[dict[str, str]]:
        """The keys of ours that are published, as far as they are known: the database may be away."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.known = [json.loads(str(one)) for one in await self.asked(KEYS)]
        return self.known

    async def learn(self) -> None:
        """Have learners complete trainings, well or badly, again and again, until as much as is wanted was heard of."""
        dice, by_training = random.Random(self.seed), await self.items()
        # Each training comes once for each learner before any comes again.
        turns = itertools.cycle([(uid, training) for training in by_training for uid in self.learners])
        headers = {uid: await headers_of(self.installation, uid) for uid in self.learners}
        async with httpx2.AsyncClient(base_url=self.installation.url, trust_env=False) as client:
            for number in itertools.count():
                if self.acknowledged >= self.wanted:
                    return
                uid, training = next(turns)
                said = [
                    answered(f"chaos-{number}-{item}", item, (right + dice.randrange(2)) % 3)
                    for item, right in by_training[training].items()
                ]
                events = [*said, completed(f"chaos-{number}", training)]
                body = {"query": RECORD, "variables": {"events": events}}
                with suppress(httpx2.HTTPError):
                    answer = await client.post("/graphql", json=body, headers=headers[uid], timeout=15)
                    if answer.status_code == httpx2.codes.OK and "errors" not in answer.json():
                        self.acknowledged += 1
                # So that it goes on as long as the killing does.
                await asyncio.sleep(self.kills * (LEAST_S + MOST_S) / 2 / self.wanted)

    async def items(self) -> Mapping[int, Mapping[int, int]]:
        """The items of each training, and the right choice of each."""
        found: dict[int, dict[int, int]] = {}
        for row in await self.rows(ITEMS):
            of_training = found.setdefault(row["training_id"], {})
            if row["id"] is not None:
                of_training[row["id"]] = int(json.loads(row["solution"])["choice"])
        return found

    async def rows(self, statement: str, *values: object) -> list[Any]:
        """What a statement gives."""
        connection = await asyncpg.connect(self.installation.database_url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def arrived(self) -> None:
        """Wait until every event was read, and nothing waits any more."""
        async with asyncio.timeout(DRAIN_S):
            while True:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    if await self.asked(UNREAD) == [0] and await self.asked(WAITING) == [0]:
                        return
                await asyncio.sleep(0.5)

    async def expected(self) -> dict[Place, float]:
        """What must stand in each gradebook: of each lesson that is complete, and of each course."""
        found, of_course = dict[Place, float](), dict[tuple[str, int], list[float]]()
        for row in await self.rows(LESSONS, self.learners):
            score = 100.0 if row["best_score"] is None else round(row["best_score"] * 100, 2)
            found[Place(row["link"], row["uid"])] = score
            of_course.setdefault((row["uid"], row["course_id"]), []).append(score)
        for row in await self.rows(WHOLE, self.learners):
            scores = of_course[row["uid"], row["course_id"]]
            found[Place(f"course-{row['course_id']}", row["uid"])] = round(sum(scores) / len(scores), 2)
        return found

    async def counted(self, killer: Killer, started: float) -> GradeVerdict:
        """What the gradebooks have, held against what was completed."""
        expected = await self.expected()
        there = [standing(one) for one in self.gradebooks]
        links = [Counter(line["resourceLinkId"] for line in one.lines.values()) for one in self.gradebooks]
        (failed,) = await self.asked(FAILED)
        return GradeVerdict(
            self.acknowledged,
            len(expected) * len(there),
            sum(len(expected.keys() - found.keys()) for found in there),
            sum(found[place] != score for found in there for place, score in expected.items() if place in found),
            sum(len(found.keys() - expected.keys()) for found in there),
            sum(count - 1 for found in links for count in found.values()),
            int(str(failed)),
            sum(len(one.early) for one in self.gradebooks),
            sum(len(one.sent) - len(one.taken) for one in self.gradebooks),
            killer.done,
            time.monotonic() - started,
        )


def standing(gradebook: Gradebook) -> dict[Place, float | None]:
    """What stands in a gradebook, by link and learner."""
    links = {number: line["resourceLinkId"] for number, line in gradebook.lines.items()}
    return {Place(links[number], subject): grade.score for (number, subject), grade in gradebook.grades.items()}


def flaky(gradebook: Gradebook, seed: int) -> Gradebook:
    """A gradebook that fails, is not heard and takes its time now and then."""
    dice = random.Random(seed)

    def trouble(_request: str) -> Answer | None:
        return None if dice.randrange(FAILS) else (dice.choice((401, 500, 503)), {}, "in trouble")

    async def wait(_request: str) -> None:
        await asyncio.sleep(0.0 if dice.randrange(SLOW) else 0.2)

    gradebook.trouble, gradebook.gate = trouble, wait
    gradebook.cuts = lambda _request: not dice.randrange(CUTS)
    return gradebook
