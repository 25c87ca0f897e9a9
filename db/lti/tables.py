"""Tables of LTI 1.3: platforms that launch us, what a launch brought, and what goes back."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from db.base import Id, Key, Moment, metadata

# How people of a platform are found among those whom the organization has already.
MATCHINGS = ("nothing", "email", "external_id")
KINDS = ("student", "staff")
MESSAGE_TYPES = ("resource_link", "deep_linking")
ACTIVITY_STATES = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_STATES = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
SOURCES = ("completion", "request")
SCORE_STATUSES = ("pending", "delivered", "failed", "superseded")
ROSTER_STATUSES = ("pending", "completed", "failed")
REMOVALS = ("stopped", "allowed")


def policy_columns() -> tuple[Column[Any], ...]:
    """Which people of a platform are let in: whom it matches, and whether an account is made of who is not found."""
    return (Column("matching", Text, nullable=False), Column("creates_accounts", Boolean, nullable=False))


lti_platforms = Table(
    "lti_platforms",
    metadata,
    Column("id", Id, primary_key=True),
    # People who come from there are of this organization.
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("issuer", Key, nullable=False),
    Column("client_id", Key, nullable=False),
    # One installation of the tool there has one or more of them.
    Column("deployment_ids", JSON, nullable=False),
    Column("auth_login_url", Text, nullable=False),
    Column("token_url", Text, nullable=False),
    # Whom our assertions are addressed to, where that is not the token's address.
    Column("token_audience", Text),
    Column("jwks_url", Text, nullable=False),
    *policy_columns(),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"matching in {MATCHINGS}", name="matching"),
    UniqueConstraint("issuer", "client_id"),
    Index(None, "organization_id", "id"),
    # SQLite would give the number of a removed platform again.
    sqlite_autoincrement=True,
)

# Leave to register a platform by dynamic registration, once: whoever has the address may.
lti_invitations = Table(
    "lti_invitations",
    metadata,
    Column("id", Id, primary_key=True),
    # SHA-256 of the secret in its address.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    *policy_columns(),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    CheckConstraint(f"matching in {MATCHINGS}", name="matching"),
)

# A login that a platform began with us, until it comes back: state and nonce are used once.
lti_logins = Table(
    "lti_logins",
    metadata,
    Column("id", Id, primary_key=True),
    # SHA-256 of state, of nonce, and of the secret that the browser keeps which began it.
    Column("state_digest", LargeBinary, nullable=False, unique=True),
    Column("nonce_digest", LargeBinary, nullable=False, unique=True),
    Column("browser_digest", LargeBinary, nullable=False),
    Column("platform_id", ForeignKey("lti_platforms.id", ondelete="CASCADE"), nullable=False),
    # The frame in which the platform keeps things for us (lti_storage_target), where it offers one.
    Column("storage_target", Text),
    # What the platform sent to begin with, so that it can be begun again in a window of its own.
    Column("parameters", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("consumed_at", Moment),
    Index(None, "expires_at"),
)

# Who somebody is whom a platform calls by a name of its own: once found, always the same.
lti_people = Table(
    "lti_people",
    metadata,
    Column("platform_id", ForeignKey("lti_platforms.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    CheckConstraint(f"kind in {KINDS}", name="kind"),
    Index(None, "user_id"),
)

lti_launches = Table(
    "lti_launches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform_id", ForeignKey("lti_platforms.id", ondelete="CASCADE"), nullable=False),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("deployment_id", Text, nullable=False),
    Column("message_type", Text, nullable=False),
    # How the platform calls the person, who that is, and the same where it is a student.
    Column("subject", Key, nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("student_id", ForeignKey("students.id")),
    Column("roles", JSON, nullable=False),
    Column("context_id", Key),
    Column("context_title", Text),
    Column("resource_link_id", Key),
    Column("resource_link_title", Text),
    # What was launched; a lesson stands with its course.
    Column("course_id", ForeignKey("courses.id")),
    Column("lesson_id", ForeignKey("lessons.id")),
    # Assignment and Grade Services, and Names and Role Provisioning, as far as they are offered.
    Column("line_item_url", Text),
    Column("line_items_url", Text),
    Column("ags_scopes", JSON, nullable=False),
    Column("has_grade_service", Boolean, nullable=False),
    Column("memberships_url", Text),
    Column("has_roster", Boolean, nullable=False),
    # Where a choice is to be sent, and what is taken, of a launch that asks for one.
    Column("deep_linking", JSON(none_as_null=True)),
    Column("answered_at", Moment),
    # SHA-256 of the code that is changed for a session, once; and the API token which that session is.
    Column("code_digest", LargeBinary, unique=True),
    Column("code_expires_at", Moment),
    Column("token_id", ForeignKey("api_tokens.id", ondelete="SET NULL")),
    Column("launched_at", Moment, nullable=False),
    CheckConstraint(f"message_type in {MESSAGE_TYPES}", name="message_type"),
    CheckConstraint("student_id is null or student_id = user_id", name="student"),
    CheckConstraint("lesson_id is null or course_id is not null", name="lesson"),
    Index(None, "platform_id", "id"),
    Index(None, "organization_id", "id"),
    Index(None, "student_id", "course_id", "id"),
    Index(None, "platform_id", "resource_link_id", "subject", "id"),
    Index(None, "token_id"),
    sqlite_autoincrement=True,
)

# A grade on its way to a platform. Of one learner and one line the newest counts: it supersedes those that still wait.
lti_scores = Table(
    "lti_scores",
    metadata,
    Column("id", Id, primary_key=True),
    Column("launch_id", ForeignKey("lti_launches.id", ondelete="CASCADE"), nullable=False),
    Column("platform_id", ForeignKey("lti_platforms.id", ondelete="CASCADE"), nullable=False),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("student_id", ForeignKey("students.id")),
    Column("subject", Key, nullable=False),
    # Which line of the platform's gradebook: its address, or the resource link for which it is found or made.
    Column("line", Key, nullable=False),
    Column("score_given", Float),
    Column("score_maximum", Float),
    Column("comment", Text),
    Column("activity_progress", Text, nullable=False),
    Column("grading_progress", Text, nullable=False),
    # Platforms take no score that is not newer than the last one: for one learner and line it grows strictly.
    Column("scored_at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),
    Column("response_code", Integer),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("lease_token", Text),
    Column("lease_until", Moment),
    CheckConstraint(f"activity_progress in {ACTIVITY_STATES}", name="activity_progress"),
    CheckConstraint(f"grading_progress in {GRADING_STATES}", name="grading_progress"),
    CheckConstraint(f"source in {SOURCES}", name="source"),
    CheckConstraint(f"status in {SCORE_STATUSES}", name="status"),
    CheckConstraint("(status = 'pending') = (finished_at is null)", name="finished"),
    CheckConstraint("(status = 'pending') = (next_attempt_at is not null)", name="next_attempt"),
    CheckConstraint("score_given is null or score_maximum is not null", name="maximum"),
    UniqueConstraint("platform_id", "line", "subject", "scored_at"),
    Index(None, "launch_id", "id"),
    Index(None, "organization_id", "id"),
    Index(None, "student_id", "id"),
    Index(None, "status", "id"),
    Index(
        "ix_lti_scores_waiting",
        "next_attempt_at",
        postgresql_where=text("finished_at is null"),
        sqlite_where=text("finished_at is null"),
    ),
    sqlite_autoincrement=True,
)

# A section that is filled from the roster of a platform's course, on request and once a day.
lti_rosters = Table(
    "lti_rosters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform_id", ForeignKey("lti_platforms.id", ondelete="CASCADE"), nullable=False),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("section_id", ForeignKey("sections.id"), nullable=False),
    Column("context_id", Key, nullable=False),
    Column("context_title", Text),
    Column("memberships_url", Text, nullable=False),
    Column("status", Text, nullable=False),
    # Of the last whole run: how many learners were there, and what became of them.
    Column("member_count", Integer, nullable=False, server_default="0"),
    Column("created_count", Integer, nullable=False, server_default="0"),
    Column("removed_count", Integer, nullable=False, server_default="0"),
    Column("skipped_count", Integer, nullable=False, server_default="0"),
    # The run that was begun last; and what runs since the last whole one have made already.
    Column("run_no", Integer, nullable=False, server_default="0"),
    Column("made_count", Integer, nullable=False, server_default="0"),
    # Whether the last run would have taken out too many, or the next one may, because somebody asked for it since.
    Column("removals", Text),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("next_run_at", Moment, nullable=False),
    Column("last_run_at", Moment),
    Column("response_code", Integer),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("lease_token", Text),
    Column("lease_until", Moment),
    CheckConstraint(f"status in {ROSTER_STATUSES}", name="status"),
    CheckConstraint(f"removals in {REMOVALS}", name="removals"),
    UniqueConstraint("platform_id", "context_id", "section_id"),
    Index(None, "organization_id", "id"),
    Index(None, "platform_id", "id"),
    Index(None, "section_id"),
    Index(None, "status", "id"),
    Index(None, "next_run_at"),
    sqlite_autoincrement=True,
)

# Who was put into a section by its roster: nobody else is taken out of it.
lti_roster_members = Table(
    "lti_roster_members",
    metadata,
    Column("roster_id", ForeignKey("lti_rosters.id", ondelete="CASCADE"), primary_key=True),
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    # The last run in which the platform told of the student.
    Column("run_no", Integer, nullable=False),
    Index(None, "student_id"),
)

# The keys that we sign with. A new one is published before it signs, and an old one for as long as it is believed.
tool_keys = Table(
    "tool_keys",
    metadata,
    Column("kid", Key, primary_key=True),
    # Sealed: whoever has it is us.
    Column("private_pem", LargeBinary, nullable=False),
    Column("public_jwk", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("signs_from", Moment, nullable=False),
    Column("published_until", Moment),
)
