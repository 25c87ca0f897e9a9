"""Students (生徒), their schools (学校) and school grades (学年) in the graph."""

import datetime
import enum
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from db import students as rows
from db.statements.plan import Link
from resolvers import scopes
from resolvers.context import Request, Viewer
from resolvers.courses import SCHOOL_FILTERS
from resolvers.engine.declare import Reading
from resolvers.organizations import ORGANIZATION_IN_REACH
from resolvers.policy import Operation
from resolvers.students import (
    LISTED,
    ONE_STUDENT,
    SEARCH_FILTERS,
    STUDENT_FILTERS,
    listed_now,
    update_school_profile,
    what_viewer_may,
)
from schema.declare import (
    REQUIRED,
    Argument,
    OrderDirection,
    column,
    computed,
    connection,
    extends,
    first,
    global_id,
    many,
    mapped,
    needs,
    one,
    root_connection,
    root_one,
)
from schema.mistakes import UserError, user_errors
from schema.nodes import Node
from schema.organizations import OF_ORGANIZATION, Group, Organization, Section
from schema.pages import Connection

SECTIONS = Link(rows.student_sections, ("student_id",), "section_id")
GROUPS = Link(rows.student_groups, ("student_id",), "group_id")
OF_SECTION = Link(rows.student_sections, ("section_id",), "student_id")
OF_GROUP = Link(rows.student_groups, ("group_id",), "student_id")
STUDENT_ORDERS = {
    "code": ("code",),
    "last_name": ("last_name_key",),
    "full_name": ("full_name_key",),
    "external_id": ("external_id",),
}
SCHOOL_ORDERS = {"code": ("code",), "name": ("name",)}


@strawberry.enum(description="The row of the kana table in which a last name begins (カナ姓の行).")
class KanaGroup(enum.Enum):
    A = strawberry.enum_value("A", description="ア行, and ヴ.")
    K = strawberry.enum_value("K", description="カ行, ガ行 and ヵヶ.")
    S = strawberry.enum_value("S", description="サ行 and ザ行.")
    T = strawberry.enum_value("T", description="タ行, ダ行 and ッ.")
    N = strawberry.enum_value("N", description="ナ行.")
    H = strawberry.enum_value("H", description="ハ行, バ行 and パ行.")
    M = strawberry.enum_value("M", description="マ行.")
    Y = strawberry.enum_value("Y", description="ヤ行.")
    R = strawberry.enum_value("R", description="ラ行.")
    W = strawberry.enum_value("W", description="ワ行, ン and ヷ to ヺ.")
    OTHER = strawberry.enum_value("OTHER", description="Anything else: ー, Latin, kanji, digits, nothing.")


@strawberry.enum(description="Who runs a school (設置区分).")
class EstablishmentType(enum.Enum):
    NATIONAL = strawberry.enum_value("national", description="National (国立).")
    PUBLIC = strawberry.enum_value("public", description="Public (公立).")
    PRIVATE = strawberry.enum_value("private", description="Private (私立).")


@strawberry.enum(description="The category of a course (講座カテゴリ).")
class CourseCategory(enum.Enum):
    PACKAGED = strawberry.enum_value("packaged", description="Packaged course (パッケージ講座).")
    EXTERNAL_APP = strawberry.enum_value("external_app", description="Course in an external app (外部アプリ).")
    RECOMMENDED = strawberry.enum_value("recommended", description="Recommended course (おすすめ講座).")
    ATAMA_PLUS = strawberry.enum_value("atama_plus", description="atama+ course.")
    OTHERS = strawberry.enum_value("others", description="Other courses (その他).")


@strawberry.enum(description="What students are ordered by.")
class StudentOrderField(enum.Enum):
    CODE = strawberry.enum_value("code", description="Code (生徒コード).")
    LAST_NAME = strawberry.enum_value("last_name", description="Last name by its kana (カナ姓).")
    FULL_NAME = strawberry.enum_value("full_name", description="Full name by its kana (カナ氏名).")
    EXTERNAL_ID = strawberry.enum_value("external_id", description="External id (外部ID).")


@strawberry.enum(description="What schools are ordered by.")
class SchoolOrderField(enum.Enum):
    CODE = strawberry.enum_value("code", description="Code (学校コード).")
    NAME = strawberry.enum_value("name", description="Name, by code point.")


@strawberry.input(description="How students are ordered.")
class StudentOrder:
    field: StudentOrderField = strawberry.field(
        description="What decides; equals are told apart by id.", default=StudentOrderField.CODE
    )
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


