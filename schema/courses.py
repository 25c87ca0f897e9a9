"""Courses (講座), lesson packages (授業パッケージ) and what a student takes of them."""

import datetime
import enum

import strawberry

from db import courses as rows
from db.progress.events import progress_events
from db.statements.plan import Link
from resolvers import scopes
from resolvers.courses import (
    ALL_ENROLLMENT_FILTERS,
    COURSE_FILTERS,
    COURSE_IN_SIGHT,
    ENROLLMENT_FILTERS,
    ONE_COURSE,
    ONE_PUBLIC_COURSE,
    PUBLIC_COURSE_FILTERS,
    STUDENT_COURSE_FILTERS,
)
from resolvers.engine.declare import Reading
from resolvers.organizations import ORGANIZATION_IN_REACH
from resolvers.policy import Operation
from resolvers.students import HOLDER_FILTERS, listed_now
from schema.declare import (
    REQUIRED,
    Argument,
    OrderDirection,
    column,
    connection,
    extends,
    first,
    global_id,
    many,
    mapped,
    one,
    root_connection,
    root_one,
)
from schema.nodes import Node
from schema.organizations import OF_ORGANIZATION
from schema.pages import Connection
from schema.students import CourseCategory, Student

COURSE_ORDERS = {
    "seq": ("seq",),
    "code": ("code",),
    "name": ("name",),
    "abbreviation": ("abbreviation",),
    "updated_at": ("updated_at",),
}
HOLDER_ORDERS = {"uid": ("uid",), "code": ("code",)}
OF_COURSE = Link(rows.enrollments, ("course_id",), "student_id")


@strawberry.enum(description="What courses are ordered by.")
class CourseOrderField(enum.Enum):
    SEQ = strawberry.enum_value("seq", description="Display order (表示順).")
    CODE = strawberry.enum_value("code", description="Code (講座コード).")
    NAME = strawberry.enum_value("name", description="Name, by code point.")
    ABBREVIATION = strawberry.enum_value("abbreviation", description="Abbreviation (略称), by code point.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When the course last changed.")


@strawberry.enum(description="Which of the two systems a course comes from.")
class CourseOrigin(enum.Enum):
    DIVERSE = strawberry.enum_value("diverse", description="The cram-school administration: 講座 and lesson packages.")
    TALKTIKO = strawberry.enum_value("talktiko", description="The language-learning product: lessons and trainings.")


@strawberry.enum(description="A level of the Common European Framework of Reference for Languages (CEFR).")
class CefrLevel(enum.Enum):
    A1 = strawberry.enum_value("A1", description="Beginner.")
    A2 = strawberry.enum_value("A2", description="Elementary.")
    B1 = strawberry.enum_value("B1", description="Intermediate.")
    B2 = strawberry.enum_value("B2", description="Upper intermediate.")
    C1 = strawberry.enum_value("C1", description="Advanced.")
    C2 = strawberry.enum_value("C2", description="Proficient.")


@strawberry.enum(description="What students with lesson packages are ordered by.")
class HolderOrderField(enum.Enum):
    UID = strawberry.enum_value("uid", description="uid.")
    CODE = strawberry.enum_value("code", description="Code (生徒コード).")


@strawberry.input(description="How courses are ordered.")
class CourseOrder:
    field: CourseOrderField = strawberry.field(
        description="What decides; equals are told apart by id.", default=CourseOrderField.SEQ
    )
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


@strawberry.input(description="How students with lesson packages are ordered.")
class HolderOrder:
    field: HolderOrderField = strawberry.field(
        description="What decides; equals are told apart by id.", default=HolderOrderField.UID
    )
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


@strawberry.input(description="Which courses a list shows.")
class CourseFilter:
    keyword: str | None = strawberry.field(
        description="Found anywhere in code, name or abbreviation; width, case and kana kind do not matter.",
        default=None,
    )
    categories: list[CourseCategory] | None = strawberry.field(description="In one of these categories.", default=None)
    subjects: list[str] | None = strawberry.field(description="Of one of these subjects, by key.", default=None)
    levels: list[str] | None = strawberry.field(description="Of one of these levels, by key.", default=None)
    exclude_demo: bool = strawberry.field(description="Leave demo courses out (デモ講座を除外).", default=False)
    origin: CourseOrigin | None = strawberry.field(description="Of this system.", default=None)
    language: str | None = strawberry.field(description="Teaching this language, such as en.", default=None)
    cefr_level: CefrLevel | None = strawberry.field(description="At this CEFR level.", default=None)
    topic: str | None = strawberry.field(description="About this topic, such as travel.", default=None)
    published: bool | None = strawberry.field(
        description="Only what is published (true), or only what is not (false). Courses of Diverse never are.",
        default=None,
    )
    updated_since: datetime.datetime | None = strawberry.field(
        description="Changed at this instant or later.", default=None
    )


