"""How policies of PostgreSQL read who looks, for the revisions that write them.

Who looks stands in the settings of db/sight.py. What is not set is NULL or empty, and then no policy shows a row.
"""

import re

from alembic import op

ROLE = "kakehashi_graph"
OTHERS = f"nullif(current_user <> '{ROLE}' or ({{}}), false)"


def once(text: str) -> str:
    """A value that is worked out once for each statement, and not for each row; `:name` is the setting of that name.

    A setting is NULL where nobody ever set it.
    """
    return f"(select {with_settings(text)})"


def with_settings(text: str) -> str:
    """A text with the settings that it names."""
    return re.sub(r"(?<!:):(\w+)", r"current_setting('kakehashi.\1', true)", text)


def holds(text: str) -> str:
    """A condition on settings alone, worked out once for each statement; it holds for every role but the graph's.

    A policy for a role is one for its members too, and the login is a member: so each policy lets others through.
    The planner takes it for nearly always true, as it is for whom a statement was made; of a plain boolean it would
    expect half of the rows, and of a comparison with a setting one in a hundred, and choose another plan for that.
    """
    return f"{once(OTHERS.format(text))} is not null"


SEES_ALL = holds(":demo = 'off'")


def in_reach(name: str, column: str = "organization_id") -> str:
    """Rows of the organizations that a setting lists, or of all where it says so."""
    listed = once(f"nullif(nullif(:{name}, ''), 'all')::bigint[]")
    everywhere = holds(f":{name} = 'all'")
    return f"{everywhere} or {column} = any({listed}::bigint[])"


def shown(table: str, column: str, more: str = "") -> str:
    """The row that a column names is shown by its own policy.

    As a value, and not as EXISTS: for that one the planner may read the whole table beforehand, and it expects half of
    the rows.
    """
    return f"(select seen.id from {table} seen where seen.id = {column}{more}) is not null"


def protect(table: str, shown: str, columns: str = "") -> None:
    """Show the graph's role the rows that a condition names, of all columns unless told, and everyone else all rows.

    Whoever may use a table sees all of it, but for the graph's role; the owner is no exception to that.
    """
    op.execute(f"create policy everyone on {table} using (true) with check (true)")
    op.execute(f"create policy graph on {table} as restrictive for select to {ROLE} using ({shown})")
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"grant select{f' ({columns})' if columns else ''} on {table} to {ROLE}")


def expose(table: str, columns: str = "") -> None:
    """Take the policies of a table, and the role's right to read it, away again."""
    op.execute(f"alter table {table} no force row level security")
    op.execute(f"alter table {table} disable row level security")
    op.execute(f"drop policy graph on {table}")
    op.execute(f"drop policy everyone on {table}")
    op.execute(f"revoke select{f' ({columns})' if columns else ''} on {table} from {ROLE}")
