"""Every refusal in Laravel's words, and as RFC 9457 for those who ask."""

import time
from http import HTTPStatus

import pytest
from starlette.responses import Response

from gateway.doors.problems import Problem
from gateway.talktiko.refusals import invalid, refused

PROBLEM = "application/problem+json"
RETRY = {"Retry-After": "30"}


def said(response: Response) -> tuple[int, str, str]:
    """Status, Content-Type and body."""
    return response.status_code, response.headers["content-type"], bytes(response.body).decode()


def plain(status: int, message: str) -> Problem:
    """A problem that is no more than its status and its message."""
    return Problem(HTTPStatus(status), message)


@pytest.mark.parametrize(
    ("problem", "status", "body"),
    [
        (Problem(HTTPStatus.UNAUTHORIZED, "Expired.", "token_expired"), 401, '{"message":"Unauthenticated."}'),
        (plain(403, "Another organization."), 403, '{"message":"This action is unauthorized."}'),
        (
            Problem(HTTPStatus.FORBIDDEN, "Not yours.", "ability_missing"),
            403,
            '{"message":"Invalid ability provided."}',
        ),
        (
            Problem(HTTPStatus.FORBIDDEN, "Locked.", "account_locked"),
            403,
            '{"message":"This action is unauthorized."}',
        ),
        (plain(404, "講座がありません。"), 404, '{"message":"講座がありません。"}'),
        (plain(405, "Method Not Allowed"), 405, '{"message":"Method Not Allowed"}'),
        (plain(409, "Not ready."), 409, '{"message":"Not ready."}'),
        (plain(410, "Gone."), 410, '{"message":"Gone."}'),
        (plain(429, "Slower."), 429, '{"message":"Too Many Attempts."}'),
        (plain(500, "KeyError: 'secret'"), 500, '{"message":"Server Error"}'),
        (plain(503, "No payment key is set."), 503, '{"message":"No payment key is set."}'),
        (plain(400, "The body is no JSON."), 400, '{"message":"The body is no JSON."}'),
        (
            Problem(HTTPStatus.BAD_REQUEST, "level is invalid", parameter="level"),
            422,
            '{"message":"level is invalid","errors":{"level":["level is invalid"]}}',
        ),
        (
            Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Spent.", "promo_spent", "code"),
            422,
            '{"message":"Spent.","errors":{"code":["Spent."]}}',
        ),
        (plain(422, "Another body came first."), 422, '{"message":"Another body came first.","errors":{}}'),
        (
            Problem(HTTPStatus.NOT_FOUND, "No such token.", parameter="token"),
            404,
            '{"message":"No such token."}',
        ),
        (plain(404, "half a \ud83d"), 404, '{"message":"half a ?"}'),
        (plain(404, 'a "quoted"\n</b>'), 404, '{"message":"a \\"quoted\\"\\n</b>"}'),
    ],
)
def test_a_refusal_is_in_the_words_of_laravel(problem: Problem, status: int, body: str) -> None:
    assert said(refused(problem)) == (status, "application/json", body)


@pytest.mark.parametrize("accept", ["", PROBLEM])
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"}),
        (HTTPStatus.TOO_MANY_REQUESTS, RETRY),
        (HTTPStatus.SERVICE_UNAVAILABLE, RETRY),
        (HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"}),
    ],
)
def test_the_headers_of_a_problem_are_sent(status: HTTPStatus, headers: dict[str, str], accept: str) -> None:
    response = refused(Problem(status, "No.", headers=headers), accept)
    assert {name: response.headers[name] for name in headers} == headers


@pytest.mark.parametrize(
    ("errors", "body"),
    [
        ({"url": ["Bad."]}, '{"message":"Bad.","errors":{"url":["Bad."]}}'),
        (
            {"url": ["Bad."], "events": ["Unknown."]},
            '{"message":"Bad. (and 1 more error)","errors":{"url":["Bad."],"events":["Unknown."]}}',
        ),
        (
            {"z": ["One.", "Two."], "a": ["Three."]},
            '{"message":"One. (and 2 more errors)","errors":{"z":["One.","Two."],"a":["Three."]}}',
        ),
        ({"url": [], "名前": ["必須です。"]}, '{"message":"必須です。","errors":{"url":[],"名前":["必須です。"]}}'),
        ({}, '{"message":"The given data was invalid.","errors":{}}'),
    ],
)
def test_several_fields_are_refused_at_once_and_in_their_order(errors: dict[str, list[str]], body: str) -> None:
    assert said(invalid(errors)) == (422, "application/json", body)


