"""The finished statements of a field: texts, rows for Python, and counts; each with its parameters in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    CompoundSelect,
    Dialect,
    FromClause,
    Select,
    String,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from db.json_text import Expression, Moments, concatenated, encoded, sql_literal
from db.predicates import parameter
from db.statements.plan import Guard, Level, Shape, columns_of_rows
from db.statements.sources import Names, column_of, key_names, ordering, plain
from db.statements.windows import cursor_text, total, window_of, windowed
from db.statements.writer import Writer, row_order

KEYS = "parent_keys"
CURSOR = "row_cursor"
PRESENT = "row_present"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text, the names of its parameters by position, constants among them, and the names of its columns.

    `bounds` are (column, level name, most rows): a column whose sum over all records is more means refusal. `seen` are
    (column, fields): the numbers of the students who are shown, parted by commas, and what is read of them.
    """

    sql: str
    parameters: tuple[str, ...]
    constants: dict[str, object]
    columns: tuple[str, ...]
    bounds: tuple[tuple[str, str, int], ...] = ()
    guards: tuple[str, ...] = ()
    seen: tuple[tuple[str, tuple[str, ...]], ...] = ()


def texts(level: Level, dialect: Dialect, moments: Moments, guards: Sequence[Guard] = ()) -> Statement:
    """Per parent its keys, the finished text as bytes, the guards' values and the levels' counts."""
    writer = Writer(postgresql=dialect.name == "postgresql", moments=moments)
    parents = parent_rows(level, dialect)
    parts, origin = writer.value(level, parents, parents)
    keys = [] if parents is None else [parents.c[key] for key in key_names(level)]
    text = encoded(concatenated(parts)).label("json")
    counted = [count.label(f"rows{index}") for index, (_, count) in enumerate(writer.counts)]
    bounds = tuple((f"rows{index}", bounded.name, bounded.bound) for index, (bounded, _) in enumerate(writer.counts))
    told = [numbers.label(f"seen{index}") for index, (_, numbers) in enumerate(writer.told)]
    seen = tuple((f"seen{index}", fields) for index, (fields, _) in enumerate(writer.told))
    found: Select[Any] = select(*keys, text, *counted, *told)
    if origin is not None:
        found = found.select_from(origin)
    if guards and level.shape in (Shape.ONE, Shape.FIRST):
        found = beside_guards(level, found, guards)
    elif guards:
        found = found.add_columns(*[guard.value.label(guard.name) for guard in guards])
    return compiled(found, dialect, bounds, tuple(guard.name for guard in guards), seen)


def rows(level: Level, dialect: Dialect, guards: Sequence[Guard] = ()) -> Statement:
    """An opened level: keys, columns and, in a window, the number and the cursor of each row."""
    writer = Writer(postgresql=dialect.name == "postgresql", moments=Moments.JST)
    parents = parent_rows(level, dialect)
    found = window_rows(level, parents, writer.names) if level.window else plain_rows(level, parents, writer)
    if parents is not None or level.shape is Shape.MANY:
        found = found.limit(literal_column(str(level.bound + 1)))
    if guards:
        found = beside_guards(level, found, guards)
    return compiled(found, dialect, (), tuple(guard.name for guard in guards))


def counts(level: Level, dialect: Dialect) -> Statement:
    """Per parent how many rows the whole list has."""
    names = Names(postgresql=dialect.name == "postgresql")
    parents = parent_rows(level, dialect)
    if parents is None:
        return compiled(select(total(level, None, names).label("total")), dialect)
    keys = [parents.c[key] for key in key_names(level)]
    return compiled(select(*keys, total(level, parents, names).label("total")).select_from(parents), dialect)


def stream(level: Level, dialect: Dialect, moments: Moments) -> Statement:
    """Every row of a list at the root: the finished text of each as bytes, in order, with nothing around them."""
    writer = Writer(postgresql=dialect.name == "postgresql", moments=moments)
    wanted = columns_of_rows(level) | set(plain(level.order))
    rows = writer.rows(level, None, wanted).cte(writer.names.fresh("l"))
    writer.tell(level, rows)
    parts, origin = writer.members(level.members, rows, rows)
    told = [numbers.label(f"seen{index}") for index, (_, numbers) in enumerate(writer.told)]
    seen = tuple((f"seen{index}", fields) for index, (fields, _) in enumerate(writer.told))
    found = select(encoded(concatenated(parts)).label("json"), *told).select_from(origin)
    return compiled(found.order_by(*ordering(rows, level.order)), dialect, seen=seen)


