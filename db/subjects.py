"""Where the students stand now whom events are about: that decides who may hear of them."""

from functools import cache
from typing import NamedTuple

from sqlalchemy import Dialect, select

from db.connections.database import Row
from db.predicates import among, parameter
from db.statements.statement import Statement, compiled
from db.students import students


class Subject(NamedTuple):
    """A student, as far as it decides who may hear of the student."""

    id: int
    organization_id: int
    demo: bool
    locked: bool


@cache
def subjects_statement(dialect: Dialect) -> Statement:
    """The students whose numbers are bound as `ids`."""
    columns = (students.c.id, students.c.organization_id, students.c.demo, students.c.locked_at)
    return compiled(select(*columns).where(among(students.c.id, parameter("ids"))), dialect)


def subject_of(record: Row) -> Subject:
    """A record of subjects_statement."""
    id_, organization_id, demo, locked_at = record
    return Subject(id_, organization_id, bool(demo), locked_at is not None)
