"""Python values of columns, whichever database they come from."""

import datetime
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import JSON, BigInteger, Boolean, Date
from sqlalchemy.types import TypeEngine

from db.base import Moment

ColumnType: TypeAlias = TypeEngine[Any]


def is_big(type_: ColumnType) -> bool:
    """Whether a column of integers has 64 bits."""
    return isinstance(type_, BigInteger)


def moment(value: Any) -> datetime.datetime:
    """An instant; SQLite keeps UTC text without an offset."""
    if isinstance(value, datetime.datetime):
        return value
    return datetime.datetime.fromisoformat(str(value)).replace(tzinfo=datetime.UTC)


def maybe_moment(value: Any) -> datetime.datetime | None:
    """An instant where there is one."""
    return None if value is None else moment(value)


def date(value: Any) -> datetime.date:
    """A day; SQLite keeps it as text."""
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))


def document(value: Any) -> object:
    """A JSON value; both drivers hand over its text."""
    return json.loads(value)


def json_text(value: Any) -> str:
    """A JSON value as it is kept: in UTF-8 and without spaces, so that it is the text that clients get."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def converter(type_: object) -> Callable[[Any], object] | None:
    """What makes the Python value of a column of this SQLAlchemy type; None where the driver's value is it already."""
    match type_:
        case Moment():
            return moment
        case Date():
            return date
        case Boolean():
            return bool
        case JSON():
            return document
    return None
