"""The buckets of this process alone."""

import time
from collections import defaultdict
from collections.abc import Callable

from gateway.limits.gcra import SECOND_US, Arrival, Decision, Rate, decide

MOST_KEYS = 50_000


class LocalBuckets:
    """Buckets in memory, on a monotonic clock `now` that gives seconds.

    At most `most_keys` buckets are kept for each rate, about 11 MB for 50,000. Where one more is needed, those that are
    full again are forgotten, since they say nothing; and where that frees less than an eighth, those that are nearest
    to being full, up to an eighth. So whoever floods us with keys in order to have one bucket forgotten, and thereby
    filled, must have taken from seven eighths of all keys as much as that bucket lacks: 43,750 calls for every call
    that is won. Rates are kept apart for the same reason: otherwise one cheap call in a bucket that
    refills slowly would outweigh an emptied one that refills fast. The rates themselves are never forgotten: they are
    meant to be few, and written in the program.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic, most_keys: int = MOST_KEYS) -> None:
        self._now = now
        self._most_keys = most_keys
        self._arrivals: defaultdict[Rate, dict[str, Arrival]] = defaultdict(dict)

    def take(self, key: str, rate: Rate, *, cost: int = 1) -> Decision:
        """Take a call of this cost from the bucket of this key and rate, if it holds as much."""
        # Rounded, not cut off: seconds in a float can stand a hair below the microsecond that they mean.
        now_us = round(self._now() * SECOND_US)
        arrivals = self._arrivals[rate]
        known = arrivals.get(key)
        if known is None and len(arrivals) >= self._most_keys:
            self._make_room(arrivals, now_us)
        arrival, decision = decide(known, rate, now_us=now_us, cost=cost)
        if arrival is not None:
            arrivals[key] = arrival
        return decision

    def forget(self, key: str) -> None:
        """Let the buckets of this key, at whatever rate, be full again."""
        for arrivals in self._arrivals.values():
            arrivals.pop(key, None)

    def _make_room(self, arrivals: dict[str, Arrival], now_us: int) -> None:
        # An eighth at a time, since finding the ones to forget means looking at all of them.
        kept = self._most_keys * 7 // 8
        for key in [key for key, arrival in arrivals.items() if arrival <= (now_us, 0)]:
            del arrivals[key]
        if len(arrivals) > kept:
            for key in sorted(arrivals, key=arrivals.__getitem__)[: len(arrivals) - kept]:
                del arrivals[key]