@strawberry.input(description="How schools are ordered.")
class SchoolOrder:
    field: SchoolOrderField = strawberry.field(description="What decides.", default=SchoolOrderField.CODE)
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


@strawberry.input(description="Which students a list shows. Locked students are never listed.")
class StudentFilter:
    keyword: str | None = strawberry.field(
        description="Found anywhere in code, external id, names and kana, also across last and first name;"
        " width, case, hiragana and small kana do not matter. At most 200 characters.",
        default=None,
    )
    section_code: str | None = strawberry.field(description="In the section with this code (所属コード).", default=None)
    group_code: str | None = strawberry.field(description="In the group with this code (グループコード).", default=None)
    uids: list[str] | None = strawberry.field(description="With one of these uids, at most 1,000.", default=None)
    kana_group: KanaGroup | None = strawberry.field(description="Last name in this row (カナ姓の行).", default=None)
    school_grade: int | None = strawberry.field(
        description="In this school grade (学年): 1–3 中1–中3, 4–6 高1–高3, 0 その他.", default=None
    )
    course_category: CourseCategory | None = strawberry.field(
        description="Enrolled in a course of this category (講座カテゴリ).", default=None
    )
    all_years: bool = strawberry.field(
        description="Also those who are not on the roster of the current academic year (全年度).", default=False
    )
    include_out_of_period: bool = strawberry.field(
        description="Also those whose period of use has not begun or is over (有効期間外).", default=False
    )
    exclude_demo: bool = strawberry.field(description="Leave demo students out (デモ設定を含まない).", default=False)


STUDENT_FILTER = Argument("filter", StudentFilter | None, "Which students.")
STUDENT_ORDER = Argument("order_by", StudentOrder | None, "The order; by code unless told.")


@mapped(rows.prefectures, scope=scopes.shared_rows, key=("code",), description="A prefecture (都道府県).")
class Prefecture:
    code: str = column('Code without a leading zero: "1" is 北海道.')
    name: str = column("Name.")


@mapped(
    rows.schools,
    scope=scopes.shared_rows,
    key=("code",),
    node=Reading(Operation.SCHOOLS),
    description="A school (学校).",
)
class School(Node):
    id: strawberry.ID = global_id("School", "code")
    code: str = column("Code (学校コード).")
    name: str = column("Name.")
    name_kana: str = column("Name in kana.")
    establishment_type: EstablishmentType = column("Who runs it (設置区分).")
    establishment_type_code: str = column("Who runs it, as the REST API prints it.", "establishment_type")
    prefecture: Prefecture = one("Where it is (都道府県).", key="prefecture_code", match="code", implied=True)


@extends(Prefecture)
class PrefectureSchools:
    schools: Connection[School] = connection(
        "The schools in this prefecture.",
        key="code",
        match="prefecture_code",
        orders={"code": ("code",)},
        operation=Operation.SCHOOLS,
    )


@mapped(
    rows.student_grades,
    scope=scopes.of_students,
    key=("student_id", "academic_year"),
    student="student_id",
    description="A student's school grade (学年) in an academic year.",
)
class SchoolGrade:
    value: int = column("1–3 中1–中3, 4–6 高1–高3, 0 その他.")
    name: str = column("What it is called, such as 中1.")
    academic_year: int = column("The academic year (年度), which begins on 1 April.")


