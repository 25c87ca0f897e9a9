"""Random valid documents, made from the graph's own schema; a seed always gives the same document."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
)

from tests.engine.oracle import ONE_OF, Cursor
from tests.engine.orders import DEFAULTS, DESCENDING
from tests.engine.rows import Rows
from tests.engine.unmet import Unmet
from tests.engine.values import Values, literal

Variables = dict[str, object]


@dataclass(frozen=True, slots=True)
class Harvested:
    """A cursor that answers showed: what it stands for, and its text on each database."""

    cursor: Cursor
    texts: Mapping[str, str]


@dataclass(slots=True)
class Cursors:
    """The cursors of earlier answers by list and order; a document names one by its mark."""

    kept: dict[tuple[str, str, bool], list[Harvested]] = field(default_factory=lambda: defaultdict(list))
    marks: dict[str, Harvested] = field(default_factory=dict)

    def keep(self, cursor: Cursor, texts: Mapping[str, str]) -> None:
        """Remember a cursor, up to some of each order."""
        known = self.kept[cursor.list, cursor.order, cursor.descending]
        if len(known) < 40 and all(harvested.cursor != cursor for harvested in known):
            known.append(Harvested(cursor, texts))

    def mark(self, dice: random.Random, list_: str, order: str, *, descending: bool) -> str | None:
        """The mark of some cursor of a list and order; None where none was seen yet."""
        known = self.kept.get((list_, order, descending))
        if not known:
            return None
        index = dice.randrange(len(known))
        mark = f"@{list_}:{order}:{descending}:{index}@"
        self.marks[mark] = known[index]
        return mark


@dataclass(slots=True)
class Document:
    """A document with two sets of variables; `used` are the parts of the schema in it.

    `shares` says that a fragment stands in several places, so that stepwise may load them together.
    """

    text: str
    variables: tuple[Variables, Variables]
    used: set[str]
    shares: bool


@dataclass(slots=True)
class Maker:
    """Makes one document, rather of parts of the schema that were not met before; `asked` are its roots, if not all."""

    schema: GraphQLSchema
    rows: Rows
    seed: int
    near: tuple[int, ...]
    cursors: Cursors
    met: AbstractSet[str] = frozenset()
    asked: AbstractSet[str] = frozenset()
    dice: random.Random = field(init=False)
    values: Values = field(init=False)
    unmet: Unmet = field(init=False)
    computed: bool = field(init=False)
    fragments: dict[str, tuple[GraphQLObjectType, str]] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    drawn: dict[str, Callable[[], object]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    names: int = 0
    shares: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.unmet = Unmet(self.schema, self.met)
        self.values = Values(self.rows, self.dice, self.near, self.met)
        self.computed = self.dice.random() < 0.25

    def document(self) -> Document:
        """The document."""
        query = cast(GraphQLObjectType, self.schema.query_type)
        known = [name for name in query.fields if not is_resolved_by_python("Query", name)]
        names = [name for name in known if f"Query.{name}" in (self.asked or {f"Query.{name}"})]
        onward = self.unmet.onward("Query", names)
        chosen = [self.dice.choice(onward if onward and self.chance(0.3) else names) for _ in range(self.roots())]
        roots = [self.field(query, name, self.depth()) for name in chosen]
        body = self.wrapped(query, roots)
        head = f"query D({', '.join(self.declared)})" if self.declared else self.dice.choice(("query", "", "query D"))
        fragments = [f"fragment {name} on {type_.name} {text}" for name, (type_, text) in self.fragments.items()]
        variables = tuple({name: draw() for name, draw in self.drawn.items()} for _ in range(2))
        kept = tuple({name: value for name, value in drawn.items() if value is not ABSENT} for drawn in variables)
        text = " ".join([head, body, *fragments])
        return Document(text, cast(tuple[Variables, Variables], kept), self.used, self.shares)

    def roots(self) -> int:
        """How many root fields."""
        return self.dice.choice((1, 1, 1, 2, 3))

    def depth(self) -> int:
        """How deep relations nest."""
        return self.dice.choice((1, 2, 2, 3, 4))

    def chance(self, share: float) -> bool:
        """True as often as this."""
        return self.dice.random() < share

    def likely(self, part: str, what: GraphQLArgument | GraphQLInputField, share: float) -> float:
        """How likely an argument is given: rather so while no document gave it, or some of its members."""
        named = get_named_type(what.type)
        members = list(named.values) if isinstance(named, GraphQLEnumType) else []
        is_met = {part, *[f"{named.name}.{member}" for member in members]} <= self.met
        return share if is_met else max(share, 0.6)

    def fresh(self, prefix: str) -> str:
        """A name that this document has not used."""
        self.names += 1
        return f"{prefix}{self.names}"

    def wrapped(self, type_: GraphQLObjectType, fields: list[str]) -> str:
        """A selection set; some of its fields stand in fragments."""
        out: list[str] = []
        for text in fields:
            if self.chance(0.1):
                condition = f" on {type_.name}" if self.chance(0.7) else ""
                out.append(f"...{condition}{self.directive()} {{ {text} }}")
            elif self.chance(0.1):
                name = self.fresh("F")
                self.fragments[name] = (type_, f"{{ {text} }}")
                out.append(f"...{name}{self.directive()}")
                out += [f"...{name}"] if self.chance(0.1) else []
            else:
                out.append(text)
        known = [name for name, (of, _) in self.fragments.items() if of is type_ and type_.name != "Query"]
        if known and self.chance(0.3):
            out.append(f"...{self.dice.choice(known)}{self.directive()}")
            self.shares = True
        return f"{{ {' '.join(out)} }}"

    def directive(self) -> str:
        """Sometimes @skip or @include, or both, by a literal or a variable."""
        if not self.chance(0.12):
            return ""
        names = self.dice.choice((("skip",), ("include",), ("skip", "include")))
        return "".join(f" @{name}(if: {self.boolean()})" for name in names)

    def boolean(self) -> str:
        """true, false or a variable."""
        if self.chance(0.4):
            return self.dice.choice(("true", "false"))
        name = self.fresh("b")
        if self.chance(0.2):
            self.declared.append(f"${name}: Boolean = {self.dice.choice(('true', 'false'))}")
            self.drawn[name] = lambda: ABSENT if self.chance(0.5) else self.chance(0.5)
        else:
            self.declared.append(f"${name}: Boolean!")
            self.drawn[name] = lambda: self.chance(0.5)
        return f"${name}"

    def field(self, type_: GraphQLObjectType, name: str, depth: int) -> str:
        """One field with alias, arguments, directives and what is below it; sometimes twice, so that it merges."""
        if name == "__typename":
            return name
        definition = type_.fields[name]
        self.used.add(f"{type_.name}.{name}")
        arguments = self.arguments(type_, name, definition)
        alias = f"{self.fresh('a')}: " if arguments or type_.name == "Query" or self.chance(0.15) else ""
        head = f"{alias}{name}{arguments}"
        named = get_named_type(definition.type)
        if is_leaf_type(named):
            return f"{head}{self.directive()}"
        below = cast(GraphQLObjectType, named)
        text = f"{head}{self.directive()} {self.selection(below, depth)}"
        return f"{text} {head} {self.selection(below, depth)}" if self.chance(0.08) else text

    def selection(self, type_: GraphQLObjectType, depth: int) -> str:
        """Some fields of an object."""
        inner = type_.name.endswith(("Connection", "Edge", "PageInfo"))
        names = [
            name
            for name, definition in type_.fields.items()
            if not is_resolved_by_python(type_.name, name) and self.may_ask(name, definition, depth, inner=inner)
        ]
        chosen = self.dice.sample(names, min(len(names), self.dice.choice((1, 2, 3, 4, 6))))
        onward = [name for name in self.unmet.onward(type_.name, names) if name not in chosen]
        chosen += [self.dice.choice(onward)] if onward and self.chance(0.4) else []
        chosen += ["__typename"] if not chosen or self.chance(0.12) else []
        texts = [self.field(type_, name, depth if inner else depth - 1) for name in chosen]
        return self.wrapped(type_, texts)

    def may_ask(self, name: str, definition: GraphQLField, depth: int, *, inner: bool) -> bool:
        """Leaves always, computed ones sometimes, objects while there is depth left."""
        if name == "viewerCan":
            return self.computed
        return inner or (depth > 0 and self.names < 40) or is_leaf_type(get_named_type(definition.type))

    def arguments(self, type_: GraphQLObjectType, name: str, definition: GraphQLField) -> str:
        """The arguments of a field in parentheses, or nothing."""
        path = f"{type_.name}.{name}"
        out = [] if "first" not in definition.args else self.paging(path, definition)
        for argument, what in definition.args.items():
            likely = 1.0 if is_required_argument(what) else self.likely(f"{path}({argument})", what, 0.3)
            if argument in PAGING or (argument == "orderBy" and "first" in definition.args) or not self.chance(likely):
                continue
            self.used.add(f"{path}({argument})")
            out.append(f"{argument}: {self.given(f'{path}.{argument}', what)}")
        names = ONE_OF.get(path, ())
        if names and not any(text.startswith(names) for text in out):
            name = self.dice.choice(names)
            self.used.add(f"{path}({name})")
            out.append(f"{name}: {self.given(f'{path}.{name}', definition.args[name], null=False)}")
        self.dice.shuffle(out)
        return f"({', '.join(out)})" if out else ""

    def paging(self, path: str, definition: GraphQLField) -> list[str]:
        """Order and page of a connection: the order is literal where a cursor of it is sent."""
        order, descending, out = DEFAULTS.get(path, "ID"), path in DESCENDING, list[str]()
        new = [name for name in PAGING if f"{path}({name})" not in self.met]
        names = new if new and self.chance(0.5) else PAGING
        chosen = self.dice.sample(names, min(len(names), self.dice.choice((0, 1, 1, 1, 2))))
        if "orderBy" in definition.args and self.chance(0.5):
            argument = definition.args["orderBy"]
            self.used.add(f"{path}(orderBy)")
            if "after" in chosen:
                fields = cast(GraphQLInputObjectType, get_named_type(argument.type)).fields
                order = self.dice.choice(list(cast(GraphQLEnumType, get_named_type(fields["field"].type)).values))
                descending = self.chance(0.5)
                out.append(f"orderBy: {{field: {order}, direction: {'DESC' if descending else 'ASC'}}}")
            else:
                out.append(f"orderBy: {self.given(f'{path}.orderBy', argument)}")
        for name in chosen:
            if set(chosen) in ({"page", "after"}, {"first", "per"}) and name == chosen[1] and self.chance(0.9):
                continue
            text = self.page_argument(path, name, definition, order, descending=descending)
            out += [] if text is None else [f"{name}: {text}"]
        return out

    def page_argument(
        self, path: str, name: str, definition: GraphQLField, order: str, *, descending: bool
    ) -> str | None:
        """The value of first, after, page or per; None where no cursor is at hand."""
        self.used.add(f"{path}({name})")
        if name != "after":
            return self.given(f"{path}.{name}", definition.args[name])
        list_ = path.split(".")[1]
        mark = self.cursors.mark(self.dice, list_, order, descending=descending)
        if mark is None:
            return None
        if self.chance(0.5):
            return f'"{mark}"'
        variable = self.fresh("v")
        self.declared.append(f"${variable}: String")
        self.drawn[variable] = lambda: self.cursors.mark(self.dice, list_, order, descending=descending)
        return f"${variable}"

    def given(self, path: str, what: GraphQLArgument | GraphQLInputField, *, null: bool = True) -> str:
        """A value of an argument: a literal, a variable, or an object with variables inside."""
        type_, nullable = what.type, get_nullable_type(what.type) is what.type and null
        if self.chance(0.4):
            return self.variable(path, type_, nullable=nullable)
        if nullable and self.chance(0.06):
            return "null"
        named = get_nullable_type(type_)
        if isinstance(named, GraphQLInputObjectType):
            return self.input_object(named)
        return literal(self.drawn_value(path, type_), type_, self.dice)

    def input_object(self, type_: GraphQLInputObjectType) -> str:
        """An input object, each of its fields a literal or a variable."""
        out = []
        for name, what in type_.fields.items():
            if self.chance(self.likely(f"{type_.name}.{name}", what, 2.2 / (len(type_.fields) + 1))):
                self.used.add(f"{type_.name}.{name}")
                out.append(f"{name}: {self.given(f'{type_.name}.{name}', what)}")
        return f"{{{', '.join(out)}}}"

    def variable(self, path: str, type_: GraphQLInputType, *, nullable: bool) -> str:
        """A new variable of the type; it may be null, absent, or have a default."""
        name = self.fresh("v")

        def draw() -> object:
            if nullable and self.chance(0.15):
                return self.dice.choice((None, ABSENT))
            return self.drawn_value(path, type_)

        default = ""
        if nullable and self.chance(0.15):
            default = f" = {literal(self.drawn_value(path, type_), type_, self.dice)}"
        self.declared.append(f"${name}: {type_}{default}")
        self.drawn[name] = draw
        return f"${name}"

    def drawn_value(self, path: str, type_: GraphQLInputType) -> object:
        """A value of the type; objects get some of their fields."""
        named = get_nullable_type(type_)
        if isinstance(named, GraphQLInputObjectType):
            chosen = [name for name in named.fields if self.chance(2.2 / (len(named.fields) + 1))]
            self.used.update(f"{named.name}.{name}" for name in chosen)
            return {name: self.drawn_value(f"{named.name}.{name}", named.fields[name].type) for name in chosen}
        value = self.values.of(path, type_)
        if isinstance(get_named_type(type_), GraphQLEnumType):
            self.used.update(f"{get_named_type(type_).name}.{item}" for item in as_list(value))
        return value


PAGING = ("first", "after", "page", "per")
ABSENT = object()
# What Python resolves is not the engine's: documents never ask it. Some of these are not in the graph yet.
RESOLVED_BY_PYTHON = frozenset(
    {
        "Query.abilities",
        "Query.deepLinking",
        "Query.explainCost",
        "Query.explainToken",
        "Query.leaderboard",
        "Query.ltiTool",
        "Query.ssoServiceProvider",
        # What ids name is asked by test_nodes.
        "Query.legacyNode",
        "Query.node",
        "Query.nodes",
        "Query.rosterDiff",
        "Query.learningInsights",
        "Query.organizationAnalytics",
        "Query.statistics",
        "Viewer.abilities",
        "Viewer.plan",
        "Viewer.planCode",
        "Viewer.trial",
    }
)


def is_resolved_by_python(type_name: str, name: str) -> bool:
    """Whether a field is one of these; all fields of the viewer that tell of the token are."""
    path = f"{type_name}.{name}"
    return path in RESOLVED_BY_PYTHON or path.startswith("Viewer.token")


def as_list(value: object) -> list[object]:
    """A value or a list of values, as a list."""
    return value if isinstance(value, list) else [value]
