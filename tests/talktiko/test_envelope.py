"""What all doors have in common: who is let in, methods, unknown paths, headers of limits, problems, tags, times."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx2
import pytest

from db import api_tokens
from gateway.talktiko.routes import DOORS
from tests.talktiko.asking import (
    ALL_ABILITIES,
    EXPIRED,
    LOCKED,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNAUTHORIZED,
    Api,
    bearer,
)
from tests.talktiko.doors import (
    ANALYTICS,
    BULK,
    COMPLIANCE,
    IMPORT,
    INSTITUTION,
    INSTITUTIONS,
    JSON,
    LINES,
    WITH_TOKEN,
    Line,
)

PROBLEM = "application/problem+json"
PLAIN_JSON = "application/json"
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "RateLimit-Policy", "RateLimit")
METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
# An address of each path, and the methods that it takes.
PATHS: dict[str, set[str]] = {}
for path in dict.fromkeys(line.path for line in LINES):
    alike = [line for line in LINES if line.path == path]
    methods = {line.method for line in alike}
    PATHS[alike[0].address.partition("?")[0]] = methods | ({"HEAD"} if "GET" in methods else set())
NOT_ALLOWED = [(path, method) for path, allowed in PATHS.items() for method in sorted(METHODS - allowed)]
# What is answered without a time: because there is none in it, or because the request is refused.
TIMELESS = {
    "POST /auth/sign-in",
    "DELETE /integrations/tokens/{token}",
    *("GET /integrations/abilities", "GET /stats", "GET /progress-history", "GET /learning-insights"),
    *("GET /gamification/stats", "GET /gamification/leaderboard", "GET /subscription-plans"),
    *("POST /integrations/webhooks", "DELETE /integrations/webhooks/{id}"),
    *("POST /integrations/webhooks/{id}/test", "POST /integrations/webhooks/{id}/replay"),
    "POST /integrations/webhooks/{id}/deliveries/{delivery}/retry",
    *("POST /integrations/exports", "DELETE /integrations/exports/{id}"),
    *("POST /integrations/upstreams", "DELETE /integrations/upstreams/{id}"),
    *("POST /integrations/xapi-endpoints", "DELETE /integrations/xapi-endpoints/{id}"),
    *("POST /integrations/lti-consumers", "DELETE /integrations/lti-consumers/{id}"),
    "POST /integrations/lti-consumers/invitations",
    *("POST /billing/checkout-session", "POST /billing/portal-session", "POST /billing/apply-promo"),
    *(f"POST {BULK}", f"GET {IMPORT}/rows", f"GET {IMPORT}/errors", f"POST {IMPORT}/apply", f"DELETE {IMPORT}"),
    *(f"GET {INSTITUTIONS}", f"POST {INSTITUTIONS}", f"GET {INSTITUTION}"),
    *(f"GET {ANALYTICS}", f"GET {COMPLIANCE}"),
}
# What answers with a file and no JSON, and what is neither that nor the same for everyone.
FILES = [line for line in LINES if line.media != JSON]
UNTAGGED = [line for line in LINES if line.method == "GET" and not line.cached and line not in FILES]
GARBLED = {
    "no scheme": "kakehashi",
    "another scheme": "Basic c3R1ZGVudDpzZWNyZXQ=",
    "nothing after Bearer": "Bearer ",
    "no token": "Bearer garbled",
    "no number": "Bearer |kakehashi_" + "a" * 40 + "00000000",
    "wrong checksum": "Bearer 1|kakehashi_" + "a" * 40 + "00000000",
    "right checksum, wrong secret": "Bearer 1|kakehashi_" + "a" * 40 + "e3bc9ac1",
    "another signature": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhdXRoMHxkZW1vLXN0dWRlbnQifQ.",
}


def counted(answer: httpx2.Response) -> tuple[int, int]:
    """The limit and what remains, once every header of limits is there and says the same."""
    limit, remaining = (int(answer.headers[name]) for name in LIMITS[:2])
    assert answer.headers["RateLimit-Policy"] == f'"default";q={limit};w=60'
    assert re.fullmatch(rf'"default";r={remaining};t=[0-9]+', answer.headers["RateLimit"])
    return limit, remaining


def texts(content: Any) -> Iterator[str]:  # noqa: ANN401  # JSON has no types
    """Every text in JSON."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | dict):
        for part in content.values() if isinstance(content, dict) else content:
            yield from texts(part)


