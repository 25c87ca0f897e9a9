"""Lessons of courses, their trainings and training items: what is learned."""

import datetime
import enum

import strawberry
from strawberry.scalars import JSON

from db import lessons as rows
from resolvers import scopes
from resolvers.courses import COURSE_IN_SIGHT, ITEM_FILTERS, ITEMS_BELOW_FILTERS, LESSON_FILTERS, TRAINING_FILTERS
from resolvers.engine.declare import Reading
from resolvers.policy import Operation
from schema.courses import Course
from schema.declare import Argument, column, extends, global_id, many, mapped, one, root_connection
from schema.nodes import Node
from schema.pages import Connection

OF_COURSE = Argument("course", str | None, "Only of this course: its number, code or slug.")


@strawberry.enum(description="What kind of answer a training item wants.")
class TrainingItemType(enum.Enum):
    MULTIPLE_CHOICE = strawberry.enum_value("multiple_choice", description="One of `payload.choices`.")
    DICTATION = strawberry.enum_value("dictation", description="`payload.speech` is spoken; the learner writes it.")
    SPEAKING = strawberry.enum_value("speaking", description="The learner says `payload.target`.")
    READING = strawberry.enum_value("reading", description="A choice for each of `payload.questions`.")
    GAP_FILL = strawberry.enum_value("gap_fill", description="What belongs into the gap of `payload.text`.")


@strawberry.enum(description="A language skill, as CEFR tells them apart.")
class Skill(enum.Enum):
    LISTENING = strawberry.enum_value("listening", description="Listening.")
    READING = strawberry.enum_value("reading", description="Reading.")
    SPEAKING = strawberry.enum_value("speaking", description="Speaking.")
    WRITING = strawberry.enum_value("writing", description="Writing.")
    VOCABULARY = strawberry.enum_value("vocabulary", description="Vocabulary.")
    GRAMMAR = strawberry.enum_value("grammar", description="Grammar.")


ITEM_TYPE = Argument("type", TrainingItemType | None, "Only items of this type.")


@mapped(rows.lessons, scope=scopes.lesson_rows, node=Reading(Operation.COURSES), description="A lesson of a course.")
class Lesson(Node):
    id: strawberry.ID = global_id("Lesson")
    legacy_id: int = column("The database's number of the lesson.", "id")
    code: str = column("Code.")
    name: str = column("Name.")
    seq: int = column("Order within the course.")
    updated_at: datetime.datetime = column("When the lesson last changed.")
    course: Course = one("The course.", key="course_id", implied=True, operation=Operation.COURSES)
    trainings: list["Training"] = many(
        "Its trainings, by seq.", match="lesson_id", order=("seq",), operation=Operation.COURSES
    )


@mapped(
    rows.trainings,
    scope=scopes.lesson_rows,
    node=Reading(Operation.COURSES),
    description="A block of training items within a lesson.",
)
class Training(Node):
    id: strawberry.ID = global_id("Training")
    legacy_id: int = column("The database's number of the training.", "id")
    name: str = column("Name.")
    kind: str = column("What is trained, such as vocabulary.")
    seq: int = column("Order within the lesson.")
    updated_at: datetime.datetime = column("When the training last changed.")
    lesson: Lesson = one("The lesson.", key="lesson_id", implied=True)
    items: list["TrainingItem"] = many(
        "Its items, by seq.",
        match="training_id",
        order=("seq",),
        filters=ITEMS_BELOW_FILTERS,
        arguments=(ITEM_TYPE,),
    )


@mapped(
    rows.training_items,
    scope=scopes.lesson_rows,
    node=Reading(Operation.COURSES),
    description="Something to answer. The solution stays with us: `recordProgress` marks the answer and then tells it.",
)
class TrainingItem(Node):
    id: strawberry.ID = global_id("TrainingItem")
    legacy_id: int = column("The database's number of the item.", "id")
    type: TrainingItemType = column("What kind of answer it wants.")
    type_code: str = column("The same, as the REST API prints it.", "type")
    skill: Skill = column("The skill it shows.")
    skill_code: str = column("The same, as the REST API prints it.", "skill")
    seq: int = column("Order within the training.")
    payload: JSON = column("What the learner is shown; its members depend on the type.")
    updated_at: datetime.datetime = column("When the item last changed.")
    training: Training = one("The training.", key="training_id", implied=True)


@extends(Course)
class CourseLessons:
    lessons: list[Lesson] = many(
        "Its lessons, by seq. Not for people without a token.",
        match="course_id",
        order=("seq",),
        operation=Operation.COURSES,
    )


@strawberry.type
class LessonQueries:
    lessons: Connection[Lesson] = root_connection(
        "Lessons, course by course and by seq.",
        order=("course_id", "seq"),
        filters=LESSON_FILTERS,
        checks=(COURSE_IN_SIGHT,),
        operation=Operation.COURSES,
        arguments=(OF_COURSE,),
    )
    trainings: Connection[Training] = root_connection(
        "Trainings, lesson by lesson and by seq.",
        order=("lesson_id", "seq"),
        filters=TRAINING_FILTERS,
        checks=(COURSE_IN_SIGHT,),
        operation=Operation.COURSES,
        arguments=(
            OF_COURSE,
            Argument("lesson_legacy_id", int | None, "Only of the lesson with this number."),
        ),
    )
    training_items: Connection[TrainingItem] = root_connection(
        "Training items, training by training and by seq.",
        order=("training_id", "seq"),
        filters=ITEM_FILTERS,
        operation=Operation.COURSES,
        arguments=(
            ITEM_TYPE,
            Argument("training_legacy_id", int | None, "Only of the training with this number."),
        ),
    )
