"""お知らせ一覧取得: GET /informations."""

import pytest

from tests.diverse.asking import COACH_CHILD, COACH_PARENT, STUDENT, Api, Case

UENO = {"organization_code": "kakehashi-ueno"}
LMS, COACHING = {**UENO, "system": "lms"}, {**UENO, "system": "coaching"}

# Asked by the student of the branch in Ueno: number 7 is not open yet, and 8 is closed.
CASES = (
    Case("system", LMS, [2, 4]),
    Case("system", COACHING, [2, 6, 4]),
    Case("system", {**UENO, "system": "admin"}, [2]),
    Case("organization_code", {**LMS, "organization_code": "kakehashi-ueno"}, [2, 4]),
    Case("tags", {**COACHING, "tags[]": "practice_exam"}, [4]),
    Case("tags", {**COACHING, "tags[]": ["practice_exam", "emergency"]}, [2, 4]),
    Case("tags", {**COACHING, "tags": "service_information,importance"}, [2, 6]),
    Case("tags", {**COACHING, "tags": "entrace_exam_info"}, []),
    Case("page", {**COACHING, "per": 1, "page": 3}, [4]),
    Case("per", {**COACHING, "per": 2}, [2, 6]),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/informations", case.given, uid=STUDENT) == case.expected


async def test_notices_for_other_roles_are_not_shown(api: Api) -> None:
    assert await api.codes("GET", "/informations", {**UENO, "system": "admin"}, uid=COACH_CHILD) == [2, 3]


async def test_a_parents_coach_sees_what_is_for_the_parent(api: Api) -> None:
    given = {"organization_code": "kakehashi", "system": "lms"}
    assert await api.codes("GET", "/informations", given, uid=COACH_PARENT) == [2]


async def test_every_notice_says_its_time_in_japan_and_its_tags_in_their_order(api: Api) -> None:
    row, _ = await api.rows("GET", "/informations", LMS, uid=STUDENT)
    assert row["open_at"].endswith("T06:30:00+09:00")
    assert row["tags"] == [{"key": "emergency", "name": "緊急"}, {"key": "importance", "name": "重要"}]
    assert row["attachments"] == []


async def test_the_newest_comes_first(api: Api) -> None:
    rows = await api.rows("GET", "/informations", COACHING, uid=STUDENT)
    times = [row["open_at"] for row in rows]
    assert times == sorted(times, reverse=True)
