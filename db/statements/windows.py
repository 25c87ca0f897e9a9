"""Pages of a connection: which rows stand on it, for the root and for many parents at once, and their cursors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    FromClause,
    Integer,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from db.json_text import Expression, Parts, base64, concatenated, quoted
from db.predicates import Condition, among_rows, parameter
from db.statements.pins import moved, pin, pinned
from db.statements.plan import PINNED, Level, Order, Window
from db.statements.sources import (
    Names,
    Source,
    column_of,
    equal,
    is_united,
    key_names,
    keyed,
    named_rows,
    plain,
    source,
)

NUMBER = "row_number"
FOUND = "rows_found"


Column: TypeAlias = Callable[[str], Expression]


@dataclass(frozen=True, slots=True)
class Page:
    """A window's rows: what they are read from, their columns by name, and their parents' keys."""

    origin: FromClause
    column: Column
    keys: list[Expression]


def windowed(level: Level, parents: FromClause | None, wanted: set[str], names: Names) -> Select[Any]:
    """Keys and wanted columns; where the window peeks also the row's number, and how many were found."""
    window = window_of(level)
    columns = sorted(wanted | set(plain(window.keys)))
    page = page_of(level, parents, columns, names)
    chosen = {name: page.column(name) for name in columns}
    shown = [*keyed(page.keys), *[column.label(name) for name, column in chosen.items()]]
    if not window.peeks:
        return select(*shown).select_from(page.origin)
    parent = page.keys or None
    number = func.row_number().over(order_by=directed(chosen.__getitem__, window.keys), partition_by=parent)
    found = func.count().over(partition_by=parent).label(FOUND)
    return select(*shown, number.label(NUMBER), found).select_from(page.origin)


def directed(column: Column, order: Order) -> list[Expression]:
    """ORDER BY terms of an order, of columns that are found by name."""
    return [column(name[1:]).desc() if name.startswith("-") else column(name).asc() for name in order]


def window_of(level: Level) -> Window:
    """The window of a level that has one."""
    if level.window is None:
        raise TypeError(f"{level.name} is no connection.")
    return level.window


def page_of(level: Level, parents: FromClause | None, columns: list[str], names: Names) -> Page:
    """The fitting way to cut the page: at the root, or along an index for each parent."""
    if parents is None:
        return root_page(level, columns, names)
    return walked_page(level, parents, columns, names)


def root_page(level: Level, columns: list[str], names: Names) -> Page:
    """The page of the whole list; a jump to a page skips inside the index first and fetches its rows after.

    The rows of several tables in one list have no index by which they would be found again.
    """
    if window_of(level).offset is None or is_united(level.rows):
        rows = cut(level, names, columns, []).subquery(names.fresh("q"))
        return Page(rows, rows.c.__getitem__, [])
    skipped = cut(level, names, list(level.key), []).subquery(names.fresh("s"))
    again = named_rows(level, names)
    same = and_(*[again.c[name] == skipped.c[name] for name in level.key])
    rows = (
        select(*[again.c[name] for name in columns]).select_from(skipped.join(again, same)).subquery(names.fresh("q"))
    )
    return Page(rows, rows.c.__getitem__, [])


def walked_page(level: Level, parents: FromClause, columns: list[str], names: Names) -> Page:
    """One short walk along an index per parent: LATERAL, or on SQLite a correlated list of keys."""
    pairs = [parents.c[key].label(f"k{index}") for index, key in enumerate(level.parent_keys)]
    each = select(*pairs).distinct().subquery(names.fresh("p"))
    keys: list[Expression] = [each.c[name] for name in key_names(level)]
    if names.postgresql:
        rows = cut(level, names, columns, keys).lateral(names.fresh("q"))
        return Page(each.join(rows, true()), rows.c.__getitem__, keys)
    (key,) = level.key
    walked = cut(level, names, [key], keys).correlate(each).scalar_subquery()
    again = named_rows(level, names)

    def column(name: str) -> Expression:
        return key_column(level, again, name, names)

    return Page(each.join(again, among_rows(again.c[key], walked)), column, keys)


def key_column(level: Level, row: FromClause, name: str, names: Names) -> Expression:
    """A column of a row as it is, or under its name for that as it was where the cursor's list began."""
    if not name.startswith(PINNED):
        return row.c[name]
    return pinned(level, window_of(level), row, name.removeprefix(PINNED), names)


def cut(level: Level, names: Names, columns: list[str], keys: list[Expression]) -> Select[Any]:
    """The rows of the page, for the parent with these keys: conditions, cursor, order and limit.

    Where the window peeks, they are one more than are shown.
    """
    if window_of(level).pin is not None:
        return cut_pinned(level, names, columns, keys)
    opened = source(level, names)
    rows = select(*[opened.target.c[name] for name in columns]).where(*matching(opened, keys))
    rows = rows.select_from(opened.origin).where(*beyond(level, opened.target.c.__getitem__))
    return limited(level, rows, opened.target.c.__getitem__)


