"""Single sign-on: configurations of organizations, their domains, logins, and the people whom they brought."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, in_reach, protect

revision = "2026_11_28_09"
down_revision = "2026_11_28_08"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

# In the order in which they refer to one another.
TABLES = ("sso_configurations", "sso_domains", "sso_logins", "sso_people", "sso_assertions")
SHOWN = f"{SEES_ALL} and ({in_reach('sso')})"
# Neither the secret nor the certificates themselves: the graph shows what is said of them.
COLUMNS = (
    "id, organization_id, protocol, enabled, domains, return_url, creates_accounts, enforced, role_attribute,"
    " role_mapping, default_role, email_attribute, issuer, sign_on_url, token_url, jwks_url, token_auth, client_id,"
    " has_client_secret, metadata_url, certificates, checked_at, created_at, updated_at"
)
ROLES = "('student', 'homeroom_teacher', 'cram_school_clerk', 'cram_school_owner')"


def upgrade() -> None:
    make_sso_configurations()
    make_sso_domains()
    make_sso_logins()
    make_sso_people()
    make_sso_assertions()
    if op.get_bind().dialect.name == "postgresql":
        protect("sso_configurations", SHOWN, COLUMNS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        expose("sso_configurations", COLUMNS)
    for table in reversed(TABLES):
        op.drop_table(table)


def make_sso_configurations() -> None:
    """How an organization's people sign in."""
    op.create_table(
        "sso_configurations",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("return_url", sa.Text()),
        sa.Column("creates_accounts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("enforced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("role_attribute", sa.Text()),
        sa.Column("role_mapping", sa.JSON(), nullable=False),
        sa.Column("default_role", sa.Text()),
        sa.Column("email_attribute", sa.Text()),
        sa.Column("issuer", Key),
        sa.Column("sign_on_url", sa.Text()),
        sa.Column("token_url", sa.Text()),
        sa.Column("jwks_url", sa.Text()),
        sa.Column("token_auth", sa.Text(), server_default="client_secret_basic", nullable=False),
        sa.Column("client_id", sa.Text()),
        sa.Column("client_secret", sa.LargeBinary()),
        sa.Column("has_client_secret", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("metadata_url", sa.Text()),
        sa.Column("certificates", sa.JSON(), nullable=False),
        sa.Column("certificate_pems", sa.JSON(), nullable=False),
        sa.Column("checked_at", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.CheckConstraint("protocol in ('oidc', 'saml')", name=op.f("ck_sso_configurations_protocol")),
        sa.CheckConstraint(f"default_role in {ROLES}", name=op.f("ck_sso_configurations_default_role")),
        sa.CheckConstraint(
            "token_auth in ('client_secret_basic', 'client_secret_post')",
            name=op.f("ck_sso_configurations_token_auth"),
        ),
        sa.CheckConstraint("not enabled or checked_at is not null", name=op.f("ck_sso_configurations_enabled")),
        sa.CheckConstraint(
            "has_client_secret = (client_secret is not null)", name=op.f("ck_sso_configurations_client_secret")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sso_configurations_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_configurations")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_sso_configurations_organization_id")),
        sqlite_autoincrement=True,
    )


def make_sso_domains() -> None:
    """Whose a mail domain is."""
    op.create_table(
        "sso_domains",
        sa.Column("domain", Key, nullable=False),
        sa.Column("configuration_id", Id, nullable=False),
        of_configuration("sso_domains"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_sso_domains")),
    )
    op.create_index(op.f("ix_sso_domains_configuration_id"), "sso_domains", ["configuration_id"])


def make_sso_logins() -> None:
    """Logins until they come back."""
    op.create_table(
        "sso_logins",
        sa.Column("id", Id, nullable=False),
        sa.Column("configuration_id", Id, nullable=False),
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("nonce_digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("page_state", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("consumed_at", Moment),
        sa.Column("user_id", Id),
        sa.Column("code_digest", sa.LargeBinary()),
        sa.Column("code_expires_at", Moment),
        sa.CheckConstraint("code_digest is null or user_id is not null", name=op.f("ck_sso_logins_code")),
        of_configuration("sso_logins"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sso_logins_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_logins")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_sso_logins_code_digest")),
        sa.UniqueConstraint("nonce_digest", name=op.f("uq_sso_logins_nonce_digest")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_sso_logins_state_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sso_logins_configuration_id"), "sso_logins", ["configuration_id"])
    op.create_index(op.f("ix_sso_logins_expires_at"), "sso_logins", ["expires_at"])


def make_sso_people() -> None:
    """Who somebody is."""
    op.create_table(
        "sso_people",
        sa.Column("configuration_id", Id, nullable=False),
        sa.Column("issuer", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("email", Key, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        of_configuration("sso_people"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sso_people_user_id")),
        sa.PrimaryKeyConstraint("configuration_id", "issuer", "subject", name=op.f("pk_sso_people")),
    )
    op.create_index(op.f("ix_sso_people_configuration_id_email"), "sso_people", ["configuration_id", "email"])
    op.create_index(op.f("ix_sso_people_user_id"), "sso_people", ["user_id"])


def make_sso_assertions() -> None:
    """What was used."""
    op.create_table(
        "sso_assertions",
        sa.Column("configuration_id", Id, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        of_configuration("sso_assertions"),
        sa.PrimaryKeyConstraint("configuration_id", "digest", name=op.f("pk_sso_assertions")),
    )
    op.create_index(op.f("ix_sso_assertions_expires_at"), "sso_assertions", ["expires_at"])


def of_configuration(table: str) -> sa.ForeignKeyConstraint:
    """What goes with its configuration."""
    return sa.ForeignKeyConstraint(
        ["configuration_id"],
        ["sso_configurations.id"],
        name=op.f(f"fk_{table}_configuration_id"),
        ondelete="CASCADE",
    )
