"""Days and instants of the whole calendar: asyncpg alone takes its first and last ones for infinity."""

import datetime
from typing import Any

import asyncpg

FIRST_DAY = datetime.date(2000, 1, 1)
FIRST_INSTANT = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)


async def connected(*arguments: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":  # noqa: ANN401  # asyncpg's
    """A connection, made as asyncpg.connect makes it, that knows the whole calendar."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(*arguments, **options)
    await connection.set_type_codec(
        "date", schema="pg_catalog", format="tuple", encoder=day_number, decoder=numbered_day
    )
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=instant_number, decoder=numbered_instant
    )
    return connection


def day_number(day: datetime.date) -> tuple[int]:
    """Days since 2000, as PostgreSQL keeps a date."""
    return ((day - FIRST_DAY).days,)


def numbered_day(number: tuple[int]) -> datetime.date:
    """The day of a number."""
    return FIRST_DAY + datetime.timedelta(days=number[0])


def instant_number(instant: datetime.datetime) -> tuple[int]:
    """Microseconds since 2000, as PostgreSQL keeps an instant."""
    return ((instant - FIRST_INSTANT) // MICROSECOND,)


def numbered_instant(number: tuple[int]) -> datetime.datetime:
    """The instant of a number, in UTC."""
    return FIRST_INSTANT + datetime.timedelta(microseconds=number[0])
