"""From what is selected and declared to the plan of a statement: plain data, no database, the same every time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from db.json_text import Expression, Kind
from db.predicates import Predicate
from db.statements.plan import (
    Branch,
    ConnectionPart,
    Constant,
    Edges,
    Guard,
    Leaf,
    Level,
    Member,
    Members,
    Nodes,
    Order,
    PageInfo,
    Seen,
    Shape,
    Total,
    Window,
)
from db.statements.sources import plain
from resolvers.engine.arguments import ORDER_DIRECTION, ORDER_FIELD, Site
from resolvers.engine.cursors import decode, pin_in
from resolvers.engine.declare import Computed, Filter, Given, Lookup, Mapped, Relation, Stored, Switch
from resolvers.engine.selection import Selected, Selection
from resolvers.errors import BadInput, LimitExceeded
from resolvers.policy import Standing

DEFAULT_PAGE = 20
LEVEL_PAGES = 100
KINDS = {GraphQLInt.name: Kind.INTEGER, GraphQLBoolean.name: Kind.BOOLEAN, GraphQLFloat.name: Kind.FLOAT}
KINDS |= {GraphQLID.name: Kind.KEY, "DateTime": Kind.MOMENT, "Date": Kind.DATE, "JSON": Kind.JSON}

NO_GIVEN: Given = {}
Read = Callable[[Given], object]


@dataclass(slots=True)
class Planner:
    """Plans one field for a viewer's standing; `reads` tell how each bound parameter comes from its site's values."""

    types: dict[str, Mapped]
    standing: Standing
    page_limit: int
    given: list[Given]
    reads: dict[str, tuple[int, Read]] = field(default_factory=dict)

    def level(self, selected: Selected, parent: str = "", *, nested: bool = True) -> Level:
        """The level of a relation of the type `parent` and, unless Python fills them, of all below it."""
        relation, target = self.relation(selected), self.target(selected)
        mapped = self.types[target.name]
        window = self.window(selected, relation, mapped) if relation.shape is Shape.WINDOW else None
        members = () if window else self.members(selected.below, nested=nested)
        level = Level(
            name=f"{selected.name}: {target.name}",
            rows=mapped.rows,
            key=mapped.key,
            shape=relation.shape,
            bound=self.page_limit * LEVEL_PAGES,
            parent_keys=relation.keys,
            match=relation.match,
            link=relation.link,
            scope=self.scope(relation, mapped),
            conditions=tuple(self.conditions(selected, relation)),
            order=with_key(relation.order, mapped.key) if relation.shape is Shape.MANY else relation.order,
            members=members,
            window=window,
            connection=self.connection(selected, nested=nested) if window else (),
            seen=self.seen(selected, parent),
        )
        self.read_cursor(selected, level)
        return level

    def scope(self, relation: Relation, mapped: Mapped) -> Predicate:
        """Which rows of the type the viewer may see by this relation."""
        within = relation.within
        if within is None:
            return lambda columns: mapped.scope(self.standing, columns)
        return lambda columns: mapped.scope(self.standing, columns) & within(self.standing, columns)

    def refuse_vagueness(self, selected: Selected, relation: Relation) -> None:
        """Refuse a field that could mean any row, because nothing says which."""
        given = self.given_of(selected)
        if relation.needs_one_of and all(given.get(name) is None for name in relation.needs_one_of):
            names = " or ".join(relation.needs_one_of)
            raise BadInput(f"Say which {selected.name}: give {names}.", reason="argument_missing", field=selected.name)

    def refuse(self, selected: Selected, parents: int = 1) -> None:
        """Refuse, before anything is planned, what could mean any row, and pages within pages that could show too many.

        Whoever did not say which is told that first, whatever the size.
        """
        if isinstance(selected.declared, Relation):
            self.refuse_vagueness(selected, selected.declared)
            parents = self.most_rows(selected, selected.declared, parents)
        for part in below(selected):
            self.refuse(part, parents)

    def most_rows(self, selected: Selected, relation: Relation, parents: int) -> int:
        """How many parents the fields below may have; LimitExceeded where that is more than a level may show."""
        if relation.shape is Shape.WINDOW:
            parents *= page_size(self.given_of(selected), self.page_limit)
            if parents > self.page_limit * LEVEL_PAGES:
                raise LimitExceeded(
                    f"{selected.name} could show {parents} rows over all its parents, and may"
                    f" {self.page_limit * LEVEL_PAGES}. Ask for smaller pages.",
                    reason="rows_per_level",
                    field=selected.name,
                )
        return parents

    def read_cursor(self, selected: Selected, level: Level) -> None:
        """How the parts of a cursor are read, by the types of the columns that the level is ordered by."""
        window, site = level.window, selected.site
        if window is None or site is None:
            return
        for index, name in enumerate(window.after):
            self.reads[name] = (site.index, cursor_part(level, window, index))
        if window.pin is not None:
            self.reads[window.pin] = (site.index, lambda given: pin_in(str(given["after"]), window))

    def relation(self, selected: Selected) -> Relation:
        """The declaration of a field that shows rows."""
        if not isinstance(selected.declared, Relation):
            raise TypeError(f"{selected.name} shows no rows.")
        return selected.declared

    def target(self, selected: Selected) -> GraphQLObjectType:
        """The mapped type behind a field: the one it names, or what its connection lists."""
        if selected.below is None:
            raise TypeError(f"{selected.name} has no selection.")
        named = selected.below.type
        if self.relation(selected).shape is not Shape.WINDOW:
            return named
        return cast(GraphQLObjectType, get_named_type(named.fields["nodes"].type))

    def conditions(self, selected: Selected, relation: Relation) -> list[Predicate]:
        """The declared condition, and one for each filter that is given."""
        found: list[Predicate] = [] if relation.where is None else [relation.where]
        site, given = selected.site, self.given_of(selected)
        if site is None:
            return found
        for declared in relation.filters:
            value = given.get(declared.argument)
            if isinstance(declared, Switch):
                found += [declared.predicate] if bool(value) is declared.when else []
            elif value is not None:
                found.append(self.filtered(site, declared))
            elif declared.otherwise is not None:
                found.append(declared.otherwise)
        return found

    def filtered(self, site: Site, declared: Filter | Lookup) -> Predicate:
        """The condition of a filter, with its value bound."""
        name = site.bind_name(declared.argument)
        clean = declared.clean or (lambda value: value)
        self.reads[name] = (site.index, lambda given: clean(given[declared.argument]))
        bound = site.bind(self.given[site.index], declared.argument)
        if bound is None:
            raise TypeError(f"{declared.argument} is not given.")
        if isinstance(declared, Lookup):
            return lambda columns: declared.predicate(self.standing, columns, bound)
        return lambda columns: declared.predicate(columns, bound)

    def given_of(self, selected: Selected) -> Given:
        """The argument values of a field in this request."""
        return NO_GIVEN if selected.site is None else self.given[selected.site.index]

    def window(self, selected: Selected, relation: Relation, mapped: Mapped) -> Window:
        """The page that is asked for."""
        site, given = selected.site, self.given_of(selected)
        name, order = chosen_order(relation, given, mapped.key)
        peeks = any(part.name == "pageInfo" for part in below(selected))
        log = mapped.log if set(plain(order)) - set(mapped.key) else None
        window = Window(page_size(given, self.page_limit), order, f"{selected.name}.{name}", peeks, log=log)
        if site is None:
            return window
        if given.get("after") is not None:
            after = tuple(f"{site.bind_name('after')}_{index}" for index in range(len(order)))
            return replace(window, after=after, pin=site.bind_name("pin") if log else None)
        if given.get("page") is not None:
            offset = site.bind_name("page")
            self.reads[offset] = (site.index, lambda values: offset_of(values, window.size))
            return replace(window, offset=offset)
        return window

    def members(self, selection: Selection | None, *, nested: bool) -> Members:
        """What is written of a row; where Python goes on (`nested` is false) only what it needs to do so."""
        if selection is None:
            return ()
        return tuple(
            member for selected in selection.fields for member in self.member(selected, selection.type, nested=nested)
        )

    def member(self, selected: Selected, type_: GraphQLObjectType, *, nested: bool) -> list[Member]:
        """One field of a row."""
        match selected.declared:
            case Relation() as relation:
                if nested:
                    return [(selected.key, Branch(self.level(selected, type_.name)))]
                return [(name, Leaf(name, Kind.TEXT)) for name in relation.keys]
            case Computed() as computed:
                return [(name, Leaf(name, Kind.TEXT)) for name in computed.needs]
            case Stored() as stored:
                return [(selected.key, leaf(stored, selected.type))]
        return [(selected.key, Constant(f'"{type_.name}"'))]

    def connection(self, selected: Selected, *, nested: bool) -> tuple[tuple[str, ConnectionPart], ...]:
        """What is asked of a connection."""
        fields = () if selected.below is None else selected.below.fields
        return tuple((part.key, self.connection_part(part, selected, nested=nested)) for part in fields)

    def connection_part(self, part: Selected, selected: Selected, *, nested: bool) -> ConnectionPart:
        """One field of a connection."""
        match part.name:
            case "nodes":
                return Nodes(self.members(part.below, nested=nested))
            case "edges":
                return Edges(tuple(self.edge_part(inner, part, nested=nested) for inner in below(part)))
            case "pageInfo":
                return PageInfo(tuple((inner.key, inner.name) for inner in below(part)))
            case "totalCount":
                return Total()
        return type_name(selected)

    def edge_part(self, inner: Selected, edge: Selected, *, nested: bool) -> tuple[str, Members | Constant | None]:
        """One field of an edge."""
        if inner.name == "node":
            return inner.key, self.members(inner.below, nested=nested)
        if inner.name == "cursor":
            return inner.key, None
        return inner.key, type_name(edge)

    def seen(self, selected: Selected, parent: str) -> Seen | None:
        """What has to be told of the students whose rows a field shows.

        What is below a student's own row is told with it; and a student sees no more than the own rows.
        """
        student = self.types[self.target(selected).name].student
        if student is None or not self.standing.is_staff or self.follows(selected, parent) is not None:
            return None
        fields = self.fields_read(selected)
        return Seen(student, fields) if fields else None

    def follows(self, selected: Selected, parent: str) -> int | None:
        """Which key of a relation names the student, where its rows are the parent's own student's; None elsewhere."""
        above, relation = self.types.get(parent), self.relation(selected)
        student = self.types[self.target(selected).name].student
        if above is None or above.student is None or student is None or relation.link is not None:
            return None
        pairs = list(zip(relation.keys, relation.match, strict=True))
        return pairs.index((above.student, student)) if (above.student, student) in pairs else None

    def fields_read(self, selected: Selected) -> tuple[str, ...]:
        """What is read of each student by a field, as `Type.field`: also below it, and where nothing is there.

        That somebody takes no course is told by an empty list.
        """
        return tuple(sorted(set(self.read_of(selected))))

    def read_of(self, selected: Selected) -> Iterator[str]:
        """The same, one by one."""
        is_page = self.relation(selected).shape is Shape.WINDOW
        for type_, inner in shown_in_page(selected) if is_page else shown_in(selected.below):
            yield f"{type_}.{inner.name}"
            if isinstance(inner.declared, Relation) and self.follows(inner, type_) is not None:
                yield from self.read_of(inner)

    def guards(self, selected: Selected) -> tuple[Guard, ...]:
        """The values that the root statement answers for the checks of its relation."""
        site, given = selected.site, self.given_of(selected)

        def bind(argument: str) -> Expression | None:
            if site is None or given.get(argument) is None:
                return None
            # A filter on the same argument reads it already, and cleans it.
            self.reads.setdefault(site.bind_name(argument), (site.index, lambda values: values[argument]))
            return site.bind(given, argument)

        checks = self.relation(selected).checks
        return tuple(Guard(check.name, check.value(self.standing, bind)) for check in checks)


def cursor_part(level: Level, window: Window, index: int) -> Read:
    """How one part of a cursor's key is read from the arguments."""
    return lambda given: decode(str(given["after"]), level, window)[index]


