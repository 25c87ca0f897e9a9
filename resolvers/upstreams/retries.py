"""When an upstream is asked again after it has failed."""

import random
from collections.abc import Mapping
from datetime import datetime

from resolvers.webhooks.retries import MOST_PUT_OFF_S, put_off

FIRST_S = 30.0
# Nobody is waited for longer than so many intervals, nor longer than an hour where the interval is shorter.
MOST_INTERVALS, HOUR_S = 12, 3600.0
SPREAD = 0.2

DICE = random.Random()  # noqa: S311  # how far retries are spread is no secret


def retry_in(failures: int, interval_s: float, headers: Mapping[str, str] | None, now: datetime) -> float:
    """In how many seconds to ask again when so many failures came before this one; later where the upstream says when.

    Each time twice as long, give or take a fifth.
    """
    first, most = min(FIRST_S, interval_s), max(interval_s, min(MOST_INTERVALS * interval_s, HOUR_S))
    planned = min(most, first * 2.0 ** min(failures, 30)) * DICE.uniform(1 - SPREAD, 1 + SPREAD)
    return max(planned, min(put_off(headers or {}, now), MOST_PUT_OFF_S))