def test_every_door_has_its_line() -> None:
    lines = [(line.method, line.path) for line in LINES]
    assert lines == [(door.methods[0], door.path) for door in DOORS]
    assert [line.anonymous for line in LINES] == [door.anonymous for door in DOORS]
    assert [line.cached for line in LINES] == [door.cached for door in DOORS]


@pytest.mark.parametrize("line", LINES, ids=str)
async def test_an_answer_has_its_status_its_type_and_the_headers_of_limits(api: Api, line: Line) -> None:
    answer = await line.ask(api)
    assert answer.status_code == line.status
    assert answer.headers["content-type"] == (line.media if answer.is_success else PLAIN_JSON)
    limit, remaining = counted(answer)
    assert (limit, 0 < remaining < limit) == (100 if line.anonymous else 1000, True)
    assert "retry-after" not in answer.headers
    assert "x-ratelimit-reset" not in answer.headers


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "image/png;q=1"])
@pytest.mark.parametrize("line", LINES, ids=str)
async def test_the_answer_has_its_type_whatever_is_accepted(api: Api, line: Line, accept: str) -> None:
    answer = await line.ask(api, headers={"Accept": accept})
    assert answer.headers["content-type"] == (line.media if answer.is_success else PLAIN_JSON)


@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_nobody_is_let_in_without_a_token(api: Api, line: Line) -> None:
    answer = await line.ask_bare(api, {})
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert counted(answer)[0] == 100


@pytest.mark.parametrize("authorization", GARBLED.values(), ids=GARBLED)
@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_nobody_is_let_in_by_a_garbled_token(api: Api, line: Line, authorization: str) -> None:
    answer = await line.ask_bare(api, {"Authorization": authorization})
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert counted(answer)[0] == 100


@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_nobody_is_let_in_by_an_expired_token(api: Api, line: Line) -> None:
    now = datetime.now(UTC)
    token = await api.token(line.uid, ALL_ABILITIES, expires_at=now - timedelta(seconds=1))
    answer = await line.ask_bare(api, bearer(token.plain_text))
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_nobody_is_let_in_by_a_revoked_token(api: Api, line: Line) -> None:
    token, now, user_id = await api.token(line.uid, ALL_ABILITIES), datetime.now(UTC), await api.id_of(line.uid)
    async with api.running.database.writing() as transaction:
        assert await api_tokens.revoke(transaction, token.id, user_id=user_id, now=now)
    answer = await line.ask_bare(api, bearer(token.plain_text))
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_a_token_in_the_address_lets_nobody_in(api: Api, line: Line) -> None:
    token = await api.token(line.uid, ALL_ABILITIES)
    sign = "&" if "?" in line.address else "?"
    answer = await api.nobody(line.method, f"{line.address}{sign}access_token={token.plain_text}", json=line.body)
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("uid", [LOCKED, EXPIRED])
@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_who_is_locked_or_out_of_the_period_may_not(api: Api, line: Line, uid: str) -> None:
    token = await api.token(uid, ALL_ABILITIES)
    answer = await line.ask_bare(api, bearer(token.plain_text))
    assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED)


@pytest.mark.parametrize("line", [line for line in LINES if line.anonymous], ids=str)
async def test_an_open_door_looks_at_no_token(api: Api, line: Line) -> None:
    answer = await line.ask_bare(api, bearer("garbled"))
    assert answer.status_code == line.status


@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_a_token_of_auth0_opens_the_same_doors(api: Api, line: Line) -> None:
    answer = await line.ask_bare(api, await api.running.headers(line.uid))
    assert answer.status_code == line.status


@pytest.mark.parametrize(("path", "method"), NOT_ALLOWED)
async def test_another_method_is_refused_with_those_that_are_allowed(api: Api, path: str, method: str) -> None:
    answer = await api.nobody(method, path, json={} if method in ("PATCH", "POST", "PUT") else None)
    assert answer.status_code == 405
    assert answer.headers["allow"] == ", ".join(sorted(PATHS[path]))
    assert answer.headers["content-type"] == PLAIN_JSON
    assert answer.text == ("" if method == "HEAD" else '{"message":"Method Not Allowed"}')


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/courses/", "/Courses", "/trainingitems", "/auth", "/courses//", "//courses", "/courses%00"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_path_is_not_found(api: Api, method: str, path: str) -> None:
    answer = await api.nobody(method, path)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (404, PLAIN_JSON, NOT_FOUND)


