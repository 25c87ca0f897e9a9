"""Pages that hold while rows change: the order key that a row had where the log of changes stood at the first page.

A row whose key was changed since is taken by the first value that the log has of it behind that place. So every row has
one key from the first page to the last, and stands behind the cursor of exactly one page.
"""

from sqlalchemy import Boolean, FromClause, Text, cast, func, literal_column, select

from db.json_text import Expression, element, sql_literal
from db.predicates import Condition, parameter
from db.roster_log import roster_changes
from db.statements.plan import Level, Window
from db.statements.sources import Names, column_of

# On PostgreSQL the snapshot of the statement, which knows of each transaction whether it was seen; SQLite has no two
# that write at once, and the next number says the same.
standing = element(
    "log_standing",
    lambda _: "(pg_current_snapshot())::text",
    lambda _: "('1:' || (select coalesce(max(change_no), 0) + 1 from roster_changes) || ':')",
)
_behind_pin = element(
    "behind_pin",
    lambda a: (
        f"({a[0]} >= ((pg_snapshot_xmin(({a[2]})::pg_snapshot))::text)::bigint"
        f" and not pg_visible_in_snapshot((({a[0]})::text)::xid8, ({a[2]})::pg_snapshot))"
    ),
    lambda a: f"{a[1]} >= cast(substr({a[2]}, 3) as integer)",
    returns=Boolean(),
)
_kept = element("kept_key", lambda a: f"({a[0]} ->> {a[1]})", lambda a: f"json_extract({a[0]}, '$.' || {a[1]})")


def pin(window: Window) -> Expression:
    """Where the log stood at the first page of this list, which may be this very one."""
    return standing() if window.pin is None else parameter(window.pin, Text())


def entries(window: Window, names: Names) -> tuple[FromClause, list[Condition]]:
    """The log of this list's rows, behind the place that the cursor names."""
    log = roster_changes.alias(names.fresh("c"))
    behind = _behind_pin(log.c.transaction_id, log.c.change_no, pin(window))
    return log, [log.c.type == sql_literal(window.log or ""), behind]


def moved(window: Window, key: Expression, names: Names) -> Condition:
    """The row's order key, whichever of them, was changed since."""
    log, conditions = entries(window, names)
    conditions.append(cast(log.c["keys"], Text()) != literal_column("'{}'"))
    found: Condition = key.in_(select(log.c.row_id).where(*conditions))
    return found


def pinned(level: Level, window: Window, row: FromClause, name: str, names: Names) -> Expression:
    """The value of a column where the log stood at the first page."""
    if name in level.key:
        return row.c[name]
    log, conditions = entries(window, names)
    value = _kept(log.c["keys"], sql_literal(name))
    first = select(value).where(log.c.row_id == row.c[level.key[0]], value.is_not(None), *conditions)
    first = first.order_by(log.c.change_no).limit(literal_column("1")).correlate_except(log)
    return func.coalesce(cast(first.scalar_subquery(), column_of(level, name).type), row.c[name])
