"""What learners achieved: progress by lesson, activity over time, CEFR levels, experience points and achievements."""

import datetime
import enum

import strawberry

from db.progress import derived, shown
from resolvers import scopes
from resolvers.courses import COURSE_IN_SIGHT, LESSON_FILTERS
from resolvers.learners import (
    ACTIVITY_FILTERS,
    HISTORY_FILTERS,
    LEARNER_ACTIVITY_FILTERS,
    LEARNER_FILTERS,
    LEARNER_IN_REACH,
    LEARNER_PROGRESS_FILTERS,
    LESSON_PROGRESS_FILTERS,
    SKILL_FILTERS,
    begun,
    not_locked,
)
from resolvers.organizations import ORGANIZATION_IN_REACH
from resolvers.policy import Operation
from schema.courses import CefrLevel, Course
from schema.declare import REQUIRED, Argument, column, extends, many, mapped, one, root_connection, root_one
from schema.lessons import Lesson, Skill
from schema.organizations import OF_ORGANIZATION
from schema.pages import Connection
from schema.students import Student


@strawberry.enum(description="How far a learner is with a lesson.")
class ProgressState(enum.Enum):
    NOT_STARTED = strawberry.enum_value("not_started", description="Nothing was done yet.")
    IN_PROGRESS = strawberry.enum_value("in_progress", description="Begun, and not completed.")
    COMPLETED = strawberry.enum_value("completed", description="Completed, and nothing in it was scored.")
    PASSED = strawberry.enum_value("passed", description="Completed with a score of 0.6 or more.")
    FAILED = strawberry.enum_value("failed", description="Completed with a score below 0.6.")


@strawberry.enum(description="How long the periods of a history are, by the learner's own calendar.")
class Granularity(enum.Enum):
    DAY = strawberry.enum_value("day", description="Days.")
    WEEK = strawberry.enum_value("week", description="Weeks, from Monday.")
    MONTH = strawberry.enum_value("month", description="Months.")


PERIODS = (
    Argument("granularity", Granularity, "How long the periods are.", Granularity.DAY),
    Argument("since", datetime.date | None, "Periods that begin on this day or later."),
    Argument("until", datetime.date | None, "Periods that begin on this day or earlier."),
    Argument("course", str | None, "In one course (number, code or slug); in all of them unless told."),
)
STUDENT = Argument("student_legacy_id", int | None, "Whose; your own unless told. Staff must say it.")


@mapped(
    shown.lesson_states,
    scope=scopes.lesson_state_rows,
    key=("student_id", "lesson_id"),
    student="student_id",
    description="How far a learner is with a lesson; also where nothing was begun.",
)
class LessonProgress:
    state: ProgressState = column("How far.")
    state_code: str = column("The same, as the REST API prints it.", "state")
    percent: float = column("The share of the lesson's trainings that are completed, from 0 to 100.")
    best_score: float | None = column("The mean of the best scores in its trainings, from 0 to 1.")
    attempts: int = column("How often a training of the lesson was completed.")
    completed_at: datetime.datetime | None = column("When the lesson was first completed.")
    updated_at: datetime.datetime | None = column("When the learner last did something with it.")
    lesson: Lesson = one("The lesson.", key="lesson_id", implied=True)
    student: Student | None = one("Whose progress this is.", key="student_id", operation=Operation.STUDENTS)


@mapped(
    shown.activity_points,
    scope=scopes.learner_rows,
    student="student_id",
    description="What a learner did in a period. Periods without activity are left out.",
)
class ActivityPoint:
    period: datetime.date = column("The first day of the period.")
    minutes: int = column("Minutes spent, rounded down.")
    xp: int = column("Experience points earned.")
    lessons_completed: int = column("Lessons completed for the first time.")
    items_answered: int = column("Training items answered.")
    items_correct: int = column("Of these, answered with a score of 0.6 or more.")
    student: Student | None = one("Who did it.", key="student_id", operation=Operation.STUDENTS)
    course: Course | None = one(
        "In which course; null for all courses together.", key="course_id", operation=Operation.COURSES
    )


@mapped(
    derived.cefr_skills,
    scope=scopes.of_learners,
    key=("student_id", "skill"),
    student="student_id",
    description="A learner's CEFR level in a skill, from the last items answered.",
)
class CefrSkill:
    skill: Skill = column("The skill.")
    skill_code: str = column("The same, as the REST API prints it.", "skill")
    level: CefrLevel = column("The level.")
    score: float = column("The mean score of the last answers at this level or above, from 0 to 100.")
    assessed_at: datetime.datetime = column("When the last item was answered that counts.")


@mapped(
    derived.cefr_changes,
    scope=scopes.of_learners,
    student="student_id",
    description="A change of a learner's CEFR level in a skill.",
)
class CefrChange:
    skill: Skill = column("The skill.")
    skill_code: str = column("The same, as the REST API prints it.", "skill")
    level: CefrLevel = column("The level from then on.")
    score: float = column("The mean score of the last answers at this level or above, from 0 to 100.")
    assessed_at: datetime.datetime = column("When it changed.")


