"""The engine: finds or makes the plan of a field, runs it, and lets graphql-core go on where Python must."""

import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from aiodataloader import DataLoader
from graphql import GraphQLResolveInfo

from db.rows import converter
from db.statements.plan import Level, Shape
from db.statements.sources import column_of, columns_in
from db.statements.statement import counts, rows, texts
from resolvers.access import refuse_abilities, refuse_roles, token_missing
from resolvers.beside import BESIDE
from resolvers.context import Request
from resolvers.engine.arguments import Site
from resolvers.engine.declare import Given, Mapped, Relation
from resolvers.engine.planner import Planner
from resolvers.engine.plans import Key, Plan
from resolvers.engine.rows import Convert
from resolvers.engine.selection import Collector, Selected
from resolvers.policy import Operation, Standing

K = TypeVar("K")
V = TypeVar("V")

OUTLINES = 1000
PLANS = 1000


@dataclass(slots=True, eq=False)
class Outline:
    """What a document asks of one field, for one standing; its plans differ by the arguments that change a statement.

    `parents` is how many of them the field may have, and `parent` their type.
    """

    selected: Selected
    relation: Relation
    sites: Sequence[Site]
    standing: Standing
    needs: Sequence[tuple[str, Operation]]
    parents: int = 1
    parent: str = ""


class Chosen(NamedTuple):
    """A plan, and the argument values that it is run with."""

    plan: Plan
    given: Sequence[Given]


class Pending:
    """A read that may be left behind: where a null spreads, the executor lets go of what it has not awaited.

    A coroutine would complain of it whenever the garbage is next collected, in the middle of anything.
    """

    __slots__ = ("engine", "info", "source")

    def __init__(self, engine: "Engine", source: Any, info: GraphQLResolveInfo[Any]) -> None:
        self.engine, self.source, self.info = engine, source, info

    def __await__(self) -> Generator[Any, None, object]:
        return self.engine.read(self.source, self.info).__await__()