@strawberry.input(description="Which published courses a list shows to people without a token.")
class PublicCourseFilter:
    keyword: str | None = strawberry.field(
        description="Found anywhere in code, name or abbreviation; width, case and kana kind do not matter.",
        default=None,
    )
    language: str | None = strawberry.field(description="Teaching this language, such as en.", default=None)
    cefr_level: CefrLevel | None = strawberry.field(description="At this CEFR level.", default=None)


@mapped(rows.subjects, scope=scopes.shared_rows, key=("key",), description="A subject (科目).")
class Subject:
    key: str = column("Key, such as english.")
    name: str = column("Name, such as 英語.")


@mapped(rows.levels, scope=scopes.shared_rows, key=("key",), description="The level of a course (レベル).")
class CourseLevel:
    key: str = column("Key, such as pre_entrance_exam.")
    name: str = column("Name, such as プレ入試レベル.")


@mapped(
    rows.courses,
    scope=scopes.course_rows,
    node=Reading(Operation.COURSES),
    log="course",
    description="A course (講座).",
)
class Course(Node):
    id: strawberry.ID = global_id("Course")
    legacy_id: int = column("The database's number of the course.", "id")
    code: str = column("Code (講座コード).")
    name: str = column("Name (講座名).")
    abbreviation: str = column("Abbreviation (略称).")
    seq: int = column("Display order (表示順).")
    origin: CourseOrigin = column("Which of the two systems the course comes from.")
    category: CourseCategory | None = column("Category (講座カテゴリ); null for courses of Talktiko.")
    category_code: str | None = column("Category, as the REST API prints it.", "category")
    slug: str | None = column("Name in addresses, such as first-steps-a1; null for courses of Diverse.")
    language: str | None = column("The language that is taught, such as en.")
    cefr_level: CefrLevel | None = column("CEFR level.")
    topic: str | None = column("Topic, such as travel; Talktiko calls it category.")
    description: str | None = column("What it is about.")
    published_at: datetime.datetime | None = column("When it was or will be published; null for a draft.")
    lessons_count: int = column("How many lessons it has.")
    updated_at: datetime.datetime = column("When the course last changed.")
    is_demo: bool = column("Whether this is a demo course (デモ講座).")
    start_date: datetime.date | None = column("First day of the course.")
    end_date: datetime.date | None = column("Last day of the course.")
    subject: Subject | None = one("Subject (科目).", key="subject_key", match="key")
    level: CourseLevel | None = one("Level (レベル).", key="level_key", match="key")
    lesson_packages: list["LessonPackage"] = many(
        "The lesson packages (授業パッケージ) of the course, by seq and code.",
        match="course_id",
        order=("seq", "code"),
        operation=Operation.COURSES,
    )


@mapped(
    rows.lesson_packages,
    scope=scopes.shared_rows,
    node=Reading(Operation.COURSES, within=scopes.lesson_rows),
    description="A lesson package (授業パッケージ) of a course.",
)
class LessonPackage(Node):
    id: strawberry.ID = global_id("LessonPackage")
    legacy_id: int = column("The database's number of the lesson package.", "id")
    code: str = column("Code.")
    name: str = column("Name.")
    seq: int = column("Order within the course.")
    course: Course | None = one("The course; null for demo tokens where it is no demo course.", key="course_id")


@mapped(
    progress_events,
    scope=scopes.of_students,
    student="student_id",
    description="Something a student did with a lesson package.",
)
class ProgressEvent:
    legacy_id: int = column("The number of the event.", "id")
    verb: str = column("What was done, such as completed.")
    created_at: datetime.datetime = column("When.")


@mapped(
    rows.student_packages,
    scope=scopes.of_students,
    key=("student_id", "lesson_package_id"),
    student="student_id",
    description="A lesson package as a student has it.",
)
class StudentLessonPackage:
    code: str = column("Code.")
    name: str = column("Name.")
    seq: int = column("Order within the course.")
    latest_progress: ProgressEvent | None = first(
        "What the student did last with it.",
        key=("student_id", "lesson_package_id"),
        match=("student_id", "lesson_package_id"),
        order=("-created_at", "-id"),
        operation=Operation.PROGRESS,
    )


@mapped(
    rows.student_courses,
    scope=scopes.course_rows,
    key=("id",),
    student="student_id",
    description="A course as a student takes it (受講講座): the enrollment and its course.",
)
class StudentCourse:
    code: str = column("Code (講座コード).")
    name: str = column("Name (講座名).")
    abbreviation: str = column("Abbreviation (略称).")
    seq: int = column("Display order (表示順).")
    category: CourseCategory | None = column("Category (講座カテゴリ); null for courses of Talktiko.")
    enrolled_at: datetime.datetime = column("When the student was enrolled.")
    course: Course = one("The course itself.", key="course_id", implied=True, operation=Operation.COURSES)
    lesson_packages: list[StudentLessonPackage] = many(
        "The lesson packages of this course that the student has, by seq and code.",
        key=("student_id", "course_id"),
        match=("student_id", "course_id"),
        order=("seq", "code"),
    )


