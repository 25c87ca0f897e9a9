"""The scalars of the graph beyond GraphQL's own, and how they print."""

import datetime
import re

import strawberry
from strawberry.types.scalar import ScalarDefinition

from resolvers.errors import BadInput
from resolvers.moments import jst_text

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")


def parse_date(value: object) -> datetime.date:
    """A day such as 2010-06-26, in the years 1 to 9999."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise BadInput("A Date is written YYYY-MM-DD, such as 2010-06-26.", reason="date_format")
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise BadInput(f"{value} is no day of the calendar.", reason="date_format") from None


def parse_date_time(value: object) -> datetime.datetime:
    """An instant with its offset, such as 2025-06-01T00:00:00+09:00."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise BadInput(
            "A DateTime is written with its offset, such as 2025-06-01T00:00:00+09:00.", reason="date_time_format"
        )
    try:
        return datetime.datetime.fromisoformat(value).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{value} is no instant of the calendar.", reason="date_time_format") from None


def print_date_time(value: datetime.datetime | str) -> str:
    """Japan Standard Time to the second; text was printed by the field already."""
    return value if isinstance(value, str) else jst_text(value)


Date = strawberry.scalar(
    name="Date",
    description="A day of the calendar, YYYY-MM-DD.",
    serialize=datetime.date.isoformat,
    parse_value=parse_date,
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
)
DateTime = strawberry.scalar(
    name="DateTime",
    description="An instant, RFC 3339. Printed in Japan Standard Time to the second; read with any offset.",
    serialize=print_date_time,
    parse_value=parse_date_time,
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
)

SCALARS: dict[object, ScalarDefinition] = {datetime.date: Date, datetime.datetime: DateTime}
