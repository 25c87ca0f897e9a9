"""Compliance documents of organizations."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import expose, in_reach, protect

revision = "2026_11_28_12"
down_revision = "2026_11_28_11"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)

KINDS = "kind in ('dpa', 'privacy_policy', 'security_certificate', 'data_residency', 'appi', 'ferpa', 'coppa', 'gdpr')"


def upgrade() -> None:
    op.create_table(
        "compliance_documents",
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("valid_until", sa.Date()),
        sa.Column("updated_at", Moment, nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_compliance_documents_kind")),
        sa.CheckConstraint("url is not null or valid_until is null", name=op.f("ck_compliance_documents_valid_until")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_compliance_documents_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", name="pk_compliance_documents"),
    )
    if op.get_bind().dialect.name == "postgresql":
        protect("compliance_documents", in_reach("compliance"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        expose("compliance_documents")
    op.drop_table("compliance_documents")