@pytest.mark.parametrize("line", WITH_TOKEN, ids=str)
async def test_problem_details_are_for_who_asks_for_them(api: Api, line: Line) -> None:
    answer = await line.ask_bare(api, {"Accept": f"application/json, {PROBLEM};q=0.5"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert list(answer.json().items()) == [
        ("type", "urn:kakehashi:problem:token_missing"),
        ("title", "Unauthorized"),
        ("status", 401),
        ("detail", "Unauthenticated."),
        ("code", "token_missing"),
    ]


@pytest.mark.parametrize("path", PATHS)
async def test_a_wrong_method_is_problem_details_too(api: Api, path: str) -> None:
    method = "OPTIONS" if "PUT" in PATHS[path] else "PUT"
    answer = await api.nobody(method, path, json={}, headers={"Accept": PROBLEM})
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
    assert answer.headers["allow"] == ", ".join(sorted(PATHS[path]))
    assert list(answer.json().items()) == [
        ("type", "about:blank"),
        ("title", "Method Not Allowed"),
        ("status", 405),
        ("detail", "Method Not Allowed"),
    ]


@pytest.mark.parametrize("line", [line for line in LINES if line.method == "GET"], ids=str)
async def test_head_gives_the_headers_of_get_and_no_body(api: Api, line: Line) -> None:
    whole = await line.ask(api)
    head = await line.ask_at(api, line.address, method="HEAD")
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "etag", "cache-control", "x-graphql-document"):
        assert head.headers.get(name) == whole.headers.get(name)
    counted(head)


@pytest.mark.parametrize("line", [line for line in LINES if line.cached], ids=str)
async def test_a_cached_door_tags_its_answer_and_says_when_nothing_has_changed(api: Api, line: Line) -> None:
    whole = await line.ask(api)
    tag = whole.headers["etag"]
    assert re.fullmatch('W/"[0-9a-f]{32}"', tag)
    assert whole.headers["cache-control"] == "public, max-age=60"
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        answer = await line.ask(api, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["cache-control"] == "public, max-age=60"
        counted(answer)
    other = await line.ask(api, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)


async def test_another_answer_of_a_cached_door_has_another_tag(api: Api) -> None:
    found = [await api.nobody("GET", f"/public/courses?per_page={size}") for size in (1, 2)]
    assert found[0].headers["etag"] != found[1].headers["etag"]


@pytest.mark.parametrize("path", ["/public/courses/nothing", "/public/courses?level=Z"])
async def test_a_refusal_of_a_cached_door_has_no_tag(api: Api, path: str) -> None:
    answer = await api.nobody("GET", path, headers={"If-None-Match": "*"})
    assert answer.status_code in (404, 422)
    assert "etag" not in answer.headers
    assert "cache-control" not in answer.headers


@pytest.mark.parametrize("line", FILES, ids=str)
async def test_a_file_is_tagged_and_kept_by_whoever_fetched_it_alone(api: Api, line: Line) -> None:
    whole = await line.ask(api)
    tag = whole.headers["etag"]
    assert tag == f'"{sha256(whole.content).hexdigest()}"'
    assert whole.headers["cache-control"] == "private, no-cache"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await line.ask(api, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), known
        assert answer.headers["cache-control"] == "private, no-cache"
        counted(answer)
    other = await line.ask(api, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)


@pytest.mark.parametrize("line", UNTAGGED, ids=str)
async def test_no_other_door_lets_its_answer_be_kept(api: Api, line: Line) -> None:
    answer = await line.ask(api, headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert "cache-control" not in answer.headers


@pytest.mark.parametrize("line", [line for line in LINES if line not in FILES], ids=str)
async def test_every_time_is_in_utc_to_the_microsecond(api: Api, line: Line) -> None:
    answer = await line.ask(api)
    instants = [text for text in texts(answer.json()) if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", text)]
    assert [text for text in instants if not INSTANT.fullmatch(text)] == []
    assert bool(instants) == (str(line) not in TIMELESS)
