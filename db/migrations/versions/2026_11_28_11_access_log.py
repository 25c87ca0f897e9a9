"""The access log: who read whose data, and who changed whose role."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, in_reach, protect, shown

revision = "2026_11_28_11"
down_revision = "2026_11_28_10"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

TOLD = (
    "case when kind = 'role_change' then subject_uid is not null and subject_name is not null and role is not null"
    " and change is not null else organization_id is not null and subject_id is null and subject_uid is null"
    " and subject_name is null and role is null and change is null end"
)
POLICIES = {
    "accesses": f"{SEES_ALL} and ({in_reach('accesses')})",
    "access_students": shown("accesses", "access_students.access_id"),
}


def upgrade() -> None:
    make_accesses()
    op.create_table(
        "access_students",
        sa.Column("student_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("access_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["access_id"], ["accesses.id"], name=op.f("fk_access_students_access_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("student_id", "access_id", name="pk_access_students"),
    )
    op.create_index("ix_access_students_access_id_student_id", "access_students", ["access_id", "student_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table, condition in POLICIES.items():
            protect(table, condition)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in reversed(POLICIES):
            expose(table)
    for table in reversed(POLICIES):
        op.drop_table(table)


def make_accesses() -> None:
    """Who, when, by which way, and what."""
    op.create_table(
        "accesses",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("organization_id", Id),
        sa.Column("reader_id", sa.BigInteger()),
        sa.Column("reader_uid", Key, nullable=False),
        sa.Column("reader_name", sa.Text(), nullable=False),
        sa.Column("token_id", sa.BigInteger()),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("student_count", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.BigInteger()),
        sa.Column("subject_uid", Key),
        sa.Column("subject_name", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("change", sa.Text()),
        sa.CheckConstraint("kind in ('read', 'export', 'role_change')", name=op.f("ck_accesses_kind")),
        sa.CheckConstraint(
            "way in ('graphql', 'rest', 'subscription', 'export', 'webhook', 'system')", name=op.f("ck_accesses_way")
        ),
        sa.CheckConstraint("change in ('granted', 'changed', 'ended')", name=op.f("ck_accesses_change")),
        sa.CheckConstraint(TOLD, name=op.f("ck_accesses_told")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_accesses_organization_id")),
        sa.PrimaryKeyConstraint("id", name="pk_accesses"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_accesses_organization_id_id", "accesses", ["organization_id", "id"])
    op.create_index("ix_accesses_reader_uid_id", "accesses", ["reader_uid", "id"])
    op.create_index("ix_accesses_at", "accesses", ["at"])
