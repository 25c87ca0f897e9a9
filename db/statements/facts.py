"""What is known of a column before any row is read: its type, and whether it may be NULL."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Case,
    Cast,
    Column,
    ColumnClause,
    CompoundSelect,
    FromClause,
    Function,
    Join,
    Label,
    Select,
    Subquery,
    UnaryExpression,
)
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ExpressionClauseList
from sqlalchemy.types import TypeEngine

from db.statements.plan import Rows

WRITTEN = re.compile("'[^']*'")


@dataclass(frozen=True, slots=True)
class Facts:
    """The type of a column, and whether it may be NULL."""

    type: TypeEngine[Any]
    nullable: bool


def column_in(rows: Rows, name: str) -> Facts:
    """The facts of a column by its name; KeyError where there is none."""
    if isinstance(rows, Select):
        column = rows.selected_columns[name]
        return Facts(column.type, may_be_null(column, outer_tables(rows)))
    return Facts(rows.c[name].type, bool(rows.c[name].nullable))


def outer_tables(rows: Select[Any]) -> frozenset[FromClause]:
    """What a select joins from outside: where it has no row, every column of it is NULL."""
    joins = [part for origin in rows.get_final_froms() for part in parts(origin) if isinstance(part, Join)]
    outer = [join.right for join in joins if join.isouter or join.full] + [join.left for join in joins if join.full]
    return frozenset(inner for side in outer for inner in parts(side) if isinstance(inner, FromClause))


def parts(origin: FromClause) -> Iterable[ClauseElement]:
    """A FROM clause and all inside it."""
    return (part for part in visitors.iterate(origin) if isinstance(part, ClauseElement))


def may_be_null(expression: object, outer: frozenset[FromClause]) -> bool:
    """Whether an expression may be NULL; of one whose kind is not known here, it may."""
    match expression:
        case ColumnClause():
            return is_nullable(expression, outer)
        case BindParameter():
            return expression.value is None
        case Function() if expression.name == "coalesce":
            return all(may_be_null(clause, outer) for clause in expression.clauses)
    made_of = operands(expression)
    return not made_of or any(value is None or may_be_null(value, outer) for value in made_of)


def is_nullable(column: ColumnClause[Any], outer: frozenset[FromClause]) -> bool:
    """Whether a column may be NULL, or what is written out in the place of one."""
    match column:
        case ColumnClause(table=Subquery(element=CompoundSelect() as united) as both):
            # By its place: in each of the selects it may have another name.
            place = list(both.c.keys()).index(column.key)
            halves = [one for one in united.selects if isinstance(one, Select)]
            return any(column_in(one, list(one.selected_columns.keys())[place]).nullable for one in halves)
        case Column():
            return bool(column.nullable) or column.table in outer
    # A text that is written out is there; what else may be written out is not read here.
    return not WRITTEN.fullmatch(column.name)


def operands(expression: object) -> list[object]:
    """What an expression is made of that is NULL only where some of that is; nothing for one that is not known here."""
    match expression:
        case Label() | UnaryExpression(operator=operators.neg):
            return [expression.element]
        case Cast():
            return [expression.clause]
        case ExpressionClauseList():
            return list(expression.clauses)
        case BinaryExpression() if not isinstance(expression.left.type, JSON):
            return [expression.left, expression.right]
        case Case():
            return [*(value for _, value in expression.whens), expression.else_]
    return []