def type_name(selected: Selected) -> Constant:
    """The __typename of the objects that a field shows."""
    return Constant(f'"{selected.below.type.name}"' if selected.below else "null")


def below(selected: Selected) -> tuple[Selected, ...]:
    """The fields asked below one."""
    return () if selected.below is None else selected.below.fields


def shown_in(selection: Selection | None) -> Iterator[tuple[str, Selected]]:
    """The fields that are asked of an object, each with its type; how the type is called tells nothing of anybody."""
    if selection is not None:
        yield from ((selection.type.name, inner) for inner in selection.fields if inner.name != "__typename")


def shown_in_page(selected: Selected) -> Iterator[tuple[str, Selected]]:
    """The fields that are asked of the objects of a page; a cursor is one, for it holds what they are ordered by."""
    for part in below(selected):
        if part.name == "nodes":
            yield from shown_in(part.below)
        for type_, inner in () if part.name == "nodes" else shown_in(part.below):
            if inner.name == "node":
                yield from shown_in(inner.below)
            elif inner.name.lower().endswith("cursor"):
                yield type_, inner


def leaf(stored: Stored, type_: GraphQLOutputType | None) -> Leaf:
    """How a column is written, by the GraphQL type of its field."""
    named, nullable = get_named_type(type_), not is_non_null_type(type_)
    if is_list_type(get_nullable_type(type_)):
        return Leaf(stored.column, Kind.JSON, nullable)
    if isinstance(named, GraphQLEnumType):
        codes = tuple((name, str(getattr(value.value, "value", value.value))) for name, value in named.values.items())
        return Leaf(stored.column, Kind.TEXT, nullable, codes)
    kind = KINDS.get(getattr(named, "name", ""), Kind.TEXT)
    return Leaf(stored.column, kind, nullable, global_id=stored.global_id)


