"""Members: roles have periods, and who belongs to an organization says who said so."""

import sqlalchemy as sa
from alembic import op

from db.migrations.rostering import (
    STUDENT_BEFORE,
    Watched,
    postgresql_function,
    sqlite_triggers,
)

revision = "2026_11_28_06"
down_revision = "2026_11_28_05"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

FROM = "source in ('manual', 'csv', 'oneroster', 'sso', 'lti')"
OF_STUDENTS = f"constraint ck_students_source check ({FROM})"
HELD = sa.text("end_at is null")
MEMBERSHIP = ("id", "staff_id", "organization_id", "role")
STUDENT = (
    *("id", "uid", "code", "external_id", "first_name", "last_name", "first_name_kana", "last_name_kana"),
    *("start_at", "end_at", "locked_at", "organization_id", "demo", "roster_years", "date_of_birth"),
    *("school_code", "kana_group", "last_name_key", "full_name_key", "search_key", "account_key", "updated_at"),
)
STUDENT_KEYS = ("uid", "code", "external_id", "last_name_key", "full_name_key")


def upgrade() -> None:
    with op.batch_alter_table("memberships") as changed:
        changed.add_column(sa.Column("start_at", Moment))
        changed.add_column(sa.Column("end_at", Moment))
        for column in sources():
            changed.add_column(column)
        changed.create_check_constraint(op.f("ck_memberships_source"), sa.text(FROM))
        changed.create_check_constraint(op.f("ck_memberships_period"), sa.text("start_at <= end_at"))
        changed.drop_constraint("uq_memberships_staff_id_organization_id_role", type_="unique")
    op.create_index(
        "ix_memberships_held",
        "memberships",
        ["staff_id", "organization_id", "role"],
        unique=True,
        postgresql_where=HELD,
        sqlite_where=HELD,
    )
    # Not anew, as SQLite makes a table to which a constraint is added: too many triggers read students.
    op.execute(f"alter table students add column source text default 'manual' not null {OF_STUDENTS}")
    op.add_column("students", sa.Column("source_ref", Key))
    forget_students()
    watch((*MEMBERSHIP, "start_at", "end_at", "source", "source_ref"), (*STUDENT, "source", "source_ref"))


def downgrade() -> None:
    op.drop_index("ix_memberships_held", "memberships")
    # Of a role that was held several times, the last one stays.
    same = "later.staff_id = memberships.staff_id and later.role = memberships.role and later.id > memberships.id"
    where = f"{same} and coalesce(later.organization_id, 0) = coalesce(memberships.organization_id, 0)"
    op.execute(f"delete from memberships where exists (select 1 from memberships later where {where})")
    forget_students()
    op.execute("alter table students drop column source_ref")
    op.execute("alter table students drop column source")
    with op.batch_alter_table("memberships") as changed:
        changed.drop_constraint(op.f("ck_memberships_period"), type_="check")
        changed.drop_constraint(op.f("ck_memberships_source"), type_="check")
        for column in ("source_ref", "source", "end_at", "start_at"):
            changed.drop_column(column)
        columns = ["staff_id", "organization_id", "role"]
        changed.create_unique_constraint("uq_memberships_staff_id_organization_id_role", columns)
    watch(MEMBERSHIP, STUDENT)


def sources() -> tuple[sa.Column[str], sa.Column[str]]:
    """Who said it, and what the person is called there."""
    return (
        sa.Column("source", sa.Text(), nullable=False, server_default="manual"),
        sa.Column("source_ref", Key),
    )


def forget_students() -> None:
    """Take the trigger away that names the columns of students: SQLite drops no column that one names."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger roster_students_update")


def watch(membership: tuple[str, ...], student: tuple[str, ...]) -> None:
    """Have the log of roster changes tell of these columns.

    SQLite made memberships anew, and its triggers are gone; of students only the one that names columns is missing.
    """
    memberships = Watched("membership", "$.organization_id", membership)
    students = Watched("student", "$.organization_id", student, STUDENT_KEYS, STUDENT_BEFORE)
    if op.get_bind().dialect.name == "postgresql":
        texts = [postgresql_function("memberships", memberships), postgresql_function("students", students)]
    else:
        *_, update = sqlite_triggers("students", students)
        texts = [*sqlite_triggers("memberships", memberships), update]
    for statement in texts:
        op.execute(sa.text(statement.replace(":", "\\:")))
