"""Tests of the days that the demo's files count from the day of seeding."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from db.demo.days import Days, Said

JAPAN = timezone(timedelta(hours=9))
BEFORE = Days(datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC))
AFTER = Days(datetime(2027, 3, 31, 15, 0, tzinfo=UTC))


def test_an_academic_year_begins_on_1_april_in_japan() -> None:
    assert (BEFORE.today, BEFORE.academic_year()) == (date(2027, 3, 31), 2026)
    assert (AFTER.today, AFTER.academic_year()) == (date(2027, 4, 1), 2027)
    assert [AFTER.academic_year(offset) for offset in (-1, 0, 1)] == [2026, 2027, 2028]
    assert AFTER.first_of(2027) == datetime(2027, 4, 1, tzinfo=JAPAN) == AFTER.now


@pytest.mark.parametrize(
    ("offset", "month_day", "wanted"),
    [
        (0, "04-01", date(2026, 4, 1)),
        (0, "12-31", date(2026, 12, 31)),
        (0, "01-01", date(2027, 1, 1)),
        (0, "03-31", date(2027, 3, 31)),
        (-13, "06-21", date(2013, 6, 21)),
        (-16, "02-03", date(2011, 2, 3)),
    ],
)
def test_a_day_is_within_its_academic_year(offset: int, month_day: str, wanted: date) -> None:
    assert BEFORE.day({"academic_year": offset, "month_day": month_day}) == wanted


def test_a_day_that_is_written_out_is_that_day() -> None:
    assert BEFORE.day("2010-06-26") == date(2010, 6, 26)
    assert BEFORE.day(None) is None


def test_a_moment_is_so_many_days_away_at_a_time_in_japan() -> None:
    said: Said = {"days": -1, "time": "23:59:59"}
    assert BEFORE.moment(said) == datetime(2027, 3, 30, 23, 59, 59, tzinfo=JAPAN)
    assert AFTER.moment(said) == datetime(2027, 3, 31, 23, 59, 59, tzinfo=JAPAN)
    assert AFTER.moment({"days": 365, "time": "00:00:00"}) == datetime(2028, 3, 31, tzinfo=JAPAN)


def test_a_moment_that_is_written_out_is_that_moment() -> None:
    assert BEFORE.moment("2025-01-01T00:00:00Z") == datetime(2025, 1, 1, tzinfo=UTC)
    assert BEFORE.moment(None) is None
