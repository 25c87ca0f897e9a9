"""A request leaves one line in the log: its id, route, status and time, and nothing about anybody."""

import json
from datetime import UTC, datetime

import pytest
import structlog
from sqlalchemy.exc import DBAPIError

from db.accounts import users
from gateway.logs import json_line, told
from tests.conftest import Running

OWNER = "auth0|demo-owner-parent"


async def test_a_request_leaves_one_line_without_addresses_names_or_tokens(shared: Running) -> None:
    headers = await shared.headers(OWNER)
    with structlog.testing.capture_logs() as lines:
        answer = await shared.client.get(
            "/api/v1/students?organization_code=kakehashi&like_keyword=青木", headers=headers
        )
    (line,) = lines
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "GET", "/api/v1/students", 200)
    assert line["id"] == answer.headers["x-request-id"]
    assert set(line) == {"event", "id", "method", "route", "status", "ms", "log_level"}


@pytest.mark.parametrize("door", ["/graphql", "/api/v1/me", "/api/auth/me"])
async def test_a_token_that_is_sent_in_a_wrong_way_is_refused_and_not_written_down(shared: Running, door: str) -> None:
    token = shared.signed(OWNER, ["cram_school_owner"])
    bearer = ("Authorization", f"Bearer {token}")
    asked = {"query": "{ viewer { uid } }"}
    with structlog.testing.capture_logs() as lines:
        in_query = await shared.client.get(door, params={**asked, "access_token": token}, headers=[bearer])
        twice = await shared.client.get(door, params=asked, headers=[bearer, bearer])
    assert (in_query.status_code, twice.status_code, len(lines)) == (401, 401, 2)
    assert token.rpartition(".")[2] not in json.dumps(lines) + in_query.text + twice.text


@pytest.mark.parametrize("path", ["/nowhere", "/graphiql/assets/nothing.js"])
async def test_an_unknown_path_is_not_written_down(shared: Running, path: str) -> None:
    with structlog.testing.capture_logs() as lines:
        await shared.client.get(path)
    assert path not in json.dumps(lines)


async def test_an_error_of_the_database_is_told_without_the_row(shared: Running) -> None:
    twice = users.insert().values(uid=OWNER, email="aoki@kakehashi.example", created_at=datetime.now(UTC))
    with pytest.raises(DBAPIError) as raised:
        async with shared.database.writing() as transaction:
            await transaction.execute(twice)
    text = told((type(raised.value), raised.value, raised.value.__traceback__))
    assert "insert into users" in text.lower()
    assert "parameters hidden" in text
    assert OWNER not in text
    assert "aoki" not in text


@pytest.mark.parametrize("rest", ["", "\nHINT:  None.", "\n[SQL: select 1]", "\n\nThe above exception was the cause."])
def test_what_a_database_quotes_is_left_out_of_a_text_of_many_lines(rest: str) -> None:
    problem = ValueError(f"duplicate key\nDETAIL:  Key (name)=(青木\n花子) already exists.{rest}")
    assert told((ValueError, problem, None)) == "ValueError: duplicate key" + rest.replace("\n\n", "\n")


def test_a_line_is_json_in_utf_8() -> None:
    assert json_line(None, "info", {"event": "架け橋", "ms": 1.5}) == '{"event":"架け橋","ms":1.5}'.encode()