def stream_length(level: Level, dialect: Dialect) -> Statement:
    """How many rows a list at the root has."""
    writer = Writer(postgresql=dialect.name == "postgresql", moments=Moments.JST)
    rows = writer.rows(level, None, set(level.key)).subquery("l")
    return compiled(select(func.count().label("total")).select_from(rows), dialect)


def answers(guards: Sequence[Guard], dialect: Dialect) -> Statement:
    """The guards' values alone."""
    return compiled(
        select(*[guard.value.label(guard.name) for guard in guards]), dialect, (), tuple(guard.name for guard in guards)
    )


def value(expression: Expression, dialect: Dialect) -> Statement:
    """The statement that answers one value."""
    return compiled(select(expression.label("value")), dialect)


def parent_rows(level: Level, dialect: Dialect) -> FromClause | None:
    """The parents' keys as rows, from one bound JSON text (an array of arrays); None at the root."""
    if not level.parent_keys:
        return None
    bound = parameter(KEYS, String())
    if dialect.name == "postgresql":
        each = func.json_array_elements(cast(bound, JSON)).table_valued("value", name="e")
        values = [func.json_extract_path_text(each.c.value, sql_literal(str(i))) for i in range(len(level.parent_keys))]
    else:
        each = func.json_each(bound).table_valued("value", name="e")
        values = [func.json_extract(each.c.value, sql_literal(f"$[{i}]")) for i in range(len(level.parent_keys))]
    types = key_types(level)
    named = [cast(value, type_) for value, type_ in zip(values, types, strict=True)]
    pairs = zip(named, key_names(level), level.parent_keys, strict=True)
    return select(*[column for value, k, key in pairs for column in (value.label(k), value.label(key))]).cte("parents")


def key_types(level: Level) -> list[TypeEngine[Any]]:
    """The types of the columns that parents are matched by."""
    if level.link is not None:
        return [level.link.table.c[name].type for name in level.link.parents]
    return [column_of(level, name).type for name in level.match]


def window_rows(level: Level, parents: FromClause | None, names: Names) -> Select[Any]:
    """The rows of a page, with their cursors, in their order."""
    page = windowed(level, parents, columns_of_rows(level), names).subquery("l")
    return select(*page.c, cursor_text(page, window_of(level)).label(CURSOR)).order_by(*row_order(level, page))


def plain_rows(level: Level, parents: FromClause | None, writer: Writer) -> Select[Any]:
    """The rows of a list or of one object, in their order."""
    wanted = columns_of_rows(level) | set(plain(level.order))
    if level.shape is Shape.FIRST and parents is not None:
        return writer.first_rows(level, parents, wanted)
    found = writer.rows(level, parents, wanted).subquery("l")
    ordered = select(*found.c).order_by(*ordering(found, level.order))
    return ordered.limit(literal_column("1")) if parents is None and level.shape is not Shape.MANY else ordered


def beside_guards(level: Level, found: Select[Any], guards: Sequence[Guard]) -> Select[Any]:
    """The rows with the guards' values beside each; where there are no rows, the guards alone."""
    inner = found.add_columns(literal_column("1").label(PRESENT)).subquery("found")
    beside = select(*[guard.value.label(guard.name) for guard in guards]).subquery("guarded")
    both = select(*inner.c, *beside.c).select_from(beside.outerjoin(inner, true()))
    return both.order_by(*row_order(level, inner)) if level.window else both


def compiled(
    found: Select[Any] | CompoundSelect[Any],
    dialect: Dialect,
    bounds: tuple[tuple[str, str, int], ...] = (),
    guards: tuple[str, ...] = (),
    seen: tuple[tuple[str, tuple[str, ...]], ...] = (),
) -> Statement:
    """The statement as the driver takes it."""
    text = found.compile(dialect=dialect)
    constants = {name: value for name, value in text.params.items() if value is not None}
    columns = tuple(found.selected_columns.keys())
    return Statement(str(text), tuple(text.positiontup or ()), constants, columns, bounds, guards, seen)
