"""Random schedules of calls, with a leaky bucket in fractions that says what each of them must come to."""

import math
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from gateway.limits.gcra import Decision, Rate

FREE = Rate(limit=100, period_s=60)
PRO = Rate(limit=1000, period_s=60)
UNEVEN = Rate(limit=7, period_s=60)
# The most calls a day that can be counted exactly: one more, and limit * microseconds passes 2**53.
LARGEST = Rate(limit=104_249, period_s=86_400)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Calls on one bucket: how many microseconds each one comes after the one before, and what it costs."""

    rate: Rate
    steps: list[tuple[int, int]]

    def calls(self, start_us: int) -> list[tuple[int, int]]:
        """The moment and the cost of each call."""
        moments = [start_us]
        for advance, _ in self.steps:
            moments.append(moments[-1] + advance)
        return [(moment, cost) for moment, (_, cost) in zip(moments[1:], self.steps, strict=True)]

    def expected(self) -> list[Decision]:
        """What must be decided, wherever the clock starts."""
        bucket = LeakyBucket(self.rate)
        return [bucket.take(at_us, cost) for at_us, cost in self.calls(0)]


class LeakyBucket:
    """A bucket into which calls are poured and that leaks evenly; a call that would make it run over is refused."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._leaks_per_us = rate.limit / Fraction(round(rate.period_s * 1_000_000))
        self._level = Fraction(0)
        self._at_us = 0

    def take(self, at_us: int, cost: int) -> Decision:
        """Pour a call in, if it fits."""
        self._level = max(Fraction(0), self._level - (at_us - self._at_us) * self._leaks_per_us)
        self._at_us = at_us
        over = self._level + min(cost, self._rate.limit) - self._rate.limit
        if over <= 0:
            self._level = over + self._rate.limit
        return Decision(
            allowed=over <= 0,
            limit=self._rate.limit,
            remaining=math.floor(self._rate.limit - self._level),
            retry_after_s=math.ceil(max(Fraction(0), over) / self._leaks_per_us) / 1_000_000,
            reset_after_s=math.ceil(self._level / self._leaks_per_us) / 1_000_000,
            period_s=self._rate.period_s,
        )


def rates() -> st.SearchStrategy[Rate]:
    """Those that we sell, the awkward ones, and any others up to a week."""
    anything = st.builds(
        lambda limit, period_us: Rate(limit, period_us / 1_000_000),
        st.integers(1, 5000),
        st.integers(1, 7 * 86_400_000_000),
    )
    return st.sampled_from([FREE, PRO, UNEVEN, LARGEST]) | anything


@st.composite
def schedules(draw: st.DrawFn, rate: Rate | None = None) -> Schedule:
    """Calls that come at once, after whole intervals and a microsecond beside them, or whenever."""
    chosen = rate or draw(rates())
    period_us = round(chosen.period_s * 1_000_000)
    intervals = st.integers(0, chosen.limit + 1).map(lambda count: count * period_us // chosen.limit)
    beside = st.tuples(intervals, st.integers(-1, 1)).map(lambda pair: max(0, sum(pair)))
    advances = st.just(0) | beside | st.integers(0, 2 * period_us)
    costs = st.just(1) | st.integers(1, chosen.limit + 2)
    return Schedule(chosen, draw(st.lists(st.tuples(advances, costs), min_size=1, max_size=40)))
