"""When a delivery is tried again, and when it is given up; what an answer means is decided here."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

# The Talktiko API documents the first try and three more with exponential backoff.
SHORT: tuple[float, ...] = (30, 300, 1800)
# Ten tries over 75 hours, as Standard Webhooks recommends.
LONG: tuple[float, ...] = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
# Of grades: eight tries over two days and a half, so that a weekend's outage of an LMS loses none.
PATIENT: tuple[float, ...] = (30, 300, 1800, 7200, 28_800, 86_400, 86_400)
# Of what must arrive in order, and so waits for what is before it: for ever, the last delay again and again.
STEADY: tuple[float, ...] = (5, 30, 60, 300, 900, 1800)
SPREAD = 0.2
# No receiver may put us off for longer than this.
MOST_PUT_OFF_S = 3600.0
# Of nothing but failures.
GIVEN_UP_AFTER_S = 5 * 86_400.0
# A delivery whose sender was never heard of again so often is not begun once more: it may be what ends them.
MOST_LOST = 5

DICE = random.Random()  # noqa: S311  # how far retries are spread is no secret


def is_taken(status: int) -> bool:
    """Whether an answer says that the delivery has arrived; a redirect does not."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def is_gone(status: int) -> bool:
    """Whether a receiver says that it wants nothing any more."""
    return status == HTTPStatus.GONE


def retry_in(schedule: Sequence[float], attempt: int, headers: Mapping[str, str] | None, now: datetime) -> float | None:
    """In how many seconds to try again after an attempt, counted from 1, has failed; None where it was the last one.

    Spread by a fifth, so that what failed together does not come back together; later where the receiver says when.
    """
    if attempt > len(schedule):
        return None
    planned = schedule[attempt - 1] * DICE.uniform(1 - SPREAD, 1 + SPREAD)
    return max(planned, min(put_off(headers or {}, now), MOST_PUT_OFF_S))


def again_in(schedule: Sequence[float], attempt: int, headers: Mapping[str, str] | None, now: datetime) -> float:
    """The same for what is tried for ever: after the schedule's end its last delay stands."""
    found = retry_in(schedule, min(attempt, len(schedule)), headers, now)
    return schedule[-1] if found is None else found


def put_off(headers: Mapping[str, str], now: datetime) -> float:
    """The seconds that Retry-After names, as a number or as a date (RFC 9110, 10.2.3); 0 where it names none."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp())
