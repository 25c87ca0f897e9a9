"""Accounts with passwords and tokens, plans, lessons, and what is derived from progress: tables and columns.

Indexes and constraints of tables that may be large follow in the next revision: a column is added at once, but under
a lock that nobody can read behind, and that lock lasts as long as the transaction.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_01"
down_revision = "2026_11_23_01"

# The types as they were on this day: a migration does not change when db.base does.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

TABLES = (
    "subscription_plans",
    "idempotency_keys",
    "api_tokens",
    "lessons",
    "trainings",
    "training_items",
    "training_progress",
    "lesson_progress",
    "activity",
    "learners",
    "cefr_skills",
    "cefr_changes",
    "achievements",
    "learner_achievements",
)

COLUMNS: dict[str, tuple[sa.Column[Any], ...]] = {
    "users": (
        sa.Column("email", Key, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="ja", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Tokyo", nullable=False),
    ),
    "organizations": (
        sa.Column("plan", Key, nullable=True),
        sa.Column("rate_limit_per_minute", sa.Integer(), nullable=True),
        sa.Column("trial_started_at", Moment, nullable=True),
        sa.Column("trial_ends_at", Moment, nullable=True),
    ),
    "courses": (
        sa.Column("origin", sa.Text(), server_default="diverse", nullable=False),
        sa.Column("slug", Key, nullable=True),
        sa.Column("cefr_level", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("published_at", Moment, nullable=True),
        sa.Column("lessons_count", sa.Integer(), server_default="0", nullable=False),
    ),
    "enrollments": (sa.Column("completed_at", Moment, nullable=True),),
    "progress_events": (
        sa.Column("course_id", Id, nullable=True),
        sa.Column("lesson_id", Id, nullable=True),
        sa.Column("training_id", Id, nullable=True),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("skill", sa.Text(), nullable=True),
        sa.Column("cefr_level", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("xp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("local_day", sa.Date(), nullable=True),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("occurred_at", Moment, nullable=True),
    ),
}
# Columns that may be empty from now on.
LOOSENED = {"courses": "category", "progress_events": "lesson_package_id"}


def upgrade() -> None:
    plans_and_tokens()
    lessons()
    progress()
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    for table, loosened in LOOSENED.items():
        nullable(table, loosened, allowed=True)


def downgrade() -> None:
    op.execute("delete from progress_events where lesson_package_id is null")
    op.execute("delete from enrollments where course_id in (select id from courses where category is null)")
    op.execute("delete from courses where category is null")
    for table, loosened in LOOSENED.items():
        nullable(table, loosened, allowed=False)
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in reversed(TABLES):
        op.drop_table(table)


def nullable(table: str, column: str, *, allowed: bool) -> None:
    with op.batch_alter_table(table) as changed:
        changed.alter_column(column, nullable=allowed)


def plans_and_tokens() -> None:
    """Plans that are paid for, tokens of the API, and answers to be repeated."""
    op.create_table(
        "subscription_plans",
        sa.Column("code", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("rate_limit_per_minute", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_subscription_plans"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("abilities", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("last_used_at", Moment, nullable=True),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_tokens_user_id_id", "api_tokens", ["user_id", "id"], unique=False)


def lessons() -> None:
    """Lessons, their trainings and training items."""
    op.create_table(
        "lessons",
        sa.Column("id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_lessons_course_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lessons"),
        sa.UniqueConstraint("code", name="uq_lessons_code"),
        sa.UniqueConstraint("id", "course_id", name="uq_lessons_id_course_id"),
    )
    op.create_index("ix_lessons_course_id_seq_id", "lessons", ["course_id", "seq", "id"], unique=False)
    op.create_table(
        "trainings",
        sa.Column("id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=False),
        sa.Column("lesson_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id", "course_id"], ["lessons.id", "lessons.course_id"], name="fk_trainings_lesson_id_course_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_trainings"),
        sa.UniqueConstraint("id", "lesson_id", "course_id", name="uq_trainings_id_lesson_id_course_id"),
    )
    op.create_index("ix_trainings_course_id_id", "trainings", ["course_id", "id"], unique=False)
    op.create_index("ix_trainings_lesson_id_seq_id", "trainings", ["lesson_id", "seq", "id"], unique=False)
    op.create_table(
        "training_items",
        sa.Column("id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=False),
        sa.Column("lesson_id", Id, nullable=False),
        sa.Column("training_id", Id, nullable=False),
        sa.Column("type", Key, nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("solution", sa.JSON(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.CheckConstraint(
            "skill in ('listening', 'reading', 'speaking', 'writing', 'vocabulary', 'grammar')",
            name=op.f("ck_training_items_skill"),
        ),
        sa.CheckConstraint(
            "type in ('multiple_choice', 'dictation', 'speaking', 'reading', 'gap_fill')",
            name=op.f("ck_training_items_type"),
        ),
        sa.ForeignKeyConstraint(
            ["training_id", "lesson_id", "course_id"],
            ["trainings.id", "trainings.lesson_id", "trainings.course_id"],
            name="fk_training_items_training_id_lesson_id_course_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_training_items"),
    )
    op.create_index(
        "ix_training_items_training_id_seq_id", "training_items", ["training_id", "seq", "id"], unique=False
    )
    op.create_index("ix_training_items_type_id", "training_items", ["type", "id"], unique=False)


def progress() -> None:
    """What is derived from progress events."""
    op.create_table(
        "training_progress",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("training_id", Id, nullable=False),
        sa.Column("lesson_id", Id, nullable=False),
        sa.Column("best_score", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("completed_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name="fk_training_progress_lesson_id"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_training_progress_student_id"),
        sa.ForeignKeyConstraint(["training_id"], ["trainings.id"], name="fk_training_progress_training_id"),
        sa.PrimaryKeyConstraint("student_id", "training_id", name="pk_training_progress"),
    )
    op.create_index(
        "ix_training_progress_student_id_lesson_id", "training_progress", ["student_id", "lesson_id"], unique=False
    )
    op.create_table(
        "lesson_progress",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("lesson_id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("percent", sa.Float(), nullable=False),
        sa.Column("best_score", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("completed_at", Moment, nullable=True),
        sa.Column("updated_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state in ('in_progress', 'completed', 'passed', 'failed')", name=op.f("ck_lesson_progress_state")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_lesson_progress_course_id"),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name="fk_lesson_progress_lesson_id"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_lesson_progress_student_id"),
        sa.PrimaryKeyConstraint("student_id", "lesson_id", name="pk_lesson_progress"),
    )
    op.create_index(
        "ix_lesson_progress_student_id_completed_at", "lesson_progress", ["student_id", "completed_at"], unique=False
    )
    op.create_index(
        "ix_lesson_progress_student_id_course_id", "lesson_progress", ["student_id", "course_id"], unique=False
    )
    op.create_table(
        "activity",
        sa.Column("id", Id, nullable=False),
        sa.Column("student_id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=True),
        sa.Column("granularity", Key, nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.Column("lessons_completed", sa.Integer(), nullable=False),
        sa.Column("courses_completed", sa.Integer(), nullable=False),
        sa.Column("items_answered", sa.Integer(), nullable=False),
        sa.Column("items_correct", sa.Integer(), nullable=False),
        sa.CheckConstraint("granularity in ('day', 'week', 'month')", name=op.f("ck_activity_granularity")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_activity_course_id"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_activity_student_id"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
    )
    op.create_index(
        "ix_activity_all",
        "activity",
        ["student_id", "granularity", "period"],
        unique=True,
        postgresql_where=sa.text("course_id is null"),
        sqlite_where=sa.text("course_id is null"),
    )
    op.create_index("ix_activity_course", "activity", ["student_id", "course_id", "granularity", "period"], unique=True)
    op.create_index("ix_activity_granularity_period_xp", "activity", ["granularity", "period", "xp"], unique=False)
    op.create_table(
        "learners",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("streak_until", Moment, nullable=True),
        sa.Column("longest_streak", sa.Integer(), nullable=False),
        sa.Column("last_active_on", sa.Date(), nullable=True),
        sa.Column("cefr_level", sa.Text(), nullable=True),
        sa.CheckConstraint("cefr_level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')", name=op.f("ck_learners_cefr_level")),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_learners_student_id"),
        sa.PrimaryKeyConstraint("student_id", name="pk_learners"),
    )
    op.create_index("ix_learners_xp", "learners", ["xp"], unique=False)
    op.create_table(
        "cefr_skills",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("skill", Key, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("assessed_at", Moment, nullable=False),
        sa.CheckConstraint("level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')", name=op.f("ck_cefr_skills_level")),
        sa.CheckConstraint(
            "skill in ('listening', 'reading', 'speaking', 'writing', 'vocabulary', 'grammar')",
            name=op.f("ck_cefr_skills_skill"),
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_cefr_skills_student_id"),
        sa.PrimaryKeyConstraint("student_id", "skill", name="pk_cefr_skills"),
    )
    op.create_table(
        "cefr_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("student_id", Id, nullable=False),
        sa.Column("skill", Key, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("assessed_at", Moment, nullable=False),
        sa.CheckConstraint("level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')", name=op.f("ck_cefr_changes_level")),
        sa.CheckConstraint(
            "skill in ('listening', 'reading', 'speaking', 'writing', 'vocabulary', 'grammar')",
            name=op.f("ck_cefr_changes_skill"),
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_cefr_changes_student_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cefr_changes"),
        sa.UniqueConstraint("student_id", "skill", "assessed_at", name="uq_cefr_changes_student_id_skill_assessed_at"),
    )
    op.create_index(
        "ix_cefr_changes_student_id_assessed_at_id", "cefr_changes", ["student_id", "assessed_at", "id"], unique=False
    )
    op.create_table(
        "achievements",
        sa.Column("code", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_achievements"),
    )
    op.create_table(
        "learner_achievements",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("achievement_code", Key, nullable=False),
        sa.Column("earned_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["achievement_code"], ["achievements.code"], name="fk_learner_achievements_achievement_code"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_learner_achievements_student_id"),
        sa.PrimaryKeyConstraint("student_id", "achievement_code", name="pk_learner_achievements"),
    )
