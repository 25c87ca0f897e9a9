"""What a client asks of a field, collected by graphql-core itself: aliases, fragments, directives, merging."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields

from resolvers.engine.arguments import Site, site_of
from resolvers.engine.declare import Computed, Declared, Relation
from resolvers.policy import Operation

DECLARED = "kakehashi"
NEEDED = "kakehashi-operation"


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """One field as it is asked: its name in the answer and in the schema, its declaration, what is asked below it."""

    key: str
    name: str
    type: GraphQLOutputType | None = None
    declared: Declared | None = None
    below: "Selection | None" = None
    site: Site | None = None

    @property
    def is_open(self) -> bool:
        """Whether Python must fill this field or one below it, so that its level comes back as rows."""
        return isinstance(self.declared, Computed) or (self.below is not None and self.below.is_open)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The fields that are asked of one object type, in the order of the answer."""

    type: GraphQLObjectType
    fields: tuple[Selected, ...]

    @property
    def is_open(self) -> bool:
        """Whether Python must fill any of the fields."""
        return any(selected.is_open for selected in self.fields)


@dataclass(slots=True)
class Collector:
    """Collects one field with all below it, and on the way its sites and the operations that it needs."""

    info: GraphQLResolveInfo[Any]
    sites: list[Site] = field(default_factory=list)
    operations: list[tuple[str, Operation]] = field(default_factory=list)
    fragments: dict[str, FragmentDetails] = field(init=False)

    def __post_init__(self) -> None:
        definitions: Iterable[tuple[str, FragmentDefinitionNode]] = self.info.fragments.items()
        self.fragments = {name: FragmentDetails(definition) for name, definition in definitions}

    def root(self) -> Selected:
        """The field that is being resolved."""
        details = [FieldDetails(node, None) for node in self.info.field_nodes]
        name = self.info.field_name
        return self.field(name, self.info.parent_type, details)

    def node(self, type_: GraphQLObjectType, relation: Relation) -> Selected:
        """The field that is being resolved, as it is asked of the type that an id names."""
        details = [FieldDetails(node, None) for node in self.info.field_nodes]
        name = self.info.field_name
        if relation.operation is not None:
            self.operations.append((f"{self.info.parent_type.name}.{name}", relation.operation))
        return Selected(name, name, type_, relation, self.selection(type_, details))

    def field(self, key: str, parent: GraphQLObjectType, details: list[FieldDetails]) -> Selected:
        """One field; fields that merge have equal arguments, so the first node speaks for all."""
        node = details[0].node
        name = node.name.value
        if name == "__typename":
            return Selected(key, name)
        definition = parent.fields[name]
        declared = declared_of(definition)
        site = self.arguments(definition, declared, details)
        if isinstance(declared, Relation) and declared.operation is not None:
            self.operations.append((f"{parent.name}.{name}", declared.operation))
        below = None
        if node.selection_set is not None:
            below = self.selection(cast(GraphQLObjectType, get_named_type(definition.type)), details)
        return Selected(key, name, definition.type, declared, below, site)

    def arguments(
        self, definition: GraphQLField, declared: Declared | None, details: list[FieldDetails]
    ) -> Site | None:
        """The site of a relation that takes arguments."""
        if not definition.args or not isinstance(declared, Relation):
            return None
        site = site_of(len(self.sites), definition, details[0].node, declared)
        self.sites.append(site)
        return site

    def selection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        """What is asked of one object type."""
        variables = self.info.variable_values
        grouped = collect_subfields(
            self.info.schema, self.fragments, variables, self.info.operation, type_, details
        ).grouped_field_set
        return Selection(type_, tuple(self.field(key, type_, nodes) for key, nodes in grouped.items()))


def declared_of(definition: GraphQLField) -> Declared | None:
    """What the schema declared of a field."""
    return cast("Declared | None", definition.extensions.get(DECLARED))
