"""Which grades go back to platforms: of lessons and courses that are complete, when they are, and when they change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from db.connections.database import Transaction
from db.lti import grading, scores
from db.lti.grading import Before, Launch, LineKey, Mark
from db.lti.scores import NewScore
from db.outbox import Told
from resolvers.events import EventType

MAXIMUM = 100.0
COMPLETED, FULLY_GRADED = "Completed", "FullyGraded"
COMPLETION, REQUEST = "completion", "request"
STUDENT = "Student"
# Whether a grade is sent where none was before: what is not complete has none yet.
BEGINS = {
    EventType.LESSON_COMPLETED.value: True,
    EventType.ENROLLMENT_COMPLETED.value: True,
    EventType.PROGRESS_UPDATED.value: False,
}
NOTHING_BEFORE = Before()


@dataclass(frozen=True, slots=True)
class Grade:
    """What a platform is told of a learner; without a score it tells how far the learner is."""

    score_given: float | None
    score_maximum: float | None = MAXIMUM
    comment: str | None = None
    activity_progress: str = COMPLETED
    grading_progress: str = FULLY_GRADED


@dataclass(frozen=True, slots=True)
class Change:
    """Something that may change grades of a student: in these lessons, and of these courses, at an instant.

    `begins` says whether a grade is sent where none was sent before.
    """

    student_id: int
    lessons: Collection[int]
    courses: Collection[int]
    at: datetime
    begins: bool

    def concerns(self, launch: Launch) -> bool:
        """Whether it may change the grade of what was launched."""
        if launch.student_id != self.student_id:
            return False
        return launch.lesson_id in self.lessons if launch.lesson_id is not None else launch.course_id in self.courses


async def queue_after(transaction: Transaction, told: Sequence[Told]) -> bool:
    """Queue the grades that follow from events; whether there are any. What is read twice is queued once.

    A grade is queued for each line of the newest launch by the student for that lesson, or for that course as a whole.
    """
    known = [one for one in told if one.type in BEGINS and one.subject_type == STUDENT]
    students = {one.subject_id for one in known}
    platforms = await grading.platforms_of(transaction, students) if known else []
    if not platforms:
        return False
    lessons = {lesson for one in known for lesson in lessons_in(one)}
    course_of = await grading.courses_of(transaction, lessons)
    courses = {*course_of.values(), *(course for one in known for course in courses_in(one))}
    now = await grading.locked(transaction, platforms)
    launches = await grading.newest_launches(transaction, students, courses)
    book = await Gradebook.of(transaction, launches, now)
    queued = [await book.change(change_of(one, course_of)) for one in known]
    return any(queued)


async def queue_at_launch(transaction: Transaction, launch_id: int, now: datetime) -> bool:
    """Queue the grade of what a learner had completed before launching it; whether there was one to queue.

    Where a grade of this learner was queued for the line before, only another one is queued.
    """
    platform_id = await grading.platform_of(transaction, launch_id)
    if platform_id is None:
        return False
    told_at = await grading.locked(transaction, [platform_id])
    launch = await grading.launch(transaction, launch_id)
    if launch is None:
        return False
    book = await Gradebook.of(transaction, [launch], told_at)
    return await book.queue(launch, now, begins=True)


def lessons_in(told: Told) -> list[int]:
    """The lessons that an event names."""
    return [*told.body.get("lessons", []), *([told.body["lesson"]] if "lesson" in told.body else [])]


def courses_in(told: Told) -> list[int]:
    """The course that an event names."""
    return [told.body["course"]] if "course" in told.body else []


def change_of(told: Told, course_of: Mapping[int, int]) -> Change:
    """What an event may change: a lesson that is completed changes no grade of its course, until that one is."""
    begins = BEGINS[told.type]
    if told.type == EventType.LESSON_COMPLETED.value:
        return Change(told.subject_id, lessons_in(told), (), told.occurred_at, begins)
    lessons = lessons_in(told)
    courses = {*courses_in(told), *(course_of[lesson] for lesson in lessons if lesson in course_of)}
    return Change(told.subject_id, lessons, courses, told.occurred_at, begins)


@dataclass(slots=True)
class Gradebook:
    """Some launches, how far their learners are, and what was queued for each line before."""

    transaction: Transaction
    launches: Sequence[Launch]
    marks: Mapping[int, Sequence[Mark]]
    completed: Collection[tuple[int, int]]
    before: dict[LineKey, Before]
    now: datetime

    @classmethod
    async def of(cls, transaction: Transaction, launches: Sequence[Launch], now: datetime) -> "Gradebook":
        """The book of some launches, whose platforms are locked."""
        await settle(transaction, launches)
        students, courses = {one.student_id for one in launches}, courses_of(launches)
        marks = await grading.marks(transaction, students, courses)
        completed = await grading.completed_courses(transaction, students, courses)
        keys = {key for one in launches if (key := key_of(one)) is not None}
        return cls(transaction, launches, marks, completed, await grading.queued_before(transaction, [*keys]), now)

    async def change(self, change: Change) -> bool:
        """Queue what a change leads to; whether there is anything."""
        # Without links there may be several launches for one line, of which the last one counts.
        concerned = {key_of(one): one for one in self.launches if change.concerns(one)}
        queued = [await self.queue(one, change.at, begins=change.begins) for one in concerned.values()]
        return any(queued)

    async def queue(self, launch: Launch, at: datetime, *, begins: bool) -> bool:
        """Queue the grade of a launch, unless it is there already; whether it was queued."""
        key, score = key_of(launch), self.score(launch)
        if key is None or score is None:
            return False
        before = self.before.get(key, NOTHING_BEFORE)
        if score == before.score or (before.score is None and not begins):
            return False
        await self.add(launch, key, Grade(score), at, source=COMPLETION)
        return True

    async def add(self, launch: Launch, key: LineKey, grade: Grade, at: datetime, *, source: str) -> int:
        """Queue a grade of an instant, whatever was queued before; gives its number."""
        before = self.before.get(key, NOTHING_BEFORE)
        scored_at = instant(at, before, self.now)
        id_ = await scores.add(self.transaction, new_score(launch, key, grade, scored_at, source), self.now)
        score = grade.score_given if source == COMPLETION else before.score
        self.before[key] = before._replace(score=score, last=scored_at)
        return id_

    def score(self, launch: Launch) -> float | None:
        """What a learner has by now of 100; None for what is not complete.

        A course has the mean of its lessons.
        """
        marks = self.marks.get(launch.student_id, ())
        if launch.lesson_id is not None:
            return next((out_of_100(mark) for mark in marks if mark.lesson_id == launch.lesson_id), None)
        if (launch.student_id, launch.course_id) not in self.completed:
            return None
        found = [out_of_100(mark) for mark in marks if mark.course_id == launch.course_id]
        return round(fmean(found), 2) if found else MAXIMUM


async def settle(transaction: Transaction, launches: Sequence[Launch]) -> None:
    """What was queued for links before their lines had addresses goes on in these lines."""
    lines = {
        (one.platform_id, one.resource_link_id): one.line
        for one in launches
        if one.resource_link_id is not None and one.line is not None and not one.line.startswith(grading.LINK)
    }
    for platform_id, link in await grading.unsettled(transaction, [*lines]):
        await grading.rename_lines(transaction, platform_id, link, lines[platform_id, link])


def courses_of(launches: Sequence[Launch]) -> set[int]:
    """The courses that were launched, as a whole or in part."""
    return {one.course_id for one in launches if one.course_id is not None}


def key_of(launch: Launch) -> LineKey | None:
    """The learner's place in the platform's gradebook; None where there is no line."""
    return None if launch.line is None else LineKey(launch.platform_id, launch.line, launch.subject)


def out_of_100(mark: Mark) -> float:
    """The score of a lesson; where nothing in it was scored, everything."""
    return MAXIMUM if mark.best_score is None else round(mark.best_score * MAXIMUM, 2)


def instant(at: datetime, before: Before, now: datetime) -> datetime:
    """Of when a score is: later than each one before it, since platforms take no other.

    Moodle compares whole seconds, so it is of a later second than what was sent; it is not sent before that.
    """
    found = min(at, now)
    if before.sent is not None:
        found = max(found, before.sent.replace(microsecond=0) + timedelta(seconds=1))
    if before.last is not None:
        found = max(found, before.last + timedelta(microseconds=1))
    return found


def new_score(launch: Launch, key: LineKey, grade: Grade, scored_at: datetime, source: str) -> NewScore:
    """A grade as it is kept."""
    return NewScore(
        launch_id=launch.id,
        platform_id=launch.platform_id,
        organization_id=launch.organization_id,
        student_id=launch.student_id,
        subject=launch.subject,
        line=key.line,
        score_given=grade.score_given,
        score_maximum=grade.score_maximum,
        comment=grade.comment,
        activity_progress=grade.activity_progress,
        grading_progress=grade.grading_progress,
        scored_at=scored_at,
        source=source,
    )
