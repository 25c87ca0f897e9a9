"""The documented role matrix: 12 operations for 8 kinds of people and 5 organizations each, by REST and by GraphQL."""

from typing import Any, NamedTuple

import httpx2
import pytest

from gateway.diverse.routes import DOORS
from gateway.doors.parameters import read, variables
from resolvers.policy import MATRIX, Operation, Reach
from tests.diverse.asking import (
    ADMINISTRATOR,
    CLERK_CHILD,
    CLERK_PARENT,
    COACH_CHILD,
    COACH_PARENT,
    OWNER_CHILD,
    OWNER_PARENT,
    STUDENT,
    Api,
    Given,
)

# As the description prints it. Columns: 生徒, 子組織コーチ, 親組織コーチ, 子組織管理者, 親組織管理者,
# 子組織事務担当者, 親組織事務担当者, システム運用者.
DOCUMENTED = {
    "ログイン者情報取得API": "〇〇〇〇〇〇〇〇",
    "組織情報取得API": "〇〇◎〇◎〇◎●",
    "所属情報取得API": "〇〇◎〇◎〇◎●",
    "グループ情報取得API": "〇〇◎〇◎〇◎●",
    "生徒一覧取得API": "-〇◎〇◎〇◎●",
    "生徒自身の学校・生年月日更新API": "〇-------",
    "生徒の授業パッケージ取得API": "〇〇◎〇◎〇◎●",
    "生徒一覧取得API(指定講座カテゴリのみ)": "-〇◎〇◎〇◎●",
    "生徒一覧取得API(uid検索)": "-〇◎〇◎〇◎●",
    "学校情報取得API": "●●●●●●●●",
    "講座情報取得API": "●●●●●●●●",
    "お知らせ一覧取得API": "〇〇〇〇〇〇〇〇",
}
OPERATIONS = {
    "ログイン者情報取得API": Operation.ME,
    "組織情報取得API": Operation.ORGANIZATIONS,
    "所属情報取得API": Operation.SECTIONS,
    "グループ情報取得API": Operation.GROUPS,
    "生徒一覧取得API": Operation.STUDENTS,
    "生徒自身の学校・生年月日更新API": Operation.UPDATE_SELF,
    "生徒の授業パッケージ取得API": Operation.LESSON_PACKAGES,
    "生徒一覧取得API(指定講座カテゴリのみ)": Operation.STUDENTS_BY_COURSE_CATEGORY,
    "生徒一覧取得API(uid検索)": Operation.STUDENTS_BY_UID,
    "学校情報取得API": Operation.SCHOOLS,
    "講座情報取得API": Operation.COURSES,
    "お知らせ一覧取得API": Operation.INFORMATIONS,
}
# Operations in which 〇 is the person alone, for everyone or in the first column.
SELF_FOR_ALL, SELF_FOR_STUDENTS = (Operation.ME, Operation.UPDATE_SELF), (Operation.LESSON_PACKAGES,)


class Organization(NamedTuple):
    """An organization by both of its names."""

    code: str
    id: int


UENO, NAMBA = Organization("kakehashi-ueno", 2002), Organization("kakehashi-namba", 2003)
KAKEHASHI, SUNDAI = Organization("kakehashi", 2001), Organization("sundai", 1)
API_SPEC, OCHANOMIZU = Organization("api_spec", 1015), Organization("ochanomizu1", 2)
UNKNOWN = Organization("no-such", 999999)

# Nothing lies below a child or above a parent: there, another family's child or parent takes the place.
FROM_CHILD = {"own": UENO, "child": OCHANOMIZU, "parent": KAKEHASHI, "sibling": NAMBA, "unknown": UNKNOWN}
FROM_PARENT = {"own": KAKEHASHI, "child": UENO, "parent": SUNDAI, "sibling": API_SPEC, "unknown": UNKNOWN}
PEOPLE = (
    (STUDENT, FROM_CHILD),
    (COACH_CHILD, FROM_CHILD),
    (COACH_PARENT, FROM_PARENT),
    (OWNER_CHILD, FROM_CHILD),
    (OWNER_PARENT, FROM_PARENT),
    (CLERK_CHILD, FROM_CHILD),
    (CLERK_PARENT, FROM_PARENT),
    (ADMINISTRATOR, FROM_PARENT),
)
REACHED = {"〇": {"own"}, "◎": {"own", "child"}, "●": {"own", "child", "parent", "sibling"}}
OK, NOTHING = "ok", "nothing"
NOT_ALLOWED, OUT_OF_REACH, NOT_KNOWN = (
    "403 operation_not_allowed",
    "403 organization_out_of_reach",
    "404 organization_unknown",
)


def reach_of(operation: Operation, column: int, sign: str) -> Reach | None:
    """What a sign of the documented table says."""
    if sign == "〇":
        alone = operation in SELF_FOR_ALL or (operation in SELF_FOR_STUDENTS and column == 0)
        return Reach.SELF if alone else Reach.OWN
    return {"-": None, "◎": Reach.OWN_AND_CHILDREN, "●": Reach.ALL}[sign]


def test_the_matrix_in_the_code_is_the_documented_table() -> None:
    documented = {
        OPERATIONS[name]: tuple(reach_of(OPERATIONS[name], column, sign) for column, sign in enumerate(signs))
        for name, signs in DOCUMENTED.items()
    }
    assert {operation: row for operation, row in MATRIX.items() if operation in documented} == documented
    assert set(documented) == set(OPERATIONS.values())


def test_the_usage_feed_which_is_not_in_the_table_is_for_system_operators() -> None:
    assert MATRIX[Operation.USAGE_FEED] == (*[None] * 7, Reach.ALL)


