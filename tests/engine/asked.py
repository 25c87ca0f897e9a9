"""What a document asks for, collected without the engine and without graphql-core's executor."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    build_schema,
    get_named_type,
)
from graphql.language import (
    BooleanValueNode,
    ConstListValueNode,
    EnumValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
)

SDL = Path(__file__).parents[2] / "schema.graphql"
MISSING = object()
Arguments = dict[str, object]


def committed_schema() -> GraphQLSchema:
    """The graph as the repository's schema.graphql describes it."""
    return build_schema(SDL.read_text())


@dataclass(slots=True)
class Asked:
    """One field of the answer: its key, name, arguments and what is asked below it, merged."""

    key: str
    name: str
    parent: GraphQLObjectType
    arguments: Arguments = field(default_factory=dict)
    below: list["Asked"] = field(default_factory=list)

    @property
    def type_name(self) -> str:
        """The named type of the field; String for __typename."""
        return "String" if self.name == "__typename" else get_named_type(self.parent.fields[self.name].type).name

    def parts(self, *names: str) -> list["Asked"]:
        """The fields below with one of these names."""
        return [part for part in self.below if part.name in names]

    @property
    def is_open(self) -> bool:
        """Whether a field that Python computes is asked here or below."""
        return self.name == "viewerCan" or any(part.is_open for part in self.below)

    def walk(self) -> Iterator["Asked"]:
        """The field and all below it."""
        yield self
        for part in self.below:
            yield from part.walk()


@dataclass(slots=True)
class Reader:
    """Reads one document with one set of variables; `shown_as` is the type of what a field of an interface shows."""

    schema: GraphQLSchema
    document: DocumentNode
    given: Mapping[str, object]
    shown_as: str = ""
    variables: dict[str, object] = field(init=False)
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)

    def __post_init__(self) -> None:
        self.variables = {}
        found = [node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode)]
        self.fragments = {node.name.value: node for node in found}

    def roots(self) -> list[Asked]:
        """The root fields that run."""
        (operation,) = [node for node in self.document.definitions if isinstance(node, OperationDefinitionNode)]
        for definition in operation.variable_definitions or ():
            name = definition.variable.name.value
            if name in self.given:
                self.variables[name] = self.given[name]
            elif definition.default_value is not None:
                self.variables[name] = untyped(definition.default_value)
        query = cast(GraphQLObjectType, self.schema.query_type)
        return self.merged(query, [operation.selection_set])

    def merged(self, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> list[Asked]:
        """The fields of one object, in the order of their first mention."""
        nodes: dict[str, list[FieldNode]] = {}
        for selections in sets:
            self.collect(selections.selections, nodes)
        return [self.asked(type_, key, found) for key, found in nodes.items()]

    def collect(self, selections: tuple[SelectionNode, ...], nodes: dict[str, list[FieldNode]]) -> None:
        """Gather field nodes by response key; fragments here are always on the object's own type."""
        for node in selections:
            if not self.included(node):
                continue
            match node:
                case FieldNode():
                    nodes.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                case InlineFragmentNode():
                    self.collect(node.selection_set.selections, nodes)
                case FragmentSpreadNode():
                    self.collect(self.fragments[node.name.value].selection_set.selections, nodes)

    def included(self, node: SelectionNode) -> bool:
        """Whether @skip and @include let a selection in."""
        for directive in node.directives or ():
            (argument,) = directive.arguments or ()
            value = self.value(argument.value)
            if value is (directive.name.value == "skip"):
                return False
        return True

    def asked(self, type_: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Asked:
        """One field with everything that its nodes ask together."""
        name = nodes[0].name.value
        asked = Asked(key, name, type_)
        if name == "__typename":
            return asked
        definition = type_.fields[name]
        given = {argument.name.value: argument.value for argument in nodes[0].arguments or ()}
        asked.arguments = self.coerced(given, definition.args)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        if sets:
            named = get_named_type(definition.type)
            shown = self.schema.type_map[self.shown_as] if isinstance(named, GraphQLInterfaceType) else named
            asked.below = self.merged(cast(GraphQLObjectType, shown), sets)
        return asked

    def coerced(
        self,
        given: Mapping[str, ValueNode],
        definitions: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    ) -> Arguments:
        """Values of arguments or of an input object's fields: given, by variable, or by default."""
        found: Arguments = {}
        for name, definition in definitions.items():
            raw = self.value(given[name]) if name in given else MISSING
            value = typed(raw, definition)
            if value is not MISSING:
                found[name] = value
        return found

    def value(self, node: ValueNode) -> object:
        """A literal with its variables put in; MISSING for a variable that was not given."""
        match node:
            case VariableNode():
                return self.variables.get(node.name.value, MISSING)
            case ListValueNode() | ConstListValueNode():
                values = [self.value(item) for item in node.values]
                return [None if value is MISSING else value for value in values]
            case ObjectValueNode():
                pairs = [(pair.name.value, self.value(pair.value)) for pair in node.fields]
                return {name: value for name, value in pairs if value is not MISSING}
        return untyped(node)


def untyped(node: ValueNode) -> object:
    """A constant literal as JSON would say it."""
    match node:
        case NullValueNode():
            return None
        case IntValueNode():
            return int(node.value)
        case BooleanValueNode() | StringValueNode() | EnumValueNode():
            return node.value
        case ListValueNode():
            return [untyped(item) for item in node.values]
        case ObjectValueNode():
            return {pair.name.value: untyped(pair.value) for pair in node.fields}
    raise TypeError(f"{node} is no constant of ours.")


def typed(raw: object, definition: GraphQLArgument | GraphQLInputField) -> object:
    """A raw value as its type has it, or the default where none was given."""
    if raw is not MISSING:
        return of_type(raw, definition.type)
    if definition.default is None:
        return MISSING
    literal = definition.default.literal
    return of_type(definition.default.value if literal is None else untyped(literal), definition.type)


def of_type(raw: object, type_: GraphQLInputType) -> object:
    """Input objects with their defaults, instants as instants, a single value as a list where a list is wanted."""
    if isinstance(type_, GraphQLNonNull):
        return of_type(raw, type_.of_type)
    if raw is None:
        return None
    if isinstance(type_, GraphQLList):
        return (
            [of_type(item, type_.of_type) for item in raw] if isinstance(raw, list) else [of_type(raw, type_.of_type)]
        )
    if isinstance(type_, GraphQLInputObjectType):
        given = cast(dict[str, object], raw)
        pairs = [(name, typed(given.get(name, MISSING), inner)) for name, inner in type_.fields.items()]
        return {name: value for name, value in pairs if value is not MISSING}
    if isinstance(type_, GraphQLEnumType):
        return str(raw)
    if type_.name == "Date":
        return date.fromisoformat(str(raw))
    return datetime.fromisoformat(str(raw)) if type_.name == "DateTime" else raw
