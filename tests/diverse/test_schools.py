"""学校情報取得: GET /schools."""

import pytest

from tests.diverse.asking import STUDENT, Api, Case

TOKYO = ["13901H", "13902F", "13903D", "13904B", "13905A"]
OSAKA = ["27901D", "27902B", "27903A", "27904J", "27905G"]
# 不忍, 御徒町商業, 東都教育大附, 架橋学園, 谷中台: as their first characters stand in Unicode.
TOKYO_BY_NAME = ["13902F", "13904B", "13901H", "13905A", "13903D"]

CASES = (
    Case("name", {"name": "高専"}, ["01091A", "01092J", "01093G", "01094E"]),
    Case("name", {"name": "学園"}, ["13905A", "27905G"]),
    Case("name", {"name": "学園大"}, ["27905G"]),
    Case("name", {"name": "ナニワヅ"}, []),
    Case("name", {"name": "%"}, []),
    Case("page", {"prefecture_code": "13", "per": 2, "page": 3}, ["13905A"]),
    Case("per", {"per": 3}, ["01091A", "01092J", "01093G"]),
    Case("order_by", {"prefecture_code": "13", "order_by": "code"}, TOKYO),
    Case("order_by", {"prefecture_code": "13", "order_by": "name"}, TOKYO_BY_NAME),
    Case("order_direction", {"prefecture_code": "13", "order_direction": "desc"}, TOKYO[::-1]),
    Case(
        "order_direction",
        {"prefecture_code": "13", "order_by": "name", "order_direction": "desc"},
        TOKYO_BY_NAME[::-1],
    ),
    Case("prefecture_code", {"prefecture_code": "27"}, OSAKA),
    Case("prefecture_code", {"prefecture_code": "1", "name": "札幌東"}, ["01101A", "01112G"]),
    Case("prefecture_code", {"prefecture_code": "01", "name": "札幌東"}, ["01101A", "01112G"]),
    Case("prefecture_code", {"prefecture_code": "47"}, []),
    Case("prefecture_code", {"prefecture_code": "北海道"}, []),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/schools", case.given) == case.expected


async def test_everyone_sees_every_school(api: Api) -> None:
    answer = await api.get("/schools", uid=STUDENT)
    assert answer.json()["pagination"]["total_count"] == 30
    assert len(answer.json()["schools"]) == 30


async def test_the_code_of_hokkaido_is_printed_without_its_zero(api: Api) -> None:
    (row,) = await api.rows("GET", "/schools", {"name": "釧路", "prefecture_code": "01"})
    assert row["prefecture"] == {"code": "1", "name": "北海道"}
    assert row["establishment_type"] == "national"
