"""The algorithm by itself, against a leaky bucket that counts in fractions."""

import pytest
from hypothesis import given, settings

from gateway.limits.gcra import Arrival, Decision, Rate, decide
from tests.gateway.limits.schedules import FREE, PRO, UNEVEN, LeakyBucket, Schedule, schedules

NOW = 1_763_446_600_000_000


def decisions(schedule: Schedule) -> list[Decision]:
    """What is decided on a schedule, one call after the other."""
    arrival, made = None, []
    for now_us, cost in schedule.calls(NOW):
        arrival, decision = decide(arrival, schedule.rate, now_us=now_us, cost=cost)
        made.append(decision)
    return made


@settings(deadline=None, max_examples=500)
@given(schedule=schedules())
def test_it_decides_as_a_leaky_bucket_in_fractions_does(schedule: Schedule) -> None:
    assert decisions(schedule) == schedule.expected()


@settings(deadline=None)
@given(schedule=schedules(FREE))
def test_it_does_so_at_100_calls_in_60_seconds(schedule: Schedule) -> None:
    assert decisions(schedule) == schedule.expected()


@settings(deadline=None)
@given(schedule=schedules())
def test_a_refused_call_passes_after_the_time_it_is_told_and_not_a_microsecond_earlier(schedule: Schedule) -> None:
    arrival = None
    for now_us, cost in schedule.calls(NOW):
        arrival, decision = decide(arrival, schedule.rate, now_us=now_us, cost=cost)
        if not decision.allowed:
            then_us = now_us + round(decision.retry_after_s * 1_000_000)
            assert decide(arrival, schedule.rate, now_us=then_us, cost=cost)[1].allowed
            assert not decide(arrival, schedule.rate, now_us=then_us - 1, cost=cost)[1].allowed


@settings(deadline=None)
@given(schedule=schedules())
def test_a_bucket_is_full_after_the_time_it_tells_and_not_a_microsecond_earlier(schedule: Schedule) -> None:
    arrival, limit = None, schedule.rate.limit
    for now_us, cost in schedule.calls(NOW):
        arrival, decision = decide(arrival, schedule.rate, now_us=now_us, cost=cost)
        full_us = now_us + round(decision.reset_after_s * 1_000_000)
        assert decide(arrival, schedule.rate, now_us=full_us, cost=limit)[1].allowed
        assert not decide(arrival, schedule.rate, now_us=full_us - 1, cost=limit)[1].allowed


def test_the_first_call_of_a_hundred_a_minute() -> None:
    arrival, decision = decide(None, FREE, now_us=NOW)
    assert decision == Decision(True, limit=100, remaining=99, retry_after_s=0, reset_after_s=0.6, period_s=60)
    assert arrival == (NOW + 600_000, 0)


def test_an_interval_that_is_no_whole_number_of_microseconds_is_kept_with_its_odd_shares() -> None:
    assert decide(None, UNEVEN, now_us=NOW)[0] == (NOW + 8_571_428, 4)


def test_seven_calls_a_minute_are_seven_thousand_in_a_thousand_minutes() -> None:
    arrival, decision = decide(None, UNEVEN, now_us=0, cost=7)
    for minute in range(1, 1001):
        for call in range(7):
            # The first moment at which the next call can pass, counted from the beginning and not from the last one.
            due_us = (minute - 1) * 60_000_000 + -(-(call + 1) * 60_000_000 // 7)
            assert not decide(arrival, UNEVEN, now_us=due_us - 1)[1].allowed
            arrival, decision = decide(arrival, UNEVEN, now_us=due_us)
            assert decision.allowed
    assert arrival == (1_001 * 60_000_000, 0)


def test_a_refused_call_changes_nothing() -> None:
    emptied, _ = decide(None, FREE, now_us=NOW, cost=100)
    arrival, decision = decide(emptied, FREE, now_us=NOW, cost=3)
    assert arrival is emptied
    assert decision == Decision(False, limit=100, remaining=0, retry_after_s=1.8, reset_after_s=60, period_s=60)


def test_a_cost_above_the_limit_is_the_limit() -> None:
    assert decide(None, FREE, now_us=NOW, cost=5000) == decide(None, FREE, now_us=NOW, cost=100)
    used, _ = decide(None, FREE, now_us=NOW)
    refused = decide(used, FREE, now_us=NOW, cost=5000)[1]
    assert (refused.allowed, refused.remaining, refused.retry_after_s) == (False, 99, 0.6)


def test_where_the_clock_was_set_back_the_bucket_is_empty_from_now_on_and_no_longer() -> None:
    emptied, _ = decide(None, FREE, now_us=NOW, cost=100)
    earlier = NOW - 3_600_000_000
    arrival, decision = decide(emptied, FREE, now_us=earlier)
    assert decision == Decision(False, limit=100, remaining=0, retry_after_s=0.6, reset_after_s=60, period_s=60)
    assert decide(arrival, FREE, now_us=earlier + 600_000)[1].allowed


def test_of_a_bucket_whose_rate_changes_the_share_that_is_left_stays() -> None:
    half, _ = decide(None, FREE, now_us=NOW, cost=50)
    assert decide(half, PRO, now_us=NOW)[1].remaining == 499


def test_odd_shares_of_another_rate_count_as_less_than_a_microsecond() -> None:
    decision = decide(Arrival(NOW, 999), UNEVEN, now_us=NOW, cost=7)[1]
    assert (decision.allowed, decision.retry_after_s) == (False, 0.000001)


@pytest.mark.parametrize(
    ("limit", "period_s"), [(0, 60), (-1, 60), (1, 0), (1, -60), (1, 0.0000004), (104_250, 86_400)]
)
def test_a_rate_that_cannot_be_counted_is_refused(limit: int, period_s: float) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        Rate(limit, period_s)


@pytest.mark.parametrize("cost", [0, -1])
def test_a_call_that_costs_nothing_is_refused_as_a_mistake(cost: int) -> None:
    with pytest.raises(ValueError, match="costs at least 1"):
        decide(None, FREE, now_us=NOW, cost=cost)


def test_the_model_itself_refuses_the_hundred_and_first_call() -> None:
    bucket = LeakyBucket(FREE)
    assert [bucket.take(0, 1).allowed for _ in range(101)] == [True] * 100 + [False]
    assert [bucket.take(600_000, 1).allowed for _ in range(2)] == [True, False]
