"""SQL that writes JSON text, in the two dialects; nothing here knows relations or plans."""

import enum
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, String, case, cast, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

Expression: TypeAlias = ColumnElement[Any]
Part: TypeAlias = str | Expression
Parts: TypeAlias = list[Part]
Write: TypeAlias = Callable[[list[str]], str]


class Moments(enum.Enum):
    """How instants are printed; each door has one way."""

    JST = "jst"
    UTC = "utc"
    UTC_MICROSECONDS = "utc_microseconds"


class Kind(enum.Enum):
    """What a column holds, as the JSON text must show it."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DATE = "date"
    JSON = "json"
    KEY = "key"


def element(
    name: str, postgresql: Write, sqlite: Write, *, returns: TypeEngine[Any] | None = None
) -> Callable[..., Expression]:
    """Define a SQL construct by how each dialect writes it from the text of its arguments; it is text unless told."""
    kind = type(name, (FunctionElement,), {"inherit_cache": True, "name": name, "type": returns or String()})
    for dialect, write in (("postgresql", postgresql), ("sqlite", sqlite)):

        def render(this: Any, compiler: Any, write: Write = write, **options: Any) -> str:
            return write([compiler.process(clause, **options) for clause in this.clauses])

        compiles(kind, dialect)(render)
    return kind


def glued_postgresql(arguments: list[str]) -> str:
    """string_agg in the order given by the arguments after the first."""
    text, *order = arguments
    return f"string_agg({text}, ',' order by {', '.join(order)})" if order else f"string_agg({text}, ',')"


quoted = element("quoted", lambda a: f"to_json({a[0]})::text", lambda a: f"json_quote({a[0]})")
# As Python and PHP print floats: a whole one keeps its point.
number = element(
    "number",
    lambda a: (
        f"(to_json({a[0]})::text || case when {a[0]} = trunc({a[0]}) and abs({a[0]}) < 1e15 then '.0' else '' end)"
    ),
    lambda a: f"json_float({a[0]})",
)
document = element("document", lambda a: f"({a[0]})::text", lambda a: f"json({a[0]})")
# A fixed offset: the zone Asia/Tokyo was 18 minutes off before 1888. SQLite would round .999999 up, so it is cut off.
jst = element(
    "jst",
    lambda a: f"""('"' || to_char({a[0]} at time zone interval '9 hours', 'YYYY-MM-DD"T"HH24:MI:SS') || '+09:00"')""",
    lambda a: f"""('"' || strftime('%Y-%m-%dT%H:%M:%S', substr({a[0]}, 1, 19), '+9 hours') || '+09:00"')""",
)
utc = element(
    "utc",
    lambda a: f"""('"' || to_char({a[0]} at time zone interval '0', 'YYYY-MM-DD"T"HH24:MI:SS') || 'Z"')""",
    lambda a: f"""('"' || strftime('%Y-%m-%dT%H:%M:%S', substr({a[0]}, 1, 19)) || 'Z"')""",
)
utc_microseconds = element(
    "utc_microseconds",
    lambda a: f"""('"' || to_char({a[0]} at time zone interval '0', 'YYYY-MM-DD"T"HH24:MI:SS.US') || 'Z"')""",
    lambda a: f"""('"' || replace(substr({a[0]} || '.000000', 1, 26), ' ', 'T') || 'Z"')""",
)
MOMENT_TEXTS = {Moments.JST: jst, Moments.UTC: utc, Moments.UTC_MICROSECONDS: utc_microseconds}
base64 = element(
    "base64",
    lambda a: f"translate(encode(convert_to({a[0]}, 'UTF8'), 'base64'), E'\\n', '')",
    lambda a: f"base64({a[0]})",
)
glued = element("glued", glued_postgresql, lambda a: f"group_concat({a[0]}, ',')")
# Bytes are handed on as they are: nothing decodes and encodes the text again in Python.
encoded = element("encoded", lambda a: f"convert_to({a[0]}, 'UTF8')", lambda a: f"cast({a[0]} as blob)")
joined = element("joined", lambda a: f"({' || '.join(a)})", lambda a: f"({' || '.join(a)})")

NULL = literal_column("'null'", String())


def sql_literal(text: str) -> Expression:
    """A text constant inside the statement; only text of our own (names, punctuation) may come here."""
    return literal_column("'" + text.replace("'", "''") + "'", String())


def truth(condition: Expression) -> Expression:
    """The text true or false; false also for NULL."""
    return case((condition, sql_literal("true")), else_=sql_literal("false"))


def concatenated(parts: Sequence[Part]) -> Expression:
    """One SQL expression from constants and expressions; neighbouring constants become one."""
    merged: Parts = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    expressions = [sql_literal(part) if isinstance(part, str) else part for part in merged]
    return expressions[0] if len(expressions) == 1 else joined(*expressions)


def object_parts(pairs: Sequence[tuple[str, Parts]]) -> Parts:
    """The parts of a JSON object from each key and the parts of its value; `{}` from none."""
    parts: Parts = ["{"]
    for index, (key, value) in enumerate(pairs):
        parts += [f'{"," if index else ""}"{key}":', *value]
    return [*parts, "}"]


def leaf_text(column: Expression, kind: Kind, moments: Moments) -> Expression:
    """The JSON text of one column; SQL NULL where the column is NULL."""
    match kind:
        case Kind.INTEGER:
            return cast(column, String)
        case Kind.BOOLEAN:
            return case((column, sql_literal("true")), (column.is_(None), None), else_=sql_literal("false"))
        case Kind.FLOAT:
            return number(column)
        case Kind.MOMENT:
            return MOMENT_TEXTS[moments](column)
        case Kind.JSON:
            return document(column)
        case Kind.KEY:
            return quoted(cast(column, String))
        case Kind.TEXT | Kind.DATE:
            return quoted(column)


def enum_text(column: Expression, codes: Sequence[tuple[str, str]]) -> Expression:
    """The name of a stored code: `codes` are (GraphQL name, stored code); NULL for a code that is not listed."""
    return case(*[(column == sql_literal(code), sql_literal(f'"{name}"')) for name, code in codes])


def global_id_text(type_name: str, column: Expression) -> Expression:
    """The Relay id of a row: base64 of `Type:key`."""
    return concatenated(['"', base64(concatenated([f"{type_name}:", cast(column, String)])), '"'])


def or_null(text: Expression, *, nullable: bool) -> Expression:
    """The text null where a nullable value is missing."""
    return func.coalesce(text, NULL) if nullable else text
