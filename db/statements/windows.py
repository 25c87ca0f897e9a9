"""Pages of a connection: which rows stand on it, for the root and for many parents at once, and their cursors."""

from dataclasses import dataclass
from typing import Any

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
)

from db.json_text import Expression, Parts, base64, concatenated, quoted
from db.predicates import Condition, among_rows, parameter
from db.statements.plan import Level, Window
from db.statements.sources import (
    Names,
    Source,
    column_of,
    equal,
    key_names,
    keyed,
    named_rows,
    ordering,
    plain,
    source,
)

NUMBER = "row_number"
FOUND = "rows_found"


@dataclass(frozen=True, slots=True)
class Page:
    """A window's rows: what they are read from, the rows themselves, and their parents' keys."""

    origin: FromClause
    rows: FromClause
    keys: list[Expression]


def windowed(level: Level, parents: FromClause | None, wanted: set[str], names: Names) -> Select[Any]:
    """Keys and wanted columns; where the window peeks also the row's number, and how many were found."""
    window = window_of(level)
    columns = sorted(wanted | set(plain(window.order)))
    page = page_of(level, parents, columns, names)
    if not window.peeks:
        return select(*keyed(page.keys), *[page.rows.c[name] for name in columns]).select_from(page.origin)
    parent = page.keys or None
    number = func.row_number().over(order_by=ordering(page.rows, window.order), partition_by=parent).label(NUMBER)
    found = func.count().over(partition_by=parent).label(FOUND)
    return select(*keyed(page.keys), *[page.rows.c[name] for name in columns], number, found).select_from(page.origin)


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
    """The page of the whole list; a jump to a page skips inside the index first and fetches its rows after."""
    opened = source(level, names)
    target = opened.target
    if window_of(level).offset is None:
        rows = cut(level, opened, select(*[target.c[name] for name in columns])).subquery(names.fresh("q"))
        return Page(rows, rows, [])
    skipped = cut(level, opened, select(*[target.c[name] for name in level.key])).subquery(names.fresh("s"))
    again = named_rows(level, names)
    same = and_(*[again.c[name] == skipped.c[name] for name in level.key])
    rows = (
        select(*[again.c[name] for name in columns]).select_from(skipped.join(again, same)).subquery(names.fresh("q"))
    )
    return Page(rows, rows, [])


def walked_page(level: Level, parents: FromClause, columns: list[str], names: Names) -> Page:
    """One short walk along an index per parent: LATERAL, or on SQLite a correlated list of keys."""
    pairs = [parents.c[key].label(f"k{index}") for index, key in enumerate(level.parent_keys)]
    each = select(*pairs).distinct().subquery(names.fresh("p"))
    keys: list[Expression] = [each.c[name] for name in key_names(level)]
    opened = source(level, names)
    same = [column == key for column, key in zip(opened.matched, keys, strict=True)]
    if names.postgresql:
        chosen = select(*[opened.target.c[name] for name in columns]).where(*same)
        rows = cut(level, opened, chosen).lateral(names.fresh("q"))
        return Page(each.join(rows, true()), rows, keys)
    (key,) = level.key
    walked = cut(level, opened, select(opened.target.c[key]).where(*same)).correlate(each).scalar_subquery()
    again = named_rows(level, names)
    return Page(each.join(again, among_rows(again.c[key], walked)), again, keys)


def cut(level: Level, opened: Source, rows: Select[Any]) -> Select[Any]:
    """Conditions, cursor, order and limit; where the window peeks, one row more than is shown.

    The limit is a literal: bound, PostgreSQL would plan it as a tenth of the table.
    """
    window = window_of(level)
    rows = rows.select_from(opened.origin).where(*opened.conditions, *beyond(level, opened))
    rows = rows.order_by(*ordering(opened.target, window.order)).limit(literal_column(str(window.size + window.peeks)))
    return rows if window.offset is None else rows.offset(offset(window))


def offset(window: Window) -> Expression:
    """How many rows of the list stand before the page."""
    return parameter(window.offset or "", Integer())


def beyond(level: Level, opened: Source) -> list[Condition]:
    """The rows after the cursor: their order key is greater, or smaller where the order descends."""
    window = window_of(level)
    if not window.after:
        return []
    columns: list[Expression] = [opened.target.c[name] for name in plain(window.order)]
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
    """A cursor: base64 of a JSON array of the list's tag and the row's order key."""
    parts: Parts = [f'["{window.tag}"']
    for name in plain(window.order):
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
