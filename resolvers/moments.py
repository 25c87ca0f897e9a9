"""How instants print where Python prints them; the same texts as db.json_text writes in SQL."""

import datetime

from db.japan import JAPAN
from db.json_text import Moments


def jst_text(value: datetime.datetime) -> str:
    """RFC 3339 in Japan Standard Time, to the second."""
    return value.astimezone(JAPAN).replace(microsecond=0).isoformat()


def moment_text(value: datetime.datetime | None, moments: Moments) -> str | None:
    """The text of an instant as the request's door prints it."""
    if value is None:
        return None
    if moments is Moments.JST:
        return jst_text(value)
    # strftime would not fill years before 1000 with zeros.
    digits = "seconds" if moments is Moments.UTC else "microseconds"
    return f"{value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec=digits)}Z"