@mapped(
    rows.students,
    scope=scopes.student_rows,
    node=Reading(Operation.STUDENTS, where=LISTED),
    log="student",
    student="id",
    description="A student (生徒). Personal data of a minor: staff see students of organizations in their reach,"
    " students see themselves.",
)
class Student(Node):
    id: strawberry.ID = global_id("Student")
    legacy_id: int = column("The database's number of the student.", "id")
    uid: str = column("The uid, which is the `sub` of the person's access tokens.")
    code: str = column("Code (生徒コード).")
    external_id: str = column("External id (外部ID).")
    first_name: str = column("First name (名).")
    last_name: str = column("Last name (姓).")
    first_name_kana: str = column("First name in kana (カナ名).")
    last_name_kana: str = column("Last name in kana (カナ姓).")
    kana_group: KanaGroup = column("The row of the kana table in which the last name begins.")
    start_at: datetime.datetime = column("Start of the period of use (有効期間).")
    end_at: datetime.datetime = column("End of the period of use, included.")
    date_of_birth: datetime.date | None = column("Date of birth (生年月日).")
    demo: bool = column("Whether this is a demo student (デモ設定).")
    updated_at: datetime.datetime = column("When the row last changed.")
    organization: Organization = one("The organization (組織).", key="organization_id", implied=True)
    school: School | None = one("The school (学校).", key="school_code", match="code")
    school_grade: SchoolGrade | None = first(
        "The school grade (学年) of the current academic year, or of the last one before it.",
        key="id",
        match="student_id",
        order=("-academic_year",),
        where=rows.is_past_year,
    )
    sections: list[Section] = many(
        "The sections (所属) the student is in, by seq.", link=SECTIONS, order=("seq",), operation=Operation.SECTIONS
    )
    groups: list[Group] = many(
        "The groups (グループ) the student is in, by seq.", link=GROUPS, order=("seq",), operation=Operation.GROUPS
    )

    @computed(
        "id",
        "organization_id",
        description="The operations of the role matrix that you may carry out on this student.",
    )
    def viewer_can(students: Sequence[Any], viewer: Viewer) -> list[list[str]]:  # noqa: N805  # a batch, no method  # a batch, not a method
        return what_viewer_may(students, viewer)


@extends(Organization)
class OrganizationStudents:
    students: Connection[Student] = connection(
        "The organization's students (生徒).",
        match="organization_id",
        orders=STUDENT_ORDERS,
        filters=SEARCH_FILTERS,
        where=LISTED,
        operation=Operation.STUDENTS,
        arguments=(STUDENT_FILTER, STUDENT_ORDER),
    )


@extends(Section)
class SectionStudents:
    students: Connection[Student] = connection(
        "The students in this section who may use the service now, in the order of their numbers.",
        link=OF_SECTION,
        where=listed_now,
        operation=Operation.STUDENTS,
    )


@extends(Group)
class GroupStudents:
    students: Connection[Student] = connection(
        "The students in this group who may use the service now, in the order of their numbers.",
        link=OF_GROUP,
        where=listed_now,
        operation=Operation.STUDENTS,
    )


@strawberry.type
class StudentQueries:
    student: Student | None = root_one(
        "One student by uid; null where there is none within your reach, or the account is locked.",
        filters=ONE_STUDENT,
        where=LISTED,
        operation=Operation.STUDENTS_BY_UID,
        arguments=(Argument("uid", str, "The uid.", REQUIRED),),
    )
    students: Connection[Student] = root_connection(
        "Students (生徒一覧取得), of one organization or of all within your reach.",
        orders=STUDENT_ORDERS,
        filters=STUDENT_FILTERS,
        where=LISTED,
        checks=(ORGANIZATION_IN_REACH,),
        operation=Operation.STUDENTS,
        arguments=(*OF_ORGANIZATION, STUDENT_FILTER, STUDENT_ORDER),
    )
    schools: Connection[School] = root_connection(
        "Schools (学校情報取得).",
        orders=SCHOOL_ORDERS,
        filters=SCHOOL_FILTERS,
        operation=Operation.SCHOOLS,
        arguments=(
            Argument("name", str | None, "Found anywhere in the name (部分一致)."),
            Argument("prefecture_code", str | None, 'Code of the prefecture; "1" and "01" are the same.'),
            Argument("order_by", SchoolOrder | None, "The order; by code unless told."),
        ),
    )


@strawberry.type(description="What came of a change to your own school profile.")
class UpdateMySchoolProfilePayload:
    student_id: strawberry.Private[int | None]
    student: Student | None = one("You, as you are now; null where nothing was changed.", key="student_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type
class StudentMutations:
    @strawberry.mutation(
        description="Change your own school and date of birth (生徒自身の学校・生年月日更新). For students only.",
        metadata=needs(Operation.UPDATE_SELF),
    )
    async def update_my_school_profile(
        self,
        info: Info[Request, None],
        school_code: Annotated[str, strawberry.argument(description="Code of the school (学校コード).")],
        date_of_birth: Annotated[datetime.date, strawberry.argument(description="Date of birth (生年月日).")],
    ) -> UpdateMySchoolProfilePayload:
        request = info.context
        mistakes = await update_school_profile(request, school_code=school_code, date_of_birth=date_of_birth)
        changed = None if mistakes or request.viewer is None else request.viewer.student_id
        return UpdateMySchoolProfilePayload(student_id=changed, user_errors=user_errors(mistakes))
