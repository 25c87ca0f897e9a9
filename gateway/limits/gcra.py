"""The generic cell rate algorithm: from one moment kept per bucket, whether a call passes now.

The moment is the theoretical arrival time, at which the bucket is full again. Every call that passes puts it off by
period / limit, and a call passes as long as it does not put it further than one period into the future.

Everything is counted in integers, so that Lua, which has doubles only, and Python agree to the last bit and nothing
drifts. Since period / limit is seldom a whole number of microseconds, what a bucket lacks is counted in shares of a
microsecond, `limit` of them to one: a call costs exactly `period_us` shares and the whole bucket `limit * period_us`.
All of it fits below 2**53, up to where doubles hold every integer. `Rate` checks it for the shares (100 a minute are
6e9, and 100,000 a day 8.6e15 of 9.0e15). The moment itself is kept as whole microseconds, which since 1970 stay below
2**53 until the year 2255, with the odd shares beside them: multiplied into shares it would not fit.
"""

from dataclasses import dataclass
from typing import NamedTuple

SECOND_US = 1_000_000
EXACT_UP_TO = 2**53


@dataclass(frozen=True, slots=True)
class Rate:
    """A burst of `limit` calls, refilled evenly over `period_s` seconds, which counts to the microsecond.

    ValueError where either is not positive, or where both together are too large to be counted exactly.
    """

    limit: int
    period_s: float

    def __post_init__(self) -> None:
        if self.limit < 1 or self.period_us < 1 or self.shares > EXACT_UP_TO:
            raise ValueError(f"{self} cannot be counted: use at least 1 call, 1 µs, and limit * microseconds <= 2**53")

    @property
    def period_us(self) -> int:
        """The period in microseconds; it is also what one call costs in shares."""
        return round(self.period_s * SECOND_US)

    @property
    def shares(self) -> int:
        """What a full bucket holds, in shares of which `limit` are refilled every microsecond."""
        return self.limit * self.period_us

    def within(self, cost: int) -> int:
        """The cost as it is counted: never more than the bucket holds, so that the dearest call can run at all.

        ValueError for less than 1: a call that costs nothing needs no limit.
        """
        if cost < 1:
            raise ValueError(f"A call costs at least 1, not {cost}.")
        return min(cost, self.limit)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call passed, and what its bucket holds after it.

    `remaining` counts calls that would pass at once. `retry_after_s` is 0 for a call that passed, else the time after
    which a call of the same cost passes if nobody else calls; `reset_after_s` is the time until the bucket is full.
    Both are exact to the microsecond, rounded up.
    """

    allowed: bool
    limit: int
    remaining: int
    retry_after_s: float
    reset_after_s: float
    period_s: float


class Arrival(NamedTuple):
    """The moment at which a bucket is full: microseconds of its clock, and odd shares of one more."""

    us: int
    odd: int


def decide(arrival: Arrival | None, rate: Rate, *, now_us: int, cost: int = 1) -> tuple[Arrival | None, Decision]:
    """Where the arrival time stands after this call, and what is decided; None stands for a full bucket.

    A call that is refused changes nothing. The one exception is a bucket that lacks more than it holds, which happens
    when the clock was set back or the rate of a key was changed: it is counted as empty from now on.
    """
    lacking = _lacking(arrival, rate, now_us=now_us)
    price = rate.within(cost) * rate.period_us
    allowed = price <= rate.shares - lacking
    if allowed:
        lacking += price
    if allowed or lacking > rate.shares:
        lacking = min(lacking, rate.shares)
        us, odd = divmod(lacking, rate.limit)
        arrival = Arrival(now_us + us, odd)
    return arrival, decision_of(rate, cost=cost, allowed=allowed, lacking=lacking)


def decision_of(rate: Rate, *, cost: int, allowed: bool, lacking: int) -> Decision:
    """The decision on a bucket that after the call lacks so many shares."""
    left = rate.shares - lacking
    missing = 0 if allowed else rate.within(cost) * rate.period_us - left
    return Decision(
        allowed=allowed,
        limit=rate.limit,
        remaining=left // rate.period_us,
        retry_after_s=_refilled_after_s(rate, missing),
        reset_after_s=_refilled_after_s(rate, lacking),
        period_s=rate.period_s,
    )


def _lacking(arrival: Arrival | None, rate: Rate, *, now_us: int) -> int:
    if arrival is None:
        return 0
    # Odd shares of another rate may be too many for this one; less than a microsecond is lost by that.
    return max(0, (arrival.us - now_us) * rate.limit + min(arrival.odd, rate.limit - 1))


def _refilled_after_s(rate: Rate, shares: int) -> float:
    return -(-shares // rate.limit) / SECOND_US
