"""生徒自身の学校・生年月日更新: PATCH and PUT /students/me, the one operation that changes something."""

from datetime import UTC, datetime, timedelta

import pytest

from db.japan import JAPAN
from db.maintenance import set_maintenance
from tests.diverse.asking import OWNER_CHILD, SAMPLE_STUDENT, STUDENT, Api, Case

PATH = "/students/me"
CHANGE = {"school_code": "13902F", "date_of_birth": "2011-02-03"}

# What the student's own profile says of school and birth afterwards.
CASES = (
    Case("school_code", CHANGE, ["13902F", "2011-02-03"]),
    Case("date_of_birth", {"school_code": "01091A", "date_of_birth": "2012-02-29"}, ["01091A", "2012-02-29"]),
)


async def profile(api: Api) -> list[object]:
    """The school and the date of birth of the sample student."""
    content = (await api.get("/me", uid=SAMPLE_STUDENT)).json()
    return [content["school"]["code"], content["date_of_birth"]]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_student_changes_school_and_date_of_birth(own_api: Api, case: Case, method: str) -> None:
    answer = await own_api.send(method, PATH, case.given, uid=SAMPLE_STUDENT)
    assert (answer.status_code, answer.content) == (200, b'{"message":"200"}')
    assert await profile(own_api) == case.expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({**CHANGE, "school_code": "00000X"}, "school_unknown"),
        ({**CHANGE, "date_of_birth": "2999-01-01"}, "date_in_future"),
        ({**CHANGE, "date_of_birth": "1899-12-31"}, "date_too_early"),
    ],
)
async def test_what_the_student_can_mend_is_a_422_and_changes_nothing(
    own_api: Api, change: dict[str, str], code: str
) -> None:
    before = await profile(own_api)
    answer = await own_api.send("PATCH", PATH, change, uid=SAMPLE_STUDENT)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["message"]
    assert answer.headers["x-graphql-document"] == "update_self"
    assert await profile(own_api) == before


async def test_today_in_japan_is_no_date_of_birth_and_yesterday_is(own_api: Api) -> None:
    today = datetime.now(JAPAN).date()
    for day, status in ((today, 422), (today - timedelta(days=1), 200)):
        answer = await own_api.send("PATCH", PATH, {**CHANGE, "date_of_birth": f"{day}"}, uid=SAMPLE_STUDENT)
        assert answer.status_code == status


async def test_nobody_else_changes_anything(own_api: Api) -> None:
    before = (await own_api.get("/me", uid=STUDENT)).json()
    answer = await own_api.send("PATCH", PATH, CHANGE, uid=OWNER_CHILD)
    assert (answer.status_code, answer.json()["code"]) == (403, "operation_not_allowed")
    assert (await own_api.get("/me", uid=STUDENT)).json() == before


async def test_in_maintenance_changes_are_refused_with_the_operators_words_and_reads_go_on(own_api: Api) -> None:
    before, words = await profile(own_api), "只今メンテナンス中です。"
    async with own_api.running.database.writing() as transaction:
        await set_maintenance(transaction, enabled=True, message=words, now=datetime.now(UTC))
    answer = await own_api.send("PATCH", PATH, CHANGE, uid=SAMPLE_STUDENT)
    assert (answer.status_code, answer.json()) == (503, {"message": words, "code": "maintenance"})
    assert int(answer.headers["retry-after"]) > 0
    assert await profile(own_api) == before
    for path, body in (
        ("/students/search", {"uids": [SAMPLE_STUDENT]}),
        ("/students/lesson_packages", {"organization_code": "api_spec"}),
    ):
        assert await own_api.codes("POST", path, body) == ["api_student1"]
