"""Japan's own time and its academic year."""

from datetime import datetime, timedelta, timezone

# Japan has kept no summer time since 1951, and a fixed offset needs no time zone files.
JAPAN = timezone(timedelta(hours=9), "JST")


def academic_year(now: datetime) -> int:
    """The academic year (年度) of an instant: it starts on 1 April, Japan time."""
    local = now.astimezone(JAPAN)
    return local.year if local.month >= 4 else local.year - 1
