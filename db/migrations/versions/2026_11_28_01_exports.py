"""Exports: what was asked for, who makes it, and where the file lies; and the order in which activity is listed."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import expose, holds, once, protect

revision = "2026_11_28_01"
down_revision = "2026_11_27_01"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)

TYPES = "('learner_progress', 'completions', 'activity', 'document')"
STATUSES = "('pending', 'processing', 'completed', 'failed', 'canceled', 'expired')"
# Who makes it at this moment, where the file lies, and what the token could do that asked, the graph does not show.
COLUMNS = (
    "id, organization_id, owner_id, type, document, variables, format, encoding, status, row_count, total_rows, error,"
    " file_name, file_size, sha256, created_at, started_at, finished_at, expires_at"
)
USER = once("nullif(:user, '')::bigint")
# Staff alone have exports: a student sees none, not even those of the days when the same person was staff.
MAY = holds(":standing = 'staff' and :demo = 'off'")
OWN = f"{MAY} and owner_id = {USER}"

# Of all learners, by period: in all courses together, and in one.
PERIODS = {
    "ix_activity_periods": (["granularity", "period", "id"], "course_id is null"),
    "ix_activity_course_periods": (["course_id", "granularity", "period", "id"], "course_id is not null"),
}


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("abilities", sa.JSON(none_as_null=True)),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_rows", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Moment),
        sa.Column("file_name", sa.Text()),
        sa.Column("file_size", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("started_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("expires_at", Moment),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.CheckConstraint(f"type in {TYPES}", name=op.f("ck_exports_type")),
        sa.CheckConstraint("(type = 'document') = (document is not null)", name=op.f("ck_exports_document")),
        sa.CheckConstraint("format in ('csv', 'jsonl')", name=op.f("ck_exports_format")),
        sa.CheckConstraint("encoding in ('utf-8-sig', 'utf-8', 'cp932')", name=op.f("ck_exports_encoding")),
        sa.CheckConstraint(f"status in {STATUSES}", name=op.f("ck_exports_status")),
        sa.CheckConstraint("(status = 'completed') = (file_name is not null)", name=op.f("ck_exports_file")),
        sa.CheckConstraint(
            "(status in ('pending', 'processing')) = (finished_at is null)", name=op.f("ck_exports_finished")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_exports_organization_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_exports_owner_id")),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exports_owner_id_id", "exports", ["owner_id", "id"])
    op.create_index("ix_exports_organization_id_id", "exports", ["organization_id", "id"])
    unfinished = sa.text("finished_at is null")
    op.create_index(
        "ix_exports_due",
        "exports",
        ["next_attempt_at", "id"],
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )
    for name, (columns, rows) in PERIODS.items():
        where = sa.text(rows)
        op.create_index(name, "activity", columns, postgresql_where=where, sqlite_where=where)
    if op.get_bind().dialect.name == "postgresql":
        protect("exports", OWN, COLUMNS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        expose("exports", COLUMNS)
    for name in PERIODS:
        op.drop_index(name, "activity")
    op.drop_table("exports")
