"""xAPI endpoints and the statements on their way there; events name the fact that they tell of."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, in_reach, protect

revision = "2026_11_28_02"
down_revision = "2026_11_28_01"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

TABLES = ("xapi_endpoints", "xapi_statements")
# Credentials, who forwards at this moment, what the token could do that made an endpoint, and the statements themselves
# are nothing that the graph shows.
COLUMNS = {
    "xapi_endpoints": (
        "id, organization_id, owner_id, name, url, auth_type, has_credentials, version, verbs, home, is_active,"
        " disabled_reason, waiting, failing, failing_since, attempt_count, next_attempt_at, response_code, error,"
        " last_delivered_at, created_at, updated_at"
    ),
    "xapi_statements": (
        "id, endpoint_id, organization_id, statement_id, event_seq, event_type, verb, status, response_code, error,"
        " created_at, finished_at"
    ),
}


def upgrade() -> None:
    op.add_column("outbox", sa.Column("fact_id", sa.BigInteger()))
    make_endpoints()
    make_statements()
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            protect(table, f"{SEES_ALL} and ({in_reach('xapi')})", COLUMNS[table])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in reversed(TABLES):
            expose(table, COLUMNS[table])
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("delete from reading_positions where name = 'xapi'")
    op.drop_column("outbox", "fact_id")


def make_endpoints() -> None:
    """Where to forward to, and how that goes."""
    op.create_table(
        "xapi_endpoints",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("abilities", sa.JSON(none_as_null=True)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("auth_type", sa.Text(), nullable=False),
        sa.Column("credentials", sa.LargeBinary()),
        sa.Column("has_credentials", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("verbs", sa.JSON(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("waiting", sa.Integer(), server_default="0", nullable=False),
        sa.Column("proven", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("failing", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("failing_since", Moment),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Moment),
        sa.Column("response_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("last_delivered_at", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.CheckConstraint("auth_type in ('basic', 'bearer')", name=op.f("ck_xapi_endpoints_auth_type")),
        sa.CheckConstraint("version in ('1.0.3', '2.0.0')", name=op.f("ck_xapi_endpoints_version")),
        sa.CheckConstraint(
            "has_credentials = (credentials is not null)", name=op.f("ck_xapi_endpoints_has_credentials")
        ),
        sa.CheckConstraint("failing = (failing_since is not null)", name=op.f("ck_xapi_endpoints_failing")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_xapi_endpoints_waiting")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_xapi_endpoints_organization_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_xapi_endpoints_owner_id")),
        sa.PrimaryKeyConstraint("id", name="pk_xapi_endpoints"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_xapi_endpoints_organization_id_id", "xapi_endpoints", ["organization_id", "id"])


def make_statements() -> None:
    """What is forwarded."""
    op.create_table(
        "xapi_statements",
        sa.Column("id", Id, nullable=False),
        sa.Column("endpoint_id", Id, nullable=False),
        sa.Column("organization_id", Id),
        sa.Column("statement_id", Key, nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("response_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("finished_at", Moment),
        sa.CheckConstraint(
            "status in ('pending', 'delivered', 'rejected', 'skipped')", name=op.f("ck_xapi_statements_status")
        ),
        sa.CheckConstraint("(status = 'pending') = (finished_at is null)", name=op.f("ck_xapi_statements_finished")),
        sa.CheckConstraint(
            "body is not null or status in ('delivered', 'skipped')", name=op.f("ck_xapi_statements_body")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["xapi_endpoints.id"], name=op.f("fk_xapi_statements_endpoint_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_xapi_statements_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_xapi_statements"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_xapi_statements_endpoint_id_statement_id",
        "xapi_statements",
        ["endpoint_id", "statement_id"],
        unique=True,
    )
    waiting = sa.text("finished_at is null")
    op.create_index(
        "ix_xapi_statements_waiting",
        "xapi_statements",
        ["endpoint_id", "id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index("ix_xapi_statements_endpoint_id_id", "xapi_statements", ["endpoint_id", "id"])
    op.create_index("ix_xapi_statements_finished_at", "xapi_statements", ["finished_at"])
