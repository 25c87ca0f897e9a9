"""Where the rows of a level come from: its table, its link, and the conditions that every row must meet."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, FromClause, Select, Subquery, UniqueConstraint, and_, select

from db.json_text import Expression
from db.predicates import Condition, among_rows
from db.statements.facts import Facts, column_in
from db.statements.plan import Level, Order, Rows


class Names:
    """Fresh names inside one statement, and which dialect it is for."""

    def __init__(self, *, postgresql: bool) -> None:
        self.postgresql = postgresql
        self.used = 0

    def fresh(self, prefix: str) -> str:
        """A name that this statement has not used."""
        self.used += 1
        return f"{prefix}{self.used}"


@dataclass(frozen=True, slots=True)
class Source:
    """The target under a fresh name, the columns that equal the parents' keys, the conditions, the FROM clause."""

    target: FromClause
    matched: list[Expression]
    conditions: list[Condition]
    origin: FromClause


def source(level: Level, names: Names) -> Source:
    """Open the table of a level; scope and conditions come along, so that no caller can forget them."""
    target = named_rows(level, names)
    conditions = [condition(target.c) for condition in level.conditions]
    if level.scope is not None:
        conditions.insert(0, level.scope(target.c))
    if level.link is None:
        return Source(target, [target.c[name] for name in level.match], conditions, target)
    link = level.link.table.alias(names.fresh("v"))
    origin = link.join(target, target.c[level.link.reaches] == link.c[level.link.target])
    return Source(target, [link.c[name] for name in level.link.parents], conditions, origin)


def named_rows(level: Level, names: Names) -> FromClause:
    """The level's table or stored select under a fresh name."""
    name = names.fresh("t")
    return level.rows.subquery(name) if isinstance(level.rows, Select) else level.rows.alias(name)


def within(matched: Sequence[Expression], level: Level, parents: FromClause) -> list[Condition]:
    """Keep the rows that some parent may want, without joining the parents: the first key is one of theirs.

    The first key of several narrows best; what no parent wants for the others falls away where the rows are joined.
    """
    return [among_rows(matched[0], select(parents.c[level.parent_keys[0]]).scalar_subquery())]


def equal(columns: Sequence[Expression], parents: FromClause, keys: Sequence[str]) -> list[Condition]:
    """Each column equals the parent's key."""
    return [column == parents.c[key] for column, key in zip(columns, keys, strict=True)]


def key_names(level: Level) -> list[str]:
    """The names under which a level's rows carry the keys of their parents."""
    return [f"k{index}" for index in range(len(level.parent_keys))]


def keyed(matched: Sequence[Expression]) -> list[Expression]:
    """The matched columns under the names of key_names."""
    return [column.label(f"k{index}") for index, column in enumerate(matched)]


def ordering(columns: FromClause, order: Order) -> list[Expression]:
    """ORDER BY terms of an order such as ("seq", "-id")."""
    return [columns.c[name[1:]].desc() if name.startswith("-") else columns.c[name].asc() for name in order]


def plain(order: Order) -> list[str]:
    """The column names of an order."""
    return [name.removeprefix("-") for name in order]


def on(conditions: Sequence[Condition]) -> Condition:
    """All conditions as one, for an ON clause."""
    return and_(*conditions)


def columns_in(level: Level) -> list[str]:
    """The names of all columns of a level's rows."""
    return list((level.rows.selected_columns if isinstance(level.rows, Select) else level.rows.c).keys())


def column_of(level: Level, name: str) -> Facts:
    """What is known of a column of a level's rows."""
    return column_in(level.rows, name)


def is_united(rows: Rows) -> bool:
    """Whether a stored select has the rows of several tables, one below the other."""
    origins = rows.get_final_froms() if isinstance(rows, Select) else []
    return any(isinstance(origin, Subquery) and isinstance(origin.element, CompoundSelect) for origin in origins)


def is_unique(rows: Rows, name: str) -> bool:
    """Whether one column of a table alone tells its rows apart; a select has no constraints of its own."""
    if isinstance(rows, Select):
        return False
    unique = [[column.name for column in index.columns] for index in rows.indexes if index.unique]
    unique += [[c.name for c in one.columns] for one in rows.constraints if isinstance(one, UniqueConstraint)]
    return [name] in [[column.name for column in rows.primary_key], *unique]


def has_index(rows: Rows, names: Sequence[str]) -> bool:
    """Whether an index or a unique constraint of a table begins with these columns; a select has none of its own."""
    if isinstance(rows, Select):
        return False
    indexed = [[column.name for column in index.columns] for index in rows.indexes]
    unique = [[column.name for column in one.columns] for one in rows.constraints if isinstance(one, UniqueConstraint)]
    # Whatever stands behind the columns of a unique constraint changes the order no more.
    return any(found[: len(names)] == list(names) for found in indexed) or any(
        found == list(names[: len(found)]) for found in unique
    )
