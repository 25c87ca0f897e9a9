"""What a client reads about its limit, letter by letter."""

import pytest

from gateway.limits.gcra import Decision, Rate, decide
from gateway.limits.headers import headers_for
from tests.gateway.limits.schedules import FREE

NOW = 1_763_446_600.25


def refused(*, retry_after_s: float) -> Decision:
    """A refusal of an empty bucket of 100 a minute."""
    return Decision(False, limit=100, remaining=0, retry_after_s=retry_after_s, reset_after_s=59.4, period_s=60)


def test_a_call_that_passed() -> None:
    assert headers_for(decide(None, FREE, now_us=0)[1], NOW) == {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": "99",
        "RateLimit-Policy": '"default";q=100;w=60',
        "RateLimit": '"default";r=99;t=1',
    }


def test_a_call_that_was_refused() -> None:
    assert headers_for(refused(retry_after_s=4.2), NOW) == {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": "0",
        "RateLimit-Policy": '"default";q=100;w=60',
        "RateLimit": '"default";r=0;t=5',
        "Retry-After": "5",
        "X-RateLimit-Reset": "1763446605",
    }


def test_a_client_is_never_told_to_come_again_at_once() -> None:
    headers = headers_for(refused(retry_after_s=0.000001), NOW)
    assert (headers["Retry-After"], headers["X-RateLimit-Reset"]) == ("1", "1763446601")


def test_whole_seconds_stay_as_they_are() -> None:
    headers = headers_for(refused(retry_after_s=3), NOW - 0.25)
    assert (headers["Retry-After"], headers["X-RateLimit-Reset"]) == ("3", "1763446603")


@pytest.mark.parametrize("past_us", [1, 99_999, 300_000, 700_000, 900_001, 999_999])
def test_a_moment_that_is_a_whole_second_is_that_second(past_us: int) -> None:
    decision = refused(retry_after_s=(1_000_000 - past_us) / 1_000_000)
    assert headers_for(decision, 1_763_446_600 + past_us / 1_000_000)["X-RateLimit-Reset"] == "1763446601"


def test_a_window_of_less_than_a_second_is_told_as_one() -> None:
    headers = headers_for(decide(None, Rate(limit=5, period_s=0.5), now_us=0)[1], NOW)
    assert headers["RateLimit-Policy"] == '"default";q=5;w=1'


def test_who_may_still_call_is_told_when_one_call_more_is_there() -> None:
    decision = Decision(True, limit=10, remaining=3, retry_after_s=0, reset_after_s=40.5, period_s=60)
    # Seven calls are missing, and each takes six seconds: the first of them is back after 4.5.
    assert headers_for(decision, NOW)["RateLimit"] == '"default";r=3;t=5'


def test_an_untouched_bucket_of_many_calls_is_full_in_a_second() -> None:
    headers = headers_for(decide(None, Rate(limit=1000, period_s=60), now_us=0)[1], NOW)
    assert headers["RateLimit"] == '"default";r=999;t=1'
