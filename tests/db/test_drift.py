"""Tests that a database which is not what the code says is told, and that a migrated one is exactly that."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, Inspector, inspect

from db.connections.database import connect
from db.migrate import drift, upgrade
from db.migrations.turns import asked
from db.tables import metadata
from tests.db.conftest import Make
from tests.db.contents import executed

# What was done to the database, and what would have to be done to mend it.
ANYWHERE = {
    "create index strange on users (created_at)": "op.drop_index(op.f('strange'), table_name='users')",
    "alter table staff add column strange text": "op.drop_column('staff', 'strange')",
    "alter table schools drop column name_kana": "op.add_column('schools', sa.Column('name_kana', sa.Text()",
    "drop table outbox": "op.create_table('outbox'",
    "create table stranger (id integer)": "op.drop_table('stranger')",
}
POSTGRESQL = {
    "alter table students alter column demo drop default": "op.alter_column('students', 'demo'",
    "alter table students alter column kana_group drop not null": "op.alter_column('students', 'kana_group'",
    "alter table schools alter column establishment_type type varchar(7)": "type_=sa.Text()",
    "alter table courses drop constraint ck_courses_category": "op.create_check_constraint(op.f('ck_courses_category'",
    "alter table courses drop constraint uq_courses_code": "op.create_unique_constraint(op.f('uq_courses_code'",
    "alter table memberships drop constraint fk_memberships_staff_id": "op.create_foreign_key(op.f('fk_memberships_",
    'alter table courses alter name type text collate "default"': "courses: the collation of name is None",
    'alter table levels alter name type text collate "C"': "levels: the collation of name is C and should be None",
    "alter table student_years drop constraint pk_student_years": "student_years: the primary key is [] and should be",
    "drop index ix_students_roster": "",
    "create index ix_students_roster on students (organization_id, code, id) include (demo)": (
        "students: ix_students_roster includes ['demo'] and should include ['start_at', "
    ),
}
SQLITE = {
    "drop table settings": "",
    "create table settings (key text, value json not null, updated_at datetime)": "op.alter_column('settings'",
    "drop table levels": "settings: the primary key is [] and should be ['key']",
    "create table levels (key text primary key not null, name integer not null, seq integer not null)": "=sa.Text",
}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [("postgresql", ANYWHERE), ("sqlite", ANYWHERE), ("postgresql", POSTGRESQL), ("sqlite", SQLITE)],
    indirect=["kind"],
    ids=["postgresql", "sqlite", "postgresql alone", "sqlite alone"],
)
def test_differences_are_told_as_what_would_mend_them(changes: dict[str, str], empty: str) -> None:
    upgrade(empty)
    executed(empty, *changes)
    told = drift(empty)
    assert [change for change, mending in changes.items() if not any(mending in line for line in told)] == []


def test_nothing_is_told_but_the_difference(empty: str) -> None:
    upgrade(empty)
    executed(empty, "drop index ix_students_code_id")
    mending = "op.create_index(op.f('ix_students_code_id'), 'students', ['code', 'id'], unique=False)"
    assert drift(empty) == [mending]


def test_the_migrations_make_exactly_what_the_code_says(make_empty: Make) -> None:
    migrated, made = make_empty(), make_empty()
    upgrade(migrated)
    upgrade(made, "base") if made.startswith("sqlite") else None
    asyncio.run(create_all(made))
    assert asyncio.run(asked(migrated, reflected)) == asyncio.run(asked(made, reflected))


async def create_all(url: str) -> None:
    """Make the tables from the code, without migrations."""
    database = connect(url)
    async with database.writing() as transaction:
        await transaction.run_sync(metadata.create_all)
    await database.close()


def reflected(connection: Connection) -> dict[str, dict[str, Any]]:
    """Everything that the database says about its tables."""
    inspector = inspect(connection)
    return {name: of_table(name, inspector) for name in inspector.get_table_names() if name != "alembic_version"}


def options_of(index: Any) -> dict[str, str]:  # noqa: ANN401  # what SQLAlchemy reflects is untyped
    """What is particular to one database, as text."""
    return {name: str(value) for name, value in index.get("dialect_options", {}).items()}


def of_table(name: str, inspector: Inspector) -> dict[str, Any]:
    """Everything about one table, in an order of its own where order means nothing."""

    def by_name(found: list[Any]) -> list[Any]:
        return sorted(found, key=lambda each: str(each["name"]))

    return {
        # A column that a later migration adds stands last.
        "columns": by_name(
            [
                column | {"type": repr(column["type"]), "collation": getattr(column["type"], "collation", None)}
                for column in inspector.get_columns(name)
            ]
        ),
        "primary key": inspector.get_pk_constraint(name),
        "foreign keys": by_name(inspector.get_foreign_keys(name)),
        "unique": by_name(inspector.get_unique_constraints(name)),
        "checks": by_name(inspector.get_check_constraints(name)),
        # An index's condition is a clause, and clauses are equal only to themselves.
        "indexes": by_name([index | {"dialect_options": options_of(index)} for index in inspector.get_indexes(name)]),
    }