@extends(Student)
class StudentCourses:
    courses: list[StudentCourse] = many(
        "The courses the student takes (受講講座), by seq and code.",
        match="student_id",
        order=("seq", "code"),
        filters=STUDENT_COURSE_FILTERS,
        operation=Operation.LESSON_PACKAGES,
        arguments=(
            Argument("category", CourseCategory | None, "Only courses of this category."),
            Argument("origin", CourseOrigin | None, "Only courses of this system."),
        ),
    )


@mapped(
    rows.enrollments,
    scope=scopes.enrollment_rows,
    node=Reading(Operation.LESSON_PACKAGES),
    student="student_id",
    description="A student's enrollment in a course (受講), and when the student completed it.",
)
class Enrollment(Node):
    id: strawberry.ID = global_id("Enrollment")
    enrolled_at: datetime.datetime = column("When the student was enrolled.")
    completed_at: datetime.datetime | None = column("When the student had completed every lesson of the course.")
    student: Student = one(
        "The student (生徒).", key="student_id", implied=True, operation=Operation.STUDENTS_BY_COURSE_CATEGORY
    )
    course: Course | None = one(
        "The course; null where it is not in sight for you.", key="course_id", operation=Operation.COURSES
    )


COMPLETED = Argument("completed", bool | None, "Only those who completed it (true), or who did not (false).")


@extends(Course)
class CourseEnrollments:
    enrollments: Connection[Enrollment] = connection(
        "Enrollments of students within your reach, the earliest first.",
        match="course_id",
        filters=ENROLLMENT_FILTERS,
        operation=Operation.STUDENTS_BY_COURSE_CATEGORY,
        arguments=(COMPLETED,),
    )


@extends(Student)
class StudentEnrollments:
    enrollments: Connection[Enrollment] = connection(
        "The student's enrollments (受講), the earliest first.",
        match="student_id",
        filters=ENROLLMENT_FILTERS,
        operation=Operation.LESSON_PACKAGES,
        arguments=(COMPLETED,),
    )


@extends(Course)
class CourseStudents:
    students: Connection[Student] = connection(
        "The students within your reach who take the course and may use the service now, by their numbers.",
        link=OF_COURSE,
        where=listed_now,
        operation=Operation.STUDENTS_BY_COURSE_CATEGORY,
    )


@strawberry.type
class CourseQueries:
    course: Course | None = root_one(
        "One course by its code, or by whatever names it (one is needed); null where there is none.",
        filters=ONE_COURSE,
        needs_one_of=("code", "key"),
        operation=Operation.COURSES,
        arguments=(
            Argument("code", str | None, "Code (講座コード)."),
            Argument("key", str | None, "Number, code or slug, in this order."),
            Argument("origin", CourseOrigin | None, "Only if it comes from this system."),
        ),
    )
    public_course: Course | None = root_one(
        "One published course by its slug; for everyone, also without a token.",
        filters=ONE_PUBLIC_COURSE,
        where=rows.is_published,
        public=True,
        arguments=(Argument("slug", str, "Name in addresses.", REQUIRED),),
    )
    public_courses: Connection[Course] = root_connection(
        "Published courses; for everyone, also without a token.",
        orders=COURSE_ORDERS,
        filters=PUBLIC_COURSE_FILTERS,
        where=rows.is_published,
        public=True,
        arguments=(Argument("filter", PublicCourseFilter | None, "Which courses."),),
    )
    courses: Connection[Course] = root_connection(
        "Courses (講座情報取得).",
        orders=COURSE_ORDERS,
        filters=COURSE_FILTERS,
        operation=Operation.COURSES,
        arguments=(
            Argument("filter", CourseFilter | None, "Which courses."),
            Argument("order_by", CourseOrder | None, "The order; by seq unless told."),
        ),
    )
    enrollments: Connection[Enrollment] = root_connection(
        "Enrollments (受講) of students within your reach, the earliest first.",
        filters=ALL_ENROLLMENT_FILTERS,
        checks=(ORGANIZATION_IN_REACH, COURSE_IN_SIGHT),
        operation=Operation.STUDENTS_BY_COURSE_CATEGORY,
        arguments=(
            *OF_ORGANIZATION,
            Argument("course", str | None, "In one course (number, code or slug)."),
            COMPLETED,
            Argument("completed_from", datetime.datetime | None, "Completed at this instant or later."),
            Argument("completed_to", datetime.datetime | None, "Completed at this instant or earlier."),
        ),
    )
    students_with_lesson_packages: Connection[Student] = root_connection(
        "Students with the courses and lesson packages they have (生徒の授業パッケージ取得); students see themselves.",
        orders=HOLDER_ORDERS,
        filters=HOLDER_FILTERS,
        where=listed_now,
        checks=(ORGANIZATION_IN_REACH,),
        operation=Operation.LESSON_PACKAGES,
        arguments=(
            *OF_ORGANIZATION,
            Argument("uids", list[str] | None, "With one of these uids, at most 1,000."),
            Argument("course_category", CourseCategory | None, "Only who takes a course of this category."),
            Argument("keyword", str | None, "Found anywhere in uid or code."),
            Argument("order_by", HolderOrder | None, "The order; by uid unless told."),
        ),
    )
