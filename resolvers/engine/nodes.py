"""Objects by their global ids: which row an id names, and how it is read; all rows of one type are read at once."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from graphql import GraphQLObjectType, GraphQLResolveInfo

from db.rows import ColumnType, is_big
from db.statements.facts import column_in
from db.statements.plan import Shape
from db.statements.sources import is_unique
from resolvers.access import refuse_abilities, require
from resolvers.context import Request
from resolvers.engine.cursors import LARGEST, LARGEST_BIG
from resolvers.engine.declare import Legacy, Mapped, Named, Relation
from resolvers.engine.engine import Engine
from resolvers.engine.rows import Row
from resolvers.engine.selection import Collector, Selected
from resolvers.errors import BadInput, Refusal

Resolver: TypeAlias = Callable[..., Any]
# A type, and the unique column by which its rows are looked for.
Kind: TypeAlias = tuple[str, str]
# Under this name a row carries its GraphQL type, where the type of the field does not say it.
TYPE = "row_type"
LEGACY_ID = "id"
LONGEST_NUMBER = 19


def named_resolver(engine: Engine, named: Named) -> Resolver:
    """The resolver of a field that shows what global ids name."""

    async def resolve(source: Any, info: GraphQLResolveInfo[Request], /, **arguments: Any) -> object:
        require(info.context.viewer, named.operation, path_of(info))
        ids = named.ids(source, arguments)
        if ids is None:
            return None
        if isinstance(ids, str):
            return await by_id(engine, info, ids, named.most)
        if len(ids) > named.most:
            raise BadInput(f"ids takes at most {named.most} values.", reason="too_many_values", field="ids")
        return await asyncio.gather(*[attempted(engine, info, id_, named.most) for id_ in ids])

    return resolve


def legacy_resolver(engine: Engine, legacy: Legacy) -> Resolver:
    """The resolver of a field that shows what a type and a key of the REST era name."""

    async def resolve(_source: Any, info: GraphQLResolveInfo[Request], /, **given: Any) -> object:
        require(info.context.viewer, legacy.operation, path_of(info))
        type_name, column, key = legacy_key(engine, given)
        return await by_key(engine, info, (type_name, column), key)

    return resolve


def path_of(info: GraphQLResolveInfo[Request]) -> str:
    """The field as refusals name it."""
    return f"{info.parent_type.name}.{info.field_name}"


def legacy_key(engine: Engine, given: Mapping[str, Any]) -> tuple[str, str, str]:
    """The type, the column and the value that are asked for; BadInput where they name nothing that could be."""
    type_name, number, code = given["type"], given.get("legacyId"), given.get("code")
    mapped = engine.types.get(type_name)
    if mapped is None or mapped.node is None:
        known = ", ".join(sorted(name for name, each in engine.types.items() if each.node is not None))
        raise BadInput(f"There is no such type; there are {known}.", reason="type_unknown", field="type")
    if (number is None) is (code is None):
        raise BadInput("Give either legacyId or code.", reason="argument_missing", field="legacyId")
    column, field = (LEGACY_ID, "legacyId") if code is None else ("code", "code")
    if not is_unique(mapped.rows, column):
        raise BadInput(f"{type_name} has no {field} that names one row.", reason="key_unknown", field=field)
    return type_name, column, str(number if code is None else code)


async def attempted(engine: Engine, info: GraphQLResolveInfo[Request], id_: str, most: int) -> object:
    """One object of a list; its refusal, for graphql-core to put a null and an error in its place."""
    try:
        return await by_id(engine, info, id_, most)
    except Refusal as refusal:
        return refusal


async def by_id(engine: Engine, info: GraphQLResolveInfo[Request], id_: str, most: int) -> object:
    """The object that a global id names; None for one that is not there or not in sight."""
    type_name, key = parts_of(id_)
    mapped = engine.types.get(type_name)
    if mapped is None or mapped.node is None:
        return None
    return await by_key(engine, info, (type_name, mapped.key[0]), key, most)


async def by_key(engine: Engine, info: GraphQLResolveInfo[Request], kind: Kind, text: str, most: int = 1) -> object:
    """The row of a type that a unique column names. Whether it may be read is asked first, whatever the key says."""
    request, (type_name, column) = info.context, kind
    mapped = engine.types[type_name]
    outline = engine.outlined(info, request, kind, lambda collector: selected(collector, mapped, kind), most)
    refuse_abilities(outline.needs, request.viewer)
    key = key_of(text, column_in(mapped.rows, column).type)
    if key is None:
        return None
    given = [site.given(info.variable_values) for site in outline.sites]
    plan = await engine.plan(outline, given, request)
    value = await engine.loader(plan, given, request).load((key,))
    if isinstance(value, Row):
        setattr(value, TYPE, type_name)
    return value


def selected(collector: Collector, mapped: Mapped, kind: Kind) -> Selected:
    """What the field asks of the type: of the row whose column has the value that is looked for."""
    (type_name, column), reading = kind, mapped.node
    if reading is None:
        raise TypeError(f"{type_name} is no node.")
    more = {"where": reading.where, "operation": reading.operation, "within": reading.within}
    relation = Relation(Shape.ONE, (column,), (column,), **more)  # type: ignore[arg-type]  # one dict of mixed values
    return collector.node(cast(GraphQLObjectType, collector.info.schema.type_map[type_name]), relation)


def parts_of(id_: str) -> tuple[str, str]:
    """The type and the key in a global id; BadInput for text that none of ours could be."""
    try:
        decoded = base64.b64decode(id_, validate=True).decode()
    except ValueError:
        raise no_id() from None
    type_name, colon, key = decoded.partition(":")
    if not colon or not type_name.isidentifier() or base64.b64encode(decoded.encode()).decode() != id_:
        raise no_id()
    return type_name, key


def key_of(text: str, type_: ColumnType) -> object:
    """The key as its column has it; None for text that no row of ours could have as its key."""
    if type_.python_type is not int:
        return None if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text) else text
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER or str(int(text)) != text:
        return None
    return int(text) if int(text) <= (LARGEST_BIG if is_big(type_) else LARGEST) else None


def no_id() -> BadInput:
    """What text gets that is no id."""
    return BadInput("This is no global id: use the id of an object, unchanged.", reason="id_invalid", field="id")


def resolve_type(value: object, _info: GraphQLResolveInfo[Request], _type: object) -> str:
    """The GraphQL type of a row that a field of an interface shows."""
    return str(getattr(value, TYPE))
