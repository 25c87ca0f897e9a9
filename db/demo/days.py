"""Days counted from the day of seeding, in Japan: academic years, dates and moments as the JSON files say them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from db.japan import JAPAN, academic_year

# What the JSON files hold: a text as it is, or how far from the day of seeding.
Said = str | dict[str, int | str]


@dataclass(frozen=True)
class Days:
    """The day of seeding, and what lies around it."""

    now: datetime

    @cached_property
    def today(self) -> date:
        """The day of seeding in Japan."""
        return self.now.astimezone(JAPAN).date()

    def academic_year(self, offset: int = 0) -> int:
        """The academic year (年度, from 1 April) of today, or that many years from it."""
        return academic_year(self.now) + offset

    def first_of(self, academic_year: int) -> datetime:
        """The first moment of an academic year."""
        return datetime(academic_year, 4, 1, tzinfo=JAPAN)

    def day(self, said: Said | None) -> date | None:
        """`"YYYY-MM-DD"`, or a month and day within an academic year: January to March are in its second year."""
        if said is None or isinstance(said, str):
            return date.fromisoformat(said) if said else None
        month, day = (int(part) for part in str(said["month_day"]).split("-"))
        return date(self.academic_year(int(said["academic_year"])) + (month < 4), month, day)

    def moment(self, said: Said | None) -> datetime | None:
        """ISO 8601 with its zone, or that many days from today at a time in Japan."""
        if said is None or isinstance(said, str):
            return datetime.fromisoformat(said) if said else None
        day = self.today + timedelta(days=int(said["days"]))
        return datetime.combine(day, time.fromisoformat(str(said["time"])), JAPAN)
