"""The roster of a student's row says the same as the rows of student_years, whoever wrote them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from db.connections.database import Database
from db.demo.load import load
from db.seeding import seed_students
from db.students import roster, student_years, students

NOW = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)


def test_a_roster_has_one_bit_for_each_year() -> None:
    assert roster([]) == 0
    assert roster([2000, 2002, 2002, 2062]) == 0b101 | 1 << 62


@pytest.mark.parametrize("year", [1999, 2063])
def test_a_roster_refuses_years_that_have_no_bit(year: int) -> None:
    with pytest.raises(ValueError, match=r"^Academic years are from 2000 to 2062\.$"):
        roster([year])


async def test_demo_and_large_data_write_rosters_that_fit_their_years(database: Database) -> None:
    await load(database, NOW)
    await seed_students(database, students=50, now=NOW, progress=lambda _done: None)
    async with database.writing() as transaction:
        found = await transaction.execute(select(students.c.id, students.c.roster_years))
        kept = {row.id: row.roster_years for row in found}
        years = (await transaction.execute(select(student_years.c.student_id, student_years.c.academic_year))).all()
    assert len(kept) > 80
    assert kept == {id_: roster(year for student_id, year in years if student_id == id_) for id_ in kept}
