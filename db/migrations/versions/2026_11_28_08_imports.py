"""Imports of members: uploads, their rows, what is wrong with them, and where imports have put people."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import expose, holds, in_reach, protect, shown

revision = "2026_11_28_08"
down_revision = "2026_11_28_07"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

STATUSES = "('pending', 'planning', 'planned', 'blocked', 'applying', 'completed', 'failed', 'canceled')"
ACTIONS = ("created", "updated", "deactivated", "unchanged", "skipped", "failed")
SOURCE_REF = sa.text("source <> 'manual'")
# Who works on it at this moment, and what the token could do that asked, the graph does not show.
COLUMNS = (
    "id, organization_id, owner_id, source, mode, dry_run, encoding, columns, status, total_rows, position,"
    " created_count, updated_count, deactivated_count, unchanged_count, skipped_count, failed_count, error_count,"
    " active_count, error, created_at, planned_at, finished_at"
)
ROW_COLUMNS = "id, import_id, number, line, ref, role, content, action, reason, changes"
MAY = holds(":standing = 'staff' and :demo = 'off'")
OF_IMPORT = shown("imports", "import_id")
POLICIES = {
    "imports": (f"{MAY} and ({in_reach('members')})", COLUMNS),
    "import_rows": (OF_IMPORT, ROW_COLUMNS),
    "import_errors": (OF_IMPORT, ""),
}


def upgrade() -> None:
    make_imports()
    make_import_rows()
    make_import_errors()
    op.create_table(
        "import_links",
        sa.Column("import_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind in ('class', 'enrollment', 'role')", name=op.f("ck_import_links_kind")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_links_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_import_links"),
    )
    op.create_index("ix_import_links_import_id_kind_ref_number", "import_links", ["import_id", "kind", "ref", "number"])
    op.create_table(
        "import_places",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.CheckConstraint("unit in ('section', 'group', 'taught')", name=op.f("ck_import_places_unit")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_import_places_user_id")),
        sa.PrimaryKeyConstraint("user_id", "unit", "unit_id", name="pk_import_places"),
    )
    op.create_index(
        "ix_students_source_ref",
        "students",
        ["organization_id", "source_ref", "id"],
        postgresql_where=SOURCE_REF,
        sqlite_where=SOURCE_REF,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, (condition, columns) in POLICIES.items():
            protect(table, condition, columns)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, (_, columns) in reversed(POLICIES.items()):
            expose(table, columns)
    op.drop_index("ix_students_source_ref", "students")
    for table in ("import_places", "import_links", "import_errors", "import_rows", "imports"):
        op.drop_table(table)


def make_imports() -> None:
    """Each upload."""
    op.create_table(
        "imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("abilities", sa.JSON(none_as_null=True)),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("whole_places", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total_rows", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        *[sa.Column(f"{action}_count", sa.Integer(), server_default="0", nullable=False) for action in ACTIONS],
        sa.Column("error_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active_count", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("planned_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.CheckConstraint("source in ('csv', 'oneroster')", name=op.f("ck_imports_source")),
        sa.CheckConstraint("mode in ('upsert', 'mirror')", name=op.f("ck_imports_mode")),
        sa.CheckConstraint(f"status in {STATUSES}", name=op.f("ck_imports_status")),
        sa.CheckConstraint(
            "(status in ('completed', 'failed', 'canceled')) = (finished_at is not null)",
            name=op.f("ck_imports_finished"),
        ),
        sa.CheckConstraint(
            "(status in ('pending', 'planning', 'applying')) = (next_attempt_at is not null)",
            name=op.f("ck_imports_due"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_imports_organization_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_imports_owner_id")),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_imports_organization_id_id", "imports", ["organization_id", "id"])
    due = sa.text("next_attempt_at is not null")
    op.create_index("ix_imports_due", "imports", ["next_attempt_at", "id"], postgresql_where=due, sqlite_where=due)


def make_import_rows() -> None:
    """The rows of each."""
    op.create_table(
        "import_rows",
        sa.Column("id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("ref", Key),
        sa.Column("uid", Key),
        sa.Column("email", Key),
        sa.Column("role", sa.Text()),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("faulty", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("action", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("changes", sa.JSON(none_as_null=True)),
        sa.Column("user_id", Id),
        sa.CheckConstraint(f"action in {ACTIONS}", name=op.f("ck_import_rows_action")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("id", name="pk_import_rows"),
        sa.UniqueConstraint("import_id", "number", name="uq_import_rows_import_id_number"),
        sqlite_autoincrement=True,
    )
    for names in (("id",), ("ref", "number"), ("uid", "number"), ("email", "number"), ("user_id",), ("action", "id")):
        op.create_index("_".join(("ix_import_rows_import_id", *names)), "import_rows", ["import_id", *names])


def make_import_errors() -> None:
    """What is wrong with them."""
    op.create_table(
        "import_errors",
        sa.Column("id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("row_number", sa.Integer()),
        sa.Column("file", sa.Text()),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_errors_import_id")),
        sa.PrimaryKeyConstraint("id", name="pk_import_errors"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_errors_import_id_id", "import_errors", ["import_id", "id"])
    op.create_index("ix_import_errors_import_id_row_number", "import_errors", ["import_id", "row_number"])
