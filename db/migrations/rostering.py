"""The triggers that write the log of roster changes, as texts, for the revisions that make them.

On PostgreSQL a table has one function and three triggers, run once per statement; on SQLite three triggers, run once
per row. A trigger is made under a lock that keeps writers out and readers not.
"""

from dataclasses import dataclass

EVENTS = ("insert", "update", "delete")
SEEN_BY = ("organization_id", "demo", "locked_at is null")
INTO = "insert into roster_changes (at, kind, type, row_id, organization_before, organization_after, student_id"
POSTGRESQL_NOW, SQLITE_NOW = "now()", "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
OF_STUDENT = "(select s.{} from students s where s.id = $.student_id)"


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


ENROLLMENT_BEFORE = (
    ("demo_before", OF_STUDENT.format("demo")),
    ("locked_before", "(select s.locked_at is not null from students s where s.id = $.student_id)"),
)
STUDENT_BEFORE = (("demo_before", "$.demo"), ("locked_before", "($.locked_at is not null)"))


def of(text: str, row: str) -> str:
    """An expression of a row that is called so."""
    return text.replace("$", row)


def into(before: tuple[tuple[str, str], ...]) -> str:
    """The beginning of what writes the log."""
    return ", ".join([INTO, *[name for name, _ in before], "fields, keys) "])


def postgresql_function(table: str, watched: Watched) -> str:
    """The function of a table; that of students also tells of the enrollments of those who were moved."""
    body = postgresql_body(watched)
    if table == "students":
        body["update"] += postgresql_moved()
    return function(table, body)


def function(table: str, body: dict[str, str]) -> str:
    """A function that writes what each event's body says."""
    branches = " els".join(f"if tg_op = '{event.upper()}' then {text}" for event, text in body.items())
    return (
        f"create or replace function roster_{table}() returns trigger language plpgsql as $body$"
        f" begin {branches} end if; return null; end $body$"
    )


def postgresql_triggers(table: str) -> list[str]:
    """What calls a table's function."""
    rows = {"insert": "new table as n", "delete": "old table as o", "update": "old table as o new table as n"}
    return [
        f"create trigger roster_{table}_{event} after {event} on {table} referencing {rows[event]}"
        f" for each statement execute function roster_{table}()"
        for event in EVENTS
    ]


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


def moved_columns(now: str) -> str:
    """A line for each enrollment of a student whom others may see from now on."""
    return f"{into(ENROLLMENT_BEFORE)} select {now}, 'updated', 'enrollment', e.id"


def postgresql_moved() -> str:
    """The enrollments of students who were moved."""
    old, new = (", ".join(f"{row}.{column}" for column in SEEN_BY) for row in ("o", "n"))
    return (
        f" {moved_columns(POSTGRESQL_NOW)}, o.organization_id, n.organization_id, n.id, o.demo,"
        " o.locked_at is not null, '[]', '{}' from o join n on n.id = o.id join enrollments e on e.student_id = n.id"
        f" where ({old}) is distinct from ({new});"
    )


def postgresql_link(table: str, field: str) -> str:
    """The function of a table between: each student whose places or years a statement changed, once."""
    values = ", ".join(of(value, "s") for _, value in STUDENT_BEFORE)
    line = (
        f"{into(STUDENT_BEFORE)} select now(), 'updated', 'student', s.id, s.organization_id, s.organization_id, null,"
        f" {values}, '[\"{field}\"]', '{{}}' from students s where s.id in "
    )
    before, after = "select o.student_id from o", "select n.student_id from n"
    rows = {"insert": after, "update": f"{before} union {after}", "delete": before}
    return function(table, {event: f"{line} ({found});" for event, found in rows.items()})


def sqlite_link(table: str, field: str) -> list[str]:
    """The triggers of a table between."""
    values = ", ".join(of(value, "s") for _, value in STUDENT_BEFORE)
    ids = {"insert": "new.student_id", "delete": "old.student_id", "update": "old.student_id, new.student_id"}
    return [
        f"create trigger roster_{table}_{event} after {event} on {table} begin {into(STUDENT_BEFORE)}"
        f" select {SQLITE_NOW}, 'updated', 'student', s.id, s.organization_id, s.organization_id, null,"
        f" {values}, '[\"{field}\"]', '{{}}' from students s where s.id in ({ids[event]}); end"
        for event in EVENTS
    ]


def sqlite_moved() -> str:
    """The enrollments of a student who was moved. It is made first, because the trigger made last is run first."""
    differ = " or ".join(f"(old.{column}) is not (new.{column})" for column in SEEN_BY)
    return (
        f"create trigger roster_students_moved after update on students when {differ} begin"
        f" {moved_columns(SQLITE_NOW)}, old.organization_id, new.organization_id, new.id, old.demo,"
        " old.locked_at is not null, '[]', '{}' from enrollments e where e.student_id = new.id; end"
    )


def sqlite_triggers(table: str, watched: Watched) -> list[str]:
    """The three triggers of a table, that of updates last; a row whose key changes is deleted and created."""
    values, organization = [of(value, "old") for _, value in watched.before], watched.organization

    def line(kind: str, row: str, places: tuple[str, str], before: list[str], texts: str, where: str) -> str:
        parts = [f"{SQLITE_NOW}, '{kind}', '{watched.type}', {row}.id", *places, of(watched.student, row)]
        return f"{into(watched.before)} select {', '.join([*parts, *before, texts])} {where};"

    empty, none = "'[]', '{}'", ["null"] * len(values)
    insert = ("created", "new", ("null", of(organization, "new")), none, empty)
    delete = ("deleted", "old", (of(organization, "old"), "null"), values, empty)
    update = ("updated", "new", (of(organization, "old"), of(organization, "new")), values, sqlite_texts(watched))
    bodies = {
        "insert": line(*insert, ""),
        "delete": line(*delete, ""),
        "update": line(*update, "where old.id = new.id")
        + line(*delete, "where old.id <> new.id")
        + line(*insert, "where old.id <> new.id"),
    }
    differ = " or ".join(f"old.{column} is not new.{column}" for column in watched.columns)
    when = {"insert": "", "delete": "", "update": f"when {differ} "}
    return [
        f"create trigger roster_{table}_{event} after {event} on {table} {when[event]}begin {body} end"
        for event, body in bodies.items()
    ]


def sqlite_texts(watched: Watched) -> str:
    """The columns that changed, and the former values of those that lists are ordered by, as JSON texts."""
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
    return f"'[' || ltrim({changed}, ',') || ']', '{{' || ltrim({kept}, ',') || '}}'"
