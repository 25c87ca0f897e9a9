"""LTI 1.3: platforms, logins, launches, the people they brought, grades on their way back, and our own keys."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, in_reach, once, protect

revision = "2026_11_28_05"
down_revision = "2026_11_28_04"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

# In the order in which they refer to one another.
TABLES = (
    "lti_platforms",
    "lti_invitations",
    "lti_logins",
    "lti_people",
    "lti_launches",
    "lti_scores",
    "lti_rosters",
    "lti_roster_members",
    "tool_keys",
)
OWN_STUDENT = once("nullif(:student, '')::bigint")
OF_LEARNERS = f"{SEES_ALL} and ({in_reach('students')} or student_id = {OWN_STUDENT})"
OF_PLATFORMS = f"{SEES_ALL} and ({in_reach('lti')})"
# What the graph shows, with the columns that it never reads left out: names that platforms gave to people, secrets,
# and who works on a row at this moment.
SHOWN = {
    "lti_platforms": (
        OF_PLATFORMS,
        (
            "id, organization_id, owner_id, name, issuer, client_id, deployment_ids, auth_login_url, token_url,"
            " token_audience, jwks_url, matching, creates_accounts, is_active, created_at, updated_at"
        ),
    ),
    "lti_launches": (
        OF_LEARNERS,
        (
            "id, platform_id, organization_id, deployment_id, message_type, user_id, student_id, roles, context_id,"
            " context_title, resource_link_id, resource_link_title, course_id, lesson_id, has_grade_service,"
            " has_roster, launched_at"
        ),
    ),
    "lti_scores": (
        OF_LEARNERS,
        (
            "id, launch_id, platform_id, organization_id, student_id, score_given, score_maximum, comment,"
            " activity_progress, grading_progress, scored_at, source, status, attempt_count, next_attempt_at,"
            " response_code, error, created_at, finished_at"
        ),
    ),
    "lti_rosters": (
        OF_PLATFORMS,
        (
            "id, platform_id, organization_id, section_id, context_id, context_title, status, member_count,"
            " created_count, removed_count, skipped_count, attempt_count, next_run_at, last_run_at, response_code,"
            " error, created_at, updated_at"
        ),
    ),
}


def upgrade() -> None:
    make_lti_platforms()
    make_lti_invitations()
    make_lti_logins()
    make_lti_people()
    make_lti_launches()
    make_lti_scores()
    make_lti_rosters()
    make_lti_roster_members()
    make_tool_keys()
    if op.get_bind().dialect.name == "postgresql":
        for table, (condition, columns) in SHOWN.items():
            protect(table, condition, columns)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, (_, columns) in SHOWN.items():
            expose(table, columns)
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("delete from reading_positions where name = 'lti'")


def make_lti_platforms() -> None:
    """Who launches us."""
    op.create_table(
        "lti_platforms",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", Key, nullable=False),
        sa.Column("client_id", Key, nullable=False),
        sa.Column("deployment_ids", sa.JSON(), nullable=False),
        sa.Column("auth_login_url", sa.Text(), nullable=False),
        sa.Column("token_url", sa.Text(), nullable=False),
        sa.Column("token_audience", sa.Text()),
        sa.Column("jwks_url", sa.Text(), nullable=False),
        sa.Column("matching", sa.Text(), nullable=False),
        sa.Column("creates_accounts", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.CheckConstraint("matching in ('nothing', 'email', 'external_id')", name=op.f("ck_lti_platforms_matching")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_lti_platforms_organization_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_lti_platforms_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_platforms")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_lti_platforms_issuer_client_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lti_platforms_organization_id_id"), "lti_platforms", ["organization_id", "id"])


def make_lti_invitations() -> None:
    """Leave to register by dynamic registration."""
    op.create_table(
        "lti_invitations",
        sa.Column("id", Id, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("matching", sa.Text(), nullable=False),
        sa.Column("creates_accounts", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sa.CheckConstraint("matching in ('nothing', 'email', 'external_id')", name=op.f("ck_lti_invitations_matching")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_lti_invitations_organization_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_lti_invitations_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_lti_invitations_digest")),
    )


def make_lti_logins() -> None:
    """Logins until they come back."""
    op.create_table(
        "lti_logins",
        sa.Column("id", Id, nullable=False),
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("nonce_digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("platform_id", Id, nullable=False),
        sa.Column("storage_target", sa.Text()),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("consumed_at", Moment),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_logins_platform_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_logins")),
        sa.UniqueConstraint("nonce_digest", name=op.f("uq_lti_logins_nonce_digest")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_lti_logins_state_digest")),
    )
    op.create_index(op.f("ix_lti_logins_expires_at"), "lti_logins", ["expires_at"])


def make_lti_people() -> None:
    """Who somebody is."""
    op.create_table(
        "lti_people",
        sa.Column("platform_id", Id, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind in ('student', 'staff')", name=op.f("ck_lti_people_kind")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_people_platform_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_lti_people_user_id")),
        sa.PrimaryKeyConstraint("platform_id", "subject", "kind", name=op.f("pk_lti_people")),
    )
    op.create_index(op.f("ix_lti_people_user_id"), "lti_people", ["user_id"])


def make_lti_launches() -> None:
    """What a launch brought."""
    op.create_table(
        "lti_launches",
        sa.Column("id", Id, nullable=False),
        sa.Column("platform_id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("message_type", sa.Text(), nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("student_id", Id),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("context_id", Key),
        sa.Column("context_title", sa.Text()),
        sa.Column("resource_link_id", Key),
        sa.Column("resource_link_title", sa.Text()),
        sa.Column("course_id", Id),
        sa.Column("lesson_id", Id),
        sa.Column("line_item_url", sa.Text()),
        sa.Column("line_items_url", sa.Text()),
        sa.Column("ags_scopes", sa.JSON(), nullable=False),
        sa.Column("has_grade_service", sa.Boolean(), nullable=False),
        sa.Column("memberships_url", sa.Text()),
        sa.Column("has_roster", sa.Boolean(), nullable=False),
        sa.Column("deep_linking", sa.JSON(none_as_null=True)),
        sa.Column("answered_at", Moment),
        sa.Column("code_digest", sa.LargeBinary()),
        sa.Column("code_expires_at", Moment),
        sa.Column("token_id", Id),
        sa.Column("launched_at", Moment, nullable=False),
        sa.CheckConstraint(
            "message_type in ('resource_link', 'deep_linking')", name=op.f("ck_lti_launches_message_type")
        ),
        sa.CheckConstraint("lesson_id is null or course_id is not null", name=op.f("ck_lti_launches_lesson")),
        sa.CheckConstraint("student_id is null or student_id = user_id", name=op.f("ck_lti_launches_student")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_lti_launches_course_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_lti_launches_lesson_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_lti_launches_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_launches_platform_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_lti_launches_student_id")),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_tokens.id"], name=op.f("fk_lti_launches_token_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_lti_launches_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_launches")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_lti_launches_code_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lti_launches_organization_id_id"), "lti_launches", ["organization_id", "id"])
    op.create_index(op.f("ix_lti_launches_platform_id_id"), "lti_launches", ["platform_id", "id"])
    op.create_index(
        op.f("ix_lti_launches_platform_id_resource_link_id_subject_id"),
        "lti_launches",
        ["platform_id", "resource_link_id", "subject", "id"],
    )
    op.create_index(op.f("ix_lti_launches_student_id_course_id_id"), "lti_launches", ["student_id", "course_id", "id"])
    op.create_index(op.f("ix_lti_launches_token_id"), "lti_launches", ["token_id"])


def make_lti_scores() -> None:
    """Grades on their way."""
    op.create_table(
        "lti_scores",
        sa.Column("id", Id, nullable=False),
        sa.Column("launch_id", Id, nullable=False),
        sa.Column("platform_id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("student_id", Id),
        sa.Column("subject", Key, nullable=False),
        sa.Column("line", Key, nullable=False),
        sa.Column("score_given", sa.Float()),
        sa.Column("score_maximum", sa.Float()),
        sa.Column("comment", sa.Text()),
        sa.Column("activity_progress", sa.Text(), nullable=False),
        sa.Column("grading_progress", sa.Text(), nullable=False),
        sa.Column("scored_at", Moment, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Moment),
        sa.Column("response_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("finished_at", Moment),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.CheckConstraint("(status = 'pending') = (finished_at is null)", name=op.f("ck_lti_scores_finished")),
        sa.CheckConstraint(
            "(status = 'pending') = (next_attempt_at is not null)", name=op.f("ck_lti_scores_next_attempt")
        ),
        sa.CheckConstraint(
            "activity_progress in ('Initialized', 'Started', 'InProgress', 'Submitted', 'Completed')",
            name=op.f("ck_lti_scores_activity_progress"),
        ),
        sa.CheckConstraint(
            "grading_progress in ('FullyGraded', 'Pending', 'PendingManual', 'Failed', 'NotReady')",
            name=op.f("ck_lti_scores_grading_progress"),
        ),
        sa.CheckConstraint("source in ('completion', 'request')", name=op.f("ck_lti_scores_source")),
        sa.CheckConstraint(
            "status in ('pending', 'delivered', 'failed', 'superseded')", name=op.f("ck_lti_scores_status")
        ),
        sa.CheckConstraint("score_given is null or score_maximum is not null", name=op.f("ck_lti_scores_maximum")),
        sa.ForeignKeyConstraint(
            ["launch_id"], ["lti_launches.id"], name=op.f("fk_lti_scores_launch_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_lti_scores_organization_id")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_scores_platform_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_lti_scores_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_scores")),
        sa.UniqueConstraint(
            "platform_id", "line", "subject", "scored_at", name=op.f("uq_lti_scores_platform_id_line_subject_scored_at")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lti_scores_launch_id_id"), "lti_scores", ["launch_id", "id"])
    op.create_index(op.f("ix_lti_scores_organization_id_id"), "lti_scores", ["organization_id", "id"])
    op.create_index(op.f("ix_lti_scores_student_id_id"), "lti_scores", ["student_id", "id"])
    op.create_index(op.f("ix_lti_scores_status_id"), "lti_scores", ["status", "id"])
    op.create_index(
        "ix_lti_scores_waiting",
        "lti_scores",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("finished_at is null"),
        sqlite_where=sa.text("finished_at is null"),
    )


def make_lti_rosters() -> None:
    """Sections that are filled."""
    op.create_table(
        "lti_rosters",
        sa.Column("id", Id, nullable=False),
        sa.Column("platform_id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("section_id", Id, nullable=False),
        sa.Column("context_id", Key, nullable=False),
        sa.Column("context_title", sa.Text()),
        sa.Column("memberships_url", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("member_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removals", sa.Text()),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_run_at", Moment, nullable=False),
        sa.Column("last_run_at", Moment),
        sa.Column("response_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.CheckConstraint("status in ('pending', 'completed', 'failed')", name=op.f("ck_lti_rosters_status")),
        sa.CheckConstraint("removals in ('stopped', 'allowed')", name=op.f("ck_lti_rosters_removals")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_lti_rosters_organization_id")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_rosters_platform_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_lti_rosters_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_rosters")),
        sa.UniqueConstraint(
            "platform_id", "context_id", "section_id", name=op.f("uq_lti_rosters_platform_id_context_id_section_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_lti_rosters_next_run_at"), "lti_rosters", ["next_run_at"])
    op.create_index(op.f("ix_lti_rosters_organization_id_id"), "lti_rosters", ["organization_id", "id"])
    op.create_index(op.f("ix_lti_rosters_platform_id_id"), "lti_rosters", ["platform_id", "id"])
    op.create_index(op.f("ix_lti_rosters_section_id"), "lti_rosters", ["section_id"])
    op.create_index(op.f("ix_lti_rosters_status_id"), "lti_rosters", ["status", "id"])


def make_lti_roster_members() -> None:
    """Who was put there."""
    op.create_table(
        "lti_roster_members",
        sa.Column("roster_id", Id, nullable=False),
        sa.Column("student_id", Id, nullable=False),
        sa.Column("run_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["lti_rosters.id"], name=op.f("fk_lti_roster_members_roster_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_lti_roster_members_student_id")),
        sa.PrimaryKeyConstraint("roster_id", "student_id", name=op.f("pk_lti_roster_members")),
    )
    op.create_index(op.f("ix_lti_roster_members_student_id"), "lti_roster_members", ["student_id"])


def make_tool_keys() -> None:
    """The keys that we sign with."""
    op.create_table(
        "tool_keys",
        sa.Column("kid", Key, nullable=False),
        sa.Column("private_pem", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("signs_from", Moment, nullable=False),
        sa.Column("published_until", Moment),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_tool_keys")),
    )