def chosen_order(relation: Relation, given: Given, key: tuple[str, ...]) -> tuple[str, Order]:
    """The name and the columns of the order that is asked for, unique and turned round when it descends."""
    chosen = str(given.get(ORDER_FIELD) or next(iter(relation.orders), "default"))
    order = with_key(relation.orders.get(chosen, relation.order), key)
    if given.get(ORDER_DIRECTION) != "desc":
        return chosen, order
    return f"{chosen}.desc", tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def with_key(order: Order, key: tuple[str, ...]) -> Order:
    """The order, ended by a unique key, so that no page repeats a row; it descends where the order does."""
    present = {name.removeprefix("-") for name in order}
    sign = "-" if order and order[-1].startswith("-") else ""
    return (*order, *[f"{sign}{name}" for name in key if name not in present])


def page_size(given: Given, limit: int) -> int:
    """How many rows the page has."""
    if given.get("page") is not None and given.get("after") is not None:
        raise BadInput(
            "Use either page or after: they are two ways to say where to go on.", reason="paging", field="page"
        )
    if given.get("per") is not None and given.get("first") is not None:
        raise BadInput("Use either first or per: both say how many.", reason="paging", field="first")
    name = "per" if given.get("per") is not None else "first"
    size = given.get(name)
    if size is None:
        return min(DEFAULT_PAGE, limit)
    if not isinstance(size, int) or not 0 < size <= limit:
        raise BadInput(f"{name} must be from 1 to {limit}.", reason="page_size", field=name)
    return size


def offset_of(given: Given, size: int) -> int:
    """How many rows stand before the page; pages start at 1."""
    page = given["page"]
    if not isinstance(page, int) or page < 1:
        raise BadInput("page must be 1 or more.", reason="page_number", field="page")
    return min((page - 1) * size, 2**31 - 1)
