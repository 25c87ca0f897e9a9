"""What is known of a column before any row is read: its type, and whether it may be NULL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BindParameter, Case, Cast, Column, FromClause, Function, Join, Label, Select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement
from sqlalchemy.types import TypeEngine

from db.statements.plan import Rows


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
        case Label():
            return may_be_null(expression.element, outer)
        case Column():
            return bool(expression.nullable) or expression.table in outer
        case BindParameter():
            return expression.value is None
        case Cast():
            return may_be_null(expression.clause, outer)
        case BinaryExpression() if not isinstance(expression.left.type, JSON):
            return may_be_null(expression.left, outer) or may_be_null(expression.right, outer)
        case Function() if expression.name == "coalesce":
            return all(may_be_null(clause, outer) for clause in expression.clauses)
        case Case():
            values = [*(value for _, value in expression.whens), expression.else_]
            return any(value is None or may_be_null(value, outer) for value in values)
    return True