class Engine:
    """Compiles and runs reads on one database; `stepwise` opens every level, as ordinary GraphQL with loaders."""

    def __init__(self, types: Mapping[str, Mapped], *, stepwise: bool = False) -> None:
        self.types = dict(types)
        self.stepwise = stepwise
        self.outlines: OrderedDict[tuple[object, ...], Outline] = OrderedDict()
        self.plans: OrderedDict[tuple[object, ...], Plan] = OrderedDict()
        self.beside = BESIDE

    def forget(self) -> None:
        """Forget what was planned."""
        self.outlines.clear()
        self.plans.clear()

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any]) -> "Pending":
        """The resolver of every relation; nothing happens before it is awaited."""
        return Pending(self, source, info)

    async def read(self, source: Any, info: GraphQLResolveInfo[Any]) -> object:
        """What a relation shows: a root runs its plan, a level below is loaded for all parents at once."""
        request: Request = info.context
        plan, given = await self.chosen(info, request)
        if not plan.level.parent_keys:
            (value,) = await plan.run([()], given, request)
            return value
        key = tuple(getattr(source, name) for name in plan.level.parent_keys)
        if None in key:
            return [] if plan.level.shape is Shape.MANY else None
        return await self.loader(plan, given, request).load(key)

    async def chosen(self, info: GraphQLResolveInfo[Any], request: Request) -> "Chosen":
        """The plan of a field, and the values of its arguments; refuses before any statement is sent."""
        started = time.perf_counter()
        outline = self.outline(info, request)
        refuse_abilities(outline.needs, request.viewer)
        given = [site.given(info.variable_values) for site in outline.sites]
        plan = await self.plan(outline, given, request)
        request.plan_s += time.perf_counter() - started
        return Chosen(plan, given)

    def loader(self, plan: Plan, given: Sequence[Given], request: Request) -> "DataLoader[Any, object]":
        """The loader of a plan in this request: its batch function is the plan, run for all keys at once."""
        loader = request.loaders.get(plan)
        if loader is None:

            async def batch(keys: list[Key]) -> list[object]:
                return await plan.run(keys, given, request)

            loader = request.loaders[plan] = DataLoader(batch)
        return loader

    def outline(self, info: GraphQLResolveInfo[Any], request: Request) -> Outline:
        """What the document asks of this field; collected once for each document, standing and set of booleans."""
        return self.outlined(info, request, None, Collector.root)

    def outlined(
        self,
        info: GraphQLResolveInfo[Any],
        request: Request,
        kind: object,
        select: Callable[[Collector], Selected],
        parents: int = 1,
    ) -> Outline:
        """What `select` finds asked of this field; `kind` tells apart what may be found in one field."""
        standing = request.standing
        variables = info.variable_values.coerced
        flags = tuple((name, value) for name, value in variables.items() if isinstance(value, bool))
        key = (standing, flags, kind, *place_of(info))
        known = self.outlines.get(key)
        if known is not None:
            self.outlines.move_to_end(key)
            return known
        collector = Collector(info)
        selected = select(collector)
        if not isinstance(selected.declared, Relation):
            raise TypeError(f"{info.field_name} is no relation.")
        closed = not selected.declared.keys and not selected.declared.public
        if not standing.positions and (closed or collector.operations):
            raise token_missing()
        refuse_roles(collector.operations, standing)
        needs = collector.operations
        outline = Outline(selected, selected.declared, collector.sites, standing, needs, parents, info.parent_type.name)
        return remember(self.outlines, key, outline, OUTLINES)

    async def plan(self, outline: Outline, given: Sequence[Given], request: Request) -> Plan:
        """The compiled plan for these arguments. To make it takes 5 ms, and 500 ms for the largest documents."""
        shape = tuple(site.shape(values) for site, values in zip(outline.sites, given, strict=True))
        key = (outline, request.page_limit, request.moments, request.database.dialect.name, shape)
        known = self.plans.get(key)
        if known is not None:
            self.plans.move_to_end(key)
            return known
        plan = await self.beside.do(key, lambda: self.compile(outline, given, request))
        return remember(self.plans, key, plan, PLANS)

    def compile(self, outline: Outline, given: Sequence[Given], request: Request) -> Plan:
        """Plan the field and compile its statements."""
        opened = self.stepwise or outline.selected.is_open
        planner = Planner(self.types, outline.standing, request.page_limit, list(given))
        planner.refuse(outline.selected, outline.parents)
        level = planner.level(outline.selected, outline.parent, nested=not opened)
        guards = planner.guards(outline.selected)
        dialect = request.database.dialect
        main = rows(level, dialect, guards) if opened else texts(level, dialect, request.moments, guards)
        site = outline.selected.site
        checks = [(check, 0 if site is None else site.index) for check in outline.relation.checks]
        count = counts(level, dialect) if opened and level.shape is Shape.WINDOW else None
        convert = converters(level) if opened else {}
        plan = Plan(level, main, planner.reads, checks, count, opened, convert)
        plan.student_key = planner.follows(outline.selected, outline.parent)
        if plan.student_key is not None and outline.standing.is_staff:
            plan.fields_read = planner.fields_read(outline.selected)
        return plan

    def explain(self, info: GraphQLResolveInfo[Any], request: Request) -> str:
        """The statement of a field, as it would be sent; for people and for tests."""
        outline = self.outline(info, request)
        return self.compile(outline, [site.given(info.variable_values) for site in outline.sites], request).main.sql


def place_of(info: GraphQLResolveInfo[Any]) -> tuple[object, ...]:
    """Where a field stands: the text of its document, where its operation begins, and where the field's nodes do.

    A text and no node, so that what is kept under it keeps no document alive.
    """
    operation, starts = info.operation.loc, [node.loc.start for node in info.field_nodes if node.loc is not None]
    if operation is None or len(starts) < len(info.field_nodes):
        raise TypeError("The engine needs documents with locations.")
    return operation.source.body, operation.start, *starts


def remember(kept: "OrderedDict[K, V]", key: K, value: V, most: int) -> V:
    """Keep a value, and forget the one that was used longest ago when there are too many."""
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)
    return value


def converters(level: Level) -> dict[str, Convert]:
    """Column by column, what makes the Python value which the GraphQL type serializes."""
    found: dict[str, Convert] = {}
    for name in columns_in(level):
        change = converter(column_of(level, name).type)
        if change is not None:
            found[name] = change
    return found