@pytest.mark.parametrize(
    ("problem", "status", "body"),
    [
        (
            plain(404, "講座がありません。"),
            404,
            '{"type":"about:blank","title":"Not Found","status":404,"detail":"講座がありません。"}',
        ),
        (
            Problem(HTTPStatus.FORBIDDEN, "Not yours.", "ability_missing"),
            403,
            (
                '{"type":"urn:kakehashi:problem:ability_missing","title":"Forbidden","status":403,'
                '"detail":"Invalid ability provided.","code":"ability_missing"}'
            ),
        ),
        (
            plain(500, "KeyError: 'secret'"),
            500,
            '{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"Server Error"}',
        ),
        (
            Problem(HTTPStatus.BAD_REQUEST, "level is invalid", "wrong", "level"),
            422,
            '{"type":"urn:kakehashi:problem:wrong","title":"' + HTTPStatus(422).phrase + '","status":422,'
            '"detail":"level is invalid","code":"wrong","errors":{"level":["level is invalid"]}}',
        ),
        (
            plain(400, "The body is no JSON."),
            400,
            '{"type":"about:blank","title":"Bad Request","status":400,"detail":"The body is no JSON."}',
        ),
    ],
)
def test_who_asks_for_problem_details_gets_them(problem: Problem, status: int, body: str) -> None:
    assert said(refused(problem, PROBLEM)) == (status, PROBLEM, body)


def test_several_fields_are_problem_details_too() -> None:
    assert said(invalid({"b": ["One."], "a": ["Two."]}, PROBLEM)) == (
        422,
        PROBLEM,
        '{"type":"about:blank","title":"' + HTTPStatus(422).phrase + '","status":422,'
        '"detail":"One. (and 1 more error)","errors":{"b":["One."],"a":["Two."]}}',
    )


@pytest.mark.parametrize(
    ("accept", "asked"),
    [
        ("application/problem+json", True),
        ("Application/Problem+JSON", True),
        ("application/json, application/problem+json", True),
        ("text/html,application/problem+json;q=0.001,*/*", True),
        ("application/problem+json ; charset=utf-8 ; Q=1.000", True),
        ('application/problem+json;note="a,b;q=0"', True),
        ('application/problem+json;note="a\\",b;q=0"', True),
        ("application/problem+json;q=0, application/problem+json", True),
        (",,application/problem+json,", True),
        ("", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
        ("text/html", False),
        ("application/problem+xml", False),
        ("application/problem+jsonx", False),
        ("x-application/problem+json", False),
        ("application/problem+json;q=0", False),
        ("application/problem+json;q=0.000", False),
        ("application/problem+json; q = 0", False),
        ("application/problem+json;q=", False),
        ("application/problem+json;q=-1", False),
        ("application/problem+json;q=2", False),
        ("application/problem+json;q=0.0001", False),
        ("application/problem+json;q=nan", False),
        ("application/problem+json;q=０.５", False),
        ('text/html;note="application/problem+json"', False),
        ('text/html;note=",application/problem+json,"', False),
        ('text/html;note=",application/problem+json', False),
        ("text/html;application/problem+json", False),
        ("application/problem+json application/json", False),
    ],
)
def test_problem_details_are_for_those_who_name_them(accept: str, asked: bool) -> None:
    response = refused(plain(404, "No."), accept)
    assert response.headers["content-type"] == (PROBLEM if asked else "application/json")


@pytest.mark.parametrize("accept", ['"\\' * 32_000, "," * 64_000, ";q=" * 21_000, '"' * 64_000, "\\" * 64_000])
def test_no_accept_header_keeps_the_server_busy(accept: str) -> None:
    before = time.process_time()
    assert refused(plain(404, "No."), accept).headers["content-type"] == "application/json"
    assert time.process_time() - before < 1
