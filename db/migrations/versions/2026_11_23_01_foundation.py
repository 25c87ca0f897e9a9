"""The tables of the foundation: organizations, accounts, courses, students, progress, notices, operations."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_01"
down_revision = None

# The types as they were on this day: a migration does not change when db.base does.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)


TABLES = (
    "organizations",
    "sections",
    "groups",
    "users",
    "staff",
    "memberships",
    "staff_sections",
    "subjects",
    "levels",
    "courses",
    "lesson_packages",
    "prefectures",
    "schools",
    "school_grades",
    "students",
    "student_years",
    "student_sections",
    "student_groups",
    "enrollments",
    "student_lesson_packages",
    "progress_events",
    "informations",
    "information_tags",
    "information_systems",
    "information_organizations",
    "information_roles",
    "information_tagged",
    "information_attachments",
    "settings",
    "outbox",
)


def upgrade() -> None:
    organizations()
    accounts()
    courses()
    students()
    progress()
    notices()
    operations()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def organizations() -> None:
    """The organization tree, its sections and its groups."""
    op.create_table(
        "organizations",
        sa.Column("id", Id, nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("code", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("abbreviation", Key, nullable=False),
        sa.Column("mindless_attractor", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_organizations_own_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["organizations.id"], name="fk_organizations_parent_id"),
        sa.UniqueConstraint("code", name="uq_organizations_code"),
        sa.Index("ix_organizations_parent_id_code", "parent_id", "code"),
    )
    op.create_table(
        "sections",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("abbreviation", Key, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sections"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_sections_organization_id"),
        sa.UniqueConstraint("organization_id", "code", name="uq_sections_organization_id_code"),
        sa.Index("ix_sections_organization_id_abbreviation_id", "organization_id", "abbreviation", "id"),
        sa.Index("ix_sections_organization_id_name_id", "organization_id", "name", "id"),
        sa.Index("ix_sections_organization_id_seq_id", "organization_id", "seq", "id"),
    )
    op.create_table(
        "groups",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("abbreviation", Key, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_groups_organization_id"),
        sa.UniqueConstraint("organization_id", "code", name="uq_groups_organization_id_code"),
        sa.Index("ix_groups_organization_id_abbreviation_id", "organization_id", "abbreviation", "id"),
        sa.Index("ix_groups_organization_id_name_id", "organization_id", "name", "id"),
        sa.Index("ix_groups_organization_id_seq_id", "organization_id", "seq", "id"),
    )


def accounts() -> None:
    """Who may come in: users, staff and their memberships."""
    op.create_table(
        "users",
        sa.Column("id", Id, nullable=False),
        sa.Column("uid", Key, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("id", "uid", name="uq_users_id_uid"),
        sa.UniqueConstraint("uid", name="uq_users_uid"),
    )
    op.create_table(
        "staff",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("uid", Key, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("external_id", Key, nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("first_name_kana", sa.Text(), nullable=False),
        sa.Column("last_name_kana", sa.Text(), nullable=False),
        sa.Column("start_at", Moment, nullable=False),
        sa.Column("end_at", Moment, nullable=False),
        sa.Column("locked_at", Moment, nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.ForeignKeyConstraint(["id", "uid"], ["users.id", "users.uid"], name="fk_staff_id_uid"),
        sa.UniqueConstraint("uid", name="uq_staff_uid"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", Id, nullable=False),
        sa.Column("staff_id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.CheckConstraint(
            "(role = 'administrator') = (organization_id is null)", name=op.f("ck_memberships_organization")
        ),
        sa.CheckConstraint(
            "role in ('homeroom_teacher', 'cram_school_clerk', 'cram_school_owner', 'administrator')",
            name=op.f("ck_memberships_role"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_memberships_organization_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_memberships_staff_id"),
        sa.UniqueConstraint("staff_id", "organization_id", "role", name="uq_memberships_staff_id_organization_id_role"),
        sa.Index(
            "ix_memberships_operator",
            "staff_id",
            unique=True,
            postgresql_where=sa.text("organization_id is null"),
            sqlite_where=sa.text("organization_id is null"),
        ),
        sa.Index("ix_memberships_organization_id_role_staff_id", "organization_id", "role", "staff_id"),
    )
    op.create_table(
        "staff_sections",
        sa.Column("staff_id", Id, nullable=False),
        sa.Column("section_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "section_id", name="pk_staff_sections"),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name="fk_staff_sections_section_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_sections_staff_id"),
        sa.Index("ix_staff_sections_section_id_staff_id", "section_id", "staff_id"),
    )


def courses() -> None:
    """Courses and their lesson packages, with the names of subjects and levels."""
    op.create_table(
        "subjects",
        sa.Column("key", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_subjects"),
    )
    op.create_table(
        "levels",
        sa.Column("key", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_levels"),
    )
    op.create_table(
        "courses",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("abbreviation", Key, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("subject_key", Key, nullable=True),
        sa.Column("level_key", Key, nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.CheckConstraint(
            "category in ('packaged', 'external_app', 'recommended', 'atama_plus', 'others')",
            name=op.f("ck_courses_category"),
        ),
        sa.ForeignKeyConstraint(["level_key"], ["levels.key"], name="fk_courses_level_key"),
        sa.ForeignKeyConstraint(["subject_key"], ["subjects.key"], name="fk_courses_subject_key"),
        sa.UniqueConstraint("code", name="uq_courses_code"),
        sa.Index("ix_courses_category_seq", "category", "seq"),
        sa.Index("ix_courses_seq_id", "seq", "id"),
    )
    op.create_table(
        "lesson_packages",
        sa.Column("id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lesson_packages"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_lesson_packages_course_id"),
        sa.UniqueConstraint("code", name="uq_lesson_packages_code"),
        sa.Index("ix_lesson_packages_course_id_seq_code", "course_id", "seq", "code"),
    )


def students() -> None:
    """Students, their schools, academic years and places."""
    op.create_table(
        "prefectures",
        sa.Column("code", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_prefectures"),
    )
    op.create_table(
        "schools",
        sa.Column("code", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("establishment_type", sa.Text(), nullable=False),
        sa.Column("prefecture_code", Key, nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_schools"),
        sa.CheckConstraint(
            "establishment_type in ('national', 'public', 'private')", name=op.f("ck_schools_establishment_type")
        ),
        sa.ForeignKeyConstraint(["prefecture_code"], ["prefectures.code"], name="fk_schools_prefecture_code"),
        sa.Index("ix_schools_name_code", "name", "code"),
        sa.Index("ix_schools_prefecture_code_code", "prefecture_code", "code"),
    )
    op.create_table(
        "school_grades",
        sa.Column("value", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("value", name="pk_school_grades"),
    )
    op.create_table(
        "students",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("uid", Key, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("external_id", Key, nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("first_name_kana", sa.Text(), nullable=False),
        sa.Column("last_name_kana", sa.Text(), nullable=False),
        sa.Column("start_at", Moment, nullable=False),
        sa.Column("end_at", Moment, nullable=False),
        sa.Column("locked_at", Moment, nullable=True),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("roster_years", sa.BigInteger(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("school_code", Key, nullable=True),
        sa.Column("kana_group", sa.Text(), nullable=False),
        sa.Column("last_name_key", Key, nullable=False),
        sa.Column("full_name_key", Key, nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_students"),
        sa.CheckConstraint(
            "kana_group in ('A','K','S','T','N','H','M','Y','R','W','OTHER')", name=op.f("ck_students_kana_group")
        ),
        sa.ForeignKeyConstraint(["id", "uid"], ["users.id", "users.uid"], name="fk_students_id_uid"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_students_organization_id"),
        sa.ForeignKeyConstraint(["school_code"], ["schools.code"], name="fk_students_school_code"),
        sa.UniqueConstraint("uid", name="uq_students_uid"),
        sa.Index("ix_students_code_id", "code", "id"),
        sa.Index("ix_students_organization_id_external_id_id", "organization_id", "external_id", "id"),
        sa.Index("ix_students_organization_id_full_name_key_id", "organization_id", "full_name_key", "id"),
        sa.Index("ix_students_organization_id_last_name_key_id", "organization_id", "last_name_key", "id"),
        sa.Index(
            "ix_students_roster",
            "organization_id",
            "code",
            "id",
            postgresql_include=["start_at", "end_at", "locked_at", "demo", "roster_years"],
        ),
        sa.Index("ix_students_school_code", "school_code"),
    )
    op.create_table(
        "student_years",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("school_grade_value", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("student_id", "academic_year", name="pk_student_years"),
        sa.ForeignKeyConstraint(
            ["school_grade_value"], ["school_grades.value"], name="fk_student_years_school_grade_value"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_student_years_student_id"),
    )
    op.create_table(
        "student_sections",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("section_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("student_id", "section_id", name="pk_student_sections"),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name="fk_student_sections_section_id"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_student_sections_student_id"),
        sa.Index("ix_student_sections_section_id_student_id", "section_id", "student_id"),
    )
    op.create_table(
        "student_groups",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("group_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("student_id", "group_id", name="pk_student_groups"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_student_groups_group_id"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_student_groups_student_id"),
        sa.Index("ix_student_groups_group_id_student_id", "group_id", "student_id"),
    )


def progress() -> None:
    """Who takes which course, and what was done with it."""
    op.create_table(
        "enrollments",
        sa.Column("id", Id, nullable=False),
        sa.Column("student_id", Id, nullable=False),
        sa.Column("course_id", Id, nullable=False),
        sa.Column("enrolled_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_enrollments"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_enrollments_course_id"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_enrollments_student_id"),
        sa.UniqueConstraint("student_id", "course_id", name="uq_enrollments_student_id_course_id"),
        sa.Index("ix_enrollments_course_id_student_id", "course_id", "student_id"),
    )
    op.create_table(
        "student_lesson_packages",
        sa.Column("student_id", Id, nullable=False),
        sa.Column("lesson_package_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("student_id", "lesson_package_id", name="pk_student_lesson_packages"),
        sa.ForeignKeyConstraint(
            ["lesson_package_id"], ["lesson_packages.id"], name="fk_student_lesson_packages_lesson_package_id"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_student_lesson_packages_student_id"),
        sa.Index("ix_student_lesson_packages_lesson_package_id_student_id", "lesson_package_id", "student_id"),
    )
    op.create_table(
        "progress_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("student_id", Id, nullable=False),
        sa.Column("lesson_package_id", Id, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_progress_events"),
        sa.ForeignKeyConstraint(
            ["lesson_package_id"], ["lesson_packages.id"], name="fk_progress_events_lesson_package_id"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_progress_events_student_id"),
        sa.Index("ix_progress_events_created_at_id", "created_at", "id"),
        sa.Index("ix_progress_events_lesson_package_id_id", "lesson_package_id", "id"),
        sa.Index(
            "ix_progress_events_student_id_lesson_package_id_created_at_id",
            "student_id",
            "lesson_package_id",
            "created_at",
            "id",
        ),
    )


def notices() -> None:
    """Notices and whom they are for."""
    op.create_table(
        "informations",
        sa.Column("id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("open_at", Moment, nullable=False),
        sa.Column("close_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_informations"),
        sa.Index("ix_informations_open_at_id", "open_at", "id"),
    )
    op.create_table(
        "information_tags",
        sa.Column("key", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_information_tags"),
    )
    op.create_table(
        "information_systems",
        sa.Column("information_id", Id, nullable=False),
        sa.Column("system", Key, nullable=False),
        sa.PrimaryKeyConstraint("information_id", "system", name="pk_information_systems"),
        sa.CheckConstraint("system in ('admin', 'lms', 'coaching')", name=op.f("ck_information_systems_system")),
        sa.ForeignKeyConstraint(["information_id"], ["informations.id"], name="fk_information_systems_information_id"),
        sa.Index("ix_information_systems_system_information_id", "system", "information_id"),
    )
    op.create_table(
        "information_organizations",
        sa.Column("information_id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("information_id", "organization_id", name="pk_information_organizations"),
        sa.ForeignKeyConstraint(
            ["information_id"], ["informations.id"], name="fk_information_organizations_information_id"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_information_organizations_organization_id"
        ),
        sa.Index("ix_information_organizations_organization_id_information_id", "organization_id", "information_id"),
    )
    op.create_table(
        "information_roles",
        sa.Column("information_id", Id, nullable=False),
        sa.Column("role", Key, nullable=False),
        sa.PrimaryKeyConstraint("information_id", "role", name="pk_information_roles"),
        sa.ForeignKeyConstraint(["information_id"], ["informations.id"], name="fk_information_roles_information_id"),
        sa.Index("ix_information_roles_role_information_id", "role", "information_id"),
    )
    op.create_table(
        "information_tagged",
        sa.Column("information_id", Id, nullable=False),
        sa.Column("tag_key", Key, nullable=False),
        sa.PrimaryKeyConstraint("information_id", "tag_key", name="pk_information_tagged"),
        sa.ForeignKeyConstraint(["information_id"], ["informations.id"], name="fk_information_tagged_information_id"),
        sa.ForeignKeyConstraint(["tag_key"], ["information_tags.key"], name="fk_information_tagged_tag_key"),
        sa.Index("ix_information_tagged_tag_key_information_id", "tag_key", "information_id"),
    )
    op.create_table(
        "information_attachments",
        sa.Column("id", Id, nullable=False),
        sa.Column("information_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_information_attachments"),
        sa.ForeignKeyConstraint(
            ["information_id"], ["informations.id"], name="fk_information_attachments_information_id"
        ),
        sa.Index("ix_information_attachments_information_id_seq", "information_id", "seq"),
    )


def operations() -> None:
    """Settings that an operator changes, and the outbox of what happened."""
    op.create_table(
        "settings",
        sa.Column("key", Key, nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", Id, nullable=False),
        sa.Column("event_id", Key, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("organization_id", Id, nullable=True),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_outbox_organization_id"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
        sa.Index("ix_outbox_organization_id_seq", "organization_id", "seq"),
        sqlite_autoincrement=True,
    )
