"""Stored selects over what is derived: a row for every learner, each lesson of a learner, each period of activity."""

from sqlalchemy import Float, Integer, and_, case, cast, func, literal, select, true

from db.base import Moment
from db.lessons import lessons
from db.predicates import parameter
from db.progress.derived import achievements, activity, learner_achievements, learners, lesson_progress
from db.students import students

NOT_STARTED = "not_started"
STATES = (NOT_STARTED, "in_progress", "completed", "passed", "failed")
MINUTE_MS = 60_000

# Every student is a learner, also before doing anything.
learner_records = select(
    students.c.id.label("student_id"),
    students.c.organization_id,
    students.c.demo,
    students.c.locked_at,
    func.coalesce(learners.c.xp, literal(0)).label("xp"),
    func.coalesce(learners.c.level, literal(1)).label("level"),
    # A streak that was not kept up has ended, though nobody wrote that down.
    case(
        (learners.c.streak_until > parameter("now", Moment()), func.coalesce(learners.c.streak, literal(0))),
        else_=literal(0),
    ).label("current_streak"),
    func.coalesce(learners.c.longest_streak, literal(0)).label("longest_streak"),
    learners.c.last_active_on,
    learners.c.cefr_level,
).join_from(students, learners, learners.c.student_id == students.c.id, isouter=True)

# Every lesson for every student: how far the student is, also where nothing was begun. Ask by student and by course.
lesson_states = (
    select(
        students.c.id.label("student_id"),
        students.c.organization_id,
        students.c.demo,
        students.c.locked_at,
        lessons.c.id.label("lesson_id"),
        lessons.c.course_id,
        lessons.c.seq,
        func.coalesce(lesson_progress.c.state, literal(NOT_STARTED)).label("state"),
        func.coalesce(lesson_progress.c.percent, cast(literal(0), Float)).label("percent"),
        lesson_progress.c.best_score,
        func.coalesce(lesson_progress.c.attempts, literal(0)).label("attempts"),
        lesson_progress.c.completed_at,
        lesson_progress.c.updated_at,
    )
    .select_from(students)
    .join(lessons, true())
    .join(
        lesson_progress,
        and_(lesson_progress.c.student_id == students.c.id, lesson_progress.c.lesson_id == lessons.c.id),
        isouter=True,
    )
)

# What a student did in a period, with what decides who may see it.
activity_points = select(
    activity.c.id,
    activity.c.student_id,
    students.c.organization_id,
    students.c.demo,
    students.c.locked_at,
    activity.c.course_id,
    activity.c.granularity,
    activity.c.period,
    cast(activity.c.duration_ms // literal(MINUTE_MS), Integer).label("minutes"),
    activity.c.xp,
    activity.c.lessons_completed,
    activity.c.items_answered,
    activity.c.items_correct,
).join_from(activity, students, students.c.id == activity.c.student_id)

earned_achievements = select(
    learner_achievements.c.student_id,
    learner_achievements.c.earned_on,
    achievements.c.code,
    achievements.c.name,
    achievements.c.description,
).join_from(learner_achievements, achievements, achievements.c.code == learner_achievements.c.achievement_code)
