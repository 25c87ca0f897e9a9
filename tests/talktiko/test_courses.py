"""List courses with filtering and pagination: GET /api/courses."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from db.courses import courses
from tests.talktiko.asking import ADMINISTRATOR, COACH, LIST_KEYS, OWNER, STUDENT, SUNDAI_OWNER, Api, Case
from tests.talktiko.learning import printed
from tests.talktiko.test_public_courses import A1, ALL, COURSE_KEYS, FIRST, TRAVEL, less_times

PATH = "/courses"
DRAFT = "EN-B2-02"
WITH_DRAFT = [*ALL, DRAFT]
BY_NAME = ["EN-A1-02", "EN-A1-01", "EN-B2-02", "EN-B1-01", "EN-B2-01", "EN-A2-02", "EN-A2-01"]
# As a system operator sees it.
CASES = (
    Case("search", {"search": "旅行"}, TRAVEL),
    Case("search", {"filter[search]": "こうしょう"}, []),
    Case("search", {"search": "交渉"}, [DRAFT]),
    Case("language", {"language": "en"}, WITH_DRAFT),
    Case("language", {"filter[language]": "ja"}, []),
    Case("level", {"level": "A1"}, A1),
    Case("level", {"filter[level]": "B2"}, ["EN-B2-01", DRAFT]),
    Case("category", {"category": "travel"}, TRAVEL),
    Case("category", {"filter[category]": "business"}, ["EN-B1-01", DRAFT]),
    Case("category", {"category": "packaged"}, []),
    Case("published", {"published": "true"}, ALL),
    Case("published", {"published": "1"}, ALL),
    Case("published", {"published": "false"}, [DRAFT]),
    Case("published", {"published": "0"}, [DRAFT]),
    Case("published", {"filter[published]": "true"}, ALL),
    Case("sort", {}, WITH_DRAFT),
    Case("sort", {"sort": "seq"}, WITH_DRAFT),
    Case("sort", {"sort": "-seq"}, WITH_DRAFT[::-1]),
    Case("sort", {"sort": "code"}, WITH_DRAFT),
    Case("sort", {"sort": "-code"}, WITH_DRAFT[::-1]),
    Case("sort", {"sort": "name"}, BY_NAME),
    Case("sort", {"sort": "-name"}, BY_NAME[::-1]),
    Case("updated_since", {"updated_since": "2026-01-01T00:00:00Z"}, WITH_DRAFT),
    Case("updated_since", {"filter[updated_since]": "2026-01-01T00:00:00.5+09:00"}, WITH_DRAFT),
    Case("updated_since", {"updated_since": "2999-01-01T00:00:00 09:00"}, []),
    Case("level", {"level": "B2", "category": "exam", "published": "1", "search": "検定"}, ["EN-B2-01"]),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    rows = await api.rows(PATH, case.given, uid=ADMINISTRATOR)
    assert [row["code"] for row in rows] == case.expected


async def test_a_row_has_its_keys_in_order(api: Api) -> None:
    content = (await api.get(PATH)).json()
    assert (list(content), [list(row) for row in content["data"]]) == (LIST_KEYS, [COURSE_KEYS] * 6)
    assert less_times(content["data"][0]) == FIRST


@pytest.mark.parametrize(
    ("uid", "codes"),
    [(STUDENT, ALL), (COACH, WITH_DRAFT), (OWNER, WITH_DRAFT), (SUNDAI_OWNER, WITH_DRAFT), ("auth0|demo-demo", [])],
)
async def test_students_see_published_courses_staff_all_and_demo_people_demo_ones(
    api: Api, uid: str, codes: list[str]
) -> None:
    assert [row["code"] for row in await api.rows(PATH, uid=uid)] == codes


async def test_a_student_finds_no_draft_by_asking_for_drafts(api: Api) -> None:
    for given in ({"published": "false"}, {"search": "交渉"}, {"filter[level]": "B2", "published": "0"}):
        assert await api.rows(PATH, given) == []


async def test_courses_that_changed_later_are_found_and_sorted_by_that(own_api: Api) -> None:
    now = datetime.now(UTC)
    async with own_api.running.database.writing() as transaction:
        for number, hours in ((503, 2), (501, 1)):
            row = update(courses).where(courses.c.id == number)
            await transaction.execute(row.values(updated_at=now + timedelta(hours=hours)))
    given = {"updated_since": printed(now + timedelta(hours=1))}
    assert [row["code"] for row in await own_api.rows(PATH, given)] == ["EN-A1-01", "EN-A2-01"]
    rows = await own_api.rows(PATH, {"sort": "updated_at"})
    assert [row["code"] for row in rows][-2:] == ["EN-A1-01", "EN-A2-01"]
    rows = await own_api.rows(PATH, {"sort": "-updated_at"})
    assert [row["code"] for row in rows][:2] == ["EN-A2-01", "EN-A1-01"]
    assert rows[0]["updated_at"] == printed(now + timedelta(hours=2))


async def test_no_course_of_the_other_api_is_among_them(api: Api) -> None:
    rows = await api.whole(PATH, uid=ADMINISTRATOR)
    assert [row["id"] for row in rows] == list(range(501, 508))


async def test_a_keyword_has_at_most_200_characters(api: Api) -> None:
    answers = [await api.get(PATH, {"search": "か" * length}) for length in (200, 201)]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert answers[1].json()["message"] == "A search has at most 200 characters."
