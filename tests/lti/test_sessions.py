"""Tests that the code of a launch becomes one session, of its person, with few abilities and for two hours."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from db.accounts import api_tokens, memberships, staff
from db.lti.tables import lti_launches, lti_platforms
from db.maintenance import set_maintenance
from db.students import students
from tests.accounts.calling import dump, number_of, with_token
from tests.lti.platform import INSTRUCTOR
from tests.lti.visiting import SESSION, Browser, Visit, code_in

WRONG = {"message": "This code is not known: it was used already, or has expired. Open the link in your LMS again."}
OF_LEARNER = ["courses:read", "progress:read", "progress:write", "lti:read"]
OF_STAFF = ["courses:read"]
ME = "{ viewer { uid roles } ltiLaunches { nodes { legacyId course { code } } } }"
CHILDREN = '{ students(organizationCode: "sundai") { totalCount } }'


async def token_row(visit: Visit, token: str) -> dict[str, Any]:
    """The row of a token."""
    one = select(api_tokens).where(api_tokens.c.id == number_of(token))
    async with visit.database.engine.connect() as connection:
        return dict((await connection.execute(one)).mappings().one())


async def test_a_code_becomes_a_session_of_the_learner(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform, custom={"course": "EN-A1-01"})
    got = await browser.session(answer)
    assert got.status_code == 200
    assert got.headers["cache-control"] == "no-store"
    (launch,) = await visit.launches()
    told = got.json()
    assert list(told) == ["token", "token_type", "expires_at", "launch"]
    assert (told["token_type"], told["launch"]) == ("bearer", launch.id)
    row = await token_row(visit, told["token"])
    assert (row["user_id"], row["name"], row["abilities"]) == (launch.user_id, "LTI: 学習館 LMS", OF_LEARNER)
    assert told["expires_at"] == row["expires_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert row["expires_at"] - row["created_at"] == timedelta(hours=2)
    assert (launch.token_id, launch.code_digest) == (row["id"], None)
    caller = with_token(visit.running, told["token"])
    found = (await caller.graph(ME)).json()["data"]
    assert found["viewer"]["roles"] == ["STUDENT"]
    assert found["ltiLaunches"] == {"nodes": [{"legacyId": launch.id, "course": {"code": "EN-A1-01"}}]}


async def test_a_code_is_used_once(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform)
    assert (await browser.session(answer)).status_code == 200
    before = await visit.counts()
    again = await browser.session(answer)
    assert (again.status_code, again.json()) == (400, WRONG)
    assert await visit.counts() == before


async def test_of_two_who_use_a_code_at_once_one_wins(visit: Visit, browser: Browser) -> None:
    answer, before = await browser.come(visit.platform), await visit.counts()
    statuses = sorted(one.status_code for one in await asyncio.gather(*[browser.session(answer) for _ in range(5)]))
    assert statuses == [200, 400, 400, 400, 400]
    assert (await visit.counts())[-1] == before[-1] + 1


async def test_a_code_ends_after_a_minute_by_the_databases_clock(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform)
    await visit.set(lti_launches, code_expires_at=datetime.now(UTC) - timedelta(milliseconds=1))
    before = await visit.counts()
    assert (await browser.session(answer)).json() == WRONG
    assert await visit.counts() == before


@pytest.mark.parametrize("body", [{}, {"code": None}, {"code": 5}, {"code": ""}, {"code": "x" * 43}])
async def test_what_is_no_code_is_refused(refusing: Visit, stranger: Browser, body: dict[str, object]) -> None:
    answer = await stranger.client.post(SESSION, json=body)
    assert (answer.status_code, answer.json()) == (400, WRONG)


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"code": "\\ud800"}', "application/json", 400),
        (b'{"code": "\xff"}', "application/json", 400),
        (b'{"code": "x"}', "text/plain", 415),
        (b'{"code": "' + b"x" * 128 * 1024 + b'"}', "application/json", 413),
    ],
)
async def test_what_is_no_json_is_refused(
    refusing: Visit, stranger: Browser, content: bytes, media: str, status: int
) -> None:
    answer = await stranger.client.post(SESSION, content=content, headers={"Content-Type": media})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_neither_code_nor_token_is_kept(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform)
    code = code_in(answer)
    kept = await dump(visit.database)
    assert (code.encode() in kept, sha256(code.encode()).digest() in kept) == (False, True)
    token = (await browser.session(answer)).json()["token"]
    assert token.partition("|")[2].encode() not in await dump(visit.database)


async def test_a_session_of_staff_shows_courses_and_no_children(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform, roles=[INSTRUCTOR])
    token = (await browser.session(answer)).json()["token"]
    assert (await token_row(visit, token))["abilities"] == OF_STAFF
    caller = with_token(visit.running, token)
    assert (await caller.get("/api/courses")).status_code == 200
    (error,) = (await caller.graph(CHILDREN)).json()["errors"]
    assert error["extensions"]["reason"] == "ability_missing"


async def test_a_learner_whose_account_is_of_staff_too_has_a_session_of_staff(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform)
    (launch,) = await visit.launches()
    columns = [column for column in staff.c if column.name in students.c and column.name != "demo"]
    async with visit.database.writing() as transaction:
        same = select(*[students.c[column.name] for column in columns]).where(students.c.id == launch.user_id)
        await transaction.execute(insert(staff).from_select([column.name for column in columns], same))
        place = {"staff_id": launch.user_id, "organization_id": launch.organization_id, "role": "cram_school_owner"}
        await transaction.execute(insert(memberships).values(**place))
    token = (await browser.session(answer)).json()["token"]
    assert (await token_row(visit, token))["abilities"] == OF_STAFF


async def test_who_was_locked_meanwhile_gets_no_session(visit: Visit, browser: Browser) -> None:
    answer, before = await browser.come(visit.platform), await visit.counts()
    (launch,) = await visit.launches()
    async with visit.database.writing() as transaction:
        one = update(students).where(students.c.id == launch.user_id)
        await transaction.execute(one.values(locked_at=datetime.now(UTC)))
    got = await browser.session(answer)
    assert (got.status_code, got.json()) == (403, {"message": "This action is unauthorized."})
    assert await visit.counts() == before


async def test_a_platform_that_was_switched_off_meanwhile_gives_no_session(visit: Visit, browser: Browser) -> None:
    answer, before = await browser.come(visit.platform), await visit.counts()
    await visit.set(lti_platforms, is_active=False)
    assert (await browser.session(answer)).status_code == 403
    assert await visit.counts() == before


async def test_in_maintenance_there_are_no_sessions(visit: Visit, browser: Browser) -> None:
    answer, before = await browser.come(visit.platform), await visit.counts()
    async with visit.database.writing() as transaction:
        await set_maintenance(transaction, enabled=True, message="later", now=datetime.now(UTC))
    got = await browser.session(answer)
    assert (got.status_code, got.json()) == (503, {"message": "later"})
    assert await visit.counts() == before


async def test_a_session_ends_when_its_token_does(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform)
    token = (await browser.session(answer)).json()["token"]
    async with visit.database.writing() as transaction:
        ended = update(api_tokens).where(api_tokens.c.id == number_of(token))
        await transaction.execute(ended.values(expires_at=datetime.now(UTC)))
    assert (await with_token(visit.running, token).get("/api/auth/me")).status_code == 401


async def test_guessing_codes_comes_to_an_end(visit: Visit, browser: Browser) -> None:
    refused = 0
    while (answer := await browser.client.post(SESSION, json={"code": "x"})).status_code == 400:
        refused += 1
    assert (answer.status_code, answer.json()) == (429, {"message": "Too Many Attempts."})
    assert refused >= 100
