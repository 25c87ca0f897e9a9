"""Indexes and constraints of the columns that learning added to tables which were there.

Building an index keeps writers out and readers not; so the constraints, whose lock keeps out both, come last. They are
not checked yet, because checking would hold that lock while all rows are read: the next revision checks them.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_02"
down_revision = "2026_11_26_01"

INDEXES = (
    ("ix_enrollments_course_id_id", "enrollments", ("course_id", "id"), False),
    ("ix_enrollments_student_id_id", "enrollments", ("student_id", "id"), False),
    ("ix_progress_events_student_id_client_id", "progress_events", ("student_id", "client_id"), True),
    ("ix_progress_events_student_id_occurred_at_id", "progress_events", ("student_id", "occurred_at", "id"), False),
    ("ix_progress_events_student_id_training_id_id", "progress_events", ("student_id", "training_id", "id"), False),
    (
        "ix_progress_events_student_id_skill_occurred_at_id",
        "progress_events",
        ("student_id", "skill", "occurred_at", "id"),
        False,
    ),
)
# The usage feed reads lesson packages alone; its index had all events.
FEED = {"ix_progress_events_feed": ("id",), "ix_progress_events_feed_created_at": ("created_at", "id")}
FEED_BEFORE = ("ix_progress_events_created_at_id", ("created_at", "id"))
UNIQUE = (("users", "email"), ("courses", "slug"))
CHECKS = {
    "courses": {
        "ck_courses_origin": "origin in ('diverse', 'talktiko')",
        "ck_courses_cefr_level": "cefr_level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')",
    },
    "organizations": {"ck_organizations_rate_limit": "rate_limit_per_minute > 0"},
    "progress_events": {
        "ck_progress_events_subject": "(lesson_package_id is null) <> (course_id is null)",
        "ck_progress_events_learning": "course_id is null or (occurred_at is not null and local_day is not null)",
        "ck_progress_events_score": "score between 0 and 1",
    },
}
REFERENCES = {
    "organizations": (("plan", "subscription_plans", "code"),),
    "progress_events": (
        ("course_id", "courses", "id"),
        ("lesson_id", "lessons", "id"),
        ("training_id", "trainings", "id"),
        ("item_id", "training_items", "id"),
    ),
}


def upgrade() -> None:
    for name, table, columns, unique in INDEXES:
        op.create_index(name, table, columns, unique=unique)
    packages = sa.text("lesson_package_id is not null")
    for feed, keys in FEED.items():
        op.create_index(feed, "progress_events", keys, postgresql_where=packages, sqlite_where=packages)
    op.drop_index(FEED_BEFORE[0], "progress_events")
    if op.get_bind().dialect.name == "postgresql":
        constrain_postgresql()
    else:
        constrain_sqlite()


def constrain_postgresql() -> None:
    for table, column in UNIQUE:
        op.create_unique_constraint(f"uq_{table}_{column}", table, [column])
    for table, checks in CHECKS.items():
        for name, condition in checks.items():
            op.create_check_constraint(op.f(name), table, sa.text(condition), postgresql_not_valid=True)
    for table, references in REFERENCES.items():
        for column, target, key in references:
            name = f"fk_{table}_{column}"
            op.create_foreign_key(name, table, target, [column], [key], postgresql_not_valid=True)


def constrain_sqlite() -> None:
    """SQLite makes a table anew to constrain it."""
    unique = dict(UNIQUE)
    for table in (*unique, *(CHECKS.keys() | REFERENCES.keys()) - unique.keys()):
        with op.batch_alter_table(table) as changed:
            if table in unique:
                changed.create_unique_constraint(f"uq_{table}_{unique[table]}", [unique[table]])
            for name, condition in CHECKS.get(table, {}).items():
                changed.create_check_constraint(op.f(name), sa.text(condition))
            for column, target, key in REFERENCES.get(table, ()):
                changed.create_foreign_key(f"fk_{table}_{column}", target, [column], [key])


def downgrade() -> None:
    tables = sorted({table for table, _ in UNIQUE} | CHECKS.keys() | REFERENCES.keys())
    for table in tables:
        with op.batch_alter_table(table) as changed:
            for column, _, _ in REFERENCES.get(table, ()):
                changed.drop_constraint(f"fk_{table}_{column}", type_="foreignkey")
            for name in CHECKS.get(table, {}):
                changed.drop_constraint(op.f(name), type_="check")
            for column in (column for owner, column in UNIQUE if owner == table):
                changed.drop_constraint(f"uq_{table}_{column}", type_="unique")
    op.create_index(FEED_BEFORE[0], "progress_events", FEED_BEFORE[1])
    for name in FEED:
        op.drop_index(name, "progress_events")
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
