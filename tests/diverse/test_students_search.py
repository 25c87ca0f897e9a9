"""生徒一覧取得(uid検索): POST /students/search, which only reads."""

import pytest

from tests.diverse.asking import COACH_CHILD, OWNER_PARENT, Api, Case

PATH = "/students/search"


def uids(*names: str) -> dict[str, object]:
    """A body that asks for demo students."""
    return {"uids": [f"auth0|demo-{name}" for name in names]}


# U003 さとう さくら and U012 サトウ サクラ have one name; N002 is written in half-width kana.
SIX = uids("n002", "u012", "u003", "u001", "n004", "n003")
BY_CODE = ["N002", "N003", "N004", "U001", "U003", "U012"]

CASES = (
    Case("uids", uids("u002", "u001"), ["U001", "U002"]),
    Case("uids", uids("u001", "u001", "nobody"), ["U001"]),
    Case("uids", {"uids": []}, []),
    Case("organization_id", {**SIX, "organization_id": 2002}, ["U001", "U003", "U012"]),
    Case("organization_id", {**SIX, "organization_id": None}, BY_CODE),
    Case("page", {**SIX, "per": 4, "page": 2}, ["U003", "U012"]),
    Case("per", {**SIX, "per": 2}, ["N002", "N003"]),
    Case("order_by", SIX, BY_CODE),
    Case("order_by", {**SIX, "order_by": "code"}, BY_CODE),
    Case("order_by", {**SIX, "order_by": "full_name"}, ["U001", "N002", "U003", "U012", "N003", "N004"]),
    Case("order_by", {**SIX, "order_by": "external_id"}, ["N004", "N002", "N003", "U001", "U003", "U012"]),
    Case("order_direction", {**SIX, "order_direction": "desc"}, BY_CODE[::-1]),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("POST", PATH, case.given) == case.expected


async def test_only_students_within_reach_are_found(api: Api) -> None:
    asked = uids("u001", "n001", "k001")
    assert await api.codes("POST", PATH, asked, uid=COACH_CHILD) == ["U001"]
    assert await api.codes("POST", PATH, asked, uid=OWNER_PARENT) == ["HQ001", "N001", "U001"]


async def test_students_who_may_not_use_the_service_now_are_not_found(api: Api) -> None:
    assert await api.codes("POST", PATH, uids("u013", "u014", "n014", "n015")) == []


async def test_a_thousand_uids_are_looked_for_and_one_more_is_too_many(api: Api) -> None:
    thousand = {"uids": [f"auth0|demo-u{number:03}" for number in range(1000)]}
    assert len(await api.codes("POST", PATH, thousand)) == 13
    answer = await api.send("POST", PATH, {"uids": [*thousand["uids"], "auth0|demo-n001"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_values")


async def test_the_grade_says_its_value_first(api: Api) -> None:
    (row,) = await api.rows("POST", PATH, uids("u001"))
    assert list(row["school_grade"].items()) == [("value", 1), ("name", "中1")]
