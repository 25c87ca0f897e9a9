"""Checks the constraints of the revision before against the rows that are there, while everybody reads and writes."""

from alembic import op

revision = "2026_11_26_03"
down_revision = "2026_11_26_02"

CONSTRAINTS = {
    "courses": ("ck_courses_origin", "ck_courses_cefr_level"),
    "organizations": ("ck_organizations_rate_limit", "fk_organizations_plan"),
    "progress_events": (
        "ck_progress_events_subject",
        "ck_progress_events_learning",
        "ck_progress_events_score",
        "fk_progress_events_course_id",
        "fk_progress_events_lesson_id",
        "fk_progress_events_training_id",
        "fk_progress_events_item_id",
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, names in CONSTRAINTS.items():
        for name in names:
            op.execute(f"alter table {table} validate constraint {name}")


def downgrade() -> None:
    """A constraint that was checked once stays so."""
