"""Cursors as clients send them back: read, checked by type, and bound to the list and order that made them."""

import base64
import binascii
import datetime
from collections.abc import Callable

import orjson

from db.statements.plan import Level, Window
from db.statements.sources import column_of, plain
from resolvers.errors import BadInput

WRONG = "This is no cursor of this list and order: use an endCursor or cursor of the same field, unchanged."
LONGEST = 2000


def decode(cursor: str, level: Level, window: Window) -> list[object]:
    """The order key in a cursor, each part of the type of its column; BadInput for anything else."""
    try:
        values = orjson.loads(base64.b64decode(cursor[:LONGEST], validate=True))
    except (ValueError, binascii.Error):
        raise refusal() from None
    names = plain(window.order)
    if type(values) is not list or len(values) != len(names) + 1 or values[0] != window.tag:
        raise refusal()
    types = [column_of(level, name).type.python_type for name in names]
    return [typed(value, type_) for value, type_ in zip(values[1:], types, strict=True)]


def typed(value: object, type_: type) -> object:
    """One part of the key; JSON has no instants and dates, so these are read from their text."""
    reader = READERS.get(type_)
    if reader is None or not isinstance(value, (str, int, float)):
        raise refusal()
    try:
        return reader(value)
    except (ValueError, TypeError):
        raise refusal() from None


def exactly(type_: type, most: int | None = None) -> Callable[[object], object]:
    """Accept values of just this type; integers only as large as the column can hold."""

    def check(value: object) -> object:
        if type(value) is not type_ or (isinstance(value, int) and most is not None and abs(value) > most):
            raise ValueError(value)
        if isinstance(value, str) and "\x00" in value:
            raise ValueError(value)
        return value

    return check


def moment(value: object) -> object:
    """An instant as either database writes it; SQLite's text is UTC and has no offset."""
    found = datetime.datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


READERS: dict[type, Callable[[object], object]] = {
    int: exactly(int, 2**31 - 1),
    str: exactly(str),
    bool: exactly(bool),
    datetime.datetime: moment,
    datetime.date: lambda value: datetime.date.fromisoformat(str(value)),
}


def refusal() -> BadInput:
    """What every wrong cursor gets."""
    return BadInput(WRONG, reason="cursor_invalid", field="after")
