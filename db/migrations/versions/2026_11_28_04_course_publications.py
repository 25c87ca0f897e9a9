"""Of which courses it was told that they are published. Who tells begins with what is published then."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_04"
down_revision = "2026_11_28_03"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "course_publications",
        sa.Column("course_id", Id, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_course_publications_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", name="pk_course_publications"),
    )


def downgrade() -> None:
    op.drop_table("course_publications")
    # Whoever goes on there later would take every course for a new one.
    op.execute("delete from reading_positions where name = 'roster'")
