"""The thirteen operations of the Diverse API, as a list."""

from dataclasses import replace
from pathlib import Path

from db.json_text import Moments
from gateway.diverse.envelope import collection, feed, me, me_document, updated
from gateway.diverse.parameters import (
    CATEGORIES,
    KANA_GROUPS,
    LEVELS,
    LIKE_KEYWORD,
    ORGANIZATION_CODE,
    ORGANIZATION_ID,
    SUBJECTS,
    SYSTEMS,
    TAGS,
    UIDS,
    keys,
    order,
    paging,
)
from gateway.diverse.refusals import refused
from gateway.doors.door import ByViewer, Door
from gateway.doors.kinds import Choice, Day, Flag, Integer, Listed, Moment, Text
from gateway.doors.parameters import Parameter
from gateway.doors.refusing import Dialect
from gateway.doors.routes import open_doors
from gateway.doors.table import RouteTable
from schema.execution import Execution

DOCUMENTS = Path(__file__).parent / "documents"
GET, POST, CHANGE = ("GET",), ("POST",), ("PATCH", "PUT")
OUT_OF_PERIOD = Parameter("include_out_of_period", Flag(), default=False)
EXCLUDE_DEMO = Parameter("exclude_demo", Flag(), default=False)
OF_ORGANIZATION = (ORGANIZATION_CODE, ORGANIZATION_ID)

# Keys of the answers, their order included, stand in the documents; what may be asked stands here.
DOORS = (
    Door(
        "ログイン者情報取得",
        GET,
        "/me",
        (),
        ByViewer(("me_student", "me_staff", "me_administrator"), me_document),
        me,
    ),
    Door(
        "組織情報取得",
        GET,
        "/organizations",
        (
            Parameter("code", Text()),
            Parameter("id", Integer()),
            *paging(),
            *order("code", "name", "abbreviation"),
            LIKE_KEYWORD,
        ),
        "organizations",
        collection,
    ),
    Door(
        "所属情報取得",
        GET,
        "/sections",
        (*OF_ORGANIZATION, *paging(), *order("seq", "code", "name", "abbreviation"), LIKE_KEYWORD),
        "sections",
        collection,
    ),
    Door(
        "グループ情報取得",
        GET,
        "/groups",
        (*OF_ORGANIZATION, *paging(), *order("seq", "code", "name", "abbreviation"), LIKE_KEYWORD),
        "groups",
        collection,
    ),
    Door(
        "生徒一覧取得",
        GET,
        "/students",
        (
            *OF_ORGANIZATION,
            *paging(),
            *order("code", "last_name", "external_id"),
            LIKE_KEYWORD,
            Parameter("section_code", Text()),
            Parameter("group_code", Text()),
            UIDS,
            Parameter("last_name_kana_prefix_group", Choice(KANA_GROUPS)),
            Parameter("school_grade_value", Integer(0, 6)),
            Parameter("all_year", Flag(), default=False),
            OUT_OF_PERIOD,
            EXCLUDE_DEMO,
        ),
        "students",
        collection,
    ),
    Door(
        "生徒自身の学校・生年月日更新",
        CHANGE,
        "/students/me",
        (Parameter("school_code", Text(), required=True), Parameter("date_of_birth", Day(), required=True)),
        "update_self",
        updated,
    ),
    Door(
        "生徒の授業パッケージ取得",
        POST,
        "/students/lesson_packages",
        (
            *OF_ORGANIZATION,
            UIDS,
            Parameter("course_category", Choice(CATEGORIES)),
            *paging(),
            *order("uid", "code"),
            LIKE_KEYWORD,
        ),
        "lesson_packages",
        collection,
    ),
    Door(
        "生徒一覧取得(指定講座カテゴリのみ)",
        GET,
        "/students/by_course_category",
        (
            ORGANIZATION_CODE,
            Parameter("course_category", Choice(CATEGORIES), required=True),
            OUT_OF_PERIOD,
            *paging(),
            *order("code", "last_name", "external_id"),
        ),
        "students_by_course_category",
        collection,
    ),
    Door(
        "生徒一覧取得(uid検索)",
        POST,
        "/students/search",
        (replace(UIDS, required=True), ORGANIZATION_ID, *paging(), *order("code", "full_name", "external_id")),
        "students_search",
        collection,
    ),
    Door(
        "学校情報取得",
        GET,
        "/schools",
        (Parameter("name", Text()), *paging(), *order("code", "name"), Parameter("prefecture_code", Text())),
        "schools",
        collection,
    ),
    Door(
        "講座情報取得",
        GET,
        "/courses",
        (
            *paging(),
            *order("seq", "code", "name", "abbreviation"),
            LIKE_KEYWORD,
            Parameter("categories", Listed(Choice(CATEGORIES))),
            keys("subjects", SUBJECTS),
            keys("levels", LEVELS),
            EXCLUDE_DEMO,
        ),
        "courses",
        collection,
    ),
    Door(
        "お知らせ一覧取得",
        GET,
        "/informations",
        (Parameter("system", Choice(SYSTEMS), required=True), ORGANIZATION_CODE, keys("tags", TAGS), *paging()),
        "informations",
        collection,
    ),
    # Other products also serve this feed: nothing about it goes without saying, and its times are UTC.
    Door(
        "利用実績",
        GET,
        "/progresses",
        (
            *(replace(parameter, required=True) for parameter in paging(100)),
            Parameter("created_at_from", Moment(), required=True),
            Parameter("created_at_to", Moment(), required=True),
            Parameter("order_by", Choice(("id",)), required=True, sent=False),
        ),
        "progresses",
        feed,
        moments=Moments.UTC,
    ),
)


def diverse_routes(prefix: str, execution: Execution) -> RouteTable:
    """The routes of the API under a prefix; raises WrongDocument where a document does not fit the graph."""
    return open_doors(prefix, DOORS, Dialect(DOCUMENTS, refused), execution)
