"""Cursors as clients send them back: read, checked by type, and bound to the list and order that made them."""

import base64
import binascii
import datetime
import re

import orjson

from db.rows import ColumnType, is_big
from db.statements.plan import Level, Window
from db.statements.sources import column_of, plain
from resolvers.errors import BadInput

WRONG = "This is no cursor of this list and order: use an endCursor or cursor of the same field, unchanged."
LONGEST = 16_384
LARGEST, LARGEST_BIG = 2**31 - 1, 2**63 - 1
PIN = re.compile(r"[0-9]{1,19}:[0-9]{1,19}:([0-9]{1,19}(,[0-9]{1,19})*)?")


def decode(cursor: str, level: Level, window: Window) -> list[object]:
    """The order key in a cursor, each part of the type of its column; BadInput for anything else."""
    names = plain(window.order)
    values = parts_in(cursor, window)[-len(names) :]
    types = [column_of(level, name).type for name in names]
    try:
        return [typed(value, type_) for value, type_ in zip(values, types, strict=True)]
    except (ValueError, TypeError, OverflowError):
        raise refusal() from None


def pin_in(cursor: str, window: Window) -> str:
    """Where the log of changes stood at the first page, as a cursor has it; BadInput for anything else."""
    pin = parts_in(cursor, window)[1]
    if type(pin) is not str or not is_pin(pin):
        raise refusal()
    return pin


def parts_in(cursor: str, window: Window) -> list[object]:
    """The parts of a cursor of this list and order; BadInput for anything else."""
    if len(cursor) > LONGEST:
        raise refusal()
    try:
        values = orjson.loads(base64.b64decode(cursor, validate=True))
    except (ValueError, binascii.Error):
        raise refusal() from None
    width = len(window.order) + (1 if window.log is None else 2)
    if type(values) is not list or len(values) != width or values[0] != window.tag:
        raise refusal()
    return values


def is_pin(text: str) -> bool:
    """Whether PostgreSQL reads the text as a snapshot: first open transaction, first to come, and those open between.

    SQLite's pins have the same form.
    """
    if PIN.fullmatch(text) is None:
        return False
    first, next_, between = text.split(":")
    opened = [int(number) for number in between.split(",") if number]
    inside = all(int(first) <= number < int(next_) for number in opened)
    return 1 <= int(first) <= int(next_) <= LARGEST_BIG and inside and opened == sorted(set(opened))


def typed(value: object, type_: ColumnType) -> object:
    """One part of the key; ValueError where it is none. JSON has no instants and dates: these are read from text."""
    kind = type_.python_type
    if kind is datetime.datetime:
        return moment(text(value))
    if kind is datetime.date:
        return datetime.date.fromisoformat(text(value))
    if kind is str:
        return text(value)
    if kind is not type(value) or kind not in (int, bool):
        raise ValueError(value)
    if kind is int and abs(int(str(value))) > (LARGEST_BIG if is_big(type_) else LARGEST):
        raise ValueError(value)
    return value


def text(value: object) -> str:
    """A text that both databases can compare with."""
    if type(value) is not str or "\x00" in value:
        raise ValueError(value)
    return value


def moment(value: str) -> datetime.datetime:
    """An instant as either database writes it, in UTC; SQLite's text is UTC and has no offset."""
    found = datetime.datetime.fromisoformat(value)
    return found.astimezone(datetime.UTC) if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def refusal() -> BadInput:
    """What every wrong cursor gets."""
    return BadInput(WRONG, reason="cursor_invalid", field="after")
