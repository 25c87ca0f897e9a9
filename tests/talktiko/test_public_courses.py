"""Published courses for everyone: GET /api/public/courses and GET /api/public/courses/{slug}."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.courses import courses
from tests.talktiko.asking import LIST_KEYS, NOT_IN_REACH, Api, Case, with_query

LIST, DETAIL = "/public/courses", "/public/courses/{slug}"
COURSE_KEYS = [
    *("id", "code", "slug", "name", "description", "language", "cefr_level", "category"),
    *("published_at", "updated_at", "lessons_count"),
]
FIRST = {
    "id": 501,
    "code": "EN-A1-01",
    "slug": "first-steps-a1",
    "name": "はじめての英語 A1",
    "description": "あいさつや自己紹介、家族、毎日の生活、好きなものについて、"
    "短い文で伝えられるようになる入門コースです。中学校で習う基本文法を実際に使いながら確かめます。",
    "language": "en",
    "cefr_level": "A1",
    "category": "daily",
    "lessons_count": 4,
}
ALL = ["EN-A1-01", "EN-A1-02", "EN-A2-01", "EN-A2-02", "EN-B1-01", "EN-B2-01"]
A1, TRAVEL = ALL[:2], ["EN-A1-02", "EN-A2-02"]
CASES = (
    Case("search", {"search": "旅行"}, TRAVEL),
    Case("search", {"filter[search]": "旅行"}, TRAVEL),
    Case("search", {"search": "en-a1"}, A1),
    Case("search", {"search": "ＥＮ－Ｂ２"}, ["EN-B2-01"]),
    Case("search", {"search": "はじめて"}, A1),
    Case("search", {"search": "ハジメテ"}, A1),
    Case("search", {"search": "%"}, []),
    Case("search", {"search": "_"}, []),
    Case("search", {"search": "交渉"}, []),
    Case("language", {"language": "en"}, ALL),
    Case("language", {"filter[language]": "en"}, ALL),
    Case("language", {"language": "fr"}, []),
    Case("level", {"level": "A1"}, A1),
    Case("level", {"filter[level]": "B2"}, ["EN-B2-01"]),
    Case("level", {"level": "C2"}, []),
    Case("level", {"level": "A2", "search": "旅行", "language": "en"}, ["EN-A2-02"]),
    Case("search", {"category": "travel", "published": "false", "search": ""}, ALL),
)
ONE = (Case("slug", {"slug": "first-steps-a1"}),)


def less_times(row: dict[str, Any]) -> dict[str, Any]:
    """A course without the times that depend on the day of seeding."""
    return {name: value for name, value in row.items() if name not in ("published_at", "updated_at")}


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters(api: Api, case: Case) -> None:
    answer = await api.nobody("GET", with_query(LIST, case.given))
    assert answer.status_code == 200
    assert [row["code"] for row in answer.json()["data"]] == case.expected


async def test_the_list_has_published_courses_only_with_their_keys_in_order(api: Api) -> None:
    answer = await api.nobody("GET", LIST)
    content = answer.json()
    assert (answer.status_code, list(content), content["meta"]["total"]) == (200, LIST_KEYS, 6)
    assert [list(row) for row in content["data"]] == [COURSE_KEYS] * 6
    assert less_times(content["data"][0]) == FIRST
    published, updated = (datetime.fromisoformat(content["data"][0][name]) for name in ("published_at", "updated_at"))
    assert updated - published == timedelta(days=400)


@pytest.mark.parametrize("case", ONE, ids=str)
async def test_one_is_found_by_its_slug(api: Api, case: Case) -> None:
    answer = await api.nobody("GET", with_query(DETAIL, case.given))
    content = answer.json()
    assert (answer.status_code, list(content), list(content["data"])) == (200, ["data"], COURSE_KEYS)
    assert less_times(content["data"]) == FIRST


async def test_every_listed_course_is_found_by_its_slug(api: Api) -> None:
    for row in (await api.nobody("GET", LIST)).json()["data"]:
        assert (await api.nobody("GET", f"{LIST}/{row['slug']}")).json() == {"data": row}


@pytest.mark.parametrize(
    "slug", ["nothing", "501", "EN-A1-01", "First-Steps-A1", "negotiation-english-b2", "%20first-steps-a1", "110A01"]
)
async def test_what_is_no_slug_of_a_published_course_is_not_found(api: Api, slug: str) -> None:
    answer = await api.nobody("GET", f"{LIST}/{slug}")
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)


@pytest.mark.parametrize(("ahead", "seen"), [(timedelta(hours=1), False), (-timedelta(hours=1), True)])
async def test_a_course_is_public_once_its_day_has_come(own_api: Api, ahead: timedelta, seen: bool) -> None:
    moment = {"published_at": datetime.now(UTC) + ahead}
    async with own_api.running.database.writing() as transaction:
        await transaction.execute(update(courses).where(courses.c.id == 507).values(moment))
    one = await own_api.nobody("GET", f"{LIST}/negotiation-english-b2")
    whole = await own_api.nobody("GET", LIST)
    assert one.status_code == (200 if seen else 404)
    assert whole.json()["meta"]["total"] == 6 + seen


async def test_a_keyword_has_at_most_200_characters(api: Api) -> None:
    answers = [await api.nobody("GET", with_query(LIST, {"search": "か" * length})) for length in (200, 201)]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert answers[1].json()["message"] == "A search has at most 200 characters."
