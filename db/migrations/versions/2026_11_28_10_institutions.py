"""Institutions: mail domains, looks, and a list of who belongs to an organization."""

import sqlalchemy as sa
from alembic import op

from db.kana import search_key
from db.migrations.policies import SEES_ALL, expose, holds, in_reach, once, protect, shown

revision = "2026_11_28_10"
down_revision = "2026_11_28_09"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

IS_OTHER = holds("false")
OWN_USER, OWN_UID = once("nullif(:user, '')::bigint"), once("nullif(:uid, '')")
EVERY_MEMBER = holds(":members = 'all' and :demo = 'off'")
# Roles are shown to whom their organization's members are; a person on the staff whose roles are, and one's own.
# Whether somebody is a demo person, the policy of staff says: one of roles cannot ask it, for that one asks of roles.
HAS_ROLE = "(select min(held.id) from memberships held where held.staff_id = staff.id) is not null"
STAFF = f"{IS_OTHER} or uid = {OWN_UID} or ({HAS_ROLE} and ({SEES_ALL} or demo))"
# Accounts lie behind the members: their mail addresses are shown with them.
LEARNS_THERE = f" and ({in_reach('members', 'seen.organization_id')})"
OF_MEMBERS = f"{shown('students', 'users.id', LEARNS_THERE)} or {shown('staff', 'users.id')}"
USERS = f"{EVERY_MEMBER} or {IS_OTHER} or id = {OWN_USER} or {OF_MEMBERS}"
BEFORE = {"staff": f"{IS_OTHER} or uid = {OWN_UID}", "users": f"{IS_OTHER} or id = {OWN_USER}"}
AFTER = {"staff": STAFF, "users": USERS}
NAMES = ("code", "external_id", "last_name", "first_name", "last_name_kana", "first_name_kana")


def upgrade() -> None:
    op.create_table(
        "organization_domains",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("domain", Key, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("domain = lower(domain)", name=op.f("ck_organization_domains_small_letters")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_organization_domains_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_domains")),
        sa.UniqueConstraint("domain", name=op.f("uq_organization_domains_domain")),
    )
    op.create_index(
        op.f("ix_organization_domains_organization_id_domain"), "organization_domains", ["organization_id", "domain"]
    )
    op.create_table(
        "organization_brandings",
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("display_name", sa.Text()),
        sa.Column("logo_url", sa.Text()),
        sa.Column("primary_color", sa.Text()),
        sa.Column("support_email", sa.Text()),
        sa.Column("updated_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_organization_brandings_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_brandings")),
    )
    op.create_index(op.f("ix_memberships_staff_id_id"), "memberships", ["staff_id", "id"])
    op.add_column("staff", sa.Column("search_key", sa.Text(), server_default=sa.text("''"), nullable=False))
    write_search_keys()
    if op.get_bind().dialect.name == "postgresql":
        show_members()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        hide_members()
    op.drop_column("staff", "search_key")
    op.drop_index(op.f("ix_memberships_staff_id_id"), "memberships")
    op.drop_table("organization_brandings")
    op.drop_table("organization_domains")


def write_search_keys() -> None:
    """What staff are found by; from now on whoever writes a row writes it too."""
    staff = sa.table("staff", sa.column("id"), sa.column("search_key"), *[sa.column(name) for name in NAMES])
    for id_, *called in op.get_bind().execute(sa.select(staff.c.id, *[staff.c[name] for name in NAMES])).all():
        _, _, last, first, last_kana, first_kana = called
        full = (last + first, f"{last} {first}", last_kana + first_kana, f"{last_kana} {first_kana}")
        op.execute(staff.update().where(staff.c.id == id_).values(search_key=search_key(*called, *full)))


def show_members() -> None:
    """Let the graph read who belongs to an organization, and what is said of it."""
    protect("memberships", in_reach("members"))
    for table in ("organization_domains", "organization_brandings"):
        protect(table, in_reach("organizations"))
    for table, condition in AFTER.items():
        show_otherwise(table, condition)


def hide_members() -> None:
    """The policies as they were."""
    for table, condition in BEFORE.items():
        show_otherwise(table, condition)
    expose("memberships")


def show_otherwise(table: str, condition: str) -> None:
    """Put another condition into the graph's policy of a table."""
    op.execute(f"alter policy graph on {table} using ({condition})")