def cut_pinned(level: Level, names: Names, columns: list[str], keys: list[Expression]) -> Select[Any]:
    """The same where rows may have moved: those that did not along the index, those that did by their earlier keys."""
    wanted = sorted({*columns, *plain(window_of(level).keys)})
    both = union_all(*[branch(level, names, wanted, keys, has_moved=has_moved) for has_moved in (False, True)])
    rows = both.subquery(names.fresh("b"))
    return limited(level, select(*[rows.c[name] for name in columns]), lambda name: rows.c[f"{PINNED}{name}"])


def branch(level: Level, names: Names, wanted: list[str], keys: list[Expression], *, has_moved: bool) -> Select[Any]:
    """The rows behind the cursor that have moved, or those that have not."""
    opened, window = source(level, names), window_of(level)
    row = opened.target

    def column(name: str) -> Expression:
        return pinned(level, window, row, name, names) if has_moved else row.c[name]

    shown = [(column(n.removeprefix(PINNED)) if n.startswith(PINNED) else row.c[n]).label(n) for n in wanted]
    since = moved(window, row.c[level.key[0]], names)
    conditions = [*matching(opened, keys), since if has_moved else ~since, *beyond(level, column)]
    rows: Select[Any] = limited(level, select(*shown).select_from(opened.origin).where(*conditions), column)
    if keys:
        rows = rows.correlate(*[key.table for key in keys])
    # SQLite takes no ORDER BY inside a UNION, but inside what it is made of.
    ordered = rows.subquery(names.fresh("u"))
    return select(*[ordered.c[name] for name in wanted])


def matching(opened: Source, keys: list[Expression]) -> list[Condition]:
    """The rows of one parent, of these that meet the level's conditions."""
    return [*[column == key for column, key in zip(opened.matched, keys, strict=bool(keys))], *opened.conditions]


def limited(level: Level, rows: Select[Any], column: Column) -> Select[Any]:
    """Order and limit, and what stands before a page that is asked for by its number.

    The limit is a literal: bound, PostgreSQL would plan it as a tenth of the table.
    """
    window = window_of(level)
    rows = rows.order_by(*directed(column, window.order)).limit(literal_column(str(window.size + window.peeks)))
    return rows if window.offset is None else rows.offset(offset(window))


def offset(window: Window) -> Expression:
    """How many rows of the list stand before the page."""
    return parameter(window.offset or "", Integer())


def beyond(level: Level, column: Column) -> list[Condition]:
    """The rows after the cursor: their order key is greater, or smaller where the order descends."""
    window = window_of(level)
    if not window.after:
        return []
    columns = [column(name) for name in plain(window.order)]
    types = [column_of(level, name).type for name in plain(window.order)]
    values = [parameter(name, type_) for name, type_ in zip(window.after, types, strict=True)]
    descending = [name.startswith("-") for name in window.order]
    if len(set(descending)) == 1:
        left, right = tuple_(*columns), tuple_(*values)
        return [left < right if descending[0] else left > right]
    return [mixed(columns, values, descending)]


def mixed(columns: list[Expression], values: list[Expression], descending: list[bool]) -> Condition:
    """After the cursor in an order of mixed directions: the first key that differs decides."""
    steps: list[Condition] = []
    for index, (column, value, down) in enumerate(zip(columns, values, descending, strict=True)):
        further = column < value if down else column > value
        same = [earlier == known for earlier, known in zip(columns[:index], values[:index], strict=True)]
        steps.append(and_(*same, further))
    return or_(*steps)


def cursor_text(rows: FromClause, window: Window) -> Expression:
    """A cursor: base64 of a JSON array of the list's tag, where the log stood, and the row's order key."""
    parts: Parts = [f'["{window.tag}"']
    if window.log is not None:
        parts += [",", quoted(pin(window))]
    for name in plain(window.keys):
        parts += [",", quoted(rows.c[name])]
    return base64(concatenated([*parts, "]"]))


def ends(rows: FromClause, window: Window) -> dict[str, Expression]:
    """Per row of the page: rows found, and the cursor where the row is the first or the last one shown."""
    last = case((rows.c[FOUND] > window.size, window.size), else_=rows.c[FOUND])
    quoted_cursor = concatenated(['"', cursor_text(rows, window), '"'])
    return {
        "found": rows.c[FOUND],
        "head": case((rows.c[NUMBER] == 1, quoted_cursor)),
        "tail": case((rows.c[NUMBER] == last, quoted_cursor)),
    }


def total(level: Level, parents: FromClause | None, names: Names) -> Expression:
    """How many rows the whole list has, for each parent."""
    opened = source(level, names)
    count = select(func.count()).select_from(opened.origin).where(*opened.conditions)
    if parents is None:
        return count.scalar_subquery()
    return count.where(*equal(opened.matched, parents, level.parent_keys)).correlate(parents).scalar_subquery()