@mapped(
    shown.earned_achievements,
    scope=scopes.of_learners,
    key=("code",),
    student="student_id",
    description="Something that a learner achieved, once and for all.",
)
class Achievement:
    code: str = column("Code, such as streak_7.")
    name: str = column("Name.")
    description: str = column("What it takes.")
    earned_on: datetime.date = column("The learner's own day on which it was earned.")


@mapped(
    shown.learner_records,
    scope=scopes.learner_rows,
    key=("student_id",),
    student="student_id",
    description="A student as a learner. Students see themselves, staff learners of organizations in their reach.",
)
class Learner:
    legacy_id: int = column("The database's number of the student.", "student_id")
    xp: int = column("Experience points.")
    level: int = column("Level in the game, from 1; not a level of language.")
    current_streak: int = column("Days in a row with activity, up to today or yesterday by the learner's own calendar.")
    longest_streak: int = column("The most days in a row with activity.")
    last_active_on: datetime.date | None = column("The last day with activity, by the learner's own calendar.")
    cefr_level: CefrLevel | None = column("The level over all skills: the lower median; null before any is assessed.")
    skills: list[CefrSkill] = many("CEFR levels by skill.", key="student_id", match="student_id", order=("skill",))
    cefr_history: list[CefrChange] = many(
        "Every change of a CEFR level, the earliest first.",
        key="student_id",
        match="student_id",
        order=("assessed_at",),
        filters=SKILL_FILTERS,
        arguments=(Argument("skill", Skill | None, "In this skill only."),),
    )
    achievements: list[Achievement] = many(
        "What was achieved, the earliest first.", key="student_id", match="student_id", order=("earned_on", "code")
    )
    activity: list[ActivityPoint] = many(
        "What was done over time, the earliest first.",
        key="student_id",
        match="student_id",
        order=("period",),
        filters=ACTIVITY_FILTERS,
        arguments=PERIODS,
    )
    lesson_progress: list[LessonProgress] = many(
        "How far with each lesson of a course, by seq.",
        key="student_id",
        match="student_id",
        order=("seq", "lesson_id"),
        filters=LESSON_FILTERS,
        arguments=(Argument("course", str, "The course: its number, code or slug.", REQUIRED),),
    )
    student: Student | None = one("The student.", key="student_id", operation=Operation.STUDENTS)


@extends(Student)
class StudentLearner:
    learner: Learner = one(
        "The student as a learner: progress, CEFR levels, achievements.",
        key="id",
        match="student_id",
        implied=True,
        operation=Operation.PROGRESS,
    )


@strawberry.type
class LearnerQueries:
    learner: Learner | None = root_one(
        "One learner.",
        filters=LEARNER_FILTERS,
        where=not_locked,
        checks=(LEARNER_IN_REACH,),
        operation=Operation.PROGRESS,
        arguments=(STUDENT,),
    )
    lesson_progress: Connection[LessonProgress] = root_connection(
        "How far one learner is with each lesson of a course, by seq.",
        order=("seq",),
        filters=LESSON_PROGRESS_FILTERS,
        checks=(LEARNER_IN_REACH, COURSE_IN_SIGHT),
        operation=Operation.PROGRESS,
        arguments=(Argument("course", str, "The course: its number, code or slug.", REQUIRED), STUDENT),
    )
    progress_history: Connection[ActivityPoint] = root_connection(
        "What one learner did over time, the earliest first.",
        order=("period",),
        filters=HISTORY_FILTERS,
        checks=(LEARNER_IN_REACH, COURSE_IN_SIGHT),
        operation=Operation.PROGRESS,
        arguments=(*PERIODS, STUDENT),
    )
    learner_progress: Connection[LessonProgress] = root_connection(
        "How far the learners within your reach are with what they began, learner by learner.",
        filters=LEARNER_PROGRESS_FILTERS,
        where=begun,
        checks=(ORGANIZATION_IN_REACH, COURSE_IN_SIGHT),
        operation=Operation.PROGRESS,
        arguments=(
            *OF_ORGANIZATION,
            Argument("course", str | None, "In one course (number, code or slug)."),
            Argument("updated_from", datetime.datetime | None, "Got on with at this instant or later."),
            Argument("updated_to", datetime.datetime | None, "Got on with at this instant or earlier."),
        ),
    )
    learner_activity: Connection[ActivityPoint] = root_connection(
        "What the learners within your reach did over time, the earliest first.",
        order=("period",),
        filters=LEARNER_ACTIVITY_FILTERS,
        where=not_locked,
        checks=(ORGANIZATION_IN_REACH, COURSE_IN_SIGHT),
        operation=Operation.PROGRESS,
        arguments=(*OF_ORGANIZATION, *PERIODS),
    )
