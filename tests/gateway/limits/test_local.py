"""The buckets of one process, on a clock that stands still until it is moved."""

from hypothesis import given, settings

from gateway.limits.gcra import Rate
from gateway.limits.local import LocalBuckets
from tests.gateway.auth.crafting import Clock
from tests.gateway.limits.schedules import FREE, PRO, Schedule, schedules

# A machine that has been up for a year, whose clock is a float like any other.
UP_US = 31_536_000_123_457
SIGN_IN = Rate(limit=5, period_s=900)


@settings(deadline=None)
@given(schedule=schedules())
def test_they_decide_as_a_leaky_bucket_in_fractions_does(schedule: Schedule) -> None:
    clock, made = Clock(0), []
    buckets = LocalBuckets(now=clock)
    for at_us, cost in schedule.calls(UP_US):
        clock.at = at_us / 1_000_000
        made.append(buckets.take("key", schedule.rate, cost=cost))
    assert made == schedule.expected()


def test_a_refused_call_passes_after_the_time_it_is_told_and_not_a_microsecond_earlier() -> None:
    clock = Clock(1000.0)
    buckets = LocalBuckets(now=clock)
    buckets.take("key", FREE, cost=100)
    refused = buckets.take("key", FREE, cost=7)
    assert (refused.allowed, refused.retry_after_s) == (False, 4.2)
    clock.at += refused.retry_after_s - 0.000001
    early = buckets.take("key", FREE, cost=7)
    assert (early.allowed, early.retry_after_s) == (False, 0.000001)
    clock.at += early.retry_after_s
    assert buckets.take("key", FREE, cost=7).allowed


def test_a_clock_that_shows_a_hair_less_than_the_microsecond_it_means_is_taken_at_its_meaning() -> None:
    clock = Clock(1000.3)
    buckets = LocalBuckets(now=clock)
    buckets.take("key", FREE, cost=100)
    clock.at += 0.6 * 3
    assert clock.at < 1002.1
    assert buckets.take("key", FREE, cost=3).allowed


def test_of_a_thousand_calls_a_hundred_pass() -> None:
    buckets = LocalBuckets(now=Clock(1000.0))
    assert [buckets.take("key", FREE).allowed for _ in range(1000)] == [True] * 100 + [False] * 900


def test_without_a_clock_of_ours_it_is_the_machines() -> None:
    buckets = LocalBuckets()
    assert [buckets.take("key", SIGN_IN).allowed for _ in range(6)] == [True] * 5 + [False]


def test_keys_do_not_touch_each_other() -> None:
    buckets = LocalBuckets(now=Clock(1000.0))
    assert [buckets.take(key, FREE).remaining for key in ("one", "two", "one")] == [99, 99, 98]


def test_a_forgotten_bucket_is_full_whatever_its_rate() -> None:
    buckets = LocalBuckets(now=Clock(1000.0))
    for rate in (FREE, PRO):
        buckets.take("key", rate, cost=rate.limit)
        buckets.take("other", rate, cost=rate.limit)
    buckets.forget("key")
    buckets.forget("unknown")
    assert [buckets.take("key", rate).allowed for rate in (FREE, PRO)] == [True, True]
    assert [buckets.take("other", rate).allowed for rate in (FREE, PRO)] == [False, False]


def test_ten_thousand_keys_leave_no_more_behind_than_may_be_kept() -> None:
    buckets = LocalBuckets(now=Clock(1000.0), most_keys=100)
    for number in range(10_000):
        buckets.take(f"key {number}", FREE)
        assert len(buckets._arrivals[FREE]) <= 100


def test_buckets_that_are_full_again_are_forgotten_first() -> None:
    clock = Clock(1000.0)
    buckets = LocalBuckets(now=clock, most_keys=100)
    for number in range(100):
        buckets.take(f"key {number}", FREE, cost=1 + number)
    # By now the first 50 are full, the 50th since this very moment.
    clock.at += 30
    buckets.take("one more", FREE)
    assert list(buckets._arrivals[FREE]) == [*(f"key {number}" for number in range(50, 100)), "one more"]


def test_where_none_is_full_the_eighth_that_is_nearest_to_it_is_forgotten() -> None:
    buckets = LocalBuckets(now=Clock(1000.0), most_keys=100)
    for number in range(100):
        buckets.take(f"key {number}", FREE, cost=100 - number)
    buckets.take("one more", FREE)
    assert list(buckets._arrivals[FREE]) == [*(f"key {number}" for number in range(87)), "one more"]


def test_a_flood_of_keys_does_not_fill_an_emptied_bucket() -> None:
    buckets = LocalBuckets(now=Clock(1000.0), most_keys=100)
    buckets.take("guessing", FREE, cost=100)
    for number in range(10_000):
        buckets.take(f"flood {number}", FREE, cost=99)
    assert not buckets.take("guessing", FREE).allowed


def test_a_flood_in_buckets_that_refill_slowly_does_not_fill_one_that_refills_fast() -> None:
    buckets = LocalBuckets(now=Clock(1000.0), most_keys=100)
    buckets.take("calling", FREE, cost=100)
    for number in range(10_000):
        buckets.take(f"flood {number}", SIGN_IN)
    assert not buckets.take("calling", FREE).allowed


def test_a_key_that_is_known_makes_nobody_go() -> None:
    buckets = LocalBuckets(now=Clock(1000.0), most_keys=3)
    for key, cost in (("one", 1), ("two", 2), ("three", 3), ("three", 1), ("two", 1)):
        buckets.take(key, FREE, cost=cost)
    assert [buckets.take(key, FREE).remaining for key in ("one", "two", "three")] == [98, 96, 95]