def expected(name: str, column: int, place: str) -> str:
    """The verdict that the documented table gives on an organization."""
    sign, operation = DOCUMENTED[name][column], OPERATIONS[name]
    if sign == "-":
        return NOT_ALLOWED
    if operation in (Operation.ME, Operation.UPDATE_SELF, Operation.SCHOOLS, Operation.COURSES):
        return OK
    # A system operator belongs to no organization: for notices every one counts as the own.
    everything = sign == "●" or column == 7
    if place in (REACHED["●"] if everything else REACHED[sign]):
        return OK
    if operation is Operation.ORGANIZATIONS:
        return NOTHING
    return NOT_KNOWN if everything else OUT_OF_REACH


ASKED: dict[Operation, tuple[str, str]] = {
    Operation.ME: ("GET", "/me"),
    Operation.ORGANIZATIONS: ("GET", "/organizations"),
    Operation.SECTIONS: ("GET", "/sections"),
    Operation.GROUPS: ("GET", "/groups"),
    Operation.STUDENTS: ("GET", "/students"),
    Operation.UPDATE_SELF: ("PATCH", "/students/me"),
    Operation.LESSON_PACKAGES: ("POST", "/students/lesson_packages"),
    Operation.STUDENTS_BY_COURSE_CATEGORY: ("GET", "/students/by_course_category"),
    Operation.STUDENTS_BY_UID: ("POST", "/students/search"),
    Operation.SCHOOLS: ("GET", "/schools"),
    Operation.COURSES: ("GET", "/courses"),
    Operation.INFORMATIONS: ("GET", "/informations"),
}


async def given(api: Api, operation: Operation, named: Organization) -> Given:
    """What is asked of one organization."""
    match operation:
        case Operation.ME | Operation.SCHOOLS | Operation.COURSES:
            return {}
        case Operation.ORGANIZATIONS:
            return {"code": named.code}
        case Operation.UPDATE_SELF:
            # What the student has already, so that nothing changes.
            content = (await api.get("/me", uid=STUDENT)).json()
            return {"school_code": content["school"]["code"], "date_of_birth": content["date_of_birth"]}
        case Operation.STUDENTS_BY_COURSE_CATEGORY:
            return {"organization_code": named.code, "course_category": "packaged"}
        case Operation.STUDENTS_BY_UID:
            return {"uids": ["auth0|demo-u001", "auth0|demo-n001", "auth0|demo-k001"], "organization_id": named.id}
        case Operation.INFORMATIONS:
            return {"organization_code": named.code, "system": "lms"}
    return {"organization_code": named.code}


def rest_verdict(answer: httpx2.Response) -> tuple[str, Any]:
    """What REST says, and the rows where it gives some."""
    content = answer.json()
    if answer.status_code != 200:
        return f"{answer.status_code} {content['code']}", None
    rows = next((value for name, value in content.items() if name != "pagination"), None)
    if "pagination" not in content:
        return OK, None
    return (OK if rows or answer.url.path != "/api/v1/organizations" else NOTHING), rows


def graph_verdict(answer: httpx2.Response) -> tuple[str, Any]:
    """What GraphQL says, and the rows where it gives some."""
    content = answer.json()
    if "errors" in content:
        extensions = content["errors"][0]["extensions"]
        return f"{ {'FORBIDDEN': 403, 'NOT_FOUND': 404}[extensions['code']] } {extensions['reason']}", None
    ((name, value),) = content["data"].items()
    if "nodes" not in value:
        return OK, None
    return (OK if value["nodes"] or name != "organizations" else NOTHING), value["nodes"]


@pytest.mark.parametrize("name", DOCUMENTED)
@pytest.mark.parametrize("column", range(8), ids=lambda column: PEOPLE[column][0].removeprefix("auth0|demo-"))
async def test_the_verdicts_are_those_of_the_table_by_rest_and_by_graphql(api: Api, name: str, column: int) -> None:
    (uid, places), operation = PEOPLE[column], OPERATIONS[name]
    method, path = ASKED[operation]
    door = next(door for door in DOORS if door.path == path)
    wanted, by_rest, by_graph = {}, {}, {}
    for place, named in places.items():
        asked = await given(api, operation, named)
        answer = await api.ask(method, path, asked, uid=uid)
        by_rest[place], rows = rest_verdict(answer)
        document = await api.get(f"/documents/{answer.headers['x-graphql-document']}")
        bound = variables(door.parameters, read(door.parameters, asked))
        by_graph[place], nodes = graph_verdict(await api.graph(document.text, bound, uid=uid))
        assert nodes == rows
        wanted[place] = expected(name, column, place)
    assert by_rest == wanted
    assert by_graph == wanted


async def test_a_student_reads_the_own_lesson_packages_alone(api: Api) -> None:
    rows = await api.rows("POST", "/students/lesson_packages", {"organization_code": "kakehashi-ueno"}, uid=STUDENT)
    assert [row["uid"] for row in rows] == [STUDENT]


async def test_who_reaches_children_reads_rows_of_each(api: Api) -> None:
    asked = {"uids": ["auth0|demo-u001", "auth0|demo-n001", "auth0|demo-k001", "auth0|685ca7f51c689c6cdef5acca"]}
    for uid in (COACH_PARENT, OWNER_PARENT, CLERK_PARENT):
        assert await api.codes("POST", "/students/search", asked, uid=uid) == ["HQ001", "N001", "U001"]
    for uid in (COACH_CHILD, OWNER_CHILD, CLERK_CHILD):
        assert await api.codes("POST", "/students/search", asked, uid=uid) == ["U001"]
    assert await api.codes("POST", "/students/search", asked) == ["HQ001", "N001", "U001", "api_student1"]
