"""A list that is read to its end: the rows of one root field, each as its finished text, however many there are."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from graphql import GraphQLResolveInfo

from db.json_text import Kind
from db.statements.plan import (
    Branch,
    ConnectionPart,
    Constant,
    Leaf,
    Level,
    Members,
    Nodes,
    PageInfo,
    Shape,
    Total,
)
from db.statements.statement import Statement, answers, stream, stream_length
from resolvers.access import refuse_abilities
from resolvers.context import Request
from resolvers.engine.arguments import PAGING
from resolvers.engine.declare import Computed, Given
from resolvers.engine.engine import Engine, Outline
from resolvers.engine.planner import Planner
from resolvers.engine.plans import Plan
from resolvers.engine.selection import Selected
from resolvers.errors import BadInput

# The answer keys that lead to a value in the object of a row.
Path: TypeAlias = tuple[str, ...]
# So many rows are fetched at a time.
AT_ONCE = 1000


class Value(NamedTuple):
    """Where a value stands in the object of a row, and what it is: TEXT whatever people wrote, JSON a list or object.

    KEY are texts of our own, such as the names of an enum.
    """

    path: Path
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Streaming:
    """A list that is asked for, compiled: its rows, how many they are, and what may be wrong with the arguments.

    `layout` has every value of a row, in the order of the document; a list is one value.
    """

    guarding: Plan
    rows: Statement
    length: Statement
    given: Sequence[Given]
    layout: tuple[Value, ...]

    async def refuse(self, request: Request) -> None:
        """Refuse arguments that name what is not there, or is out of reach, as the list itself would."""
        if self.guarding.checks:
            records = await request.fetch(self.guarding.main, self.values(request))
            self.guarding.refuse_by_checks(records, self.given, request)

    async def count(self, request: Request) -> int:
        """How many rows there are now."""
        ((found,),) = await request.fetch(self.length, self.values(request))
        return int(found)

    @asynccontextmanager
    async def texts(self, request: Request) -> AsyncIterator[AsyncIterator[list[bytes]]]:
        """The texts of all rows in order, some at a time and all from one snapshot; each is a JSON object in UTF-8."""
        values = self.values(request)
        streamed = request.database.streaming(self.rows, values, request.sight, size=AT_ONCE)
        async with streamed as found, aclosing(self.texts_in(found, request)) as texts:
            yield texts

    async def texts_in(
        self, found: AsyncIterator[Sequence[Sequence[Any]]], request: Request
    ) -> AsyncGenerator[list[bytes], None]:
        """The texts of rows; the request is told which students they show.

        While some are worked on, the database makes the next.
        """
        coming = asyncio.ensure_future(following(found))
        try:
            while records := await coming:
                coming = asyncio.ensure_future(following(found))
                # The next are asked for before these are worked on.
                await asyncio.sleep(0)
                self.tell(records, request)
                yield [record[0] for record in records]
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def tell(self, records: Sequence[Sequence[Any]], request: Request) -> None:
        """Tell the request which students some rows show, each once."""
        for column, fields in self.rows.seen:
            position = self.rows.columns.index(column)
            shown = dict.fromkeys(record[position] for record in records if record[position])
            request.saw(fields, ",".join(shown))

    def values(self, request: Request) -> Mapping[str, object]:
        """The value of every parameter."""
        return self.guarding.values([()], self.given, request)


async def following(found: AsyncIterator[Sequence[Sequence[Any]]]) -> Sequence[Sequence[Any]]:
    """The next rows; none at the end."""
    async for records in found:
        return records
    return ()


async def streaming(engine: Engine, info: GraphQLResolveInfo[Any], request: Request) -> Streaming:
    """Compile a root field that lists rows, for whoever asks; refuses before any statement is sent."""
    outline = engine.outline(info, request)
    refuse_abilities(outline.needs, request.viewer)
    given = [site.given(info.variable_values) for site in outline.sites]
    refuse_what_cannot(outline.selected, given)
    return await engine.beside.do(object(), lambda: compiled(engine, outline, given, request))


def compiled(engine: Engine, outline: Outline, given: Sequence[Given], request: Request) -> Streaming:
    """Plan the list and compile its statements."""
    planner = Planner(engine.types, outline.standing, request.page_limit, list(given))
    # Nobody waits for a page here: however many rows there are, so many may be shown below them.
    planner.refuse(outline.selected, 0)
    level = whole(planner.level(outline.selected, outline.parent))
    dialect, site = request.database.dialect, outline.selected.site
    guards = planner.guards(outline.selected)
    checks = [(check, 0 if site is None else site.index) for check in outline.relation.checks]
    guarding = Plan(level, answers(guards, dialect), planner.reads, checks)
    rows, length = stream(level, dialect, request.moments), stream_length(level, dialect)
    return Streaming(guarding, rows, length, given, tuple(values_in(level.members)))


def whole(level: Level) -> Level:
    """The level of a list with all its rows, in its order, in place of a page of it."""
    if level.window is None:
        return level
    ((_, nodes),) = level.connection
    if not isinstance(nodes, Nodes):
        raise TypeError(f"{level.name}: only nodes can be streamed.")
    return replace(level, shape=Shape.MANY, window=None, connection=(), members=nodes.members, order=level.window.order)


def refuse_what_cannot(selected: Selected, given: Sequence[Given]) -> None:
    """Refuse what cannot be read to its end: one object, a page, and what Python makes."""
    relation = selected.declared
    shape = getattr(relation, "shape", None)
    if shape not in (Shape.WINDOW, Shape.MANY):
        raise cannot(f"{selected.name} is no list: begin with one, such as students.", "stream_no_list", selected.name)
    fields = () if selected.below is None else selected.below.fields
    if shape is Shape.WINDOW and [part.name for part in fields] != ["nodes"]:
        raise cannot(f"Of {selected.name} ask for nodes alone.", "stream_nodes", selected.name)
    asked = {} if selected.site is None else given[selected.site.index]
    if paging := [name for name in PAGING if asked.get(name) is not None]:
        raise cannot(f"All rows are read: leave {paging[0]} away.", "stream_paging", paging[0])
    for name in made_by_python(selected):
        raise cannot(f"{name} cannot be read for so many rows at once: leave it away.", "stream_field", name)


def cannot(message: str, reason: str, field: str) -> BadInput:
    """The refusal of a list that cannot be read to its end."""
    return BadInput(message, reason=reason, field=field)


def made_by_python(selected: Selected) -> Iterator[str]:
    """The fields that Python makes, anywhere below one."""
    if isinstance(selected.declared, Computed):
        yield selected.name
    for part in () if selected.below is None else selected.below.fields:
        yield from made_by_python(part)


def values_in(members: Members) -> Iterator[Value]:
    """Every value of a row; an object that a row has one of is looked into, a list is not."""
    for key, member in members:
        match member:
            case Branch(level):
                for value in values_below(level):
                    yield Value((key, *value.path), value.kind)
            case Leaf(codes=(), global_id=None):
                yield Value((key,), member.kind)
            case _:
                yield Value((key,), Kind.KEY)


def values_below(level: Level) -> Iterator[Value]:
    """The values of an object, by paths that begin in it; a list is one value, which it is itself."""
    if level.shape is Shape.MANY:
        yield Value((), Kind.JSON)
    elif level.shape is not Shape.WINDOW:
        yield from values_in(level.members)
    else:
        for key, part in level.connection:
            yield from connection_values(key, part)


def connection_values(key: str, part: ConnectionPart) -> Iterator[Value]:
    """The values of one part of a connection."""
    match part:
        case PageInfo(fields):
            for inner, name in fields:
                yield Value((key, inner), Kind.BOOLEAN if name.startswith("has") else Kind.KEY)
        case Total():
            yield Value((key,), Kind.INTEGER)
        case Constant():
            yield Value((key,), Kind.KEY)
        case _:
            yield Value((key,), Kind.JSON)
