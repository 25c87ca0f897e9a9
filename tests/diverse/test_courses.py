"""講座情報取得: GET /courses."""

import pytest

from tests.diverse.asking import STUDENT, Api, Case

# R900A01 and T900A01 have one seq: then the number decides.
BY_SEQ = ["110A01", "310A01", "332A01", "420A01", "E501A01", "R900A01", "T900A01", "D990A01", "Z999Z01"]
BY_NAME = ["Z999Z01", "110A01", "D990A01", "420A01", "332A01", "310A01", "T900A01", "R900A01", "E501A01"]
BY_ABBREVIATION = ["Z999Z01", "T900A01", "110A01", "420A01", "332A01", "310A01", "D990A01", "R900A01", "E501A01"]

CASES = (
    Case("page", {"per": 4, "page": 2}, ["E501A01", "R900A01", "T900A01", "D990A01"]),
    Case("per", {"per": 2}, ["110A01", "310A01"]),
    Case("order_by", {}, BY_SEQ),
    Case("order_by", {"order_by": "seq"}, BY_SEQ),
    Case("order_by", {"order_by": "code"}, sorted(BY_SEQ)),
    Case("order_by", {"order_by": "name"}, BY_NAME),
    Case("order_by", {"order_by": "abbreviation"}, BY_ABBREVIATION),
    Case("order_direction", {"order_direction": "desc"}, BY_SEQ[::-1]),
    Case("order_direction", {"order_by": "name", "order_direction": "desc"}, BY_NAME[::-1]),
    Case("like_keyword", {"like_keyword": "数学"}, ["420A01", "D990A01"]),
    Case("like_keyword", {"like_keyword": "z999"}, ["Z999Z01"]),
    Case("like_keyword", {"like_keyword": "がいだんす"}, ["T900A01"]),
    Case("like_keyword", {"like_keyword": "計算アプリ"}, ["E501A01"]),
    Case("like_keyword", {"like_keyword": "_"}, ["310A01", "332A01", "420A01", "D990A01"]),
    Case("categories", {"categories[]": "atama_plus"}, ["Z999Z01"]),
    Case("categories", {"categories[]": ["others", "external_app"]}, ["E501A01", "T900A01"]),
    Case("categories", {"categories": "recommended,others"}, ["R900A01", "T900A01"]),
    Case("subjects", {"subjects[]": ["kobun", "thesis"]}, ["332A01", "R900A01"]),
    Case("subjects", {"subjects": ["mathematics"]}, ["420A01", "E501A01", "D990A01"]),
    Case("subjects", {"subjects[]": "kanbun"}, []),
    Case("levels", {"levels[]": "other"}, ["E501A01", "R900A01", "T900A01"]),
    Case("levels", {"levels": "pre_entrance_exam,entrance_exam_advanced"}, ["110A01", "420A01", "D990A01"]),
    Case("exclude_demo", {"exclude_demo": "true"}, [code for code in BY_SEQ if code != "D990A01"]),
    Case("exclude_demo", {"exclude_demo": "false"}, BY_SEQ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/courses", case.given) == case.expected


async def test_filters_of_different_kinds_must_all_hold(api: Api) -> None:
    given = {"subjects": "mathematics,kobun", "levels": "other,entrance_exam_intermediate", "categories": "packaged"}
    assert await api.codes("GET", "/courses", given) == ["332A01"]


async def test_everyone_sees_every_course(api: Api) -> None:
    assert await api.codes("GET", "/courses", {}, uid=STUDENT) == BY_SEQ


async def test_a_demo_token_sees_demo_courses_only(api: Api) -> None:
    assert await api.codes("GET", "/courses", {}, uid="auth0|demo-demo") == ["D990A01"]
