"""The log of roster changes, and the triggers that write it (db/migrations/rostering.py).

Whoever makes one of these tables anew on SQLite (`batch_alter_table`) makes its triggers anew: a test finds each of
them at the newest revision.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations.rostering import (
    ENROLLMENT_BEFORE,
    EVENTS,
    OF_STUDENT,
    STUDENT_BEFORE,
    Watched,
    postgresql_function,
    postgresql_link,
    postgresql_triggers,
    sqlite_link,
    sqlite_moved,
    sqlite_triggers,
)

revision = "2026_11_26_07"
down_revision = "2026_11_26_06"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)

NAMES = ("code", "name", "abbreviation")
UNIT = ("id", "organization_id", *NAMES, "seq", "search_key", "updated_at")
WATCHED = {
    "organizations": Watched(
        "organization",
        "$.id",
        (
            *("id", "parent_id", *NAMES, "mindless_attractor", "search_key", "plan", "rate_limit_per_minute"),
            *("trial_started_at", "trial_ends_at", "updated_at"),
        ),
        NAMES,
    ),
    "sections": Watched("section", "$.organization_id", UNIT, ("seq", *NAMES)),
    "groups": Watched("group", "$.organization_id", UNIT, ("seq", *NAMES)),
    "students": Watched(
        "student",
        "$.organization_id",
        (
            *("id", "uid", "code", "external_id", "first_name", "last_name", "first_name_kana", "last_name_kana"),
            *("start_at", "end_at", "locked_at", "organization_id", "demo", "roster_years", "date_of_birth"),
            *("school_code", "kana_group", "last_name_key", "full_name_key", "search_key", "account_key", "updated_at"),
        ),
        ("uid", "code", "external_id", "last_name_key", "full_name_key"),
        STUDENT_BEFORE,
    ),
    "memberships": Watched("membership", "$.organization_id", ("id", "staff_id", "organization_id", "role")),
    "enrollments": Watched(
        "enrollment",
        OF_STUDENT.format("organization_id"),
        ("id", "student_id", "course_id", "enrolled_at", "completed_at"),
        (),
        ENROLLMENT_BEFORE,
        "$.student_id",
    ),
    "courses": Watched(
        "course",
        "null",
        (
            *("id", *NAMES, "seq", "origin", "category", "slug", "cefr_level", "language", "topic", "description"),
            *("published_at", "lessons_count", "is_demo", "subject_key", "level_key", "start_date", "end_date"),
            *("search_key", "updated_at"),
        ),
        ("seq", *NAMES),
        (
            ("demo_before", "$.is_demo"),
            ("origin_before", "$.origin"),
            ("published_before", "$.published_at"),
        ),
    ),
}
# What belongs to a student by a table between.
LINKS = {"student_sections": "sections", "student_groups": "groups", "student_years": "school_grade"}


def upgrade() -> None:
    op.create_table(
        "roster_changes",
        sa.Column("change_no", Id, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), server_default=sa.text(current()), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("row_id", Id, nullable=False),
        sa.Column("organization_before", Id),
        sa.Column("organization_after", Id),
        sa.Column("student_id", Id),
        sa.Column("demo_before", sa.Boolean()),
        sa.Column("locked_before", sa.Boolean()),
        sa.Column("origin_before", sa.Text()),
        sa.Column("published_before", Moment),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("change_no", name="pk_roster_changes"),
        sa.Index("ix_roster_changes_transaction_id_change_no", "transaction_id", "change_no"),
        sa.Index("ix_roster_changes_row_id_change_no", "row_id", "change_no"),
        sqlite_autoincrement=True,
    )
    for statement in postgresql() if is_postgresql() else sqlite():
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    for table in (*WATCHED, *LINKS):
        for event in EVENTS:
            on = f" on {table}" if is_postgresql() else ""
            op.execute(f"drop trigger roster_{table}_{event}{on}")
        if is_postgresql():
            op.execute(f"drop function roster_{table}()")
    if not is_postgresql():
        op.execute("drop trigger roster_students_moved")
    op.drop_table("roster_changes")


def is_postgresql() -> bool:
    """Which of the two databases this is."""
    return op.get_bind().dialect.name == "postgresql"


def current() -> str:
    """The transaction that writes a row; SQLite has one at a time."""
    return "((pg_current_xact_id())::text)::bigint" if is_postgresql() else "0"


def postgresql() -> list[str]:
    """One function and three triggers for each table."""
    found = []
    for table, watched in WATCHED.items():
        found += [postgresql_function(table, watched), *postgresql_triggers(table)]
    for table, field in LINKS.items():
        found += [postgresql_link(table, field), *postgresql_triggers(table)]
    return found


def sqlite() -> list[str]:
    """A trigger for each table and event, for each row."""
    found = [sqlite_moved()]
    for table, watched in WATCHED.items():
        found += sqlite_triggers(table, watched)
    for table, field in LINKS.items():
        found += sqlite_link(table, field)
    return found
