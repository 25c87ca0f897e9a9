"""The log of roster changes, and the triggers that write it: on PostgreSQL once per statement, on SQLite once per row.

A trigger is made under a lock that keeps writers out and readers not. Whoever makes one of these tables anew on SQLite
(`batch_alter_table`) makes its triggers anew: a test finds each of them at the newest revision.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_07"
down_revision = "2026_11_26_06"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)
EVENTS = ("insert", "update", "delete")


@dataclass(frozen=True)
class Watched:
    """A table whose rows are watched: all its columns, which of them lists are ordered by, what decides on sight.

    In `before` and `organization`, $ stands for the row.
    """

    type: str
    organization: str
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    student: str = "null"


NAMES = ("code", "name", "abbreviation")
UNIT = ("id", "organization_id", *NAMES, "seq", "search_key", "updated_at")
OF_STUDENT = "(select s.{} from students s where s.id = $.student_id)"
WATCHED = {
    "organizations": Watched(
        "organization",
        "$.id",
        (
            *("id", "parent_id", *NAMES, "mindless_attractor", "search_key", "plan", "rate_limit_per_minute"),
            *("trial_started_at", "trial_ends_at", "updated_at"),
        ),
        NAMES,
    ),
    "sections": Watched("section", "$.organization_id", UNIT, ("seq", *NAMES)),
    "groups": Watched("group", "$.organization_id", UNIT, ("seq", *NAMES)),
    "students": Watched(
        "student",
        "$.organization_id",
        (
            *("id", "uid", "code", "external_id", "first_name", "last_name", "first_name_kana", "last_name_kana"),
            *("start_at", "end_at", "locked_at", "organization_id", "demo", "roster_years", "date_of_birth"),
            *("school_code", "kana_group", "last_name_key", "full_name_key", "search_key", "account_key", "updated_at"),
        ),
        ("uid", "code", "external_id", "last_name_key", "full_name_key"),
        (("demo_before", "$.demo"), ("locked_before", "($.locked_at is not null)")),
    ),
    "memberships": Watched("membership", "$.organization_id", ("id", "staff_id", "organization_id", "role")),
    "enrollments": Watched(
        "enrollment",
        OF_STUDENT.format("organization_id"),
        ("id", "student_id", "course_id", "enrolled_at", "completed_at"),
        (),
        (
            ("demo_before", OF_STUDENT.format("demo")),
            ("locked_before", "(select s.locked_at is not null from students s where s.id = $.student_id)"),
        ),
        "$.student_id",
    ),
    "courses": Watched(
        "course",
        "null",
        (
            *("id", *NAMES, "seq", "origin", "category", "slug", "cefr_level", "language", "topic", "description"),
            *("published_at", "lessons_count", "is_demo", "subject_key", "level_key", "start_date", "end_date"),
            *("search_key", "updated_at"),
        ),
        ("seq", *NAMES),
        (
            ("demo_before", "$.is_demo"),
            ("origin_before", "$.origin"),
            ("published_before", "$.published_at"),
        ),
    ),
}
# What belongs to a student by a table between.
LINKS = {"student_sections": "sections", "student_groups": "groups", "student_years": "school_grade"}
SEEN_BY = ("organization_id", "demo", "locked_at is null")
INTO = "insert into roster_changes (at, kind, type, row_id, organization_before, organization_after, student_id"
NOW = {"postgresql": "now()", "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now')"}


def upgrade() -> None:
    op.create_table(
        "roster_changes",
        sa.Column("change_no", Id, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), server_default=sa.text(current()), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("row_id", Id, nullable=False),
        sa.Column("organization_before", Id),
        sa.Column("organization_after", Id),
        sa.Column("student_id", Id),
        sa.Column("demo_before", sa.Boolean()),
        sa.Column("locked_before", sa.Boolean()),
        sa.Column("origin_before", sa.Text()),
        sa.Column("published_before", Moment),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("change_no", name="pk_roster_changes"),
        sa.Index("ix_roster_changes_transaction_id_change_no", "transaction_id", "change_no"),
        sa.Index("ix_roster_changes_row_id_change_no", "row_id", "change_no"),
        sqlite_autoincrement=True,
    )
    for statement in postgresql() if is_postgresql() else sqlite():
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    for table in (*WATCHED, *LINKS):
        for event in EVENTS:
            on = f" on {table}" if is_postgresql() else ""
            op.execute(f"drop trigger roster_{table}_{event}{on}")
        if is_postgresql():
            op.execute(f"drop function roster_{table}()")
    if not is_postgresql():
        op.execute("drop trigger roster_students_moved")
    op.drop_table("roster_changes")


def is_postgresql() -> bool:
    """Which of the two databases this is."""
    return op.get_bind().dialect.name == "postgresql"


def current() -> str:
    """The transaction that writes a row; SQLite has one at a time."""
    return "((pg_current_xact_id())::text)::bigint" if is_postgresql() else "0"


def of(text: str, row: str) -> str:
    """An expression of a row that is called so."""
    return text.replace("$", row)


def into(before: tuple[tuple[str, str], ...]) -> str:
    """The beginning of what writes the log."""
    return ", ".join([INTO, *[name for name, _ in before], "fields, keys) "])


def postgresql() -> list[str]:
    """One function and three triggers for each table."""
    bodies = {table: postgresql_body(watched) for table, watched in WATCHED.items()}
    bodies["students"]["update"] += postgresql_moved()
    bodies |= {table: dict.fromkeys(EVENTS, "") | link_bodies(field) for table, field in LINKS.items()}
    found = []
    for table, body in bodies.items():
        branches = " els".join(f"if tg_op = '{event.upper()}' then {text}" for event, text in body.items())
        found.append(
            f"create function roster_{table}() returns trigger language plpgsql as $body$ begin {branches} end if;"
            " return null; end $body$"
        )
        for event in EVENTS:
            rows = {"insert": "new table as n", "delete": "old table as o", "update": "old table as o new table as n"}
            found.append(
                f"create trigger roster_{table}_{event} after {event} on {table} referencing {rows[event]}"
                f" for each statement execute function roster_{table}()"
            )
    return found


def postgresql_body(watched: Watched) -> dict[str, str]:
    """What is written for each event; a row whose key changes is deleted and created."""
    empty, values = "'[]', '{}'", [of(value, "o") for _, value in watched.before]
    none, organization = ["null"] * len(values), watched.organization
    changed = ", ".join(f"case when o.{c} is distinct from n.{c} then '{c}' end" for c in watched.columns)
    fields = f"array_to_json(array_remove(array[{changed}], null))"
    kept = ", ".join(f"'{c}', case when o.{c} is distinct from n.{c} then o.{c} end" for c in watched.keys)
    keys = f"json_strip_nulls(json_build_object({kept}))"

    def line(kind: str, row: str, places: tuple[str, str], before: list[str], texts: str) -> str:
        parts = [f"now(), '{kind}', '{watched.type}', {row}.id", *places, of(watched.student, row), *before, texts]
        return f"{into(watched.before)} select {', '.join(parts)}"

    insert = line("created", "n", ("null", of(organization, "n")), none, empty)
    delete = line("deleted", "o", (of(organization, "o"), "null"), values, empty)
    update = line("updated", "n", (of(organization, "o"), of(organization, "n")), values, f"{fields}, {keys}")
    return {
        "insert": f"{insert} from n;",
        "delete": f"{delete} from o;",
        "update": f"{update} from o join n on n.id = o.id where o.* is distinct from n.*;"
        f" {delete} from o where not exists (select from n where n.id = o.id);"
        f" {insert} from n where not exists (select from o where o.id = n.id);",
    }


def moved_columns() -> str:
    """A line for each enrollment of a student whom others may see from now on."""
    before = WATCHED["enrollments"].before
    return f"{into(before)} select {NOW['postgresql' if is_postgresql() else 'sqlite']}, 'updated', 'enrollment', e.id"


def postgresql_moved() -> str:
    """The enrollments of students who were moved."""
    old, new = (", ".join(f"{row}.{column}" for column in SEEN_BY) for row in ("o", "n"))
    return (
        f" {moved_columns()}, o.organization_id, n.organization_id, n.id, o.demo, o.locked_at is not null,"
        " '[]', '{}' from o join n on n.id = o.id join enrollments e on e.student_id = n.id"
        f" where ({old}) is distinct from ({new});"
    )


def link_bodies(field: str) -> dict[str, str]:
    """Each student whose places or years a statement changed, once."""
    student = WATCHED["students"]
    values = ", ".join(of(value, "s") for _, value in student.before)
    line = (
        f"{into(student.before)} select now(), 'updated', 'student', s.id, s.organization_id, s.organization_id, null,"
        f" {values}, '[\"{field}\"]', '{{}}' from students s where s.id in "
    )
    before, after = "select o.student_id from o", "select n.student_id from n"
    rows = {"insert": after, "delete": before, "update": f"{before} union {after}"}
    return {event: f"{line} ({found});" for event, found in rows.items()}


def sqlite() -> list[str]:
    """A trigger for each table and event, for each row."""
    found = [sqlite_moved()]
    for table, watched in WATCHED.items():
        found += sqlite_watched(table, watched)
    for table, field in LINKS.items():
        student = WATCHED["students"]
        values = ", ".join(of(value, "s") for _, value in student.before)
        for event in EVENTS:
            ids = {"insert": "new.student_id", "delete": "old.student_id", "update": "old.student_id, new.student_id"}
            found.append(
                f"create trigger roster_{table}_{event} after {event} on {table} begin {into(student.before)}"
                f" select {NOW['sqlite']}, 'updated', 'student', s.id, s.organization_id, s.organization_id, null,"
                f" {values}, '[\"{field}\"]', '{{}}' from students s where s.id in ({ids[event]}); end"
            )
    return found


def sqlite_moved() -> str:
    """The enrollments of a student who was moved. It is made first, because the trigger made last is run first."""
    differ = " or ".join(f"(old.{column}) is not (new.{column})" for column in SEEN_BY)
    return (
        f"create trigger roster_students_moved after update on students when {differ} begin {moved_columns()},"
        " old.organization_id, new.organization_id, new.id, old.demo, old.locked_at is not null, '[]', '{}'"
        " from enrollments e where e.student_id = new.id; end"
    )


def sqlite_watched(table: str, watched: Watched) -> list[str]:
    """The three triggers of a table; a row whose key changes is deleted and created."""
    values, organization = [of(value, "old") for _, value in watched.before], watched.organization
    changed = " || ".join(f"case when old.{c} is not new.{c} then ',\"{c}\"' else '' end" for c in watched.columns)
    kept = " || ".join(
        [
            "''",
            *[
                f"case when old.{c} is not new.{c} then ',\"{c}\":' || json_quote(old.{c}) else '' end"
                for c in watched.keys
            ],
        ]
    )

    def line(kind: str, row: str, places: tuple[str, str], before: list[str], texts: str, where: str) -> str:
        parts = [f"{NOW['sqlite']}, '{kind}', '{watched.type}', {row}.id", *places, of(watched.student, row)]
        return f"{into(watched.before)} select {', '.join([*parts, *before, texts])} {where};"

    empty, none = "'[]', '{}'", ["null"] * len(values)
    texts = f"'[' || ltrim({changed}, ',') || ']', '{{' || ltrim({kept}, ',') || '}}'"
    insert = ("created", "new", ("null", of(organization, "new")), none, empty)
    delete = ("deleted", "old", (of(organization, "old"), "null"), values, empty)
    update = ("updated", "new", (of(organization, "old"), of(organization, "new")), values, texts)
    differ = " or ".join(f"old.{column} is not new.{column}" for column in watched.columns)
    bodies = {
        "insert": line(*insert, ""),
        "delete": line(*delete, ""),
        "update": line(*update, "where old.id = new.id")
        + line(*delete, "where old.id <> new.id")
        + line(*insert, "where old.id <> new.id"),
    }
    when = {"insert": "", "delete": "", "update": f"when {differ} "}
    return [
        f"create trigger roster_{table}_{event} after {event} on {table} {when[event]}begin {body} end"
        for event, body in bodies.items()
    ]
